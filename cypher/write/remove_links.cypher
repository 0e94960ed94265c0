// Take ties away.
// params: values LIST<STRING>
// returns: n INTEGER
UNWIND $values AS value
CALL (value) {
  MATCH ()-[l:CARD_OF {row_key: value}]->() RETURN l
  UNION ALL
  MATCH ()-[l:HOLDS {row_key: value}]->() RETURN l
  UNION ALL
  MATCH ()-[l:REGISTERED_WITH {row_key: value}]->() RETURN l
  UNION ALL
  MATCH ()-[l:LOGGED_IN_ON {row_key: value}]->() RETURN l
  UNION ALL
  MATCH ()-[l:INSERTED_IN {row_key: value}]->() RETURN l
  UNION ALL
  MATCH ()-[l:OPENED_BY {row_key: value}]->() RETURN l
}
DELETE l
RETURN count(*) AS n
