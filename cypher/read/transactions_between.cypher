// Whether any transfer has an id in this range, both ends included.
// params: low STRING, high STRING
// returns: any BOOLEAN
RETURN EXISTS { MATCH ()-[t:TRANSFER]->() USING INDEX SEEK t:TRANSFER(transaction_id) WHERE t.transaction_id >= $low AND t.transaction_id <= $high } AS any
