"""Opening balances: what an account must have held before its first transaction."""

import numpy as np

from graphfraud.kernels.jit import kernel

UNPRINTED = np.iinfo(np.int64).min
"""Stands for a running balance the statement does not print."""


@kernel
def opening_balances(payer_ix, payee_ix, amount_fen, payer_balance_fen, payee_balance_fen, n_accounts):
    """Find each account's opening balance as printed and the least one that keeps it from going below zero.

    Parameters
    ----------
    payer_ix, payee_ix : int32[n_transactions], positions in total order
    amount_fen : int64[n_transactions], fen
    payer_balance_fen, payee_balance_fen : int64[n_transactions], fen after the transaction, UNPRINTED where unknown
    n_accounts : int

    Returns
    -------
    printed_fen : int64[n_accounts], the first running balance printed, walked back to the start; UNPRINTED if there is none
    least_fen : int64[n_accounts], at least 0

    Order
    -----
    Time O(n_transactions), memory O(n_accounts).

    Source
    ------
    Definition: balance after = opening + credits - debits so far. Transfers to oneself move nothing and are passed over.

    Twin
    ----
    tests/oracles/opening.py
    """
    net = np.zeros(n_accounts, np.int64)
    least_fen = np.zeros(n_accounts, np.int64)
    printed_fen = np.full(n_accounts, UNPRINTED, np.int64)
    for i in range(payer_ix.size):
        a, b = payer_ix[i], payee_ix[i]
        if a == b:
            continue
        net[a] -= amount_fen[i]
        net[b] += amount_fen[i]
        least_fen[a] = max(least_fen[a], -net[a])
        if printed_fen[a] == UNPRINTED and payer_balance_fen[i] != UNPRINTED:
            printed_fen[a] = payer_balance_fen[i] - net[a]
        if printed_fen[b] == UNPRINTED and payee_balance_fen[i] != UNPRINTED:
            printed_fen[b] = payee_balance_fen[i] - net[b]
    return printed_fen, least_fen
