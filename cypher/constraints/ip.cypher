// Ip nodes have one ip_id each.
// params: none
// returns: none
CREATE CONSTRAINT ip_key IF NOT EXISTS FOR (n:Ip) REQUIRE n.ip_id IS UNIQUE
