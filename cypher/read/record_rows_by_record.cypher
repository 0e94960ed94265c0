// The rows set apart with these record numbers, column by column.
// params: values LIST<INTEGER>, columns LIST<STRING>
// returns: columns LIST<LIST<ANY>>
UNWIND $values AS value
MATCH (n:Record {record: value})
WITH collect(n) AS ns
RETURN [c IN $columns | [n IN ns | n[c]]] AS columns
