"""Tracing by shares: each payment is a cut through everything its payer holds.

An account that holds no stolen money is a balance and nothing else; the others hold parts in a block of one arena, sorted by
(seed, hop), so that two accounts merge like two sorted lists. As in :mod:`graphfraud.kernels.lots`, one 64-bit word an account
is twice its balance, plus one where there is a block.
"""

import numpy as np

from graphfraud.kernels.jit import kernel
from graphfraud.kernels.muldiv import muldivmod
from graphfraud.kernels.trail import (
    AT,
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

_CLEAN = -1  # the seed of untainted money
_HOP_BITS = 32

_PART = np.dtype([("fen", "i8"), ("key", "i8"), ("tx", "i4"), ("beyond", "i4")], align=True)
"""Stolen money of one seed and hop (key = seed << 32 | hop): the last transaction that brought some; its row beyond, or -1."""

_BLOCK = np.dtype([("tainted_fen", "i8"), ("first", "i4"), ("n", "i4"), ("size", "i4"), ("spare", "i4")], align=True)
"""The parts of an account: their sum, where they stand in the arena, how many, log2 of the places there."""

_PIECE = np.dtype([("fen", "i8"), ("key", "i8"), ("rest", "i8"), ("rank", "i8")], align=True)
"""Scratch: what a payment takes of each part, and what its division left over."""


def trace_pro_rata(payer_ix, payee_ix, amount_fen, at_us, seed_of, is_exit, opening_fen, deadline_us, hops_max):
    """Trace stolen money where each payment takes the same share of everything its payer holds.

    Parameters
    ----------
    payer_ix, payee_ix, amount_fen, at_us, seed_of, is_exit, opening_fen, deadline_us, hops_max : as
        :func:`graphfraud.kernels.lots.trace_fifo`

    Returns
    -------
    The eleven arrays of :func:`graphfraud.kernels.lots.trace_fifo`. Money of one seed and hop in an account is one part, hence
    one lot; its ``lot_tx`` is the last transaction that brought some. Steps of one transaction stand by (seed, hop), as do the
    lots of an account.

    Notes
    -----
    A payment of ``w`` out of a balance of ``b`` takes ``w * part // b`` of each part; the fen still wanting go one each to the
    largest remainders, among equals to untainted money first, then by (seed, hop).

    Raises
    ------
    AssertionError
        If an account would go below zero.

    Order
    -----
    O(transactions + parts of their payers and payees); 8 bytes an account, 24 more once it held stolen money, 24 a part.

    Source
    ------
    按比例 (haircut); Barlow Clowes v Vaughan (1992). Largest remainder: Hamilton's method.

    Twin
    ----
    tests/oracles/shares.py
    """
    trail = Trail(amount_fen, opening_fen, deadline_us, hops_max)
    word = opening_fen * 2
    block = np.zeros(opening_fen.size, _BLOCK)
    part = np.empty(64, _PART)
    piece = np.empty(64, _PIECE)
    given_back = np.full(32, -1, np.int32)
    while True:
        n_wanted = _run(
            payer_ix, payee_ix, amount_fen, at_us, seed_of, is_exit, deadline_us, hops_max,
            word, block, part, piece, given_back, trail.step, trail.lot, trail.count,
        )  # fmt: skip
        if n_wanted == 0:
            break
        trail.make_room(n_wanted)
        part = grown(part, trail.count[TOP], 2 * n_wanted)
        piece = grown(piece, 0, n_wanted)
    trail.assert_solvent()
    trail.make_room(int(block["n"][(word & 1) == 1].sum()))
    _rest(word, block, part, trail.lot, trail.count)
    return trail.answer()


@kernel
def _run(
    payer_ix, payee_ix, amount_fen, at_us, seed_of, is_exit, deadline_us, hops_max,
    word, block, part, piece, given_back, step, lot, count,
):  # fmt: skip
    """Go on from transaction ``count[AT]`` and return 0 at the end, else how many places want room before the next."""
    i = count[AT]
    while True:
        i = pass_untainted(payer_ix, payee_ix, amount_fen, seed_of, word, 0, i)
        if i < 0 or i == payer_ix.size:
            count[AT] = i
            return 0
        payer = payer_ix[i]
        payee = payee_ix[i]
        seed = seed_of[i]
        amount = amount_fen[i]
        own = block[payer]
        if seed == _CLEAN and 2.0 * amount * own["tainted_fen"] < 0.99 * (word[payer] >> 1):
            # all stolen parts together owe less than half a fen: the one spare fen is of untainted money
            word[payer] -= 2 * amount
            word[payee] += 2 * amount
            i += 1
            continue
        n_wanted = 2
        if word[payer] & 1:
            n_wanted += own["n"]
        n_places = n_wanted
        if word[payee] & 1:
            n_places += block[payee]["n"]
        if (
            count[N_STEPS] + n_wanted > step.size
            or count[N_LOTS] + n_wanted > lot.size
            or count[TOP] + 2 * n_places > part.size
            or n_wanted > piece.size
        ):
            count[AT] = i
            return n_places
        if payer != payee and (word[payer] >> 1) < amount:
            count[AT] = -1 - i
            return 0
        if seed != _CLEAN:
            clean = word[payer] >> 1
            if word[payer] & 1:
                clean -= own["tainted_fen"]
            clean = min(clean, amount)
            count[SHORTFALL_FEN] += amount - clean
            word[payer] -= 2 * clean
            word[payee] += 2 * amount
            write_step(step, count, i, seed, 1, amount)
            if is_exit[i]:
                write_lot(lot, count, payer, seed, 1, LEFT, i, amount)
            else:
                piece[0]["key"] = (np.int64(seed) << _HOP_BITS) + 1
                piece[0]["fen"] = amount
                _merge(word, block, part, given_back, count, payee, piece, 1, i)
        else:
            _divide(word[payer] >> 1, own, part, piece, amount)
            n_moved = _pay(
                word, block, part, piece, given_back, step, lot, count,
                payer, amount, i, at_us[i], is_exit[i], deadline_us, hops_max,
            )  # fmt: skip
            word[payee] += 2 * amount
            if n_moved:
                _merge(word, block, part, given_back, count, payee, piece, n_moved, i)
        i += 1


@kernel
def _divide(balance, own, part, piece, amount):
    """Write what a payment takes: ``piece[0]`` of untainted money, ``piece[j + 1]`` of part j; they sum to ``amount``."""
    n = own["n"] + 1
    spare = amount
    for j in range(n):
        whole = part[own["first"] + j - 1]["fen"] if j else balance - own["tainted_fen"]
        fen, rest = muldivmod(amount, whole, balance)
        piece[j]["fen"] = fen
        piece[j]["rest"] = rest
        piece[j]["rank"] = rest
        spare -= fen
    if spare == 0:
        return
    least = _kth_largest(piece, n, spare)
    for j in range(n):
        if piece[j]["rest"] > least:
            piece[j]["fen"] += 1
            spare -= 1
    for j in range(n):
        if spare and piece[j]["rest"] == least:
            piece[j]["fen"] += 1
            spare -= 1


@kernel
def _kth_largest(piece, n, k):
    """Return the k-th largest remainder, k from 1; Hoare's selection, which disorders the ranks."""
    low = 0
    high = n - 1
    want = k - 1
    while low < high:
        pivot = piece[(low + high) // 2]["rank"]
        i = low
        j = high
        while i <= j:
            while piece[i]["rank"] > pivot:
                i += 1
            while piece[j]["rank"] < pivot:
                j -= 1
            if i <= j:
                swap = piece[i]["rank"]
                piece[i]["rank"] = piece[j]["rank"]
                piece[j]["rank"] = swap
                i += 1
                j -= 1
        if want <= j:
            high = j
        elif want >= i:
            low = i
        else:
            break
    return piece[want]["rank"]


@kernel
def _pay(word, block, part, piece, given_back, step, lot, count, payer, amount, tx, at, leaves, deadline_us, hops_max):
    """Take the pieces out of the payer and return how many travel on; those stand at the front of ``piece``."""
    own = block[payer]
    first = own["first"]
    word[payer] -= 2 * amount
    n_moved = 0
    n_kept = 0
    for j in range(own["n"]):
        here = part[first + j]
        fen = piece[j + 1]["fen"]
        key = here["key"]
        if fen:
            seed = key >> _HOP_BITS
            hop = key & 0xFFFFFFFF
            here["fen"] -= fen
            own["tainted_fen"] -= fen
            if hop >= hops_max or at > deadline_us[seed]:
                here["beyond"] = write_beyond(lot, count, here["beyond"], payer, seed, hop, here["tx"], fen, hops_max)
            else:
                write_step(step, count, tx, seed, hop + 1, fen)
                if leaves:
                    write_lot(lot, count, payer, seed, hop + 1, LEFT, tx, fen)
                else:
                    piece[n_moved]["key"] = key + 1
                    piece[n_moved]["fen"] = fen
                    n_moved += 1
        if here["fen"]:
            if n_kept < j:
                _copy(part, first + n_kept, first + j)
            n_kept += 1
    own["n"] = n_kept
    if n_kept == 0:
        word[payer] -= 1
        _give_back(part, given_back, first, own["size"])
    return n_moved


@kernel
def _merge(word, block, part, given_back, count, payee, piece, n_moved, tx):
    """Merge the first pieces into the parts of an account; ``word`` already holds their money."""
    own = block[payee]
    if word[payee] & 1 == 0:
        word[payee] += 1
        own["n"] = 0
        own["tainted_fen"] = 0
        own["size"] = 1
        own["first"] = _take_block(part, given_back, count, 1)
    n_old = own["n"]
    n = n_old + n_moved
    j = 0
    for k in range(n_moved):  # count the keys both have
        while j < n_old and part[own["first"] + j]["key"] < piece[k]["key"]:
            j += 1
        if j < n_old and part[own["first"] + j]["key"] == piece[k]["key"]:
            n -= 1
    first = own["first"]
    size = own["size"]
    if n > 1 << size:
        while n > 1 << own["size"]:
            own["size"] += 1
        own["first"] = _take_block(part, given_back, count, own["size"])
    _weave(part, first, n_old, piece, n_moved, own["first"], n, tx)
    if own["size"] > size:
        _give_back(part, given_back, first, size)
    own["n"] = n
    for k in range(n_moved):
        own["tainted_fen"] += piece[k]["fen"]


@kernel
def _weave(part, source, n_old, piece, n_moved, target, n, tx):
    """Merge from the largest key down, which is safe in place (source is target) as well as into a fresh block."""
    j = n_old - 1
    k = n_moved - 1
    for place in range(target + n - 1, target - 1, -1):
        if k < 0 or (j >= 0 and part[source + j]["key"] > piece[k]["key"]):
            if place != source + j:
                _copy(part, place, source + j)
            j -= 1
            continue
        fen = piece[k]["fen"]
        if j >= 0 and part[source + j]["key"] == piece[k]["key"]:
            fen += part[source + j]["fen"]
            j -= 1
        new = part[place]
        new["fen"] = fen
        new["key"] = piece[k]["key"]
        new["tx"] = tx
        new["beyond"] = -1
        k -= 1


@kernel
def _copy(part, target, source):
    to = part[target]
    was = part[source]
    to["fen"] = was["fen"]
    to["key"] = was["key"]
    to["tx"] = was["tx"]
    to["beyond"] = was["beyond"]


@kernel
def _take_block(part, given_back, count, size):
    """Return where a block of ``2**size`` places begins."""
    first = given_back[size]
    if first >= 0:
        given_back[size] = part[first]["beyond"]
        return first
    first = count[TOP]
    count[TOP] += 1 << size
    return first


@kernel
def _give_back(part, given_back, first, size):
    part[first]["beyond"] = given_back[size]
    given_back[size] = first


@kernel
def _rest(word, block, part, lot, count):
    """Write the parts that are still in accounts."""
    for account in range(word.size):
        if word[account] & 1:
            for j in range(block[account]["n"]):
                resting = part[block[account]["first"] + j]
                key = resting["key"]
                write_lot(lot, count, account, key >> _HOP_BITS, key & 0xFFFFFFFF, RESTS, resting["tx"], resting["fen"])
