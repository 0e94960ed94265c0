// Accounts whose inflows leave again within within_us, for at least share_min_percent of what came; accounts with more transfers than transfers_max are left out.
// params: since_us INTEGER = 0, until_us INTEGER = 4102444800000000, within_us INTEGER = 86400000000, share_min_percent INTEGER = 90, in_min_fen INTEGER = 100000, transfers_max INTEGER = 5000, limit INTEGER = 20
// returns: account_id STRING, in_fen INTEGER, out_fen INTEGER, n_in INTEGER, n_quick INTEGER, first_us INTEGER, last_us INTEGER
MATCH (a:Account)
WHERE COUNT { (a)<-[:TRANSFER]-() } > 0 AND COUNT { (a)-[:TRANSFER]->() } > 0 AND COUNT { (a)-[:TRANSFER]-() } <= $transfers_max
CALL (a) {
  MATCH (a)<-[t:TRANSFER]-(o) WHERE o <> a AND t.at_us >= $since_us AND t.at_us < $until_us
  RETURN sum(t.amount_fen) AS in_fen, count(t) AS n_in, min(t.at_us) AS first_us,
    sum(CASE WHEN EXISTS {
      MATCH (a)-[u:TRANSFER]->() WHERE u.at_us >= t.at_us AND u.at_us <= t.at_us + $within_us AND u <> t
    } THEN 1 ELSE 0 END) AS n_quick
}
CALL (a) {
  MATCH (a)-[t:TRANSFER]->(o) WHERE o <> a AND t.at_us >= $since_us AND t.at_us < $until_us
  RETURN sum(t.amount_fen) AS out_fen, max(t.at_us) AS last_us
}
WITH * WHERE in_fen >= $in_min_fen AND out_fen * 100 >= in_fen * $share_min_percent AND n_quick * 100 >= n_in * $share_min_percent
RETURN a.account_id AS account_id, in_fen, out_fen, n_in, n_quick, first_us, last_us
ORDER BY in_fen DESC, account_id LIMIT $limit
