// Two things have one LOGGED_IN_ON tie.
// params: none
// returns: none
CREATE CONSTRAINT logged_in_on_key IF NOT EXISTS FOR ()-[l:LOGGED_IN_ON]-() REQUIRE l.row_key IS UNIQUE
