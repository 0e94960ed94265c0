// One page of the sources, by key, column by column.
// params: after STRING, limit INTEGER, lists.columns LIST<STRING>
// returns: columns LIST<LIST<ANY>>
MATCH (n:Source) WHERE n.source_id > $after
WITH n ORDER BY n.source_id LIMIT $limit
WITH collect(n) AS ns
RETURN [c IN $lists.columns | [n IN ns | n[c]]] AS columns
