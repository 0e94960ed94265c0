"""An answer at rest: a folder with ``run.json`` and one parquet file per frame, nothing else."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import polars as pl

from graphfraud.errors import QuestionError, StoreError
from graphfraud.findings.run import CITATION_SCHEMA, Run
from graphfraud.findings.trace import LOT_SCHEMA, SEED_SCHEMA, STEP_SCHEMA, TIER_SCHEMA, VICTIM_TIER_SCHEMA, Trace
from graphfraud.report.place import folder_at, put
from graphfraud.tables import TABLES, empty

FORMAT = 1
"""Number of the layout; a folder with a higher one is from a newer graphfraud."""

TRACE_FRAMES = ("seeds", "steps", "lots", "tiers", "victim_tiers")
_FACTS = ("rule", "until_us", "mixed_fen", "assumptions", "ambiguities", "truncated")
_SCHEMAS: dict[str, Mapping[str, object]] = {
    "seeds": SEED_SCHEMA,
    "steps": STEP_SCHEMA,
    "lots": LOT_SCHEMA,
    "tiers": TIER_SCHEMA,
    "victim_tiers": VICTIM_TIER_SCHEMA,
    "citations": CITATION_SCHEMA,
    "accounts": TABLES["accounts"].schema,
}


@dataclass(frozen=True, slots=True)
class Answer:
    """A trace with what it takes to read it without the store.

    Attributes
    ----------
    trace : Trace
    citations : polars.DataFrame
        :data:`~graphfraud.findings.run.CITATION_SCHEMA`: file and row of every step.
    accounts : polars.DataFrame
        Rows of table ``accounts`` for the accounts reached.
    """

    trace: Trace
    citations: pl.DataFrame
    accounts: pl.DataFrame


def frames_of(answer: Answer | Trace) -> dict[str, pl.DataFrame]:
    """Return the frames of an answer by name; a bare trace has neither citations nor accounts."""
    trace = answer.trace if isinstance(answer, Answer) else answer
    frames = {name: getattr(trace, name) for name in TRACE_FRAMES}
    if isinstance(answer, Answer):
        frames |= {"citations": answer.citations, "accounts": answer.accounts.sort("account_id")}
    return frames


def write_answer(answer: Answer | Trace, folder: Path | str) -> Path:
    """Keep an answer. The same answer gives the same bytes, apart from ``started_us`` and ``seconds`` in ``run.json``.

    ``run.json`` goes first and comes last, so that an interrupted writing is not taken for an answer.

    Raises
    ------
    QuestionError
        If the folder cannot be written.
    """
    trace = answer.trace if isinstance(answer, Answer) else answer
    return write_frames(folder, trace.run, frames_of(answer), {name: getattr(trace, name) for name in _FACTS})


def write_frames(folder: Path | str, run: Run, frames: Mapping[str, pl.DataFrame], facts: Mapping[str, object]) -> Path:
    """Keep the frames of any answer, with how it came about and what else is to be said of it.

    Frames another answer left in the folder are taken away first. See :func:`write_answer`.

    Raises
    ------
    QuestionError
        If the folder cannot be written.
    """
    folder = folder_at(Path(folder))
    run_file = folder / "run.json"
    before = _left(run_file)
    run_file.unlink(missing_ok=True)
    for name in before - frames.keys():
        (folder / f"{name}.parquet").unlink(missing_ok=True)
    files = {name: put(folder / f"{name}.parquet", frame.write_parquet) for name, frame in frames.items()}
    whole = {"format": FORMAT, "run": asdict(run), **facts, "sha256": {name: _digest(file) for name, file in files.items()}}
    text = json.dumps(whole, ensure_ascii=False, indent=2) + "\n"
    put(run_file, lambda path: path.write_bytes(text.encode("utf-8")))
    return folder


def _left(run_file: Path) -> set[str]:
    """Name the frames that the answer in a folder has; none where there is no answer."""
    try:
        names = set(json.loads(run_file.read_text(encoding="utf-8"))["sha256"])
    except (OSError, ValueError, KeyError, TypeError):
        return set()
    return {name for name in names if str(name).isidentifier()}


def read_answer(folder: Path | str) -> Answer:
    """Read an answer folder; citations and accounts are empty where it was written without them.

    Raises
    ------
    QuestionError
        If the folder is not an answer folder.
    StoreError
        If a file of it is damaged or missing, or it was written by a newer version.
    """
    folder = Path(folder)
    facts, frames = read_frames(folder)
    question = facts["run"]["question"]
    if question != "trace":
        raise QuestionError(folder.name, f"an answer to {question}", "a trace", "Name the folder of a trace.")
    try:
        named: dict[str, Any] = {name: frames[name] for name in TRACE_FRAMES} | {name: facts[name] for name in _FACTS}
        trace = Trace(run=Run(**facts["run"]), **named)
    except (KeyError, TypeError) as fault:
        raise _damaged(folder, "run.json") from fault
    for name, frame in frames.items():
        if dict(frame.schema) != dict(_SCHEMAS.get(name, {})):
            raise _damaged(folder, f"{name}.parquet")
    return Answer(
        trace, frames.get("citations", pl.DataFrame(schema=CITATION_SCHEMA)), frames.get("accounts", empty("accounts"))
    )


def read_frames(folder: Path | str) -> tuple[dict[str, Any], dict[str, pl.DataFrame]]:
    """Read any answer folder: what ``run.json`` says, and its frames by name.

    Raises
    ------
    QuestionError
        If the folder is not an answer folder.
    StoreError
        If a file of it is damaged or missing, or it was written by a newer version.
    """
    folder = Path(folder)
    try:
        facts = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        found = facts["format"]
    except (FileNotFoundError, NotADirectoryError) as fault:
        raise QuestionError(folder.name, "no run.json", "a folder an answer was written to", "Ask with --out first.") from fault
    except (OSError, ValueError, KeyError, TypeError) as fault:
        raise _damaged(folder, "run.json") from fault
    if found != FORMAT:
        raise StoreError(folder.name, f"an answer of format {found}", f"format {FORMAT}", "Read it with a newer graphfraud.")
    try:
        digests = {str(name): str(sha256) for name, sha256 in facts["sha256"].items()}
        str(facts["run"]["question"])
    except (KeyError, TypeError, AttributeError) as fault:
        raise _damaged(folder, "run.json") from fault
    return facts, {name: _frame(folder, name, sha256) for name, sha256 in digests.items()}


def _frame(folder: Path, name: str, sha256: str) -> pl.DataFrame:
    file = folder / f"{name}.parquet"
    try:
        if not name.isidentifier() or _digest(file) != sha256:
            raise _damaged(folder, file.name)
        frame = pl.read_parquet(file)
    except (OSError, pl.exceptions.PolarsError) as fault:
        raise _damaged(folder, file.name) from fault
    return frame


def _digest(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _damaged(folder: Path, name: str) -> StoreError:
    return StoreError(
        f"{folder.name}/{name}", "a damaged or missing file", "the file as it was written", "Ask again with --out."
    )
