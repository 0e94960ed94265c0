// Add sources.
// params: rows LIST<MAP>
// returns: n INTEGER
UNWIND $rows AS row
CREATE (n:Source)
SET n = row
RETURN count(n) AS n
