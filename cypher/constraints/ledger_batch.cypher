// The ledger has one _Batch of a batch_id.
// params: none
// returns: none
CREATE CONSTRAINT ledger_batch IF NOT EXISTS FOR (n:_Batch) REQUIRE n.batch_id IS UNIQUE
