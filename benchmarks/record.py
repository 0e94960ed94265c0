"""One way for every benchmark to write its figures down, so that tables are made from them and from nothing else.

A benchmark calls :func:`speed` (or :func:`row`) where it prints a line. That costs nothing unless it runs under
``python -m benchmarks --record``: then each row goes to a file named by the environment, and after a run without fault
:func:`keep` merges the rows into ``benchmarks/results/NAME.json``: a row measured anew replaces the old one of the same table
and task, and rows of another machine are dropped, because ratios hold on one machine alone. ``python -m benchmarks.tables``
then writes ``benchmarks/RESULTS.md``.
"""

import datetime
import importlib.metadata
import json
import os
import platform
import resource
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

VARIABLE = "GRAPHFRAUD_RECORD"
RESULTS = Path(__file__).parent / "results"
LIBRARIES = (
    "graphfraud", "numpy", "numba", "polars", "networkx", "networkit", "igraph", "scipy", "snapml", "neo4j",
)  # fmt: skip
GOALS = {"ratio": 1, "per_s": 1, "seconds": -1, "mib": -1, "share": 1}
"""What a goal may be stated in, and whether more (1) or less (-1) of it is better."""


def row(table: str, task: str, **figures: object) -> None:
    """Write one row down if a record is kept; figures are numbers, text or lists of them.

    Parameters
    ----------
    table : str
        Table of ``RESULTS.md`` the row belongs to, ``speed`` for speed.
    task : str
        What was done, sizes included; one row a task.
    """
    if path := os.environ.get(VARIABLE):
        entry = {"table": table, "task": task, **figures, "date": _today(), "load": _load()}
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry, ensure_ascii=False, default=float) + "\n")


def speed(
    task: str,
    *,
    n: int,
    seconds: float,
    processor: float | None = None,
    peer: str = "",
    peer_seconds: float | None = None,
    peer_processor: float | None = None,
    ratio: float | None = None,
    mib: float | None = None,
    goal: Mapping[str, float] | None = None,
    note: str = "",
) -> None:
    """Write down how long one task took, beside its peer in the same run.

    Parameters
    ----------
    task : str
        What was done, with the world's name: "components, M".
    n : int
        How many payments (rows, pairs) went in; the rate is n / seconds.
    seconds, processor : float
        Ours, by the clock and of processor time.
    peer : str
        What it was compared with, threads and version included; answers must have been compared before.
    peer_seconds, peer_processor : float
        Theirs.
    ratio : float, optional
        Theirs / ours where seconds do not say it (a peer measured on fewer rows); otherwise by the clock.
    mib : float, optional
        Peak memory.
    goal : Mapping, optional
        Some of :data:`GOALS` -> the bar: ``{"ratio": 20}``, ``{"per_s": 5e6}``, ``{"seconds": 600}``.
    note : str
    """
    if ratio is None and peer_seconds is not None:
        ratio = peer_seconds / seconds
    figures: dict[str, object] = {"n": n, "seconds": seconds, "per_s": n / seconds if seconds else None}
    figures |= {"processor": processor, "peer": peer, "peer_seconds": peer_seconds, "peer_processor": peer_processor}
    if processor and peer_processor is not None:
        figures["ratio_processor"] = peer_processor / processor
    figures |= {"ratio": ratio, "mib": mib, "goal": dict(goal) if goal else None, "note": note}
    row("speed", task, **{name: value for name, value in figures.items() if value not in (None, "")})


def met(figures: Mapping[str, object]) -> bool | None:
    """Tell whether a row meets its goal; None where it has none or lacks the figure."""
    goal = figures.get("goal")
    if not isinstance(goal, Mapping) or not goal:
        return None
    values = [(figures.get(what), bar, GOALS[what]) for what, bar in goal.items()]
    if any(value is None for value, _, _ in values):
        return None
    return all(float(value) * sign >= bar * sign for value, bar, sign in values)  # type: ignore[arg-type]


def forget_peak() -> None:
    """Let :func:`peak_mib` begin anew from what is held now, where the system can (Linux)."""
    clear = Path("/proc/self/clear_refs")
    if os.access(clear, os.W_OK):
        clear.write_text("5", encoding="ascii")


def peak_mib() -> float:
    """Return the highest resident memory of this process since :func:`forget_peak`, or ever, in MiB."""
    if line := _line("/proc/self/status", "VmHWM"):
        return int(line.split()[0]) / 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


def machine() -> dict[str, object]:
    """Return what the figures depend on and does not change from run to run."""
    return {
        "processor": _line("/proc/cpuinfo", "model name") or platform.processor(),
        "cores": os.cpu_count(),
        "memory_gib": round(int((_line("/proc/meminfo", "MemTotal") or "0").split()[0]) / 2**20, 1),
        "system": platform.system(),
    }


def versions() -> dict[str, str]:
    """Return the versions of Python and of the libraries that are installed."""
    found = {"python": platform.python_version()}
    for name in LIBRARIES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def rows_of(path: Path) -> list[dict[str, object]]:
    """Read the rows that a benchmark wrote while it ran."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


def keep(name: str, rows: Iterable[Mapping[str, object]], folder: Path = RESULTS) -> Path | None:
    """Merge the rows of one run of a benchmark into ``folder/NAME.json``; return the file, None where there was no row."""
    rows = list(rows)
    if not rows:
        return None
    file, here = folder / f"{name}.json", machine()
    kept: dict[tuple[object, object], Mapping[str, object]] = {}
    if file.exists():
        old = json.loads(file.read_text(encoding="utf-8"))
        if old["machine"] == here:
            kept = {(one["table"], one["task"]): one for one in old["rows"]}
    kept |= {(one["table"], one["task"]): one for one in rows}
    folder.mkdir(parents=True, exist_ok=True)
    content = {"benchmark": name, "machine": here, "versions": versions(), "rows": list(kept.values())}
    file.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return file


def _today() -> str:
    return datetime.datetime.now(datetime.UTC).date().isoformat()


def _load() -> float | None:
    return round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None


def _line(path: str, word: str) -> str:
    """Return what a file of the kernel says after a word, empty where it says nothing."""
    lines = Path(path).read_text(encoding="utf-8").splitlines() if Path(path).exists() else []
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith(word)), "")
