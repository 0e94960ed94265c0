// Source nodes have one source_id each.
// params: none
// returns: none
CREATE CONSTRAINT source_key IF NOT EXISTS FOR (n:Source) REQUIRE n.source_id IS UNIQUE
