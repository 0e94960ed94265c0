"""Verbs about the flow of money in a whole store: paths, cycles and patterns, each instance with its payments."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import polars as pl

from graphfraud.errors import QuestionError
from graphfraud.jobs.flows import read_flows
from graphfraud.jobs.plan import Outcome, Place, Progress

if TYPE_CHECKING:
    from graphfraud.findings.run import Run

_RETAINED = re.compile(r"^(?P<low>\d{1,3})(?:\.(?P<low_part>\d))?%?-(?P<high>\d{1,3})(?:\.(?P<high_part>\d))?%?$", re.ASCII)

_RETAINED_MAX = 9000


def paths(
    *,
    progress: Progress,
    store: Place,
    from_ids: Sequence[str] = (),
    to_ids: Sequence[str] = (),
    case: str | None = None,
    by: str = "earliest",
    k: int = 1,
    ties: bool = True,
    gap: str | None = None,
    retention: str | None = None,
    within: str | None = None,
    hops_max: int | None = None,
    since: str | None = None,
    until: str | None = None,
    top: int = 20,
    out: Place | None = None,
) -> Outcome:
    """Find the ``k`` best paths between accounts; or, for a case, the ``k`` best from each victim payment on.

    ``to_ids`` left out: to an exit channel. ``retention``: least and most of a payment that the next may be ("80-100%").
    """
    from graphfraud.analysis.paths import paths as find_paths
    from graphfraud.analysis.trace import seeds as seeds_of
    from graphfraud.store.open import open_store

    if (case is None) == (not from_ids):
        found = "neither" if case is None else "both of them"
        raise QuestionError("paths, --from and --case", found, "one of them", "Name accounts to start from, or a case.")
    retain = None if retention is None else _permille(retention)
    opened = open_store(store, create=False)
    flows, reported = read_flows(opened, progress)
    seeds = None if case is None else seeds_of(reported, case)
    progress("finding paths", 2, 4)
    answer = find_paths(
        flows,
        from_ids=from_ids,
        seeds=seeds,
        to_ids=to_ids,
        best=by,
        n_paths_max=k,
        each=case is not None,
        strict=not ties,
        gap=gap,
        retain_permille=retain,
        within=within,
        hops_max=hops_max,
        since=since,
        until=until,
    )
    begun = answer.steps.filter(pl.col("hop") == 1)["transaction_id"].n_unique()
    facts: dict[str, object] = {
        "best": answer.best,
        "case": case,
        "n_paths": answer.paths.height,
        "n_seeds": None if seeds is None else seeds.height,
        "n_seeds_without": None if seeds is None else seeds["transaction_id"].n_unique() - begun,
        "paths": _with_payments(answer.paths, answer.steps, "path", top),
        "ambiguities": dict(answer.ambiguities),
        "truncated": answer.truncated,
    }
    frames = {"paths": answer.paths, "steps": answer.steps}
    told = {"best": answer.best, "case": case, "ambiguities": dict(answer.ambiguities), "truncated": answer.truncated}
    facts |= keep(opened, answer.run, frames, told, answer.steps["transaction_id"], None, out, progress)
    opened.close()
    return Outcome(facts, answer, truncated=answer.truncated)


def cycles(
    *,
    progress: Progress,
    store: Place,
    within: str = "24h",
    length_max: int = 10,
    ties: bool = False,
    since: str | None = None,
    until: str | None = None,
    cycles_max: int = 1_000_000,
    null_worlds: int = 20,
    rng_seed: int = 0,
    top: int = 20,
    out: Place | None = None,
) -> Outcome:
    """Find money that comes back to where it started, the most surprising first."""
    from graphfraud.analysis.cycles import cycles as find_cycles
    from graphfraud.store.open import open_store

    opened = open_store(store, create=False)
    flows, _ = read_flows(opened, progress)
    progress("finding cycles", 2, 4)
    answer = find_cycles(
        flows,
        within=within,
        length_max=length_max,
        strict=not ties,
        since=since,
        until=until,
        cycles_max=cycles_max,
        null_worlds=null_worlds,
        rng_seed=rng_seed,
    )
    facts: dict[str, object] = {
        "n_cycles": answer.cycles.height,
        "within": within,
        "length_max": length_max,
        "null_worlds": null_worlds,
        "cycles": _with_payments(answer.cycles, answer.steps, "cycle", top),
        "ambiguities": dict(answer.ambiguities),
        "truncated": answer.truncated,
    }
    frames = {"cycles": answer.cycles, "steps": answer.steps}
    told = {"ambiguities": dict(answer.ambiguities), "truncated": answer.truncated}
    facts |= keep(opened, answer.run, frames, told, answer.steps["transaction_id"], None, out, progress)
    opened.close()
    return Outcome(facts, answer, truncated=answer.truncated)


def patterns(
    *,
    progress: Progress,
    store: Place,
    kinds: Sequence[str] = (),
    settings: Mapping[str, Mapping[str, str | int]] | None = None,
    since: str | None = None,
    until: str | None = None,
    null_worlds: int = 20,
    rng_seed: int = 0,
    top: int = 20,
    out: Place | None = None,
) -> Outcome:
    """Find instances of patterns, the most surprising first; no ``kinds``: all of them."""
    from graphfraud.analysis.patterns import patterns as find_patterns
    from graphfraud.findings.patterns import PATTERNS
    from graphfraud.store.open import open_store

    opened = open_store(store, create=False)
    flows, _ = read_flows(opened, progress)
    progress("finding patterns", 2, 4)
    answer = find_patterns(
        flows,
        kinds or PATTERNS,
        settings=settings,
        since=since,
        until=until,
        null_worlds=null_worlds,
        rng_seed=rng_seed,
    )
    counts = dict(answer.patterns["kind"].value_counts().iter_rows())
    facts: dict[str, object] = {
        "n_patterns": answer.patterns.height,
        "kinds": [{"kind": kind, "n": counts.get(kind, 0)} for kind in PATTERNS if not kinds or kind in kinds],
        "null_worlds": null_worlds,
        "patterns": _with_payments(answer.patterns, answer.transactions, "pattern", top),
        "truncated": dict(answer.truncated),
    }
    frames = {"patterns": answer.patterns, "transactions": answer.transactions, "accounts": answer.accounts}
    told = {"null_worlds": answer.null_worlds, "truncated": dict(answer.truncated)}
    facts |= keep(opened, answer.run, frames, told, answer.transactions["transaction_id"], None, out, progress)
    opened.close()
    return Outcome(facts, answer, truncated=bool(answer.truncated))


def keep(
    opened: Any,
    run: Run,
    frames: Mapping[str, pl.DataFrame],
    told: Mapping[str, object],
    transactions: pl.Series,
    links: pl.DataFrame | None,
    out: str | None,
    progress: Progress,
) -> dict[str, object]:
    """Write an answer with the file and row of each payment and link of it, if asked to; return what is said of that."""
    from graphfraud.report.answer import write_frames
    from graphfraud.report.cite import cite_evidence

    facts: dict[str, object] = {"graph_digest": run.graph_digest, "n_citations": None, "out": out}
    if out is not None:
        progress("citing", 3, 4)
        citations = cite_evidence(opened, transactions, links)
        write_frames(out, run, {**frames, "citations": citations}, told)
        facts["n_citations"] = citations.height
    return facts


def _with_payments(rows: pl.DataFrame, payments: pl.DataFrame, key: str, top: int) -> list[dict[str, object]]:
    """Return the first instances, each with its payments."""
    of: dict[int, list[dict[str, object]]] = {}
    for payment in payments.filter(pl.col(key) < top).iter_rows(named=True):
        of.setdefault(payment.pop(key), []).append(payment)
    return [{**row, "payments": of.get(row[key], [])} for row in rows.head(top).iter_rows(named=True)]


def _permille(text: str) -> tuple[int, int]:
    """Read "80-100%" as thousandths."""
    match = _RETAINED.match(text.replace(" ", ""))
    if match is not None:
        low, high = (int(match[side]) * 10 + int(match[f"{side}_part"] or 0) for side in ("low", "high"))
        if low <= high <= _RETAINED_MAX:
            return low, high
    raise QuestionError(
        "retention",
        repr(text),
        f"two percentages of at most {_RETAINED_MAX // 10}, the smaller first, with at most one decimal",
        "Write it so: 80-100%.",
    )
