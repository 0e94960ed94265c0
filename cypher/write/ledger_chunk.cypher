// Enter a part of a batch, with what it replaces, in the transaction that writes it; done tells that it was entered before. No row: the epoch is over.
// params: writer INTEGER, epoch INTEGER, chunk_id STRING, batch_id STRING, table STRING, keys BYTES, before BYTES
// returns: done BOOLEAN
MATCH (w:_Writer {writer: $writer})
SET w.busy_with = $chunk_id
WITH w WHERE w.epoch = $epoch
OPTIONAL MATCH (known:_Chunk {chunk_id: $chunk_id})
FOREACH (_ IN CASE WHEN known IS NULL THEN [1] ELSE [] END |
  CREATE (:_Chunk {chunk_id: $chunk_id, batch_id: $batch_id, table: $table, keys: $keys, before: $before}))
RETURN known IS NOT NULL AS done
