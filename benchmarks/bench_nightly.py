"""The nightly job on a store of a made-up city: seconds and counts of each step, peak memory of a fresh process.

python -m benchmarks.bench_nightly [--size 1000000] [--folder DIR] [--smallest]

Three nights: the first finds everything, the second has a day of payments and a new statement file more, the third has nothing
new. ``--size`` counts the transactions an investigator can know of; 10,000,000 come with about 1 M phone cards. The store
is made beforehand, in another process, and is kept in ``--folder`` if one is named.
"""

import argparse
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import polars as pl

from benchmarks.bench_ingest import statement
from graphfraud.store.contract import Batch
from graphfraud.store.open import open_store
from graphfraud.synthetic.world import make_world
from graphfraud.tables import empty
from graphfraud.units import DAY_US

PLAN = Path(__file__).parents[1] / "examples" / "jobs" / "two_card_nightly.toml"
SEEN_SHARE = 0.53
"""Of a world's transactions, those in held statements and reports."""

NEW_ROWS = 50_000
SOURCE = "00000000000000ab"

# run in a process of its own: the plan, then the peak of its memory
NIGHT = """
import resource, sys, time
from graphfraud.jobs.plan_file import read_plan
from graphfraud.jobs.run import run
spent = [time.process_time()]
def log(line):
    spent.append(time.process_time())
    print(f"{spent[-1] - spent[-2]:6.1f} s of processor  {line}")
ended = run(read_plan(sys.argv[1]), log=log)
print("peak", spent[-1], resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, int(ended.nothing_new), ended.exit_code)
"""


def make_store(home: Path, size: int) -> None:
    """Write a store of a city without its last day, and that day beside it."""
    world = make_world(transactions=int(size / SEEN_SHARE), rng_seed=9)
    seen = world.seen()
    last = seen["at_us"].max() - DAY_US
    frames = {name: frame for name, frame in world.frames.items() if name != "transactions"}
    columns = [seen[name] for name in ("payer_record", "payee_record", "report_record")]
    columns += [frame["record"] for frame in frames.values() if "record" in frame.columns]
    records = pl.concat([column.rename("record") for column in columns]).unique().sort().to_frame()
    records = records.filter(pl.col("record") >= 0).with_columns(
        source_id=pl.lit(SOURCE), row=pl.col("record") + 1, outcome=pl.lit("kept")
    )
    source = {c.name: [0 if c.dtype == pl.Int64 else "made-up"] for c in _columns("sources")}
    source |= {"source_id": [SOURCE], "sha256": ["ab" * 32], "n_read": [int(records["record"].max()) + 1], "sheet": [None]}
    frames |= {"records": records, "sources": pl.DataFrame(source, schema=empty("sources").schema)}
    store = open_store(home / "store")
    with store.writing():
        store.commit(Batch("city", {**frames, "transactions": seen.filter(pl.col("at_us") < last)}))
    seen.filter(pl.col("at_us") >= last).write_parquet(home / "last_day.parquet")
    n_new = min(NEW_ROWS, max(size // 20, 100))
    statement(home / "late.csv", n_new, 3, accounts=max(20, n_new // 25), others=max(100, n_new // 2))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    counts = {name: n for name, n in store.counts().items() if n}
    print(f"made a store: {counts} (peak of making it {peak:.1f} GiB)", flush=True)


def _columns(table: str):
    from graphfraud.tables import TABLES

    return TABLES[table].columns


def night(home: Path, name: str) -> bool:
    """Run the plan in a fresh process; print its log and its peak."""
    began = time.perf_counter()
    words = [sys.executable, "-c", NIGHT, str(home / PLAN.name)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        print(done.stdout, done.stderr)
        return False
    *lines, last = done.stdout.strip().splitlines()
    _, spent, peak, _, code = last.split()
    seconds = time.perf_counter() - began
    print(f"\n{name}: {seconds:.1f} s in all, {float(spent):.1f} s of processor, peak {int(peak) / 2**20:.2f} GiB")
    for line in lines:
        print("   ", line)
    return int(code) == 0


def nights(home: Path, size: int) -> bool:
    """Make the store unless it is there, and run three nights."""
    if not (home / "store").exists():
        words = [sys.executable, "-m", "benchmarks.bench_nightly", "--make", str(home), "--size", str(size)]
        subprocess.run(words, check=True)
    shutil.copy(PLAN, home)
    (home / "inbox").mkdir(exist_ok=True)
    good = night(home, "first night")
    store = open_store(home / "store")
    with store.writing():
        store.commit(Batch("last day", {"transactions": pl.read_parquet(home / "last_day.parquet")}))
    shutil.copy(home / "late.csv", home / "inbox")
    return good and night(home, "second night, a day and a file more") and night(home, "third night, nothing new")


def main() -> int:
    """Measure; fail only where a night fails."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=1_000_000, help="transactions that are known of")
    parser.add_argument("--folder", type=Path, help="keep store and results here")
    parser.add_argument("--smallest", action="store_true")
    parser.add_argument("--make", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    size = 5_000 if options.smallest else options.size
    if options.make:
        make_store(options.make, size)
        return 0
    if options.folder:
        options.folder.mkdir(parents=True, exist_ok=True)
        return int(not nights(options.folder, size))
    with tempfile.TemporaryDirectory() as folder:
        return int(not nights(Path(folder), size))


if __name__ == "__main__":
    sys.exit(main())
