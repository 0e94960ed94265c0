// Two things have one INSERTED_IN tie.
// params: none
// returns: none
CREATE CONSTRAINT inserted_in_key IF NOT EXISTS FOR ()-[l:INSERTED_IN]-() REQUIRE l.row_key IS UNIQUE
