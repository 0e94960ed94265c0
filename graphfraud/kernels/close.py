"""Fans straight from the payments, without lists of those accounts that never have so many payments close together."""

import numpy as np

from graphfraud.kernels.jit import kernel

_TX_BITS = 32


def fans(account_ix, other_ix, at_us, n_accounts, within_us, n_min) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Find the stretches of each account's payments in which many distinct other accounts come close together.

    As ``bursts.crowds`` finds them in the lists of ``sides.by_side``, self-transfers left out; where those lists are wanted for
    nothing else this is the shorter way.

    Parameters
    ----------
    account_ix, other_ix : int32[n_transactions], payer and payee or the other way round, positions in total order
    at_us : int64[n_transactions], microseconds since 1970 UTC, ascending
    n_accounts : int
    within_us : int, longest time from the first to the last payment of a window
    n_min : int, least distinct other accounts, at least 1

    Returns
    -------
    account : int64[n_stretches], ascending
    start : int64[n_stretches + 1]
    tx : int64[...]; stretch k has ``tx[start[k]:start[k + 1]]``, positions

    Order
    -----
    O(transactions + accounts). 8 bytes a transaction are sorted by account: its position, and its time in 32 bits, halved until
    the span of time fits. Only payments that are among n_min of their account within a window are looked up.
    numpy asks for the memory, see ``sides.by_side``.

    Source
    ------
    Counting sort (Knuth, TAOCP 3, 5.2); distinct counts of a sliding window with two pointers.

    Twin
    ----
    tests/oracles/patterns.py
    """
    assert account_ix.size < 2**31
    shift = max(0, int(at_us[-1] - at_us[0]).bit_length() - _TX_BITS) if at_us.size else 0
    end = _counted(account_ix, other_ix, n_accounts)
    timed = np.empty(end[-1], np.uint64)
    _sort(account_ix, other_ix, at_us, shift, end, timed)
    # halved times are at most the halved width and 1 apart where the times are within it, so none is missed
    tx, run, run_account = _near(end, timed, (within_us >> shift) + 1, n_min)
    return _stretches(tx, run, run_account, *_looked_up(tx, other_ix, at_us), n_accounts, within_us, n_min)


@kernel
def _counted(account_ix, other_ix, n_accounts):
    """Return where the list of each account begins; the last is how many payments are listed."""
    start = np.zeros(n_accounts + 1, np.int32)
    for i in range(account_ix.size):
        start[account_ix[i] + 1] += account_ix[i] != other_ix[i]
    for a in range(n_accounts):
        start[a + 1] += start[a]
    return start


@kernel
def _sort(account_ix, other_ix, at_us, shift, place, timed):
    """Write halved time and position of each payment to the list of its account; ``place`` moves on to where lists end."""
    for i in range(np.uint64(account_ix.size)):
        a = np.uint32(account_ix[i])
        if a != np.uint32(other_ix[i]):
            p = np.uint32(place[a])
            place[a] = p + 1
            timed[p] = np.uint64((at_us[i] - at_us[0]) >> shift) << np.uint64(_TX_BITS) | i


@kernel
def _near(end, timed, width, n_min):
    """Keep the payments each of which is among n_min of its account within the width; those in a row are a run.

    Returns the positions kept, where each run begins among them, and the account of each run.
    """
    most = timed.size // n_min  # memory is taken only as far as it is written
    tx, run, account = np.empty(timed.size, np.int32), np.empty(most + 1, np.int64), np.empty(most, np.int64)
    first = n_tx = k = 0
    for a in range(end.size - 1):
        kept = np.int64(-1)  # place behind the last one kept
        for p in range(first + n_min - 1, end[a]):
            since = p - n_min + 1
            if np.int64(timed[p] >> np.uint64(_TX_BITS)) - np.int64(timed[since] >> np.uint64(_TX_BITS)) > width:
                continue
            if since > kept:
                run[k], account[k] = n_tx, a
                k, kept = k + 1, since
            for q in range(max(kept, since), p + 1):
                tx[n_tx] = timed[q] & np.uint64(2**_TX_BITS - 1)
                n_tx += 1
            kept = p + 1
        first = end[a]
    run[k] = n_tx
    return tx[:n_tx], run[: k + 1], account[:k]


@kernel
def _looked_up(tx, other_ix, at_us):
    """Return other account and time of each; in a loop without branches, so that memory is asked ahead."""
    other, us = np.empty(tx.size, np.int32), np.empty(tx.size, np.int64)
    for p in range(tx.size):
        i = np.uint32(tx[p])
        other[p], us[p] = other_ix[i], at_us[i]
    return other, us


@kernel
def _stretches(tx, run, run_account, other, us, n_accounts, within_us, n_min):
    """Return the stretches of the runs: accounts, where each begins, positions.

    An account is new in a window where it was last met before the window begins, and leaves it with the payment at which it
    was last met; places ascend through all runs, so what was met in another run lies before.
    """
    last = np.full(n_accounts, -1, np.int32)  # where each other account was met last, by any
    most = tx.size // n_min
    account, start, found = np.empty(most, np.int64), np.empty(most + 1, np.int64), np.empty(tx.size, np.int64)
    start[0] = k = n_found = 0
    for r in range(run_account.size):
        left = reached = run[r]
        n_distinct = 0
        for p in range(run[r], run[r + 1]):
            n_distinct += last[other[p]] < left
            last[other[p]] = p
            while us[left] < us[p] - within_us:
                n_distinct -= last[other[left]] == left
                left += 1
            if n_distinct >= n_min:
                if left >= reached:  # shares no payment with the stretch before
                    account[k], k, reached = run_account[r], k + 1, left
                for q in range(reached, p + 1):
                    found[n_found] = tx[q]
                    n_found += 1
                start[k] = n_found
                reached = p + 1
    return account[:k].copy(), start[: k + 1].copy(), found[:n_found].copy()
