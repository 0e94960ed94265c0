"""Refinement, the step that makes Leiden of Louvain: communities are grown anew inside each, so that they hang together."""

import numpy as np

from graphfraud.kernels.jit import kernel


@kernel
def refine(start, neighbour_ix, weight, strength, community, order, resolution):
    """Grow well-connected parts inside each community, beginning with single nodes.

    A node that is still alone, and well connected to its community, joins the neighbouring well-connected part of its community
    that raises modularity most, if any does; of several the one of the smallest number. What has joined stays, so a part
    always hangs together.

    Parameters
    ----------
    start, neighbour_ix, weight : int64[n_nodes + 1], int32[n_entries], int64[n_entries], symmetric
    strength : int64[n_nodes]; their sum is below 2**63
    community : int32[n_nodes], 0 to n_nodes - 1
    order : int32[at most n_nodes], all the nodes of some communities, in which they are looked at, once
    resolution : float

    Returns
    -------
    part : int32[n_nodes], each the position of a node of the same part; every part within one community. What comes out of a
        community depends on its nodes alone, so that several threads may refine different communities; the nodes of others are
        left alone

    Order
    -----
    O(entries of the nodes + n_nodes); memory 49 bytes a node. Fastest where nodes of one community stand together in ``order``.

    Source
    ------
    Traag, Waltman and van Eck, Sci. Rep. 9, 5233, 2019, algorithm A.2 (merge nodes subset); the best part instead of one drawn
    by chance after Sahu, arXiv 2312.13936, 4.1.

    Twin
    ----
    tests/oracles/communities.py
    """
    n = strength.size
    whole = np.zeros(n, np.int64)  # strength of each community
    part = np.arange(n, dtype=np.int32)
    size = np.ones(n, np.int32)
    total = strength.copy()
    cut = np.full(n, -1, np.int64)  # weight from a part to the rest of its community, -1 where nobody has asked yet
    for i in range(order.size):
        whole[community[np.uint32(order[i])]] += strength[np.uint32(order[i])]
    twice = np.float64(strength.sum())
    to = np.zeros(n, np.int64)
    seen = np.empty(n + 1, np.int32)
    for i in range(order.size):
        v = np.uint32(order[i])
        home = whole[community[v]]
        if size[v] != 1:
            continue
        n_seen = np.uint64(0)
        cut[v] = 0
        for e in range(np.uint64(start[v]), np.uint64(start[v + 1])):
            u = np.uint32(neighbour_ix[e])
            if community[u] == community[v]:
                c = np.uint32(part[u])
                seen[n_seen] = c
                n_seen += np.uint64(to[c] == 0)
                to[c] += weight[e]
                cut[v] += weight[e]
        best, weighs = v, np.int64(0)
        if _well_connected(cut[v], total[v], home, resolution, twice):
            best, weighs = _best_part(
                start, neighbour_ix, weight, community, total, cut, home, to, seen[:n_seen], resolution, twice, v
            )
        for k in range(n_seen):
            to[np.uint32(seen[k])] = 0
        if best != v:
            cut[best] += cut[v] - 2 * weighs
            total[best] += strength[v]
            size[best] += 1
            size[v] = 0
            part[v] = best
    return part


@kernel
def _well_connected(cut, total, whole, resolution, twice):
    return twice * np.float64(cut) >= resolution * np.float64(total) * np.float64(whole - total)


@kernel
def _best_part(start, neighbour_ix, weight, community, total, cut, whole, to, seen, resolution, twice, v):
    """Return the part node v joins, v itself where it stays alone, and its weight to it."""
    best, most, weighs = np.uint32(v), 0.0, np.int64(0)
    for k in range(np.uint64(seen.size)):
        c = np.uint32(seen[k])
        gain = twice * np.float64(to[c]) - resolution * np.float64(total[v]) * np.float64(total[c])
        if gain > most or (gain == most and best != v and c < best):
            if cut[c] < 0:  # a node still alone
                cut[c] = 0
                for e in range(np.uint64(start[c]), np.uint64(start[c + np.uint32(1)])):
                    if community[np.uint32(neighbour_ix[e])] == community[v]:
                        cut[c] += weight[e]
            if _well_connected(cut[c], total[c], whole, resolution, twice):
                best, most, weighs = c, gain, to[c]
    return best, weighs
