"""Rings: accounts bound by what they share *and* by money passed on in time. Indicators with their facts, never verdicts."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from graphfraud.analysis.binding import Groups, Passing, group_accounts, passing
from graphfraud.analysis.question import Clock, duration, transaction_rows, whole
from graphfraud.analysis.ring_habits import habit_rows
from graphfraud.analysis.ring_reasons import doubts_of, reasons_of
from graphfraud.analysis.ring_roles import member_rows
from graphfraud.analysis.rule_table import rule_table
from graphfraud.analysis.ties import account_ties, optional, shared_things
from graphfraud.errors import QuestionError
from graphfraud.findings.rings import (
    DOUBT_SCHEMA,
    HABIT_SCHEMA,
    REASON_SCHEMA,
    RING_FLOW_SCHEMA,
    RING_MEMBER_SCHEMA,
    RING_SCHEMA,
    RING_TIE_SCHEMA,
    Rings,
)
from graphfraud.findings.trace import SEED_SCHEMA
from graphfraud.graph.flows import FlowGraph
from graphfraud.graph.index import find
from graphfraud.graph.links import LinkGraph, links_of
from graphfraud.units import NONE


@dataclass(frozen=True, eq=False)
class Material:
    """What rings are made of, for questions that go further than :func:`rings`."""

    money: Passing
    ties: pl.DataFrame
    shared: pl.DataFrame
    groups: Groups
    seed_tx: Any  # int64[n_seeds]: victims' payments, positions in the graph


def reported_payments(transactions: pl.DataFrame) -> pl.DataFrame:
    """Pick the victim payments of every case: :data:`~graphfraud.findings.trace.SEED_SCHEMA`, in the order of (at_us, seq)."""
    paid = transactions.filter(pl.col("case_id").is_not_null() & (pl.col("payer_id") != pl.col("payee_id")))
    paid = paid.sort("at_us", "seq").with_row_index("seed")
    return paid.select(pl.col(name).cast(dtype) for name, dtype in SEED_SCHEMA.items())


def rings(
    flows: FlowGraph,
    links: LinkGraph,
    tables: Mapping[str, pl.DataFrame] | None = None,
    seeds: pl.DataFrame | None = None,
    *,
    within: str = "24h",
    share_min: int = 2,
    accounts_max: int = 200,
) -> Rings:
    """Find groups of accounts bound by identity ties and by dense, time-respecting flow of money.

    Strong ties (holder, bound phone, device) bind at once; weak ones (address on the net, opened at one outlet in a row) bind
    accounts that also pass money on; then whoever set such accounts going with their first payment is joined, and each group
    joins the one with which it shares most of the money it passes on. Things with an innocent reading bind nobody and are
    listed in ``shared``.

    Parameters
    ----------
    flows : FlowGraph
    links : LinkGraph
    tables : mapping of str to polars.DataFrame, optional
        ``accounts``, ``holders``, ``devices``: with them batches of openings, firms and tills are recognised.
    seeds : polars.DataFrame, optional
        Victims' payments, as :func:`reported_payments` gives them.
    within : str
        Money that leaves an account within this time of coming in is passed on.
    share_min : int
        Least number of members that share one thing.
    accounts_max : int
        A thing that more accounts share binds nobody.

    Returns
    -------
    Rings

    Raises
    ------
    QuestionError
        If a parameter is out of its range, or a seed is not a transaction of ``flows``.
    """
    clock = Clock()
    within_us = duration("within", within)
    share_min, accounts_max = whole("share_min", share_min, 2, 10**6), whole("accounts_max", accounts_max, 2, 10**9)
    made = material(flows, links, tables, seeds, within_us=within_us, accounts_max=accounts_max)
    answer = ring_frames(flows, made, share_min, within)
    asked = {"within": within, "share_min": share_min, "accounts_max": accounts_max, "links_digest": links.digest}
    return Rings(
        run=clock.run("rings", asked, flows),
        rules_version=rule_table()["version"],
        **answer,
        shared=made.shared,
        ambiguities=ambiguities_of(flows, made),
    )


def material(
    flows: FlowGraph,
    links: LinkGraph,
    tables: Mapping[str, pl.DataFrame] | None,
    seeds: pl.DataFrame | None,
    *,
    within_us: int,
    accounts_max: int,
) -> Material:
    """Match money, list ties, judge what is shared and group the accounts."""
    money = passing(flows, within_us)
    ties = account_ties(links_of(links), optional(tables, "accounts"))
    lives = flows.account_id.filter(pl.Series(money.passes, dtype=pl.Boolean))
    shared = shared_things(ties, tables, lives, accounts_max)
    groups = group_accounts(flows, money, ties, shared)
    return Material(money, ties, shared, groups, _seed_positions(flows, seeds))


def _seed_positions(flows: FlowGraph, seeds: pl.DataFrame | None) -> Any:
    if seeds is None or seeds.is_empty():
        return np.empty(0, np.int64)
    tx = find(flows.transaction_id, seeds["transaction_id"])
    if (tx == NONE).any():
        raise QuestionError(
            "seeds",
            f"{int((tx == NONE).sum())} of {len(tx)} that are no transaction of the graph",
            "victims' payments of the same store and period",
            "Take them from reported_payments() of the transactions the graph was built from.",
        )
    return np.unique(tx)


def ring_frames(flows: FlowGraph, made: Material, share_min: int, within: str) -> dict[str, pl.DataFrame]:
    """Build the frames, ring by number first, then named."""
    ring_of, kept = _ring_numbers(flows, made, share_min)
    payments = _payments(flows, made, ring_of)
    members = member_rows(flows, kept, payments)
    ties = (
        made.ties.join(made.shared.select("thing_kind", "thing_id", "strength"), on=["thing_kind", "thing_id"])
        .join(members.select("ring", "account_id"), on="account_id")
        .filter(pl.len().over("ring", "thing_kind", "thing_id") > 1)
    )
    names = _names(members)
    summary = _summary(members, ties, payments)
    reasons = reasons_of(summary, ties, made.shared, within)
    summary = summary.join(
        reasons.group_by("ring").agg(score=pl.col("points").sum()), on="ring", how="left", maintain_order="left"
    ).with_columns(pl.col("score").fill_null(0))
    summary = summary.with_columns(flagged=pl.col("score") >= rule_table()["flagged_points"])
    doubts = doubts_of(summary, reasons, ties)
    order = summary.join(names, on="ring").sort("score", "victim_fen", "ring_id", descending=[True, True, False])
    order = order.with_row_index("place")
    place = order.select("ring", "ring_id", "place")

    def named(frame: pl.DataFrame, schema: dict[str, type[pl.DataType]], *by: str) -> pl.DataFrame:
        frame = frame.join(place, on="ring").sort("place", *by)
        return frame.select(pl.col(name).cast(dtype) for name, dtype in schema.items())

    return {
        "rings": order.select(pl.col(name).cast(dtype) for name, dtype in RING_SCHEMA.items()),
        "members": named(members, RING_MEMBER_SCHEMA, "account_id"),
        "ties": named(ties, RING_TIE_SCHEMA, "thing_kind", "thing_id", "account_id"),
        "flows": named(_flow_rows(flows, payments), RING_FLOW_SCHEMA, "at_us", "tx"),
        "reasons": named(reasons, REASON_SCHEMA, "rule"),
        "doubts": named(doubts, DOUBT_SCHEMA, "turn"),
        "habits": named(habit_rows(payments, members), HABIT_SCHEMA, "habit", "bin"),
    }


def _ring_numbers(flows: FlowGraph, made: Material, share_min: int) -> tuple[Any, pl.DataFrame]:
    """Return each flow account's ring (-1 for none) and the accounts of rings: ``account_id, flow_ix, bound, ring``."""
    groups = made.groups
    frame = pl.DataFrame(
        {"account_id": groups.account_id, "flow_ix": groups.flow_ix, "bound": groups.bound, "ring": groups.group}
    )
    strong = made.shared.filter(pl.col("strength") == "strong").select("thing_kind", "thing_id")
    fullest = (
        made.ties.join(strong, on=["thing_kind", "thing_id"])
        .join(frame, on="account_id")
        .group_by("ring", "thing_kind", "thing_id")
        .len()
        .filter(pl.col("len") >= share_min)["ring"]
        .unique()
    )
    ring_of = np.full(flows.n_accounts, NONE, np.int64)
    has_flow = groups.flow_ix >= 0
    ring_of[groups.flow_ix[has_flow]] = groups.group[has_flow]
    payer, payee = ring_of[flows.payer_ix], ring_of[flows.payee_ix]
    dense = np.unique(payer[(payer == payee) & (made.money.relayed_fen > 0) & ~made.money.is_exit])
    rings_kept = np.intersect1d(fullest.to_numpy(), dense)
    ring_of[~np.isin(ring_of, rings_kept)] = NONE
    return ring_of, frame.filter(pl.col("ring").is_in(rings_kept.tolist()))


def _payments(flows: FlowGraph, made: Material, ring_of: Any) -> pl.DataFrame:
    """List the payments of rings: ``tx, ring, part`` (victim, inflow, start, inside, exit) and what each relayed."""
    payer, payee = ring_of[flows.payer_ix], ring_of[flows.payee_ix]
    moves = flows.payer_ix != flows.payee_ix
    inside = (payer == payee) & (payer >= 0) & moves & ~made.money.is_exit
    number = np.arange(flows.n_transactions, dtype=np.int64)
    starts, seeds = np.zeros(len(number), np.bool_), np.zeros(len(number), np.bool_)
    starts[made.groups.starts], seeds[made.seed_tx] = True, True
    comes = (payee >= 0) & ~inside & moves & ~made.money.is_exit
    chosen = {
        "start": (inside & starts, payee),
        "inside": (inside & ~starts, payee),
        "victim": (comes & seeds, payee),
        "inflow": (comes & ~seeds, payee),
        "exit": ((payer >= 0) & made.money.is_exit, payer),
    }
    parts = [
        pl.DataFrame({"tx": number[which], "ring": ring[which]}).with_columns(part=pl.lit(part))
        for part, (which, ring) in chosen.items()
    ]
    money = made.money
    return (
        pl.concat(parts)
        .sort("tx")
        .with_columns(
            pl.lit(pl.Series(array)).gather("tx").alias(name) if len(array) else pl.lit(None, pl.Int64).alias(name)
            for name, array in (
                ("payer_ix", flows.payer_ix),
                ("payee_ix", flows.payee_ix),
                ("amount_fen", flows.amount_fen),
                ("at_us", flows.at_us),
                ("fresh_fen", money.fresh_fen),
                ("moved_fen", money.moved_fen),
                ("relayed_fen", money.relayed_fen),
                ("gap_us", money.gap_us),
            )
        )
    )


def _summary(members: pl.DataFrame, ties: pl.DataFrame, payments: pl.DataFrame) -> pl.DataFrame:
    part, fen = pl.col("part"), pl.col("amount_fen")
    inner = part.is_in(["inside", "start"])
    money = payments.group_by("ring").agg(
        n_relays=(inner & (pl.col("relayed_fen") > 0)).sum(),
        relayed_fen=pl.col("relayed_fen").filter(inner).sum(),
        inflow_fen=fen.filter(part.is_in(["victim", "inflow"])).sum(),
        victim_fen=fen.filter(part == "victim").sum(),
        n_victims=pl.col("payer_ix").filter(part == "victim").n_unique(),
        exited_fen=fen.filter(part == "exit").sum(),
        fresh_exit_fen=pl.col("fresh_fen").filter(part == "exit").sum(),
        first_us=pl.col("at_us").min(),
        last_us=pl.col("at_us").max(),
    )
    things = (
        ties.filter(pl.col("strength") == "strong")
        .group_by("ring")
        .agg(n_things=pl.struct("thing_kind", "thing_id").n_unique())
    )
    people = members.group_by("ring").agg(
        n_accounts=pl.len(),
        n_bound=pl.col("bound").sum(),
        received_fen=pl.col("received_fen").sum(),
        moved_fen=pl.col("moved_fen").sum(),
    )
    return people.join(things, on="ring").join(money, on="ring").sort("ring")


def _names(members: pl.DataFrame) -> pl.DataFrame:
    """Name each ring after the bound member seen first: later members do not change the name."""
    first = (
        members.filter(pl.col("bound"))
        .sort("ring", "first_us", "account_id", nulls_last=True)
        .unique("ring", keep="first", maintain_order=True)
    )
    names = [ring_name(account) for account in first["account_id"]]
    return first.select("ring").with_columns(ring_id=pl.Series(names, dtype=pl.String))


def ring_name(text: str) -> str:
    """Name a ring after a member without telling who that is: letters alone, so that no mask takes it for a number."""
    return "ring-" + hashlib.sha256(text.encode()).hexdigest()[:12].translate(_LETTERS)


_LETTERS = str.maketrans("0123456789abcdef", "abcdefghijklmnop")


def _flow_rows(flows: FlowGraph, payments: pl.DataFrame) -> pl.DataFrame:
    """Show the payments that are evidence: victims', those that set accounts going, and money passed on inside or out."""
    proof = payments.filter(
        pl.col("part").is_in(["victim", "start"])
        | ((pl.col("part") == "inside") & (pl.col("relayed_fen") > 0))
        | ((pl.col("part") == "exit") & (pl.col("fresh_fen") > 0))
    )
    relayed = pl.when(pl.col("part") == "exit").then("fresh_fen").otherwise("relayed_fen")
    shown = proof.select("tx", "ring", "part", relayed_fen=relayed)
    return shown.with_columns(**transaction_rows(flows, shown["tx"].to_numpy()))


def ambiguities_of(flows: FlowGraph, made: Material) -> dict[str, int]:
    """Count what registers and statements leave open."""
    several = made.ties.filter(pl.col("thing_kind") == "holder").group_by("account_id").len()
    return {
        "accounts_with_several_holders": several.filter(pl.col("len") > 1).height,
        "accounts_in_one_table": int((made.groups.flow_ix < 0).sum()),
        "low_precision_transactions": int(flows.low_precision.sum()),
    }
