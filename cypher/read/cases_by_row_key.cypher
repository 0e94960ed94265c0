// The victims of cases with these keys, column by column.
// params: values LIST<STRING>, columns LIST<STRING>
// returns: columns LIST<LIST<ANY>>
UNWIND $values AS value
MATCH ()-[n:VICTIM_OF {row_key: value}]->()
WITH collect(n) AS ns
RETURN [c IN $columns | [n IN ns | n[c]]] AS columns
