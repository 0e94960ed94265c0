// One page of the accounts that a register describes, by key, column by column.
// params: after STRING, limit INTEGER, lists.columns LIST<STRING>
// returns: columns LIST<LIST<ANY>>
MATCH (n:Account) WHERE n.account_id > $after AND n.record IS NOT NULL
WITH n ORDER BY n.account_id LIMIT $limit
WITH collect(n) AS ns
RETURN [c IN $lists.columns | [n IN ns | n[c]]] AS columns
