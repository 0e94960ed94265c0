"""From any step of an answer back to transaction, file, row and sha256: the appendix of a case file."""

from typing import Protocol

import polars as pl

from graphfraud.errors import QuestionError
from graphfraud.findings.run import CITATION_SCHEMA, EVIDENCE_SCHEMA, link_id
from graphfraud.findings.trace import Trace
from graphfraud.units import NONE

_SIDES = ("payer", "payee", "report")


class Evidence(Protocol):
    """Where the rows are kept: a store, or whatever finds rows as one does."""

    def find(self, table: str, column: str, values: pl.Series) -> pl.DataFrame:
        """Return the rows of ``table`` whose ``column`` is among ``values``."""


def cite(trace: Trace, store: Evidence, step: int | None = None) -> pl.DataFrame:
    """Name the file and row behind each step.

    Parameters
    ----------
    trace : Trace
    store : Evidence
        The store the graph was built from.
    step : int, optional
        One step; default all.

    Returns
    -------
    polars.DataFrame
        :data:`~graphfraud.findings.run.CITATION_SCHEMA`, by step, then payer, payee, report. A step has one row for each
        statement or report that tells of its transaction, at least one.

    Raises
    ------
    QuestionError
        If there is no such step, or the store lacks a transaction, record or source of the answer.
    """
    steps = trace.steps.select("step", "transaction_id")
    if step is not None:
        if not 0 <= step < steps.height:
            expected = f"a step from 0 to {steps.height - 1}"
            raise QuestionError("cite", f"step {step}", expected, "See the steps of the answer.")
        steps = steps.filter(pl.col("step") == step)
    told = _found(store, "transactions", "transaction_id", steps["transaction_id"].unique()).select(
        "transaction_id", *(pl.col(f"{side}_record").alias(side) for side in _SIDES)
    )
    legs = told.unpivot(index="transaction_id", on=list(_SIDES), variable_name="side", value_name="record")
    legs = legs.filter(pl.col("record") > NONE)
    records = _found(store, "records", "record", legs["record"].unique()).select("record", "source_id", "row")
    sources = _found(store, "sources", "source_id", records["source_id"].unique())
    cited = (
        steps.join(legs, on="transaction_id")
        .join(records, on="record")
        .join(sources.select("source_id", "sheet", "sha256", file="name"), on="source_id")
        .with_columns(place=pl.col("side").replace_strict(_SIDES, range(len(_SIDES))))
        .sort("step", "place")
        .select(pl.col(name).cast(dtype) for name, dtype in CITATION_SCHEMA.items())
    )
    assert cited["step"].n_unique() == steps.height, f"{steps.height - cited['step'].n_unique()} steps without a citation"
    return cited


def cite_evidence(store: Evidence, transactions: pl.Series, links: pl.DataFrame | None = None) -> pl.DataFrame:
    """Name the file and row behind payments and links.

    Parameters
    ----------
    store : Evidence
        The store the graphs were built from.
    transactions : polars.Series
        Numbers of transactions; one that stands there twice is cited once.
    links : polars.DataFrame, optional
        ``kind``, ``a_kind``, ``a_id``, ``b_kind``, ``b_id`` and ``record`` of links; those without a record are left out.

    Returns
    -------
    polars.DataFrame
        :data:`~graphfraud.findings.run.EVIDENCE_SCHEMA`, by kind of evidence, id and side.

    Raises
    ------
    QuestionError
        If the store lacks a transaction, record or source of the answer.
    """
    told = _found(store, "transactions", "transaction_id", transactions.unique())
    paid = told.select(pl.col("transaction_id").alias("id"), *(pl.col(f"{side}_record").alias(side) for side in _SIDES))
    paid = paid.unpivot(index="id", on=list(_SIDES), variable_name="side", value_name="record")
    parts = [paid.select(pl.lit("transaction").alias("evidence"), "id", "side", "record")]
    if links is not None:
        words = (pl.lit("link").alias(name) for name in ("evidence", "side"))
        parts.append(links.select(link_id().alias("id"), "record", *words).unique().select(parts[0].columns))
    evidence = pl.concat(parts).filter(pl.col("record") > NONE)
    records = _found(store, "records", "record", evidence["record"].unique()).select("record", "source_id", "row")
    sources = _found(store, "sources", "source_id", records["source_id"].unique())
    return (
        evidence.join(records, on="record")
        .join(sources.select("source_id", "sheet", "sha256", file="name"), on="source_id")
        .select(pl.col(name).cast(dtype) for name, dtype in EVIDENCE_SCHEMA.items())
        .sort("evidence", "id", "side", "record")
    )


def _found(store: Evidence, table: str, column: str, values: pl.Series) -> pl.DataFrame:
    rows = store.find(table, column, values)
    lacking = len(values) - rows[column].n_unique()
    if lacking:
        raise QuestionError(
            f"cite, table {table}",
            f"{lacking} of {len(values)} rows that the answer rests on missing",
            "all of them",
            "Use the store the answer came from, as it was then, or ask again.",
        )
    return rows
