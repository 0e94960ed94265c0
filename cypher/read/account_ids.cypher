// The account ids of nodes by the server's numbers of them, in the order asked; blank for one that is gone.
// params: lists.nodes LIST<INTEGER>
// returns: ids LIST<STRING>
UNWIND $lists.nodes AS node
OPTIONAL MATCH (a:Account) WHERE id(a) = node
RETURN collect(coalesce(a.account_id, '')) AS ids
