"""Tracing by poison: an account once reached is contaminated whole.

Contaminations of an account are a list sorted by seed in one arena; they never end, so nothing is given back. As in
:mod:`graphfraud.kernels.lots`, one 64-bit word an account is twice its balance, plus one where it is contaminated.
"""

import numpy as np

from graphfraud.kernels.jit import kernel
from graphfraud.kernels.trail import (
    AT,
    LEFT,
    MIXED_FEN,
    N_LOTS,
    N_STEPS,
    RESTS,
    SHORTFALL_FEN,
    TOP,
    Trail,
    grown,
    pass_untainted,
    write_beyond,
    write_lot,
    write_step,
)

_CLEAN = -1  # the seed of untainted money

_MARK = np.dtype([("seed", "i4"), ("hop", "i4"), ("tx", "i4"), ("beyond", "i4"), ("next", "i4")], align=True)
"""A contamination: whose, fewest hops known, the transaction that brought it; its row beyond, or -1; that of the next seed."""


def trace_poison(payer_ix, payee_ix, amount_fen, at_us, seed_of, is_exit, opening_fen, deadline_us, hops_max):
    """Trace stolen money where an account, once reached by a seed, is wholly that seed's from then on.

    Parameters
    ----------
    payer_ix, payee_ix, amount_fen, at_us, seed_of, is_exit, opening_fen, deadline_us, hops_max : as
        :func:`graphfraud.kernels.lots.trace_fifo`

    Returns
    -------
    The eleven arrays of :func:`graphfraud.kernels.lots.trace_fifo`. The hop of an account is the fewest known when it pays. An
    account contaminated by several seeds counts whole for each of them. ``lot_tx`` of a balance that rests is the transaction
    that brought its hop; balances of zero are not written.

    Notes
    -----
    ``mixed_fen`` (``totals[0]``) is the untainted money that became a seed's, summed over seeds, less what a seed payment took
    out of a contaminated account as its victim's own. So *seeds + mixed = lots*. ``seed_shortfall_fen`` is what seed payments
    took out of accounts contaminated by any seed, for by this rule those hold no untainted money.

    Raises
    ------
    AssertionError
        If an account would go below zero.

    Order
    -----
    O(transactions + contaminations of their payers and payees); 12 bytes an account, 20 a contamination.

    Source
    ------
    全额污染 (poison); Moser, Bohme and Breuker, Towards risk scoring of Bitcoin transactions (2014).

    Twin
    ----
    tests/oracles/poison.py
    """
    trail = Trail(amount_fen, opening_fen, deadline_us, hops_max)
    word = opening_fen * 2
    head = np.full(opening_fen.size, -1, np.int32)
    mark = np.empty(64, _MARK)
    while True:
        n_wanted = _run(
            payer_ix, payee_ix, amount_fen, at_us, seed_of, is_exit, deadline_us, hops_max,
            word, head, mark, trail.step, trail.lot, trail.count,
        )  # fmt: skip
        if n_wanted == 0:
            break
        trail.make_room(n_wanted)
        mark = grown(mark, trail.count[TOP], n_wanted)
    trail.assert_solvent()
    trail.make_room(int(trail.count[TOP]))
    _rest(word, head, mark, trail.lot, trail.count)
    return trail.answer()


@kernel
def _run(payer_ix, payee_ix, amount_fen, at_us, seed_of, is_exit, deadline_us, hops_max, word, head, mark, step, lot, count):
    """Go on from transaction ``count[AT]`` and return 0 at the end, else how many places want room before the next."""
    n_wanted = deadline_us.size + 2  # no account has more contaminations than there are seeds
    i = count[AT]
    while True:
        i = pass_untainted(payer_ix, payee_ix, amount_fen, seed_of, word, 1, i)
        if i < 0 or i == payer_ix.size:
            count[AT] = i
            return 0
        payer = payer_ix[i]
        payee = payee_ix[i]
        seed = seed_of[i]
        amount = amount_fen[i]
        if count[N_STEPS] + n_wanted > step.size or count[N_LOTS] + n_wanted > lot.size or count[TOP] + n_wanted > mark.size:
            count[AT] = i
            return n_wanted
        if payer != payee and (word[payer] >> 1) < amount:
            count[AT] = -1 - i
            return 0
        word[payer] -= 2 * amount
        if seed != _CLEAN:
            _pay_seed(word, head, mark, step, lot, count, payer, payee, amount, i, seed, is_exit[i])
        else:
            _pay(word, head, mark, step, lot, count, payer, payee, amount, i, at_us[i], is_exit[i], deadline_us, hops_max)
        word[payee] += 2 * amount
        i += 1


@kernel
def _pay_seed(word, head, mark, step, lot, count, payer, payee, amount, tx, seed, leaves):
    """A victim's own money leaves whatever the payer is contaminated by, and contaminates the payee."""
    if word[payer] & 1:
        count[SHORTFALL_FEN] += amount
    k = head[payer]
    while k >= 0:
        count[MIXED_FEN] -= amount
        k = mark[k]["next"]
    write_step(step, count, tx, seed, 1, amount)
    if leaves:
        write_lot(lot, count, payer, seed, 1, LEFT, tx, amount)
    k = head[payee]
    while k >= 0:
        if leaves or mark[k]["seed"] != seed:
            count[MIXED_FEN] += amount
        k = mark[k]["next"]
    if not leaves:
        _reach(word, head, mark, count, payee, -1, seed, 1, tx)


@kernel
def _pay(word, head, mark, step, lot, count, payer, payee, amount, tx, at, leaves, deadline_us, hops_max):
    """Carry every contamination of the payer that still travels over to the payee, both lists walked once."""
    before = -1  # the payee's last contamination of a smaller seed
    there = head[payee]
    here = head[payer]
    while here >= 0:
        mine = mark[here]
        seed = mine["seed"]
        hop = mine["hop"]
        travels = False
        if hop >= hops_max or at > deadline_us[seed]:
            mine["beyond"] = write_beyond(lot, count, mine["beyond"], payer, seed, hop, mine["tx"], amount, hops_max)
        else:
            write_step(step, count, tx, seed, hop + 1, amount)
            if leaves:
                write_lot(lot, count, payer, seed, hop + 1, LEFT, tx, amount)
            travels = not leaves
        while there >= 0 and mark[there]["seed"] < seed:
            count[MIXED_FEN] += amount
            before = there
            there = mark[there]["next"]
        if travels:
            before = _reach(word, head, mark, count, payee, before, seed, hop + 1, tx)
            there = mark[before]["next"]
        here = mine["next"]
    while there >= 0:
        count[MIXED_FEN] += amount
        there = mark[there]["next"]


@kernel
def _reach(word, head, mark, count, account, before, seed, hop, tx):
    """Contaminate an account, or lessen its hop, and return the contamination; ``before`` is one of a smaller seed, or -1."""
    k = mark[before]["next"] if before >= 0 else head[account]
    while k >= 0 and mark[k]["seed"] < seed:
        before = k
        k = mark[k]["next"]
    if k < 0 or mark[k]["seed"] != seed:
        count[MIXED_FEN] += word[account] >> 1
        fresh = count[TOP]
        count[TOP] += 1
        mark[fresh]["seed"] = seed
        mark[fresh]["next"] = k
        mark[fresh]["hop"] = hop + 1
        if before < 0:
            head[account] = fresh
        else:
            mark[before]["next"] = fresh
        word[account] |= 1
        k = fresh
    if hop < mark[k]["hop"]:
        mark[k]["hop"] = hop
        mark[k]["tx"] = tx
        mark[k]["beyond"] = -1
    return k


@kernel
def _rest(word, head, mark, lot, count):
    """Write the whole balance of each contaminated account, for each of its seeds."""
    for account in range(word.size):
        k = head[account]
        while k >= 0:
            if word[account] > 1:
                write_lot(lot, count, account, mark[k]["seed"], mark[k]["hop"], RESTS, mark[k]["tx"], word[account] >> 1)
            k = mark[k]["next"]
