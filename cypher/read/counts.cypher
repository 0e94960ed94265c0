// How many rows each table has; a record page tells its own number.
// params: none
// returns: accounts INTEGER, holders INTEGER, sims INTEGER, devices INTEGER, sources INTEGER, measures INTEGER, call_counts INTEGER, judgements INTEGER, transactions INTEGER, links INTEGER, cases INTEGER, records INTEGER
RETURN
  COUNT { MATCH (n:Account) WHERE n.record IS NOT NULL } AS accounts,
  COUNT { MATCH (n:Holder) WHERE n.record IS NOT NULL } AS holders,
  COUNT { MATCH (n:Sim) WHERE n.record IS NOT NULL } AS sims,
  COUNT { MATCH (n:Device) WHERE n.record IS NOT NULL } AS devices,
  COUNT { MATCH (:Source) } AS sources,
  COUNT { MATCH (:Measure) } AS measures,
  COUNT { MATCH (:CallCount) } AS call_counts,
  COUNT { MATCH (:Judgement) } AS judgements,
  COUNT { MATCH ()-[:TRANSFER]->() } AS transactions,
  COUNT { MATCH ()-[:CARD_OF|HOLDS|REGISTERED_WITH|LOGGED_IN_ON|INSERTED_IN|OPENED_BY]->() } AS links,
  COUNT { MATCH ()-[:VICTIM_OF]->() } AS cases,
  COLLECT { MATCH (p:RecordPage) RETURN sum(p.n) }[0] + COUNT { MATCH (:Record) } AS records
