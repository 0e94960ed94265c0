// Case nodes have one case_id each.
// params: none
// returns: none
CREATE CONSTRAINT case_key IF NOT EXISTS FOR (n:Case) REQUIRE n.case_id IS UNIQUE
