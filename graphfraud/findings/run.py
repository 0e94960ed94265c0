"""How an answer came about, and how its figures lead back to file and row."""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True, slots=True)
class Run:
    """How an answer came about: enough to get the same bytes again."""

    version: str
    question: str
    parameters: Mapping[str, object]
    graph_digest: str
    started_us: int
    seconds: float


CITATION_SCHEMA: dict[str, type[pl.DataType]] = {
    "step": pl.Int64,
    "transaction_id": pl.String,
    "side": pl.String,  # whose row says so: payer, payee (their statements) or report (the victim's)
    "file": pl.String,  # file name
    "sheet": pl.String,  # sheet of a workbook, else null
    "row": pl.Int64,  # row 1 is the first data row under the headings
    "record": pl.Int64,  # number of the row in the store
    "sha256": pl.String,  # digest of the file's bytes
}

EVIDENCE_SCHEMA: dict[str, type[pl.DataType]] = {
    "evidence": pl.String,  # transaction or link
    "id": pl.String,  # transaction_id; of a link its kind and its two ends
    "side": pl.String,  # payer, payee or report of a transaction; link
    "file": pl.String,
    "sheet": pl.String,
    "row": pl.Int64,
    "record": pl.Int64,
    "sha256": pl.String,
}
"""Citations of every answer but a trace, whose steps have :data:`CITATION_SCHEMA`."""


def link_id() -> pl.Expr:
    r"""Name a link as citations do: its kind, then kind and id of either end, with bars between; ``\|`` is a bar in an id."""
    key = ("kind", "a_kind", "a_id", "b_kind", "b_id")
    return pl.concat_str([pl.col(name).str.replace_all(r"[|\\]", r"\${0}") for name in key], separator="|")
