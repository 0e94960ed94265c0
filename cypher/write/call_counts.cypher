// Add what files of call records count of phone cards.
// params: lists.rows LIST<MAP>
// returns: n INTEGER
UNWIND $lists.rows AS row
CREATE (n:CallCount)
SET n = row
WITH n, row
MERGE (s:Sim {sim_id: row.sim_id})
CREATE (n)-[:ON]->(s)
RETURN count(n) AS n
