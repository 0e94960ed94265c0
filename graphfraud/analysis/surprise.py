"""How unlikely an instance is where the same accounts pay as often, but whom or when is chance.

Two null worlds, after what a pattern is made of:

- ``times``: every payment keeps payer, payee and amount; the times are dealt out anew. Each account keeps its payments and the
  world its busy hours; whether many come together is chance.
- ``payees``: every payment keeps payer, amount and time; the payees of one day are dealt out anew among that day's payments.
  Each account keeps how often it pays and is paid, and on which days (the configuration model, day by day); whom is chance.

An instance is compared with those of the null worlds that are about accounts as busy (equal to within a factor of two in number
of transactions) and have at least as many transactions. p_value = (1 + number of such) / (1 + worlds x accounts as busy): the
chance that one account as busy shows as much. n_expected = number of such per world.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from graphfraud.analysis.pattern_kinds import Found, World
from graphfraud.units import DAY_US, HOUR_US, NONE

BY_TIMES = ("fan_in", "fan_out", "probe", "pooling", "staircase", "limit_hugging", "daily_limit_hugging", "awakening", "night")
"""Kinds whose instances are close in time or in a telling order; all others are made of who pays whom."""

_CHINA_US = 8 * HOUR_US


def compare(
    world: World, found: Found, kind: str, find: Callable[[World], Found], n_worlds: int, rng_seed: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return p_value and n_expected of each instance; chance depends on rng_seed and the number of the null world alone."""
    busy = np.bincount(world.payer_ix, minlength=world.n_accounts) + np.bincount(world.payee_ix, minlength=world.n_accounts)
    level = np.log2(np.maximum(busy, 1)).astype(np.int64)
    n_as_busy = np.bincount(level, minlength=64)
    mine, size = _levels(found, level), np.diff(found.start)
    n_more = np.zeros(len(size), np.int64)
    for number in range(n_worlds):
        rng = np.random.default_rng([rng_seed, number])
        null = find(_times_dealt(world, rng) if kind in BY_TIMES else _payees_dealt(world, rng))
        theirs, their_size = _levels(null, level), np.diff(null.start)
        for one in np.unique(mine):
            sizes = np.sort(their_size[theirs == one])
            here = mine == one
            n_more[here] += len(sizes) - np.searchsorted(sizes, size[here])
    n_accounts = np.where(mine == NONE, 1, n_as_busy[np.maximum(mine, 0)])
    return (1 + n_more) / (1 + n_worlds * n_accounts), n_more / max(n_worlds, 1)


def _levels(found: Found, level: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return how busy the account is that each instance is about, NONE where it is about no single one."""
    return np.where(found.account == NONE, NONE, level[found.account] if len(level) else NONE)


def _times_dealt(world: World, rng: np.random.Generator) -> World:
    dealt = rng.permutation(len(world.at_us))
    return World(world.payer_ix[dealt], world.payee_ix[dealt], world.amount_fen[dealt], world.at_us, world.n_accounts)


def _payees_dealt(world: World, rng: np.random.Generator) -> World:
    day = (world.at_us + _CHINA_US) // DAY_US
    dealt = np.lexsort((rng.random(len(day)), day))  # days stand in order already: each keeps its own payees
    return World(world.payer_ix, world.payee_ix[dealt], world.amount_fen, world.at_us, world.n_accounts)
