// Take victims of cases away.
// params: values LIST<STRING>
// returns: n INTEGER
UNWIND $values AS value
MATCH ()-[r:VICTIM_OF {row_key: value}]->()
DELETE r
RETURN count(*) AS n
