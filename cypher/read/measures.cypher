// One page of the measures, by key, column by column.
// params: after STRING, limit INTEGER, lists.columns LIST<STRING>
// returns: columns LIST<LIST<ANY>>
MATCH (n:Measure) WHERE n.measure_id > $after
WITH n ORDER BY n.measure_id LIMIT $limit
WITH collect(n) AS ns
RETURN [c IN $lists.columns | [n IN ns | n[c]]] AS columns
