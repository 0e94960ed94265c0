// Records are looked up by their page.
// params: none
// returns: none
CREATE RANGE INDEX record_page_block IF NOT EXISTS FOR (p:RecordPage) ON (p.block)
