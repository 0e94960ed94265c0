"""Runs every benchmark: ``python -m benchmarks [--smallest] [--only NAME] [--record] [-- WORDS]``.

Each ``bench_*.py`` is also a program of its own. Speed never fails a run here: figures are printed for people to compare,
answers are checked against the peers before any ratio is printed. ``--record`` keeps the figures of each benchmark that ran
without fault in ``benchmarks/results/`` and writes ``benchmarks/RESULTS.md`` from all that is kept there. Words after ``--``
are handed to the benchmarks: ``python -m benchmarks --only communities --record -- --sizes M``.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks import record, tables

QUALITY = ("quality", "quality.other_worlds")
MISSED = 3
"""Exit code of a benchmark of quality whose bar is missed."""


def main() -> int:
    """Run the benchmarks one after the other, each in a process of its own so that none warms another."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--smallest", action="store_true", help="the smallest worlds: a check that everything runs")
    parser.add_argument("--only", metavar="NAME", help="bench_NAME.py alone, or quality, or quality.other_worlds")
    parser.add_argument("--without", metavar="NAME", action="append", default=[], help="not bench_NAME.py; may be repeated")
    parser.add_argument("--record", action="store_true", help="keep the figures and write RESULTS.md")
    parser.add_argument("--results", type=Path, default=record.RESULTS, help="folder the figures are kept in")
    parser.add_argument("words", nargs="*", metavar="WORDS", help="handed to the benchmarks, after --")
    options = parser.parse_args()
    if options.record and options.smallest and options.results == record.RESULTS:
        parser.error("the smallest worlds are a check, not figures: with --record name another folder by --results")
    folder = Path(__file__).parent
    modules = [file.stem for file in sorted(folder.glob("bench_*.py"))]
    if options.only in QUALITY:
        modules = [options.only]
    elif options.only:
        modules = [name for name in modules if name == f"bench_{options.only}"]
        if not modules:
            parser.error(f"no benchmark is called {options.only}")
    worst = 0
    for name in modules:
        if name.removeprefix("bench_") in options.without:
            continue
        print(f"== {name}", flush=True)
        words = [*(["--smallest"] if options.smallest else []), *options.words]
        worst = max(worst, run(name, words, options.results if options.record else None))
    if options.record:
        tables.write(options.results)
    return worst


def run(name: str, words: list[str], results: Path | None) -> int:
    """Run one benchmark; keep its figures if asked to and if it ended well. A missed bar is a figure too."""
    command = [sys.executable, "-m", f"benchmarks.{name}", *words]
    root = Path(__file__).parent.parent
    if results is None:
        return subprocess.run(command, cwd=root, check=False).returncode
    with tempfile.TemporaryDirectory() as place:
        rows = Path(place) / "rows"
        code = subprocess.run(command, cwd=root, check=False, env=os.environ | {record.VARIABLE: str(rows)}).returncode
        if code in (0, MISSED):
            record.keep(name.removeprefix("bench_").removeprefix("quality."), record.rows_of(rows), results)
        else:
            print(f"{name} ended with {code}: its figures are not kept", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
