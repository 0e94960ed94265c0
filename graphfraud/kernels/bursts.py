"""Patterns of one account in time: many at once, small ones then a large one, waking up, nights.

All work on payments by one side (``sides.by_side``), in total order within each account.
"""

import numpy as np

from graphfraud.kernels.jit import kernel
from graphfraud.kernels.sides import PAYMENT

_DAY_US = 86_400_000_000


@kernel
def crowds(begin, end, at_us, key, n_keys, within_us, n_min):
    """Find the stretches of each account's payments in which many distinct keys come close together.

    A window of ``within_us`` that ends with a payment qualifies if it holds at least ``n_min`` distinct keys. Qualifying
    windows that share a payment are one stretch: stretches are maximal and share no payment.

    Parameters
    ----------
    begin, end : int64[n_accounts], the list of account a is places begin[a] to end[a] - 1; ascending
    at_us : int64[n_listed], microseconds since 1970 UTC, ascending within an account
    key : int32[n_listed], what is to be distinct: the other account, the day
    n_keys : int, keys are less
    within_us : int, longest time from the first to the last payment of a window
    n_min : int, at least 1

    Returns
    -------
    account : int64[n_stretches], ascending
    low, high : int64[n_stretches], the stretch is places low to high - 1

    Order
    -----
    Time O(n_listed + n_accounts + n_keys) where keys seldom repeat: what follows a window with n_min distinct keys qualifies
    until the window's first payment is too old, so only one payment in several is looked at. At worst n_min times as much: of
    the keys of a window at most n_min can each be the one that was missed. Memory 4 bytes a key, 24 bytes a stretch.

    Source
    ------
    Definition; distinct counts of a sliding window with two pointers.

    Twin
    ----
    tests/oracles/patterns.py
    """
    most = at_us.size // n_min  # memory is taken only as far as it is written; growing would halve the speed
    account, low, high = np.empty(most, np.int64), np.empty(most, np.int64), np.empty(most, np.int64)
    last = np.full(n_keys, -1, np.int32)  # where each key was met last among those looked at; places ascend from list to list
    k = 0
    for a in range(begin.size):
        first, stop = begin[a], end[a]
        p, reached = first + n_min - 1, first
        while p < stop:
            oldest_us = at_us[p] - within_us
            if at_us[p - n_min + 1] < oldest_us:  # too few, whichever the keys
                p += 1
                continue
            left, n_distinct = p + 1, 0
            while n_distinct < n_min and left > first and at_us[left - 1] >= oldest_us:  # back until there are enough
                left -= 1
                if last[key[left]] <= left:
                    last[key[left]] = left
                    n_distinct += 1
            while n_distinct < n_min and p + 1 < stop:  # too many the same: on until there are enough
                p += 1
                n_distinct += last[key[p]] < left
                last[key[p]] = p
                while at_us[left] < at_us[p] - within_us:
                    n_distinct -= last[key[left]] == left
                    left += 1
            if n_distinct < n_min:
                break
            oldest_us, until_us = at_us[p] - within_us, at_us[left] + within_us
            if reached == first or at_us[reached - 1] < oldest_us:  # shares no payment with the stretch before
                while left > reached and at_us[left - 1] >= oldest_us:
                    left -= 1
                account[k], low[k] = a, left
                k += 1
            while p < stop and at_us[p] <= until_us:
                p += 1
            high[k - 1] = reached = p
    return account[:k].copy(), low[:k].copy(), high[:k].copy()


@kernel
def build_ups(start, row, large_start, large_row, amounts, within_us, n_min, share_min, share_max):
    """Find the large payments that follow at least ``n_min`` small ones of the account closely, with those.

    Small ones count that lie before the large one in total order, at most ``within_us`` earlier, and after the last large one
    that was reported; together they must stand in proportion to it. Each payment is in one instance at most.

    Parameters
    ----------
    start, row : int64[n_accounts + 1] and PAYMENT[n_listed], where small ones are looked for
    large_start, large_row : int64[n_accounts + 1] and PAYMENT[n_large], where large ones are looked for
    amounts : int64[2], fen: most a small one is of, least a large one is of
    within_us : int, longest time from the first small one to the large one
    n_min : int, at least 1
    share_min, share_max : int, least and most the large one may be of the sum of the small ones, in thousandths; share_max
        below 0: any

    Returns
    -------
    account : int64[n_instances], ascending
    found_start : int64[n_instances + 1]
    tx : int64[...], positions: the small ones, then the large one

    Order
    -----
    Time O(n_listed + n_large + n_accounts), two pointers; memory 8 bytes a payment of an instance.

    Source
    ------
    Definition: probing before a large transfer (small test payments), pooling (many small credits, one large debit).

    Twin
    ----
    tests/oracles/patterns.py
    """
    small_max, large_min = amounts
    account, found_start = np.empty(large_row.size, np.int64), np.empty(large_row.size + 1, np.int64)
    tx = np.empty(row.size + large_row.size, np.int64)
    found_start[0] = k = n_tx = 0  # memory is taken only as far as it is written
    for a in range(start.size - 1):
        left = right = start[a]
        stop = start[a + 1]
        if stop - left < n_min:
            continue
        total, n_small = 0, 0
        for q in range(large_start[a], large_start[a + 1]):
            fen = large_row[q]["amount_fen"]
            if fen < large_min:
                continue
            while right < stop and row[right]["tx"] < large_row[q]["tx"]:
                if row[right]["amount_fen"] <= small_max:
                    total += row[right]["amount_fen"]
                    n_small += 1
                right += 1
            while left < right and large_row[q]["at_us"] - row[left]["at_us"] > within_us:
                if row[left]["amount_fen"] <= small_max:
                    total -= row[left]["amount_fen"]
                    n_small -= 1
                left += 1
            if n_small < n_min:
                continue
            if share_max >= 0 and not share_min * total <= 1000 * fen <= share_max * total:
                continue
            for p in range(left, right):
                if row[p]["amount_fen"] <= small_max:
                    tx[n_tx] = row[p]["tx"]
                    n_tx += 1
            tx[n_tx] = large_row[q]["tx"]
            n_tx += 1
            account[k], found_start[k + 1] = a, n_tx
            k += 1
            left, total, n_small = right, 0, 0
    return account[:k].copy(), found_start[: k + 1].copy(), tx[:n_tx].copy()


@kernel
def nightly(out_start, out, into_start, into, own_start, own, shift_us, night_us, n_min, share_min):
    """List the payments at night, either side, of the accounts that have many of all of theirs at night.

    Parameters
    ----------
    out_start, out : int64[n_accounts + 1] and PAYMENT[n_out], by payer
    into_start, into : int64[n_accounts + 1] and PAYMENT[n_into], by payee
    own_start, own : int64[n_accounts + 1] and PAYMENT[n_own], self-transfers
    shift_us : int, how much earlier than in UTC the day begins
    night_us : int, length of the night, which begins with the day
    n_min : int, least payments at night
    share_min : int, least share of them, in thousandths

    Returns
    -------
    start : int64[n_accounts + 1]
    row : PAYMENT[n_kept], in total order within an account

    Order
    -----
    O(n_out + n_into + n_own + n_accounts); 24 bytes a payment kept.

    Source
    ------
    Definition.

    Twin
    ----
    tests/oracles/sides.py
    """
    kept_start, kept, k = np.zeros(out_start.size, np.int64), np.empty(1024, PAYMENT), 0
    for a in range(out_start.size - 1):
        n, n_night = 0, 0
        for start, row in ((out_start, out), (into_start, into), (own_start, own)):
            n += start[a + 1] - start[a]
            for p in range(start[a], start[a + 1]):
                n_night += (row[p]["at_us"] + shift_us) % _DAY_US < night_us
        if n_night >= n_min and n_night * 1000 >= n * share_min:
            p, q, r = out_start[a], into_start[a], own_start[a]
            while k + n_night > kept.size:
                kept = _grown(kept)
            for _ in range(n):
                which = _earliest(out_start, out, into_start, into, own_start, own, a, p, q, r)
                if which == 0:
                    here = out[p]
                    p += 1
                elif which == 1:
                    here = into[q]
                    q += 1
                else:
                    here = own[r]
                    r += 1
                if (here["at_us"] + shift_us) % _DAY_US < night_us:
                    kept[k] = here
                    k += 1
        kept_start[a + 1] = k
    return kept_start, kept[:k].copy()


@kernel
def _earliest(out_start, out, into_start, into, own_start, own, a, p, q, r):
    """Tell which of three lists of an account has the earliest payment next."""
    end = np.int64(1) << 40
    one = np.int64(out[p]["tx"]) if p < out_start[a + 1] else end
    two = np.int64(into[q]["tx"]) if q < into_start[a + 1] else end
    three = np.int64(own[r]["tx"]) if r < own_start[a + 1] else end
    if one < two and one < three:
        return 0
    return 1 if two < three else 2


@kernel
def awakenings(out_start, out, into_start, into, own_start, own, dormant_us, within_us, n_min):
    """Find where an account that had been silent is suddenly busy.

    Parameters
    ----------
    out_start, out : int64[n_accounts + 1] and PAYMENT[n_out], by payer
    into_start, into : int64[n_accounts + 1] and PAYMENT[n_into], by payee
    own_start, own : int64[n_accounts + 1] and PAYMENT[n_own], self-transfers
    dormant_us : int, least silence between two transactions of the account
    within_us : int, longest time from the first transaction after it to the last of the burst
    n_min : int, least number of transactions in that time

    Returns
    -------
    account : int64[n_instances], ascending
    start : int64[n_instances + 1]; the burst is ``tx[start[i]:start[i + 1]]``
    tx : int64[...], positions of transactions

    Order
    -----
    O(n_accounts + transactions of accounts known for longer than dormant_us).

    Source
    ------
    Definition: a dormant account put to use. What was before an account's first transaction is not known and does not count.

    Twin
    ----
    tests/oracles/patterns.py
    """
    n_most = 0
    for a in range(out_start.size - 1):
        n_here = out_start[a + 1] - out_start[a] + into_start[a + 1] - into_start[a] + own_start[a + 1] - own_start[a]
        n_most = max(n_most, n_here)
    at_us, position = np.empty(n_most, np.int64), np.empty(n_most, np.int64)
    account, burst_start, tx = np.empty(64, np.int64), np.zeros(65, np.int64), np.empty(256, np.int64)
    k = n_tx = 0
    for a in range(out_start.size - 1):
        n, first_us, last_us = 0, np.iinfo(np.int64).max, np.iinfo(np.int64).min
        for start, row in ((out_start, out), (into_start, into), (own_start, own)):
            if start[a + 1] > start[a]:
                n += start[a + 1] - start[a]
                first_us = min(first_us, row[start[a]]["at_us"])
                last_us = max(last_us, row[start[a + 1] - 1]["at_us"])
        if n <= n_min or last_us - first_us < dormant_us:
            continue
        p, q, r = out_start[a], into_start[a], own_start[a]
        for i in range(n):
            which = _earliest(out_start, out, into_start, into, own_start, own, a, p, q, r)
            here = out[p] if which == 0 else into[q] if which == 1 else own[r]
            p, q, r = p + (which == 0), q + (which == 1), r + (which == 2)
            at_us[i], position[i] = here["at_us"], here["tx"]
        for i in range(1, n):
            if at_us[i] - at_us[i - 1] < dormant_us:
                continue
            end = i + 1
            while end < n and at_us[end] - at_us[i] <= within_us:
                end += 1
            if end - i >= n_min:
                while n_tx + end - i > tx.size:
                    tx = _grown(tx)
                tx[n_tx : n_tx + end - i] = position[i:end]
                n_tx += end - i
                if k == account.size:
                    account, burst_start = _grown(account), _grown(burst_start)
                account[k], burst_start[k + 1] = a, n_tx
                k += 1
    return account[:k].copy(), burst_start[: k + 1].copy(), tx[:n_tx].copy()


@kernel
def _grown(array):
    """Return the array with twice the room."""
    room = np.empty(2 * array.size, array.dtype)
    room[: array.size] = array
    return room
