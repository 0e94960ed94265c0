// Forget what a register said of sims; the ties of each stay.
// params: lists.values LIST<STRING>
// returns: n INTEGER
UNWIND $lists.values AS value
MATCH (n:Sim {sim_id: value})
SET n = {sim_id: value}
RETURN count(n) AS n
