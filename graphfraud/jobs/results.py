"""Dated results of a plan that runs again and again: built apart, made the last one by one rename.

::

    RESULTS/latest              the name of the last whole result: the one file a reader begins with
    RESULTS/2024-03-02/         a result; 2024-03-02-2 is the second of that day (China time)
    RESULTS/2024-03-02/result.json   the plan it came of, and its steps with their counts
    RESULTS/2024-03-02/UNFINISHED    there as long as the result is being made
    RESULTS/LOCK                the claim of the one runner

Until ``latest`` is replaced nothing of a new result counts; a failed or killed run leaves the last one as it was.
"""

import json
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from graphfraud import __version__
from graphfraud.errors import StoreError
from graphfraud.jobs.plan import Plan
from graphfraud.report.place import folder_at, put
from graphfraud.store.folder import claimed
from graphfraud.units import CHINA

LATEST = "latest"
FACTS = "result.json"
UNFINISHED = "UNFINISHED"

_REMOVED = ".removed-"
_DATED = re.compile(r"^(\d{4}-\d{2}-\d{2})(?:-(\d+))?$")


@dataclass(frozen=True, slots=True)
class Finished:
    """A step that is done: its name and verb, its counts, its fault if it reported one, and what it stands on."""

    name: str
    do: str
    counts: dict[str, int] = field(default_factory=dict)
    exit_code: int = 0
    truncated: bool = False
    basis: str = ""


class Results:
    """The results folder of one plan; make it inside :meth:`alone`."""

    def __init__(self, folder: Path, plan: Plan) -> None:
        self.folder = folder
        self._plan = plan

    @classmethod
    @contextmanager
    def alone(cls, plan: Plan) -> "Iterator[Results]":
        """Be the one runner of a plan's results; the claim ends with the process, however that ends.

        Raises
        ------
        StoreError
            If another process runs it, or the folder cannot be written.
        """
        assert plan.results is not None
        folder = folder_at(plan.results)
        with claimed(folder / "LOCK", f"results {folder.name}"):
            yield cls(folder, plan)

    def latest(self) -> Path | None:
        """Return the last whole result.

        Raises
        ------
        StoreError
            If ``latest`` names none: somebody removed or changed what a later run would be compared with.
        """
        try:
            name = (self.folder / LATEST).read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as fault:
            raise self._lost("a file that cannot be read") from fault
        if not _DATED.match(name) or not (self.folder / name / FACTS).is_file():
            raise self._lost("the name of no result")
        return self.folder / name

    def _lost(self, found: str) -> StoreError:
        return StoreError(
            f"{self.folder.name}/{LATEST}",
            found,
            "the name of a result beside it",
            f"Write a dated folder's name into {LATEST}, or remove {LATEST} to begin anew without a yesterday.",
        )

    def facts(self, result: Path | None) -> dict[str, Any]:
        """Return what ``result.json`` of a result says; empty where the plan or the program that made it is another."""
        if result is None:
            return {}
        try:
            told: dict[str, Any] = json.loads((result / FACTS).read_text(encoding="utf-8"))
            same = told["plan"] == self._plan.digest and told["version"] == __version__
        except (OSError, ValueError, KeyError, TypeError):
            return {}  # killed before it was first written, or of another make: nothing to go on from
        return told if same else {}

    def unfinished(self) -> Path | None:
        """Return the result a run that was interrupted left, the newest if there are several."""
        return max((path for path in self._dated() if self._is_open(path)), key=_order, default=None)

    def finished_steps(self, result: Path) -> list[Finished]:
        """Return the steps an unfinished result has behind it, none where the plan or the program has changed since."""
        return [Finished(**step) for step in self.facts(result).get("steps", [])]

    def go_on(self, result: Path) -> None:
        """Make an unfinished result ready to be gone on with: files a killed writer had not yet put in place are removed."""
        for path in result.rglob(".*"):
            if path.is_file():
                path.unlink()

    def begin(self) -> Path:
        """Make the folder of a new result; what an interrupted run left is removed."""
        for path in self._dated():
            if self._is_open(path):
                self.drop(path)
        day, n = datetime.now(CHINA).strftime("%Y-%m-%d"), 1
        while (path := self.folder / (day if n == 1 else f"{day}-{n}")).exists():
            n += 1
        folder_at(path)
        (path / UNFINISHED).touch()
        self.note(path, [])
        return path

    def note(self, result: Path, steps: Sequence[Finished]) -> None:
        """Write down the steps that are done."""
        told = {"plan": self._plan.digest, "version": __version__, "steps": [asdict(step) for step in steps]}
        text = json.dumps(told, ensure_ascii=False, indent=1) + "\n"
        put(result / FACTS, lambda path: path.write_bytes(text.encode("utf-8")))

    def publish(self, result: Path) -> None:
        """Make a result the last one: the one step that readers see."""
        put(self.folder / LATEST, lambda path: path.write_bytes(f"{result.name}\n".encode()))
        (result / UNFINISHED).unlink(missing_ok=True)

    def drop(self, result: Path) -> None:
        """Remove an unfinished result.

        Raises
        ------
        StoreError
            If it cannot be removed.
        """
        assert self._is_open(result), "only an unfinished result may go"
        try:
            self._remove(result)
        except OSError as fault:
            raise StoreError(
                f"{self.folder.name}/{result.name}",
                f"an unfinished result that cannot be removed ({fault.strerror or fault})",
                "a folder nobody has open",
                "Close the programs that show files of it, and run the plan again.",
            ) from fault

    def sweep(self) -> list[str]:
        """Remove the oldest results beyond those the plan keeps; return the names of those that could not be."""
        if self._plan.keep is None:
            return []
        whole = sorted((path for path in self._dated() if not self._is_open(path)), key=_order)
        stuck = []
        for path in whole[: -self._plan.keep]:
            if path == self.latest():
                continue
            try:
                self._remove(path)
            except OSError:  # on Windows, a file somebody has open
                stuck.append(path.name)
        return stuck

    def _remove(self, path: Path) -> None:
        """Take a result out of sight whole, then delete it; what an earlier deletion left goes too."""
        path.rename(self.folder / f"{_REMOVED}{path.name}")
        for gone in self.folder.glob(f"{_REMOVED}*"):
            shutil.rmtree(gone)

    def _dated(self) -> list[Path]:
        """Return our results: a folder that merely looks dated holds no result.json or mark of ours."""
        found = [path for path in self.folder.iterdir() if _DATED.match(path.name) and path.is_dir()]
        return [path for path in found if (path / FACTS).is_file() or (path / UNFINISHED).is_file()]

    def _is_open(self, path: Path) -> bool:
        """A result killed between being made the last one and losing its mark is whole."""
        return (path / UNFINISHED).is_file() and path != self.latest()


def _order(path: Path) -> tuple[str, int]:
    found = _DATED.match(path.name)
    assert found is not None
    return found[1], int(found[2] or 1)
