// The files and rows a transfer stands on.
// params: transaction_id STRING, limit INTEGER = 3
// returns: side STRING, record INTEGER, file STRING, row INTEGER, sha256 STRING, loader STRING
MATCH ()-[t:TRANSFER {transaction_id: $transaction_id}]->()
UNWIND [['payer', t.payer_record], ['payee', t.payee_record], ['report', t.report_record]] AS leg
WITH leg[0] AS side, leg[1] AS record WHERE record IS NOT NULL
MATCH (s:Source) WHERE s.record_first <= record AND record < s.record_first + s.n_read
RETURN side, record, s.name AS file, record - s.record_first + 1 AS row, s.sha256 AS sha256, s.loader AS loader
ORDER BY side, record LIMIT $limit
