// Drop the parts of batches that are done.
// params: none
// returns: n INTEGER
MATCH (c:_Chunk)
DELETE c
RETURN count(*) AS n
