// Two things have one HOLDS tie.
// params: none
// returns: none
CREATE CONSTRAINT holds_key IF NOT EXISTS FOR ()-[l:HOLDS]-() REQUIRE l.row_key IS UNIQUE
