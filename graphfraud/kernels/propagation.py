"""Label propagation: each node takes the label that weighs most among its neighbours, until few change.

Small graphs are gone through node by node; in large ones a block of nodes chooses from labels that stand still, by as many
threads as there are, and then takes what it chose.
"""

import numpy as np

from graphfraud.kernels.jit import kernel


@kernel
def propagate_labels(start, neighbour_ix, weight, label, order, label_rank, stop_share):
    """Let labels spread along weights, one node after the other.

    A node keeps its label where that is among the heaviest; of several others it takes the one of the lowest rank. After a
    change the node's neighbours of another label are looked at again.

    Parameters
    ----------
    start, neighbour_ix, weight : int64[n_nodes + 1], int32[n_entries], int64[n_entries], symmetric
    label : int32[n_nodes], positions of nodes, where they begin
    order : int32[at most n_nodes], distinct nodes to look at first
    label_rank : int32[n_nodes], a permutation that settles ties, so that no label is favoured for its number
    stop_share : float, stop after a round in which at most this share of the nodes changed

    Returns
    -------
    label : int32[n_nodes], positions of nodes

    Order
    -----
    O(entries of the nodes looked at); memory 25 bytes a node. It ends: each change raises the weight within labels.

    Source
    ------
    Raghavan, Albert and Kumara, Phys. Rev. E 76, 036106, 2007; active nodes only after Staudt and Meyerhenke, IEEE TPDS
    27(1), 2016.

    Twin
    ----
    tests/oracles/communities.py
    """
    n = label.size
    label = label.copy()
    scratch = np.zeros(2 * n + 1, np.int64)
    queue = np.empty(n, np.int32)
    queue[: order.size] = order
    waits = np.zeros(n, np.bool_)
    for v in order:
        waits[v] = True
    head, n_waiting = 0, order.size
    while n_waiting:
        n_changed = 0
        for _ in range(n_waiting):
            v = np.uint32(queue[head])
            head = head + 1 if head + 1 < n else 0
            n_waiting -= 1
            waits[v] = False
            best = _heaviest(start, neighbour_ix, weight, label, label_rank, scratch, v)
            if best == label[v]:
                continue
            label[v] = best
            n_changed += 1
            for e in range(np.uint64(start[v]), np.uint64(start[v + 1])):
                u = np.uint32(neighbour_ix[e])
                if not waits[u] and label[u] != best:
                    waits[u] = True
                    tail = head + n_waiting
                    queue[tail if tail < n else tail - n] = u
                    n_waiting += 1
        if n_changed <= stop_share * n:
            break
    return label


@kernel
def choose_labels(start, neighbour_ix, weight, label, label_rank, node, scratch):
    """Say for each of some nodes which label weighs most around it; nothing is changed.

    Parameters
    ----------
    start, neighbour_ix, weight : int64[n_nodes + 1], int32[n_entries], int64[n_entries], symmetric
    label : int32[n_nodes], positions of nodes
    label_rank : int32[n_nodes], a permutation; of several heaviest labels, none its own, the lowest rank is taken
    node : int32[n], distinct
    scratch : int64[at least 2 n_nodes + 1], its first half zero, as it is left; of one thread alone

    Returns
    -------
    best : int32[n], labels

    Order
    -----
    O(entries of the nodes).

    Source
    ------
    Raghavan, Albert and Kumara, Phys. Rev. E 76, 036106, 2007, section III.

    Twin
    ----
    tests/oracles/communities.py
    """
    best = np.empty(node.size, np.int32)
    for i in range(node.size):
        best[i] = _heaviest(start, neighbour_ix, weight, label, label_rank, scratch, np.uint32(node[i]))
    return best


@kernel
def settle_labels(label, label_rank, turn, node, best, first):
    """Give nodes, in order, the labels they chose.

    In the first round a node that has its own label waits before it takes that of a node of higher rank in its block that has
    its own label too: the other might be taking its label, and both would change places for ever.

    Parameters
    ----------
    label : int32[n_nodes], changed in place
    label_rank : int32[n_nodes], a permutation
    turn : int8[n_nodes], block in which a node chose
    node, best : int32[n], as :func:`choose_labels` takes and gives them
    first : bool, whether it is the first round; all are looked at again after it

    Returns
    -------
    changed : int32[at most n], the nodes that took another label, in order

    Order
    -----
    O(n).

    Source
    ------
    Cordasco and Gargano, BASNA 2010 (semi-synchronous label propagation): blocks stand for colours, the wait for what
    colours rule out.

    Twin
    ----
    tests/oracles/communities.py
    """
    changed = np.empty(node.size, np.int32)
    n = 0
    for i in range(node.size):
        v, c = np.uint32(node[i]), np.uint32(best[i])
        if c == label[v]:
            continue
        if first and label[v] == v and label[c] == c and turn[c] == turn[v] and label_rank[c] > label_rank[v]:
            continue
        label[v] = c
        changed[n] = v
        n += 1
    return changed[:n].copy()


@kernel
def _heaviest(start, neighbour_ix, weight, label, label_rank, scratch, v):
    to, seen = scratch[: scratch.size // 2], scratch[scratch.size // 2 :]
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
