// The transfers of one window of time, column by column; payer and payee as the server's numbers of their nodes. Read whole, the properties come at half the price of one by one; a column that says one thing throughout comes as that one value.
// params: since_us INTEGER, until_us INTEGER, lists.columns LIST<STRING>
// returns: n INTEGER, columns LIST<LIST<ANY>>
MATCH ()-[t:TRANSFER]->() USING INDEX SEEK t:TRANSFER(at_us) WHERE t.at_us >= $since_us AND t.at_us < $until_us
WITH collect(properties(t)) AS ts, collect(id(startNode(t))) AS payers, collect(id(endNode(t))) AS payees
RETURN size(ts) AS n, [c IN $lists.columns |
  CASE
    WHEN c = 'payer_id' THEN payers
    WHEN c = 'payee_id' THEN payees
    WHEN ts[0][c] IS NULL AND all(t IN ts WHERE t[c] IS NULL) THEN [null]
    WHEN all(t IN ts WHERE t[c] = ts[0][c]) THEN [ts[0][c]]
    ELSE [t IN ts | t[c]]
  END] AS columns
