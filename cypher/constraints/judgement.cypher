// Judgement nodes have one judgement_id each.
// params: none
// returns: none
CREATE CONSTRAINT judgement_key IF NOT EXISTS FOR (n:Judgement) REQUIRE n.judgement_id IS UNIQUE
