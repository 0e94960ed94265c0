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
    order : int32[n_nodes], in which the nodes are looked at, once
    resolution : float

    Returns
    -------
    part : int32[n_nodes], each the position of a node of the same part; every part within one community

    Order
    -----
    O(entries + nodes); memory 45 bytes a node.

    Source
    ------
    Traag, Waltman and van Eck, Sci. Rep. 9, 5233, 2019, algorithm A.2 (merge nodes subset); the best part instead of one drawn
    by chance after Sahu, arXiv 2312.13936, 4.1.

    Twin
    ----
    tests/oracles/communities.py
    """
    n = order.size
    whole = np.zeros(n, np.int64)  # strength of each community
    for v in range(n):
        whole[community[v]] += strength[v]
    twice = np.float64(strength.sum())
    part = np.arange(n, dtype=np.int32)
    size = np.ones(n, np.int32)
    total = strength.copy()
    cut = np.zeros(n, np.int64)  # weight from a part to the rest of its community
    for v in range(n):
        for e in range(np.uint64(start[v]), np.uint64(start[v + 1])):
            if community[np.uint32(neighbour_ix[e])] == community[v]:
                cut[v] += weight[e]
    to = np.zeros(n, np.int64)
    seen = np.empty(n + 1, np.int32)
    for i in range(n):
        v = np.uint32(order[i])
        if size[v] != 1 or not _well_connected(cut[v], total[v], whole[community[v]], resolution, twice):
            continue
        best = _best_part(
            start, neighbour_ix, weight, community, part, total, cut, whole[community[v]], to, seen, resolution, twice, v
        )
        if best != v:
            cut[best] += cut[v] - 2 * to[best]
            total[best] += strength[v]
            size[best] += 1
            size[v] = 0
            part[v] = best
        for e in range(np.uint64(start[v]), np.uint64(start[v + 1])):
            to[part[np.uint32(neighbour_ix[e])]] = 0
    return part


@kernel
def _well_connected(cut, total, whole, resolution, twice):
    return twice * np.float64(cut) >= resolution * np.float64(total) * np.float64(whole - total)


@kernel
def _best_part(start, neighbour_ix, weight, community, part, total, cut, whole, to, seen, resolution, twice, v):
    """Return the part node v joins, v itself where it stays alone; leaves its weights to parts in ``to``."""
    n_seen = np.uint64(0)
    for e in range(np.uint64(start[v]), np.uint64(start[v + 1])):
        u = np.uint32(neighbour_ix[e])
        if community[u] == community[v]:
            c = np.uint32(part[u])
            seen[n_seen] = c
            n_seen += np.uint64(to[c] == 0)
            to[c] += weight[e]
    best = np.uint32(v)
    most = 0.0
    for k in range(n_seen):
        c = np.uint32(seen[k])
        gain = twice * np.float64(to[c]) - resolution * np.float64(total[v]) * np.float64(total[c])
        better = gain > most or (gain == most and best != v and c < best)
        if better and _well_connected(cut[c], total[c], whole, resolution, twice):
            best, most = c, gain
    return best
