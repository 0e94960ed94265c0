"""Runs every benchmark: ``python -m benchmarks [--smallest] [--only NAME]``.

Each ``bench_*.py`` is also a program of its own. Speed never fails a run here: figures are printed for people to compare,
answers are checked against the peers before any ratio is printed.
"""

import argparse
import subprocess
import sys
from pathlib import Path


def main() -> int:
    """Run the benchmarks one after the other, each in a process of its own so that none warms another."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--smallest", action="store_true", help="the smallest worlds: a check that everything runs")
    parser.add_argument("--only", metavar="NAME", help="bench_NAME.py alone")
    parser.add_argument("--without", metavar="NAME", help="all but bench_NAME.py")
    options = parser.parse_args()
    folder = Path(__file__).parent
    worst = 0
    for file in sorted(folder.glob("bench_*.py")):
        if (options.only and file.stem != f"bench_{options.only}") or file.stem == f"bench_{options.without}":
            continue
        print(f"== {file.stem}", flush=True)
        words = [sys.executable, "-m", f"benchmarks.{file.stem}", *(["--smallest"] if options.smallest else [])]
        worst = max(worst, subprocess.run(words, cwd=folder.parent, check=False).returncode)
    return worst


if __name__ == "__main__":
    sys.exit(main())
