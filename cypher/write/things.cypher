// Make the things that rows name, where they are not there yet.
// params: lists.things LIST<MAP>
// returns: n INTEGER
UNWIND $lists.things AS thing
CALL (thing) {
  WITH thing WHERE thing.kind = 'account' MERGE (n:Account {account_id: thing.id}) RETURN n
  UNION ALL
  WITH thing WHERE thing.kind = 'holder' MERGE (n:Holder {holder_id: thing.id}) RETURN n
  UNION ALL
  WITH thing WHERE thing.kind = 'sim' MERGE (n:Sim {sim_id: thing.id}) RETURN n
  UNION ALL
  WITH thing WHERE thing.kind = 'device' MERGE (n:Device {device_id: thing.id}) RETURN n
  UNION ALL
  WITH thing WHERE thing.kind = 'ip' MERGE (n:Ip {ip_id: thing.id}) RETURN n
  UNION ALL
  WITH thing WHERE thing.kind = 'outlet' MERGE (n:Outlet {outlet_id: thing.id}) RETURN n
  UNION ALL
  WITH thing WHERE thing.kind = 'case' MERGE (n:Case {case_id: thing.id}) RETURN n
}
RETURN count(n) AS n
