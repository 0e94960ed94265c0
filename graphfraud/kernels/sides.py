"""Payments by one of their two sides, copied together so that what is looked at next stands next in memory."""

import numpy as np

from graphfraud.kernels.jit import kernel

PAYMENT = np.dtype([("at_us", "i8"), ("amount_fen", "i8"), ("tx", "i4"), ("other_ix", "i4")], align=True)
"""A payment in the list of one account: when, how much, its position, and the account on the other side."""

_DAY_US = 86_400_000_000


def by_side(account_ix, other_ix, amount_fen, at_us, n_accounts, selfs) -> tuple[np.ndarray, np.ndarray]:
    """Group payments by one side, in total order within each account.

    Parameters
    ----------
    account_ix, other_ix : int32[n_transactions], payer and payee or the other way round, positions in total order
    amount_fen : int64[n_transactions], fen
    at_us : int64[n_transactions], microseconds since 1970 UTC, ascending
    n_accounts : int
    selfs : bool, whether the self-transfers are listed, and nothing else, or all but them

    Returns
    -------
    start : int64[n_accounts + 1]; those of account a are ``row[start[a]:start[a + 1]]``
    row : PAYMENT[n_listed]

    Order
    -----
    O(transactions + accounts); 24 bytes each. numpy, not the kernel, asks for the memory: it asks for large pages, and small
    ones take as long to be handed over as they take to be filled.

    Source
    ------
    Counting sort (Knuth, TAOCP 3, 5.2).

    Twin
    ----
    tests/oracles/sides.py
    """
    assert account_ix.size < 2**31
    start = _counted(account_ix, other_ix, n_accounts, selfs)
    row = np.empty(start[-1], PAYMENT)
    _fill(account_ix, other_ix, amount_fen, at_us, selfs, start, row)
    return start, row


@kernel
def _counted(account_ix, other_ix, n_accounts, selfs):
    """Return where each account begins."""
    start = np.zeros(n_accounts + 1, np.int64)
    for i in range(account_ix.size):
        start[account_ix[i] + 1] += (account_ix[i] == other_ix[i]) == selfs
    for a in range(n_accounts):
        start[a + 1] += start[a]
    return start


@kernel
def _fill(account_ix, other_ix, amount_fen, at_us, selfs, start, row):
    """Write the payments."""
    place = start[:-1].copy()
    for i in range(account_ix.size):
        a = account_ix[i]
        if (a == other_ix[i]) == selfs:
            p = place[a]
            place[a] = p + 1
            row[p]["at_us"] = at_us[i]
            row[p]["amount_fen"] = amount_fen[i]
            row[p]["tx"] = i
            row[p]["other_ix"] = other_ix[i]


def same_others(start, row, n_accounts) -> tuple[np.ndarray, np.ndarray]:
    """Tell for each payment where the account met the same other one before and after.

    Parameters
    ----------
    start : int64[n_accounts + 1], see :func:`by_side`
    row : PAYMENT[n_listed]
    n_accounts : int

    Returns
    -------
    before : int32[n_listed], place of the payment before it with the same other account, -1 where there is none
    after : int32[n_listed], place of the next, n_listed where there is none

    Order
    -----
    O(n_listed + n_accounts); 8 bytes a payment.

    Source
    ------
    Definition.

    Twin
    ----
    tests/oracles/sides.py
    """
    before, after = np.empty(len(row), np.int32), np.empty(len(row), np.int32)
    _link(start, row, np.full(n_accounts, -1, np.int32), before, after)
    return before, after


@kernel
def _link(start, row, last, before, after):
    """Write what same_others returns; ``last`` is where each other account was met last, by any."""
    none = np.int32(row.size)
    for a in range(start.size - 1):
        for p in range(start[a], start[a + 1]):
            other = row[p]["other_ix"]
            q = last[other]
            if q < start[a]:
                q = np.int32(-1)
            else:
                after[q] = p
            before[p] = q
            after[p] = none
            last[other] = p


@kernel
def amounts_between(start, row, fen_min, fen_max):
    """Keep the payments of amounts within bounds.

    Parameters
    ----------
    start : int64[n_accounts + 1], see :func:`by_side`
    row : PAYMENT[n_listed]
    fen_min, fen_max : int, both included

    Returns
    -------
    start : int64[n_accounts + 1]
    row : PAYMENT[n_kept]

    Order
    -----
    O(n_listed + n_accounts); 24 bytes a payment kept.

    Source
    ------
    Definition.

    Twin
    ----
    tests/oracles/sides.py
    """
    kept_start, kept, k = np.zeros(start.size, np.int64), np.empty(row.size, PAYMENT), 0
    for a in range(start.size - 1):
        for p in range(start[a], start[a + 1]):
            if fen_min <= row[p]["amount_fen"] <= fen_max:
                kept[k] = row[p]
                k += 1
        kept_start[a + 1] = k
    return kept_start, kept[:k].copy()


@kernel
def chosen_by_side(account_ix, other_ix, amount_fen, at_us, chosen, n_accounts):
    """Group some payments by one side, in total order within each account.

    Parameters
    ----------
    account_ix, other_ix : int32[n_transactions], payer and payee or the other way round, positions in total order
    amount_fen : int64[n_transactions], fen
    at_us : int64[n_transactions], microseconds since 1970 UTC, ascending
    chosen : int64[n_chosen], positions, ascending
    n_accounts : int

    Returns
    -------
    start : int64[n_accounts + 1]; those of account a are ``row[start[a]:start[a + 1]]``
    row : PAYMENT[n_chosen]

    Order
    -----
    O(n_chosen + n_accounts); 24 bytes a payment chosen.

    Source
    ------
    Counting sort (Knuth, TAOCP 3, 5.2).

    Twin
    ----
    tests/oracles/sides.py
    """
    start = np.zeros(n_accounts + 1, np.int64)
    for i in chosen:
        start[account_ix[i] + 1] += 1
    for a in range(n_accounts):
        start[a + 1] += start[a]
    place = start[:-1].copy()
    row = np.empty(chosen.size, PAYMENT)
    for i in chosen:
        p = place[account_ix[i]]
        place[account_ix[i]] = p + 1
        row[p]["at_us"] = at_us[i]
        row[p]["amount_fen"] = amount_fen[i]
        row[p]["tx"] = i
        row[p]["other_ix"] = other_ix[i]
    return start, row


@kernel
def marks(row, low, high, n_transactions):
    """Mark the payments in ranges of places.

    Parameters
    ----------
    row : PAYMENT[n_listed]
    low, high : int64[n_ranges], places low to high - 1
    n_transactions : int

    Returns
    -------
    mark : bool[n_transactions], by position

    Order
    -----
    O(n_transactions + places in the ranges).

    Source
    ------
    Definition.

    Twin
    ----
    tests/oracles/sides.py
    """
    mark = np.zeros(n_transactions, np.bool_)
    for k in range(low.size):
        for p in range(low[k], high[k]):
            mark[row[p]["tx"]] = True
    return mark


@kernel
def in_ranges(row, low, high):
    """List the payments in ranges of places.

    Parameters
    ----------
    row : PAYMENT[n_listed]
    low, high : int64[n_ranges], places low to high - 1

    Returns
    -------
    start : int64[n_ranges + 1]
    tx : int64[...]; range k has ``tx[start[k]:start[k + 1]]``, positions

    Order
    -----
    O(places in the ranges); 8 bytes each.

    Source
    ------
    Definition.

    Twin
    ----
    tests/oracles/sides.py
    """
    start = np.zeros(low.size + 1, np.int64)
    for k in range(low.size):
        start[k + 1] = start[k] + high[k] - low[k]
    tx = np.empty(start[low.size], np.int64)
    for k in range(low.size):
        for p in range(low[k], high[k]):
            tx[start[k] + p - low[k]] = row[p]["tx"]
    return start, tx


@kernel
def days_between(start, row, shift_us, fen_min, fen_max):
    """Keep the payments of those days on which the account's payments sum to an amount within bounds.

    Parameters
    ----------
    start : int64[n_accounts + 1], see :func:`by_side`
    row : PAYMENT[n_listed]
    shift_us : int, how much earlier than in UTC the day begins
    fen_min, fen_max : int, both included

    Returns
    -------
    start : int64[n_accounts + 1]
    row : PAYMENT[n_kept]

    Order
    -----
    O(n_listed + n_accounts); 24 bytes a payment kept.

    Source
    ------
    Definition.

    Twin
    ----
    tests/oracles/sides.py
    """
    kept_start, kept, k = np.zeros(start.size, np.int64), np.empty(row.size, PAYMENT), 0
    for a in range(start.size - 1):
        p = start[a]
        while p < start[a + 1]:
            end_us = (row[p]["at_us"] + shift_us) // _DAY_US * _DAY_US + _DAY_US - shift_us
            total, q = 0, p
            while q < start[a + 1] and row[q]["at_us"] < end_us:
                total += row[q]["amount_fen"]
                q += 1
            if fen_min <= total <= fen_max:
                for r in range(p, q):
                    kept[k] = row[r]
                    k += 1
            p = q
        kept_start[a + 1] = k
    return kept_start, kept[:k].copy()
