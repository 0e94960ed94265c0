"""The shapes in which dirty money moves, each a named function over parcels of money.

A parcel is a sum that lies in an account from an instant on. Every scheme takes parcels, moves them without ever paying out
more than came in, and returns the moves and the parcels as they lie afterwards. The scam flows are built of these.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from graphfraud.synthetic.draws import Draws, Ints
from graphfraud.units import MINUTE_US, SECOND_US


@dataclass(frozen=True, slots=True)
class Parcels:
    """Sums of money at rest: account, instant it came (us), amount (fen); ring and hops left are carried along."""

    account: Ints
    at_us: Ints
    amount_fen: Ints
    ring: Ints
    left: Ints

    def __len__(self) -> int:
        return len(self.account)

    def take(self, keep: np.ndarray) -> "Parcels":
        """Return the parcels a mask or positions name."""
        return Parcels(self.account[keep], self.at_us[keep], self.amount_fen[keep], self.ring[keep], self.left[keep])


@dataclass(frozen=True, slots=True)
class Moves:
    """Payments: payer and payee positions, instant (us), amount (fen)."""

    payer: Ints
    payee: Ints
    at_us: Ints
    amount_fen: Ints

    @staticmethod
    def join(*parts: "Moves") -> "Moves":
        """Return the payments of several moves, one after the other."""
        names = ("payer", "payee", "at_us", "amount_fen")
        return Moves(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


Payees = Callable[[Ints, Ints], Ints]
"""Chooses the payee of each part: (which parcel it comes from, when it arrives) -> account."""


def pool(parcels: Parcels, window_us: int) -> Parcels:
    """Put together what reached one account within one window: it leaves as one sum, after the last of it came."""
    if not len(parcels):
        return parcels
    window = parcels.at_us // window_us
    order = np.lexsort((parcels.at_us, window, parcels.account))
    p, window = parcels.take(order), window[order]
    starts = np.flatnonzero(np.r_[True, (p.account[1:] != p.account[:-1]) | (window[1:] != window[:-1])])
    return Parcels(
        p.account[starts],
        np.maximum.reduceat(p.at_us, starts),
        np.add.reduceat(p.amount_fen, starts),
        p.ring[starts],
        np.maximum.reduceat(p.left, starts),
    )


def fan_out(
    draws: Draws, parcels: Parcels, payees: Payees, *, parts: Ints, delay_us: Ints, kept_fen: Ints | None = None
) -> tuple[Moves, Parcels]:
    """集中转入分散转出: each parcel is paid on in several parts, half a minute to three minutes apart.

    Parameters
    ----------
    draws : Draws
    parcels : Parcels
    payees : callable
        Chooses who receives each part.
    parts : int64[n_parcels]
        Number of parts; lowered where the parcel has fewer fen.
    delay_us : int64[n_parcels]
        From the arrival of the parcel to its first part.
    kept_fen : int64[n_parcels], optional
        What stays behind of each.
    """
    amount = parcels.amount_fen if kept_fen is None else np.maximum(parcels.amount_fen - kept_fen, 1)
    parts = np.clip(parts, 1, amount)
    parent, part_fen = draws.split(amount, parts)
    step = np.arange(len(parent), dtype=np.int64) - (np.cumsum(parts) - parts)[parent]
    at_us = parcels.at_us[parent] + delay_us[parent] + step * draws.integers(30, 180, len(parent)) * SECOND_US
    payee = payees(parent, at_us)
    moves = Moves(parcels.account[parent], payee, at_us, part_fen)
    return moves, Parcels(payee, at_us, part_fen, parcels.ring[parent], parcels.left[parent] - 1)


def fan_in(
    draws: Draws, parcels: Parcels, payees: Payees, *, delay_us: Ints, window_us: int = MINUTE_US, kept_fen: Ints | None = None
) -> tuple[Moves, Parcels]:
    """分散转入集中转出: what many accounts hold goes to few, each account's takings of one window in one sum.

    ``delay_us`` and ``kept_fen`` are taken at the positions of the pooled parcels (there are never more of them).
    """
    pooled = pool(parcels, window_us)
    n = len(pooled)
    kept = None if kept_fen is None else kept_fen[:n]
    return fan_out(draws, pooled, payees, parts=np.ones(n, np.int64), delay_us=delay_us[:n], kept_fen=kept)


def chain(draws: Draws, parcels: Parcels, stations: list[Ints], *, delay_us: Callable[[int], Ints]) -> tuple[Moves, Parcels]:
    """逐级转移: each parcel goes whole through one station after the other."""
    legs = []
    for station in stations:
        n = len(parcels)
        moves, parcels = fan_out(draws, parcels, _station(station), parts=np.ones(n, np.int64), delay_us=delay_us(n))
        legs.append(moves)
    return Moves.join(*legs), parcels


def _station(accounts: Ints) -> Payees:
    return lambda parent, _: accounts[parent]


def cycle(draws: Draws, parcels: Parcels, stations: list[Ints], *, delay_us: Callable[[int], Ints]) -> tuple[Moves, Parcels]:
    """资金回环: a chain that ends where it began."""
    return chain(draws, parcels, [*stations, parcels.account], delay_us=delay_us)


def scatter_gather(
    draws: Draws, parcels: Parcels, middle: Payees, last: Payees, *, parts: Ints, delay_us: Ints
) -> tuple[Moves, Parcels]:
    """先散后聚: out to many, and from them together again."""
    out, lying = fan_out(draws, parcels, middle, parts=parts, delay_us=delay_us)
    back, lying = fan_in(draws, lying, last, delay_us=np.repeat(delay_us, parts)[: len(lying)])
    return Moves.join(out, back), lying


def gather_scatter(
    draws: Draws, parcels: Parcels, hub: Payees, payees: Payees, *, parts: Ints, delay_us: Ints, window_us: int
) -> tuple[Moves, Parcels]:
    """先聚后散: many into a hub, which pays out to many; ``parts`` and ``delay_us`` are taken by position, as in fan_in."""
    into, lying = fan_in(draws, parcels, hub, delay_us=delay_us)
    lying = pool(lying, window_us)
    n = len(lying)
    out, lying = fan_out(draws, lying, payees, parts=parts[:n], delay_us=delay_us[:n])
    return Moves.join(into, out), lying


def bipartite(draws: Draws, parcels: Parcels, payees: Ints, *, delay_us: Ints) -> tuple[Moves, Parcels]:
    """多对多: every payer pays every payee."""
    width = len(payees)
    return fan_out(
        draws,
        parcels,
        lambda parent, _: payees[np.arange(len(parent)) % width],
        parts=np.full(len(parcels), width, np.int64),
        delay_us=delay_us,
    )


def stack(draws: Draws, parcels: Parcels, layers: list[Ints], *, delay_us: Callable[[int], Ints]) -> tuple[Moves, Parcels]:
    """层层多对多: bipartite layers one behind the other."""
    legs = []
    for layer in layers:
        lying = pool(parcels, 1 << 62)
        moves, parcels = bipartite(draws, lying, layer, delay_us=delay_us(len(lying)))
        legs.append(moves)
    return Moves.join(*legs), parcels


Scheme = Callable[[Draws, int, int, int, int], Moves]


def _parcels(n: int, amount_fen: int, since_us: int, draws: Draws) -> Parcels:
    at_us = since_us + draws.integers(0, 1800, n) * SECOND_US
    zero = np.zeros(n, np.int64)
    return Parcels(np.arange(n, dtype=np.int64), at_us, np.full(n, amount_fen, np.int64), zero, zero)


def _alone(name: str) -> Scheme:
    """Return a scheme that needs only (draws, width, depth, amount_fen, since_us) and numbers its accounts from 0."""

    def run(draws: Draws, width: int, depth: int, amount_fen: int, since_us: int) -> Moves:
        def delay(n: int) -> Ints:
            return draws.delay_us(360, 1.0, n)

        def layer(k: int) -> Ints:
            return np.arange(width, dtype=np.int64) + width * k

        one, many = _parcels(1, amount_fen, since_us, draws), _parcels(width, amount_fen, since_us, draws)
        wide, hub = np.array([width], np.int64), np.array([width], np.int64)

        def spread(parent: Ints, _: Ints) -> Ints:
            return 1 + np.arange(len(parent), dtype=np.int64)

        def to(account: int) -> Payees:
            return lambda parent, _: np.full(len(parent), account, np.int64)

        stations = [np.array([k], np.int64) for k in range(1, depth + 1)]
        shapes: dict[str, Callable[[], tuple[Moves, Parcels]]] = {
            "fan_in": lambda: fan_in(draws, many, to(width), delay_us=delay(width)),
            "fan_out": lambda: fan_out(draws, one, spread, parts=wide, delay_us=delay(1)),
            "chain": lambda: chain(draws, one, stations, delay_us=delay),
            "cycle": lambda: cycle(draws, one, stations, delay_us=delay),
            "scatter_gather": lambda: scatter_gather(draws, one, spread, to(width + 1), parts=wide, delay_us=delay(1)),
            "gather_scatter": lambda: gather_scatter(
                draws, many, to(width), lambda p, _: width + 1 + np.arange(len(p)), parts=hub, delay_us=delay(width),
                window_us=1 << 62,
            ),
            "bipartite": lambda: bipartite(draws, many, layer(1), delay_us=delay(width)),
            "stack": lambda: stack(draws, many, [layer(k) for k in range(1, depth + 1)], delay_us=delay),
        }  # fmt: skip
        return shapes[name]()[0]

    return run


SCHEMES: Mapping[str, Scheme] = MappingProxyType(
    {
        name: _alone(name)
        for name in ("fan_in", "fan_out", "stack", "scatter_gather", "gather_scatter", "cycle", "bipartite", "chain")
    }
)
"""Every scheme by name, alone: (draws, width, depth, amount_fen, since_us) -> Moves between accounts numbered from 0."""
