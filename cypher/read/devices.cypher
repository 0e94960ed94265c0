// One page of the devices that a register describes, by key, column by column.
// params: after STRING, limit INTEGER, lists.columns LIST<STRING>
// returns: columns LIST<LIST<ANY>>
MATCH (n:Device) WHERE n.device_id > $after AND n.record IS NOT NULL
WITH n ORDER BY n.device_id LIMIT $limit
WITH collect(n) AS ns
RETURN [c IN $lists.columns | [n IN ns | n[c]]] AS columns
