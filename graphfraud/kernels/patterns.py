"""Patterns over two payments in a row: scattered and gathered again, passed through, handed on in a chain."""

import numpy as np

from graphfraud.kernels.jit import kernel


@kernel
def scatter_gathers(payee_ix, at_us, first_start, first_tx, second_start, second_tx, within_us, n_min, wedges_max):
    """Find the pairs of accounts between which money runs over many middlemen within a window.

    A wedge is a payment s -> m and a later one m -> d (in total order), with s, m and d different. A window of ``within_us``
    that begins with a wedge's first payment qualifies if the wedges wholly inside it use at least ``n_min`` middlemen.
    Qualifying windows of one pair (s, d) that share a wedge are one instance: instances are maximal.

    Parameters
    ----------
    payee_ix : int32[n_transactions], positions in total order
    at_us : int64[n_transactions], microseconds since 1970 UTC, ascending
    first_start, first_tx : int64[n_accounts + 1] and int64[n_first], by payer; left out may be what cannot be the first payment
        of a wedge, because its payer does not pay n_min accounts within a window around it
    second_start, second_tx : int64[n_accounts + 1] and int64[n_second], by payer; left out may be what cannot be the second,
        because its payee is not paid by n_min accounts within a window around it
    within_us : int
    n_min : int, least middlemen
    wedges_max : int, wedges looked at for one payer; the rest is cut

    Returns
    -------
    start : int64[n_instances + 1]; the wedges of instance i are places start[i] to start[i + 1] - 1
    one, two : int64[n_wedges], the two payments of each wedge
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
    many = np.zeros(n_accounts, np.int64)  # wedges of this payer by the last account
    wedge = np.empty((1024, 3), np.int64)
    stamp = np.full(n_accounts, -1)
    start, one, two = np.zeros(64, np.int64), np.empty(256, np.int64), np.empty(256, np.int64)
    n_instances = n_kept = n_cut = 0
    for s in range(n_accounts):
        if first_start[s + 1] - first_start[s] < n_min:
            continue
        lists = first_start[s], first_start[s + 1], first_tx, second_start, second_tx
        n_seen, n_good = _count_wedges(payee_ix, at_us, s, lists, within_us, n_min, wedges_max, many)
        n_cut += n_seen >= wedges_max
        n_wedges = 0
        while n_good and n_wedges == 0:
            n_wedges = _list_wedges(payee_ix, at_us, s, lists, within_us, n_min, wedges_max, many, wedge)
            if n_wedges == 0:  # no room
                wedge = _grown_rows(wedge)
        _forget_wedges(payee_ix, at_us, s, lists, within_us, wedges_max, many)
        order = np.argsort(wedge[:n_wedges, 0], kind="mergesort") if n_wedges else stamp[:0]
        low = 0
        while low < n_wedges:
            high = low + 1
            while high < n_wedges and wedge[order[high], 0] == wedge[order[low], 0]:
                high += 1
            if high - low >= n_min:
                kept = _dense_wedges(payee_ix, at_us, wedge, order[low:high], within_us, n_min, stamp)
                begun = -1
                for k in range(high - low):
                    if kept[k] == 0:
                        continue
                    if kept[k] != begun:
                        begun = kept[k]
                        if n_instances + 2 > start.size:
                            start = _grown(start)
                        n_instances += 1
                    if n_kept == one.size:
                        one, two = _grown(one), _grown(two)
                    one[n_kept], two[n_kept] = wedge[order[low + k], 1], wedge[order[low + k], 2]
                    n_kept += 1
                    start[n_instances] = n_kept
            low = high
    return start[: n_instances + 1].copy(), one[:n_kept].copy(), two[:n_kept].copy(), n_cut


@kernel
def _count_wedges(payee_ix, at_us, s, lists, within_us, n_min, wedges_max, many):
    """Count the wedges of a payer by their last account; return how many there are, and how many accounts have n_min."""
    low, high, first_tx, second_start, second_tx = lists
    n_seen = n_good = 0
    for p in range(low, high):
        e = first_tx[p]
        m = payee_ix[e]
        for q in range(_first_behind(second_tx, second_start[m], second_start[m + 1], e), second_start[m + 1]):
            f = second_tx[q]
            if at_us[f] - at_us[e] > within_us or n_seen >= wedges_max:
                break
            d = payee_ix[f]
            if m != s and d != s and d != m:  # noqa: PLR1714 (their types differ)
                n_seen += 1
                many[d] += 1
                n_good += many[d] == n_min
    return n_seen, n_good


@kernel
def _list_wedges(payee_ix, at_us, s, lists, within_us, n_min, wedges_max, many, wedge):
    """Write the wedges to accounts that have n_min of them; return how many, 0 where there is no room."""
    low, high, first_tx, second_start, second_tx = lists
    n_seen = n_wedges = 0
    for p in range(low, high):
        e = first_tx[p]
        m = payee_ix[e]
        for q in range(_first_behind(second_tx, second_start[m], second_start[m + 1], e), second_start[m + 1]):
            f = second_tx[q]
            if at_us[f] - at_us[e] > within_us or n_seen >= wedges_max:
                break
            d = payee_ix[f]
            if m != s and d != s and d != m:  # noqa: PLR1714 (their types differ)
                n_seen += 1
                if many[d] >= n_min:
                    if n_wedges == len(wedge):
                        return 0
                    wedge[n_wedges, 0], wedge[n_wedges, 1], wedge[n_wedges, 2] = d, e, f
                    n_wedges += 1
    return n_wedges


@kernel
def _forget_wedges(payee_ix, at_us, s, lists, within_us, wedges_max, many):
    """Set what was counted for a payer back to zero."""
    low, high, first_tx, second_start, second_tx = lists
    n_seen = 0
    for p in range(low, high):
        e = first_tx[p]
        m = payee_ix[e]
        for q in range(_first_behind(second_tx, second_start[m], second_start[m + 1], e), second_start[m + 1]):
            f = second_tx[q]
            if at_us[f] - at_us[e] > within_us or n_seen >= wedges_max:
                break
            if m != s and payee_ix[f] != s and payee_ix[f] != m:
                n_seen += 1
                many[payee_ix[f]] = 0


@kernel
def _dense_wedges(payee_ix, at_us, wedge, order, within_us, n_min, stamp):
    """Number the instances of one pair's wedges, in the order of their first payment: 0 where a wedge is in none."""
    kept = np.zeros(order.size, np.int64)
    number = 0
    for i in range(order.size):
        since = at_us[wedge[order[i], 1]]
        n_middlemen = 0
        for k in range(i, order.size):
            if at_us[wedge[order[k], 1]] - since > within_us:
                break
            m = payee_ix[wedge[order[k], 1]]
            if at_us[wedge[order[k], 2]] - since <= within_us and stamp[m] != i:
                stamp[m] = i
                n_middlemen += 1
        for k in range(i, order.size):
            stamp[payee_ix[wedge[order[k], 1]]] = -1
            if at_us[wedge[order[k], 1]] - since > within_us:
                break
        if n_middlemen < n_min:
            continue
        joined = 0
        for k in range(i, order.size):
            if at_us[wedge[order[k], 1]] - since > within_us:
                break
            if at_us[wedge[order[k], 2]] - since <= within_us and kept[k]:
                joined = kept[k]
                break
        if joined == 0:
            number += 1
            joined = number
        for k in range(i, order.size):
            if at_us[wedge[order[k], 1]] - since > within_us:
                break
            if at_us[wedge[order[k], 2]] - since <= within_us:
                kept[k] = joined
    return kept


@kernel
def pass_throughs(amount_fen, at_us, into_start, into_tx, out_start, out_tx, gap_us, share_min, floor_fen):
    """Find where money that came to an account went on soon and nearly whole.

    Each payment out takes, oldest first, from the payments in before it (in total order) that came at most ``gap_us`` earlier
    and have something left. Payments joined by such takings are one episode. It is reported if the payments in sum to at least
    ``floor_fen`` and at least ``share_min`` thousandths of them were taken. Each transaction is in one episode of an account.

    Parameters
    ----------
    amount_fen, at_us : int64[n_transactions], fen, and microseconds since 1970 UTC, ascending
    into_start, into_tx : int64[n_accounts + 1] and int64[n_into], payments in by account; none to itself
    out_start, out_tx : int64[n_accounts + 1] and int64[n_out], payments out by account; none to itself
    gap_us : int, longest rest of money in the account
    share_min : int, thousandths
    floor_fen : int

    Returns
    -------
    account : int64[n_episodes], ascending
    into_low, into_high : int64[n_episodes], payments in are those of ``into_tx[into_low:into_high]`` that are touched
    out_low, out_high : int64[n_episodes], payments out are ``out_tx[out_low:out_high]``
    taken_fen : int64[n_episodes], what went on
    touched : bool[n_into], whether anything was taken from the payment in; what had expired was not

    Order
    -----
    O(n_into + n_out + n_accounts): two pointers and what is left of each payment; no join of payments in with payments out.

    Source
    ------
    Definition; first in, first out within an account.

    Twin
    ----
    tests/oracles/patterns.py
    """
    size = min(into_tx.size, out_tx.size)
    account, taken_fen = np.empty(size, np.int64), np.empty(size, np.int64)
    into_low, into_high = np.empty(size, np.int64), np.empty(size, np.int64)
    out_low, out_high = np.empty(size, np.int64), np.empty(size, np.int64)
    touched = np.zeros(into_tx.size, np.bool_)
    k = 0
    for a in range(into_start.size - 1):
        head, stop, used = into_start[a], into_start[a + 1], 0
        last_in, first_in, first_out, last_out, taken, came = -1, -1, -1, -1, 0, 0
        for q in range(out_start[a], out_start[a + 1] + 1):
            want, j = 0, 0
            if q < out_start[a + 1]:
                j = out_tx[q]
                want = amount_fen[j]
            while want and head < stop and into_tx[head] < j:
                if at_us[j] - at_us[into_tx[head]] > gap_us or used == amount_fen[into_tx[head]]:
                    head, used = head + 1, 0
                    continue
                if last_out != q and last_in != head:  # joined to nothing before it: the episode before is over
                    if taken and came >= floor_fen and taken * 1000 >= came * share_min:
                        account[k], taken_fen[k] = a, taken
                        into_low[k], into_high[k], out_low[k], out_high[k] = first_in, last_in + 1, first_out, last_out + 1
                        k += 1
                    first_in, first_out, taken, came = head, q, 0, 0
                came += amount_fen[into_tx[head]] if used == 0 else 0
                last_in, last_out = head, q
                take = min(want, amount_fen[into_tx[head]] - used)
                want -= take
                used += take
                taken += take
                touched[head] = True
        if taken and came >= floor_fen and taken * 1000 >= came * share_min:
            account[k], taken_fen[k] = a, taken
            into_low[k], into_high[k], out_low[k], out_high[k] = first_in, last_in + 1, first_out, last_out + 1
            k += 1
    ends = into_low[:k].copy(), into_high[:k].copy(), out_low[:k].copy(), out_high[:k].copy()
    return account[:k].copy(), *ends, taken_fen[:k].copy(), touched


@kernel
def chains(amount_fen, at_us, into_start, into_tx, out_start, out_tx, gap_us, share_min, n_min):
    """Find chains of payments that hand money on nearly whole from account to account.

    Within an account each payment out takes, oldest first, from the payments in before it that came at most ``gap_us`` earlier
    and have something left. A payment in is handed on by the payment out that takes most of it (the earlier of equals), if that
    is at least ``share_min`` thousandths of it; a payment out hands on the payment in it takes most from. Where both agree the
    two are linked; a chain is a maximal sequence of links. Each transaction is in one chain at most.

    Parameters
    ----------
    amount_fen, at_us : int64[n_transactions], fen, and microseconds since 1970 UTC, ascending
    into_start, into_tx : int64[n_accounts + 1] and int64[n_into], payments in by account; none to itself
    out_start, out_tx : int64[n_accounts + 1] and int64[n_out], payments out by account; none to itself
    gap_us : int, longest rest of money in an account
    share_min : int, thousandths
    n_min : int, least payments of a chain, at least 2

    Returns
    -------
    chain_start : int64[n_chains + 1]; chain c is ``chain_tx[chain_start[c]:chain_start[c + 1]]``
    chain_tx : int64[...], positions of transactions in the order of payment; chains in the order of their first one

    Order
    -----
    O(n_transactions + n_accounts), two pointers; memory 40 bytes a transaction.

    Source
    ------
    Definition (layering); first in, first out within an account.

    Twin
    ----
    tests/oracles/patterns.py
    """
    n = amount_fen.size
    onto, onto_fen = np.full(n, -1), np.zeros(n, np.int64)
    whence, whence_fen = np.full(n, -1), np.zeros(n, np.int64)
    for a in range(into_start.size - 1):
        head, stop, used = into_start[a], into_start[a + 1], 0
        for q in range(out_start[a], out_start[a + 1]):
            j = out_tx[q]
            want = amount_fen[j]
            while want and head < stop and into_tx[head] < j:
                i = into_tx[head]
                if at_us[j] - at_us[i] > gap_us or used == amount_fen[i]:
                    head, used = head + 1, 0
                    continue
                take = min(want, amount_fen[i] - used)
                want -= take
                used += take
                if take > onto_fen[i]:
                    onto[i], onto_fen[i] = j, take
                if take > whence_fen[j]:
                    whence[j], whence_fen[j] = i, take
    for i in range(n):
        if onto[i] >= 0 and (whence[onto[i]] != i or onto_fen[i] * 1000 < amount_fen[i] * share_min):
            onto[i] = -1
    for j in range(n):
        if whence[j] >= 0 and onto[whence[j]] != j:
            whence[j] = -1
    chain_tx, chain_start = np.empty(n, np.int64), np.zeros(n // 2 + 2, np.int64)
    n_chains = n_tx = 0
    for i in range(n):
        if whence[i] >= 0 or onto[i] < 0:
            continue
        begun, j = n_tx, i
        while j >= 0:
            chain_tx[n_tx] = j
            n_tx += 1
            j = onto[j]
        if n_tx - begun >= n_min:
            n_chains += 1
            chain_start[n_chains] = n_tx
        else:
            n_tx = begun
    return chain_start[: n_chains + 1].copy(), chain_tx[:n_tx].copy()


@kernel
def _first_behind(list_tx, low, high, tx):
    """Return the first place in [low, high) of a list whose transaction is behind ``tx``."""
    while low < high:
        middle = (low + high) >> 1
        if list_tx[middle] > tx:
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
