// Transfers are read by time.
// params: none
// returns: none
CREATE RANGE INDEX transfer_at IF NOT EXISTS FOR ()-[t:TRANSFER]-() ON (t.at_us)
