// Whom an account paid (out) or was paid by (in), by time and amount, earliest first; left_out counts what the limit hides.
// params: account_id STRING, direction STRING(both|in|out) = "both", since_us INTEGER = 0, until_us INTEGER = 4102444800000000, amount_min_fen INTEGER = 0, amount_max_fen INTEGER = 1000000000000000, limit INTEGER = 50
// returns: transaction_id STRING, direction STRING, counterparty_id STRING, amount_fen INTEGER, at_us INTEGER, channel STRING, left_out INTEGER
MATCH (a:Account {account_id: $account_id})
CALL (a) {
  MATCH (a)-[t:TRANSFER]-()
  WHERE t.at_us >= $since_us AND t.at_us < $until_us
    AND t.amount_fen >= $amount_min_fen AND t.amount_fen <= $amount_max_fen
    AND ($direction = 'both' OR ($direction = 'out' AND startNode(t) = a) OR ($direction = 'in' AND endNode(t) = a))
  RETURN count(t) AS n
}
MATCH (a)-[t:TRANSFER]-(b)
WHERE t.at_us >= $since_us AND t.at_us < $until_us
  AND t.amount_fen >= $amount_min_fen AND t.amount_fen <= $amount_max_fen
  AND ($direction = 'both' OR ($direction = 'out' AND startNode(t) = a) OR ($direction = 'in' AND endNode(t) = a))
WITH a, b, t, n ORDER BY t.at_us, t.seq LIMIT $limit
RETURN t.transaction_id AS transaction_id, CASE WHEN startNode(t) = a THEN 'out' ELSE 'in' END AS direction,
  b.account_id AS counterparty_id, t.amount_fen AS amount_fen, t.at_us AS at_us, t.channel AS channel,
  CASE WHEN n > $limit THEN n - $limit ELSE 0 END AS left_out
ORDER BY at_us, t.seq
