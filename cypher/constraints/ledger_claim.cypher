// The ledger has one _Claim of a name.
// params: none
// returns: none
CREATE CONSTRAINT ledger_claim IF NOT EXISTS FOR (n:_Claim) REQUIRE n.name IS UNIQUE
