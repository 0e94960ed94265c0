// One page of the rows set apart, by record number, column by column.
// params: after INTEGER, limit INTEGER, lists.columns LIST<STRING>
// returns: columns LIST<LIST<ANY>>
MATCH (n:Record) WHERE n.record > $after
WITH n ORDER BY n.record LIMIT $limit
WITH collect(n) AS ns
RETURN [c IN $lists.columns | [n IN ns | n[c]]] AS columns
