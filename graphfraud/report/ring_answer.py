"""Rings and two-card rings read back from the folder they were kept in."""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import polars as pl

from graphfraud.errors import QuestionError, StoreError
from graphfraud.findings.rings import (
    DOUBT_SCHEMA,
    HABIT_SCHEMA,
    REASON_SCHEMA,
    RING_FLOW_SCHEMA,
    RING_MEMBER_SCHEMA,
    RING_SCHEMA,
    RING_TIE_SCHEMA,
    SHARED_SCHEMA,
    Rings,
)
from graphfraud.findings.run import EVIDENCE_SCHEMA, Run, link_id
from graphfraud.findings.two_card import (
    INDICATOR_SCHEMA,
    LIFE_SCHEMA,
    TWO_CARD_MEMBER_SCHEMA,
    TWO_CARD_RING_SCHEMA,
    UNIT_SCHEMA,
    TwoCard,
)
from graphfraud.report.answer import read_frames

QUESTIONS: dict[str, type[Rings | TwoCard]] = {"rings": Rings, "two_card": TwoCard}
_EITHER = {
    "ties": RING_TIE_SCHEMA,
    "flows": RING_FLOW_SCHEMA,
    "reasons": REASON_SCHEMA,
    "doubts": DOUBT_SCHEMA,
    "shared": SHARED_SCHEMA,
    "habits": HABIT_SCHEMA,
    "citations": EVIDENCE_SCHEMA,
}
_SCHEMAS: dict[str, dict[str, dict[str, type[pl.DataType]]]] = {
    "rings": {"rings": RING_SCHEMA, "members": RING_MEMBER_SCHEMA, **_EITHER},
    "two_card": {
        "rings": TWO_CARD_RING_SCHEMA,
        "members": TWO_CARD_MEMBER_SCHEMA,
        "indicators": INDICATOR_SCHEMA,
        "units": UNIT_SCHEMA,
        "lives": LIFE_SCHEMA,
        **_EITHER,
    },
}


@dataclass(frozen=True, slots=True)
class RingAnswer:
    """Rings of either kind, and the file and row of each payment and tie of their evidence."""

    answer: Rings | TwoCard
    citations: pl.DataFrame


def is_rings(folder: Path | str) -> bool:
    """Tell whether a folder holds an answer to ``rings`` or ``two_card``; raises as :func:`read_rings` does."""
    return read_frames(folder)[0]["run"]["question"] in QUESTIONS


def read_rings(folder: Path | str) -> RingAnswer:
    """Read a folder that an answer to ``rings`` or ``two_card`` was written to.

    Raises
    ------
    QuestionError
        If the folder holds no such answer.
    StoreError
        If a file of it is damaged or missing, or it was written by another version.
    """
    folder = Path(folder)
    facts, frames = read_frames(folder)
    question = facts["run"]["question"]
    if question not in QUESTIONS:
        raise QuestionError(
            folder.name, f"an answer to {question}", "rings or two-card rings", "Name the folder of such an answer."
        )
    for name, schema in _SCHEMAS[question].items():
        if name not in frames or dict(frames[name].schema) != dict(schema):
            raise StoreError(
                f"{folder.name}/{name}.parquet",
                "a frame of other columns, or none",
                "the frame as this version writes it",
                "Ask again with --out; for a nightly job remove results/latest, to begin anew without a yesterday.",
            )
    kind = QUESTIONS[question]
    named: dict[str, Any] = {field.name: frames[field.name] for field in fields(kind) if field.name in frames}
    answer = kind(run=Run(**facts["run"]), rules_version=facts["rules_version"], ambiguities=facts["ambiguities"], **named)
    return RingAnswer(answer, frames["citations"])


def cited_by_ring(whole: RingAnswer) -> pl.DataFrame:
    """Return the citations of each ring: ``ring_id`` and :data:`~graphfraud.findings.run.EVIDENCE_SCHEMA`."""
    ties, flows = whole.answer.ties, whole.answer.flows
    used = pl.concat(
        [
            flows.select("ring_id", pl.lit("transaction").alias("evidence"), id="transaction_id"),
            ties.select("ring_id", pl.lit("link").alias("evidence"), id=link_id()),
        ]
    ).unique()
    place = whole.answer.rings.select("ring_id").with_row_index("place")
    cited = used.join(whole.citations, on=["evidence", "id"]).join(place, on="ring_id")
    return cited.sort("place", "evidence", "id", "side", "record").select("ring_id", *EVIDENCE_SCHEMA)
