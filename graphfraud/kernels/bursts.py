"""Patterns of one account in time: many at once, small ones then a large one, waking up, climbing amounts.

All work on transactions grouped by account (``by_account``), in total order within each.
"""

import numpy as np

from graphfraud.kernels.jit import kernel


@kernel
def crowds(start, tx, key, at_us, within_us, n_min, n_keys):
    """Find the stretches of each account's transactions in which many distinct keys come close together.

    A window of ``within_us`` that ends with a transaction qualifies if it holds at least ``n_min`` distinct keys. Qualifying
    windows that share a transaction are one stretch: stretches are maximal and share no transaction.

    Parameters
    ----------
    start, tx : int64[n_accounts + 1] and int64[n_listed], transactions by account
    key : int32[n_transactions], what is to be distinct (the other account, the day), -1: does not count
    at_us : int64[n_transactions], microseconds since 1970 UTC, ascending
    within_us : int, longest time from the first to the last transaction of a window
    n_min : int, at least 1
    n_keys : int, keys are less than this

    Returns
    -------
    account : int64[n_stretches], ascending
    low, high : int64[n_stretches], the stretch is ``tx[low:high]``

    Order
    -----
    Time O(n_listed + n_accounts + n_keys); memory 4 bytes a key and 24 a stretch.

    Source
    ------
    Definition; distinct counts of a sliding window with two pointers.

    Twin
    ----
    tests/oracles/patterns.py
    """
    count = np.zeros(n_keys, np.int32)
    account = np.empty(tx.size, np.int64)  # memory is taken only as far as it is written
    low = np.empty(tx.size, np.int64)
    high = np.empty(tx.size, np.int64)
    k = 0
    for a in range(start.size - 1):
        first, stop = start[a], start[a + 1]
        close = False  # most accounts never have so many payments in a window, whoever the others are
        for p in range(first + n_min - 1, stop):
            if at_us[tx[p]] - at_us[tx[p - n_min + 1]] <= within_us:
                close = True
                break
        if not close:
            continue
        left, n_distinct, begun = first, 0, k
        for p in range(first, stop):
            here = key[tx[p]]
            if here >= 0:
                n_distinct += count[here] == 0
                count[here] += 1
            while at_us[tx[p]] - at_us[tx[left]] > within_us:
                gone = key[tx[left]]
                if gone >= 0:
                    count[gone] -= 1
                    n_distinct -= count[gone] == 0
                left += 1
            if n_distinct >= n_min:
                if k > begun and left < high[k - 1]:
                    high[k - 1] = p + 1
                else:
                    account[k], low[k], high[k] = a, left, p + 1
                    k += 1
        for p in range(left, stop):
            if key[tx[p]] >= 0:
                count[key[tx[p]]] = 0
    return account[:k].copy(), low[:k].copy(), high[:k].copy()


@kernel
def build_ups(small_start, small_tx, large_start, large_tx, amount_fen, at_us, within_us, n_min, share_min, share_max):
    """Find the large transactions that follow at least ``n_min`` small ones of the account closely, with those.

    Small ones count that lie before the large one in total order, at most ``within_us`` earlier, and after the last large one
    that was reported; together they must stand in proportion to it. Each transaction is in one instance at most.

    Parameters
    ----------
    small_start, small_tx : int64[n_accounts + 1] and int64[n_small], the small ones by account
    large_start, large_tx : int64[n_accounts + 1] and int64[n_large], the large ones by account
    amount_fen : int64[n_transactions], fen
    at_us : int64[n_transactions], microseconds since 1970 UTC, ascending
    within_us : int, longest time from the first small one to the large one
    n_min : int, at least 1
    share_min, share_max : int, least and most the large one may be of the sum of the small ones, in thousandths; share_max
        below 0: any

    Returns
    -------
    account : int64[n_instances], ascending
    low, high : int64[n_instances], the small ones are ``small_tx[low:high]``
    large : int64[n_instances], position of the large transaction

    Order
    -----
    Time O(n_small + n_large + n_accounts), two pointers; memory 32 bytes an instance.

    Source
    ------
    Definition: probing before a large transfer (small test payments), pooling (many small credits, one large debit).

    Twin
    ----
    tests/oracles/patterns.py
    """
    account = np.empty(large_tx.size, np.int64)
    low = np.empty(large_tx.size, np.int64)
    high = np.empty(large_tx.size, np.int64)
    large = np.empty(large_tx.size, np.int64)
    k = 0
    for a in range(small_start.size - 1):
        left = right = small_start[a]
        stop = small_start[a + 1]
        total = 0
        for q in range(large_start[a], large_start[a + 1]):
            j = large_tx[q]
            while right < stop and small_tx[right] < j:
                total += amount_fen[small_tx[right]]
                right += 1
            while left < right and at_us[j] - at_us[small_tx[left]] > within_us:
                total -= amount_fen[small_tx[left]]
                left += 1
            if right - left < n_min:
                continue
            if share_max >= 0 and not share_min * total <= 1000 * amount_fen[j] <= share_max * total:
                continue
            account[k], low[k], high[k], large[k] = a, left, right, j
            k += 1
            left, total = right, 0
    return account[:k].copy(), low[:k].copy(), high[:k].copy(), large[:k].copy()


@kernel
def awakenings(start, tx, at_us, dormant_us, within_us, n_min):
    """Find where an account that had been silent is suddenly busy.

    Parameters
    ----------
    start, tx : int64[n_accounts + 1] and int64[n_listed], transactions by account
    at_us : int64[n_transactions], microseconds since 1970 UTC, ascending
    dormant_us : int, least silence between two transactions of the account
    within_us : int, longest time from the first transaction after it to the last of the burst
    n_min : int, least number of transactions in that time

    Returns
    -------
    account : int64[n_instances], ascending
    low, high : int64[n_instances], the burst is ``tx[low:high]``; ``tx[low - 1]`` is the last before the silence

    Order
    -----
    O(n_listed + n_accounts).

    Source
    ------
    Definition: a dormant account put to use. What was before an account's first transaction is not known and does not count.

    Twin
    ----
    tests/oracles/patterns.py
    """
    account = np.empty(tx.size, np.int64)
    low = np.empty(tx.size, np.int64)
    high = np.empty(tx.size, np.int64)
    k = 0
    for a in range(start.size - 1):
        for p in range(start[a] + 1, start[a + 1]):
            if at_us[tx[p]] - at_us[tx[p - 1]] < dormant_us:
                continue
            end = p + 1
            while end < start[a + 1] and at_us[tx[end]] - at_us[tx[p]] <= within_us:
                end += 1
            if end - p >= n_min:
                account[k], low[k], high[k] = a, p, end
                k += 1
    return account[:k].copy(), low[:k].copy(), high[:k].copy()


@kernel
def staircases(start, tx, amount_fen, at_us, gap_us, growth_permille, n_min):
    """Find the longest runs of an account's payments in which each is larger than the one before by a factor.

    Parameters
    ----------
    start, tx : int64[n_accounts + 1] and int64[n_listed], transactions by account; what is to be passed over is not listed
    amount_fen : int64[n_transactions], fen
    at_us : int64[n_transactions], microseconds since 1970 UTC, ascending
    gap_us : int, longest time between a payment and the next
    growth_permille : int, least of the next payment in thousandths of the one before
    n_min : int, least payments of a run, at least 2

    Returns
    -------
    account : int64[n_runs], ascending
    low, high : int64[n_runs], the run is ``tx[low:high]``; runs are maximal and share no transaction

    Order
    -----
    O(n_listed + n_accounts).

    Source
    ------
    Definition: rising stakes (1,000, 5,000, 20,000).

    Twin
    ----
    tests/oracles/patterns.py
    """
    account = np.empty(tx.size, np.int64)
    low = np.empty(tx.size, np.int64)
    high = np.empty(tx.size, np.int64)
    k = 0
    for a in range(start.size - 1):
        begun = start[a]
        for p in range(start[a] + 1, start[a + 1] + 1):
            if p < start[a + 1]:
                i, j = tx[p - 1], tx[p]
                if at_us[j] - at_us[i] <= gap_us and amount_fen[j] * 1000 >= amount_fen[i] * growth_permille:
                    continue
            if p - begun >= n_min:
                account[k], low[k], high[k] = a, begun, p
                k += 1
            begun = p
    return account[:k].copy(), low[:k].copy(), high[:k].copy()
