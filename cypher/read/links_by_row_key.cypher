// The ties with these keys, column by column.
// params: lists.values LIST<STRING>, lists.columns LIST<STRING>
// returns: columns LIST<LIST<ANY>>
UNWIND $lists.values AS value
CALL (value) {
  MATCH ()-[l:CARD_OF {row_key: value}]->() USING INDEX SEEK l:CARD_OF(row_key) RETURN l
  UNION ALL
  MATCH ()-[l:HOLDS {row_key: value}]->() USING INDEX SEEK l:HOLDS(row_key) RETURN l
  UNION ALL
  MATCH ()-[l:REGISTERED_WITH {row_key: value}]->() USING INDEX SEEK l:REGISTERED_WITH(row_key) RETURN l
  UNION ALL
  MATCH ()-[l:LOGGED_IN_ON {row_key: value}]->() USING INDEX SEEK l:LOGGED_IN_ON(row_key) RETURN l
  UNION ALL
  MATCH ()-[l:INSERTED_IN {row_key: value}]->() USING INDEX SEEK l:INSERTED_IN(row_key) RETURN l
  UNION ALL
  MATCH ()-[l:OPENED_BY {row_key: value}]->() USING INDEX SEEK l:OPENED_BY(row_key) RETURN l
}
WITH collect(l) AS ls
RETURN [c IN $lists.columns | [l IN ls | l[c]]] AS columns
