// Take transfers away.
// params: lists.values LIST<STRING>
// returns: n INTEGER
UNWIND $lists.values AS value
MATCH ()-[t:TRANSFER {transaction_id: value}]->() USING INDEX SEEK t:TRANSFER(transaction_id)
DELETE t
RETURN count(*) AS n
