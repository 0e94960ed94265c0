// Make the things that rows name, where they are not there yet.
// params: kind STRING, ids LIST<STRING>
// returns: n INTEGER
UNWIND $ids AS id
CALL (id) {
  WITH id WHERE $kind = 'account' MERGE (n:Account {account_id: id}) RETURN n
  UNION ALL
  WITH id WHERE $kind = 'holder' MERGE (n:Holder {holder_id: id}) RETURN n
  UNION ALL
  WITH id WHERE $kind = 'sim' MERGE (n:Sim {sim_id: id}) RETURN n
  UNION ALL
  WITH id WHERE $kind = 'device' MERGE (n:Device {device_id: id}) RETURN n
  UNION ALL
  WITH id WHERE $kind = 'ip' MERGE (n:Ip {ip_id: id}) RETURN n
  UNION ALL
  WITH id WHERE $kind = 'outlet' MERGE (n:Outlet {outlet_id: id}) RETURN n
  UNION ALL
  WITH id WHERE $kind = 'case' MERGE (n:Case {case_id: id}) RETURN n
}
RETURN count(n) AS n
