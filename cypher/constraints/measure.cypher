// Measure nodes have one measure_id each.
// params: none
// returns: none
CREATE CONSTRAINT measure_key IF NOT EXISTS FOR (n:Measure) REQUIRE n.measure_id IS UNIQUE
