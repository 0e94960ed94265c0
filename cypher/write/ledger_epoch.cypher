// Begin a new epoch: whatever an earlier writer still has under way ends first and is refused after.
// params: writers INTEGER
// returns: epoch INTEGER
MERGE (s:_Store {name: 'graphfraud'})
ON CREATE SET s.version = 0, s.next_record = 0, s.epoch = 0
SET s.epoch = s.epoch + 1
WITH s
UNWIND range(0, $writers - 1) AS i
MERGE (w:_Writer {writer: i})
SET w.epoch = s.epoch
RETURN max(w.epoch) AS epoch
