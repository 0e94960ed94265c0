// The victim payments of these cases, column by column.
// params: lists.values LIST<STRING>, lists.columns LIST<STRING>
// returns: columns LIST<LIST<ANY>>
UNWIND $lists.values AS value
MATCH ()-[t:TRANSFER]->() USING INDEX SEEK t:TRANSFER(case_id) WHERE t.case_id = value
WITH collect(t) AS ts
RETURN [c IN $lists.columns |
  CASE c
    WHEN 'payer_id' THEN [t IN ts | startNode(t).account_id]
    WHEN 'payee_id' THEN [t IN ts | endNode(t).account_id]
    ELSE [t IN ts | t[c]]
  END] AS columns
