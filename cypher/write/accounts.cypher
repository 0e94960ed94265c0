// Describe accounts; what was said of them before gives way.
// params: rows LIST<MAP>
// returns: n INTEGER
UNWIND $rows AS row
MERGE (n:Account {account_id: row.account_id})
SET n = row
RETURN count(n) AS n
