// Open a batch: from here until it is closed nobody reads.
// params: batch_id STRING, epoch INTEGER
// returns: version INTEGER
MATCH (s:_Store {name: 'graphfraud'}) WHERE s.epoch = $epoch
SET s.open_batch = $batch_id
RETURN s.version AS version
