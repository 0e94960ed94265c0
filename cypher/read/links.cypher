// One page of the ties of one kind, by key, column by column.
// params: kind STRING, after STRING, limit INTEGER, lists.columns LIST<STRING>
// returns: columns LIST<LIST<ANY>>
CALL () {
  WITH $kind AS kind WHERE kind = 'card_of'
  MATCH ()-[l:CARD_OF]->() USING INDEX l:CARD_OF(row_key) WHERE l.row_key > $after
  RETURN l ORDER BY l.row_key LIMIT $limit
  UNION ALL
  WITH $kind AS kind WHERE kind = 'holds'
  MATCH ()-[l:HOLDS]->() USING INDEX l:HOLDS(row_key) WHERE l.row_key > $after
  RETURN l ORDER BY l.row_key LIMIT $limit
  UNION ALL
  WITH $kind AS kind WHERE kind = 'registered_with'
  MATCH ()-[l:REGISTERED_WITH]->() USING INDEX l:REGISTERED_WITH(row_key) WHERE l.row_key > $after
  RETURN l ORDER BY l.row_key LIMIT $limit
  UNION ALL
  WITH $kind AS kind WHERE kind = 'logged_in_on'
  MATCH ()-[l:LOGGED_IN_ON]->() USING INDEX l:LOGGED_IN_ON(row_key) WHERE l.row_key > $after
  RETURN l ORDER BY l.row_key LIMIT $limit
  UNION ALL
  WITH $kind AS kind WHERE kind = 'inserted_in'
  MATCH ()-[l:INSERTED_IN]->() USING INDEX l:INSERTED_IN(row_key) WHERE l.row_key > $after
  RETURN l ORDER BY l.row_key LIMIT $limit
  UNION ALL
  WITH $kind AS kind WHERE kind = 'opened_by'
  MATCH ()-[l:OPENED_BY]->() USING INDEX l:OPENED_BY(row_key) WHERE l.row_key > $after
  RETURN l ORDER BY l.row_key LIMIT $limit
}
WITH collect(l) AS ls
RETURN [c IN $lists.columns | [l IN ls | l[c]]] AS columns
