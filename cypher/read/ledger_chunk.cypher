// One part: its table, the keys it wrote or removed, and what stood there before.
// params: chunk_id STRING
// returns: table STRING, keys BYTES, before BYTES
MATCH (c:_Chunk {chunk_id: $chunk_id})
RETURN c.table AS table, c.keys AS keys, c.before AS before
