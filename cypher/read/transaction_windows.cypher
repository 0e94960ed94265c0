// Where to cut a span of time so that each window has about limit transfers.
// params: since_us INTEGER, until_us INTEGER, limit INTEGER
// returns: bounds LIST<INTEGER>
MATCH ()-[t:TRANSFER]->() USING INDEX SEEK t:TRANSFER(at_us) WHERE t.at_us >= $since_us AND t.at_us < $until_us
WITH t.at_us AS at_us ORDER BY at_us
WITH collect(at_us) AS times
RETURN [i IN range(0, size(times) - 1, $limit) | times[i]] AS bounds
