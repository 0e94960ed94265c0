"""Temporal cycles: money that comes back to where it started, by payments that follow each other in time."""

import numpy as np

from graphfraud.kernels.jit import kernel

LENGTH_MAX, STEPS_MAX, CYCLES_MAX = range(3)
"""Places in ``limits``: most payments of a cycle, most payments walked from one first payment, most cycles in all."""

_AFTER, _BEFORE, _OUT_FROM, _OUT_SCANNED, _INTO_SCANNED, _LEFT, _LEVEL, _FORWARD, _BACKWARD, _ON_PATH = range(10)


@kernel
def cycle_roots(payer_ix, payee_ix, at_us, within_us, n_accounts):
    """Find the payments a cycle may begin with: the payee pays on, and the payer is paid, later and within the window.

    Parameters
    ----------
    payer_ix, payee_ix : int32[n_transactions], positions in total order
    at_us : int64[n_transactions], microseconds since 1970 UTC, ascending
    within_us : int, longest time from the first payment of a cycle to the last
    n_accounts : int

    Returns
    -------
    root : int64[n_roots], positions of transactions, ascending
    last : int64[n_roots], position of the last transaction within the window that begins with each

    Order
    -----
    Time O(n_transactions), one pass backwards; memory 16 bytes an account and a transaction.

    Source
    ------
    Kumar and Calders, 2SCENT, PVLDB 11(11), 2018: cycles by their first edge.

    Twin
    ----
    tests/oracles/cycles.py
    """
    n = payer_ix.size
    soon = np.full((n_accounts, 2), n)  # next payment by the account, next payment to it
    root = np.empty(n, np.int64)
    last = np.empty(n, np.int64)
    end = n - 1
    k = n
    for i in range(n - 1, -1, -1):
        u, v = payer_ix[i], payee_ix[i]
        if u == v:
            continue
        while at_us[end] - at_us[i] > within_us:
            end -= 1
        if soon[v, 0] <= end and soon[u, 1] <= end:
            k -= 1
            root[k] = i
            last[k] = end
        soon[u, 0] = i
        soon[v, 1] = i
    return root[k:].copy(), last[k:].copy()


@kernel
def temporal_cycles(payer_ix, payee_ix, rank, out_start, out_tx, into_start, into_tx, root, last, limits):
    """Find every simple cycle of payments that follow each other in time, by its first payment.

    A cycle is a sequence of 2 to LENGTH_MAX payments, each of a higher rank than the one before, that visits no account twice
    and ends at the first one's payer, no later than ``last`` says.

    For each first payment u -> v the accounts that money can still reach from v and those from which it can still come to u are
    found side by side. Most roots end when the smaller side is exhausted. What survives is walked in depth, only along payments
    from which u can still be reached in time and within the length; the bound is relaxed until it holds, so nothing is missed.

    Parameters
    ----------
    payer_ix, payee_ix : int32[n_transactions], positions in total order
    rank : int64[n_transactions], ascending; equal for payments that may not follow each other
    out_start, out_tx : int64[n_accounts + 1] and int64[n_transactions], by payer, from ``by_account``
    into_start, into_tx : int64[n_accounts + 1] and int64[n_transactions], by payee
    root, last : int64[n_roots], from :func:`cycle_roots`
    limits : int64[3], see LENGTH_MAX and following

    Returns
    -------
    cycle_start : int64[n_cycles + 1]; cycle c is ``cycle_tx[cycle_start[c]:cycle_start[c + 1]]``
    cycle_tx : int64[...], positions of transactions in the order of payment; cycles in the order of their payments
    n_cut : int, first payments from which STEPS_MAX or CYCLES_MAX cut the walk short

    Order
    -----
    For each root O(payments of the smaller side), then the cycles; 88 bytes an account.

    Source
    ------
    Kumar and Calders, 2SCENT, PVLDB 11(11), 2018 (first edges, reach in time as the bound); two sides after Pohl,
    Bi-directional search, 1971.

    Twin
    ----
    tests/oracles/cycles.py
    """
    n_accounts = out_start.size - 1
    state = np.zeros((n_accounts, 10), np.int64)
    queue = np.empty((n_accounts + 1, 2), np.int64)
    stack = np.empty((limits[LENGTH_MAX] + 1, 2), np.int64)
    tx = np.empty(4096, np.int64)
    start = np.zeros(1024, np.int64)
    n_cycles = n_cut = 0
    for r in range(root.size):
        if not _may_return(
            payer_ix, payee_ix, rank, out_start, out_tx, into_start, into_tx, root[r], last[r], r + 1, limits, state, queue
        ):
            continue
        n_new = -1
        while n_new < 0:
            n_new, cut = _walk(
                payer_ix, payee_ix, rank, out_start, out_tx, root[r], last[r], r + 1, limits, state, stack, tx, start, n_cycles
            )
            if n_new < 0:  # no room: walk this root again with more
                tx, start = _grown(tx), _grown(start)
        n_cycles += n_new
        n_cut += cut
        if n_cycles >= limits[CYCLES_MAX]:
            n_cut += r + 1 < root.size
            break
    return start[: n_cycles + 1].copy(), tx[: start[n_cycles]].copy(), n_cut


@kernel
def _may_return(payer_ix, payee_ix, rank, out_start, out_tx, into_start, into_tx, root, last, mark, limits, state, queue):
    """Label the accounts by when u can still be reached from them; false where v is not among them.

    Both searches correct their labels; an account whose label improved is scanned again, but only over the payments the better
    label adds. Each queue fills one column of ``queue`` as a ring.
    """
    u, v = payer_ix[root], payee_ix[root]
    size = len(queue)
    state[v, _FORWARD], state[v, _AFTER], state[v, _OUT_SCANNED], state[v, _OUT_FROM] = mark, rank[root], out_start[v + 1], 1
    state[u, _BACKWARD], state[u, _BEFORE], state[u, _INTO_SCANNED], state[u, _LEVEL] = mark, rank[last] + 1, -1, 0
    queue[0, 0], queue[0, 1] = v, u
    head_f, tail_f, head_b, tail_b = 0, 1, 0, 1
    met = False
    n_forward = n_backward = 0
    while head_b != tail_b:
        if head_f != tail_f and n_forward <= n_backward:
            x = queue[head_f, 0]
            head_f = (head_f + 1) % size
            level = abs(state[x, _OUT_FROM])
            state[x, _OUT_FROM] = -level  # no longer waiting
            low = _first_after(out_tx, out_start[x], out_start[x + 1], rank, state[x, _AFTER], root)
            stop = state[x, _OUT_SCANNED]
            state[x, _OUT_SCANNED] = min(low, stop)
            n_forward += 1
            for p in range(low, stop):
                e = out_tx[p]
                if e > last:
                    break
                n_forward += 1
                y = payee_ix[e]
                if y == u:
                    met = True
                elif y != v and level + 1 < limits[LENGTH_MAX]:
                    new = state[y, _FORWARD] != mark
                    if new:
                        state[y, _FORWARD] = mark
                        state[y, _OUT_SCANNED] = out_start[y + 1]
                        state[y, _OUT_FROM] = 0
                    if new or rank[e] < state[y, _AFTER]:
                        state[y, _AFTER] = rank[e]
                        if state[y, _OUT_FROM] <= 0:
                            state[y, _OUT_FROM] = level + 1
                            queue[tail_f, 0] = y
                            tail_f = (tail_f + 1) % size
            if head_f == tail_f and not met:
                return False
            continue
        spent = head_f == tail_f  # everything that can be reached is known
        x = queue[head_b, 1]
        head_b = (head_b + 1) % size
        level = state[x, _LEFT] if x != u else 0
        state[x, _LEFT] = -1
        high = _first_from(into_tx, into_start[x], into_start[x + 1], rank, state[x, _BEFORE], last)
        stop = max(state[x, _INTO_SCANNED], into_start[x])
        state[x, _INTO_SCANNED] = max(high, stop)
        n_backward += 1
        for p in range(high - 1, stop - 1, -1):
            e = into_tx[p]
            if e <= root:
                break
            n_backward += 1
            y = payer_ix[e]
            if y == u or rank[e] <= rank[root]:
                continue
            if spent and y != v and (state[y, _FORWARD] != mark or state[y, _AFTER] >= rank[e]):
                continue
            new = state[y, _BACKWARD] != mark
            if new:
                state[y, _BACKWARD] = mark
                state[y, _INTO_SCANNED] = -1
                state[y, _LEVEL] = level + 1
                state[y, _LEFT] = -1
            if new or rank[e] > state[y, _BEFORE]:
                state[y, _BEFORE] = rank[e]
                if y != v and state[y, _LEFT] < 0 and level + 2 < limits[LENGTH_MAX]:
                    state[y, _LEFT] = level + 1
                    queue[tail_b, 1] = y
                    tail_b = (tail_b + 1) % size
    return state[v, _BACKWARD] == mark


@kernel
def _walk(payer_ix, payee_ix, rank, out_start, out_tx, root, last, mark, limits, state, stack, tx, start, n_cycles):
    """Write the cycles that begin with a root behind those already there; -1 where there is no room.

    Returns how many, and 1 where a limit cut the walk short.
    """
    u, x = payer_ix[root], payee_ix[root]
    depth = 1  # payments on the path; stack[d] = payment d, where to go on in the list of its payee
    stack[0, 0], stack[0, 1] = root, _first_after(out_tx, out_start[x], out_start[x + 1], rank, rank[root], root)
    state[x, _ON_PATH] = mark
    n_new = n_steps = 0
    n_tx = start[n_cycles]
    while depth:
        x = payee_ix[stack[depth - 1, 0]]
        p = stack[depth - 1, 1]
        if p == out_start[x + 1] or out_tx[p] > last:
            state[x, _ON_PATH] = 0
            depth -= 1
            continue
        e = out_tx[p]
        stack[depth - 1, 1] = p + 1
        n_steps += 1
        y = payee_ix[e]
        if y == u:
            if n_tx + depth + 1 > tx.size or n_cycles + n_new + 2 > start.size:
                for d in range(depth):
                    state[payee_ix[stack[d, 0]], _ON_PATH] = 0
                return -1, 0
            for d in range(depth):
                tx[n_tx + d] = stack[d, 0]
            tx[n_tx + depth] = e
            n_tx += depth + 1
            n_new += 1
            start[n_cycles + n_new] = n_tx
        elif (
            state[y, _BACKWARD] == mark
            and state[y, _BEFORE] > rank[e]
            and depth + 1 + state[y, _LEVEL] <= limits[LENGTH_MAX]
            and state[y, _ON_PATH] != mark
        ):
            stack[depth, 0] = e
            stack[depth, 1] = _first_after(out_tx, out_start[y], out_start[y + 1], rank, rank[e], e)
            state[y, _ON_PATH] = mark
            depth += 1
        if n_steps >= limits[STEPS_MAX] or n_cycles + n_new >= limits[CYCLES_MAX]:
            for d in range(depth):
                state[payee_ix[stack[d, 0]], _ON_PATH] = 0
            return n_new, 1
    return n_new, 0


@kernel
def _first_after(list_tx, low, high, rank, after, tx):
    """Return the first place in [low, high) of a list whose transaction is behind ``tx`` and of a rank above ``after``."""
    while low < high:
        middle = (low + high) >> 1
        if list_tx[middle] > tx and rank[list_tx[middle]] > after:
            high = middle
        else:
            low = middle + 1
    return low


@kernel
def _first_from(list_tx, low, high, rank, before, last):
    """Return the first place in [low, high) of a list whose transaction is behind ``last`` or of rank ``before`` or more."""
    while low < high:
        middle = (low + high) >> 1
        if list_tx[middle] > last or rank[list_tx[middle]] >= before:
            high = middle
        else:
            low = middle + 1
    return low


@kernel
def _grown(array):
    """Return the array with twice the room."""
    room = np.empty(2 * array.size, array.dtype)
    room[: array.size] = array
    return room
