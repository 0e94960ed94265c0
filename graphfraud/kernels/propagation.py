"""Label propagation: each node takes the label that weighs most among its neighbours, until few change.

Small graphs are gone through node by node; in large ones a block of nodes chooses from labels that stand still, by as many
threads as there are, and then takes what it chose. A node's lead says by how much its label outweighs every other; as long as
the changes around it have not used that up, it would choose the same again and is left alone.
"""

import numpy as np

from graphfraud.kernels.jit import inlined, kernel


@kernel
def propagate_labels(start, neighbour_ix, weight, label, order, lead, stop_share):
    """Let labels spread along weights, one node after the other.

    A node keeps its label where that is among the heaviest; of several others it takes the smallest. After a change those
    neighbours are looked at again whose lead has fallen below 0: another label might weigh more now.

    Parameters
    ----------
    start, neighbour_ix, weight : int64[n_nodes + 1], int32[n_entries], int64[n_entries], symmetric
    label : int32[n_nodes], 0 to n_nodes - 1, where they begin
    order : int32[at most n_nodes], distinct nodes to look at first
    lead : int64[n_nodes]; of nodes not in ``order`` at most what their label outweighs any other by, and at least 0
    stop_share : float, stop after a round in which at most this share of the nodes changed

    Returns
    -------
    label : int32[n_nodes], 0 to n_nodes - 1

    Order
    -----
    O(entries of the nodes looked at); memory 29 bytes a node. It ends: each change raises the weight within labels.

    Source
    ------
    Raghavan, Albert and Kumara, Phys. Rev. E 76, 036106, 2007; active nodes only after Staudt and Meyerhenke, IEEE TPDS
    27(1), 2016; leads are bounds as those of Hamerly, SDM 2010, for the k-means.

    Twin
    ----
    tests/oracles/communities.py
    """
    n = label.size
    label, lead = label.copy(), lead.copy()
    scratch = np.zeros(n, np.int64)
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
            best, lead[v] = _heaviest(start, neighbour_ix, weight, label, scratch, v)
            if best == was:
                continue
            label[v] = best
            n_changed += 1
            for e in range(np.uint64(start[v]), np.uint64(start[v + 1])):
                u = np.uint32(neighbour_ix[e])
                lead[u] += weight[e] if label[u] == best else (-2 if label[u] == was else -1) * weight[e]
                if lead[u] < 0 and not waits[u]:
                    waits[u] = True
                    tail = head + n_waiting
                    queue[tail if tail < n else tail - n] = u
                    n_waiting += 1
        if n_changed <= stop_share * n:
            break
    return label


@kernel
def choose_labels(start, neighbour_ix, weight, label, node, scratch):
    """Say for each of some nodes which label weighs most around it, and by how much; nothing is changed.

    Parameters
    ----------
    start, neighbour_ix, weight : int64[n_nodes + 1], int32[n_entries], int64[n_entries], symmetric
    label : int32[n_nodes], 0 to n_nodes - 1; of several heaviest, none its own, the smallest is taken
    node : int32[n], distinct
    scratch : int64[at least n_nodes], zero, as it is left; of one thread alone

    Returns
    -------
    best : int32[n], labels
    lead : int64[n], weight of the best less that of the next

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
    lead = np.empty(node.size, np.int64)
    for i in range(node.size):
        best[i], lead[i] = _heaviest(start, neighbour_ix, weight, label, scratch, np.uint32(node[i]))
    return best, lead


@kernel
def settle_labels(label, lead, node, best, ahead, since):
    """Give nodes, in order, the labels they chose.

    In the first round a node that has its own label waits before it takes that of a later node of its block that has its own
    label too: the other might be taking its label, and both would change places for ever.

    Parameters
    ----------
    label : int32[n_nodes], changed in place
    lead : int64[n_nodes], changed in place: of nodes that wait -1, of the others what they chose by
    node, best, ahead : int32[n], int32[n], int64[n], as :func:`choose_labels` takes and gives them
    since : int, in the first round the own label of the first node; those of the others follow; n_nodes in later rounds

    Returns
    -------
    changed : int32[at most n], the nodes that took another label, in order
    was : int32[at most n], their labels before

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
    changed, was = np.empty(node.size, np.int32), np.empty(node.size, np.int32)
    n = 0
    for i in range(node.size):
        v, c = np.uint32(node[i]), best[i]
        lead[v] = ahead[i]
        if c == label[v]:
            continue
        k = c - since
        if i < k < node.size and label[v] == since + i and label[np.uint32(node[k])] == c:
            lead[v] = -1
            continue
        changed[n], was[n] = v, label[v]
        label[v] = c
        n += 1
    return changed[:n].copy(), was[:n].copy()


@inlined
def _heaviest(start, neighbour_ix, weight, label, scratch, v):
    """Return the label node v takes, and by how much it outweighs the next; rows are short, so a second look is cheap."""
    first, stop = np.uint64(start[v]), np.uint64(start[v + np.uint32(1)])
    for e in range(first, stop):
        scratch[np.uint32(label[np.uint32(neighbour_ix[e])])] += weight[e]
    home = label[v]
    best, most, second = home, scratch[np.uint32(home)], np.int64(0)
    scratch[np.uint32(home)] = 0
    for e in range(first, stop):
        c = label[np.uint32(neighbour_ix[e])]
        here = scratch[np.uint32(c)]  # 0 where the label was met before
        scratch[np.uint32(c)] = 0
        if here < most:
            second = max(second, here)
        elif here > 0:
            second = most
            if here > most or (best != home and c < best):
                best, most = c, here
    return best, most - second
