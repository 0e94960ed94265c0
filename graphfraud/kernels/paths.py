"""Time-respecting paths: by which payments money could have gone on, and which way is best under limits."""

import numpy as np

from graphfraud.kernels.jit import kernel

BEGIN = 1
"""Bit of ``role``: a path may begin with this transaction."""
END = 2
"""Bit of ``role``: a path may end with this transaction; it is not followed further."""

EARLIEST, FEWEST, SHORTEST, WIDEST = range(4)
"""What is best: first to arrive, fewest payments, least time under way, largest smallest amount."""

STRICT, GAP_US, RETAIN_MIN, RETAIN_MAX, WITHIN_US, HOPS_MAX, ARRIVALS_MAX = range(7)
"""Places in ``limits``: 1 where the next payment must be of a later instant; longest wait; least and most of a payment, in
thousandths, that the next may be; longest way; most payments; most arrivals looked back at before one payment."""

ANY = np.iinfo(np.int64).max
"""A limit that limits nothing."""

LANES = 64
"""Sources of one pass of :func:`reach_lanes`."""

_HOP, _BEGUN, _WIDTH = range(3)
NEVER = np.iinfo(np.int64).min
"""Begin of what no walk reaches."""


@kernel
def reach_lanes(payer_ix, payee_ix, at_us, source_ix, strict, n_accounts):
    """Find whom money of each of up to 64 accounts could have reached, all in one pass, and by which payment first.

    Parameters
    ----------
    payer_ix, payee_ix : int32[n_transactions], positions in total order
    at_us : int64[n_transactions], microseconds since 1970 UTC, ascending
    source_ix : int64[n_sources], at most 64 positions; source k is bit k
    strict : bool, whether the next payment must be later; else it may be of the same instant, if later in total order
    n_accounts : int

    Returns
    -------
    reached : uint64[n_accounts], bit k where source k is or reaches the account
    event_tx : int64[n_events], the transactions that were first to bring some source's money, in total order
    event_new : uint64[n_events], whose money each brought first

    Order
    -----
    Time O(n_transactions + n_accounts) for all sources together; memory 24 bytes an account and 16 an event.

    Source
    ------
    Wu et al., Path problems in temporal graphs, PVLDB 7(9), 2014, algorithm 1; one machine word for 64 sources after
    Then et al., The more the merrier: efficient multi-source graph traversal, PVLDB 8(4), 2014.

    Twin
    ----
    tests/oracles/paths.py
    """
    n = payer_ix.size
    reached = np.zeros(n_accounts, np.uint64)
    for k in range(source_ix.size):
        reached[source_ix[k]] |= np.uint64(1) << np.uint64(k)
    before = np.zeros(n_accounts, np.uint64)  # as reached was before the instant since_us
    since_us = np.full(n_accounts, NEVER)
    event_tx = np.empty(n, np.int64)  # memory is taken only as far as it is written
    event_new = np.empty(n, np.uint64)
    n_events = 0
    for i in range(n):
        payer, payee = payer_ix[i], payee_ix[i]
        new = reached[payer] & ~reached[payee]
        if new and strict and since_us[payer] == at_us[i]:
            new &= before[payer]
        if new:
            if since_us[payee] != at_us[i]:
                before[payee] = reached[payee]
                since_us[payee] = at_us[i]
            reached[payee] |= new
            event_tx[n_events] = i
            event_new[n_events] = new
            n_events += 1
    return reached, event_tx[:n_events].copy(), event_new[:n_events].copy()


@kernel
def path_labels(payer_ix, payee_ix, amount_fen, at_us, role, limits, n_accounts):
    """Find for each transaction how well a walk of payments that ends with it can have come from a beginning.

    Parameters
    ----------
    payer_ix, payee_ix : int32[n_transactions], positions in total order
    amount_fen : int64[n_transactions], fen
    at_us : int64[n_transactions], microseconds since 1970 UTC, ascending
    role : int8[n_transactions], bits BEGIN and END
    limits : int64[7], see STRICT and following
    n_accounts : int

    Returns
    -------
    hop : int64[n_transactions], fewest payments of such a walk, 0 where there is none
    begin_us : int64[n_transactions], latest time at which one of them begins
    width_fen : int64[n_transactions], largest smallest amount of one of them
    n_cut : int, transactions before which more than ARRIVALS_MAX arrivals stood: their labels may be too poor

    Order
    -----
    Time O(n_transactions) without a limit on wait or share, else O(arrivals looked back at); 32 bytes a transaction and 56 an
    account.

    Source
    ------
    Wu et al., Path problems in temporal graphs, PVLDB 7(9), 2014, carried over from accounts to transactions, because a wait
    or a share is a limit on two payments that follow each other.

    Twin
    ----
    tests/oracles/paths.py
    """
    n = payer_ix.size
    hop = np.zeros(n, np.int64)
    begin_us = np.full(n, NEVER)
    width_fen = np.zeros(n, np.int64)
    before = np.full(n, -1)  # the transaction that reached the same account before this one
    last = np.full(n_accounts, -1)
    best = np.zeros((n_accounts, 3), np.int64)  # hop, begin and width over all arrivals so far
    best[:, _BEGUN] = NEVER
    best_before = best.copy()  # the same, before the instant since_us
    since_us = np.full(n_accounts, NEVER)
    free = limits[GAP_US] == ANY and limits[RETAIN_MIN] == 0 and limits[RETAIN_MAX] == ANY
    n_cut = 0
    for j in range(n):
        payer, payee, at = payer_ix[j], payee_ix[j], at_us[j]
        if payer == payee:
            continue
        n_hops, begin, width = np.int64(0), NEVER, np.int64(0)
        if role[j] & BEGIN:
            n_hops, begin, width = np.int64(1), at, amount_fen[j]
        if free:
            tied = limits[STRICT] and since_us[payer] == at
            came = best_before[payer, _HOP] if tied else best[payer, _HOP]
            if 0 < came < limits[HOPS_MAX]:
                n_hops = came + 1 if n_hops == 0 else min(n_hops, came + 1)
                begin = max(begin, best_before[payer, _BEGUN] if tied else best[payer, _BEGUN])
                width = max(width, min(amount_fen[j], best_before[payer, _WIDTH] if tied else best[payer, _WIDTH]))
        else:
            i, n_seen = last[payer], 0
            while i >= 0 and (limits[GAP_US] == ANY or at - at_us[i] <= limits[GAP_US]):
                if n_seen == limits[ARRIVALS_MAX]:
                    n_cut += 1
                    break
                if hop[i] < limits[HOPS_MAX] and may_follow(at_us[i], at, amount_fen[i], amount_fen[j], limits):
                    n_hops = hop[i] + 1 if n_hops == 0 else min(n_hops, hop[i] + 1)
                    begin = max(begin, begin_us[i])
                    width = max(width, min(amount_fen[j], width_fen[i]))
                n_seen += 1
                i = before[i]
        if n_hops == 0 or (limits[WITHIN_US] != ANY and at - begin > limits[WITHIN_US]):
            continue
        hop[j], begin_us[j], width_fen[j] = n_hops, begin, width
        if role[j] & END:
            continue
        before[j] = last[payee]
        last[payee] = j
        if since_us[payee] != at:
            for k in range(3):
                best_before[payee, k] = best[payee, k]
            since_us[payee] = at
        best[payee, _HOP] = n_hops if best[payee, _HOP] == 0 else min(best[payee, _HOP], n_hops)
        best[payee, _BEGUN] = max(best[payee, _BEGUN], begin)
        best[payee, _WIDTH] = max(best[payee, _WIDTH], width)
    return hop, begin_us, width_fen, n_cut


@kernel
def best_paths(payer_ix, payee_ix, amount_fen, at_us, role, into_start, into_tx, limits, best, n_paths_max, n_partial_max):
    """Find the best simple time-respecting paths from a beginning to an end, best first.

    A path visits no account twice; each payment is later than the one before (a later instant if STRICT, else later in total
    order) and keeps the limits. Equal ones are ordered by fewest payments (by earliest arrival, where fewest is what is asked).

    Parameters
    ----------
    payer_ix, payee_ix : int32[n_transactions], positions in total order
    amount_fen : int64[n_transactions], fen
    at_us : int64[n_transactions], microseconds since 1970 UTC, ascending
    role : int8[n_transactions], bits BEGIN and END
    into_start : int64[n_accounts + 1], by payee, from ``by_account``
    into_tx : int64[n_transactions]
    limits : int64[7], see STRICT and following
    best : int, EARLIEST, FEWEST, SHORTEST or WIDEST
    n_paths_max : int, paths wanted
    n_partial_max : int, unfinished paths held at most

    Returns
    -------
    path_start : int64[n_paths + 1]; path p is ``path_tx[path_start[p]:path_start[p + 1]]``
    path_tx : int64[...], positions of transactions, in the order of payment
    n_cut : int, times a limit of ARRIVALS_MAX or n_partial_max bit; if 0, no better path exists

    Order
    -----
    O(n_transactions) for the labels, then O(log) for each unfinished path; those are few where labels are near the truth.

    Source
    ------
    Hart, Nilsson, Raphael, A formal basis for the heuristic determination of minimum cost paths, 1968 (A*), run backwards from
    the ends; what is left to do is bounded by the labels of :func:`path_labels`, which allow an account twice.

    Twin
    ----
    tests/oracles/paths.py
    """
    n_accounts = into_start.size - 1
    hop, begin_us, width_fen, n_cut = path_labels(payer_ix, payee_ix, amount_fen, at_us, role, limits, n_accounts)
    heap = np.empty((1024, 3), np.int64)  # cost, second cost, partial path
    partial = np.empty((1024, 5), np.int64)  # first transaction, the partial path it was put before, width, payments, whole
    n_heap = n_partial = 0
    path_start = np.zeros(1, np.int64)
    path_tx = np.empty(16, np.int64)
    n_tx = 0
    for j in range(payer_ix.size):
        if role[j] & END and hop[j]:
            if n_partial >= n_partial_max:
                n_cut += 1
                break
            if n_partial + 1 >= len(partial):
                partial, heap = _grown_rows(partial), _grown_rows(heap)
            first, second = _cost(best, at_us[j], begin_us[j], width_fen[j], hop[j])
            partial[n_partial] = (j, -1, ANY, 0, 0)
            n_heap = _push(heap, n_heap, first, second, n_partial)
            n_partial += 1
    n_paths = 0
    while n_heap and n_paths < n_paths_max:
        here = heap[0, 2]
        n_heap = _pop(heap, n_heap)
        j, after, width, n_after, whole = partial[here]
        if whole:
            while n_tx + n_after + 1 > path_tx.size:
                path_tx = _grown(path_tx)
            at = here
            while at >= 0:
                path_tx[n_tx] = partial[at, 0]
                n_tx += 1
                at = partial[at, 1]
            path_start = np.append(path_start, n_tx)
            n_paths += 1
            continue
        arrival_us = at_us[_last_tx(partial, here)]
        if n_partial + 1 >= n_partial_max:
            n_cut += 1
            continue
        if role[j] & BEGIN and (limits[WITHIN_US] == ANY or arrival_us - at_us[j] <= limits[WITHIN_US]):
            if n_partial + 1 >= len(partial):
                partial, heap = _grown_rows(partial), _grown_rows(heap)
            first, second = _cost(best, arrival_us, at_us[j], min(width, amount_fen[j]), n_after + 1)
            partial[n_partial] = (j, after, width, n_after, 1)
            n_heap = _push(heap, n_heap, first, second, n_partial)
            n_partial += 1
        payer = payer_ix[j]
        into = into_tx[into_start[payer] : into_start[payer + 1]]
        for k in range(np.searchsorted(into, j) - 1, -1, -1):
            i = into[k]
            if limits[GAP_US] != ANY and at_us[j] - at_us[i] > limits[GAP_US]:
                break
            if hop[i] == 0 or role[i] & END or hop[i] + n_after + 1 > limits[HOPS_MAX]:
                continue
            if limits[WITHIN_US] != ANY and arrival_us - begin_us[i] > limits[WITHIN_US]:
                continue
            if not may_follow(at_us[i], at_us[j], amount_fen[i], amount_fen[j], limits):
                continue
            if _visits(payer_ix, payee_ix, partial, here, payer_ix[i]):
                continue
            if n_partial + 1 >= n_partial_max:
                n_cut += 1
                break
            if n_partial + 1 >= len(partial):
                partial, heap = _grown_rows(partial), _grown_rows(heap)
            narrow = min(width, amount_fen[j])
            first, second = _cost(best, arrival_us, begin_us[i], min(narrow, width_fen[i]), hop[i] + n_after + 1)
            partial[n_partial] = (i, here, narrow, n_after + 1, 0)
            n_heap = _push(heap, n_heap, first, second, n_partial)
            n_partial += 1
    return path_start, path_tx[:n_tx].copy(), n_cut


@kernel
def may_follow(at_in_us, at_out_us, amount_in_fen, amount_out_fen, limits):
    """Tell whether a payment may follow one that stands before it in total order.

    Parameters
    ----------
    at_in_us, at_out_us : int, microseconds since 1970 UTC
    amount_in_fen, amount_out_fen : int, fen
    limits : int64[7], see STRICT and following

    Returns
    -------
    may : bool

    Order
    -----
    O(1).

    Source
    ------
    Definition: a later instant if STRICT, a wait within GAP_US, a share within RETAIN_MIN and RETAIN_MAX.

    Twin
    ----
    tests/oracles/paths.py
    """
    if limits[STRICT] and at_in_us == at_out_us:
        return False
    if limits[GAP_US] != ANY and at_out_us - at_in_us > limits[GAP_US]:
        return False
    share = amount_out_fen * 1000
    if share < amount_in_fen * limits[RETAIN_MIN]:
        return False
    return limits[RETAIN_MAX] == ANY or share <= amount_in_fen * limits[RETAIN_MAX]


@kernel
def _cost(best, arrival_us, begin_us, width_fen, n_payments):
    """Return what is to be least, and what decides between equal ones."""
    if best == EARLIEST:
        return arrival_us, n_payments
    if best == FEWEST:
        return n_payments, arrival_us
    if best == SHORTEST:
        return arrival_us - begin_us, n_payments
    return -width_fen, n_payments


@kernel
def _last_tx(partial, here):
    """Return the transaction a partial path ends with."""
    while partial[here, 1] >= 0:
        here = partial[here, 1]
    return partial[here, 0]


@kernel
def _visits(payer_ix, payee_ix, partial, here, account):
    """Tell whether a partial path comes by an account."""
    while True:
        if payer_ix[partial[here, 0]] == account:
            return True
        if partial[here, 1] < 0:
            return payee_ix[partial[here, 0]] == account
        here = partial[here, 1]


@kernel
def _push(heap, n_heap, first, second, what):
    """Put an entry in a binary heap; equal costs come out in the order they went in."""
    k = n_heap
    while k:
        up = (k - 1) // 2
        if (heap[up, 0], heap[up, 1], heap[up, 2]) <= (first, second, what):
            break
        heap[k] = heap[up]
        k = up
    heap[k, 0], heap[k, 1], heap[k, 2] = first, second, what
    return n_heap + 1


@kernel
def _pop(heap, n_heap):
    """Take the first entry out of a binary heap."""
    n_heap -= 1
    first, second, what = heap[n_heap]
    k = 0
    while 2 * k + 1 < n_heap:
        down = 2 * k + 1
        if down + 1 < n_heap and (heap[down + 1, 0], heap[down + 1, 1], heap[down + 1, 2]) < (
            heap[down, 0],
            heap[down, 1],
            heap[down, 2],
        ):
            down += 1
        if (first, second, what) <= (heap[down, 0], heap[down, 1], heap[down, 2]):
            break
        heap[k] = heap[down]
        k = down
    heap[k, 0], heap[k, 1], heap[k, 2] = first, second, what
    return n_heap


@kernel
def _grown(array):
    """Return the array with twice the room."""
    room = np.empty(max(16, 2 * array.size), array.dtype)
    room[: array.size] = array
    return room


@kernel
def _grown_rows(table):
    """Return the table with twice the room."""
    room = np.empty((2 * len(table), table.shape[1]), table.dtype)
    room[: len(table)] = table
    return room
