// Pairs of accounts that use the same device, SIM or IP; things that more than users_max accounts use are left out.
// params: users_max INTEGER = 50, shared_min INTEGER = 1, limit INTEGER = 50
// returns: a_id STRING, b_id STRING, n_shared INTEGER, things LIST<STRING>
MATCH (a:Account)-[:LOGGED_IN_ON|REGISTERED_WITH]->(x:Device|Sim|Ip)
WHERE COUNT { (x)<-[:LOGGED_IN_ON|REGISTERED_WITH]-(:Account) } <= $users_max
MATCH (x)<-[:LOGGED_IN_ON|REGISTERED_WITH]-(b:Account)
WHERE a.account_id < b.account_id
WITH DISTINCT a, b, x ORDER BY coalesce(x.account_id, x.sim_id, x.device_id, x.ip_id, x.outlet_id, x.case_id, x.holder_id)
WITH a, b, collect(toLower(labels(x)[0]) + ' ' + coalesce(x.account_id, x.sim_id, x.device_id, x.ip_id, x.outlet_id, x.case_id, x.holder_id)) AS things
WITH a, b, things, size(things) AS n_shared WHERE n_shared >= $shared_min
RETURN a.account_id AS a_id, b.account_id AS b_id, n_shared, things
ORDER BY n_shared DESC, a_id, b_id LIMIT $limit
