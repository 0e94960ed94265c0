// The ledger has one _Migration of a version.
// params: none
// returns: none
CREATE CONSTRAINT ledger_migration IF NOT EXISTS FOR (n:_Migration) REQUIRE n.version IS UNIQUE
