// Rows that wait for a later file are looked up by what they wait for.
// params: none
// returns: none
CREATE RANGE INDEX record_check IF NOT EXISTS FOR (r:Record) ON (r.check)
