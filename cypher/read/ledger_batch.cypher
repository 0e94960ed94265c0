// Whether a batch is done.
// params: batch_id STRING
// returns: done BOOLEAN
RETURN EXISTS { MATCH (:_Batch {batch_id: $batch_id}) } AS done
