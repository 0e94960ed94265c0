"""What a trace writes down on its way: steps taken, lots ended, counters. Shared by the five tracing rules."""

import numpy as np

from graphfraud.kernels.jit import kernel

RESTS, LEFT, BEYOND = 0, 1, 2
"""How a lot ends: still in the account; left by an exit transaction; lost to sight when hops or time ran out."""

STEP = np.dtype([("fen", "i8"), ("tx", "i4"), ("seed", "i4"), ("hop", "i4")], align=True)
"""A piece of stolen money moved by a transaction."""

LOT = np.dtype([("fen", "i8"), ("account", "i4"), ("seed", "i4"), ("hop", "i4"), ("tx", "i4"), ("end", "i4")], align=True)
"""Where a piece of stolen money ended."""

AT, N_STEPS, N_LOTS, MIXED_FEN, SHORTFALL_FEN, N_BEYOND_HOPS, N_BEYOND_DEADLINE, TOP, FREE = range(9)
"""Places in ``count``: next transaction (-1 - position of one that fails); steps and lots written; the totals; first store
never used and head of the list of those given back (a rule's own book-keeping)."""


_TOTAL_FEN_MAX = 4.6e18  # just under 2**62, by more than the rounding of a sum in floats


class Trail:
    """The books of one trace: ``step`` and ``lot`` grow between kernel calls, ``count`` holds where it stands.

    A kernel stops before the first transaction for which the books might not suffice; its caller lets them grow and calls
    again. So nothing is computed twice, and memory follows what the answer needs.
    """

    def __init__(self, amount_fen, opening_fen, deadline_us, hops_max) -> None:
        assert hops_max >= 1, "the victim's payment itself is hop 1"
        total_fen = float(amount_fen.max(initial=0)) * amount_fen.size + opening_fen.sum(dtype=np.float64)
        if total_fen * max(1, deadline_us.size) >= _TOTAL_FEN_MAX:  # the bound is coarse; ask precisely
            total_fen = amount_fen.sum(dtype=np.float64) + opening_fen.sum(dtype=np.float64)
        assert total_fen < _TOTAL_FEN_MAX, "twice a balance must stay below 2**63"
        assert total_fen * max(1, deadline_us.size) < 2 * _TOTAL_FEN_MAX, "a sum over all seeds must stay below 2**63"
        self.step = np.empty(64, STEP)
        self.lot = np.empty(64, LOT)
        self.count = np.zeros(9, np.int64)
        self.count[FREE] = -1

    def make_room(self, n: int) -> None:
        """See that ``n`` more steps and ``n`` more lots can be written."""
        self.step = grown(self.step, self.count[N_STEPS], n)
        self.lot = grown(self.lot, self.count[N_LOTS], n)

    def assert_solvent(self) -> None:
        """Refuse a world in which an account pays what it does not have: its opening balance is wrong."""
        assert self.count[AT] >= 0, f"transaction at position {-1 - self.count[AT]} takes its payer below zero"

    def answer(self) -> tuple[np.ndarray, ...]:
        """Return the eleven arrays of a trace."""
        step = self.step[: self.count[N_STEPS]]
        lot = self.lot[: self.count[N_LOTS]]
        return (
            step["tx"].astype(np.int64),
            step["seed"].copy(),
            step["hop"].copy(),
            step["fen"].copy(),
            lot["account"].copy(),
            lot["seed"].copy(),
            lot["hop"].copy(),
            lot["end"].astype(np.int8),
            lot["tx"].astype(np.int64),
            lot["fen"].copy(),
            self.count[MIXED_FEN : N_BEYOND_DEADLINE + 1].copy(),
        )


def grown(arena, n_used, n):
    """Return an array that has ``n`` free places after the used ones: the same, or a larger one with the used part copied.

    Parameters
    ----------
    arena : record[capacity]
    n_used : int, places in use
    n : int, places wanted

    Returns
    -------
    arena : record[capacity], at least doubled where it had to grow

    Order
    -----
    Amortised constant time a place.

    Source
    ------
    Doubling array.

    Twin
    ----
    tests/oracles/lots.py (whose lists grow by themselves)
    """
    if n_used + n <= arena.size:
        return arena
    larger = np.empty(max(2 * arena.size, int(n_used + n)), arena.dtype)
    larger[:n_used] = arena[:n_used]
    return larger


@kernel
def pass_untainted(payer_ix, payee_ix, amount_fen, seed_of, word, payee_counts, i):
    """Move untainted money between accounts, from transaction ``i`` on, as long as that is all there is to do.

    Parameters
    ----------
    payer_ix, payee_ix : int32[n_transactions], positions of accounts, in total order of the transactions
    amount_fen : int64[n_transactions], fen
    seed_of : int32[n_transactions], -1 where the transaction is no seed
    word : int64[n_accounts], twice the balance, plus one where the account holds stolen money; changed
    payee_counts : int, 1 if untainted money that reaches stolen money needs attention, else 0
    i : int, first transaction

    Returns
    -------
    i : int64, first transaction that needs attention (a seed, or stolen money); n_transactions if none does; -1 - position of
        one that takes its payer below zero

    Order
    -----
    O(transactions passed); two random accounts each.

    Source
    ------
    House book-keeping.

    Twin
    ----
    tests/oracles/lots.py
    """
    for k in range(np.uint64(i), np.uint64(payer_ix.size)):  # unsigned: no index is tried for counting from the end
        payer = np.uint32(payer_ix[k])
        payee = np.uint32(payee_ix[k])
        if seed_of[k] >= 0:
            return np.int64(k)
        if payer == payee:
            continue
        from_word = word[payer]
        to_word = word[payee]
        if (from_word | (to_word & payee_counts)) & 1:
            return np.int64(k)
        twice = 2 * amount_fen[k]
        if from_word < twice:
            return -1 - np.int64(k)
        word[payer] = from_word - twice
        word[payee] = to_word + twice
    return payer_ix.size


@kernel
def write_step(step, count, tx, seed, hop, fen):
    """Append a step.

    Parameters
    ----------
    step : STEP[capacity]
    count : int64[9]
    tx, seed, hop : int, position of the transaction, of the seed, hop of arrival
    fen : int64, fen

    Returns
    -------
    None

    Order
    -----
    Constant.

    Source
    ------
    House book-keeping.

    Twin
    ----
    tests/oracles/lots.py
    """
    row = step[count[N_STEPS]]
    row["tx"] = tx
    row["seed"] = seed
    row["hop"] = hop
    row["fen"] = fen
    count[N_STEPS] += 1


@kernel
def write_lot(lot, count, account, seed, hop, end, tx, fen):
    """Append a lot that ended and return its row.

    Parameters
    ----------
    lot : LOT[capacity]
    count : int64[9]
    account, seed, hop, end, tx : int, as :data:`LOT` has them
    fen : int64, fen

    Returns
    -------
    row : int64

    Order
    -----
    Constant.

    Source
    ------
    House book-keeping.

    Twin
    ----
    tests/oracles/lots.py
    """
    row = lot[count[N_LOTS]]
    row["account"] = account
    row["seed"] = seed
    row["hop"] = hop
    row["end"] = end
    row["tx"] = tx
    row["fen"] = fen
    count[N_LOTS] += 1
    return count[N_LOTS] - 1


@kernel
def write_beyond(lot, count, row, account, seed, hop, tx, fen, hops_max):
    """Write that money of a lot in an account went where it is not followed; later money of that lot joins the row.

    Parameters
    ----------
    lot : LOT[capacity]
    count : int64[9]
    row : int, row already written for this lot, else -1
    account, seed, hop, tx : int, as :data:`LOT` has them
    fen : int64, fen
    hops_max : int, to tell which limit was met

    Returns
    -------
    row : int64

    Order
    -----
    Constant.

    Source
    ------
    House book-keeping.

    Twin
    ----
    tests/oracles/lots.py
    """
    if row >= 0:
        lot[row]["fen"] += fen
        return row
    if hop >= hops_max:
        count[N_BEYOND_HOPS] += 1
    else:
        count[N_BEYOND_DEADLINE] += 1
    return write_lot(lot, count, account, seed, hop, BEYOND, tx, fen)
