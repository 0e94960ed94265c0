"""Climbing amounts of one account, with what else it pays meanwhile passed over."""

import numpy as np

from graphfraud.kernels.jit import kernel

_MET = np.dtype([("first_us", "i8"), ("account", "i4")], align=True)


@kernel
def staircases(start, row, floor_fen, gap_us, growth_permille, n_min, between, known_us):
    """Find the longest climb of each stretch of an account's payments that hang together by steps up.

    Payments of less than ``floor_fen`` are passed over. Of the others, one is a step up from another if it is at least
    ``growth_permille`` thousandths of it and at most ``gap_us`` later, with at most ``between`` others between them, and
    neither goes to a payee whom the account first paid more than ``known_us`` before. A stretch ends where no step up leads
    from a payment before to one after; its instance is the longest chain of steps up. Of equally long ones it is that with the
    larger payments, compared from the last to the first, of equal ones the later.

    Parameters
    ----------
    start : int64[n_accounts + 1], see ``sides.by_side``
    row : PAYMENT[n_listed]
    floor_fen : int, at least 0
    gap_us : int, longest time between a step and the next
    growth_permille : int, least of a step in thousandths of the one before, at least 1
    n_min : int, least payments of a climb, at least 2
    between : int, most payments passed over between two steps
    known_us : int, how long a payee counts as new

    Returns
    -------
    account : int64[n_climbs], ascending
    found_start : int64[n_climbs + 1]
    tx : int64[...], positions; climbs of one account follow each other and share no payment

    Order
    -----
    Time O(n_accounts + n_listed x between); memory 12 bytes an account, 45 bytes for each payment of the longest list.

    Source
    ------
    Rising stakes (1,000, 5,000, 20,000): bank notices on accounts in fraud. Each step of the longest chain is found from those
    before it (longest increasing subsequence: Schensted, Canadian Journal of Mathematics 13, 1961).

    Twin
    ----
    tests/oracles/patterns.py
    """
    n_accounts = start.size - 1
    n_most = 0
    for a in range(n_accounts):
        n_most = max(n_most, start[a + 1] - start[a])
    met = np.zeros(n_accounts, _MET)  # who met a payee last, counted from 1, and when that one had met it first
    at_us, fen, place = np.empty(n_most, np.int64), np.empty(n_most, np.int64), np.empty(n_most, np.int64)
    new, length = np.ones(n_most, np.bool_), np.empty(n_most, np.int32)
    before, reach = np.empty(n_most, np.int64), np.empty(n_most, np.int64)
    account, found_start, tx = np.empty(row.size, np.int64), np.empty(row.size + 1, np.int64), np.empty(row.size, np.int64)
    found_start[0] = k = n_tx = 0  # memory is taken only as far as it is written
    for a in range(n_accounts):
        n = 0
        for p in range(start[a], start[a + 1]):
            at_us[n], fen[n], place[n] = row[p]["at_us"], row[p]["amount_fen"], p  # without asking first: no branch to guess
            n += row[p]["amount_fen"] >= floor_fen
        if n < n_min or _chains(at_us[:n], fen, new, gap_us, growth_permille, between, length, before, reach) < n_min:
            continue
        _ask_whom_it_knows(row, start[a], start[a + 1], a + 1, place[:n], at_us, known_us, met, new)  # few accounts come so far
        longest = _chains(at_us[:n], fen, new, gap_us, growth_permille, between, length, before, reach)
        new[:n] = True
        if longest < n_min:
            continue
        best, end = 0, 0
        for i in range(n):
            if length[i] > length[best] or (length[i] == length[best] and fen[i] >= fen[best]):
                best = i
            end = max(end, reach[i])
            if end > i:
                continue
            if length[best] >= n_min:
                n_tx += length[best]
                j = best
                for q in range(n_tx - 1, n_tx - length[best] - 1, -1):
                    tx[q] = row[place[j]]["tx"]
                    j = before[j]
                account[k], found_start[k + 1] = a, n_tx
                k += 1
            best, end = i + 1, i + 1
    return account[:k].copy(), found_start[: k + 1].copy(), tx[:n_tx].copy()


@kernel
def _ask_whom_it_knows(row, low, high, number, place, at_us, known_us, met, new):
    """Write of each payment at a place whether its payee was first paid by the account at most known_us before."""
    i = 0
    for p in range(low, high):
        other = row[p]["other_ix"]
        if met[other]["account"] != number:
            met[other]["account"], met[other]["first_us"] = number, row[p]["at_us"]
        if i < place.size and place[i] == p:
            new[i] = at_us[i] - met[other]["first_us"] <= known_us
            i += 1


@kernel
def _chains(at_us, fen, new, gap_us, growth_permille, between, length, before, reach):
    """Write of each payment how long a chain ends there, its payment before, the last step up from it; return the longest."""
    longest = 0
    for j in range(at_us.size):
        length[j], before[j], reach[j] = new[j], -1, j
        if not new[j]:
            continue
        oldest_us, most_fen = at_us[j] - gap_us, np.int64(-1)
        for i in range(j - 1, max(j - 2 - between, -1), -1):
            if at_us[i] < oldest_us:
                break
            if most_fen < 0:  # a division takes as long as all the rest; most payments stand alone
                most_fen = fen[j] * 1000 // growth_permille
            if not new[i] or fen[i] > most_fen:
                continue
            reach[i] = j
            if length[i] >= length[j] or (length[i] + 1 == length[j] and fen[i] > fen[before[j]]):
                length[j], before[j] = length[i] + 1, i
        longest = max(longest, length[j])
    return longest
