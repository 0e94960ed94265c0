// Take victims of cases away.
// params: lists.values LIST<STRING>
// returns: n INTEGER
UNWIND $lists.values AS value
MATCH ()-[r:VICTIM_OF {row_key: value}]->() USING INDEX SEEK r:VICTIM_OF(row_key)
DELETE r
RETURN count(*) AS n
