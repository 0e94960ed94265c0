"""Local moving, the step Louvain and Leiden share: each node goes where modularity gains most.

Small graphs are gone through node by node. In large ones a block of nodes chooses from communities that stand still, by as many
threads as there are, and then settles in order: what comes out cannot depend on how many threads chose.
"""

import numpy as np

from graphfraud.kernels.jit import inlined, kernel

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
    O(entries of the nodes looked at); memory 25 bytes a node. One thread.

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
    scratch = np.zeros(n, np.int64)
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
            best, _, _ = _best(start, neighbour_ix, weight, strength, community, total, scratch, resolution, twice, v)
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
    scratch : int64[at least n_nodes], zero, as it is left; of one thread alone
    resolution : float
    twice : float, sum of strength

    Returns
    -------
    best : int32[n], a community; its own where moving gains nothing
    more : int64[n], weight to the best community less that to the node's own
    lead : int64[n], by how much weight the best beats the next, whole units; totals taken as they are

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
    lead = np.empty(node.size, np.int64)
    for i in range(node.size):
        best[i], more[i], lead[i] = _best(
            start, neighbour_ix, weight, strength, community, total, scratch, resolution, twice, np.uint32(node[i])
        )
    return best, more, lead


@kernel
def settle_communities(strength, community, total, lead, node, best, more, ahead, resolution, twice):
    """Move nodes, in order, to the communities they chose, where modularity still gains by it.

    Totals are as they have become; the weights are those of the choice. Of two nodes alone only the larger position joins the
    smaller, or both might change places for ever.

    Parameters
    ----------
    strength : int64[n_nodes]
    community : int32[n_nodes], changed in place
    total : int64[n_nodes], strength of the members of each community, changed in place
    lead : int64[n_nodes], changed in place: -1 of nodes that could not go where they chose, of the others what they chose by
    node, best, more, ahead : int32[n], int32[n], int64[n], int64[n], as :func:`choose_communities` takes and gives them
    resolution : float
    twice : float, sum of strength

    Returns
    -------
    moved : int32[at most n], the nodes that moved, in order
    was : int32[at most n], their communities before

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
    moved, was = np.empty(node.size, np.int32), np.empty(node.size, np.int32)
    n = 0
    for i in range(node.size):
        v, c = np.uint32(node[i]), np.uint32(best[i])
        home = np.uint32(community[v])
        lead[v] = ahead[i]
        if c == home:
            continue
        alone = home == v and total[v] == strength[v]
        waits = alone and c > v and community[c] == c and total[c] == strength[c]
        pull = resolution * np.float64(strength[v])
        if waits or twice * np.float64(more[i]) <= pull * np.float64(total[c] - total[home] + strength[v]):
            lead[v] = -1
            continue
        total[home] -= strength[v]
        total[c] += strength[v]
        community[v] = c
        moved[n], was[n] = v, home
        n += 1
    return moved[:n].copy(), was[:n].copy()


@inlined
def _best(start, neighbour_ix, weight, strength, community, total, scratch, resolution, twice, v):
    """Return where node v adds most to modularity, its weight to there less that to its own, and by how much it is best."""
    first, stop = np.uint64(start[v]), np.uint64(start[v + np.uint32(1)])
    for e in range(first, stop):
        scratch[np.uint32(community[np.uint32(neighbour_ix[e])])] += weight[e]
    home = community[v]
    at_home = scratch[np.uint32(home)]
    scratch[np.uint32(home)] = 0
    pull = resolution * np.float64(strength[v])
    best, weighs = home, at_home
    most = twice * np.float64(at_home) - pull * np.float64(total[np.uint32(home)] - strength[v])
    second = 0.0  # at most what a community without ties to v offers
    for e in range(first, stop):
        c = community[np.uint32(neighbour_ix[e])]
        here = scratch[np.uint32(c)]  # 0 where the community was met before: the gain is then not above 0, nor the second
        scratch[np.uint32(c)] = 0
        gain = twice * np.float64(here) - pull * np.float64(total[np.uint32(c)])
        if gain < most:
            second = max(second, gain)
        elif here > 0:
            second = max(second, most)
            if gain > most or (best != home and c < best):
                best, weighs, most = c, here, gain
    return best, weighs - at_home, np.int64(max(most - second, 0.0) / max(twice, 1.0))
