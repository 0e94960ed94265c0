// Holder nodes have one holder_id each.
// params: none
// returns: none
CREATE CONSTRAINT holder_key IF NOT EXISTS FOR (n:Holder) REQUIRE n.holder_id IS UNIQUE
