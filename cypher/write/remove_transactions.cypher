// Take transfers away.
// params: values LIST<STRING>
// returns: n INTEGER
UNWIND $values AS value
MATCH ()-[t:TRANSFER {transaction_id: value}]->()
DELETE t
RETURN count(*) AS n
