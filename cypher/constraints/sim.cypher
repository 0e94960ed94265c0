// Sim nodes have one sim_id each.
// params: none
// returns: none
CREATE CONSTRAINT sim_key IF NOT EXISTS FOR (n:Sim) REQUIRE n.sim_id IS UNIQUE
