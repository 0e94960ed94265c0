"""Worlds of chance: who shares what, dealt anew with every account and every thing keeping its number of ties."""

import numpy as np

from graphfraud.kernels.jit import kernel

_BURN_IN = 5  # the first world starts from the real one and is stirred longer
_BLOCK = 128  # tries drawn ahead
_BITS = 32
_THING = (1 << _BITS) - 1
_ALONE = _THING  # stands for every thing that one account has: the worlds are the same whichever it is
_UNSEEN = -1


@kernel
def rewire(start, account_ix, thing_ix, group_start, group_tie, n_things, n_worlds, n_swaps, rng_seed):
    """Count, in worlds of chance, the pairs of ties of a group that meet at one thing.

    Parameters
    ----------
    start : int64[n_accounts + 1], ties of account a are ``start[a]:start[a + 1]``
    account_ix, thing_ix : int32[n_ties], distinct pairs sorted by account
    group_start : int64[n_groups + 1], the ties of group g's members are ``group_tie[group_start[g]:group_start[g + 1]]``
    group_tie : int64[sum], positions of ties
    n_things : int
    n_worlds : int
    n_swaps : int, swaps tried from one world to the next
    rng_seed : int

    Returns
    -------
    pairs : int64[n_worlds + 1, n_groups]; row 0 is the real world

    Order
    -----
    O(worlds (swaps + group ties)) expected, as accounts have few ties; memory 8 bytes a tie and 8 a thing.

    Source
    ------
    Two ties change things unless a tie would double (Maslov and Sneppen, Science 296, 2002; bipartite: Gotelli, Ecology 81,
    2000). Chance by splitmix64 (Steele, Lea and Flood, OOPSLA 2014).

    Twin
    ----
    tests/oracles/rewire.py
    """
    n_ties = thing_ix.size
    n_groups = group_start.size - 1
    count = np.zeros(n_things, np.int64)
    for t in thing_ix:
        count[t] += 1
    cell = np.empty(n_ties, np.int64)  # first tie of the tie's account, and its thing: one look at memory tells both
    met = np.zeros((n_ties >> 3) + 1, np.uint8)  # a bit for each tie: several accounts have its thing
    for k in range(n_ties):
        several = count[thing_ix[k]] > 1
        cell[k] = start[account_ix[k]] << _BITS | (thing_ix[k] if several else _ALONE)
        met[k >> 3] |= np.uint8(several) << np.uint8(k & 7)
    count[:] = 0
    pairs = np.empty((n_worlds + 1, n_groups), np.int64)
    state = np.uint64(rng_seed)
    first, second = np.empty(_BLOCK, np.int64), np.empty(_BLOCK, np.int64)
    own, other = np.empty(_BLOCK, np.int64), np.empty(_BLOCK, np.int64)
    for world in range(n_worlds + 1):
        n_left = 0
        if world > 0 and n_ties > 1:
            n_left = n_swaps if world > 1 else n_swaps * _BURN_IN
        while n_left > 0:
            n_here = min(n_left, _BLOCK)
            n_left -= n_here
            for k in range(n_here):
                state, x = _chance(state)
                state, y = _chance(state)
                first[k], second[k] = np.int64(x % np.uint64(n_ties)), np.int64(y % np.uint64(n_ties))
            # Memory is what takes time: it is asked for the whole block at once, before the first swap waits for it.
            for k in range(n_here):
                if _is_set(met, first[k]) or _is_set(met, second[k]):
                    own[k], other[k] = cell[first[k]] >> _BITS, cell[second[k]] >> _BITS
                else:
                    own[k], other[k] = _UNSEEN, _UNSEEN
            for k in range(n_here):
                e, f = first[k], second[k]
                e_met, f_met = _is_set(met, e), _is_set(met, f)
                if not (e_met or f_met):
                    continue  # two things of one account each: whichever has which, they meet nobody
                if own[k] == _UNSEEN:
                    own[k], other[k] = cell[e] >> _BITS, cell[f] >> _BITS
                here, there = cell[e] & _THING, cell[f] & _THING
                if own[k] == other[k] or here == there:
                    continue
                if (f_met and _has(cell, own[k], there)) or (e_met and _has(cell, other[k], here)):
                    continue
                cell[e], cell[f] = own[k] << _BITS | there, other[k] << _BITS | here
                if e_met != f_met:
                    met[e >> 3] ^= np.uint8(1) << np.uint8(e & 7)
                    met[f >> 3] ^= np.uint8(1) << np.uint8(f & 7)
        for g in range(n_groups):
            total = 0
            for k in range(group_start[g], group_start[g + 1]):
                t = cell[group_tie[k]] & _THING
                if t != _ALONE:
                    total += count[t]
                    count[t] += 1
            for k in range(group_start[g], group_start[g + 1]):
                t = cell[group_tie[k]] & _THING
                if t != _ALONE:
                    count[t] = 0
            pairs[world, g] = total
    return pairs


@kernel
def _is_set(bits, k):
    return bits[k >> 3] >> np.uint8(k & 7) & np.uint8(1) != 0


@kernel
def _chance(state):
    """Return the next state and 64 random bits."""
    state += np.uint64(0x9E3779B97F4A7C15)
    z = state
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return state, z ^ (z >> np.uint64(31))


@kernel
def _has(cell, begin, wanted):
    """Tell whether the account whose ties begin there has a tie to a thing."""
    k = begin
    while k < cell.size and cell[k] >> _BITS == begin:
        if cell[k] & _THING == wanted:
            return True
        k += 1
    return False
