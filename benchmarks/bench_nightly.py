"""The nightly job on a store of made-up cities: seconds, counts and peak memory of each step, in a fresh process.

python -m benchmarks.bench_nightly [--size 1000000] [--folder DIR] [--smallest]

Three nights: the first finds everything, the second has a day of payments, a file of call records and a statement file more,
the third has nothing new. ``--size`` counts the transactions an investigator can know of; there are two call records for each,
and 11,000,000 come with about 1 M phone cards. The store is made beforehand, in other processes
(``benchmarks/nightly_store.py``), and is kept in ``--folder`` if one is named: each run begins with it as it was made.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import polars as pl

from benchmarks import nightly_store, record
from graphfraud.store.contract import Batch
from graphfraud.store.open import open_store

PLAN = Path(__file__).parents[1] / "examples" / "jobs" / "two_card_nightly.toml"
GOAL = {"seconds": 600.0, "mib": 8192.0}
GOAL_SIZE = 10_000_000

# run in a process of its own: the plan; of each step the seconds of processor and the peak of memory while it ran
NIGHT = """
import pathlib, re, sys, time
from graphfraud.jobs.plan_file import read_plan
from graphfraud.jobs.run import run
status, clear = pathlib.Path("/proc/self/status"), pathlib.Path("/proc/self/clear_refs")
spent, peaks = [time.process_time()], [0]
def peak():
    return int(re.search(r"VmHWM:\\s+(\\d+)", status.read_text())[1]) / 2**10
def log(line):
    spent.append(time.process_time())
    peaks.append(peak())
    clear.write_text("5")
    print(f"{spent[-1] - spent[-2]:6.1f} s of processor, peak {peaks[-1]:6,.0f} MiB  {line}", flush=True)
ended = run(read_plan(sys.argv[1]), log=log)
print("peak", spent[-1], max(*peaks, peak()), ended.exit_code)
"""


def night(home: Path, name: str, size: int) -> bool:
    """Run the plan in a fresh process; print its log and its peak."""
    began = time.perf_counter()
    words = [sys.executable, "-c", NIGHT, str(home / PLAN.name)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        print(done.stdout, done.stderr)
        return False
    *lines, last = done.stdout.strip().splitlines()
    _, spent, peak, code = last.split()
    seconds = time.perf_counter() - began
    print(f"\n{name}: {seconds:.1f} s in all, {float(spent):.1f} s of processor, peak {float(peak) / 2**10:.2f} GiB")
    for line in lines:
        print("   ", line)
    store = open_store(home / "store", create=False)
    counts = store.counts()
    told = store.read("sources", columns=["document", "n_read"]).filter(pl.col("document") == "call_record")
    store.close()
    note = f"{counts['transactions']:,} transactions, {counts['sims']:,} phone cards, {told['n_read'].sum():,} call records"
    record.speed(
        f"nightly job, {size:,} transactions: {name}", n=counts["transactions"], seconds=seconds, processor=float(spent),
        goal=GOAL if size >= GOAL_SIZE else None, note=f"{note}; peak {float(peak):,.0f} MiB", mib=float(peak),
    )  # fmt: skip
    return int(code) == 0


def nights(folder: Path, size: int) -> bool:
    """Make the store unless it is there, and run three nights on a copy of it."""
    made, home = folder / "made", folder / "run"
    nightly_store.make(made, size)
    shutil.rmtree(home, ignore_errors=True)
    # Files of a store are never written to again but for its claim, so names for the same bytes are a copy.
    claim = shutil.ignore_patterns("LOCK", "WRITER", "index")
    shutil.copytree(made / "store", home / "store", copy_function=os.link, ignore=claim)
    shutil.copy(PLAN, home)
    (home / "inbox").mkdir()
    good = night(home, "first night", size)
    store = open_store(home / "store")
    with store.writing():
        store.commit(Batch("last day", {"transactions": pl.read_parquet(made / "day.parquet")}))
    store.close()
    for name in ("late.csv", "calls.csv"):
        shutil.copy(made / name, home / "inbox")
    return good and night(home, "second night, a day and files more", size) and night(home, "third night, nothing new", size)


def main() -> int:
    """Measure; fail only where a night fails."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=1_000_000, help="transactions that are known of")
    parser.add_argument("--folder", type=Path, help="keep store and results here")
    parser.add_argument("--smallest", action="store_true")
    options = parser.parse_args()
    size = 5_000 if options.smallest else options.size
    if options.folder:
        options.folder.mkdir(parents=True, exist_ok=True)
        return int(not nights(options.folder, size))
    with tempfile.TemporaryDirectory() as folder:
        return int(not nights(Path(folder), size))


if __name__ == "__main__":
    sys.exit(main())
