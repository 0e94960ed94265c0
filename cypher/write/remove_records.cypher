// Take the record pages of these blocks away, and the rows of these numbers.
// params: lists.blocks LIST<INTEGER>, lists.values LIST<INTEGER>
// returns: n INTEGER
CALL () {
  UNWIND $lists.blocks AS block
  MATCH (p:RecordPage {block: block})
  DELETE p
  RETURN count(*) AS n
}
CALL () {
  UNWIND $lists.values AS value
  MATCH (r:Record {record: value})
  DELETE r
  RETURN count(*) AS m
}
RETURN n + m AS n
