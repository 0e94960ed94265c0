// Add transfers between accounts that are there: payer and payee are positions in ids; nothing is added if an account is not there.
// params: ids LIST<STRING>, payer LIST<INTEGER>, payee LIST<INTEGER>, transaction_id LIST<STRING>, amount_fen LIST<INTEGER>, at_us LIST<INTEGER>, seq LIST<INTEGER>, at_precision_us LIST<INTEGER>, channel LIST<STRING>, memo LIST<STRING>, payer_name LIST<STRING>, payee_name LIST<STRING>, payer_at_us LIST<INTEGER>, payee_at_us LIST<INTEGER>, payer_balance_fen LIST<INTEGER>, payee_balance_fen LIST<INTEGER>, payer_serial LIST<STRING>, payee_serial LIST<STRING>, payer_record LIST<INTEGER>, payee_record LIST<INTEGER>, report_record LIST<INTEGER>, case_id LIST<STRING>, legs LIST<STRING>
// returns: n INTEGER
UNWIND $ids AS id
MATCH (a:Account {account_id: id})
WITH collect(a) AS accounts
WITH accounts WHERE size(accounts) = size($ids)
UNWIND range(0, size($payer) - 1) AS i
WITH i, accounts[$payer[i]] AS payer, accounts[$payee[i]] AS payee
CREATE (payer)-[t:TRANSFER {
  transaction_id: $transaction_id[i],
  amount_fen: $amount_fen[i],
  at_us: $at_us[i],
  seq: $seq[i],
  at_precision_us: $at_precision_us[i],
  channel: $channel[i],
  memo: $memo[i],
  payer_name: $payer_name[i],
  payee_name: $payee_name[i],
  payer_at_us: $payer_at_us[i],
  payee_at_us: $payee_at_us[i],
  payer_balance_fen: $payer_balance_fen[i],
  payee_balance_fen: $payee_balance_fen[i],
  payer_serial: $payer_serial[i],
  payee_serial: $payee_serial[i],
  payer_record: $payer_record[i],
  payee_record: $payee_record[i],
  report_record: $report_record[i],
  case_id: $case_id[i],
  legs: $legs[i]
}]->(payee)
RETURN count(t) AS n
