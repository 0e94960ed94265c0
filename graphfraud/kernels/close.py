"""Fans straight from the payments, without lists of those accounts that never have so many payments close together."""

import numpy as np

from graphfraud.kernels.bursts import crowds
from graphfraud.kernels.jit import kernel
from graphfraud.kernels.sides import chosen_by_side, in_ranges

_MANY = 127
"""An account's payments in a slot are counted up to this, so that two counts fit into a byte."""


def fans(account_ix, other_ix, at_us, n_accounts, within_us, n_min) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Find the stretches of each account's payments in which many distinct other accounts come close together.

    As ``bursts.crowds`` finds them in the lists of ``sides.by_side``, self-transfers left out; where those lists are wanted for
    nothing else this is the shorter way.

    Parameters
    ----------
    account_ix, other_ix : int32[n_transactions], payer and payee or the other way round, positions in total order
    at_us : int64[n_transactions], microseconds since 1970 UTC, ascending
    n_accounts : int
    within_us : int, longest time from the first to the last payment of a window
    n_min : int, least distinct other accounts, at least 1

    Returns
    -------
    account : int64[n_stretches], ascending
    start : int64[n_stretches + 1]
    tx : int64[...]; stretch k has ``tx[start[k]:start[k + 1]]``, positions

    Order
    -----
    O(transactions + accounts), and ``bursts.crowds`` of those listed. Time is cut into slots longer than ``within_us``, so a
    window lies in two at most, and only payments of accounts that have n_min in two slots side by side are listed. All accounts
    are gone through once a slot, so slots are so long that this is at most 16 accounts a payment.

    Source
    ------
    Counting sort (Knuth, TAOCP 3, 5.2); ``bursts.crowds``.

    Twin
    ----
    tests/oracles/patterns.py
    """
    n = account_ix.size
    assert n < 2**31
    span_us = int(at_us[-1] - at_us[0]) + 1 if n else 1
    slot_us = min(max(within_us + 1, span_us * n_accounts // (16 * n + 1)), span_us)
    near = _near(account_ix, at_us, n_accounts, slot_us, n_min)
    start, end, row = chosen_by_side(account_ix, other_ix, at_us, near, n_accounts)
    for array in (start, end, row):
        array.setflags(write=False)
    account, low, high = crowds(start[:-1], end, row["at_us"], row["other_ix"], n_accounts, within_us, n_min)
    return account, *in_ranges(row["tx"], low, high)


@kernel
def _near(account_ix, at_us, n_accounts, slot_us, n_min):
    """Return the positions of payments whose account has n_min in their slot of time and one beside it."""
    n = at_us.size
    tx, n_tx = np.empty(n, np.int32), np.uint64(0)  # memory is taken only as far as it is written
    before, here, behind = np.zeros(n_accounts, np.uint8), np.zeros(n_accounts, np.uint8), np.zeros(n_accounts, np.uint8)
    enough = np.zeros(n_accounts, np.bool_)
    low = high = 0  # of the slot in the middle; the one behind it is being counted
    end_us = at_us[0] if n else np.int64(0)
    while low < n:
        end_us += slot_us
        end = high + np.searchsorted(at_us[high:], end_us)
        _count(account_ix[high:end], behind)
        _judge(before, here, behind, min(n_min, _MANY), enough)
        n_tx = _pick(account_ix, low, high, enough, tx, n_tx)
        low, high = high, end
        before, here, behind = here, behind, before
    return tx[:n_tx]


@kernel
def _count(account_ix, count):
    """Count the payments of each account, up to a limit."""
    for i in range(account_ix.size):
        a = np.uint32(account_ix[i])
        more = np.uint32(count[a]) + np.uint32(1)
        count[a] = more - (more >> np.uint32(7))


@kernel
def _judge(before, here, behind, n_min, enough):
    """Tell which accounts have enough payments in the slot and one beside it; forget the one before."""
    least = np.uint8(n_min)
    for a in range(enough.size):
        enough[a] = np.uint8(here[a] + max(before[a], behind[a])) >= least
        before[a] = 0


@kernel
def _pick(account_ix, low, high, enough, tx, n_tx):
    """Write the positions of the slot's payments of such accounts behind the others; without branches."""
    for i in range(np.uint64(low), np.uint64(high)):
        tx[n_tx] = i
        n_tx += np.uint64(enough[np.uint32(account_ix[i])])
    return n_tx
