// Add ties between things that are there; row_key names a tie.
// params: lists.rows LIST<MAP>
// returns: n INTEGER
UNWIND $lists.rows AS row
CALL (row) {
  WITH row WHERE row.a_kind = 'account' MATCH (n:Account {account_id: row.a_id}) RETURN n AS a
  UNION ALL
  WITH row WHERE row.a_kind = 'holder' MATCH (n:Holder {holder_id: row.a_id}) RETURN n AS a
  UNION ALL
  WITH row WHERE row.a_kind = 'sim' MATCH (n:Sim {sim_id: row.a_id}) RETURN n AS a
  UNION ALL
  WITH row WHERE row.a_kind = 'device' MATCH (n:Device {device_id: row.a_id}) RETURN n AS a
  UNION ALL
  WITH row WHERE row.a_kind = 'ip' MATCH (n:Ip {ip_id: row.a_id}) RETURN n AS a
  UNION ALL
  WITH row WHERE row.a_kind = 'outlet' MATCH (n:Outlet {outlet_id: row.a_id}) RETURN n AS a
  UNION ALL
  WITH row WHERE row.a_kind = 'case' MATCH (n:Case {case_id: row.a_id}) RETURN n AS a
}
CALL (row) {
  WITH row WHERE row.b_kind = 'account' MATCH (n:Account {account_id: row.b_id}) RETURN n AS b
  UNION ALL
  WITH row WHERE row.b_kind = 'holder' MATCH (n:Holder {holder_id: row.b_id}) RETURN n AS b
  UNION ALL
  WITH row WHERE row.b_kind = 'sim' MATCH (n:Sim {sim_id: row.b_id}) RETURN n AS b
  UNION ALL
  WITH row WHERE row.b_kind = 'device' MATCH (n:Device {device_id: row.b_id}) RETURN n AS b
  UNION ALL
  WITH row WHERE row.b_kind = 'ip' MATCH (n:Ip {ip_id: row.b_id}) RETURN n AS b
  UNION ALL
  WITH row WHERE row.b_kind = 'outlet' MATCH (n:Outlet {outlet_id: row.b_id}) RETURN n AS b
  UNION ALL
  WITH row WHERE row.b_kind = 'case' MATCH (n:Case {case_id: row.b_id}) RETURN n AS b
}
CALL (row, a, b) {
  WITH row, a, b WHERE row.kind = 'card_of' CREATE (a)-[l:CARD_OF]->(b) RETURN l
  UNION ALL
  WITH row, a, b WHERE row.kind = 'holds' CREATE (a)-[l:HOLDS]->(b) RETURN l
  UNION ALL
  WITH row, a, b WHERE row.kind = 'registered_with' CREATE (a)-[l:REGISTERED_WITH]->(b) RETURN l
  UNION ALL
  WITH row, a, b WHERE row.kind = 'logged_in_on' CREATE (a)-[l:LOGGED_IN_ON]->(b) RETURN l
  UNION ALL
  WITH row, a, b WHERE row.kind = 'inserted_in' CREATE (a)-[l:INSERTED_IN]->(b) RETURN l
  UNION ALL
  WITH row, a, b WHERE row.kind = 'opened_by' CREATE (a)-[l:OPENED_BY]->(b) RETURN l
}
SET l = row
RETURN count(l) AS n
