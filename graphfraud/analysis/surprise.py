"""How unlikely an instance is where the same accounts pay as often, but whom or when is chance.

Two null worlds, after what a pattern is made of:

- ``times``: every payment keeps payer, payee and amount; the times are dealt out anew. Each account keeps its payments and the
  world its busy hours; whether many come together is chance.
- ``payees``: every payment keeps payer, amount and time; the payees of one day are dealt out anew among that day's payments.
  Each account keeps how often it pays and is paid, and on which days (the configuration model, day by day); whom is chance.

An instance is compared with those of the null worlds that are about accounts as busy (equal to within a factor of two in number
of transactions) and have at least as many transactions; of cycles, with at least as large a share of the money coming round as
well (the smallest payment by the largest).
p_value = (1 + number of such) / (1 + worlds x accounts as busy): the chance that one account as busy shows as much.
n_expected = number of such per world.

What an account does month after month is its habit, however unlikely by chance: a payroll, a club's dues, a stall. p_value is
therefore at least the share of the months (of 30 days) observed, but for the instance's own and its neighbours, in which the
account shows an instance of the kind at least half as large; of a staircase, as large, since half of most is fewer steps than
make one. Cards in criminal hands live for days; habits live for months.

Both null worlds leave every amount with its payer, so how large the payments are is a second, independent sign: payer_share is
the share of all payments of a payment's payer that are at least as large, graph_share that of all payments of the world; of an
instance, their geometric means over its transactions. A wedding, a collection and a mule are each fed by many at once; but what
goes to the mule is among the largest sums that those who pay it ever pay. A staircase begins small by definition: of it the
shares are those of its last payment.

A third sign is the kind's own. Of a staircase it is its first by its last payment: how far it climbs. Of fans and of shapes
made of them it is the share of a day that it took, between a sixth and 1: victims' money is gathered and passed on within
hours, guests and customers come all day long; below four hours haste tells no more. Of all else it is 1. Instances stand in
the order of p_value x payer_share x graph_share x own sign.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from graphfraud.analysis.pattern_kinds import Found
from graphfraud.analysis.pattern_world import World
from graphfraud.units import DAY_US, HOUR_US, NONE

Shares = npt.NDArray[np.float64]

BY_TIMES = ("fan_in", "fan_out", "probe", "pooling", "staircase", "limit_hugging", "daily_limit_hugging", "awakening", "night")
"""Kinds whose instances are close in time or in a telling order; all others are made of who pays whom."""

HASTY = ("fan_in", "fan_out", "gather_scatter", "scatter_gather", "bipartite", "stack")
"""Kinds whose instances are the more telling the less time they take."""

SIGNS = ("p_value", "n_expected", "payer_share", "graph_share")
"""What tells how surprising an instance is."""

MONTH_US = 30 * DAY_US
_CHINA_US = 8 * HOUR_US


def compare(
    world: World, found: Found, kind: str, find: Callable[[World], Found], n_worlds: int, rng_seed: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return p_value and n_expected of each instance; chance depends on rng_seed and the number of the null world alone."""
    busy = np.bincount(world.payer_ix, minlength=world.n_accounts) + np.bincount(world.payee_ix, minlength=world.n_accounts)
    level = np.log2(np.maximum(busy, 1)).astype(np.int64)
    n_as_busy = np.bincount(level, minlength=64)
    mine, size = _levels(found, level), _size(world, found, kind)
    n_more = np.zeros(len(mine), np.int64)
    for number in range(n_worlds):
        rng = np.random.default_rng([rng_seed, number])
        dealt = _times_dealt(world, rng) if kind in BY_TIMES else _payees_dealt(world, rng)
        null = find(dealt)
        theirs, their_size = _levels(null, level), _size(dealt, null, kind)
        for one in np.unique(mine):
            here, there = mine == one, theirs == one
            n_more[here] += _n_as_large(size[0][here], size[1][here], their_size[0][there], their_size[1][there])
    n_accounts = np.where(mine == NONE, 1, n_as_busy[np.maximum(mine, 0)])
    p_value = (1 + n_more) / (1 + n_worlds * n_accounts)
    return np.maximum(p_value, habit(world, found, kind)), n_more / max(n_worlds, 1)


def habit(world: World, found: Found, kind: str) -> npt.NDArray[np.float64]:
    """Return in which share of the months observed the account of each instance shows the like, its own months left out.

    Parameters
    ----------
    world : World
    found : Found
        Instances of one kind.
    kind : str

    Returns
    -------
    float64[n_instances]
        Months apart from the instance's first by two or more in which some instance about its account has at least half as
        many transactions (of staircases as many) as this one in its first month, by all months observed; 0 where it is about
        no single account.
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
    least = n_first if kind == "staircase" else (n_first + 1) // 2
    about = np.flatnonzero(account != NONE)
    whose = account[about]
    alike = np.searchsorted(key, (whose + 1) * height) - np.searchsorted(key, whose * height + least[about])
    for near in (-1, 0, 1):
        then = first[about] + near
        at = np.minimum(np.searchsorted(place, whose * n_months + then), len(place) - 1)
        there = (then >= 0) & (then < n_months) & (place[at] == whose * n_months + then) & (most[at] >= least[about])
        alike = alike - there
    share[about] = alike / n_months
    return share


def shares_as_large(world: World) -> tuple[Shares, Shares]:
    """Return which share of its payer's payments, and of all, are at least as large as each payment.

    Parameters
    ----------
    world : World

    Returns
    -------
    payer_share, graph_share : float64[n_transactions], above 0, at most 1
    """
    return _share_as_large(world.payer_ix, world.amount_fen), _share_as_large(np.zeros_like(world.payer_ix), world.amount_fen)


def typical(found: Found, share: Shares, kind: str) -> Shares:
    """Return the geometric mean of a share of payments over the transactions of each instance; of a staircase, of its last."""
    if not len(found.tx):
        return np.zeros(0)
    if kind == "staircase":
        return share[found.tx[found.start[1:] - 1]]
    mean: Shares = np.exp(np.add.reduceat(np.log(share[found.tx]), found.start[:-1]) / np.diff(found.start))
    return mean


def own_sign(world: World, found: Found, kind: str) -> Shares:
    """Return how far a staircase climbs, first by last amount; of hasty kinds the share of a day they took; 1 of all else."""
    if not len(found.tx) or kind not in (*HASTY, "staircase"):
        return np.ones(len(found.start) - 1)
    if kind == "staircase":
        first, last = world.amount_fen[found.tx[found.start[:-1]]], world.amount_fen[found.tx[found.start[1:] - 1]]
        return np.asarray(first / last)
    at_us = world.at_us[found.tx]
    took_us = np.maximum.reduceat(at_us, found.start[:-1]) - np.minimum.reduceat(at_us, found.start[:-1])
    return np.clip(took_us / DAY_US, 1 / 6, 1)


def _share_as_large(group: npt.NDArray[np.int32], amount_fen: npt.NDArray[np.int64]) -> Shares:
    """Return which share of its group is at least as large as each amount."""
    order = np.lexsort((amount_fen, group))
    whose, fen = group[order], amount_fen[order]
    place = np.arange(len(order))
    new_group = np.diff(whose, prepend=NONE) != 0
    new_amount = new_group | (np.diff(fen, prepend=NONE) != 0)
    begin = np.flatnonzero(new_group)
    n_group = np.diff(begin, append=len(order))[np.cumsum(new_group) - 1]
    end = begin[np.cumsum(new_group) - 1] + n_group
    share = np.empty(len(order))
    share[order] = (end - np.maximum.accumulate(np.where(new_amount, place, 0))) / n_group
    return share


def _n_as_large(
    rank: npt.NDArray[np.int64], height: Shares, their_rank: npt.NDArray[np.int64], their_height: Shares
) -> npt.NDArray[np.int64]:
    """Count for each instance those of the others that have at least its rank and at least its height."""
    n_more = np.zeros(len(rank), np.int64)
    for one in np.unique(rank):
        heights, here = np.sort(their_height[their_rank >= one]), rank == one
        n_more[here] = len(heights) - np.searchsorted(heights, height[here])
    return n_more


def _size(world: World, found: Found, kind: str) -> tuple[npt.NDArray[np.int64], Shares]:
    """Return what makes an instance large, two numbers.

    Of a cycle its length and least by largest payment; of all else 0 and their length.
    """
    length = np.diff(found.start)
    if kind == "cycle" and len(length):
        fen = world.amount_fen[found.tx]
        least, most = (extreme.reduceat(fen, found.start[:-1]) for extreme in (np.minimum, np.maximum))
        return length, least / most
    return np.zeros_like(length), length.astype(np.float64)


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
