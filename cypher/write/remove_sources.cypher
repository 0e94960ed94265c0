// Take sources away.
// params: lists.values LIST<STRING>
// returns: n INTEGER
UNWIND $lists.values AS value
MATCH (n:Source {source_id: value})
DETACH DELETE n
RETURN count(*) AS n
