// Describe accounts; what was said of them before gives way.
// params: lists.rows LIST<MAP>
// returns: n INTEGER
UNWIND $lists.rows AS row
MERGE (n:Account {account_id: row.account_id})
SET n = row
RETURN count(n) AS n
