// Forget what a register said of accounts; the ties of each stay.
// params: values LIST<STRING>
// returns: n INTEGER
UNWIND $values AS value
MATCH (n:Account {account_id: value})
SET n = {account_id: value}
RETURN count(n) AS n
