"""Worlds of payments for speed: heavy-tailed activity, communities, 90 days, patterns put in. Fixed seeds.

How much an account pays, and is paid, falls with its rank; 70 % of payments stay in log-normal communities; amounts are
log-normal; 1.5 % of
the payments belong to patterns (fan-in, fan-out, scatter-gather, gather-scatter, cycles, chains).
"""

import argparse
from dataclasses import dataclass

import numpy as np
import polars as pl

from graphfraud.graph.flows import FlowGraph
from graphfraud.kernels.order import by_account
from graphfraud.units import DAY_US, HOUR_US, SECOND_US

SIZES = {
    "smallest": (1_000, 10_000),
    "X": (10_000, 100_000),
    "S": (100_000, 1_000_000),
    "M": (500_000, 5_000_000),
    "L": (3_000_000, 30_000_000),
}
"""Accounts and payments; L needs some 4 GiB to make."""
BEGIN_US = 1_709_222_400 * SECOND_US  # 2024-03-01 in China
DAYS = 90


@dataclass(frozen=True)
class FlowWorld:
    """Arrays as a flow graph has them, read-only, in total order."""

    payer_ix: np.ndarray
    payee_ix: np.ndarray
    amount_fen: np.ndarray
    at_us: np.ndarray
    n_accounts: int

    @property
    def n_transactions(self) -> int:
        return len(self.payer_ix)

    def rows(self, side: str) -> tuple[np.ndarray, np.ndarray]:
        """Transactions by payer or by payee."""
        return tuple(_frozen(a) for a in by_account(getattr(self, f"{side}_ix"), self.n_accounts))

    def graph(self) -> FlowGraph:
        """The same as a flow graph, without statements."""
        n, m = self.n_transactions, self.n_accounts
        return FlowGraph(
            self.payer_ix,
            self.payee_ix,
            self.amount_fen,
            self.at_us,
            seq=_frozen(np.arange(n)),
            channel=_frozen(np.zeros(n, np.int8)),
            low_precision=_frozen(np.zeros(n, np.bool_)),
            opening_fen=_frozen(np.zeros(m, np.int64)),
            opening_known=_frozen(np.zeros(m, np.bool_)),
            opening_raised_fen=_frozen(np.zeros(m, np.int64)),
            held=_frozen(np.ones(m, np.bool_)),
            account_id=pl.Series("account_id", np.arange(m)).cast(pl.String).str.zfill(10),
            transaction_id=pl.Series("transaction_id", np.arange(n)).cast(pl.String),
        )


def add_sizes(parser: argparse.ArgumentParser) -> None:
    """Add the options that say which worlds are measured: ``--smallest``, ``--size S --size L``."""
    parser.add_argument("--smallest", action="store_true", help="the smallest world: a check that everything runs")
    parser.add_argument("--size", action="append", choices=list(SIZES), help="may be repeated; S and M unless told")


def flow_world(size: str, rng_seed: int = 20240301) -> FlowWorld:
    """Make a world of a size in :data:`SIZES`."""
    m, n = SIZES[size]
    rng = np.random.default_rng(rng_seed)
    parts = [_background(rng, m, n)]
    n_in_patterns = 0
    while n_in_patterns < 0.015 * n:
        parts.append(_pattern(rng, m))
        n_in_patterns += len(parts[-1][0])
    payer, payee, amount, at = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.argsort(at, kind="stable")
    return FlowWorld(
        _frozen(payer[order].astype(np.int32)),
        _frozen(payee[order].astype(np.int32)),
        _frozen(amount[order].astype(np.int64)),
        _frozen(at[order].astype(np.int64)),
        m,
    )


def _background(rng: np.random.Generator, m: int, n: int) -> tuple[np.ndarray, ...]:
    pays, is_paid = ((rng.permutation(m) + 15.0) ** -0.85 for _ in range(2))  # who pays much need not be paid much
    size = np.maximum(2, rng.lognormal(5.5, 1.0, m // 10).astype(np.int64))
    edge = np.minimum(np.cumsum(size), m)
    edge = np.append(edge[edge < m], m)
    total = np.concatenate(([0.0], np.cumsum(is_paid)))
    payer = np.minimum(np.searchsorted(np.cumsum(pays), rng.uniform(0, pays.sum(), n), "right"), m - 1)
    home = np.searchsorted(edge, payer, "right")
    inside = rng.random(n) < 0.7
    low = np.where(inside, total[np.concatenate(([0], edge[:-1]))[home]], 0.0)
    drawn = rng.uniform(low, np.where(inside, total[edge[home]], total[-1]))
    payee = np.minimum(np.searchsorted(total, drawn, "right") - 1, m - 1)
    payee = np.where(payee == payer, (payer + 1) % m, payee)
    amount = np.maximum(1, rng.lognormal(10.5, 1.6, n)).astype(np.int64)
    at = BEGIN_US + rng.integers(0, DAYS * 86_400, n) * SECOND_US
    return payer, payee, amount, at


def _pattern(rng: np.random.Generator, m: int) -> tuple[np.ndarray, ...]:
    kind, k = rng.integers(6), int(rng.integers(3, 9))
    a = rng.choice(m, 2 * k + 2, replace=False) if m < 5_000 else rng.integers(0, m, 2 * k + 2)
    one, many, other, rest = np.repeat(a[0], k), a[1 : k + 1], np.repeat(a[k + 1], k), a[k + 2 :]
    pairs = {
        0: ([many], [one]),
        1: ([one], [many]),
        2: ([one, many], [many, other]),
        3: ([many, one[: len(rest)]], [one, rest]),
        4: ([a[:k]], [np.roll(a[:k], -1)]),
        5: ([a[:k]], [a[1 : k + 1]]),
    }[int(kind)]
    payer, payee = (np.concatenate(side) for side in pairs)
    begin = BEGIN_US + rng.integers(0, (DAYS - 1) * DAY_US)
    at = begin + np.sort(rng.integers(0, rng.choice([HOUR_US, 6 * HOUR_US, DAY_US]), len(payer))) // SECOND_US * SECOND_US
    return payer, payee, np.full(len(payer), int(rng.lognormal(14, 1.0))) - rng.integers(0, 200, len(payer)), at


def _frozen(array: np.ndarray) -> np.ndarray:
    array = np.ascontiguousarray(array)
    array.setflags(write=False)
    return array
