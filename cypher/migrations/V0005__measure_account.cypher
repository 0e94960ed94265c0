// Measures are looked up by account.
// params: none
// returns: none
CREATE RANGE INDEX measure_account IF NOT EXISTS FOR (m:Measure) ON (m.account_id)
