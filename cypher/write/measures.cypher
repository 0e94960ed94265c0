// Add measures.
// params: lists.rows LIST<MAP>
// returns: n INTEGER
UNWIND $lists.rows AS row
CREATE (n:Measure)
SET n = row
WITH n, row
MERGE (a:Account {account_id: row.account_id})
CREATE (n)-[:ON]->(a)
RETURN count(n) AS n
