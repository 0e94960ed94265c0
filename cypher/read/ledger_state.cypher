// Version, epoch and open batch; no row in a database that holds no store.
// params: none
// returns: version INTEGER, epoch INTEGER, next_record INTEGER, open_batch STRING, owner STRING
MATCH (s:_Store {name: 'graphfraud'})
RETURN s.version AS version, s.epoch AS epoch, s.next_record AS next_record, s.open_batch AS open_batch, s.owner AS owner
