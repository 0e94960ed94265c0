// Transfers are looked up by amount.
// params: none
// returns: none
CREATE RANGE INDEX transfer_amount IF NOT EXISTS FOR ()-[t:TRANSFER]-() ON (t.amount_fen)
