// The newest transfers of the store.
// params: limit INTEGER = 20
// returns: transaction_id STRING, payer_id STRING, payee_id STRING, amount_fen INTEGER, at_us INTEGER, channel STRING
MATCH ()-[t:TRANSFER]->() WHERE t.at_us >= 0
WITH t ORDER BY t.at_us DESC LIMIT $limit
RETURN t.transaction_id AS transaction_id, startNode(t).account_id AS payer_id, endNode(t).account_id AS payee_id,
  t.amount_fen AS amount_fen, t.at_us AS at_us, t.channel AS channel
ORDER BY at_us DESC, transaction_id
