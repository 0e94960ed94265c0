"""Label propagation: each node takes the label that weighs most among its neighbours, until few change.

It begins with the labels of local leaders. Small graphs are gone through node by node; in large ones a block of nodes chooses
from labels that stand still, by as many threads as there are. A node's lead says how much others may gain on its label before
they can weigh as much; as long as changes around it have not used that up, it would choose the same again and is left alone.
"""

import numpy as np

from graphfraud.kernels.jit import inlined, kernel

_NO_LABEL = np.int32(2**31 - 1)
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)  # 2**64 over the golden ratio: spreads consecutive numbers evenly
_TO_31_BITS = np.uint64(33)


@kernel
def follow_neighbours(start, neighbour_ix, weight, degree, since, until):
    """Say whom some consecutive nodes follow: their heaviest neighbour, if that has more neighbours than themselves.

    Of several heaviest it is the one with most neighbours; of equally many, here and above, the one of the larger position has
    more. So whoever is followed is above who follows, and nobody is followed round a circle.

    Parameters
    ----------
    start, neighbour_ix, weight : int64[n_nodes + 1], int32[n_entries], int64[n_entries], symmetric
    degree : int32[n_nodes], numbers of neighbours
    since, until : int, the nodes from ``since`` up to but not including ``until``: others may be asked by other threads

    Returns
    -------
    followed : int32[until - since], nodes; itself where a node follows none

    Order
    -----
    O(entries of the nodes), read from end to end.

    Source
    ------
    Shi et al., Communications Physics 7, 170, 2024 (local dominance: a node is led by the best connected of its neighbours
    where that is above itself), with weights first.

    Twin
    ----
    tests/oracles/communities.py
    """
    followed = np.empty(until - since, np.int32)
    for v in range(np.uint64(since), np.uint64(until)):
        first, stop = np.uint64(start[v]), np.uint64(start[v + np.uint64(1)])
        most = np.int64(0)
        for e in range(first, stop):
            most = max(most, weight[e])
        highest = np.int64(degree[v]) << 32 | np.int64(v)
        for e in range(first, stop):
            u = neighbour_ix[e]
            rank = np.int64(degree[np.uint32(u)]) << 32 | u
            highest = max(highest, rank if weight[e] == most else np.int64(0))
        followed[v - np.uint64(since)] = highest & 0x7FFFFFFF
    return followed


@kernel
def propagate_labels(start, neighbour_ix, weight, strength, label, lead, order, rng_seed, stop_share):
    """Let labels spread along weights, one node after the other.

    Of several heaviest labels a node takes the one that it prefers by chance, be it its own or not. After a change those
    neighbours are looked at again whose lead has fallen below 0: another label might weigh as much now.

    Parameters
    ----------
    start, neighbour_ix, weight : int64[n_nodes + 1], int32[n_entries], int64[n_entries], symmetric
    strength : int64[n_nodes], sums of the nodes' weights
    label : int32[n_nodes], 0 to n_nodes - 1, changed in place
    lead : int64[n_nodes], as :func:`choose_labels` sets it for nodes not in ``order``; changed in place
    order : int32[at most n_nodes], distinct nodes to look at first
    rng_seed : int, from 0
    stop_share : float, stop after a round in which at most this share of the nodes changed

    Returns
    -------
    None : the labels stand in ``label``

    Order
    -----
    O(entries of the nodes looked at); memory 17 bytes a node. It ends: each change raises the weight within labels, or leaves
    it and gives a node a label that it prefers.

    Source
    ------
    Raghavan, Albert and Kumara, Phys. Rev. E 76, 036106, 2007; active nodes only after Staudt and Meyerhenke, IEEE TPDS
    27(1), 2016; leads are bounds as those of Hamerly, SDM 2010, for the k-means.

    Twin
    ----
    tests/oracles/communities.py
    """
    n = label.size
    scratch, around = np.zeros(n, np.int64), np.empty(n, np.int32)
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
            was = label[v]
            best, lead[v] = _heaviest(start, neighbour_ix, weight, strength, label, rng_seed, True, scratch, around, v)
            if best == was:
                continue
            label[v] = best
            n_changed += 1
            for e in range(np.uint64(start[v]), np.uint64(start[v + np.uint32(1)])):
                u = np.uint32(neighbour_ix[e])
                lead[u] += weight[e] if label[u] == best else (-2 if label[u] == was else -1) * weight[e]
                if lead[u] < 0 and not waits[u]:
                    waits[u] = True
                    tail = head + n_waiting
                    queue[tail if tail < n else tail - n] = u
                    n_waiting += 1
        if n_changed <= stop_share * n:
            break


@kernel
def choose_labels(start, neighbour_ix, weight, strength, label, lead, node, rng_seed, with_next, scratch):
    """Say which of some nodes take another label, and which; labels stand still meanwhile.

    Parameters
    ----------
    start, neighbour_ix, weight : int64[n_nodes + 1], int32[n_entries], int64[n_entries], symmetric
    strength : int64[n_nodes], sums of the nodes' weights
    label : int32[n_nodes], 0 to n_nodes - 1; of several heaviest a node takes the one that it prefers by chance
    lead : int64[n_nodes], set in place for the nodes: at least 0, and less than what the label taken outweighs any other by,
        or 0 where it outweighs none
    node : int32[n], distinct
    rng_seed : int, from 0
    with_next : bool, whether leads are wanted of nodes whose own label has at most half of their weight, too: else 0
    scratch : int64[at least n_nodes], zero, as it is left; of one thread alone

    Returns
    -------
    changed : int32[at most n], the nodes that take another label, in order
    best : int32[at most n], those labels

    Order
    -----
    O(entries of the nodes).

    Source
    ------
    Raghavan, Albert and Kumara, Phys. Rev. E 76, 036106, 2007, section III: ties are broken by chance. Blocks of nodes that
    choose at once: Cordasco and Gargano, BASNA 2010 (semi-synchronous), where nodes of one colour do.

    Twin
    ----
    tests/oracles/communities.py
    """
    changed, taken = np.empty(node.size, np.int32), np.empty(node.size, np.int32)
    around = np.empty(label.size, np.int32)
    n = 0
    for i in range(node.size):
        v = np.uint32(node[i])
        best, lead[v] = _heaviest(start, neighbour_ix, weight, strength, label, rng_seed, with_next, scratch, around, v)
        changed[n], taken[n] = v, best
        n += best != label[v]
    return changed[:n].copy(), taken[:n].copy()


@inlined
def _heaviest(start, neighbour_ix, weight, strength, label, rng_seed, with_next, scratch, around, v):
    """Return the label node v takes, and its lead.

    Every loop is free of branches, since guessing wrong costs more than looking again at a row that is in the cache.
    """
    first = np.uint64(start[v])
    n = np.uint64(start[v + np.uint32(1)]) - first
    for k in range(n):
        c = label[np.uint32(neighbour_ix[first + k])]
        around[k] = c
        scratch[np.uint32(c)] += weight[first + k]
    best = label[v]
    most = scratch[np.uint32(best)]
    lead = 2 * most - strength[v] - 1
    if lead < 0 and n > 0:  # not more than half of all
        for k in range(n):
            most = max(most, scratch[np.uint32(around[k])])
        turned = np.int32((np.uint64(v) + np.uint64(rng_seed)) * _GOLDEN >> _TO_31_BITS)  # another order of labels a node
        first_label = _NO_LABEL
        for k in range(n):
            c = around[k]
            first_label = min(first_label, c ^ turned if scratch[np.uint32(c)] == most else _NO_LABEL)
        best = first_label ^ turned
        if with_next:
            scratch[np.uint32(best)] = 0
            second = np.int64(0)
            for k in range(n):
                second = max(second, scratch[np.uint32(around[k])])
            lead = most - second - 1
    for k in range(n):
        scratch[np.uint32(around[k])] = 0
    return best, max(lead, np.int64(0))
