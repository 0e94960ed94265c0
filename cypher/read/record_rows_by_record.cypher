// The rows set apart with these record numbers, column by column.
// params: lists.values LIST<INTEGER>, lists.columns LIST<STRING>
// returns: columns LIST<LIST<ANY>>
UNWIND $lists.values AS value
MATCH (n:Record {record: value})
WITH collect(n) AS ns
RETURN [c IN $lists.columns | [n IN ns | n[c]]] AS columns
