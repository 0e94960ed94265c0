// Everything tied to a holder: accounts, SIMs, devices of those SIMs, who shares these accounts and SIMs, cases as a victim, judgements.
// params: holder_id STRING, limit INTEGER = 200
// returns: what STRING, kind STRING, id STRING, via STRING, first_us INTEGER, last_us INTEGER
MATCH (h:Holder {holder_id: $holder_id})
CALL (h) {
  MATCH (h)-[l:HOLDS|REGISTERED_WITH|LOGGED_IN_ON|INSERTED_IN|OPENED_BY|CARD_OF]-(x)
  RETURN toLower(type(l)) AS what, x, null AS via, l.first_us AS first_us, l.last_us AS last_us
  UNION
  MATCH (h)-[:HOLDS|REGISTERED_WITH]->(m:Account|Sim)-[l:HOLDS|REGISTERED_WITH|LOGGED_IN_ON|INSERTED_IN|OPENED_BY|CARD_OF]-(x) WHERE x <> h
  RETURN toLower(type(l)) AS what, x, coalesce(m.account_id, m.sim_id, m.device_id, m.ip_id, m.outlet_id, m.case_id, m.holder_id) AS via, l.first_us AS first_us, l.last_us AS last_us
  UNION
  MATCH (h)-[l:VICTIM_OF]->(x)
  RETURN 'victim_of' AS what, x, null AS via, l.occurred_us AS first_us, l.reported_us AS last_us
  UNION
  MATCH (h)<-[:ON]-(j:Judgement)-[:ON]->(x) WHERE x <> h
  RETURN 'judged ' + j.verdict AS what, x, j.judgement_id AS via, j.at_us AS first_us, j.at_us AS last_us
}
RETURN DISTINCT what, toLower(labels(x)[0]) AS kind, coalesce(x.account_id, x.sim_id, x.device_id, x.ip_id, x.outlet_id, x.case_id, x.holder_id) AS id, via, first_us, last_us
ORDER BY what, kind, id, via LIMIT $limit
