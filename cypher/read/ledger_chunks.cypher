// The parts of batches that were written and not closed.
// params: none
// returns: chunk_id STRING
MATCH (c:_Chunk)
RETURN c.chunk_id AS chunk_id ORDER BY chunk_id
