"""Local moving, the step Louvain and Leiden share: each node goes where modularity gains most."""

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
    order : int32[n_nodes], in which they are first looked at
    resolution : float
    stop_share : float, stop after a round in which at most this share of the nodes moved

    Returns
    -------
    community : int32[n_nodes]

    Order
    -----
    O(entries of the nodes looked at); memory 33 bytes a node. One thread: moves of two at once would depend on each other.

    Source
    ------
    Blondel et al., J. Stat. Mech. P10008, 2008, first phase; queue after Traag, Waltman and van Eck, Sci. Rep. 9, 5233, 2019,
    algorithm A.2 (fast local moving). Compared is 2W w(v, C) - resolution s(v) s(C \\ v), exact below 2**53.

    Twin
    ----
    tests/oracles/communities.py
    """
    n = order.size
    community = community.copy()
    total = np.zeros(n, np.int64)
    for v in range(n):
        total[community[v]] += strength[v]
    twice = np.float64(strength.sum())
    to = np.zeros(n, np.int64)
    seen = np.empty(n + 1, np.int32)
    queue = order.copy()
    waits = np.ones(n, np.bool_)
    head, n_waiting, n_rounds = 0, n, 0
    while n_waiting and n_rounds < _ROUNDS_MAX:
        n_rounds += 1
        n_moved = 0
        for _ in range(n_waiting):
            v = np.uint32(queue[head])
            head = head + 1 if head + 1 < n else 0
            n_waiting -= 1
            waits[v] = False
            best = _best(start, neighbour_ix, weight, strength, community, total, to, seen, resolution, twice, v)
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
def _best(start, neighbour_ix, weight, strength, community, total, to, seen, resolution, twice, v):
    """Return the community in which node v adds most to modularity."""
    n_seen = np.uint64(0)
    for e in range(np.uint64(start[v]), np.uint64(start[v + 1])):
        c = np.uint32(community[np.uint32(neighbour_ix[e])])
        seen[n_seen] = c
        n_seen += np.uint64(to[c] == 0)
        to[c] += weight[e]
    home = np.uint32(community[v])
    pull = resolution * np.float64(strength[v])
    best = home
    most = twice * np.float64(to[home]) - pull * np.float64(total[home] - strength[v])
    for k in range(n_seen):
        c = np.uint32(seen[k])
        if c != home:
            gain = twice * np.float64(to[c]) - pull * np.float64(total[c])
            if gain > most or (gain == most and best != home and c < best):
                best, most = c, gain
        to[c] = 0
    return np.int32(best)
