// Forget what a register said of holders; the ties of each stay.
// params: lists.values LIST<STRING>
// returns: n INTEGER
UNWIND $lists.values AS value
MATCH (n:Holder {holder_id: value})
SET n = {holder_id: value}
RETURN count(n) AS n
