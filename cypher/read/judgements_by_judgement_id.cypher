// The judgements with these keys, column by column.
// params: values LIST<STRING>, columns LIST<STRING>
// returns: columns LIST<LIST<ANY>>
UNWIND $values AS value
MATCH (n:Judgement {judgement_id: value})
WITH collect(n) AS ns
RETURN [c IN $columns | [n IN ns | n[c]]] AS columns
