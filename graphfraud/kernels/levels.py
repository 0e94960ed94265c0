"""Between the rounds and the levels of community detection: who is looked at again, and groups that become nodes."""

import numpy as np

from graphfraud.kernels.jit import kernel


@kernel
def aggregate(start, neighbour_ix, weight, strength, group, since, until):
    """Make one node of each of some consecutive groups; ties inside a group stay in its strength alone.

    Parameters
    ----------
    start, neighbour_ix, weight : int64[n_nodes + 1], int32[n_entries], int64[n_entries], symmetric
    strength : int64[n_nodes]
    group : int32[n_nodes], from 0
    since, until : int, the groups from ``since`` up to but not including ``until``: others may be made by other threads

    Returns
    -------
    n_neighbours : int64[until - since]
    neighbour_ix, weight : int32[n], int64[n], of the groups in turn; neighbours in the order first met, members ascending
    strength : int64[until - since]

    Order
    -----
    O(entries + nodes), the rows being read twice from end to end; memory 12 bytes an entry between groups, 8 a node.

    Source
    ------
    Blondel et al., J. Stat. Mech. P10008, 2008, second phase; entries between groups are sorted by counting.

    Twin
    ----
    tests/oracles/communities.py
    """
    n_groups = until - since
    begin = np.zeros(n_groups + 1, np.int64)
    out_strength = np.zeros(n_groups, np.int64)
    for v in range(strength.size):
        g = group[v]
        if since <= g < until:
            n = 0
            for e in range(np.uint64(start[v]), np.uint64(start[v + 1])):
                n += group[np.uint32(neighbour_ix[e])] != g
            begin[g - since + 1] += n
            out_strength[g - since] += strength[v]
    for i in range(n_groups):
        begin[i + 1] += begin[i] + 1  # one to spare: what turns out to lie inside is written too, and then written over
    place = begin[:-1].copy()
    out_neighbour = np.empty(begin[n_groups], np.int32)
    out_weight = np.empty(begin[n_groups], np.int64)
    for v in range(strength.size):
        g = group[v]
        if since <= g < until:
            at = np.uint64(place[g - since])
            for e in range(np.uint64(start[v]), np.uint64(start[v + 1])):
                c = group[np.uint32(neighbour_ix[e])]
                out_neighbour[at] = c
                out_weight[at] = weight[e]
                at += np.uint64(c != g)
            place[g - since] = at
    return _merged(begin, place, out_neighbour, out_weight, out_strength, group.size)


@kernel
def _merged(begin, stop, neighbour_ix, weight, strength, n_nodes):
    """Merge equal neighbours of each group, from the front: what is written never overtakes what is read."""
    n_groups = stop.size
    n_neighbours = np.empty(n_groups, np.int64)
    total = np.zeros(n_nodes, np.int64)
    end = np.uint64(0)
    for i in range(n_groups):
        before = end
        for e in range(np.uint64(begin[i]), np.uint64(stop[i])):
            total[np.uint32(neighbour_ix[e])] += weight[e]
        for e in range(np.uint64(begin[i]), np.uint64(stop[i])):
            c = np.uint32(neighbour_ix[e])
            neighbour_ix[end] = c
            weight[end] = total[c]
            end += np.uint64(total[c] > 0)  # 0 where it was met before
            total[c] = 0
        n_neighbours[i] = end - before
    return n_neighbours, neighbour_ix[:end].copy(), weight[:end].copy(), strength


@kernel
def use_up_leads(start, neighbour_ix, weight, label, turn, lead, changed, was):
    """Take from the leads of nodes what changes around them may have cost; those below 0 must be looked at again.

    A neighbour that left a node's label for another costs twice its weight, since the other may be the next best; one that went
    from one other to another costs its weight once; one that came to the node's label adds it.

    Parameters
    ----------
    start, neighbour_ix, weight : int64[n_nodes + 1], int32[n_entries], int64[n_entries], symmetric
    label : int32[n_nodes]
    turn : int8[n_nodes], block in which a node was last looked at, -1 for none: who was looked at in a later block than that of
        a changed node has seen the change
    lead : int64[n_nodes], added to in place; threads with a share of the changed nodes each may add to zeros, and join them
    changed, was : int32[n], nodes, and their labels before

    Returns
    -------
    None : what became of the leads stands in ``lead``

    Order
    -----
    O(entries of the changed nodes).

    Source
    ------
    House: bounds as those of Hamerly, SDM 2010 (k-means), instead of the queue of fast local moving (Traag, Waltman and van
    Eck, 2019), in which any change wakes all neighbours.

    Twin
    ----
    tests/oracles/communities.py
    """
    for i in range(changed.size):
        v = np.uint32(changed[i])
        now = label[v]
        for e in range(np.uint64(start[v]), np.uint64(start[v + np.uint32(1)])):
            u = np.uint32(neighbour_ix[e])
            times = 2 * np.int64(label[u] == now) - np.int64(label[u] == was[i]) - 1
            lead[u] += weight[e] * (times if turn[u] <= turn[v] else 0)
