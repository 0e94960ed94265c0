"""Tables at rest: one contract, the folder store and the Neo4j store."""
