// Forget what a register said of accounts; the ties of each stay.
// params: lists.values LIST<STRING>
// returns: n INTEGER
UNWIND $lists.values AS value
MATCH (n:Account {account_id: value})
SET n = {account_id: value}
RETURN count(n) AS n
