// Everything a SIM touches: subscriber, bound accounts, handsets, and the other SIMs and accounts of those handsets.
// params: sim_id STRING, limit INTEGER = 200
// returns: what STRING, kind STRING, id STRING, via STRING, first_us INTEGER, last_us INTEGER
MATCH (s:Sim {sim_id: $sim_id})
CALL (s) {
  MATCH (s)-[l:HOLDS|REGISTERED_WITH|LOGGED_IN_ON|INSERTED_IN|OPENED_BY|CARD_OF]-(x)
  RETURN toLower(type(l)) AS what, x, null AS via, l.first_us AS first_us, l.last_us AS last_us
  UNION
  MATCH (s)-[:INSERTED_IN]->(d:Device)<-[l:INSERTED_IN|LOGGED_IN_ON]-(x) WHERE x <> s
  RETURN toLower(type(l)) AS what, x, d.device_id AS via, l.first_us AS first_us, l.last_us AS last_us
}
RETURN DISTINCT what, toLower(labels(x)[0]) AS kind, coalesce(x.account_id, x.sim_id, x.device_id, x.ip_id, x.outlet_id, x.case_id, x.holder_id) AS id, via, first_us, last_us
ORDER BY what, kind, id, via LIMIT $limit
