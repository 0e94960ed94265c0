// Take the entry of one undone part away, in the transaction that undoes it.
// params: chunk_id STRING, epoch INTEGER
// returns: n INTEGER
MATCH (w:_Writer {writer: 0})
SET w.busy_with = $chunk_id
WITH w WHERE w.epoch = $epoch
MATCH (c:_Chunk {chunk_id: $chunk_id})
DELETE c
RETURN count(*) AS n
