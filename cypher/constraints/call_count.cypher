// CallCount nodes have one row_key each.
// params: none
// returns: none
CREATE CONSTRAINT call_count_key IF NOT EXISTS FOR (n:CallCount) REQUIRE n.row_key IS UNIQUE
