// Add transfers between accounts that are there: payer and payee are positions in ids; nothing is added if an account is not there.
// params: lists.ids LIST<STRING>, lists.payer LIST<INTEGER>, lists.payee LIST<INTEGER>, lists.transaction_id LIST<STRING>, lists.amount_fen LIST<INTEGER>, lists.at_us LIST<INTEGER>, lists.seq LIST<INTEGER>, lists.at_precision_us LIST<INTEGER>, lists.channel LIST<STRING>, lists.memo LIST<STRING>, lists.payer_name LIST<STRING>, lists.payee_name LIST<STRING>, lists.payer_at_us LIST<INTEGER>, lists.payee_at_us LIST<INTEGER>, lists.payer_balance_fen LIST<INTEGER>, lists.payee_balance_fen LIST<INTEGER>, lists.payer_serial LIST<STRING>, lists.payee_serial LIST<STRING>, lists.payer_record LIST<INTEGER>, lists.payee_record LIST<INTEGER>, lists.report_record LIST<INTEGER>, lists.case_id LIST<STRING>, lists.legs LIST<STRING>
// returns: n INTEGER
UNWIND $lists.ids AS id
MATCH (a:Account {account_id: id}) USING INDEX SEEK a:Account(account_id)
WITH collect(a) AS accounts
WITH accounts WHERE size(accounts) = size($lists.ids)
UNWIND range(0, size($lists.payer) - 1) AS i
WITH i, accounts[$lists.payer[i]] AS payer, accounts[$lists.payee[i]] AS payee
CREATE (payer)-[t:TRANSFER {
  transaction_id: $lists.transaction_id[i],
  amount_fen: $lists.amount_fen[i],
  at_us: $lists.at_us[i],
  seq: $lists.seq[i],
  at_precision_us: $lists.at_precision_us[i],
  channel: $lists.channel[i],
  memo: $lists.memo[i],
  payer_name: $lists.payer_name[i],
  payee_name: $lists.payee_name[i],
  payer_at_us: $lists.payer_at_us[i],
  payee_at_us: $lists.payee_at_us[i],
  payer_balance_fen: $lists.payer_balance_fen[i],
  payee_balance_fen: $lists.payee_balance_fen[i],
  payer_serial: $lists.payer_serial[i],
  payee_serial: $lists.payee_serial[i],
  payer_record: $lists.payer_record[i],
  payee_record: $lists.payee_record[i],
  report_record: $lists.report_record[i],
  case_id: $lists.case_id[i],
  legs: $lists.legs[i]
}]->(payee)
RETURN count(t) AS n
