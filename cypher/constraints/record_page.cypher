// RecordPage nodes have one page_id each.
// params: none
// returns: none
CREATE CONSTRAINT record_page_key IF NOT EXISTS FOR (n:RecordPage) REQUIRE n.page_id IS UNIQUE
