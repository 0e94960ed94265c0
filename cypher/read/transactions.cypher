// The transfers of one window of time, column by column; payer and payee as the server's numbers of their nodes. Read whole, the properties come at half the price of one by one.
// params: since_us INTEGER, until_us INTEGER, lists.columns LIST<STRING>
// returns: columns LIST<LIST<ANY>>
MATCH ()-[t:TRANSFER]->() USING INDEX t:TRANSFER(at_us) WHERE t.at_us >= $since_us AND t.at_us < $until_us
WITH collect(properties(t)) AS ts, collect(id(startNode(t))) AS payers, collect(id(endNode(t))) AS payees
RETURN [c IN $lists.columns |
  CASE c
    WHEN 'payer_id' THEN payers
    WHEN 'payee_id' THEN payees
    ELSE [t IN ts | t[c]]
  END] AS columns
