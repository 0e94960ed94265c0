"""Verbs on people and cards rather than on one case's money: rings and two-card rings of a whole store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import polars as pl

from graphfraud.jobs.flows import read_flows
from graphfraud.jobs.plan import Outcome, Place, Progress

if TYPE_CHECKING:
    from graphfraud.findings.rings import Rings
    from graphfraud.findings.two_card import TwoCard
    from graphfraud.graph.flows import FlowGraph
    from graphfraud.graph.links import LinkGraph

TABLES_READ = ("accounts", "holders", "sims", "devices", "call_counts")
RINGS_FRAMES = ("rings", "members", "ties", "flows", "reasons", "doubts", "shared", "habits")
TWO_CARD_FRAMES = (*RINGS_FRAMES, "indicators", "units", "lives")


def rings(
    *,
    progress: Progress,
    store: Place,
    within: str = "24h",
    share_min: int = 2,
    accounts_max: int = 200,
    out: Place | None = None,
) -> Outcome:
    """Find rings of accounts; with ``out``, keep the answer and the file and row of each piece of evidence there."""
    from graphfraud.analysis.rings import rings as find_rings
    from graphfraud.store.open import open_store

    opened = open_store(store, create=False)
    flows, links, tables, seeds = _read(opened, progress)
    progress("finding rings", 2, 4)
    answer = find_rings(flows, links, tables, seeds, within=within, share_min=share_min, accounts_max=accounts_max)
    del flows, links, tables, seeds  # citing reads much of the store: a graph beside it would be in its way
    facts = _facts(answer, out)
    if out is not None:
        progress("citing", 3, 4)
        facts["n_citations"] = _keep(answer, RINGS_FRAMES, opened, out)
    opened.close()
    return Outcome(facts, answer)


def two_card(
    *,
    progress: Progress,
    store: Place,
    within: str = "24h",
    accounts_max: int = 200,
    null_worlds: int = 199,
    rng_seed: int = 0,
    out: Place | None = None,
) -> Outcome:
    """Find groups of bank cards and phone cards in the same hands; with ``out``, keep the answer there."""
    from graphfraud.analysis.two_card import two_card as find_two_card
    from graphfraud.store.open import open_store

    opened = open_store(store, create=False)
    flows, links, tables, seeds = _read(opened, progress)
    progress("finding two-card rings", 2, 4)
    answer = find_two_card(
        flows, links, tables, seeds, within=within, accounts_max=accounts_max, null_worlds=null_worlds, rng_seed=rng_seed
    )
    del flows, links, tables, seeds  # citing reads much of the store: a graph beside it would be in its way
    facts = _facts(answer, out)
    if out is not None:
        progress("citing", 3, 4)
        facts["n_citations"] = _keep(answer, TWO_CARD_FRAMES, opened, out)
    opened.close()
    reached = answer.units.filter(pl.col("reached"))["holder_id"].n_unique()
    return Outcome({**facts, "n_persons_reached": reached}, answer)


def _read(opened: Any, progress: Progress) -> tuple[FlowGraph, LinkGraph, Mapping[str, pl.DataFrame], pl.DataFrame]:
    """Read what rings are made of and freeze it as graphs."""
    from graphfraud.analysis.rings import reported_payments
    from graphfraud.graph.links import link_graph

    flows, reported = read_flows(opened, progress)
    links = link_graph(opened.read("links"))
    return flows, links, {name: opened.read(name) for name in TABLES_READ}, reported_payments(reported)


def _keep(answer: Rings | TwoCard, names: tuple[str, ...], opened: Any, folder: str) -> int:
    """Write the frames and the file and row of each payment and tie of the evidence; return how many citations."""
    from graphfraud.report.answer import write_frames
    from graphfraud.report.cite import cite_evidence

    frames: dict[str, pl.DataFrame] = {name: getattr(answer, name) for name in names}
    frames["citations"] = cite_evidence(opened, answer.flows["transaction_id"], answer.ties)
    write_frames(folder, answer.run, frames, {"rules_version": answer.rules_version, "ambiguities": dict(answer.ambiguities)})
    return frames["citations"].height


def _facts(answer: Rings | TwoCard, out: str | None) -> dict[str, object]:
    """Sum an answer up: each ring with its reasons and how much evidence, those that look innocent by what they share."""
    paid, tied = (dict(frame["ring_id"].value_counts().iter_rows()) for frame in (answer.flows, answer.ties))
    reasons: dict[str, list[dict[str, object]]] = {}
    for row in answer.reasons.iter_rows(named=True):
        reasons.setdefault(str(row.pop("ring_id")), []).append(row)
    aside = answer.shared.filter(pl.col("look_alike").is_not_null()).group_by("look_alike").len().sort("look_alike")
    rows = [
        {**row, "n_payments": paid.get(row["ring_id"], 0), "n_ties": tied.get(row["ring_id"], 0)}
        for row in answer.rings.iter_rows(named=True)
    ]
    return {
        "n_rings": answer.rings.height,
        "n_flagged": int(answer.rings["flagged"].sum()),
        "rings": [{**row, "reasons": reasons.get(row["ring_id"], [])} for row in rows],
        "look_alikes": [{"look_alike": name, "n_things": n} for name, n in aside.iter_rows()],
        "rules_version": answer.rules_version,
        "ambiguities": dict(answer.ambiguities),
        "graph_digest": answer.run.graph_digest,
        "out": out,
    }
