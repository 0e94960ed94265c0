"""One finder for each kind of pattern: which transactions it looks at, which kernel finds it, which roles they play.

Definitions, with the limits of ``patterns.DEFAULTS``; a self-transfer takes part only in ``awakening`` and ``night``:

- fan_in, fan_out: maximal stretches of the payments into (out of) an account, made of overlapping windows of ``within``
  with at least ``n_min`` distinct payers (payees).
- gather_scatter: a fan-in of ``paid_min`` payers and the fan-outs of the same account to ``paying_min`` payees that end after
  it begins and begin at most ``gap`` after it ends; payments out count after the first in, payments in before the last out.
- scatter_gather, bipartite, stack, chain, pass_through: see the kernels ``scatter_gathers``, ``layers`` (one layer, two
  layers), ``chains``, ``pass_throughs``. Of bipartites and stacks found in overlapping windows only those within no other are
  kept.
- probe: ``n_min`` payments of at most ``small_fen`` into an account, then one of at least ``large_fen``, all within ``within``.
- pooling: ``n_min`` payments of at most ``small_fen`` into an account within ``within`` of one out that is ``share_min``
  to ``share_max`` thousandths of their sum.
- staircase: payments out of an account of at least ``floor_fen`` (smaller ones are passed over), each at least ``growth``
  thousandths of the one before, at most ``gap`` later, ``n_min`` or more.
- limit_hugging: windows with ``n_min`` payments out of an account just below a limit: less than it by at most ``band``
  thousandths. daily_limit_hugging: windows with ``n_min`` days (of China) whose payments out sum to so much, the limit
  included.
- awakening: no transaction for ``dormant``, then ``n_min`` within ``within``.
- night: windows with transactions in ``n_min`` nights (0 to 5 o'clock in China) of an account that has at least ``share_min``
  thousandths of all its transactions at night.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from graphfraud.analysis.question import frozen
from graphfraud.findings import PATTERN_ROLES
from graphfraud.kernels.bursts import awakenings, build_ups, crowds, staircases
from graphfraud.kernels.order import by_account
from graphfraud.kernels.patterns import chains, pass_throughs, scatter_gathers
from graphfraud.kernels.patterns_layers import layers
from graphfraud.units import DAY_US, HOUR_US, NONE

Positions = npt.NDArray[np.int64]
Rows = tuple[Positions, Positions]
"""Transactions by account: where each account begins, positions of transactions."""

DURATIONS = ("within", "gap", "dormant")
_CHINA_US = 8 * HOUR_US
_NIGHT_US = 5 * HOUR_US
_ROLE = {name: np.int8(k) for k, name in enumerate(PATTERN_ROLES)}


class World:
    """Payments in total order, and their lists by account as far as they are asked for."""

    def __init__(
        self,
        payer_ix: npt.NDArray[np.int32],
        payee_ix: npt.NDArray[np.int32],
        amount_fen: Positions,
        at_us: Positions,
        n_accounts: int,
    ) -> None:
        self.payer_ix, self.payee_ix = frozen(payer_ix), frozen(payee_ix)
        self.amount_fen, self.at_us, self.n_accounts = frozen(amount_fen), frozen(at_us), n_accounts
        self._crowds: dict[tuple[str, int, int], tuple[Positions, ...]] = {}

    @cached_property
    def moves(self) -> npt.NDArray[np.bool_]:
        """Payments from one account to another."""
        moves: npt.NDArray[np.bool_] = self.payer_ix != self.payee_ix
        return moves

    @cached_property
    def out(self) -> Rows:
        """Payments out, by payer."""
        return self.listed(self.payer_ix, self.moves)

    @cached_property
    def into(self) -> Rows:
        """Payments in, by payee."""
        return self.listed(self.payee_ix, self.moves)

    @cached_property
    def events(self) -> Rows:
        """All transactions of an account, either side, in total order; self-transfers once."""
        side = np.stack([self.payer_ix, self.payee_ix], axis=1).ravel()
        if not self.moves.all():
            side = side[np.stack([np.ones_like(self.moves), self.moves], axis=1).ravel()]
        tx = np.repeat(np.arange(len(self.moves)), 1 + self.moves)
        start, place = by_account(frozen(side), self.n_accounts)
        return frozen(start), frozen(tx[place])

    def crowds(self, side: str, within_us: int, n_min: int) -> tuple[Positions, ...]:
        """Return the stretches of payments ``in`` by, or ``out`` to, many accounts; found once."""
        asked = side, within_us, n_min
        if asked not in self._crowds:
            rows, other = (self.into, self.payer_ix) if side == "in" else (self.out, self.payee_ix)
            self._crowds[asked] = crowds(*rows, other, self.at_us, within_us, n_min, max(self.n_accounts, 1))
        return self._crowds[asked]

    def crowded(self, side: str, within_us: int, n_min: int) -> npt.NDArray[np.bool_]:
        """Tell which payments are in such a stretch."""
        _, low, high = self.crowds(side, within_us, n_min)
        rows = self.into if side == "in" else self.out
        inside = np.zeros(len(self.at_us), np.bool_)
        inside[rows[1][_spread(low, high)[1]]] = True
        return inside

    def listed(self, account: npt.NDArray[np.int32], keep: npt.NDArray[np.bool_]) -> Rows:
        """List the kept transactions by an account of theirs."""
        if keep.all():
            start, tx = by_account(account, self.n_accounts)
            return frozen(start), frozen(tx)
        chosen = np.flatnonzero(keep)
        start, place = by_account(frozen(account[chosen]), self.n_accounts)
        return frozen(start), frozen(chosen[place])


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


def _spread(low: Positions, high: Positions) -> tuple[Positions, Positions]:
    """Return where each range begins in the list of all places, and that list."""
    start = np.concatenate(([0], np.cumsum(high - low)))
    return start, np.arange(start[-1]) + np.repeat(low - start[:-1], high - low)


def _stretches(rows: Rows, found: tuple[Positions, ...], role: str) -> Found:
    account, low, high = found
    start, place = _spread(low, high)
    return _found(start, rows[1][place], role, account)


def _crowd(world: World, rows: Rows, other: npt.NDArray[np.int32], within_us: int, n_min: int) -> tuple[Positions, ...]:
    found: tuple[Positions, ...] = crowds(
        *rows, frozen(other), world.at_us, within_us, n_min, max(int(other.max(initial=0)) + 1, 1)
    )
    return found


def _fan_in(world: World, asked: Mapping[str, int]) -> Found:
    return _stretches(world.into, world.crowds("in", asked["within"], asked["n_min"]), "in")


def _fan_out(world: World, asked: Mapping[str, int]) -> Found:
    return _stretches(world.out, world.crowds("out", asked["within"], asked["n_min"]), "out")


def _gather_scatter(world: World, asked: Mapping[str, int]) -> Found:
    ins = _fan_in(world, {"within": asked["within"], "n_min": asked["paid_min"]})
    outs = _fan_out(world, {"within": asked["within"], "n_min": asked["paying_min"]})
    n, at = len(world.at_us), world.at_us
    if not len(ins.account) or not len(outs.account):
        return _none()
    in_first, in_last = ins.tx[ins.start[:-1]], ins.tx[ins.start[1:] - 1]
    out_first, out_last = outs.tx[outs.start[:-1]], outs.tx[outs.start[1:] - 1]
    gather = np.searchsorted(ins.account * (n + 1) + in_first, outs.account * (n + 1) + out_last) - 1  # the last begun before
    near = np.maximum(gather, 0)
    joined = (gather >= 0) & (ins.account[near] == outs.account) & (at[out_first] - at[in_last[near]] <= asked["gap"])
    scatter = np.flatnonzero(joined)
    gathers, of = np.unique(gather[scatter], return_inverse=True)
    legs = []
    for found, which, number, role in ((ins, gathers, np.arange(len(gathers)), "in"), (outs, scatter, of, "out")):
        start, place = _spread(found.start[which], found.start[which + 1])
        legs.append({"of": np.repeat(number, np.diff(start)), "tx": found.tx[place], "role": np.full(len(place), _ROLE[role])})
    return _ordered_gathers(world, pl.concat([pl.DataFrame(leg) for leg in legs]), ins.account[gathers], asked)


def _ordered_gathers(world: World, legs: pl.DataFrame, account: Positions, asked: Mapping[str, int]) -> Found:
    """Keep payments out after the first in and payments in before the last out, where enough accounts remain."""
    tx, inward = legs["tx"].to_numpy(), (legs["role"] == _ROLE["in"]).to_numpy()
    legs = legs.with_columns(
        pl.Series("inward", inward), pl.Series("far", np.where(inward, world.payer_ix[tx], world.payee_ix[tx]))
    )
    first_in = pl.col("tx").filter(pl.col("inward")).min().over("of")
    last_out = pl.col("tx").filter(~pl.col("inward")).max().over("of")
    legs = legs.filter(pl.when("inward").then(pl.col("tx") < last_out).otherwise(pl.col("tx") > first_in))
    enough = (
        (pl.col("far").filter(pl.col("inward")).n_unique() >= asked["paid_min"])
        & (pl.col("far").filter(~pl.col("inward")).n_unique() >= asked["paying_min"])
    ).over("of")
    legs = legs.filter(enough).sort("of", "tx")
    of = legs["of"].to_numpy()
    begun = np.flatnonzero(np.diff(of, prepend=-1))
    return _found(np.append(begun, len(of)), legs["tx"].to_numpy(), legs["role"].to_numpy(), account[of[begun]])


def _scatter_gather(world: World, asked: Mapping[str, int]) -> Found:
    limits = asked["within"], asked["n_min"]
    firsts = world.listed(world.payer_ix, world.crowded("out", *limits))
    seconds = world.listed(world.payer_ix, world.crowded("in", *limits))
    start, first, second, n_cut = scatter_gathers(world.payee_ix, world.at_us, *firsts, *seconds, *limits, asked["wedges_max"])
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
    sides = world.payer_ix[first[start[:-1]]], world.payee_ix[second[start[:-1]]]
    return _found(begun, legs["tx"].to_numpy(), legs["role"].to_numpy(), sides[0].astype(np.int64), sides[1], n_cut)


def _layered(world: World, asked: Mapping[str, int], n_layers: int) -> Found:
    can = world.crowded("out", asked["within"], asked["paying_min"]) & world.crowded("in", asked["within"], asked["paid_min"])
    chosen = np.flatnonzero(can)
    columns = (frozen(column[chosen]) for column in (world.payer_ix, world.payee_ix, world.at_us))
    begin_us = int(world.at_us[0]) if len(world.at_us) else 0
    limits = asked["within"], n_layers, asked["paid_min"], asked["paying_min"], asked["accounts_max"], world.n_accounts
    start, tx, layer, n_cut = layers(*columns, begin_us, *limits)  # type: ignore[call-arg]
    tx = chosen[tx]
    of = np.repeat(np.arange(len(start) - 1), np.diff(start))
    keep = ~_within_another(of, tx, layer)[of] if len(of) else np.zeros(0, np.bool_)
    left = np.unique(of[keep], return_counts=True)[1]
    role = np.array([_ROLE["first"], _ROLE["second"]])[layer[keep]] if n_layers == 2 else "event"
    return _found(np.concatenate(([0], np.cumsum(left))), tx[keep], role, np.array(NONE), NONE, n_cut)


def _within_another(of: Positions, tx: Positions, layer: npt.NDArray[np.int8]) -> npt.NDArray[np.bool_]:
    """Tell which instances have all their payments in one other; of equal ones the first stays."""
    places = pl.DataFrame({"of": of, "tx": tx, "layer": layer})
    size = np.bincount(of)
    shared = (
        places.join(places.rename({"of": "with"}), on=["tx", "layer"])
        .filter(pl.col("of") != pl.col("with"))
        .group_by("of", "with")
        .len()
    )
    one, two, n = (shared[name].to_numpy() for name in ("of", "with", "len"))
    inside = (n == size[one]) & ((size[two] > size[one]) | (two < one))
    lost = np.zeros(len(size), np.bool_)
    lost[one[inside]] = True
    return lost


def _chain(world: World, asked: Mapping[str, int]) -> Found:
    limits = asked["gap"], asked["share_min"], asked["n_min"]
    start, tx = chains(world.amount_fen, world.at_us, *world.into, *world.out, *limits)
    first, last = tx[start[:-1]], tx[start[1:] - 1]
    return _found(start, tx, "step", world.payer_ix[first].astype(np.int64), world.payee_ix[last])


def _pass_through(world: World, asked: Mapping[str, int]) -> Found:
    limits = asked["gap"], asked["share_min"], asked["floor_fen"]
    account, into_low, into_high, out_low, out_high, _, touched = pass_throughs(
        world.amount_fen, world.at_us, *world.into, *world.out, *limits
    )
    parts = []
    for rows, low, high, role in ((world.into, into_low, into_high, "in"), (world.out, out_low, out_high, "out")):
        start, place = _spread(low, high)
        of = np.repeat(np.arange(len(account)), np.diff(start))
        keep = touched[place] if role == "in" else np.ones(len(place), np.bool_)
        parts.append((of[keep], rows[1][place[keep]], np.full(int(keep.sum()), _ROLE[role])))
    of, tx, roles = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.lexsort((tx, of))
    return _found(np.searchsorted(of[order], np.arange(len(account) + 1)), tx[order], roles[order], account)


def _built_up(world: World, small: Rows, large: Rows, asked: Mapping[str, int], shares: tuple[int, int]) -> Found:
    account, low, high, last = build_ups(
        *small, *large, world.amount_fen, world.at_us, asked["within"], asked["n_min"], *shares
    )
    start, place = _spread(low, high + 1)
    tx = small[1][np.minimum(place, max(len(small[1]) - 1, 0))]
    role = np.full(len(tx), _ROLE["small"])
    tx[start[1:] - 1] = last
    role[start[1:] - 1] = _ROLE["large"]
    return _found(start, tx, role, account)


def _probe(world: World, asked: Mapping[str, int]) -> Found:
    small = world.listed(world.payee_ix, world.moves & (world.amount_fen <= asked["small_fen"]))
    large = world.listed(world.payee_ix, world.moves & (world.amount_fen >= asked["large_fen"]))
    return _built_up(world, small, large, asked, (0, NONE))


def _pooling(world: World, asked: Mapping[str, int]) -> Found:
    small = world.listed(world.payee_ix, world.moves & (world.amount_fen <= asked["small_fen"]))
    return _built_up(world, small, world.out, asked, (asked["share_min"], asked["share_max"]))


def _staircase(world: World, asked: Mapping[str, int]) -> Found:
    rows = world.listed(world.payer_ix, world.moves & (world.amount_fen >= asked["floor_fen"]))
    limits = asked["gap"], asked["growth"], asked["n_min"]
    return _stretches(rows, staircases(*rows, world.amount_fen, world.at_us, *limits), "step")


def _limit_hugging(world: World, asked: Mapping[str, int]) -> Found:
    least = asked["limit_fen"] * (1000 - asked["band"])
    near = world.moves & (world.amount_fen * 1000 >= least) & (world.amount_fen < asked["limit_fen"])
    rows = world.listed(world.payer_ix, near)
    return _stretches(rows, _crowd(world, rows, _numbers(near), asked["within"], asked["n_min"]), "event")


def _daily_limit_hugging(world: World, asked: Mapping[str, int]) -> Found:
    day, tx = _days(world), world.out[1]
    whose = world.payer_ix[tx] * np.int64(day.max(initial=0) + 1) + day[tx]  # ascending within an account, apart between two
    begun = np.flatnonzero(np.diff(whose, prepend=NONE))
    total = np.add.reduceat(world.amount_fen[tx], begun) if len(tx) else np.zeros(0, np.int64)
    least = asked["limit_fen"] * (1000 - asked["band"])
    near = np.zeros(len(day), np.bool_)
    near[tx] = np.repeat((total <= asked["limit_fen"]) & (total >= -(-least // 1000)), np.diff(begun, append=len(tx)))
    rows = world.listed(world.payer_ix, near)
    return _stretches(rows, _crowd(world, rows, day, asked["within"], asked["n_min"]), "event")


def _awakening(world: World, asked: Mapping[str, int]) -> Found:
    found = awakenings(*world.events, world.at_us, asked["dormant"], asked["within"], asked["n_min"])
    return _stretches(world.events, found, "event")


def _night(world: World, asked: Mapping[str, int]) -> Found:
    at_night = (world.at_us + _CHINA_US) % DAY_US < _NIGHT_US
    start, tx = world.events
    owner = np.repeat(np.arange(world.n_accounts), np.diff(start))
    n_nightly = np.bincount(owner[at_night[tx]], minlength=world.n_accounts)
    keep = at_night[tx] & (n_nightly * 1000 >= np.diff(start) * asked["share_min"])[owner]
    rows = frozen(np.concatenate(([0], np.cumsum(np.bincount(owner[keep], minlength=world.n_accounts))))), frozen(tx[keep])
    return _stretches(rows, _crowd(world, rows, _days(world), asked["within"], asked["n_min"]), "event")


def _days(world: World) -> npt.NDArray[np.int32]:
    """Number the days of China from the first transaction's on."""
    day = (world.at_us + _CHINA_US) // DAY_US
    days: npt.NDArray[np.int32] = (day - day.min(initial=day[0] if len(day) else 0)).astype(np.int32)
    return days


def _numbers(keep: npt.NDArray[np.bool_]) -> npt.NDArray[np.int32]:
    """Number the kept transactions, so that each counts as one."""
    numbers: npt.NDArray[np.int32] = np.maximum(np.cumsum(keep) - 1, 0).astype(np.int32)
    return numbers


def _none() -> Found:
    nothing = np.zeros(0, np.int64)
    return _found(np.zeros(1, np.int64), nothing, np.zeros(0, np.int8), nothing, nothing)


FINDERS: Mapping[str, Callable[[World, Mapping[str, int]], Found]] = MappingProxyType(
    {
        "fan_in": _fan_in,
        "fan_out": _fan_out,
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
