"""Bipartites and stacks: the connected parts of the kernel ``layers``, and the denser parts that one of them has swallowed.

Several shapes of one day easily hang together by a few payments more. Such payments stand alone: of a shape, an account and
another that it pays are for the most part in butterflies, two payers and two payees of a layer who all pay each other. So of
every part the pairs of payer and payee in the fewest butterflies are taken away, again and again (its k-wings, k growing), and
what is left is asked for layers anew. If it falls apart, its parts are instances too, beside it, and so are those they fall
apart into. A part holds at least ``paid_min`` x ``paying_min`` payments in each layer; one with fewer than twice as many cannot
fall apart, and one of more than ``TAKEN_APART_MAX`` accounts is not tried. One with too many accounts to be shown is taken
apart as well, as long as it has at most twice as many: in a small world all shapes of a day may hang together.

Source: the k-wing of Sariyuce and Pinar, Peeling bipartite networks for dense subgraph discovery, WSDM 2018.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from graphfraud.analysis.question import frozen
from graphfraud.kernels.patterns_layers import layers

Positions = npt.NDArray[np.int64]
Limits = tuple[int, int, int, int]
"""within_us, n_layers, paid_min, paying_min of the kernel ``layers``."""


TAKEN_APART_MAX = 2_000
"""Most accounts of a part that is taken apart: who pays whom then fits a table of 32 MB."""


class Payments(NamedTuple):
    """Payments in total order, by accounts numbered from 0; ``may`` has bit l unless one can be shown not to be of layer l."""

    payer_ix: npt.NDArray[np.int32]
    payee_ix: npt.NDArray[np.int32]
    at_us: Positions
    may: npt.NDArray[np.int8]
    n_accounts: int


class Parts(NamedTuple):
    """Instances: places ``start[i]`` to ``start[i + 1] - 1`` of positions among the payments and of their layers."""

    start: Positions
    tx: Positions
    layer: npt.NDArray[np.int8]

    @property
    def of(self) -> Positions:
        """Instance of each place."""
        return np.repeat(np.arange(len(self.start) - 1), np.diff(self.start))

    def each(self) -> "list[Parts]":
        """Return the instances one by one."""
        ends = zip(self.start[:-1], self.start[1:], strict=True)
        return [Parts(np.array([0, high - low]), self.tx[low:high], self.layer[low:high]) for low, high in ends]

    def only(self, keep: npt.NDArray[np.bool_]) -> "Parts":
        """Return some of the instances."""
        place = keep[self.of] if len(keep) else np.zeros(0, np.bool_)
        return Parts(np.concatenate(([0], np.cumsum(np.diff(self.start)[keep]))), self.tx[place], self.layer[place])


def layered(
    payments: Payments, begin_us: int, within_us: int, n_layers: int, paid_min: int, paying_min: int, accounts_max: int
) -> tuple[Parts, int]:
    """Return the instances, and how many were left out because they have more places than ``accounts_max``.

    Parameters
    ----------
    payments : Payments
    begin_us : int
        Where the windows begin, not after the first transaction.
    within_us, n_layers, paid_min, paying_min, accounts_max : int
        As for the kernel ``layers``.

    Returns
    -------
    parts : Parts
    n_cut : int
    """
    limits = within_us, n_layers, paid_min, paying_min
    found = _cores(payments, begin_us, limits)
    fits = _n_places(payments, found) <= accounts_max
    outer, too_large = _outermost(found.only(fits)), _outermost(found.only(~fits))
    inner, least, most = [], 2 * n_layers * paid_min * paying_min, min(2 * accounts_max, TAKEN_APART_MAX)
    for parts in (outer, too_large):
        large = parts.only((np.diff(parts.start) >= least) & (_n_places(payments, parts) <= most))
        inner += [part for one in large.each() for part in _inside(payments, one, limits)]
    shown = [part for part in inner if _n_places(payments, part)[0] <= accounts_max]
    return _different([outer, *shown]), int((~fits).sum())


def _inside(payments: Payments, part: Parts, limits: Limits) -> list[Parts]:
    """Return the parts that one instance has swallowed; all other payments and accounts are out of sight meanwhile."""
    own, tx = np.unique(part.tx, return_inverse=True)
    ends = np.concatenate([payments.payer_ix[own], payments.payee_ix[own]])
    accounts, numbers = np.unique(ends, return_inverse=True)
    ix: npt.NDArray[np.int32] = numbers.astype(np.int32)
    may = np.zeros(len(own), np.int8)
    alone = Payments(ix[: len(own)], ix[len(own) :], payments.at_us[own], may, len(accounts))
    return [one._replace(tx=own[one.tx]) for one in _swallowed(alone, part._replace(tx=tx), limits)]


def _swallowed(payments: Payments, part: Parts, limits: Limits) -> list[Parts]:
    """Return the parts that a part falls apart into as it is made denser, and those that they fall apart into."""
    _, n_layers, paid_min, paying_min = limits
    while True:
        n_butterflies = _butterflies(payments, part)
        kept = n_butterflies > n_butterflies.min()
        if kept.sum() < 2 * n_layers * paid_min * paying_min:
            return []
        may = np.zeros_like(payments.may)
        for one in range(n_layers):
            may[part.tx[kept & (part.layer == one)]] |= 1 << one
        inner = _cores(payments._replace(may=may), int(payments.at_us[0]), limits)  # one window holds a whole part
        if len(inner.start) > 2:
            parts = inner.each()
            return [*parts, *(one for part in parts for one in _swallowed(payments, part, limits))]
        if not len(inner.tx):
            return []
        part = inner


def _butterflies(payments: Payments, part: Parts) -> Positions:
    """Count for each payment of one instance the butterflies of its layer that its payer and payee are in."""
    n = np.zeros(len(part.tx), np.int64)
    for one in range(int(part.layer.max()) + 1):
        here = part.layer == one
        payer, payee = payments.payer_ix[part.tx[here]], payments.payee_ix[part.tx[here]]
        pays = np.zeros((payments.n_accounts, payments.n_accounts))
        pays[payer, payee] = 1  # exact: counts of walks stay far below 2 ** 53
        walks = pays @ pays.T @ pays  # of three payments, from a payer to a payee; some go over one of the two again
        n[here] = (walks - pays.sum(1)[:, None] - pays.sum(0) + 1)[payer, payee]
    return n


def _cores(payments: Payments, begin_us: int, limits: Limits) -> Parts:
    """Ask the kernel; nothing is too large for it."""
    listed = np.flatnonzero(payments.may)
    columns = (frozen(column[listed]) for column in (payments.payer_ix, payments.payee_ix, payments.at_us, payments.may))
    room = (limits[1] + 1) * payments.n_accounts, payments.n_accounts
    start, tx, layer, _ = layers(*columns, begin_us, *limits, *room)  # type: ignore[call-arg]
    return Parts(start, listed[tx], layer)


def _n_places(payments: Payments, parts: Parts) -> Positions:
    """Count the places of each instance: accounts of each group."""
    of, layer = parts.of, parts.layer.astype(np.int64)
    ends = ((payments.payer_ix[parts.tx], layer), (payments.payee_ix[parts.tx], layer + 1))
    places = pl.concat([pl.DataFrame({"of": of, "group": group, "account": account}) for account, group in ends]).unique()
    return np.bincount(places["of"].to_numpy(), minlength=len(parts.start) - 1)


def _outermost(parts: Parts) -> Parts:
    """Leave out instances with all their payments in another, as overlapping windows show them; of equals the first stays."""
    size = np.diff(parts.start)
    if len(size) < 2:
        return parts
    places = pl.DataFrame({"of": parts.of, "tx": parts.tx, "layer": parts.layer})
    shared = places.join(places.rename({"of": "with"}), on=["tx", "layer"]).filter(pl.col("of") != pl.col("with"))
    one, two, n = (column.to_numpy() for column in shared.group_by("of", "with").len())
    inside = (n == size[one]) & ((size[two] > size[one]) | (two < one))
    lost = np.zeros(len(size), np.bool_)
    lost[one[inside]] = True
    return parts.only(~lost)


def _different(found: list[Parts]) -> Parts:
    """Put lists of instances together, each instance once."""
    length = np.concatenate([np.diff(parts.start) for parts in found])
    tx, layer = (np.concatenate(columns) for columns in zip(*((parts.tx, parts.layer) for parts in found), strict=True))
    whole = Parts(np.concatenate(([0], np.cumsum(length))), tx, layer)
    names = [(tx[a:b].tobytes(), layer[a:b].tobytes()) for a, b in zip(whole.start[:-1], whole.start[1:], strict=True)]
    first = dict(zip(reversed(names), reversed(range(len(names))), strict=True))
    return whole.only(np.array([first[name] == k for k, name in enumerate(names)], np.bool_))
