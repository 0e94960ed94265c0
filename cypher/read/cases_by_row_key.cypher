// The victims of cases with these keys, column by column.
// params: lists.values LIST<STRING>, lists.columns LIST<STRING>
// returns: columns LIST<LIST<ANY>>
UNWIND $lists.values AS value
MATCH ()-[n:VICTIM_OF {row_key: value}]->() USING INDEX SEEK n:VICTIM_OF(row_key)
WITH collect(n) AS ns
RETURN [c IN $lists.columns | [n IN ns | n[c]]] AS columns
