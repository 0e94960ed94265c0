// Leave the name of the writer for others to read.
// params: owner STRING
// returns: owner STRING
MERGE (s:_Store {name: 'graphfraud'})
ON CREATE SET s.version = 0, s.next_record = 0, s.epoch = 0
SET s.owner = $owner
RETURN s.owner AS owner
