"""Which accounts hang together, whatever the direction and time of their payments."""

import numpy as np

from graphfraud.kernels.jit import kernel


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
    Nearly O(transactions + accounts); 4 bytes an account. No graph is built: the payments are read once.

    Source
    ------
    Rem's union-find with splicing (Dijkstra, A Discipline of Programming, 1976, ch. 23; Patwary, Blair and Manne, SEA 2010).
    A parent is never larger than its child, so a root is the smallest of its tree. Trees are flattened each time the payments
    read have doubled: then most payments find one parent at both ends, and the branch is foreseen.

    Twin
    ----
    tests/oracles/components.py
    """
    parent = np.arange(n_accounts, dtype=np.int32)
    done = 0
    end = n_accounts
    while done < payer_ix.size:
        end = min(end, payer_ix.size)
        _join(payer_ix, payee_ix, parent, done, end)
        for a in range(n_accounts):
            parent[a] = parent[parent[a]]
        done = end
        end *= 2
    return parent


@kernel
def apart(payer_ix, payee_ix, label):
    """List the payments whose ends are not known to hang together, as pairs of the labels of their ends.

    Parameters
    ----------
    payer_ix, payee_ix : int32[n_transactions], positions of accounts, in any order
    label : int32[n_accounts], equal only for accounts that hang together; labels are positions

    Returns
    -------
    one, other : int32[n_apart], labels of payer and payee, in the order of the payments

    Order
    -----
    O(transactions), reading only, so that threads may share the payments; every pair is written and most are overwritten,
    as no branch can foresee which stay. 8 bytes a payment that stays.

    Source
    ------
    Sutton, Ben-Nun and Barak, Optimizing parallel graph connectivity computation via subgraph sampling (Afforest), IPDPS 2018:
    once the giant component is known, most edges need only be read.

    Twin
    ----
    tests/oracles/components.py
    """
    one, other = np.empty(payer_ix.size, np.int32), np.empty(payer_ix.size, np.int32)  # memory is taken only as it is written
    k = np.uint64(0)
    for i in range(np.uint64(payer_ix.size)):
        a, b = label[np.uint32(payer_ix[i])], label[np.uint32(payee_ix[i])]
        one[k], other[k] = a, b
        k += np.uint64(a != b)
    return one[:k], other[:k]


@kernel
def joined(one, other, label):
    """Name the components that come about where pairs of components are joined.

    Parameters
    ----------
    one, other : int32[n_pairs], labels
    label : int32[n_accounts], smallest position of an account in the same component, as :func:`components` gives it

    Returns
    -------
    label : int32[n_accounts], the same with the pairs joined

    Order
    -----
    Nearly O(pairs + accounts); 4 bytes an account.

    Source
    ------
    As :func:`components`.

    Twin
    ----
    tests/oracles/components.py
    """
    parent = label.copy()
    _join(one, other, parent, 0, one.size)
    for a in range(parent.size):
        parent[a] = parent[parent[a]]
    return parent


@kernel
def _join(payer_ix, payee_ix, parent, begin, end):
    """Join the trees of both ends of each payment; unsigned, so that no index is tried for counting from the end."""
    for i in range(np.uint64(begin), np.uint64(end)):
        a = np.uint32(payer_ix[i])
        b = np.uint32(payee_ix[i])
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
