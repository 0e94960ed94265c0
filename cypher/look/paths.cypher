// Ways money went from one account to another in time order: each step within gap_us of the last, its amount between kept_min and kept_max percent of it; at most 4 steps.
// params: from_id STRING, to_id STRING, since_us INTEGER = 0, until_us INTEGER = 4102444800000000, gap_us INTEGER = 86400000000, kept_min_percent INTEGER = 50, kept_max_percent INTEGER = 100, hops_max INTEGER = 4, limit INTEGER = 20
// returns: hops INTEGER, account_ids LIST<STRING>, transaction_ids LIST<STRING>, amounts_fen LIST<INTEGER>, times_us LIST<INTEGER>
MATCH (a:Account {account_id: $from_id}), (b:Account {account_id: $to_id})
CALL (a, b) {
  MATCH (a)-[t1:TRANSFER]->(b)
  WHERE t1.at_us >= $since_us AND t1.at_us < $until_us
    AND $hops_max >= 1
  RETURN [t1] AS steps
  UNION ALL
  MATCH (a)-[t1:TRANSFER]->(x1)-[t2:TRANSFER]->(b)
  WHERE t1.at_us >= $since_us AND t1.at_us < $until_us
    AND (t2.at_us > t1.at_us OR (t2.at_us = t1.at_us AND t2.seq > t1.seq)) AND t2.at_us <= t1.at_us + $gap_us AND t2.amount_fen * 100 >= t1.amount_fen * $kept_min_percent AND t2.amount_fen * 100 <= t1.amount_fen * $kept_max_percent
    AND NOT x1 IN [a, b]
    AND $hops_max >= 2
  RETURN [t1, t2] AS steps
  UNION ALL
  MATCH (a)-[t1:TRANSFER]->(x1)-[t2:TRANSFER]->(x2)-[t3:TRANSFER]->(b)
  WHERE t1.at_us >= $since_us AND t1.at_us < $until_us
    AND (t2.at_us > t1.at_us OR (t2.at_us = t1.at_us AND t2.seq > t1.seq)) AND t2.at_us <= t1.at_us + $gap_us AND t2.amount_fen * 100 >= t1.amount_fen * $kept_min_percent AND t2.amount_fen * 100 <= t1.amount_fen * $kept_max_percent
    AND (t3.at_us > t2.at_us OR (t3.at_us = t2.at_us AND t3.seq > t2.seq)) AND t3.at_us <= t2.at_us + $gap_us AND t3.amount_fen * 100 >= t2.amount_fen * $kept_min_percent AND t3.amount_fen * 100 <= t2.amount_fen * $kept_max_percent
    AND NOT x1 IN [a, b]
    AND NOT x2 IN [a, x1, b]
    AND $hops_max >= 3
  RETURN [t1, t2, t3] AS steps
  UNION ALL
  MATCH (a)-[t1:TRANSFER]->(x1)-[t2:TRANSFER]->(x2)-[t3:TRANSFER]->(x3)-[t4:TRANSFER]->(b)
  WHERE t1.at_us >= $since_us AND t1.at_us < $until_us
    AND (t2.at_us > t1.at_us OR (t2.at_us = t1.at_us AND t2.seq > t1.seq)) AND t2.at_us <= t1.at_us + $gap_us AND t2.amount_fen * 100 >= t1.amount_fen * $kept_min_percent AND t2.amount_fen * 100 <= t1.amount_fen * $kept_max_percent
    AND (t3.at_us > t2.at_us OR (t3.at_us = t2.at_us AND t3.seq > t2.seq)) AND t3.at_us <= t2.at_us + $gap_us AND t3.amount_fen * 100 >= t2.amount_fen * $kept_min_percent AND t3.amount_fen * 100 <= t2.amount_fen * $kept_max_percent
    AND (t4.at_us > t3.at_us OR (t4.at_us = t3.at_us AND t4.seq > t3.seq)) AND t4.at_us <= t3.at_us + $gap_us AND t4.amount_fen * 100 >= t3.amount_fen * $kept_min_percent AND t4.amount_fen * 100 <= t3.amount_fen * $kept_max_percent
    AND NOT x1 IN [a, b]
    AND NOT x2 IN [a, x1, b]
    AND NOT x3 IN [a, x1, x2, b]
    AND $hops_max >= 4
  RETURN [t1, t2, t3, t4] AS steps
}
WITH b, steps ORDER BY size(steps), steps[0].at_us, steps[0].seq, [t IN steps | t.transaction_id] LIMIT $limit
RETURN size(steps) AS hops, [t IN steps | startNode(t).account_id] + [b.account_id] AS account_ids,
  [t IN steps | t.transaction_id] AS transaction_ids, [t IN steps | t.amount_fen] AS amounts_fen, [t IN steps | t.at_us] AS times_us
ORDER BY hops, times_us, transaction_ids
