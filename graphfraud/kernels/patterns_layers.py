"""Layers: a group of accounts that all pay into a further group (bipartite), and that group into a third (stack)."""

import numpy as np

from graphfraud.kernels.jit import kernel


@kernel
def layers(payer_ix, payee_ix, at_us, may, begin_us, within_us, n_layers, paid_min, paying_min, accounts_max, n_accounts):
    """Find the groups in which every account pays many of the next group and is paid by many of the one before.

    Windows of ``within_us`` begin every half of it, from ``begin_us`` on. Within one, a payment belongs to layer l if
    its payer stands in group l and its payee in group l + 1. The largest set of payments is kept in which every payer of a
    layer pays at least ``paying_min`` distinct payees in it, every payee is paid by at least ``paid_min`` distinct payers in
    it, every payee of a layer that is not the last pays on in the next and every payer of a layer that is not the first was
    paid in the
    one before; of two layers only payments count that precede the last payment on, or follow the first payment in, of the
    account between them. Each connected part of it is an instance.

    Parameters
    ----------
    payer_ix, payee_ix : int32[n_transactions], positions in total order
    at_us : int64[n_transactions], microseconds since 1970 UTC, ascending
    may : int8[n_transactions], bit l unless the payment can be shown not to be of layer l
    begin_us : int, not after the first transaction
    within_us : int, at least 2
    n_layers : int, 1 (bipartite) or 2 (stack)
    paid_min, paying_min : int, at least 1
    accounts_max : int, instances with more places (accounts in a group) are left out and counted
    n_accounts : int

    Returns
    -------
    start : int64[n_instances + 1]; instance i is places start[i] to start[i + 1] - 1 of the next two
    tx : int64[...], positions of transactions, by layer, then ascending
    layer : int8[...]
    n_cut : int, instances that were too large

    Order
    -----
    Time O(transactions of a window x rounds of peeling), rounds few; memory 80 bytes an account and 24 a payment of a window.

    Source
    ------
    The (alpha, beta)-core of a bipartite graph: Liu et al., Efficient (alpha, beta)-core computation, WWW 2019; unique because
    what is taken away never helps another to stay.

    Twin
    ----
    tests/oracles/patterns.py
    """
    n = payer_ix.size
    paying = np.zeros((n_layers + 1, n_accounts), np.int32)
    paid = np.zeros((n_layers + 1, n_accounts), np.int32)
    first_in, last_out = np.full(n_accounts, n), np.full(n_accounts, -1)
    root = np.full((n_layers + 1) * n_accounts, -1)
    n_places = np.zeros((n_layers + 1) * n_accounts, np.int64)
    start, tx, layer = np.zeros(64, np.int64), np.empty(256, np.int64), np.empty(256, np.int8)
    n_instances = n_tx = n_cut = 0
    half = within_us // 2
    low = high = 0
    window = np.int64(0)
    while low < n:
        begin = begin_us + window * half
        if at_us[low] < begin:
            low = np.searchsorted(at_us, begin)
            continue
        if high < n and at_us[low] >= begin + within_us:  # nothing for a while
            window = (at_us[low] - begin_us - within_us) // half + 1
            continue
        high = max(high, np.searchsorted(at_us, begin + within_us))
        window += 1
        alive, of = _peeled(
            payer_ix, payee_ix, may, low, high, n_layers, paid_min, paying_min, paying, paid, first_in, last_out
        )
        if alive.size:
            for k in range(alive.size):
                for node in (of[k] * n_accounts + payer_ix[alive[k]], (of[k] + 1) * n_accounts + payee_ix[alive[k]]):
                    root[node], n_places[node] = node, 1
            for k in range(alive.size):
                a = _root(root, of[k] * n_accounts + payer_ix[alive[k]])
                b = _root(root, (of[k] + 1) * n_accounts + payee_ix[alive[k]])
                if a != b:
                    a, b = min(a, b), max(a, b)
                    root[b] = a
                    n_places[a] += n_places[b]
            part = np.empty(alive.size, np.int64)
            for k in range(alive.size):
                part[k] = _root(root, of[k] * n_accounts + payer_ix[alive[k]])
            order = np.argsort(part, kind="mergesort")
            while n_tx + alive.size > tx.size:
                tx, layer = _grown(tx), _grown(layer)
            while n_instances + alive.size + 2 > start.size:
                start = _grown(start)
            for k in range(alive.size):
                here = part[order[k]]
                if k and here == part[order[k - 1]]:
                    if n_places[here] > accounts_max:
                        continue
                elif n_places[here] > accounts_max:
                    n_cut += 1
                    continue
                else:
                    n_instances += 1
                tx[n_tx], layer[n_tx] = alive[order[k]], of[order[k]]
                n_tx += 1
                start[n_instances] = n_tx
        if high == n:
            break
    return start[: n_instances + 1].copy(), tx[:n_tx].copy(), layer[:n_tx].copy(), n_cut


@kernel
def _peeled(payer_ix, payee_ix, may, low, high, n_layers, paid_min, paying_min, paying, paid, first_in, last_out):
    """Return the payments of a window that stay, by layer, then in order."""
    alive = np.empty((high - low) * n_layers, np.int64)
    of = np.empty((high - low) * n_layers, np.int8)
    n_alive = 0
    for one in range(n_layers):
        for i in range(low, high):
            if may[i] >> one & 1 and payer_ix[i] != payee_ix[i]:
                alive[n_alive], of[n_alive] = i, one
                n_alive += 1
    distinct = np.zeros(n_alive, np.bool_)
    exact = False  # at first every payment counts as a further account: never too few, and most go without sorting
    changed = True
    while n_alive and (changed or not exact):
        if not changed or (exact and n_layers > 1):  # of one layer all payments from one to another stay or go together
            exact = True
            _mark_distinct(payer_ix, payee_ix, alive, of, n_alive, distinct)
        for k in range(n_alive):
            i, one = alive[k], of[k]
            paying[one, payer_ix[i]] += distinct[k] if exact else 1
            paid[one + 1, payee_ix[i]] += distinct[k] if exact else 1
            if one < n_layers - 1:
                first_in[payee_ix[i]] = min(first_in[payee_ix[i]], i)
            if one > 0:
                last_out[payer_ix[i]] = max(last_out[payer_ix[i]], i)
        n_kept = 0
        for k in range(n_alive):
            i, one = alive[k], of[k]
            a, b = payer_ix[i], payee_ix[i]
            stays = paying[one, a] >= paying_min and paid[one + 1, b] >= paid_min
            if one > 0:
                stays = stays and paid[one, a] >= paid_min and i > first_in[a]
            if one < n_layers - 1:
                stays = stays and paying[one + 1, b] >= paying_min and i < last_out[b]
            of[k] = one if stays else -one - 1
        for k in range(n_alive):
            i = alive[k]
            one = of[k] if of[k] >= 0 else -of[k] - 1
            paying[one, payer_ix[i]] = 0
            paid[one + 1, payee_ix[i]] = 0
            if n_layers > 1:
                first_in[payee_ix[i]], last_out[payer_ix[i]] = payer_ix.size, -1
            if of[k] >= 0:
                alive[n_kept], of[n_kept], distinct[n_kept] = i, one, distinct[k]
                n_kept += 1
        changed = n_kept < n_alive
        n_alive = n_kept
    return alive[:n_alive], of[:n_alive]


@kernel
def _mark_distinct(payer_ix, payee_ix, alive, of, n_alive, distinct):
    """Mark one payment of each layer, payer and payee."""
    key = np.empty(n_alive, np.int64)
    for k in range(n_alive):
        key[k] = (np.int64(payer_ix[alive[k]]) << 32 | np.int64(payee_ix[alive[k]])) << 1 | of[k]
    order = np.argsort(key)
    for k in range(n_alive):
        distinct[order[k]] = k == 0 or key[order[k]] != key[order[k - 1]]


@kernel
def _root(root, node):
    """Return the least node joined to a node, shortening the way."""
    while root[node] != node:
        root[node] = root[root[node]]
        node = root[node]
    return node


@kernel
def _grown(array):
    """Return the array with twice the room."""
    room = np.empty(2 * array.size, array.dtype)
    room[: array.size] = array
    return room
