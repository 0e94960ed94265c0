"""One finder for each kind of pattern: which transactions it looks at, which kernel finds it, which roles they play.

Definitions, with the limits of ``patterns.DEFAULTS``; a self-transfer takes part only in ``awakening`` and ``night``:

- fan_in, fan_out: maximal stretches of the payments into (out of) an account, made of overlapping windows of ``within``
  with at least ``n_min`` distinct payers (payees).
- gather_scatter: a fan-in of ``paid_min`` payers and what the same account then pays to ``paying_min`` payees in fan-outs that
  begin at most ``gap`` after it ends; payments out count from the first in to the first in of the next fan-in, payments in
  before the last out. Windows that overlap stretch over days, and a gather of hours may hide in one: those that the payments
  of all these show in windows of a quarter of ``within`` stand beside them, but for those of an instance in which more than
  three hide, a habit.
- scatter_gather, bipartite, stack, chain, pass_through: see the kernels ``scatter_gathers``, ``layers`` (one layer, two
  layers), ``chains``, ``pass_throughs``. Of bipartites and stacks found in overlapping windows only those within no other are
  kept; denser ones that one of them has swallowed stand beside it, see ``layered.py``.
- probe: ``n_min`` payments of at most ``small_fen`` into an account, then one of at least ``large_fen``, all within ``within``.
- pooling: ``n_min`` payments of at most ``small_fen`` into an account within ``within`` of one out that is ``share_min``
  to ``share_max`` thousandths of their sum.
- staircase: ``n_min`` or more payments out of an account of at least ``floor_fen`` (smaller ones are passed over), each at
  least ``growth`` thousandths of the one before and at most ``gap`` later, none to a payee first paid more than ``known``
  before; at most ``between`` others lie between two of them. Of those that hang together the longest, see the kernel
  ``staircases``.
- limit_hugging: windows with ``n_min`` payments out of an account just below a limit: less than it by at most ``band``
  thousandths. daily_limit_hugging: windows with ``n_min`` days (of China) whose payments out sum to so much, the limit
  included.
- awakening: no transaction for ``dormant``, then ``n_min`` within ``within``.
- night: windows with transactions in ``n_min`` nights (0 to 5 o'clock in China) of an account that has at least ``share_min``
  thousandths of all its transactions at night.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from graphfraud.analysis.layered import Payments, layered
from graphfraud.analysis.pattern_world import Marks, Positions, Rows, World, crowded_among, crowds_of, frozen_all, marked
from graphfraud.analysis.question import frozen
from graphfraud.findings.patterns import PATTERN_ROLES
from graphfraud.kernels.bursts import awakenings, build_ups, crowds, nightly
from graphfraud.kernels.climbs import staircases
from graphfraud.kernels.patterns import gather_scatters, scatter_gathers, wedge_ends
from graphfraud.kernels.patterns_handed import chains, pass_throughs
from graphfraud.kernels.sides import amounts_between, days_between, in_ranges
from graphfraud.units import DAY_US, HOUR_US, NONE

Places = npt.NDArray[np.int32]

DURATIONS = ("within", "gap", "dormant", "known")
_CHINA_US = 8 * HOUR_US
_NIGHT_US = 5 * HOUR_US
_HIDDEN_MAX = 3
_ROLE = {name: np.int8(k) for k, name in enumerate(PATTERN_ROLES)}


@dataclass(frozen=True)
class Found:
    """Instances: ``tx[start[i]:start[i + 1]]`` with roles; the account each is about and the one it ends at, NONE for none."""

    start: Positions
    tx: Positions
    role: npt.NDArray[np.int8]
    account: Positions
    other: Positions
    n_cut: int = 0


def _found(
    start: Positions, tx: Positions, role: npt.NDArray[np.int8] | str, account: Positions, other: Any = NONE, n_cut: int = 0
) -> Found:
    roles = np.full(len(tx), _ROLE[role]) if isinstance(role, str) else role
    k = len(start) - 1
    return Found(start, tx, roles, np.broadcast_to(account, k), np.broadcast_to(other, k), int(n_cut))


def _stretches(row: npt.NDArray[Any], found: tuple[Positions, ...], role: str) -> Found:
    account, low, high = found
    start, tx = in_ranges(row["tx"], *frozen_all((low, high)))
    return _found(start, tx, role, account)


def _crowd(rows: Rows, key: Places, asked: Mapping[str, int], role: str) -> Found:
    start, row = frozen_all(rows)
    n_keys = int(key.max(initial=NONE)) + 1
    return _stretches(
        row, crowds(start[:-1], start[1:], row["at_us"], frozen(key), n_keys, asked["within"], asked["n_min"]), role
    )


def _fan(world: World, asked: Mapping[str, int], side: str) -> Found:
    """Find fans in the lists by account where there are any, else the shorter way: the same fans."""
    limits = asked["within"], asked["n_min"]
    if world.has_lists(side):
        return _stretches((world.into if side == "in" else world.out)[1], world.crowds(side, *limits), side)
    account, start, tx = world.fans(side, *limits)
    return _found(start, tx, side, account)


def _gather_scatter(world: World, asked: Mapping[str, int]) -> Found:
    """Find those of ``within``, then those that hide in them, in windows of a quarter of it."""
    limits = asked["gap"], asked["paid_min"], asked["paying_min"], world.n_accounts
    ins = world.crowds("in", asked["within"], asked["paid_min"])
    outs = world.crowds("out", asked["within"], asked["paying_min"])
    account, start, tx, inward = gather_scatters(ins, world.into[1], outs, world.out[1], *limits)
    wide = _found(start, tx, _in_or_out(inward), account)
    mark = np.zeros((2, len(world.at_us)), np.bool_)
    mark[0, tx[inward]] = mark[1, tx[~inward]] = True
    into, out = marked(world, "in", mark[0]), marked(world, "out", mark[1])
    ins, outs = (
        frozen_all(crowds_of(world, rows, asked["within"] // 4, n_min))
        for rows, n_min in ((into, asked["paid_min"]), (out, asked["paying_min"]))
    )
    account, start, tx, inward = gather_scatters(ins, into[1], outs, out[1], *limits)
    return _with_hidden(wide, _found(start, tx, _in_or_out(inward), account))


def _with_hidden(wide: Found, tight: Found) -> Found:
    """Return the wide ones, and behind them the tight ones of those in which at most a few hide, unless they are the same."""
    inward = np.flatnonzero(wide.role == _ROLE["in"])  # a payment in is of one wide instance, and each begins with one
    inward = inward[np.argsort(wide.tx[inward])]
    first = inward[np.searchsorted(wide.tx[inward], tight.tx[tight.start[:-1]])]
    whose = np.searchsorted(wide.start, first, side="right") - 1
    few = np.bincount(whose, minlength=len(wide.start) - 1)[whose] <= _HIDDEN_MAX
    ends = zip(tight.start[:-1], tight.start[1:], wide.start[whose], wide.start[whose + 1], strict=True)
    new = few & np.array([not np.array_equal(tight.tx[a:b], wide.tx[c:d]) for a, b, c, d in ends], np.bool_)
    place = np.repeat(new, np.diff(tight.start))
    length = np.concatenate([np.diff(wide.start), np.diff(tight.start)[new]])
    tx, role = np.concatenate([wide.tx, tight.tx[place]]), np.concatenate([wide.role, tight.role[place]])
    return _found(np.concatenate(([0], np.cumsum(length))), tx, role, np.concatenate([wide.account, tight.account[new]]))


def _in_or_out(inward: Marks) -> npt.NDArray[np.int8]:
    return np.where(inward, _ROLE["in"], _ROLE["out"])


def _scatter_gather(world: World, asked: Mapping[str, int]) -> Found:
    limits = asked["within"], asked["n_min"]
    crowded = world.crowded("out", *limits), world.crowded("in", *limits)
    if world.has_lists("in") and world.has_lists("out"):
        lists = *world.into, *world.out
    else:
        lists = *marked(world, "in", crowded[0]), *marked(world, "out", crowded[1])
    ends = frozen_all(wedge_ends(*lists, *crowded, limits[0]))
    dense = (crowded_among(world, side, end, *limits) for side, end in zip(("out", "in"), ends, strict=True))
    firsts, seconds = (marked(world, "out", mark) for mark in dense)
    start, first, second, payer, payee, n_cut = scatter_gathers(*firsts, *seconds, *limits, asked["wedges_max"])
    of = np.repeat(np.arange(len(start) - 1), np.diff(start))
    legs = pl.DataFrame(
        {
            "of": np.concatenate([of, of]),
            "role": np.repeat(np.array([_ROLE["first"], _ROLE["second"]]), len(of)),
            "tx": np.concatenate([first, second]),
        }
    )
    legs = legs.unique().sort("of", "role", "tx")
    begun = np.searchsorted(legs["of"].to_numpy(), np.arange(len(start)))
    return _found(begun, legs["tx"].to_numpy(), legs["role"].to_numpy(), payer, payee, n_cut)


def _layered(world: World, asked: Mapping[str, int], n_layers: int) -> Found:
    within, paid_min, paying_min = asked["within"], asked["paid_min"], asked["paying_min"]
    can = frozen(world.crowded("out", within, paying_min) & world.crowded("in", within, paid_min))
    ends = frozen_all(wedge_ends(*world.into, *world.out, can, can, within)) if n_layers == 2 else (can,)
    may = np.zeros(len(can), np.int8)
    for k, end in enumerate(ends):
        both = crowded_among(world, "out", end, within, paying_min) & crowded_among(world, "in", end, within, paid_min)
        may |= both * np.int8(1 << k)
    chosen = np.flatnonzero(may)
    sides, here = (world.payer_ix[chosen], world.payee_ix[chosen]), np.zeros(world.n_accounts, np.bool_)
    for side in sides:
        here[side] = True
    number = np.cumsum(here, dtype=np.int32) - np.int32(1)
    payer_ix, payee_ix = (number[side] for side in sides)  # few are left, and what is counted for each fits into the cache
    payments = Payments(payer_ix, payee_ix, world.at_us[chosen], may[chosen], int(here.sum()))
    begin_us = int(world.at_us[0]) if len(world.at_us) else 0
    (start, tx, layer), n_cut = layered(payments, begin_us, within, n_layers, paid_min, paying_min, asked["accounts_max"])
    role = np.array([_ROLE["first"], _ROLE["second"]])[layer] if n_layers == 2 else "event"
    return _found(start, chosen[tx], role, np.array(NONE), NONE, n_cut)


def _chain(world: World, asked: Mapping[str, int]) -> Found:
    limits = asked["gap"], asked["share_min"], asked["n_min"], len(world.at_us)
    start, tx = chains(*world.into, *world.out, *limits)
    first, last = tx[start[:-1]], tx[start[1:] - 1]
    return _found(start, tx, "step", world.payer_ix[first].astype(np.int64), world.payee_ix[last])


def _pass_through(world: World, asked: Mapping[str, int]) -> Found:
    limits = asked["gap"], asked["share_min"], asked["floor_fen"]
    account, _, start, tx, inward = pass_throughs(*world.into, *world.out, *limits)
    return _found(start, tx, _in_or_out(inward), account)


def _built_up(found: tuple[Positions, ...]) -> Found:
    account, start, tx = found
    role = np.full(len(tx), _ROLE["small"])
    role[start[1:] - 1] = _ROLE["large"]
    return _found(start, tx, role, account)


def _probe(world: World, asked: Mapping[str, int]) -> Found:
    amounts = frozen(np.array([asked["small_fen"], asked["large_fen"]]))
    return _built_up(build_ups(*world.into, *world.into, amounts, asked["within"], asked["n_min"], 0, NONE))


def _pooling(world: World, asked: Mapping[str, int]) -> Found:
    amounts, shares = frozen(np.array([asked["small_fen"], 0])), (asked["share_min"], asked["share_max"])
    return _built_up(build_ups(*world.into, *world.out, amounts, asked["within"], asked["n_min"], *shares))


def _staircase(world: World, asked: Mapping[str, int]) -> Found:
    limits = (asked[name] for name in ("floor_fen", "gap", "growth", "n_min", "between", "known"))
    account, start, tx = staircases(*world.out, *limits)
    return _found(start, tx, "step", account)


def _limit_hugging(world: World, asked: Mapping[str, int]) -> Found:
    rows = amounts_between(*world.out, *_band(asked))
    return _crowd(rows, np.arange(len(rows[1]), dtype=np.int32), asked, "event")


def _daily_limit_hugging(world: World, asked: Mapping[str, int]) -> Found:
    least, most = _band(asked)
    rows = days_between(*world.out, _CHINA_US, least, most + 1)
    return _crowd(rows, _days(rows[1]), asked, "event")


def _band(asked: Mapping[str, int]) -> tuple[int, int]:
    """Return the least and the most amount that is just below the limit."""
    return -(-asked["limit_fen"] * (1000 - asked["band"]) // 1000), asked["limit_fen"] - 1


def _awakening(world: World, asked: Mapping[str, int]) -> Found:
    limits = asked["dormant"], asked["within"], asked["n_min"]
    account, start, tx = awakenings(*world.out, *world.into, *world.own, *limits)
    return _found(start, tx, "event", account)


def _night(world: World, asked: Mapping[str, int]) -> Found:
    limits = _CHINA_US, _NIGHT_US, asked["n_min"], asked["share_min"]
    rows = nightly(*world.out, *world.into, *world.own, *limits)
    return _crowd(rows, _days(rows[1]), asked, "event")


def _days(row: npt.NDArray[Any]) -> Places:
    """Return the day in China of each payment, counted from the first."""
    day: Positions = (row["at_us"] + _CHINA_US) // DAY_US
    return (day - (day.min() if len(day) else 0)).astype(np.int32)


FINDERS: Mapping[str, Callable[[World, Mapping[str, int]], Found]] = MappingProxyType(
    {
        "fan_in": lambda world, asked: _fan(world, asked, "in"),
        "fan_out": lambda world, asked: _fan(world, asked, "out"),
        "gather_scatter": _gather_scatter,
        "scatter_gather": _scatter_gather,
        "bipartite": lambda world, asked: _layered(world, asked, 1),
        "stack": lambda world, asked: _layered(world, asked, 2),
        "chain": _chain,
        "pass_through": _pass_through,
        "probe": _probe,
        "pooling": _pooling,
        "staircase": _staircase,
        "limit_hugging": _limit_hugging,
        "daily_limit_hugging": _daily_limit_hugging,
        "awakening": _awakening,
        "night": _night,
    }
)

_CROWDS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "fan_in": {"in": "n_min"},
        "fan_out": {"out": "n_min"},
        "gather_scatter": {"in": "paid_min", "out": "paying_min"},
        "scatter_gather": {"in": "n_min", "out": "n_min"},
        "bipartite": {"in": "paid_min", "out": "paying_min"},
        "stack": {"in": "paid_min", "out": "paying_min"},
    }
)
"""Crowds a kind begins with: side -> the limit that says how many make one."""

_WITHOUT_LISTS = {"fan_in", "fan_out", "scatter_gather"}
"""Kinds that are found sooner without listing all payments by account."""

_LONGEST_FIRST = ("scatter_gather", "bipartite", "stack", "chain", "awakening", "pass_through", "night", "staircase")


def find_all(world: World, asked: Mapping[str, Mapping[str, int]], n_threads: int) -> dict[str, Found]:
    """Find all kinds asked for; threads share first the two sides, then the kinds, so the answer does not depend on them.

    Parameters
    ----------
    world : World
    asked : Mapping
        Kind -> its limits.
    n_threads : int

    Returns
    -------
    dict
        Kind -> what was found, in the order asked.
    """

    def prepare(side: str) -> None:
        if not set(asked) <= _WITHOUT_LISTS:
            assert len(world.into if side == "in" else world.out) == 2
        for kind, limits in asked.items():
            if side in _CROWDS.get(kind, ()) and (world.has_lists(side) or not kind.startswith("fan")):
                of = side, limits["within"], limits[_CROWDS[kind][side]]
                (world.crowds if kind.startswith(("fan", "gather")) else world.crowded)(*of)

    def find(kind: str) -> Found:
        return FINDERS[kind](world, asked[kind])

    if not set(asked) <= {"fan_in", "fan_out"}:  # each of these prepares a side of its own
        _shared_out(prepare, ("in", "out"), n_threads)
    order = sorted(asked, key=lambda kind: (*_LONGEST_FIRST, kind).index(kind))
    found = _shared_out(find, order, n_threads)
    return {kind: found[kind] for kind in asked}


def _shared_out(do: Callable[[str], Any], names: Sequence[str], n_threads: int) -> dict[str, Any]:
    """Do something for each name, by threads of which the caller is one: it is awake already, others have to be woken up."""
    waiting, done = iter(names), {}

    def work() -> None:
        for name in waiting:
            done[name] = do(name)

    n_others = min(n_threads, len(names)) - 1
    if n_others < 1:
        work()
        return done
    with ThreadPoolExecutor(n_others) as pool:
        others = [pool.submit(work) for _ in range(n_others)]
        work()
    for other in others:
        other.result()
    return done
