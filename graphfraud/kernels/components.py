"""Which accounts hang together, whatever the direction and time of their payments."""

import numpy as np

from graphfraud.kernels.jit import kernel

_BLOCK = 4_096
"""Payments tried at a time: two labels of each fit into the nearest cache."""


@kernel
def components(payer_ix, payee_ix, n_accounts):
    """Name the weakly connected component of each account by its smallest member.

    Parameters
    ----------
    payer_ix, payee_ix : int32[n_transactions], positions of accounts, in any order
    n_accounts : int

    Returns
    -------
    component_ix : int32[n_accounts], smallest position of an account in the same component

    Order
    -----
    Nearly O(transactions + accounts); 4 bytes an account. No graph is built: the payments are read once, block by block. In
    each, those whose ends are not yet known to hang together are noted, every one written and most overwritten, as no branch
    can foresee which stay; these few are joined.

    Source
    ------
    Rem's union-find with splicing (Dijkstra, A Discipline of Programming, 1976, ch. 23; Patwary, Blair and Manne, SEA 2010).
    A parent is never larger than its child, so a root is the smallest of its tree. Trees are flattened each time the payments
    read have doubled: then most payments find one parent at both ends and need only be read (Sutton, Ben-Nun and Barak,
    Optimizing parallel graph connectivity computation via subgraph sampling, IPDPS 2018).

    Twin
    ----
    tests/oracles/components.py
    """
    parent = np.arange(n_accounts, dtype=np.int32)
    one, other = np.empty(_BLOCK, np.int32), np.empty(_BLOCK, np.int32)
    flatten_at = n_accounts // 8
    for begin in range(0, payer_ix.size, _BLOCK):
        n_apart = np.uint64(0)
        for i in range(np.uint64(begin), np.uint64(min(begin + _BLOCK, payer_ix.size))):
            a, b = parent[np.uint32(payer_ix[i])], parent[np.uint32(payee_ix[i])]
            one[n_apart], other[n_apart] = a, b
            n_apart += np.uint64(a != b)
        _join(one[:n_apart], other[:n_apart], parent)
        if begin >= flatten_at:
            _flatten(parent)
            flatten_at = 2 * begin
    _flatten(parent)
    return parent


@kernel
def _join(one, other, parent):
    """Join the trees of both ends of each pair; unsigned, so that no index is tried for counting from the end."""
    for i in range(np.uint64(one.size)):
        a = np.uint32(one[i])
        b = np.uint32(other[i])
        above_a = np.uint32(parent[a])
        above_b = np.uint32(parent[b])
        while above_a != above_b:
            if above_a > above_b:
                parent[a] = above_b
                if a == above_a:
                    break
                a = above_a
                above_a = np.uint32(parent[a])
            else:
                parent[b] = above_a
                if b == above_b:
                    break
                b = above_b
                above_b = np.uint32(parent[b])


@kernel
def _flatten(parent):
    """Let each account point at its root: parents are smaller, so those of an account are flat before it."""
    for a in range(parent.size):
        parent[a] = parent[parent[a]]
