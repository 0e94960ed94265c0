"""The total order of transactions, and the transactions of each account in that order."""

import numpy as np

from graphfraud.kernels.jit import kernel

_DIGIT_BITS = 11  # 2,048 counters stay in the first cache


@kernel
def is_ordered(at_us, seq):
    """Tell whether transactions stand in strict total order: by time, those of one instant by ``seq``.

    Parameters
    ----------
    at_us : int64[n_transactions], microseconds since 1970 UTC
    seq : int64[n_transactions]

    Returns
    -------
    ordered : bool; false too where two transactions share both

    Order
    -----
    O(n), reading only.

    Source
    ------
    House rule: order is evidence, and there is one.

    Twin
    ----
    tests/oracles/order.py
    """
    for i in range(1, at_us.size):  # noqa: SIM110 - a kernel has no generators
        if at_us[i] < at_us[i - 1] or (at_us[i] == at_us[i - 1] and seq[i] <= seq[i - 1]):
            return False
    return True


@kernel
def total_order(at_us, seq):
    """Return the positions that put transactions in total order; equal (time, seq) keep their order.

    Parameters
    ----------
    at_us : int64[n_transactions], microseconds since 1970 UTC
    seq : int64[n_transactions]; like at_us, largest less smallest is below 2**63

    Returns
    -------
    position : int64[n_transactions]; ``at_us[position]`` ascends

    Order
    -----
    O(n) a digit that differs, 11 bits each; O(n) where the order already holds. 32 bytes a row.

    Source
    ------
    Radix sort, least significant digit first (Knuth, TAOCP 3, 5.2.5).

    Twin
    ----
    tests/oracles/order.py
    """
    position = np.arange(at_us.size)
    if not is_ordered(at_us, seq):
        position = _sort_by(seq, position)
        position = _sort_by(at_us, position)
    return position


@kernel
def _sort_by(key, position):
    """Sort positions by key, stably."""
    n = key.size
    least = key.min()
    span = key.max() - least
    value = key[position] - least
    moved_value = np.empty(n, np.int64)
    moved = np.empty(n, np.int64)
    count = np.empty(1 << _DIGIT_BITS, np.int64)
    mask = count.size - 1
    shift = 0
    while shift < 63 and span >> shift:
        count[:] = 0
        for i in range(n):
            count[(value[i] >> shift) & mask] += 1
        place = 0
        for digit in range(count.size):
            n_here = count[digit]
            count[digit] = place
            place += n_here
        for i in range(n):
            digit = (value[i] >> shift) & mask
            place = count[digit]
            count[digit] += 1
            moved_value[place] = value[i]
            moved[place] = position[i]
        value, moved_value = moved_value, value
        position, moved = moved, position
        shift += _DIGIT_BITS
    return position


@kernel
def by_account(account_ix, n_accounts):
    """Group transactions by an account of theirs, keeping their order within each (compressed sparse rows).

    Parameters
    ----------
    account_ix : int32[n_transactions], payer_ix or payee_ix
    n_accounts : int

    Returns
    -------
    start : int64[n_accounts + 1]; those of account a are ``tx[start[a]:start[a + 1]]``
    tx : int64[n_transactions], positions of transactions, ascending within an account

    Order
    -----
    O(transactions + accounts); 8 bytes each.

    Source
    ------
    Counting sort (Knuth, TAOCP 3, 5.2).

    Twin
    ----
    tests/oracles/order.py
    """
    start = np.zeros(n_accounts + 1, np.int64)
    for i in range(account_ix.size):
        start[account_ix[i] + 1] += 1
    for a in range(n_accounts):
        start[a + 1] += start[a]
    place = start[:-1].copy()
    tx = np.empty(account_ix.size, np.int64)
    for i in range(account_ix.size):
        tx[place[account_ix[i]]] = i
        place[account_ix[i]] += 1
    return start, tx
