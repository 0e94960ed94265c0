// Take measures away.
// params: values LIST<STRING>
// returns: n INTEGER
UNWIND $values AS value
MATCH (n:Measure {measure_id: value})
DETACH DELETE n
RETURN count(*) AS n
