// Take away things that no row describes or names, as many as limit at a time.
// params: limit INTEGER
// returns: n INTEGER
MATCH (n:Account|Holder|Sim|Device|Ip|Outlet|Case)
WHERE n.record IS NULL AND NOT EXISTS { (n)--() }
WITH n LIMIT $limit
DELETE n
RETURN count(*) AS n
