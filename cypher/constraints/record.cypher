// Record nodes have one record each.
// params: none
// returns: none
CREATE CONSTRAINT record_key IF NOT EXISTS FOR (n:Record) REQUIRE n.record IS UNIQUE
