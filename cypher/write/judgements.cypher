// Add judgements.
// params: lists.rows LIST<MAP>
// returns: n INTEGER
UNWIND $lists.rows AS row
CREATE (n:Judgement)
SET n = row
WITH n, row
MERGE (a:Holder {holder_id: row.a_id})
MERGE (b:Holder {holder_id: row.b_id})
CREATE (n)-[:ON]->(a)
CREATE (n)-[:ON]->(b)
RETURN count(n) AS n
