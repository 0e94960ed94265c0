// The ledger has one _Writer of a writer.
// params: none
// returns: none
CREATE CONSTRAINT ledger_writer IF NOT EXISTS FOR (n:_Writer) REQUIRE n.writer IS UNIQUE
