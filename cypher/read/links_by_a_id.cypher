// The ties that leave the things with these ids, of whatever kind, column by column.
// params: lists.values LIST<STRING>, lists.columns LIST<STRING>
// returns: columns LIST<LIST<ANY>>
UNWIND $lists.values AS value
CALL (value) {
  MATCH (n:Account {account_id: value}) RETURN n
  UNION ALL
  MATCH (n:Holder {holder_id: value}) RETURN n
  UNION ALL
  MATCH (n:Sim {sim_id: value}) RETURN n
  UNION ALL
  MATCH (n:Device {device_id: value}) RETURN n
  UNION ALL
  MATCH (n:Ip {ip_id: value}) RETURN n
  UNION ALL
  MATCH (n:Outlet {outlet_id: value}) RETURN n
  UNION ALL
  MATCH (n:Case {case_id: value}) RETURN n
}
MATCH (n)-[l:CARD_OF|HOLDS|REGISTERED_WITH|LOGGED_IN_ON|INSERTED_IN|OPENED_BY]->()
WITH collect(l) AS ls
RETURN [c IN $lists.columns | [l IN ls | l[c]]] AS columns
