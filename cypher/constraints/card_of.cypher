// Two things have one CARD_OF tie.
// params: none
// returns: none
CREATE CONSTRAINT card_of_key IF NOT EXISTS FOR ()-[l:CARD_OF]-() REQUIRE l.row_key IS UNIQUE
