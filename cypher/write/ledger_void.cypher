// The open batch is undone: the store is as it was before.
// params: epoch INTEGER
// returns: version INTEGER
MATCH (s:_Store {name: 'graphfraud'}) WHERE s.epoch = $epoch
SET s.open_batch = null
RETURN s.version AS version
