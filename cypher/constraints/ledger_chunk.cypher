// The ledger has one _Chunk of a chunk_id.
// params: none
// returns: none
CREATE CONSTRAINT ledger_chunk IF NOT EXISTS FOR (n:_Chunk) REQUIRE n.chunk_id IS UNIQUE
