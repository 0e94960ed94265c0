// The ties with these keys, column by column.
// params: values LIST<STRING>, columns LIST<STRING>
// returns: columns LIST<LIST<ANY>>
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
WITH collect(l) AS ls
RETURN [c IN $columns | [l IN ls | l[c]]] AS columns
