// Forget what a register said of devices; the ties of each stay.
// params: lists.values LIST<STRING>
// returns: n INTEGER
UNWIND $lists.values AS value
MATCH (n:Device {device_id: value})
SET n = {device_id: value}
RETURN count(n) AS n
