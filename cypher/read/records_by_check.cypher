// The rows that were set apart for one of these checks, column by column.
// params: lists.values LIST<STRING>, lists.columns LIST<STRING>
// returns: columns LIST<LIST<ANY>>
UNWIND $lists.values AS value
MATCH (n:Record) WHERE n.check = value
WITH collect(n) AS ns
RETURN [c IN $lists.columns | [n IN ns | n[c]]] AS columns
