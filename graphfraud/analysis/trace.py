"""Where a case's money went: from victim payments forward in time under a tracing rule, exact to the fen."""

import time
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from graphfraud import __version__
from graphfraud.analysis.doubts import ambiguities, assumptions
from graphfraud.analysis.lots import is_exit, lot_frame, merged_lots, merged_steps, reached_accounts, step_frame
from graphfraud.analysis.tiers import account_tiers, victim_tiers
from graphfraud.errors import QuestionError
from graphfraud.findings.run import Run
from graphfraud.findings.trace import RULES, SEED_SCHEMA, Trace
from graphfraud.graph.flows import FlowGraph
from graphfraud.graph.index import find
from graphfraud.kernels.lots import trace_fifo, trace_libr, trace_lifo
from graphfraud.kernels.poison import trace_poison
from graphfraud.kernels.shares import trace_pro_rata
from graphfraud.units import NONE, duration_us, time_text, time_us

_KERNELS: Mapping[str, Callable[..., tuple[npt.NDArray[Any], ...]]] = MappingProxyType(
    {
        "fifo": trace_fifo,
        "lifo": trace_lifo,
        "pro_rata": trace_pro_rata,
        "poison": trace_poison,
        "libr": trace_libr,
    }
)
_HOPS_UNLIMITED = np.iinfo(np.int32).max
_NO_DEADLINE_US = np.iinfo(np.int64).max
_CASES_NAMED = 5


def seeds(transactions: pl.DataFrame, case: str) -> pl.DataFrame:
    """Pick the victim payments of a case.

    Parameters
    ----------
    transactions : polars.DataFrame
        Rows of table ``transactions``.
    case : str
        Case number.

    Returns
    -------
    polars.DataFrame
        :data:`~graphfraud.findings.trace.SEED_SCHEMA`, numbered in the order of (at_us, seq).

    Raises
    ------
    QuestionError
        If no transaction is a victim payment of the case, or one of them pays the victim's own account.
    """
    paid = transactions.filter(pl.col("case_id") == case).sort("at_us", "seq")
    if paid.is_empty():
        cases = transactions["case_id"].drop_nulls().unique().sort()
        named = ", ".join(cases.head(_CASES_NAMED).to_list()) + (f" and {len(cases) - 5} more" if len(cases) > 5 else "")
        raise QuestionError(
            f"case {case}",
            "no victim payment",
            f"one of the cases that have some: {named}" if len(cases) else "a case with victim payments; no case has any yet",
            "Check the case number, or load the case report with its payments.",
        )
    frame = paid.with_row_index("seed").select(pl.col(name).cast(dtype) for name, dtype in SEED_SCHEMA.items())
    _demand_moving(frame)
    return frame


def trace(
    flows: FlowGraph,
    seeds: pl.DataFrame,
    rule: str = "fifo",
    within: str | None = None,
    hops_max: int | None = None,
    until: str | int | None = None,
) -> Trace:
    """Trace victim payments forward in time under a rule.

    Parameters
    ----------
    flows : FlowGraph
    seeds : polars.DataFrame
        :data:`~graphfraud.findings.trace.SEED_SCHEMA`, as :func:`seeds` gives it; all of them in ``flows``.
    rule : str
        One of :data:`~graphfraud.findings.trace.RULES`.
    within : str, optional
        How long after its payment a victim's money is followed ("72h"), the last instant included. Part of the question: what
        is still moving later is ``beyond``, and the answer does not count as truncated.
    hops_max : int, optional
        Hops followed, at least 1. A cap: where it bites, lots are ``beyond`` and the answer is ``truncated``.
    until : str or int, optional
        End of observation, excluded: a time in China ("2024-03-05 12:00") or microseconds. Default: just after the last
        transaction. Payments after it are left out and counted in ``ambiguities``.

    Returns
    -------
    Trace
        The same input gives the same frames, in the same order.

    Raises
    ------
    QuestionError
        If a parameter is out of its range, there is no seed, or a seed is not a transaction of ``flows``.
    """
    started, clock = time.time_ns() // 1000, time.perf_counter()
    _demand_rule(rule, hops_max)
    deadline_us, until_us = _within_us(within), _until_us(until, flows)
    inside, seed_tx = _seeds_inside(flows, seeds, until_us)
    n = int(np.searchsorted(flows.at_us, until_us))
    seed_of = np.full(n, NONE, np.int32)
    seed_of[seed_tx] = np.arange(len(seed_tx))
    last = flows.at_us[seed_tx] + deadline_us if deadline_us else np.full(len(seed_tx), _NO_DEADLINE_US)
    leaves = is_exit(flows.channel[:n])
    for array in (seed_of, leaves, last):
        array.setflags(write=False)
    *found, totals = _KERNELS[rule](
        flows.payer_ix[:n],
        flows.payee_ix[:n],
        flows.amount_fen[:n],
        flows.at_us[:n],
        seed_of,
        leaves,
        flows.opening_fen,
        last,
        hops_max or _HOPS_UNLIMITED,
    )
    step_table, lot_table = merged_steps(found[:4]), merged_lots(found[4:], flows, seed_of)
    mixed_fen, shortfall_fen, n_beyond_hops, _ = (int(total) for total in totals)
    _assert_conserved(rule, inside["amount_fen"], lot_table, mixed_fen)
    steps, lots = step_frame(step_table, flows), lot_frame(lot_table, flows, seed_tx)
    reached = reached_accounts(step_table, flows)
    held = pl.DataFrame({"account_id": flows.account_id.gather(reached), "statement_held": flows.held[reached]})
    answer = {
        "seeds": inside,
        "steps": steps,
        "lots": lots,
        "tiers": account_tiers(inside, steps, lots, held),
        "victim_tiers": victim_tiers(inside, steps),
    }
    parameters = {
        "cases": sorted(set(inside["case_id"].drop_nulls().to_list())),
        "rule": rule,
        "within": within,
        "hops_max": hops_max,
        "until": until,
    }
    digest = flows.digest
    return Trace(
        run=Run(__version__, "trace", parameters, digest, started, time.perf_counter() - clock),
        rule=rule,
        **answer,
        until_us=until_us,
        mixed_fen=mixed_fen,
        assumptions=assumptions(flows, reached),
        ambiguities=ambiguities(flows, step_table["tx"], n, shortfall_fen, seeds.height - inside.height),
        truncated=n_beyond_hops > 0,
    )


def spread(
    flows: FlowGraph,
    seeds: pl.DataFrame,
    rules: Sequence[str] = RULES,
    within: str | None = None,
    hops_max: int | None = None,
    until: str | int | None = None,
) -> pl.DataFrame:
    """Show how far the rules disagree: what each account received and what is left in it, under every rule side by side.

    Parameters
    ----------
    flows, seeds, within, hops_max, until
        As for :func:`trace`.
    rules : sequence of str
        Some of :data:`~graphfraud.findings.trace.RULES`.

    Returns
    -------
    polars.DataFrame
        ``account_id``; for each rule ``{rule}_received_fen`` and ``{rule}_resting_fen`` (in the account at the end, its
        statement held or not); ``received_fen_min``, ``received_fen_max``, ``resting_fen_min``, ``resting_fen_max`` over
        the rules. Accounts ascending; 0 where a rule leads nothing there.

    Raises
    ------
    QuestionError
        As :func:`trace`; also if no rule is named.
    """
    if not rules:
        raise QuestionError("spread", "no rule", f"some of {', '.join(RULES)}", "Name the rules to compare.")
    by_rule = []
    for rule in dict.fromkeys(rules):
        tiers = trace(flows, seeds, rule, within, hops_max, until).tiers
        remains = (pl.col("resting_fen") + pl.col("returned_fen") + pl.col("unseen_fen")).alias(f"{rule}_resting_fen")
        by_rule.append(tiers.select("account_id", pl.col("received_fen").alias(f"{rule}_received_fen"), remains))
    accounts = pl.concat([frame.select("account_id") for frame in by_rule]).unique().sort("account_id")
    for frame in by_rule:
        accounts = accounts.join(frame, on="account_id", how="left", maintain_order="left")
    accounts = accounts.fill_null(0)
    return accounts.with_columns(
        over(f"^.*_{what}_fen$").alias(f"{what}_fen_{end}")
        for what in ("received", "resting")
        for end, over in (("min", pl.min_horizontal), ("max", pl.max_horizontal))
    )


def _demand_rule(rule: str, hops_max: int | None) -> None:
    if rule not in RULES:
        raise QuestionError("rule", repr(rule), f"one of {', '.join(RULES)}", "Choose one of them.")
    if hops_max is not None and not 1 <= hops_max <= _HOPS_UNLIMITED:
        raise QuestionError("hops_max", str(hops_max), "a whole number of at least 1", "The victim's own payment is hop 1.")


def _within_us(within: str | None) -> int:
    if within is None:
        return 0
    try:
        return duration_us(within)
    except ValueError as error:
        raise QuestionError("within", repr(within), "a duration such as 90m, 72h or 7d", "Write it so.") from error


def _until_us(until: str | int | None, flows: FlowGraph) -> int:
    if not flows.n_transactions:
        raise QuestionError(
            "the graph", "no transaction", "at least the victims' payments", "Load statements or a case report."
        )
    if until is None:
        return int(flows.at_us[-1]) + 1
    if isinstance(until, int):
        return until
    try:
        return time_us(until)
    except ValueError as error:
        raise QuestionError("until", repr(until), "a time such as 2024-03-05 or 2024-03-05 12:00", "Write it so.") from error


def _demand_moving(seeds: pl.DataFrame) -> None:
    still = seeds.filter(pl.col("payer_id") == pl.col("payee_id"))
    if not still.is_empty():
        raise QuestionError(
            f"victim payment {still['transaction_id'][0]}",
            "a payment from an account to itself",
            "a payment to somebody else's account",
            "Correct the payer or the payee in the case report and load it again.",
        )


def _seeds_inside(flows: FlowGraph, seeds: pl.DataFrame, until_us: int) -> tuple[pl.DataFrame, npt.NDArray[np.int64]]:
    """Return the seeds within the observation and their transactions' positions, both in total order."""
    missing = [name for name in SEED_SCHEMA if name not in seeds.columns]
    if missing:
        raise QuestionError("seeds", f"no column {', '.join(missing)}", ", ".join(SEED_SCHEMA), "Take them from seeds().")
    if seeds.is_empty():
        raise QuestionError("seeds", "no payment", "at least one", "Take them from seeds().")
    seeds = seeds.select(pl.col(name).cast(dtype) for name, dtype in SEED_SCHEMA.items())
    tx = find(flows.transaction_id, seeds["transaction_id"])
    if (tx == NONE).any() or len(np.unique(tx)) < len(tx):
        odd = seeds.filter(pl.Series(tx == NONE) | pl.col("transaction_id").is_duplicated())
        raise QuestionError(
            f"seed {odd['transaction_id'][0]}",
            f"{odd.height} of {seeds.height} seeds that are named twice or are no transaction of the graph",
            "each seed once, and each a transaction of the graph",
            "Build the graph from a period that covers the victims' payments.",
        )
    _demand_moving(seeds)
    same = (flows.amount_fen[tx] == seeds["amount_fen"].to_numpy()) & (flows.at_us[tx] == seeds["at_us"].to_numpy())
    if not same.all() or (np.diff(tx) < 0).any() or (seeds["seed"].to_numpy() != np.arange(len(tx))).any():
        raise QuestionError(
            "seeds", "other figures or another order than in the graph", "the rows seeds() gives", "Take both from one store."
        )
    n = int((seeds["at_us"] < until_us).sum())
    if n == 0:
        found, first = time_text(until_us), time_text(int(seeds["at_us"][0]))
        raise QuestionError("until", found, f"a time after the first victim payment ({first})", "Choose a later end.")
    return seeds.head(n), tx[:n]


def _assert_conserved(rule: str, seed_fen: pl.Series, lots: pl.DataFrame, mixed_fen: int) -> None:
    """Every fen paid in is in a lot: in sum under poison, payment by payment under the other rules."""
    paid, kept = int(seed_fen.sum()), int(lots["fen"].sum())
    assert paid + mixed_fen == kept, f"{rule}: {paid} fen paid and {mixed_fen} fen mixed in, but {kept} fen in lots"
    if rule == "poison":
        return
    assert mixed_fen == 0, f"{rule}: {mixed_fen} fen mixed in by a rule that adds nothing"
    by_seed = np.zeros(len(seed_fen), np.int64)
    np.add.at(by_seed, lots["seed"].to_numpy(), lots["fen"].to_numpy())
    for seed in np.flatnonzero(by_seed != seed_fen.to_numpy()):
        raise AssertionError(f"{rule}: seed {seed} paid {seed_fen[int(seed)]} fen, but {by_seed[seed]} fen in its lots")
