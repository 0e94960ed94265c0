// A case names each victim once.
// params: none
// returns: none
CREATE CONSTRAINT victim_key IF NOT EXISTS FOR ()-[v:VICTIM_OF]-() REQUIRE v.row_key IS UNIQUE
