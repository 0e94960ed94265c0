// Victim payments are looked up by case.
// params: none
// returns: none
CREATE RANGE INDEX transfer_case IF NOT EXISTS FOR ()-[t:TRANSFER]-() ON (t.case_id)
