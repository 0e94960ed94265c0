"""Verbs on people and cards rather than on one case's money: rings and two-card rings of a whole store."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from graphfraud.jobs.plan import Outcome, Progress

if TYPE_CHECKING:
    from graphfraud.findings import Rings, TwoCard
    from graphfraud.graph.flows import FlowGraph
    from graphfraud.graph.links import LinkGraph

TABLES_READ = ("accounts", "holders", "sims", "devices", "links")


def rings(
    *,
    progress: Progress,
    store: str,
    within: str = "24h",
    share_min: int = 2,
    accounts_max: int = 200,
    out: str | None = None,
) -> Outcome:
    """Find rings of accounts; with ``out``, keep the answer and the file and row of each piece of evidence there."""
    from graphfraud.analysis.rings import rings as find_rings
    from graphfraud.store.open import open_store

    opened = open_store(store, create=False)
    flows, links, tables, seeds = _read(opened, progress)
    progress("finding rings", 2, 4)
    answer = find_rings(flows, links, tables, seeds, within=within, share_min=share_min, accounts_max=accounts_max)
    names = ("rings", "members", "ties", "flows", "reasons", "doubts", "shared", "habits")
    frames = {name: getattr(answer, name) for name in names}
    if out is not None:
        progress("citing", 3, 4)
        frames["citations"] = _citations(opened, answer.flows, answer.ties)
        _keep(answer, frames, Path(out))
    opened.close()
    return Outcome(_facts(answer, out), answer)


def two_card(
    *,
    progress: Progress,
    store: str,
    within: str = "24h",
    accounts_max: int = 200,
    null_worlds: int = 199,
    rng_seed: int = 0,
    out: str | None = None,
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
    names = ("rings", "members", "ties", "flows", "reasons", "indicators", "units", "lives", "shared")
    if out is not None:
        progress("citing", 3, 4)
        citations = _citations(opened, answer.flows, answer.ties)
        _keep(answer, {**{name: getattr(answer, name) for name in names}, "citations": citations}, Path(out))
    opened.close()
    reached = answer.units.filter(pl.col("reached"))["holder_id"].n_unique()
    return Outcome({**_facts(answer, out), "n_persons_reached": reached}, answer)


def _read(opened: Any, progress: Progress) -> tuple[FlowGraph, LinkGraph, Mapping[str, pl.DataFrame], pl.DataFrame]:
    """Read what rings are made of and freeze it as graphs."""
    from graphfraud.analysis.rings import reported_payments
    from graphfraud.graph.flows import flow_graph
    from graphfraud.graph.links import link_graph

    progress("reading", 0, 4)
    transactions = opened.read("transactions")
    tables = {name: opened.read(name) for name in TABLES_READ}
    progress("building the graphs", 1, 4)
    return flow_graph(transactions), link_graph(tables["links"]), tables, reported_payments(transactions)


def _citations(opened: Any, flows: pl.DataFrame, ties: pl.DataFrame) -> pl.DataFrame:
    """Lead every payment and tie of the evidence to file and row."""
    told = opened.find("transactions", "transaction_id", flows["transaction_id"].unique())
    sides = ("payer", "payee", "report")
    paid = told.select(pl.col("transaction_id").alias("id"), *(pl.col(f"{side}_record").alias(side) for side in sides))
    paid = paid.unpivot(index="id", on=list(sides), variable_name="side", value_name="record")
    key = pl.concat_str(["kind", "a_kind", "a_id", "b_kind", "b_id"], separator="|")
    tied = ties.select(key.alias("id"), pl.lit("link").alias("side"), "record").unique()
    evidence = pl.concat(
        [
            paid.select(pl.lit("transaction").alias("evidence"), "id", "side", "record"),
            tied.select(pl.lit("link").alias("evidence"), "id", "side", "record"),
        ]
    ).filter(pl.col("record") >= 0)
    records = opened.find("records", "record", evidence["record"].unique()).select("record", "source_id", "row")
    sources = opened.find("sources", "source_id", records["source_id"].unique())
    cited: pl.DataFrame = (
        evidence.join(records, on="record")
        .join(sources.select("source_id", "sheet", "sha256", file="name"), on="source_id")
        .select("evidence", "id", "side", "file", "sheet", "row", "record", "sha256")
        .sort("evidence", "id", "side", "record")
    )
    return cited


def _keep(answer: Rings | TwoCard, frames: Mapping[str, pl.DataFrame], folder: Path) -> None:
    """Write the frames, and ``run.json`` last, so that an interrupted writing is not taken for an answer."""
    from graphfraud.report.place import folder_at, put

    folder = folder_at(folder)
    run_file = folder / "run.json"
    run_file.unlink(missing_ok=True)
    for name, frame in frames.items():
        put(folder / f"{name}.parquet", frame.write_parquet)
    facts = {"run": asdict(answer.run), "rules_version": answer.rules_version, "ambiguities": dict(answer.ambiguities)}
    text = json.dumps(facts, ensure_ascii=False, indent=2) + "\n"
    put(run_file, lambda path: path.write_bytes(text.encode("utf-8")))


def _facts(answer: Rings | TwoCard, out: str | None) -> dict[str, object]:
    """Sum an answer up: each ring with its reasons, those that look innocent by what they share."""
    reasons: dict[str, list[dict[str, object]]] = {}
    for row in answer.reasons.iter_rows(named=True):
        reasons.setdefault(str(row.pop("ring_id")), []).append(row)
    aside = answer.shared.filter(pl.col("look_alike").is_not_null()).group_by("look_alike").len().sort("look_alike")
    return {
        "n_rings": answer.rings.height,
        "n_flagged": int(answer.rings["flagged"].sum()),
        "rings": [{**row, "reasons": reasons.get(row["ring_id"], [])} for row in answer.rings.iter_rows(named=True)],
        "look_alikes": [{"look_alike": name, "n_things": n} for name, n in aside.iter_rows()],
        "rules_version": answer.rules_version,
        "ambiguities": dict(answer.ambiguities),
        "graph_digest": answer.run.graph_digest,
        "out": out,
    }
