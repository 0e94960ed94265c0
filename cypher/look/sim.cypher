// Everything a SIM touches: subscriber, bound accounts, handsets, the other SIMs and accounts of those handsets, and what each file of call records counts of its calls.
// params: sim_id STRING, limit INTEGER = 200
// returns: what STRING, kind STRING, id STRING, via STRING, first_us INTEGER, last_us INTEGER, n_calls INTEGER, n_out INTEGER, n_in INTEGER, n_peers INTEGER, n_cells INTEGER
MATCH (s:Sim {sim_id: $sim_id})
CALL (s) {
  MATCH (s)-[l:HOLDS|REGISTERED_WITH|LOGGED_IN_ON|INSERTED_IN|OPENED_BY|CARD_OF]-(x)
  RETURN toLower(type(l)) AS what, toLower(labels(x)[0]) AS kind, coalesce(x.account_id, x.sim_id, x.device_id, x.ip_id, x.outlet_id, x.case_id, x.holder_id) AS id, null AS via, l.first_us AS first_us, l.last_us AS last_us, null AS n_calls, null AS n_out, null AS n_in, null AS n_peers, null AS n_cells
  UNION
  MATCH (s)-[:INSERTED_IN]->(d:Device)<-[l:INSERTED_IN|LOGGED_IN_ON]-(x) WHERE x <> s
  RETURN toLower(type(l)) AS what, toLower(labels(x)[0]) AS kind, coalesce(x.account_id, x.sim_id, x.device_id, x.ip_id, x.outlet_id, x.case_id, x.holder_id) AS id, d.device_id AS via, l.first_us AS first_us, l.last_us AS last_us, null AS n_calls, null AS n_out, null AS n_in, null AS n_peers, null AS n_cells
  UNION
  MATCH (s)<-[:ON]-(c:CallCount)
  RETURN 'called_in' AS what, 'source' AS kind, c.source_id AS id, null AS via, c.first_us AS first_us, c.last_us AS last_us, c.n_calls AS n_calls, c.n_out AS n_out, c.n_in AS n_in, c.n_peers AS n_peers, c.n_cells AS n_cells
}
RETURN DISTINCT what, kind, id, via, first_us, last_us, n_calls, n_out, n_in, n_peers, n_cells
ORDER BY what, kind, id, via LIMIT $limit
