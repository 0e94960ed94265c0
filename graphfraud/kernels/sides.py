"""Payments by one of their two sides, copied together so that what is looked at next stands next in memory."""

import numpy as np

from graphfraud.kernels.jit import kernel

PAYMENT = np.dtype([("at_us", "i8"), ("amount_fen", "i8"), ("tx", "i4"), ("other_ix", "i4")], align=True)
"""A payment in the list of one account: when, how much, its position, and the account on the other side."""

TIMED = np.dtype([("at_us", "i8"), ("tx", "i4"), ("other_ix", "i4")], align=True)
"""The same without the amount: a third less to write where nothing else is waited for."""

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


def chosen_by_side(account_ix, other_ix, at_us, chosen, n_accounts) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Group some payments by one side, in total order within each account; self-transfers are left out.

    Parameters
    ----------
    account_ix, other_ix : int32[n_transactions], payer and payee or the other way round, positions in total order
    at_us : int64[n_transactions], microseconds since 1970 UTC, ascending
    chosen : int32[n_chosen] or int64[n_chosen], positions, ascending
    n_accounts : int

    Returns
    -------
    start : int64[n_accounts + 1]; those of account a are ``row[start[a]:end[a]]``
    end : int64[n_accounts], start of the next account if there is no self-transfer
    row : TIMED[n_chosen]

    Order
    -----
    O(n_chosen + n_accounts); 16 bytes a payment chosen. numpy asks for the memory, see :func:`by_side`.

    Source
    ------
    Counting sort (Knuth, TAOCP 3, 5.2).

    Twin
    ----
    tests/oracles/sides.py
    """
    start = _counted_chosen(account_ix, chosen, n_accounts)
    end, row = start[:-1].copy(), np.empty(start[-1], TIMED)
    _fill_chosen(account_ix, other_ix, at_us, chosen, end, row)
    return start, end, row


@kernel
def _counted_chosen(account_ix, chosen, n_accounts):
    """Return where the list of each account begins."""
    start = np.zeros(n_accounts + 1, np.int64)
    for i in chosen:
        start[np.uint64(account_ix[np.uint32(i)]) + np.uint64(1)] += 1
    for a in range(n_accounts):
        start[a + 1] += start[a]
    return start


@kernel
def _fill_chosen(account_ix, other_ix, at_us, chosen, place, row):
    """Write payments to the lists of their accounts; ``place`` moves on to where lists end."""
    for i in chosen:
        a, other = np.uint32(account_ix[np.uint32(i)]), np.uint32(other_ix[np.uint32(i)])
        p = np.uint64(place[a])
        place[a] = p + np.uint64(a != other)  # the next is written over a self-transfer, or nothing is read there
        row[p]["at_us"] = at_us[np.uint32(i)]
        row[p]["tx"] = i
        row[p]["other_ix"] = other


@kernel
def marks(listed, low, high, n_transactions):
    """Mark the payments in ranges of places.

    Parameters
    ----------
    listed : int32[n_listed], positions
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
            mark[listed[p]] = True
    return mark


@kernel
def in_ranges(listed, low, high):
    """List the payments in ranges of places.

    Parameters
    ----------
    listed : int32[n_listed], positions
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
            tx[start[k] + p - low[k]] = listed[p]
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
