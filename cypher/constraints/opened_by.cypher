// Two things have one OPENED_BY tie.
// params: none
// returns: none
CREATE CONSTRAINT opened_by_key IF NOT EXISTS FOR ()-[l:OPENED_BY]-() REQUIRE l.row_key IS UNIQUE
