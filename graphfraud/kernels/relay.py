"""Money passed on: what of each payment is money its payer had just got, and what of it its payee passed on at once."""

import numpy as np

from graphfraud.kernels.jit import kernel


@kernel
def relay(payer_ix, payee_ix, amount_fen, at_us, is_exit, within_us, n_accounts):
    """Match what goes out of each account with what came in within a time before, oldest first, each fen once.

    Parameters
    ----------
    payer_ix, payee_ix : int32[n_transactions], positions of accounts
    amount_fen : int64[n_transactions], fen
    at_us : int64[n_transactions], microseconds since 1970 UTC, in total order
    is_exit : bool[n_transactions], payments whose payee passes nothing on
    within_us : int, longest time from coming in to going out, in microseconds
    n_accounts : int

    Returns
    -------
    fresh_fen : int64[n_transactions], fen of the payment that its payer got within the time before it
    moved_fen : int64[n_transactions], fen of the payment that its payee paid out within the time after it
    gap_us : int64[n_transactions], from the last money that went into the payment to the payment, -1 where none did

    Order
    -----
    O(transactions + accounts): each payment enters one queue and leaves it once. 32 bytes a transaction.

    Source
    ------
    Two-pointer matching with residual amounts; equal to the greedy first-in-first-out matching, which is a largest one for
    intervals of equal length (Glover, Maximum matching in a convex bipartite graph, 1967). A transfer to oneself moves nothing.

    Twin
    ----
    tests/oracles/relay.py
    """
    n = amount_fen.size
    fresh_fen = np.zeros(n, np.int64)
    moved_fen = np.zeros(n, np.int64)
    gap_us = np.full(n, -1, np.int64)
    head = np.full(n_accounts, -1, np.int64)
    tail = np.full(n_accounts, -1, np.int64)
    behind = np.full(n, -1, np.int64)
    for i in range(n):
        payer = payer_ix[i]
        payee = payee_ix[i]
        if payer == payee:
            continue
        lot = head[payer]
        left = amount_fen[i]
        while lot >= 0 and left > 0:
            rest = amount_fen[lot] - moved_fen[lot]
            if rest == 0 or at_us[i] - at_us[lot] > within_us:
                lot = behind[lot]
                continue
            part = min(rest, left)
            moved_fen[lot] += part
            left -= part
            gap_us[i] = at_us[i] - at_us[lot]
        head[payer] = lot
        fresh_fen[i] = amount_fen[i] - left
        if not is_exit[i]:
            if head[payee] < 0:
                head[payee] = i
            else:
                behind[tail[payee]] = i
            tail[payee] = i
    return fresh_fen, moved_fen, gap_us
