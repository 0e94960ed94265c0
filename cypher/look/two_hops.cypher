// Accounts that money from one account reached in two steps, the second after the first and within gap_us.
// params: account_id STRING, gap_us INTEGER = 86400000000, since_us INTEGER = 0, until_us INTEGER = 4102444800000000, limit INTEGER = 50
// returns: account_id STRING, n_ways INTEGER, second_fen INTEGER, via LIST<STRING>
MATCH (a:Account {account_id: $account_id})-[t1:TRANSFER]->(v)
WHERE v <> a AND t1.at_us >= $since_us AND t1.at_us < $until_us
MATCH (v)-[t2:TRANSFER]->(b)
WHERE b <> v AND b <> a AND (t2.at_us > t1.at_us OR (t2.at_us = t1.at_us AND t2.seq > t1.seq)) AND t2.at_us <= t1.at_us + $gap_us
WITH v, t2, b ORDER BY t2.at_us, t2.seq
WITH b, count(*) AS n_ways, collect(DISTINCT t2) AS seconds, collect(DISTINCT v.account_id) AS via
RETURN b.account_id AS account_id, n_ways, reduce(fen = 0, t IN seconds | fen + t.amount_fen) AS second_fen, via
ORDER BY second_fen DESC, account_id LIMIT $limit
