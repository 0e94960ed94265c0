"""Patterns of laundering with their instances, and how unlikely each is where the same accounts pay by chance."""

import os
from collections.abc import Iterable, Mapping
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import polars as pl

from graphfraud.analysis.pattern_kinds import DURATIONS, FINDERS, Found, find_all
from graphfraud.analysis.pattern_world import World
from graphfraud.analysis.question import Clock, duration, period, transaction_rows, whole
from graphfraud.analysis.surprise import SIGNS, compare, own_sign, shares_as_large, typical
from graphfraud.errors import QuestionError
from graphfraud.findings.patterns import (
    PATTERN_ACCOUNT_SCHEMA,
    PATTERN_ROLES,
    PATTERN_SCHEMA,
    PATTERN_TRANSACTION_SCHEMA,
    PATTERNS,
    Patterns,
)
from graphfraud.graph.flows import FlowGraph
from graphfraud.units import NONE

Signs = npt.NDArray[np.float64]

DEFAULTS: Mapping[str, Mapping[str, str | int]] = MappingProxyType(
    {
        "fan_in": {"within": "24h", "n_min": 5},
        "fan_out": {"within": "24h", "n_min": 5},
        "gather_scatter": {"within": "24h", "gap": "24h", "paid_min": 3, "paying_min": 3},
        "scatter_gather": {"within": "24h", "n_min": 3, "wedges_max": 10_000_000},
        "bipartite": {"within": "24h", "paid_min": 3, "paying_min": 3, "accounts_max": 200},
        "stack": {"within": "48h", "paid_min": 2, "paying_min": 2, "accounts_max": 200},
        "chain": {"gap": "2h", "share_min": 800, "n_min": 3},
        "pass_through": {"gap": "2h", "share_min": 950, "floor_fen": 1_000_000},
        "probe": {"within": "1h", "n_min": 2, "small_fen": 50_000, "large_fen": 500_000},
        "pooling": {"within": "24h", "n_min": 10, "small_fen": 100_000, "share_min": 800, "share_max": 1000},
        "staircase": {"gap": "72h", "growth": 2000, "n_min": 3, "floor_fen": 50_000, "between": 2, "known": "30d"},
        "limit_hugging": {"within": "7d", "n_min": 3, "limit_fen": 1_000_000, "band": 50},
        "daily_limit_hugging": {"within": "30d", "n_min": 3, "limit_fen": 1_000_000, "band": 50},
        "awakening": {"dormant": "180d", "within": "72h", "n_min": 5},
        "night": {"within": "30d", "n_min": 3, "share_min": 500},
    }
)
"""What is asked of each kind unless told otherwise. Times as text; amounts in fen; shares, bands and growth in thousandths.

within: longest time of a window; gap: longest rest or wait; known: how long a payee counts as new; between: most other
payments between two steps; n_min: least distinct accounts, middlemen, payments, days or nights; paid_min, paying_min: least
distinct accounts that pay one, and that one pays; accounts_max, wedges_max: caps.
"""


def patterns(
    flows: FlowGraph,
    kinds: Iterable[str] = PATTERNS,
    *,
    settings: Mapping[str, Mapping[str, str | int]] | None = None,
    since: str | int | None = None,
    until: str | int | None = None,
    n_threads: int | None = None,
    null_worlds: int = 0,
    rng_seed: int = 0,
) -> Patterns:
    """Find the instances of patterns, and rank them by how unlikely they are in this graph.

    Parameters
    ----------
    flows : FlowGraph
    kinds : iterable of str
        Some of :data:`~graphfraud.findings.patterns.PATTERNS`; defined with their finders in ``pattern_kinds.py``.
    settings : Mapping, optional
        Kind -> what differs from :data:`DEFAULTS`: ``{"fan_in": {"within": "6h", "n_min": 8}}``.
    since, until : str or int, optional
        Period of the payments, [since, until).
    n_threads : int, optional
        Threads that share the work; the answer does not depend on it. Default: one for each processor.
    null_worlds : int
        How many worlds of chance to compare with (20 tell 1 in 20 for one account, and far less where many accounts are as
        busy): the same accounts with as many payments each, but paired or timed by chance, see ``surprise.py``. 0: no ranking.
    rng_seed : int
        Chance's seed; the same gives the same answer.

    Returns
    -------
    Patterns
        The most surprising first; without ranking by kind, then time.

    Raises
    ------
    QuestionError
        If a kind or setting is unknown or out of its range, or the period is empty.
    """
    clock = Clock()
    whole("null_worlds", null_worlds, 0, 10_000)
    asked = {kind: _asked(kind, (settings or {}).get(kind, {})) for kind in _kinds(kinds, settings or {})}
    inside = period(flows, since, until)
    world = World(
        flows.payer_ix[inside], flows.payee_ix[inside], flows.amount_fen[inside], flows.at_us[inside], flows.n_accounts
    )
    found = find_all(world, asked, whole("n_threads", n_threads or os.cpu_count() or 1, 1, 1024))
    chance = _chance(world, asked, found, null_worlds, rng_seed) if null_worlds else {}
    parameters = {
        "settings": {kind: {**DEFAULTS[kind], **(settings or {}).get(kind, {})} for kind in asked},
        "since": since,
        "until": until,
        "null_worlds": null_worlds,
        "rng_seed": rng_seed,
    }
    return Patterns(
        clock.run("patterns", parameters, flows),
        *_tables(flows, inside.start, found, chance),
        null_worlds=null_worlds,
        truncated={kind: one.n_cut for kind, one in found.items() if one.n_cut},
    )


def _chance(
    world: World, asked: Mapping[str, Mapping[str, int]], found: Mapping[str, Found], null_worlds: int, rng_seed: int
) -> dict[str, tuple[Signs, ...]]:
    """Return for each kind what its instances are ranked by: p_value, n_expected, payer_share, graph_share, own_sign."""
    shares = shares_as_large(world)
    chance = {}
    for kind, one in found.items():
        signs = compare(world, one, kind, lambda w, k=kind: FINDERS[k](w, asked[k]), null_worlds, rng_seed)  # type: ignore[misc]
        chance[kind] = (*signs, *(typical(one, share, kind) for share in shares), own_sign(world, one, kind))
    return chance


def _kinds(kinds: Iterable[str], settings: Mapping[str, object]) -> list[str]:
    named = [kinds] if isinstance(kinds, str) else list(dict.fromkeys(kinds))
    for kind in (*named, *settings):
        if kind not in PATTERNS:
            raise QuestionError("kinds", repr(kind), f"some of {', '.join(PATTERNS)}", "Choose among them.")
    if not named:
        raise QuestionError("kinds", "none", f"some of {', '.join(PATTERNS)}", "Name the patterns to look for.")
    return named


def _asked(kind: str, settings: Mapping[str, str | int]) -> dict[str, int]:
    """Return the limits of one kind as numbers, times in microseconds."""
    for name in settings:
        if name not in DEFAULTS[kind]:
            raise QuestionError(f"settings of {kind}", repr(name), f"some of {', '.join(DEFAULTS[kind])}", "Choose among them.")
    limits = {}
    for name, value in {**DEFAULTS[kind], **settings}.items():
        where = f"{kind}, {name}"
        if name in DURATIONS:
            limits[name] = duration(where, value)  # type: ignore[arg-type]
        else:
            two = name == "n_min" and kind in ("chain", "staircase")
            least = 2 if two else 1 if name.endswith(("_min", "_max")) or name == "growth" else 0
            most = 10**13 if name.endswith("_fen") else 100 if name == "between" else 10**9
            limits[name] = whole(where, value, least, most)  # type: ignore[arg-type]
    return limits


def _tables(
    flows: FlowGraph, offset: int, found: Mapping[str, Found], chance: Mapping[str, tuple[Signs, ...]]
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Return the instances of all kinds, their transactions and their accounts, most surprising first.

    All is counted and ordered by positions; ids, which ascend with positions, are looked up last.
    """
    length = np.concatenate([np.diff(one.start) for one in found.values()])
    assert (length > 0).all(), "an instance without transactions"
    begin = np.cumsum(length) - length
    tx = np.concatenate([one.tx for one in found.values()]) + offset
    nothing = np.full(len(length), np.nan)
    names = (*SIGNS, "own_sign")
    signs = {name: np.concatenate([chance[kind][k] for kind in found]) if chance else nothing for k, name in enumerate(names)}
    anchor, other = (np.concatenate([getattr(one, side) for one in found.values()]) for side in ("account", "other"))
    rows = pl.DataFrame(
        {
            "number": np.arange(len(length)),
            "place": np.repeat([PATTERNS.index(kind) for kind in found], [len(one.start) - 1 for one in found.values()]),
            "account_id": _ids(flows, anchor),
            "other_account_id": _ids(flows, other),
            **signs,
            "n_transactions": length,
            "amount_fen": np.add.reduceat(flows.amount_fen[tx], begin),
            "begin_us": np.minimum.reduceat(flows.at_us[tx], begin),
            "end_us": np.maximum.reduceat(flows.at_us[tx], begin),
        }
    ).with_columns(pl.col(SIGNS).fill_nan(None))
    rows = rows.with_columns(surprise=pl.col("p_value") * pl.col("payer_share") * pl.col("graph_share") * pl.col("own_sign"))
    rows = rows.sort("surprise", "place", "begin_us", "number")
    rank = np.empty(len(length), np.int64)
    rank[rows["number"].to_numpy()] = np.arange(len(length))
    pattern = np.repeat(rank, length)
    order = np.argsort(pattern, kind="stable")
    pattern, tx, role = pattern[order], tx[order], np.concatenate([one.role for one in found.values()])[order]
    accounts = _accounts(flows, pattern, tx)
    rows = rows.with_columns(
        pattern=np.arange(len(length)),
        kind=pl.Series(PATTERNS, dtype=pl.String).gather(rows["place"]),
        n_accounts=np.bincount(accounts["pattern"], minlength=len(length)),
    )
    roles = pl.Series(PATTERN_ROLES, dtype=pl.String).gather(role)
    legs = pl.DataFrame({"pattern": pattern, "role": roles, **transaction_rows(flows, tx)})
    one, two = (
        frame.select(pl.col(name).cast(dtype) for name, dtype in schema.items())
        for frame, schema in ((rows, PATTERN_SCHEMA), (legs, PATTERN_TRANSACTION_SCHEMA))
    )
    return one, two, accounts


def _accounts(flows: FlowGraph, pattern: np.ndarray, tx: np.ndarray) -> pl.DataFrame:
    """Return what each account of each instance received and paid, and in how many transactions, in order."""
    payer_ix, payee_ix, amount, nothing = (
        flows.payer_ix[tx],
        flows.payee_ix[tx],
        flows.amount_fen[tx],
        np.zeros(len(tx), np.int64),
    )
    # A transaction may play two roles, and have one account at both ends.
    _, once = _firsts(pattern * flows.n_transactions + tx)
    order, new = _firsts(np.concatenate([pattern * flows.n_accounts + end for end in (payee_ix, payer_ix)]))
    begin = np.flatnonzero(new[order])

    def summed(received: np.ndarray, paid: np.ndarray) -> np.ndarray:
        total: np.ndarray = np.add.reduceat(np.concatenate([received, paid])[order], begin, dtype=np.int64)
        return total

    first = order[begin]
    return pl.DataFrame(
        {
            "pattern": pattern[first % max(len(tx), 1)],
            "account_id": flows.account_id.gather(np.concatenate([payee_ix, payer_ix])[first]),
            "n_transactions": summed(once, once & (payer_ix != payee_ix)),
            "received_fen": summed(amount, nothing),
            "paid_fen": summed(nothing, amount),
        },
        schema=PATTERN_ACCOUNT_SCHEMA,
    )


def _firsts(key: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return an order in which keys ascend, and which places hold the first of each key in it."""
    order = np.argsort(key)  # not stable, but three times as fast: what is asked of equal keys does not depend on their order
    first = np.empty(len(key), np.bool_)
    first[order] = np.diff(key[order], prepend=-1) != 0
    return order, first


def _ids(flows: FlowGraph, place: np.ndarray) -> pl.Series:
    known = pl.Series(np.where(place == NONE, 0, place)).set(pl.Series(place == NONE), None)
    return flows.account_id.gather(known)
