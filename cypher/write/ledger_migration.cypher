// Note that a change of the schema was made.
// params: version STRING, checksum STRING
// returns: version STRING
MERGE (m:_Migration {version: $version})
SET m.checksum = $checksum, m.at_ms = timestamp()
RETURN m.version AS version
