"""Verbs of the nightly job: what is new, and whom to look at first. Every one may be done twice."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from graphfraud.errors import QuestionError, SourceError
from graphfraud.jobs import steps
from graphfraud.jobs.changes import one_of, told_changes
from graphfraud.jobs.plan import Outcome, Place, Progress

FORMATS = ("csv", "xlsx", "parquet")
SHEET_ROWS_MAX = 50_000
"""Rows a sheet of the flagged list has at most: 290,000 citations took 22 s to write as xlsx and 0.2 s as csv."""
_ON_THE_WAY = (".part", ".tmp", ".partial", ".crdownload")


def load_new(
    *,
    progress: Progress,
    store: Place,
    inbox: Place,
    loader: str | None = None,
    max_rejected: str | None = "10% or 20",
    rejected: Place | None = None,
) -> Outcome:
    """Load what the store does not hold yet of a folder's files; a file known by its sha256 is not read again.

    A file that cannot be loaded is reported, the next one is tried, and the next night tries it again. Names that begin with a
    dot or ``~$``, or end in .part, .partial, .tmp or .crdownload, are files still on their way and wait.
    """
    from graphfraud.store.open import open_store

    folder = Path(inbox)
    if not folder.is_dir():
        raise SourceError(inbox, "no folder", "the folder new files are put in", "Make it, or correct the plan.")
    files = sorted(path for path in folder.rglob("*") if path.is_file() and not _on_its_way(path.relative_to(folder)))
    opened = open_store(store)
    held = opened.read("sources", columns=["sha256", "bytes"])
    opened.close()
    known, sizes = set(held["sha256"]), set(held["bytes"])
    new = []
    for n, path in enumerate(files):
        progress(path.name, n, len(files))
        if path.stat().st_size not in sizes or _sha256(path) not in known:
            new.append(path)
    facts: dict[str, Any] = {"n_files": len(files), "n_new": len(new), "n_refused": 0}
    if not new:
        return Outcome(facts)
    loaded = steps.load(
        progress=progress,
        store=store,
        files=[str(path) for path in new],
        loader=loader,
        max_rejected=max_rejected,
        rejected=rejected,
    )
    rows: list[dict[str, Any]] = loaded.facts["files"]
    done = [row for row in rows if "error" not in row]
    outcomes = ("read", "kept", "duplicate", "mirrored", "reversed", "failed", "rejected")
    facts |= {f"n_{name}": sum(row[name] for row in done) for name in outcomes}
    facts |= {"n_refused": len(rows) - len(done), "files": rows, "messages": loaded.facts["messages"]}
    facts["faults"] = [str(row["error"]) for row in rows if "error" in row]
    return Outcome(facts, loaded.answer, exit_code=loaded.exit_code)


def _on_its_way(path: Path) -> bool:
    return path.name.lower().endswith(_ON_THE_WAY) or any(part.startswith((".", "~$")) for part in path.parts)


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as fault:
        raise SourceError(
            path.name, f"a file that cannot be read ({fault.strerror})", "a readable file", "Correct its permissions."
        ) from fault


def anything_new(*, progress: Progress, store: Place) -> Outcome:
    """Say what a store holds, by its digest: where the last result stood on the same, the plan ends here."""
    from graphfraud.analysis.rule_table import rule_table
    from graphfraud.store.open import open_store

    progress("the store's digest", 0, 0)
    opened = open_store(store, create=False)
    digest = opened.digest()
    facts = {"n_transactions": opened.counts()["transactions"], "digest": digest}
    opened.close()
    return Outcome(facts, basis=f"{digest} under rules {rule_table()['version']}")


def flagged(
    *,
    progress: Progress,
    answer: Place,
    out: Place,
    changes: Place | None = None,
    formats: Sequence[str] = FORMATS,
    unmask: bool = False,
) -> Outcome:
    """Write the list of flagged rings with reasons, members, what would change the score, and citations."""
    from graphfraud.report.export import export
    from graphfraud.report.flagged import flagged_frames
    from graphfraud.report.ring_answer import read_rings

    for name in formats:
        one_of("formats", name, FORMATS)
    progress("reading", 0, len(formats) + 1)
    frames = flagged_frames(read_rings(answer), told_changes(changes))
    for n, name in enumerate(formats, start=1):
        progress(f"writing {name}", n, len(formats) + 1)
        if name == "xlsx":
            export(_in_sheets(frames), Path(out) / "flagged.xlsx", to=name, unmask=unmask)
        else:
            export(frames, Path(out), to=name, unmask=unmask)
    return Outcome({f"n_{name}": frame.height for name, frame in frames.items()}, frames)


def _in_sheets(frames: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """Leave out of a workbook the tables that nobody reads in one; a sheet of its own says which."""
    fit = {name: frame for name, frame in frames.items() if frame.height <= SHEET_ROWS_MAX}
    more = [(name, frame.height, SHEET_ROWS_MAX) for name, frame in frames.items() if name not in fit]
    if more:
        fit["left_out"] = pl.DataFrame(more, schema=["table", "n_rows", "n_rows_max"], orient="row")
    return fit


def ring_pages(
    *,
    progress: Progress,
    answer: Place,
    out: Place,
    changes: Place | None = None,
    store: Place | None = None,
    top: int = 20,
    language: str = "zh",
    unmask: bool = False,
) -> Outcome:
    """Draw one page for each of the ``top`` flagged rings; with ``store``, banks and (masked) holders are named."""
    from graphfraud.report.picture.ring import draw_ring
    from graphfraud.report.place import folder_at
    from graphfraud.report.ring_answer import read_rings
    from graphfraud.store.open import open_store

    if top < 0:
        raise QuestionError("ring_pages, top", str(top), "a number from 0", "Correct the plan.")
    whole, told = read_rings(answer), told_changes(changes)
    rings = whole.answer.rings.filter("flagged").head(top)["ring_id"]
    folder, accounts = folder_at(Path(out)), None
    if store is not None:
        kinds = "account_id" if "account_id" in whole.answer.members.columns else "member_id"
        members = whole.answer.members.filter(pl.col("ring_id").is_in(rings.implode()))[kinds]
        paid = whole.answer.flows.filter(pl.col("ring_id").is_in(rings.implode()))
        opened = open_store(store, create=False)
        accounts = opened.find("accounts", "account_id", pl.concat([members, paid["payer_id"], paid["payee_id"]]).unique())
        opened.close()
    pages = []
    for n, ring in enumerate(rings):
        progress("drawing", n, len(rings))
        name = f"{n + 1:03d}-{ring}.html"
        pages.append(draw_ring(whole, ring, folder / name, accounts=accounts, changes=told, language=language, unmask=unmask))
    return Outcome({"n_pages": len(pages), "n_bytes": sum(page.stat().st_size for page in pages)}, pages)
