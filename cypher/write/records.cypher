// Add pages of records and the rows that have more to say than their outcome.
// params: lists.pages LIST<MAP>, lists.rows LIST<MAP>
// returns: n INTEGER
CALL () {
  UNWIND $lists.pages AS page
  CREATE (p:RecordPage)
  SET p = page
  RETURN count(p) AS n
}
CALL () {
  UNWIND $lists.rows AS row
  CREATE (r:Record)
  SET r = row
  RETURN count(r) AS m
}
RETURN n + m AS n
