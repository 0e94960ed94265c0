// Account nodes have one account_id each.
// params: none
// returns: none
CREATE CONSTRAINT account_key IF NOT EXISTS FOR (n:Account) REQUIRE n.account_id IS UNIQUE
