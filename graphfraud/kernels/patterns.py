"""Patterns over two payments in a row, either side of an account: scattered and gathered again, gathered and scattered."""

import numpy as np

from graphfraud.kernels.jit import kernel

_D, _FIRST, _SECOND, _FIRST_US, _SECOND_US, _M = range(6)  # columns of a wedge


@kernel
def wedge_ends(into_start, into, out_start, out, first, second, within_us):
    """Mark the payments that are part of a wedge: one that comes to an account, and a later one that goes on, soon enough.

    Parameters
    ----------
    into_start, into : int64[n_accounts + 1] and PAYMENT[n_into], by payee, see ``sides.by_side``
    out_start, out : int64[n_accounts + 1] and PAYMENT[n_out], by payer
    first, second : bool[n_transactions], which may be the first and the second payment of a wedge
    within_us : int, longest time between the two

    Returns
    -------
    first, second : bool[n_transactions], those of them for which there is a second, a first; where it goes back to does not
        matter here

    Order
    -----
    O(n_transactions + n_accounts), two pointers.

    Source
    ------
    Definition.

    Twin
    ----
    tests/oracles/patterns.py
    """
    is_first, is_second = np.zeros(first.size, np.bool_), np.zeros(first.size, np.bool_)
    for a in range(into_start.size - 1):
        p, stop = into_start[a], into_start[a + 1]
        if p == stop:
            continue
        waiting, met, last_us = p, False, np.int64(0)
        for q in range(out_start[a], out_start[a + 1]):
            j = out[q]["tx"]
            if not second[j]:
                continue
            while p < stop and into[p]["tx"] < j:
                if first[into[p]["tx"]]:
                    met, last_us = True, into[p]["at_us"]
                p += 1
            oldest_us = out[q]["at_us"] - within_us
            if met and last_us >= oldest_us:
                is_second[j] = True
                for w in range(waiting, p):
                    if into[w]["at_us"] >= oldest_us and first[into[w]["tx"]]:
                        is_first[into[w]["tx"]] = True
            waiting = p
    return is_first, is_second


@kernel
def scatter_gathers(first_start, first, second_start, second, within_us, n_min, wedges_max):
    """Find the pairs of accounts between which money runs over many middlemen within a window.

    A wedge is a payment s -> m and a later one m -> d (in total order), with s, m and d different. A window of ``within_us``
    that begins with a wedge's first payment qualifies if the wedges wholly inside it use at least ``n_min`` middlemen.
    Qualifying windows of one pair (s, d) that share a wedge are one instance: instances are maximal.

    Parameters
    ----------
    first_start, first : int64[n_accounts + 1] and PAYMENT[n_first], by payer, see ``sides.by_side``; left out may be what
        cannot be the first payment of a wedge of an instance, because its payer does not so pay n_min accounts within a window
    second_start, second : int64[n_accounts + 1] and PAYMENT[n_second], by payer; left out may be what cannot be the second
    within_us : int
    n_min : int, least middlemen
    wedges_max : int, wedges looked at for one payer; the rest is cut

    Returns
    -------
    start : int64[n_instances + 1]; the wedges of instance i are places start[i] to start[i + 1] - 1
    one, two : int64[n_wedges], the two payments of each wedge
    payer, payee : int64[n_instances], the two accounts
    n_cut : int, payers with more wedges than wedges_max

    Order
    -----
    Time O(wedges between listed payments), and sorting the few that can be enough; memory 16 bytes a wedge kept.

    Source
    ------
    Definition of scatter-gather: Altman et al., Realistic synthetic financial transactions, NeurIPS 2023, section 3.

    Twin
    ----
    tests/oracles/patterns.py
    """
    n_accounts = first_start.size - 1
    many = np.zeros(n_accounts, np.int32)  # wedges of this payer by the last account
    wedge = np.empty((1024, 6), np.int64)
    stamp = np.full(n_accounts, -1)
    start, one, two = np.zeros(64, np.int64), np.empty(256, np.int64), np.empty(256, np.int64)
    payer, payee = np.empty(64, np.int64), np.empty(64, np.int64)
    n_instances = n_kept = n_cut = 0
    for s in range(n_accounts):
        if first_start[s + 1] - first_start[s] < n_min:
            continue
        lists = first_start[s], first_start[s + 1], first, second_start, second
        n_seen, n_good = _count_wedges(s, lists, within_us, n_min, wedges_max, many)
        n_cut += n_seen >= wedges_max
        n_wedges = 0
        while n_good and n_wedges == 0:
            n_wedges = _list_wedges(s, lists, within_us, n_min, wedges_max, many, wedge)
            if n_wedges == 0:  # no room
                wedge = _grown_rows(wedge)
        _forget_wedges(s, lists, within_us, wedges_max, many)
        order = np.argsort(wedge[:n_wedges, _D], kind="mergesort") if n_wedges else stamp[:0]
        low = 0
        while low < n_wedges:
            high = low + 1
            while high < n_wedges and wedge[order[high], _D] == wedge[order[low], _D]:
                high += 1
            if high - low >= n_min:
                kept = _dense_wedges(wedge, order[low:high], within_us, n_min, stamp)
                begun = -1
                for k in range(high - low):
                    if kept[k] == 0:
                        continue
                    if kept[k] != begun:
                        begun = kept[k]
                        if n_instances + 2 > start.size:
                            start, payer, payee = _grown(start), _grown(payer), _grown(payee)
                        payer[n_instances], payee[n_instances] = s, wedge[order[low], _D]
                        n_instances += 1
                    if n_kept == one.size:
                        one, two = _grown(one), _grown(two)
                    one[n_kept], two[n_kept] = wedge[order[low + k], _FIRST], wedge[order[low + k], _SECOND]
                    n_kept += 1
                    start[n_instances] = n_kept
            low = high
    ends = payer[:n_instances].copy(), payee[:n_instances].copy()
    return start[: n_instances + 1].copy(), one[:n_kept].copy(), two[:n_kept].copy(), *ends, n_cut


@kernel
def _count_wedges(s, lists, within_us, n_min, wedges_max, many):
    """Count the wedges of a payer by their last account; return how many there are, and how many accounts have n_min."""
    low, high, first, second_start, second = lists
    n_seen = n_good = 0
    for p in range(low, high):
        m, last_us = first[p]["other_ix"], first[p]["at_us"] + within_us
        for q in range(_first_behind(second, second_start[m], second_start[m + 1], first[p]["tx"]), second_start[m + 1]):
            if second[q]["at_us"] > last_us or n_seen >= wedges_max:
                break
            d = second[q]["other_ix"]
            if m != s and d != s and d != m:  # noqa: PLR1714 (their types differ)
                n_seen += 1
                many[d] += 1
                n_good += many[d] == n_min
    return n_seen, n_good


@kernel
def _list_wedges(s, lists, within_us, n_min, wedges_max, many, wedge):
    """Write the wedges to accounts that have n_min of them; return how many, 0 where there is no room."""
    low, high, first, second_start, second = lists
    n_seen = n_wedges = 0
    for p in range(low, high):
        m, last_us = first[p]["other_ix"], first[p]["at_us"] + within_us
        for q in range(_first_behind(second, second_start[m], second_start[m + 1], first[p]["tx"]), second_start[m + 1]):
            if second[q]["at_us"] > last_us or n_seen >= wedges_max:
                break
            d = second[q]["other_ix"]
            if m != s and d != s and d != m:  # noqa: PLR1714 (their types differ)
                n_seen += 1
                if many[d] >= n_min:
                    if n_wedges == len(wedge):
                        return 0
                    wedge[n_wedges, _D], wedge[n_wedges, _M] = d, m
                    wedge[n_wedges, _FIRST], wedge[n_wedges, _SECOND] = first[p]["tx"], second[q]["tx"]
                    wedge[n_wedges, _FIRST_US], wedge[n_wedges, _SECOND_US] = first[p]["at_us"], second[q]["at_us"]
                    n_wedges += 1
    return n_wedges


@kernel
def _forget_wedges(s, lists, within_us, wedges_max, many):
    """Set what was counted for a payer back to zero."""
    low, high, first, second_start, second = lists
    n_seen = 0
    for p in range(low, high):
        m, last_us = first[p]["other_ix"], first[p]["at_us"] + within_us
        for q in range(_first_behind(second, second_start[m], second_start[m + 1], first[p]["tx"]), second_start[m + 1]):
            if second[q]["at_us"] > last_us or n_seen >= wedges_max:
                break
            d = second[q]["other_ix"]
            if m != s and d != s and d != m:  # noqa: PLR1714 (their types differ)
                n_seen += 1
                many[d] = 0


@kernel
def _dense_wedges(wedge, order, within_us, n_min, stamp):
    """Number the instances of one pair's wedges, in the order of their first payment: 0 where a wedge is in none."""
    kept = np.zeros(order.size, np.int64)
    number = 0
    for i in range(order.size):
        until_us = wedge[order[i], _FIRST_US] + within_us
        n_middlemen, joined, end = 0, 0, i
        while end < order.size and wedge[order[end], _FIRST_US] <= until_us:
            if wedge[order[end], _SECOND_US] <= until_us:
                m = wedge[order[end], _M]
                n_middlemen += stamp[m] != i
                stamp[m] = i
                if joined == 0:
                    joined = kept[end]
            end += 1
        for k in range(i, end):
            stamp[wedge[order[k], _M]] = -1
        if n_middlemen < n_min:
            continue
        if joined == 0:
            number += 1
            joined = number
        for k in range(i, end):
            if wedge[order[k], _SECOND_US] <= until_us:
                kept[k] = joined
    return kept


@kernel
def gather_scatters(in_found, into, out_found, out, gap_us, paid_min, paying_min, n_accounts):
    """Find the accounts that many pay and that then pay many.

    Of a scatter the payments between the begin of a gather of its account and that of the next belong to the gather, if the
    scatter begins at most ``gap_us`` after the gather ends. A gather with all that belongs to it is an instance, less the
    payments in after the last out, if at least ``paid_min`` payers and ``paying_min`` payees are left.

    Parameters
    ----------
    in_found : (account, low, high), int64[n_gathers] each, as ``bursts.crowds`` finds them in ``into``
    into : PAYMENT[n_into], by payee, see ``sides.by_side``
    out_found : (account, low, high), int64[n_scatters] each, as found in ``out``
    out : PAYMENT[n_out], by payer
    gap_us : int, longest time from the end of a gather to the begin of a scatter
    paid_min, paying_min : int, least distinct payers and payees
    n_accounts : int

    Returns
    -------
    account : int64[n_instances], ascending
    start : int64[n_instances + 1]
    tx : int64[...], positions, ascending within an instance
    inward : bool[...], whether each is a payment in

    Order
    -----
    O(n_gathers + n_scatters + payments of those joined + n_accounts); memory 9 bytes a payment of an instance, 8 an account.

    Source
    ------
    Definition of gather-scatter: Altman et al., Realistic synthetic financial transactions, NeurIPS 2023, section 3.

    Twin
    ----
    tests/oracles/patterns.py
    """
    in_account, in_low, in_high = in_found
    out_account, out_low, out_high = out_found
    account, start = np.empty(64, np.int64), np.zeros(65, np.int64)
    tx, inward = np.empty(256, np.int64), np.empty(256, np.bool_)
    stamp = np.full(n_accounts, -1)
    n_stamps = k = n_tx = 0
    g = s = 0
    while g < in_account.size and s < out_account.size:
        a = in_account[g]
        if out_account[s] < a:
            s += 1
            continue
        begin, end = into[in_low[g]]["tx"], n_tx
        next_begin = into[in_low[g + 1]]["tx"] if g + 1 < in_account.size and in_account[g + 1] == a else np.int32(2**31 - 1)
        scatters, last_out = s, np.int32(-1)
        while s < out_account.size and out_account[s] == a and out[out_high[s] - 1]["tx"] <= begin:
            s += 1  # is over before the first gather begins
            scatters = s
        # those of this gather: they end after it begins, and begin before the next begins
        n_room = in_high[g] - in_low[g]
        behind = s
        while behind < out_account.size and out_account[behind] == a and out[out_low[behind]]["tx"] <= next_begin:
            high = _first_behind(out, out_low[behind], out_high[behind], next_begin)
            if out[out_low[behind]]["at_us"] - into[in_high[g] - 1]["at_us"] <= gap_us:
                last_out = out[high - 1]["tx"]
                n_room += high - out_low[behind]
            s += high == out_high[behind]  # what goes on after the next begins is looked at once more
            behind += 1
        if last_out >= 0:
            while n_tx + n_room > tx.size:
                tx, inward = _grown(tx), _grown(inward)
            n_payers = n_payees = 0
            p = in_low[g]
            n_stamps += 1
            for c in range(scatters, behind):
                if out[out_low[c]]["at_us"] - into[in_high[g] - 1]["at_us"] > gap_us:
                    continue
                for q in range(out_low[c], out_high[c]):
                    if out[q]["tx"] <= begin:
                        continue
                    if out[q]["tx"] > next_begin:
                        break
                    while p < in_high[g] and into[p]["tx"] < out[q]["tx"]:
                        tx[end], inward[end] = into[p]["tx"], True
                        end += 1
                        p += 1
                    tx[end], inward[end] = out[q]["tx"], False
                    end += 1
                    other = out[q]["other_ix"]
                    n_payees += stamp[other] != n_stamps
                    stamp[other] = n_stamps
            n_stamps += 1
            for q in range(in_low[g], p):
                other = into[q]["other_ix"]
                n_payers += stamp[other] != n_stamps
                stamp[other] = n_stamps
            if n_payers >= paid_min and n_payees >= paying_min:
                if k == account.size:
                    account, start = _grown(account), _grown(start)
                account[k], start[k + 1] = a, end
                n_tx = end
                k += 1
        g += 1
    return account[:k].copy(), start[: k + 1].copy(), tx[:n_tx].copy(), inward[:n_tx].copy()


@kernel
def _first_behind(row, low, high, tx):
    """Return the first place in [low, high) of a list whose transaction is behind ``tx``."""
    while low < high:
        middle = (low + high) >> 1
        if row[middle]["tx"] > tx:
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


@kernel
def _grown_rows(table):
    """Return the table with twice the room."""
    room = np.empty((2 * len(table), table.shape[1]), table.dtype)
    room[: len(table)] = table
    return room
