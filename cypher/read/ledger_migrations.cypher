// The changes of the schema that were made.
// params: none
// returns: version STRING, checksum STRING
MATCH (m:_Migration)
RETURN m.version AS version, m.checksum AS checksum ORDER BY version
