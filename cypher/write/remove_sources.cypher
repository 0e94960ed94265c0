// Take sources away.
// params: values LIST<STRING>
// returns: n INTEGER
UNWIND $values AS value
MATCH (n:Source {source_id: value})
DETACH DELETE n
RETURN count(*) AS n
