// The ledger has one _Store of a name.
// params: none
// returns: none
CREATE CONSTRAINT ledger_store IF NOT EXISTS FOR (n:_Store) REQUIRE n.name IS UNIQUE
