"""The verb of the nightly job that tells what became of each ring, and what it keeps for the nights to come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from graphfraud.errors import QuestionError, StoreError
from graphfraud.jobs.plan import Outcome, Place, Progress

if TYPE_CHECKING:
    from graphfraud.findings.rings import AbsentRings, Rings
    from graphfraud.findings.two_card import TwoCard

LANGUAGES = ("zh", "en")
ABSENT = ("absent", "absent_members", "absent_habits")
"""Tables kept of rings that are not there any more."""


def ring_changes(
    *,
    progress: Progress,
    answer: Place,
    out: Place,
    previous: Place | None = None,
    previous_changes: Place | None = None,
    remember: int = 60,
    language: str = "zh",
    unmask: bool = False,
) -> Outcome:
    """Tell what became of each ring since the previous answer; its stable ids go on from ``previous_changes``.

    Keeps in ``out`` the tables ``changes`` and ``turnover`` (members in and out) as parquet in full, as csv for people, and
    ``changes.txt`` in words; and, as parquet, what rings that are absent can be known again by, for ``remember`` results.
    """
    from graphfraud.analysis.ring_matching import known_by, matched, stable_ids, still_absent
    from graphfraud.findings.rings import CHANGE_SCHEMA
    from graphfraud.report.export import export
    from graphfraud.report.place import folder_at, put
    from graphfraud.report.ring_answer import read_rings
    from graphfraud.report.ring_changes import change_text, changed, turnover

    one_of("language", language, LANGUAGES)
    if remember < 0:
        raise QuestionError("ring_changes, remember", str(remember), "a number of results from 0", "Correct the plan.")
    progress("reading", 0, 3)
    now = read_rings(answer).answer
    before = _without_rings(now) if previous is None else read_rings(previous).answer
    before_told = told_changes(previous_changes if previous is not None else None)
    stable = None if before_told is None else before_told.select(*CHANGE_SCHEMA)
    absent = _absent(previous_changes if previous is not None else None)
    progress("matching", 1, 3)
    changes = matched(before, now, stable, absent)
    names = list(stable_ids(before, stable).items())
    of_before = pl.DataFrame(names, schema={"ring_id": pl.String, "stable_id": pl.String}, orient="row")
    scores = before.rings.join(of_before, on="ring_id").select("stable_id", "score", "flagged")
    told = changed(changes, pl.concat([scores, absent.rings.select(scores.columns)]), now)
    of_now = told.filter(pl.col("ring_id").is_not_null()).select("ring_id", "stable_id").unique()
    back = absent.members.filter(pl.col("stable_id").is_in(of_now["stable_id"].implode()))
    were = pl.concat([known_by(before).join(of_before, on="ring_id").select(back.columns), back])
    moved = turnover(were, known_by(now).join(of_now, on="ring_id"))
    kept = still_absent(changes, before, stable, absent, answers=remember)
    progress("writing", 2, 3)
    folder = folder_at(Path(out))
    frames = {"turnover": moved, **dict(zip(ABSENT, (kept.rings, kept.members, kept.habits), strict=True)), "changes": told}
    for name, frame in frames.items():
        put(folder / f"{name}.parquet", frame.write_parquet)
    export({"changes": told, "turnover": moved}, folder, to="csv", unmask=unmask)
    since = None if previous is None else Path(previous).parent.name
    text = change_text(told, moved, since=since, language=language, unmask=unmask)
    put(folder / "changes.txt", lambda path: path.write_bytes(text.encode("utf-8")))
    counts = dict(told["change"].value_counts().sort("change").iter_rows())
    facts = {"n_rings": now.rings.height, **{f"n_{name}": n for name, n in counts.items()}, "n_absent": kept.rings.height}
    return Outcome({**facts, "text": text}, told)


def _without_rings(answer: Rings | TwoCard) -> Rings | TwoCard:
    """Return an answer of the same kind that found nothing: what the first night is compared with."""
    frames = {name: getattr(answer, name).clear() for name in ("rings", "members", "ties", "flows", "reasons", "habits")}
    return replace(answer, **frames)


def _absent(folder: str | None) -> AbsentRings:
    from graphfraud.findings.rings import (
        ABSENT_HABIT_SCHEMA,
        ABSENT_MEMBER_SCHEMA,
        ABSENT_SCHEMA,
        NO_ABSENT_RINGS,
        AbsentRings,
    )

    if folder is None:
        return NO_ABSENT_RINGS
    schemas = (ABSENT_SCHEMA, ABSENT_MEMBER_SCHEMA, ABSENT_HABIT_SCHEMA)
    return AbsentRings(*(_kept(Path(folder), name, schema) for name, schema in zip(ABSENT, schemas, strict=True)))


def told_changes(folder: str | None) -> pl.DataFrame | None:
    """Read what :func:`ring_changes` told, None where no folder is named.

    Raises
    ------
    StoreError
        If the folder does not hold it.
    """
    from graphfraud.report.ring_changes import CHANGED_SCHEMA

    return None if folder is None else _kept(Path(folder), "changes", CHANGED_SCHEMA)


def _kept(folder: Path, name: str, schema: Mapping[str, type[pl.DataType]]) -> pl.DataFrame:
    told = StoreError(
        f"{folder.name}/{name}.parquet",
        "no such file, or a damaged one, or of another version",
        "what ring_changes wrote",
        "Run the step ring_changes again; for a nightly job remove results/latest, to begin anew without a yesterday.",
    )
    try:
        frame = pl.read_parquet(folder / f"{name}.parquet")
    except (OSError, pl.exceptions.PolarsError) as fault:
        raise told from fault
    if dict(frame.schema) != dict(schema):
        raise told
    return frame


def one_of(name: str, value: str, choices: Sequence[str]) -> None:
    """Hold a parameter against its choices.

    Raises
    ------
    QuestionError
        If it is none of them.
    """
    if value not in choices:
        raise QuestionError(name, repr(value), f"one of {', '.join(choices)}", "Choose one of them.")
