// Take judgements away.
// params: values LIST<STRING>
// returns: n INTEGER
UNWIND $values AS value
MATCH (n:Judgement {judgement_id: value})
DETACH DELETE n
RETURN count(*) AS n
