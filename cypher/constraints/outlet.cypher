// Outlet nodes have one outlet_id each.
// params: none
// returns: none
CREATE CONSTRAINT outlet_key IF NOT EXISTS FOR (n:Outlet) REQUIRE n.outlet_id IS UNIQUE
