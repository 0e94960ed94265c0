// Wait until nobody else writes, and be the one writer while this transaction stays open.
// params: owner STRING
// returns: owner STRING
MERGE (c:_Claim {name: 'writer'})
SET c.owner = $owner
RETURN c.owner AS owner
