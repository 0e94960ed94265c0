// A transfer has one transaction_id.
// params: none
// returns: none
CREATE CONSTRAINT transfer_key IF NOT EXISTS FOR ()-[t:TRANSFER]-() REQUIRE t.transaction_id IS UNIQUE
