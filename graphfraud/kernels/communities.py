"""What every method of communities stands on: a symmetric weighted graph as rows, its tallies, its parts."""

import numpy as np

from graphfraud.kernels.jit import kernel


@kernel
def symmetric_rows(a_ix, b_ix, weight, n_nodes):
    """Collapse ties into one weighted undirected graph; a tie of a node with itself is left out.

    Parameters
    ----------
    a_ix, b_ix : int32[n_ties], positions of nodes, in any order
    weight : int64[n_ties], each at least 1; twice their sum is below 2**63
    n_nodes : int

    Returns
    -------
    start : int64[n_nodes + 1]; the neighbours of node v are ``neighbour_ix[start[v]:start[v + 1]]``
    neighbour_ix : int32[n_entries], distinct and ascending within a node; each pair stands at both of its ends
    row_weight : int64[n_entries], sum of the weights of the pair's ties in both directions
    strength : int64[n_nodes], sum of a node's weights

    Order
    -----
    O(ties + nodes): three scatters, of ties and then of pairs; memory 40 bytes a tie.

    Source
    ------
    Transposition of compressed rows (Gustavson, ACM TOMS 4(3), 1978): the transposed rows come out in order, and the graph
    is its own transposition.

    Twin
    ----
    tests/oracles/communities.py
    """
    begin, place = np.zeros(n_nodes + 1, np.int64), np.zeros(n_nodes, np.int64)
    for i in range(a_ix.size):
        if a_ix[i] != b_ix[i]:
            begin[np.uint32(min(a_ix[i], b_ix[i])) + 1] += 1
    for v in range(n_nodes):
        begin[v + 1] += begin[v]
        place[v] = begin[v]
    upper = np.empty((begin[n_nodes], 2), np.int64)  # of each node: larger neighbour and weight, side by side in memory
    for i in range(a_ix.size):
        low, high = np.uint32(min(a_ix[i], b_ix[i])), np.uint32(max(a_ix[i], b_ix[i]))
        if low != high:
            at = np.uint64(place[low])
            place[low] += 1
            upper[at, 0] = high
            upper[at, 1] = weight[i]
    start, n_lower = _collapsed(begin, upper)
    return _both_ways(begin, upper, start, n_lower)


@kernel
def _collapsed(begin, upper):
    """Merge equal neighbours of each node where they stand, so that ``begin`` bounds distinct ones; count both sides."""
    n_nodes = begin.size - 1
    start, n_lower = np.zeros(n_nodes + 1, np.int64), np.zeros(n_nodes, np.int64)
    met_at = np.full(n_nodes, -1, np.int64)
    end = np.int64(0)
    stop = begin[0]
    for v in range(n_nodes):
        first, here = end, stop
        stop = begin[v + 1]
        for e in range(np.uint64(here), np.uint64(stop)):
            u = np.uint32(upper[e, 0])
            if met_at[u] >= first:
                upper[np.uint64(met_at[u]), 1] += upper[e, 1]
            else:
                met_at[u] = end
                upper[end, 0] = u
                upper[end, 1] = upper[e, 1]
                n_lower[u] += 1
                end += 1
        begin[v + 1] = end
        start[v + 1] = end - first
    for v in range(n_nodes):
        start[v + 1] += start[v] + n_lower[v]
    return start, n_lower


@kernel
def _both_ways(begin, upper, start, n_lower):
    """Write each pair at its larger node, then at its smaller one: nodes taken in turn come out ascending."""
    n_nodes = n_lower.size
    neighbour_ix, row_weight = np.empty(start[n_nodes], np.int32), np.empty(start[n_nodes], np.int64)
    strength = np.zeros(n_nodes, np.int64)
    place = start[:-1].copy()
    for v in range(n_nodes):
        for e in range(np.uint64(begin[v]), np.uint64(begin[v + 1])):
            u = np.uint32(upper[e, 0])
            at = np.uint64(place[u])
            place[u] += 1
            neighbour_ix[at] = v
            row_weight[at] = upper[e, 1]
    for v in range(n_nodes):
        for e in range(np.uint64(start[v]), np.uint64(start[v] + n_lower[v])):
            u = np.uint32(neighbour_ix[e])
            at = np.uint64(place[u])
            place[u] += 1
            neighbour_ix[at] = v
            row_weight[at] = row_weight[e]
    for v in range(n_nodes):
        for e in range(np.uint64(start[v]), np.uint64(start[v + 1])):
            strength[v] += row_weight[e]
    return start, neighbour_ix, row_weight, strength


@kernel
def renumber(label):
    """Number labels 0, 1, ... in the order in which they first occur.

    Parameters
    ----------
    label : int32[n_nodes], each from 0 to n_nodes - 1

    Returns
    -------
    number : int32[n_nodes]
    first : int32[n_labels], position at which each occurs first

    Order
    -----
    O(nodes).

    Source
    ------
    House: dense positions.

    Twin
    ----
    tests/oracles/communities.py
    """
    number_of = np.full(label.size, -1, np.int32)
    number = np.empty(label.size, np.int32)
    first = np.empty(label.size, np.int32)
    n = 0
    for v in range(label.size):
        c = np.uint32(label[v])
        if number_of[c] < 0:
            number_of[c] = n
            first[n] = v
            n += 1
        number[v] = number_of[c]
    return number, first[:n].copy()


@kernel
def tallies(start, neighbour_ix, weight, strength, group, n_groups):
    """Sum for each group the weight between its members and the strength of its members.

    Parameters
    ----------
    start, neighbour_ix, weight, strength : int64[n_nodes + 1], int32[n_entries], int64[n_entries], int64[n_nodes]
    group : int32[n_nodes], 0 to n_groups - 1
    n_groups : int

    Returns
    -------
    size : int64[n_groups], members
    inside : int64[n_groups], weight of the pairs within, each once
    total : int64[n_groups], strength; what leaves the group is ``total - 2 * inside``

    Order
    -----
    O(entries + nodes).

    Source
    ------
    Newman and Girvan, Phys. Rev. E 69, 026113, 2004: the terms of modularity.

    Twin
    ----
    tests/oracles/communities.py
    """
    size = np.zeros(n_groups, np.int64)
    inside = np.zeros(n_groups, np.int64)
    total = np.zeros(n_groups, np.int64)
    for v in range(strength.size):
        g = group[v]
        size[g] += 1
        total[g] += strength[v]
        for e in range(np.uint64(start[v]), np.uint64(start[v + 1])):
            if neighbour_ix[e] > v and group[np.uint32(neighbour_ix[e])] == g:
                inside[g] += weight[e]
    return size, inside, total


@kernel
def connected_parts(start, neighbour_ix, group):
    """Split each group into parts that hang together by ties inside the group.

    Parameters
    ----------
    start, neighbour_ix : int64[n_nodes + 1], int32[n_entries]
    group : int32[n_nodes]

    Returns
    -------
    part : int32[n_nodes], smallest position of a node of the same part

    Order
    -----
    O(entries + nodes).

    Source
    ------
    Breadth-first search, from the smallest node of each part.

    Twin
    ----
    tests/oracles/communities.py
    """
    n_nodes = group.size
    part = np.full(n_nodes, -1, np.int32)
    queue = np.empty(n_nodes, np.int32)
    for first in range(n_nodes):
        if part[first] >= 0:
            continue
        part[first] = first
        queue[0] = first
        head, tail = 0, 1
        while head < tail:
            v = np.uint32(queue[head])
            head += 1
            for e in range(np.uint64(start[v]), np.uint64(start[v + 1])):
                u = np.uint32(neighbour_ix[e])
                if part[u] < 0 and group[u] == group[first]:
                    part[u] = first
                    queue[tail] = u
                    tail += 1
    return part


@kernel
def shuffled(n_nodes, run, rng_seed):
    """Return positions in an order of chance, in which runs of neighbouring positions stay together.

    Parameters
    ----------
    n_nodes : int
    run : int, positions that stay together: their rows lie side by side in memory; 1 for a plain shuffle
    rng_seed : int, from 0

    Returns
    -------
    order : int32[n_nodes]

    Order
    -----
    O(nodes).

    Source
    ------
    Fisher and Yates, with splitmix64 (Steele, Lea and Flood, OOPSLA 2014).

    Twin
    ----
    tests/oracles/communities.py
    """
    n_runs = (n_nodes + run - 1) // run
    run_at = np.arange(n_runs)
    state = np.uint64(rng_seed)
    for i in range(n_runs - 1, 0, -1):
        state += np.uint64(0x9E3779B97F4A7C15)
        z = state
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z ^= z >> np.uint64(31)
        j = np.int64(z % np.uint64(i + 1))
        run_at[i], run_at[j] = run_at[j], run_at[i]
    order = np.empty(n_nodes, np.int32)
    n = 0
    for k in run_at:
        for v in range(k * run, min(n_nodes, (k + 1) * run)):
            order[n] = v
            n += 1
    return order


@kernel
def strength_of(strength, label):
    """Sum the strength of the nodes of each label.

    Parameters
    ----------
    strength : int64[n_nodes]
    label : int32[n_nodes], 0 to n_nodes - 1

    Returns
    -------
    total : int64[n_nodes], 0 where no node has that label

    Order
    -----
    O(nodes).

    Source
    ------
    House: a sum.

    Twin
    ----
    tests/oracles/communities.py
    """
    total = np.zeros(label.size, np.int64)
    for v in range(label.size):
        total[label[v]] += strength[v]
    return total
