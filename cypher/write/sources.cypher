// Add sources.
// params: lists.rows LIST<MAP>
// returns: n INTEGER
UNWIND $lists.rows AS row
CREATE (n:Source)
SET n = row
RETURN count(n) AS n
