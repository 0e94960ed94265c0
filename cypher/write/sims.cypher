// Describe sims; what was said of them before gives way.
// params: lists.rows LIST<MAP>
// returns: n INTEGER
UNWIND $lists.rows AS row
MERGE (n:Sim {sim_id: row.sim_id})
SET n = row
RETURN count(n) AS n
