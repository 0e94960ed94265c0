// The record pages of these blocks, column by column.
// params: values LIST<INTEGER>, columns LIST<STRING>
// returns: columns LIST<LIST<ANY>>
UNWIND $values AS value
MATCH (n:RecordPage {block: value})
WITH collect(n) AS ns
RETURN [c IN $columns | [n IN ns | n[c]]] AS columns
