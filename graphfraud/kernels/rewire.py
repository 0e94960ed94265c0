"""Worlds of chance: who shares what, dealt anew with every account and every thing keeping its number of ties."""

import numpy as np

from graphfraud.kernels.jit import kernel

_BURN_IN = 5  # the first world starts from the real one and is stirred longer


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
    O(worlds (swaps + group ties)) expected, as accounts have few ties; memory 4 bytes a tie and 8 a thing.

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
    thing = thing_ix.copy()
    count = np.zeros(n_things, np.int64)
    pairs = np.empty((n_worlds + 1, n_groups), np.int64)
    state = np.uint64(rng_seed)
    for world in range(n_worlds + 1):
        n_tries = 0
        if world > 0 and n_ties > 1:
            n_tries = n_swaps if world > 1 else n_swaps * _BURN_IN
        for _ in range(n_tries):
            state, x = _chance(state)
            state, y = _chance(state)
            e = np.int64(x % np.uint64(n_ties))
            f = np.int64(y % np.uint64(n_ties))
            if account_ix[e] == account_ix[f] or thing[e] == thing[f]:
                continue
            if _has(start, thing, account_ix[e], thing[f]) or _has(start, thing, account_ix[f], thing[e]):
                continue
            thing[e], thing[f] = thing[f], thing[e]
        for g in range(n_groups):
            total = 0
            for k in range(group_start[g], group_start[g + 1]):
                t = thing[group_tie[k]]
                total += count[t]
                count[t] += 1
            for k in range(group_start[g], group_start[g + 1]):
                count[thing[group_tie[k]]] = 0
            pairs[world, g] = total
    return pairs


@kernel
def _chance(state):
    """Return the next state and 64 random bits."""
    state += np.uint64(0x9E3779B97F4A7C15)
    z = state
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return state, z ^ (z >> np.uint64(31))


@kernel
def _has(start, thing, account, wanted):
    for k in range(start[account], start[account + 1]):  # noqa: SIM110 - a kernel has no generators
        if thing[k] == wanted:
            return True
    return False
