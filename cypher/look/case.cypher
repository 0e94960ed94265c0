// A case: the accounts its victims paid first (一级卡), what they took in, when, and what was stopped or frozen there.
// params: case_id STRING, limit INTEGER = 100
// returns: account_id STRING, n_payments INTEGER, received_fen INTEGER, first_us INTEGER, last_us INTEGER, measures LIST<STRING>, n_victims INTEGER, loss_fen INTEGER
MATCH (c:Case {case_id: $case_id})
CALL (c) {
  MATCH (c)<-[v:VICTIM_OF]-()
  RETURN count(v) AS n_victims, sum(v.loss_fen) AS loss_fen
}
MATCH ()-[t:TRANSFER]->(a) WHERE t.case_id = $case_id
WITH n_victims, loss_fen, a, count(t) AS n_payments, sum(t.amount_fen) AS received_fen, min(t.at_us) AS first_us, max(t.at_us) AS last_us
RETURN a.account_id AS account_id, n_payments, received_fen, first_us, last_us,
  COLLECT { MATCH (a)<-[:ON]-(m:Measure) RETURN m.kind + ' ' + m.measure_id ORDER BY m.since_us, m.measure_id } AS measures,
  n_victims, loss_fen
ORDER BY received_fen DESC, account_id LIMIT $limit
