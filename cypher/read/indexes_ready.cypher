// Wait until every index answers.
// params: seconds INTEGER
// returns: none
CALL db.awaitIndexes($seconds)
