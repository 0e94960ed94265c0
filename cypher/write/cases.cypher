// Add victims of cases; row_key names a victim of a case.
// params: lists.rows LIST<MAP>
// returns: n INTEGER
UNWIND $lists.rows AS row
MATCH (v:Holder {holder_id: row.victim_id})
MATCH (c:Case {case_id: row.case_id})
CREATE (v)-[r:VICTIM_OF]->(c)
SET r = row
RETURN count(r) AS n
