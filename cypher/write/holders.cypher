// Describe holders; what was said of them before gives way.
// params: lists.rows LIST<MAP>
// returns: n INTEGER
UNWIND $lists.rows AS row
MERGE (n:Holder {holder_id: row.holder_id})
SET n = row
RETURN count(n) AS n
