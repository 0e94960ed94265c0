// Add pages of records and the rows that have more to say than their outcome.
// params: pages LIST<MAP>, rows LIST<MAP>
// returns: n INTEGER
CALL () {
  UNWIND $pages AS page
  CREATE (p:RecordPage)
  SET p = page
  RETURN count(p) AS n
}
CALL () {
  UNWIND $rows AS row
  CREATE (r:Record)
  SET r = row
  RETURN count(r) AS m
}
RETURN n + m AS n
