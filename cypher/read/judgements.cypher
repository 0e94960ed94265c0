// One page of the judgements, by key, column by column.
// params: after STRING, limit INTEGER, lists.columns LIST<STRING>
// returns: columns LIST<LIST<ANY>>
MATCH (n:Judgement) WHERE n.judgement_id > $after
WITH n ORDER BY n.judgement_id LIMIT $limit
WITH collect(n) AS ns
RETURN [c IN $lists.columns | [n IN ns | n[c]]] AS columns
