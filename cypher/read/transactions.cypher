// The transfers of one window of time, column by column.
// params: since_us INTEGER, until_us INTEGER, columns LIST<STRING>
// returns: columns LIST<LIST<ANY>>
MATCH ()-[t:TRANSFER]->() WHERE t.at_us >= $since_us AND t.at_us < $until_us
WITH collect(t) AS ts
RETURN [c IN $columns |
  CASE c
    WHEN 'payer_id' THEN [t IN ts | startNode(t).account_id]
    WHEN 'payee_id' THEN [t IN ts | endNode(t).account_id]
    ELSE [t IN ts | t[c]]
  END] AS columns
