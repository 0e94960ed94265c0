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
    O(entries of the nodes + n_nodes), the rows being read twice; memory 40 bytes a node.

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
    cut = np.zeros(n, np.int64)  # weight from a part to the rest of its community
    for i in range(order.size):
        v = np.uint32(order[i])
        whole[community[v]] += strength[v]
        for e in range(np.uint64(start[v]), np.uint64(start[v + np.uint32(1)])):
            cut[v] += weight[e] * (community[np.uint32(neighbour_ix[e])] == community[v])
    twice = np.float64(strength.sum())
    to = np.zeros(n, np.int64)
    for i in range(order.size):
        v = np.uint32(order[i])
        home = whole[community[v]]
        if size[v] != 1 or not _well_connected(cut[v], total[v], home, resolution, twice):
            continue
        first, stop = np.uint64(start[v]), np.uint64(start[v + np.uint32(1)])
        for e in range(first, stop):
            u = np.uint32(neighbour_ix[e])
            to[np.uint32(part[u])] += weight[e] * (community[u] == community[v])
        best, most, weighs = v, 0.0, np.int64(0)
        for e in range(first, stop):
            c = np.uint32(part[np.uint32(neighbour_ix[e])])
            here = to[c]  # 0 in another community, or where the part was met before: then nothing is gained
            to[c] = 0
            gain = twice * np.float64(here) - resolution * np.float64(total[v]) * np.float64(total[c])
            if gain < most or (gain == most and (best == v or c > best)):
                continue
            if _well_connected(cut[c], total[c], home, resolution, twice):
                best, most, weighs = c, gain, here
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
