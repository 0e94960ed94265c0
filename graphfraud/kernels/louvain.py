"""Local moving, the step Louvain and Leiden share: each node goes where modularity gains most.

Small graphs are gone through node by node. In large ones a block of nodes chooses from communities that stand still, by as many
threads as there are, and then settles in order: what comes out cannot depend on how many threads chose.
"""

import numpy as np

from graphfraud.kernels.jit import kernel

_ROUNDS_MAX = 1000  # sums are exact, but gains are rounded to 53 bits: huge amounts could move in a circle


@kernel
def move_nodes(start, neighbour_ix, weight, strength, community, order, resolution, stop_share):
    r"""Move nodes, one after the other, to the neighbouring community that raises modularity most, while it rises.

    Of several equally good communities the one of the smallest number is taken; a node that would gain nothing stays. After a
    move the node's neighbours outside its new community are looked at again.

    Parameters
    ----------
    start, neighbour_ix, weight : int64[n_nodes + 1], int32[n_entries], int64[n_entries], symmetric
    strength : int64[n_nodes]; their sum 2W is below 2**63
    community : int32[n_nodes], 0 to n_nodes - 1, where the nodes begin
    order : int32[at most n_nodes], distinct nodes to look at first
    resolution : float
    stop_share : float, stop after a round in which at most this share of the nodes moved

    Returns
    -------
    community : int32[n_nodes]

    Order
    -----
    O(entries of the nodes looked at); memory 33 bytes a node. One thread.

    Source
    ------
    Blondel et al., J. Stat. Mech. P10008, 2008, first phase; queue after Traag, Waltman and van Eck, Sci. Rep. 9, 5233, 2019,
    algorithm A.2 (fast local moving). Compared is 2W w(v, C) - resolution s(v) s(C \\ v), exact below 2**53.

    Twin
    ----
    tests/oracles/communities.py
    """
    n = strength.size
    community = community.copy()
    total = np.zeros(n, np.int64)
    for v in range(n):
        total[community[v]] += strength[v]
    twice = np.float64(strength.sum())
    scratch = np.zeros(2 * n + 1, np.int64)
    queue = np.empty(n, np.int32)
    queue[: order.size] = order
    waits = np.zeros(n, np.bool_)
    for v in order:
        waits[v] = True
    head, n_waiting, n_rounds = 0, order.size, 0
    while n_waiting and n_rounds < _ROUNDS_MAX:
        n_rounds += 1
        n_moved = 0
        for _ in range(n_waiting):
            v = np.uint32(queue[head])
            head = head + 1 if head + 1 < n else 0
            n_waiting -= 1
            waits[v] = False
            best, _ = _best(start, neighbour_ix, weight, strength, community, total, scratch, resolution, twice, v)
            if best == community[v]:
                continue
            total[community[v]] -= strength[v]
            total[best] += strength[v]
            community[v] = best
            n_moved += 1
            for e in range(np.uint64(start[v]), np.uint64(start[v + 1])):
                u = np.uint32(neighbour_ix[e])
                if not waits[u] and community[u] != best:
                    waits[u] = True
                    tail = head + n_waiting
                    queue[tail if tail < n else tail - n] = u
                    n_waiting += 1
        if n_moved <= stop_share * n:
            break
    return community


@kernel
def choose_communities(start, neighbour_ix, weight, strength, community, total, node, scratch, resolution, twice):
    r"""Say for each of some nodes where modularity would gain most by moving it alone; nothing is moved.

    Parameters
    ----------
    start, neighbour_ix, weight : int64[n_nodes + 1], int32[n_entries], int64[n_entries], symmetric
    strength : int64[n_nodes]
    community : int32[n_nodes], 0 to n_nodes - 1
    total : int64[n_nodes], strength of the members of each community
    node : int32[n], distinct
    scratch : int64[at least 2 n_nodes + 1], its first half zero, as it is left; of one thread alone
    resolution : float
    twice : float, sum of strength

    Returns
    -------
    best : int32[n], a community; its own where moving gains nothing
    more : int64[n], weight to the best community less that to the node's own

    Order
    -----
    O(entries of the nodes).

    Source
    ------
    Blondel et al., J. Stat. Mech. P10008, 2008, first phase. Compared is 2W w(v, C) - resolution s(v) s(C \\ v).

    Twin
    ----
    tests/oracles/communities.py
    """
    best = np.empty(node.size, np.int32)
    more = np.empty(node.size, np.int64)
    for i in range(node.size):
        v = np.uint32(node[i])
        best[i], more[i] = _best(start, neighbour_ix, weight, strength, community, total, scratch, resolution, twice, v)
    return best, more


@kernel
def settle_communities(strength, community, total, node, best, more, resolution, twice):
    """Move nodes, in order, to the communities they chose, where modularity still gains by it.

    Totals are as they have become; the weights are those of the choice. Of two nodes alone only the larger position joins the
    smaller, or both might change places for ever.

    Parameters
    ----------
    strength : int64[n_nodes]
    community : int32[n_nodes], changed in place
    total : int64[n_nodes], strength of the members of each community, changed in place
    node, best, more : int32[n], int32[n], int64[n], as :func:`choose_communities` takes and gives them
    resolution : float
    twice : float, sum of strength

    Returns
    -------
    moved : int32[at most n], the nodes that moved, in order

    Order
    -----
    O(n).

    Source
    ------
    Lu, Halappanavar and Kalyanaraman, Parallel Computing 47, 2015, 4.1 (singlets and minimum label).

    Twin
    ----
    tests/oracles/communities.py
    """
    moved = np.empty(node.size, np.int32)
    n = 0
    for i in range(node.size):
        v, c = np.uint32(node[i]), np.uint32(best[i])
        home = np.uint32(community[v])
        if c == home:
            continue
        alone = home == v and total[v] == strength[v]
        if alone and c > v and community[c] == c and total[c] == strength[c]:
            continue
        pull = resolution * np.float64(strength[v])
        if twice * np.float64(more[i]) > pull * np.float64(total[c] - total[home] + strength[v]):
            total[home] -= strength[v]
            total[c] += strength[v]
            community[v] = c
            moved[n] = v
            n += 1
    return moved[:n].copy()


@kernel
def _best(start, neighbour_ix, weight, strength, community, total, scratch, resolution, twice, v):
    """Return the community in which node v adds most to modularity, and its weight to it less that to its own."""
    to, seen = scratch[: scratch.size // 2], scratch[scratch.size // 2 :]
    n_seen = np.uint64(0)
    for e in range(np.uint64(start[v]), np.uint64(start[v + 1])):
        c = np.uint32(community[np.uint32(neighbour_ix[e])])
        seen[n_seen] = c
        n_seen += np.uint64(to[c] == 0)
        to[c] += weight[e]
    home = np.uint32(community[v])
    pull = resolution * np.float64(strength[v])
    best, at_home = home, to[home]
    most, weighs = twice * np.float64(at_home) - pull * np.float64(total[home] - strength[v]), at_home
    for k in range(n_seen):
        c = np.uint32(seen[k])
        if c != home:
            gain = twice * np.float64(to[c]) - pull * np.float64(total[c])
            if gain > most or (gain == most and best != home and c < best):
                best, most, weighs = c, gain, to[c]
        to[c] = 0
    return np.int32(best), weighs - at_home
