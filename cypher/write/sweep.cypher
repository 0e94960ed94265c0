// Take away those among things that no row describes or names any more.
// params: lists.things LIST<MAP>
// returns: n INTEGER
UNWIND $lists.things AS thing
CALL (thing) {
  WITH thing WHERE thing.kind = 'account' MATCH (n:Account {account_id: thing.id}) RETURN n
  UNION ALL
  WITH thing WHERE thing.kind = 'holder' MATCH (n:Holder {holder_id: thing.id}) RETURN n
  UNION ALL
  WITH thing WHERE thing.kind = 'sim' MATCH (n:Sim {sim_id: thing.id}) RETURN n
  UNION ALL
  WITH thing WHERE thing.kind = 'device' MATCH (n:Device {device_id: thing.id}) RETURN n
  UNION ALL
  WITH thing WHERE thing.kind = 'ip' MATCH (n:Ip {ip_id: thing.id}) RETURN n
  UNION ALL
  WITH thing WHERE thing.kind = 'outlet' MATCH (n:Outlet {outlet_id: thing.id}) RETURN n
  UNION ALL
  WITH thing WHERE thing.kind = 'case' MATCH (n:Case {case_id: thing.id}) RETURN n
}
WITH n WHERE n.record IS NULL AND NOT EXISTS { (n)--() }
DELETE n
RETURN count(*) AS n
