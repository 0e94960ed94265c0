// Two things have one REGISTERED_WITH tie.
// params: none
// returns: none
CREATE CONSTRAINT registered_with_key IF NOT EXISTS FOR ()-[l:REGISTERED_WITH]-() REQUIRE l.row_key IS UNIQUE
