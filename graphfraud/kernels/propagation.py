"""Label propagation: each node takes the label that weighs most among its neighbours, until few change."""

import numpy as np

from graphfraud.kernels.jit import kernel


@kernel
def propagate_labels(start, neighbour_ix, weight, order, label_rank, stop_share):
    """Let labels spread along weights, one node after the other.

    A node keeps its label where that is among the heaviest; of several others it takes the one of the lowest rank. The first
    two rounds look at all nodes, as nearly all change; then those whose neighbour took another label are looked at again.

    Parameters
    ----------
    start, neighbour_ix, weight : int64[n_nodes + 1], int32[n_entries], int64[n_entries], symmetric
    order : int32[n_nodes], in which the nodes are first looked at
    label_rank : int32[n_nodes], a permutation that settles ties, so that no label is favoured for its number
    stop_share : float, stop after a round in which at most this share of the nodes changed

    Returns
    -------
    label : int32[n_nodes], positions of nodes

    Order
    -----
    O(entries of the nodes looked at); memory 21 bytes a node. It ends: each change raises the weight within labels.

    Source
    ------
    Raghavan, Albert and Kumara, Phys. Rev. E 76, 036106, 2007; active nodes only after Staudt and Meyerhenke, IEEE TPDS
    27(1), 2016.

    Twin
    ----
    tests/oracles/communities.py
    """
    n = order.size
    label = np.arange(n, dtype=np.int32)
    to = np.zeros(n, np.int64)
    seen = np.empty(n + 1, np.int32)
    queue = order.copy()
    waits = np.ones(n, np.bool_)
    head, n_waiting, first = 0, n, True
    while n_waiting:
        n_changed = 0
        for _ in range(n_waiting):
            v = np.uint32(queue[head])
            head = head + 1 if head + 1 < n else 0
            n_waiting -= 1
            waits[v] = False
            best = _heaviest(start, neighbour_ix, weight, label, label_rank, to, seen, v)
            if best == label[v]:
                continue
            label[v] = best
            n_changed += 1
            if first:
                continue
            for e in range(np.uint64(start[v]), np.uint64(start[v + 1])):
                u = np.uint32(neighbour_ix[e])
                if not waits[u] and label[u] != best:
                    waits[u] = True
                    tail = head + n_waiting
                    queue[tail if tail < n else tail - n] = u
                    n_waiting += 1
        if n_changed <= stop_share * n:
            break
        if first:
            first = False
            waits[:] = True
            head, n_waiting = 0, n
    return label


@kernel
def _heaviest(start, neighbour_ix, weight, label, label_rank, to, seen, v):
    n_seen = np.uint64(0)
    for e in range(np.uint64(start[v]), np.uint64(start[v + 1])):
        c = np.uint32(label[np.uint32(neighbour_ix[e])])
        seen[n_seen] = c
        n_seen += np.uint64(to[c] == 0)
        to[c] += weight[e]
    best = np.uint32(label[v])
    most = to[best]
    kept = True
    for k in range(n_seen):
        c = np.uint32(seen[k])
        if to[c] > most or (to[c] == most and not kept and label_rank[c] < label_rank[best]):
            best, most, kept = c, to[c], False
    for k in range(n_seen):
        to[np.uint32(seen[k])] = 0
    return np.int32(best)
