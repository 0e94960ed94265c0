// Accounts that paid most others in a span of time.
// params: since_us INTEGER = 0, until_us INTEGER = 4102444800000000, limit INTEGER = 20
// returns: account_id STRING, n_payees INTEGER, n_transfers INTEGER, amount_fen INTEGER, first_us INTEGER, last_us INTEGER
MATCH (a:Account)-[t:TRANSFER]->(o:Account)
WHERE o <> a AND t.at_us >= $since_us AND t.at_us < $until_us
WITH a, count(DISTINCT o) AS n_payees, count(t) AS n_transfers, sum(t.amount_fen) AS amount_fen, min(t.at_us) AS first_us, max(t.at_us) AS last_us
RETURN a.account_id AS account_id, n_payees, n_transfers, amount_fen, first_us, last_us
ORDER BY n_payees DESC, amount_fen DESC, account_id LIMIT $limit
