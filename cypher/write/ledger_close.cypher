// Close the open batch as done: its rows are the newest version, and what stood there before is forgotten with the same stroke.
// params: batch_id STRING, epoch INTEGER, next_record INTEGER
// returns: version INTEGER
MATCH (s:_Store {name: 'graphfraud'}) WHERE s.epoch = $epoch AND s.open_batch = $batch_id
SET s.version = s.version + 1, s.next_record = $next_record, s.open_batch = null
CREATE (:_Batch {batch_id: $batch_id, version: s.version, done_ms: timestamp()})
WITH s.version AS version
CALL () {
  MATCH (c:_Chunk)
  DELETE c
}
RETURN version
