"""How unlikely an instance is where the same accounts pay as often, but whom or when is chance.

Two null worlds, after what a pattern is made of:

- ``times``: every payment keeps payer, payee and amount; the times are dealt out anew. Each account keeps its payments and the
  world its busy hours; whether many come together is chance.
- ``payees``: every payment keeps payer, amount and time; the payees of one day are dealt out anew among that day's payments.
  Each account keeps how often it pays and is paid, and on which days (the configuration model, day by day); whom is chance.

An instance is compared with those of the null worlds that are about accounts as busy (equal to within a factor of two in number
of transactions) and have at least as many transactions, or, of staircases, climb at least as high. p_value = (1 + number of
such) / (1 + worlds x accounts as busy): the chance that one account as busy shows as much. n_expected = number of such per
world.

What an account does month after month is its habit, however unlikely by chance: a payroll, a club's dues, a stall. p_value is
therefore at least the share of the months (of 30 days) observed, but for the instance's own and its neighbours, in which the
account shows an instance of the kind at least half as large. Cards in criminal hands live for days; habits live for months.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from graphfraud.analysis.pattern_kinds import Found, World
from graphfraud.units import DAY_US, HOUR_US, NONE

BY_TIMES = ("fan_in", "fan_out", "probe", "pooling", "staircase", "limit_hugging", "daily_limit_hugging", "awakening", "night")
"""Kinds whose instances are close in time or in a telling order; all others are made of who pays whom."""

MONTH_US = 30 * DAY_US
_CHINA_US = 8 * HOUR_US


def compare(
    world: World, found: Found, kind: str, find: Callable[[World], Found], n_worlds: int, rng_seed: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return p_value and n_expected of each instance; chance depends on rng_seed and the number of the null world alone."""
    busy = np.bincount(world.payer_ix, minlength=world.n_accounts) + np.bincount(world.payee_ix, minlength=world.n_accounts)
    level = np.log2(np.maximum(busy, 1)).astype(np.int64)
    n_as_busy = np.bincount(level, minlength=64)
    mine, size = _levels(found, level), _height(world, found, kind)
    n_more = np.zeros(len(size), np.int64)
    for number in range(n_worlds):
        rng = np.random.default_rng([rng_seed, number])
        dealt = _times_dealt(world, rng) if kind in BY_TIMES else _payees_dealt(world, rng)
        null = find(dealt)
        theirs, their_size = _levels(null, level), _height(dealt, null, kind)
        for one in np.unique(mine):
            sizes = np.sort(their_size[theirs == one])
            here = mine == one
            n_more[here] += len(sizes) - np.searchsorted(sizes, size[here])
    n_accounts = np.where(mine == NONE, 1, n_as_busy[np.maximum(mine, 0)])
    p_value = (1 + n_more) / (1 + n_worlds * n_accounts)
    return np.maximum(p_value, habit(world, found)), n_more / max(n_worlds, 1)


def habit(world: World, found: Found) -> npt.NDArray[np.float64]:
    """Return in which share of the months observed the account of each instance shows the like, its own months left out.

    Parameters
    ----------
    world : World
    found : Found
        Instances of one kind.

    Returns
    -------
    float64[n_instances]
        Months apart from the instance's first by two or more in which some instance about its account has at least half as
        many transactions as this one in its first month, by all months observed; 0 where it is about no single account.
    """
    size, share = np.diff(found.start), np.zeros(len(found.start) - 1)
    if not len(found.tx):
        return share
    month = (world.at_us - world.at_us[0]) // MONTH_US
    n_months = int(month[-1]) + 1
    account = found.account.astype(np.int64)
    of = np.repeat(np.arange(len(size)), size)
    part, n_part = np.unique(of * n_months + month[found.tx], return_counts=True)  # one instance in one month
    first = month[found.tx[found.start[:-1]]]  # an instance's transactions stand in order
    n_first = n_part[np.searchsorted(part, np.arange(len(size)) * n_months + first)]
    place = account[part // n_months] * n_months + part % n_months
    known = place >= 0  # no single account is -1, and so is every month of it
    order = np.lexsort((n_part[known], place[known]))
    place, n_part = place[known][order], n_part[known][order]
    last = np.flatnonzero(np.diff(place, append=-1))  # the largest in each month of each account
    place, most = place[last], n_part[last]
    rank = np.lexsort((most, place // n_months))
    height = int(size.max()) + 1
    key = (place // n_months * height + most)[rank]
    half = (n_first + 1) // 2
    about = np.flatnonzero(account != NONE)
    whose = account[about]
    alike = np.searchsorted(key, (whose + 1) * height) - np.searchsorted(key, whose * height + half[about])
    for near in (-1, 0, 1):
        then = first[about] + near
        at = np.minimum(np.searchsorted(place, whose * n_months + then), len(place) - 1)
        there = (then >= 0) & (then < n_months) & (place[at] == whose * n_months + then) & (most[at] >= half[about])
        alike = alike - there
    share[about] = alike / n_months
    return share


def _height(world: World, found: Found, kind: str) -> npt.NDArray[np.int64]:
    """Return what makes an instance large: its number of transactions; of a staircase last by first amount, in thousandths."""
    height: npt.NDArray[np.int64] = np.diff(found.start)
    if kind == "staircase":
        first, last = found.tx[found.start[:-1]], found.tx[found.start[1:] - 1]
        height = world.amount_fen[last] * 1000 // world.amount_fen[first]
    return height


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
