"""A trace as a picture's raw material: one node per account, victim and exit channel, one row per traced transaction."""

from dataclasses import dataclass

import polars as pl

from graphfraud.findings.trace import BEYOND, EXITED, RESTING, RETURNED, UNSEEN, Trace
from graphfraud.tables import EXIT_CHANNELS

VICTIM = "victim"
ACCOUNT = "account"
EXIT = "exit"
EXIT_KEY = "\x00"
"""Begins the key of an exit channel; no account number holds such a character."""
PASSED = "passed"
ENDS = (PASSED, RESTING, EXITED, RETURNED, UNSEEN, BEYOND)
"""What an account did with the victims' money it received; on a tie the earlier names the account's state."""

_TIER_FEN = [f"{end}_fen" for end in ENDS]


@dataclass(frozen=True, slots=True)
class Case:
    """What can be drawn of a trace, before anything is folded.

    Attributes
    ----------
    nodes : polars.DataFrame
        ``node`` (0, 1, ... left to right, most money first), ``key`` (account id or exit channel), ``role`` (victim, account or
        exit), ``column`` (0 victims, then tiers, exits last), ``lost_fen``, ``received_fen``, ``passed_fen``, ``resting_fen``,
        ``exited_fen``, ``returned_fen``, ``unseen_fen``, ``beyond_fen``, ``weight_fen`` (of a victim the money lost, else
        received), ``state``, ``n_victims``, ``other_tier``, ``n_other_victims`` and ``other_fen`` (of a victim whom other
        victims' money reached: in how few hops, from how many accounts, how much; else null and 0), ``first_us``, ``last_us``,
        ``statement_held``, ``isolated`` (no row touches it).
    rows : polars.DataFrame
        One per traced transaction and pair of nodes: ``transaction_id``, ``a``, ``b`` (nodes), ``payee_id``, ``channel``,
        ``amount_fen`` (the whole transaction), ``traced_fen`` (victims' money in it), ``own`` (a victim's own payment),
        ``at_us``; in order of time.
    n_tiers : int
    """

    nodes: pl.DataFrame
    rows: pl.DataFrame
    n_tiers: int


def case_of(trace: Trace) -> Case:
    """Turn a trace's frames into nodes and rows; an exit transaction leads to its channel's node, not to its payee."""
    rows = _keyed_rows(trace)
    nodes = _nodes(trace, rows)
    ix = nodes.select("key", "node")
    rows = (
        rows.join(ix.rename({"key": "from_key", "node": "a"}), on="from_key")
        .join(ix.rename({"key": "to_key", "node": "b"}), on="to_key")
        .with_columns(own=pl.col("transaction_id").is_in(trace.seeds["transaction_id"].implode()))
        .select("transaction_id", "a", "b", "payee_id", "channel", "amount_fen", "traced_fen", "own", "at_us")
        .sort("at_us", "a", "b", "transaction_id")
    )
    touched = pl.concat([rows["a"], rows["b"]]).unique()
    nodes = nodes.with_columns(isolated=~pl.col("node").is_in(touched.implode()))
    return Case(nodes, rows, max(_top(nodes["column"]) - 1, 0))


def _keyed_rows(trace: Trace) -> pl.DataFrame:
    """Steps merged per transaction: several victims' shares in one transfer are one row."""
    left = trace.lots.filter(pl.col("state") == EXITED).select("transaction_id", exit=pl.col("channel").fill_null("other"))
    left = left.group_by("transaction_id").agg(pl.col("exit").first())
    return (
        trace.steps.join(left, on="transaction_id", how="left")
        .with_columns(from_key=pl.col("payer_id"), to_key=pl.coalesce(pl.lit(EXIT_KEY) + pl.col("exit"), "payee_id"))
        .group_by("transaction_id", "from_key", "to_key")
        .agg(
            pl.col("payee_id").first(),
            pl.col("channel").first(),
            pl.col("amount_fen").max(),
            pl.col("traced_fen").sum(),
            pl.col("at_us").min(),
        )
    )


def _nodes(trace: Trace, rows: pl.DataFrame) -> pl.DataFrame:
    keys = pl.concat(
        [
            rows.select(key="from_key"),
            rows.select(key="to_key"),
            trace.seeds.select(key="payer_id"),
            trace.lots.filter(pl.col("state") != EXITED).select(key="account_id"),
        ]
    ).unique()
    lost = trace.seeds.group_by(key="payer_id").agg(lost_fen=pl.col("amount_fen").sum())
    span = (
        pl.concat([rows.select("at_us", key="from_key"), rows.select("at_us", key="to_key")])
        .group_by("key")
        .agg(first_us=pl.col("at_us").min(), last_us=pl.col("at_us").max())
    )
    taken = rows.group_by(key="to_key").agg(taken_fen=pl.col("traced_fen").sum())
    tiers = trace.tiers.drop("first_us", "last_us").rename({"account_id": "key"})
    nodes = (
        keys.join(lost, on="key", how="left")
        .join(tiers, on="key", how="left")
        .join(span, on="key", how="left")
        .join(taken, on="key", how="left")
        .join(_others(trace), on="key", how="left")
        .with_columns(
            pl.col("lost_fen", "taken_fen", "received_fen", "n_victims", "n_other_victims", "other_fen", *_TIER_FEN).fill_null(
                0
            )
        )
        .with_columns(is_exit=pl.col("key").str.starts_with(EXIT_KEY))
        .with_columns(
            role=pl.when("is_exit")
            .then(pl.lit(EXIT))
            .when(pl.col("lost_fen") > 0)
            .then(pl.lit(VICTIM))
            .otherwise(pl.lit(ACCOUNT)),
            received_fen=pl.when("is_exit").then("taken_fen").otherwise("received_fen"),
            statement_held=pl.col("statement_held").fill_null(True),
        )
    )
    last = _top(tiers["tier"]) + 1
    return (
        nodes.with_columns(
            column=pl.when(pl.col("role") == EXIT)
            .then(last)
            .when(pl.col("role") == VICTIM)
            .then(0)
            .otherwise(pl.col("tier").fill_null(max(last - 1, 1)))
            .cast(pl.Int64),
            weight_fen=pl.when(pl.col("role") == VICTIM).then("lost_fen").otherwise("received_fen"),
            state=_state(),
            order=pl.col("key").replace_strict({EXIT_KEY + c: i for i, c in enumerate(EXIT_CHANNELS)}, default=99),
        )
        .sort("column", "order", -pl.col("weight_fen"), "key")
        .with_row_index("node")
        .with_columns(pl.col("node").cast(pl.Int64))
        .drop("tier", "taken_fen", "is_exit", "order")
    )


def _others(trace: Trace) -> pl.DataFrame:
    """Victims whom other victims' money reached: not only robbed, so nobody's account to clear or to freeze unread."""
    between = trace.victim_tiers.filter(
        pl.col("account_id").is_in(trace.seeds["payer_id"].implode()) & (pl.col("account_id") != pl.col("victim_account_id"))
    )
    return between.group_by(key="account_id").agg(
        other_tier=pl.col("tier").min(), n_other_victims=pl.len().cast(pl.Int64), other_fen=pl.col("received_fen").sum()
    )


def _top(values: pl.Series) -> int:
    return max(values.drop_nulls().to_list(), default=0)


def _state() -> pl.Expr:
    """Name the end that took most of the account's money; the first in the order of :data:`ENDS` on a tie."""
    largest = pl.max_horizontal(*_TIER_FEN)
    state = pl.lit(PASSED)
    for end in reversed(ENDS):
        state = pl.when((pl.col(f"{end}_fen") == largest) & (largest > 0)).then(pl.lit(end)).otherwise(state)
    return state
