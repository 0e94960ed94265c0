// An account: what the register says, what moved, its busiest counterparties.
// params: account_id STRING, limit INTEGER = 5
// returns: account_id STRING, kind STRING, bank STRING, holder_id STRING, holder_name STRING, phone STRING, status STRING, n_in INTEGER, in_fen INTEGER, n_out INTEGER, out_fen INTEGER, first_us INTEGER, last_us INTEGER, n_measures INTEGER, counterparties LIST<STRING>
MATCH (a:Account {account_id: $account_id})
CALL (a) {
  MATCH (a)<-[t:TRANSFER]-()
  RETURN count(t) AS n_in, sum(t.amount_fen) AS in_fen, min(t.at_us) AS in_first, max(t.at_us) AS in_last
}
CALL (a) {
  MATCH (a)-[t:TRANSFER]->()
  RETURN count(t) AS n_out, sum(t.amount_fen) AS out_fen, min(t.at_us) AS out_first, max(t.at_us) AS out_last
}
CALL (a) {
  MATCH (a)-[t:TRANSFER]-(b)
  WITH b, count(t) AS n ORDER BY n DESC, b.account_id LIMIT $limit
  RETURN collect(b.account_id) AS counterparties
}
RETURN a.account_id AS account_id, a.kind AS kind, a.bank AS bank, a.holder_id AS holder_id, a.holder_name AS holder_name,
  a.phone AS phone, a.status AS status, n_in, in_fen, n_out, out_fen,
  CASE WHEN in_first <= out_first OR out_first IS NULL THEN in_first ELSE out_first END AS first_us,
  CASE WHEN in_last >= out_last OR out_last IS NULL THEN in_last ELSE out_last END AS last_us,
  COUNT { (a)<-[:ON]-(:Measure) } AS n_measures, counterparties
