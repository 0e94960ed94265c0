// Take away what files of call records count of phone cards.
// params: lists.values LIST<STRING>
// returns: n INTEGER
UNWIND $lists.values AS value
MATCH (n:CallCount {row_key: value})
DETACH DELETE n
RETURN count(*) AS n
