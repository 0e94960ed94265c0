// Take away the things of one kind among ids that no row describes or names any more.
// params: kind STRING, ids LIST<STRING>
// returns: n INTEGER
UNWIND $ids AS id
CALL (id) {
  WITH id WHERE $kind = 'account' MATCH (n:Account {account_id: id}) RETURN n
  UNION ALL
  WITH id WHERE $kind = 'holder' MATCH (n:Holder {holder_id: id}) RETURN n
  UNION ALL
  WITH id WHERE $kind = 'sim' MATCH (n:Sim {sim_id: id}) RETURN n
  UNION ALL
  WITH id WHERE $kind = 'device' MATCH (n:Device {device_id: id}) RETURN n
  UNION ALL
  WITH id WHERE $kind = 'ip' MATCH (n:Ip {ip_id: id}) RETURN n
  UNION ALL
  WITH id WHERE $kind = 'outlet' MATCH (n:Outlet {outlet_id: id}) RETURN n
  UNION ALL
  WITH id WHERE $kind = 'case' MATCH (n:Case {case_id: id}) RETURN n
}
WITH n WHERE n.record IS NULL AND NOT EXISTS { (n)--() }
DELETE n
RETURN count(*) AS n
