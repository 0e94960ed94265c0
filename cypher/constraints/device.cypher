// Device nodes have one device_id each.
// params: none
// returns: none
CREATE CONSTRAINT device_key IF NOT EXISTS FOR (n:Device) REQUIRE n.device_id IS UNIQUE
