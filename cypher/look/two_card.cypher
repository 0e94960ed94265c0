// Bank cards and phone cards around an account: what it is tied to, and what else is tied to those within two ties; hubs of more than users_max ties are not passed.
// params: account_id STRING, users_max INTEGER = 50, limit INTEGER = 200
// returns: what STRING, kind STRING, id STRING, via STRING, first_us INTEGER, last_us INTEGER
MATCH (a:Account {account_id: $account_id})
CALL (a) {
  MATCH (a)-[l:HOLDS|REGISTERED_WITH|LOGGED_IN_ON|INSERTED_IN|OPENED_BY|CARD_OF]-(x)
  RETURN toLower(type(l)) AS what, x, null AS via, l.first_us AS first_us, l.last_us AS last_us
  UNION
  MATCH (a)-[:HOLDS|REGISTERED_WITH|LOGGED_IN_ON|INSERTED_IN|OPENED_BY|CARD_OF]-(m)-[l:HOLDS|REGISTERED_WITH|LOGGED_IN_ON|INSERTED_IN|OPENED_BY|CARD_OF]-(x) WHERE x <> a AND COUNT { (m)--() } <= $users_max
  RETURN toLower(type(l)) AS what, x, coalesce(m.account_id, m.sim_id, m.device_id, m.ip_id, m.outlet_id, m.case_id, m.holder_id) AS via, l.first_us AS first_us, l.last_us AS last_us
}
RETURN DISTINCT what, toLower(labels(x)[0]) AS kind, coalesce(x.account_id, x.sim_id, x.device_id, x.ip_id, x.outlet_id, x.case_id, x.holder_id) AS id, via, first_us, last_us
ORDER BY what, kind, id, via LIMIT $limit
