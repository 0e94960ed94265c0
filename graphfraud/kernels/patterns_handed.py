"""Patterns of money handed on: what came to an account and soon went on nearly whole, once or in a chain."""

import numpy as np

from graphfraud.kernels.jit import kernel


@kernel
def pass_throughs(into_start, into, out_start, out, gap_us, share_min, floor_fen):
    """Find where money that came to an account went on soon and nearly whole.

    Each payment out takes, oldest first, from the payments in before it (in total order) that came at most ``gap_us`` earlier
    and have something left. Payments joined by such takings are one episode. It is reported if the payments in sum to at least
    ``floor_fen`` and at least ``share_min`` thousandths of them were taken. Each transaction is in one episode of an account.

    Parameters
    ----------
    into_start, into : int64[n_accounts + 1] and PAYMENT[n_into], by payee, see ``sides.by_side``
    out_start, out : int64[n_accounts + 1] and PAYMENT[n_out], by payer
    gap_us : int, longest rest of money in the account
    share_min : int, thousandths
    floor_fen : int

    Returns
    -------
    account : int64[n_episodes], ascending
    taken_fen : int64[n_episodes], what went on
    start : int64[n_episodes + 1]
    tx : int64[...], positions, ascending within an episode; of payments in those from which something was taken
    inward : bool[...], whether each is a payment in

    Order
    -----
    O(n_into + n_out + n_accounts): two pointers and what is left of each payment; no join of payments in with payments out.
    Memory 9 bytes a payment of an episode.

    Source
    ------
    Definition; first in, first out within an account.

    Twin
    ----
    tests/oracles/patterns.py
    """
    size = min(into.size, out.size)
    account, taken_fen, ends = np.empty(size, np.int64), np.empty(size, np.int64), np.empty((size, 4), np.int64)
    k = 0  # memory is taken only as far as it is written
    for a in range(into_start.size - 1):
        head, stop, used = into_start[a], into_start[a + 1], 0
        if head == stop:
            continue
        last_in, first_in, first_out, last_out, taken, came = -1, -1, -1, -1, 0, 0
        for q in range(out_start[a], out_start[a + 1] + 1):
            over = q == out_start[a + 1]
            want = 0 if over else out[q]["amount_fen"]
            while over or (want and head < stop and into[head]["tx"] < out[q]["tx"]):
                if not over and (out[q]["at_us"] - into[head]["at_us"] > gap_us or used == into[head]["amount_fen"]):
                    head, used = head + 1, 0
                    continue
                if over or (last_out != q and last_in != head):  # joined to nothing before it: the episode before is over
                    if taken and came >= floor_fen and taken * 1000 >= came * share_min:
                        account[k], taken_fen[k] = a, taken
                        ends[k, 0], ends[k, 1], ends[k, 2], ends[k, 3] = first_in, last_in + 1, first_out, last_out + 1
                        k += 1
                    first_in, first_out, taken, came = head, q, 0, 0
                    if over:
                        break
                came += into[head]["amount_fen"] if used == 0 else 0
                last_in, last_out = head, q
                take = min(want, into[head]["amount_fen"] - used)
                want -= take
                used += take
                taken += take
    room = 0
    for e in range(k):
        room += ends[e, 1] - ends[e, 0] + ends[e, 3] - ends[e, 2]
    start, tx, inward = np.zeros(k + 1, np.int64), np.empty(room, np.int64), np.empty(room, np.bool_)
    for e in range(k):
        start[e + 1] = _write_episode(into, out, ends[e], gap_us, tx, inward, start[e])
    n_tx = start[k]
    return account[:k].copy(), taken_fen[:k].copy(), start, tx[:n_tx].copy(), inward[:n_tx].copy()


@kernel
def _write_episode(into, out, ends, gap_us, tx, inward, n_tx):
    """Write an episode behind n_tx payments; return how many there are then. Nothing before it has taken from it."""
    head, used, begun, written = ends[0], 0, n_tx, ends[0]
    for q in range(ends[2], ends[3]):
        want = out[q]["amount_fen"]
        tx[n_tx] = np.int64(out[q]["tx"]) * 2
        n_tx += 1
        while want and head < ends[1] and into[head]["tx"] < out[q]["tx"]:
            if out[q]["at_us"] - into[head]["at_us"] > gap_us or used == into[head]["amount_fen"]:
                head, used = head + 1, 0
                continue
            if written <= head:
                tx[n_tx] = np.int64(into[head]["tx"]) * 2 + 1
                n_tx += 1
                written = head + 1
            take = min(want, into[head]["amount_fen"] - used)
            want -= take
            used += take
    tx[begun:n_tx].sort()
    for k in range(begun, n_tx):
        inward[k] = tx[k] & 1
        tx[k] >>= 1
    return n_tx


@kernel
def chains(into_start, into, out_start, out, gap_us, share_min, n_min, n_transactions):
    """Find chains of payments that hand money on nearly whole from account to account.

    Within an account each payment out takes, oldest first, from the payments in before it that came at most ``gap_us`` earlier
    and have something left. A payment in is handed on by the payment out that takes most of it (the earlier of equals), if that
    is at least ``share_min`` thousandths of it; a payment out hands on the payment in it takes most from. Where both agree the
    two are linked; a chain is a maximal sequence of links. Each transaction is in one chain at most.

    Parameters
    ----------
    into_start, into : int64[n_accounts + 1] and PAYMENT[n_into], by payee, see ``sides.by_side``
    out_start, out : int64[n_accounts + 1] and PAYMENT[n_out], by payer
    gap_us : int, longest rest of money in an account
    share_min : int, thousandths
    n_min : int, least payments of a chain, at least 2
    n_transactions : int

    Returns
    -------
    chain_start : int64[n_chains + 1]; chain c is ``chain_tx[chain_start[c]:chain_start[c + 1]]``
    chain_tx : int64[...], positions of transactions in the order of payment; chains in the order of their first one

    Order
    -----
    O(n_transactions + n_accounts), two pointers; both payments of a link are in the lists of one account, so what is not linked
    is forgotten account by account. Memory 5 bytes a transaction.

    Source
    ------
    Definition (layering); first in, first out within an account.

    Twin
    ----
    tests/oracles/patterns.py
    """
    onto = np.full(n_transactions, -1, np.int32)
    handed = np.zeros(n_transactions, np.bool_)  # whether the payment is handed on from another
    by, by_fen = np.full(_longest(into_start), -1), np.zeros(_longest(into_start), np.int64)
    whence, whence_fen = np.full(_longest(out_start), -1), np.zeros(_longest(out_start), np.int64)
    for a in range(into_start.size - 1):
        base, stop, out_base = into_start[a], into_start[a + 1], out_start[a]
        head, used, low, high, last = base, 0, stop, base, out_base
        for q in range(out_base, out_start[a + 1] if base < stop else out_base):
            want = out[q]["amount_fen"]
            while want and head < stop and into[head]["tx"] < out[q]["tx"]:
                if out[q]["at_us"] - into[head]["at_us"] > gap_us or used == into[head]["amount_fen"]:
                    head, used = head + 1, 0
                    continue
                take = min(want, into[head]["amount_fen"] - used)
                want -= take
                used += take
                if take > by_fen[head - base]:
                    by[head - base], by_fen[head - base] = q, take
                if take > whence_fen[q - out_base]:
                    whence[q - out_base], whence_fen[q - out_base] = head, take
                low, high, last = min(low, head), head + 1, q + 1
        for p in range(low, high):
            q = by[p - base]
            if q >= 0 and whence[q - out_base] == p and by_fen[p - base] * 1000 >= into[p]["amount_fen"] * share_min:
                onto[into[p]["tx"]] = out[q]["tx"]
                handed[out[q]["tx"]] = True
            by[p - base], by_fen[p - base] = -1, 0
        for q in range(out_base, last):
            whence_fen[q - out_base] = 0
    chain_tx, chain_start = np.empty(n_transactions, np.int64), np.empty(n_transactions + 1, np.int64)
    chain_start[0] = 0  # memory is taken only as far as it is written
    n_chains = n_tx = 0
    for i in range(n_transactions):
        if onto[i] < 0 or handed[i]:
            continue
        length, j = 0, np.int64(i)
        while j >= 0:
            chain_tx[n_tx + length] = j
            length += 1
            j = np.int64(onto[j])
        if length >= n_min:
            n_tx += length
            n_chains += 1
            chain_start[n_chains] = n_tx
    return chain_start[: n_chains + 1].copy(), chain_tx[:n_tx].copy()


@kernel
def _longest(start):
    """Return the length of the longest list."""
    longest = 0
    for a in range(start.size - 1):
        longest = max(longest, start[a + 1] - start[a])
    return longest
