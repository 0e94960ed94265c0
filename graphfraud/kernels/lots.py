"""Tracing by lots: which deposit a payment is paid out of, first in first out, last in first out, or untainted money first.

An account that holds no stolen money is a balance and nothing else; the others hold a queue of lots in one arena. Both states
share one 64-bit word an account (twice the balance, plus one where there is a queue), so that most payments touch two words.
"""

import numpy as np

from graphfraud.kernels.jit import kernel
from graphfraud.kernels.trail import (
    AT,
    FREE,
    LEFT,
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

_FIFO, _LIFO, _LIBR = 0, 1, 2
_CLEAN = -1  # the seed of untainted money

_PIECE = np.dtype(
    [("fen", "i8"), ("seed", "i4"), ("hop", "i4"), ("tx", "i4"), ("next", "i4"), ("beyond", "i4"), ("spare", "i4")], align=True
)
"""A lot in an account: what, whose, brought by which transaction; the next to leave; its row among lots beyond, or -1."""

_QUEUE = np.dtype([("tainted_fen", "i8"), ("head", "i4"), ("tail", "i4"), ("n", "i4"), ("spare", "i4")], align=True)
"""The queue of an account: stolen money in it, first to leave, last to leave, how many."""


def trace_fifo(payer_ix, payee_ix, amount_fen, at_us, seed_of, is_exit, opening_fen, deadline_us, hops_max):
    """Trace stolen money where each account pays out its oldest money first.

    Parameters
    ----------
    payer_ix, payee_ix : int32[n_transactions], positions of accounts, in total order of the transactions
    amount_fen : int64[n_transactions], fen
    at_us : int64[n_transactions], microseconds since 1970 UTC, ascending
    seed_of : int32[n_transactions], seed this transaction is (a victim's own payment), else -1
    is_exit : bool[n_transactions], true where money leaves the accounts that are followed
    opening_fen : int64[n_accounts], fen; enough that no account goes below zero
    deadline_us : int64[n_seeds], last instant at which money of the seed is followed
    hops_max : int, at least 1; money at this hop is not followed further

    Returns
    -------
    step_tx : int64[n_steps], transaction that moved the money; ascending
    step_seed, step_hop : int32[n_steps], seed it came from; hop of the account it reached (the victim's payee has 1)
    step_fen : int64[n_steps], fen
    lot_account : int32[n_lots], account the money rests in, left from, or was last followed to
    lot_seed, lot_hop : int32[n_lots], as the step ``lot_tx`` has them
    lot_end : int8[n_lots], 0 rests at the end, 1 left by exit transaction ``lot_tx``, 2 went on beyond hops_max or the deadline
    lot_tx : int64[n_lots], transaction that brought the money there (0, 2) or by which it left (1)
    lot_fen : int64[n_lots], fen
    totals : int64[4], mixed_fen (0 here), seed_shortfall_fen, lots beyond hops_max, lots beyond their deadline

    Notes
    -----
    A step is a run of neighbouring money of one seed and hop; a lot is what one step brought to one place in the queue. Rows of
    ends 1 and 2 stand in order of event, then those that rest, by account, next to leave first. A seed takes its payer's
    untainted money only; what that lacks is the shortfall. Transfers to oneself move nothing, but a seed of that kind turns own
    money into the seed's. Per seed, the lots sum to its payments.

    Raises
    ------
    AssertionError
        If an account would go below zero.

    Order
    -----
    O(transactions + steps); 12 bytes an account, 24 more once it held stolen money, 32 a lot alive.

    Source
    ------
    Clayton's Case (Devaynes v Noble, 1816); 先进先出.

    Twin
    ----
    tests/oracles/lots.py
    """
    return _trace(_FIFO, payer_ix, payee_ix, amount_fen, at_us, seed_of, is_exit, opening_fen, deadline_us, hops_max)


def trace_lifo(payer_ix, payee_ix, amount_fen, at_us, seed_of, is_exit, opening_fen, deadline_us, hops_max):
    """Trace stolen money where each account pays out its newest money first.

    Parameters
    ----------
    payer_ix, payee_ix, amount_fen, at_us, seed_of, is_exit, opening_fen, deadline_us, hops_max : as :func:`trace_fifo`

    Returns
    -------
    The eleven arrays of :func:`trace_fifo`. Pieces of one payment are laid on the payee's pile in the order they leave.

    Order
    -----
    As :func:`trace_fifo`.

    Source
    ------
    后进先出; the reverse of Clayton's Case.

    Twin
    ----
    tests/oracles/lots.py
    """
    return _trace(_LIFO, payer_ix, payee_ix, amount_fen, at_us, seed_of, is_exit, opening_fen, deadline_us, hops_max)


def trace_libr(payer_ix, payee_ix, amount_fen, at_us, seed_of, is_exit, opening_fen, deadline_us, hops_max):
    """Trace stolen money where each account pays out untainted money first, then its oldest stolen money.

    Parameters
    ----------
    payer_ix, payee_ix, amount_fen, at_us, seed_of, is_exit, opening_fen, deadline_us, hops_max : as :func:`trace_fifo`

    Returns
    -------
    The eleven arrays of :func:`trace_fifo`.

    Order
    -----
    As :func:`trace_fifo`.

    Source
    ------
    Lowest intermediate balance: In re Hallett's Estate (1880), James Roscoe (Bolton) Ltd v Winder (1915); 最低中间余额.

    Twin
    ----
    tests/oracles/lots.py
    """
    return _trace(_LIBR, payer_ix, payee_ix, amount_fen, at_us, seed_of, is_exit, opening_fen, deadline_us, hops_max)


def _trace(rule, payer_ix, payee_ix, amount_fen, at_us, seed_of, is_exit, opening_fen, deadline_us, hops_max):
    trail = Trail(amount_fen, opening_fen, deadline_us, hops_max)
    word = opening_fen * 2
    queue = np.zeros(opening_fen.size, _QUEUE)
    piece = np.empty(64, _PIECE)
    while True:
        n_wanted = _run(
            rule, payer_ix, payee_ix, amount_fen, at_us, seed_of, is_exit, deadline_us, hops_max,
            word, queue, piece, trail.step, trail.lot, trail.count,
        )  # fmt: skip
        if n_wanted == 0:
            break
        trail.make_room(n_wanted)
        piece = grown(piece, trail.count[TOP], 4)
    trail.assert_solvent()
    trail.make_room(int(queue["n"][(word & 1) == 1].sum()))
    _rest(word, queue, piece, trail.lot, trail.count)
    return trail.answer()


@kernel
def _run(
    rule, payer_ix, payee_ix, amount_fen, at_us, seed_of, is_exit, deadline_us, hops_max, word, queue, piece, step, lot, count
):
    """Go on from transaction ``count[AT]`` and return 0 at the end, else how many steps and lots want room before the next."""
    i = count[AT]
    while True:
        i = pass_untainted(payer_ix, payee_ix, amount_fen, seed_of, word, 0 if rule == _LIBR else 1, i)
        if i < 0 or i == payer_ix.size:
            count[AT] = i
            return 0
        payer = payer_ix[i]
        payee = payee_ix[i]
        seed = seed_of[i]
        amount = amount_fen[i]
        n_wanted = queue[payer]["n"] + 2
        if count[N_STEPS] + n_wanted > step.size or count[N_LOTS] + n_wanted > lot.size or count[TOP] + 4 > piece.size:
            count[AT] = i
            return n_wanted
        if payer != payee and (word[payer] >> 1) < amount:
            count[AT] = -1 - i
            return 0
        if seed != _CLEAN:
            count[SHORTFALL_FEN] += amount - _take_clean(rule, word, queue, piece, count, payer, amount)
            write_step(step, count, i, seed, 1, amount)
            if is_exit[i]:
                write_lot(lot, count, payer, seed, 1, LEFT, i, amount)
                _give_clean(rule, word, queue, piece, count, payee, amount)
            else:
                _give(rule, word, queue, piece, count, payee, seed, 1, i, amount)
        else:
            _pay(
                rule, word, queue, piece, step, lot, count,
                payer, payee, amount, i, at_us[i], is_exit[i], deadline_us, hops_max,
            )  # fmt: skip
        if word[payer] & 1 and queue[payer]["tainted_fen"] == 0:
            _forget(word, queue, piece, count, payer)
        i += 1


@kernel
def _pay(rule, word, queue, piece, step, lot, count, payer, payee, amount, tx, at, leaves, deadline_us, hops_max):
    """Move ``amount`` from payer to payee, piece by piece in the order of the rule."""
    if word[payer] & 1 == 0:
        word[payer] -= 2 * amount
        _give_clean(rule, word, queue, piece, count, payee, amount)
        return
    own = queue[payer]
    if rule == _LIBR:
        clean = min(amount, (word[payer] >> 1) - own["tainted_fen"])
        if clean:
            word[payer] -= 2 * clean
            amount -= clean
            _give_clean(rule, word, queue, piece, count, payee, clean)
    run_seed = _CLEAN  # seed and hop of the run the last piece belongs to
    run_hop = 0
    while amount:
        k = own["head"]
        seed = piece[k]["seed"]
        hop = piece[k]["hop"]
        fen = min(amount, piece[k]["fen"])
        amount -= fen
        word[payer] -= 2 * fen
        if seed == _CLEAN:
            run_seed = _CLEAN
            _give_clean(rule, word, queue, piece, count, payee, fen)
        else:
            own["tainted_fen"] -= fen
            if hop >= hops_max or at > deadline_us[seed]:
                run_seed = _CLEAN
                piece[k]["beyond"] = write_beyond(
                    lot, count, piece[k]["beyond"], payer, seed, hop, piece[k]["tx"], fen, hops_max
                )
                _give_clean(rule, word, queue, piece, count, payee, fen)
            else:
                joins = seed == run_seed and hop == run_hop
                run_seed = seed
                run_hop = hop
                if joins:
                    step[count[N_STEPS] - 1]["fen"] += fen
                else:
                    write_step(step, count, tx, seed, hop + 1, fen)
                if leaves:
                    if joins:
                        lot[count[N_LOTS] - 1]["fen"] += fen
                    else:
                        write_lot(lot, count, payer, seed, hop + 1, LEFT, tx, fen)
                    _give_clean(rule, word, queue, piece, count, payee, fen)
                else:
                    _give(rule, word, queue, piece, count, payee, seed, hop + 1, tx, fen)
        piece[k]["fen"] -= fen
        if piece[k]["fen"] == 0:
            own["head"] = piece[k]["next"]
            own["n"] -= 1
            _give_back(piece, count, k)


@kernel
def _take_clean(rule, word, queue, piece, count, payer, amount):
    """Take up to ``amount`` of untainted money out of an account and return how much that was."""
    own = queue[payer]
    clean = word[payer] >> 1
    if word[payer] & 1:
        clean -= own["tainted_fen"]
    amount = min(amount, clean)
    word[payer] -= 2 * amount
    if word[payer] & 1 == 0 or rule == _LIBR:
        return amount
    rest = amount
    before = -1
    k = own["head"]
    while rest:
        after = piece[k]["next"]
        if piece[k]["seed"] != _CLEAN:
            before = k
        else:
            fen = min(rest, piece[k]["fen"])
            rest -= fen
            piece[k]["fen"] -= fen
            if piece[k]["fen"] == 0:
                if before < 0:
                    own["head"] = after
                else:
                    piece[before]["next"] = after
                if own["tail"] == k:
                    own["tail"] = before
                own["n"] -= 1
                _give_back(piece, count, k)
        k = after
    return amount


@kernel
def _give_clean(rule, word, queue, piece, count, payee, fen):
    """Add untainted money to an account; beside untainted money it needs no lot of its own."""
    if word[payee] & 1 and rule != _LIBR:
        _lay(rule, queue, piece, count, payee, _CLEAN, 0, -1, fen)
    word[payee] += 2 * fen


@kernel
def _give(rule, word, queue, piece, count, payee, seed, hop, tx, fen):
    """Add stolen money to an account, which gets a queue if it had none: its balance so far is the oldest lot."""
    own = queue[payee]
    if word[payee] & 1 == 0:
        own["n"] = 0
        own["head"] = -1
        own["tail"] = -1
        if word[payee] and rule != _LIBR:
            _lay(rule, queue, piece, count, payee, _CLEAN, 0, -1, word[payee] >> 1)
        word[payee] += 1
    _lay(rule, queue, piece, count, payee, seed, hop, tx, fen)
    own["tainted_fen"] += fen
    word[payee] += 2 * fen


@kernel
def _lay(rule, queue, piece, count, account, seed, hop, tx, fen):
    """Put a lot where the rule lets it wait, joining its neighbour where both came by one transaction (or are untainted)."""
    own = queue[account]
    neighbour = own["head"] if rule == _LIFO else own["tail"]
    if own["n"]:
        beside = piece[neighbour]
        if beside["seed"] == seed and beside["hop"] == hop and beside["tx"] == tx:
            beside["fen"] += fen
            return
    k = count[FREE]
    if k >= 0:
        count[FREE] = piece[k]["next"]
    else:
        k = count[TOP]
        count[TOP] += 1
    new = piece[k]
    new["fen"] = fen
    new["seed"] = seed
    new["hop"] = hop
    new["tx"] = tx
    new["beyond"] = -1
    new["next"] = -1
    if own["n"] == 0:
        own["head"] = k
        own["tail"] = k
    elif rule == _LIFO:
        new["next"] = neighbour
        own["head"] = k
    else:
        piece[neighbour]["next"] = k
        own["tail"] = k
    own["n"] += 1


@kernel
def _give_back(piece, count, k):
    piece[k]["next"] = count[FREE]
    count[FREE] = k


@kernel
def _forget(word, queue, piece, count, account):
    """Turn an account without stolen money back into a balance."""
    own = queue[account]
    k = own["head"]
    for _ in range(own["n"]):
        after = piece[k]["next"]
        _give_back(piece, count, k)
        k = after
    own["n"] = 0
    word[account] -= 1


@kernel
def _rest(word, queue, piece, lot, count):
    """Write the lots that are still in accounts."""
    for account in range(word.size):
        if word[account] & 1:
            k = queue[account]["head"]
            for _ in range(queue[account]["n"]):
                resting = piece[k]
                if resting["seed"] != _CLEAN:
                    write_lot(lot, count, account, resting["seed"], resting["hop"], RESTS, resting["tx"], resting["fen"])
                k = resting["next"]
