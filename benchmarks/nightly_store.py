"""The store of the nightly benchmark: cities made one after the other, each in a process of its own, to keep memory small.

Payments, registers and ties are committed as a loader would leave them; call records are written as files of a carrier and
loaded, so that the ties of phone cards and handsets, their counts and the marks of counted calls are the loader's own. Beside
the store lies the day that is still to come: its payments, its calls as a file, and the statement of a new request.
"""

import argparse
import resource
import subprocess
import sys
import time
from pathlib import Path

import polars as pl

from benchmarks.bench_ingest import statement
from graphfraud.intake.load import load
from graphfraud.store.contract import Batch
from graphfraud.store.open import open_store
from graphfraud.synthetic.calls import call_rows
from graphfraud.synthetic.world import World, make_world
from graphfraud.tables import TABLES, empty
from graphfraud.units import DAY_US, HOUR_US

SEEN_SHARE = 0.53
"""Of a world's transactions, those in held statements and reports."""

CITY_SIZE = 1_100_000
"""Known transactions a city has at most: making one takes 1.8 KB of memory for each."""

SERIALS = 1_000_000
"""Serials of a city: more than it has handsets."""

CALLS_A_TRANSACTION = 2
NEW_ROWS = 50_000
MADE = "MADE"


def make(home: Path, size: int) -> None:
    """Make the store and the day to come in ``home`` unless they are there."""
    if (home / MADE).exists():
        return
    home.mkdir(parents=True, exist_ok=True)
    n_cities = -(-size // CITY_SIZE)
    for city in range(n_cities):
        words = [
            sys.executable,
            "-m",
            "benchmarks.nightly_store",
            str(home),
            "--size",
            str(size // n_cities),
            "--city",
            str(city),
        ]
        subprocess.run(words, check=True)
    n_new = min(NEW_ROWS, max(size // 20, 100))
    statement(home / "late.csv", n_new, 3, accounts=max(20, n_new // 25), others=max(100, n_new // 2))
    pl.read_parquet(home / "calls-*.parquet").write_csv(home / "calls.csv")
    pl.read_parquet(home / "day-*.parquet").write_parquet(home / "day.parquet")
    counts = {name: n for name, n in open_store(home / "store", create=False).counts().items() if n}
    print(f"made a store of {n_cities} cities: {counts}", flush=True)
    (home / MADE).touch()


def make_city(home: Path, size: int, city: int) -> None:
    """Put a city without its last day into the store, and that day beside it."""
    began = time.perf_counter()
    world = make_world(transactions=int(size / SEEN_SHARE), rng_seed=9 + city, first_serial=city * SERIALS)
    store = open_store(home / "store")
    frames = _numbered(world, store.next_record(), city)
    seen = frames.pop("transactions")
    n_known, last = seen.height, seen["at_us"].max() - DAY_US
    frames |= _told_by(seen, store.next_record(), city)
    frames["links"] = frames["links"].filter(pl.col("kind") != "inserted_in")  # the calls tell
    with store.writing():
        store.commit(Batch(f"city {city}", {**frames, "transactions": seen.filter(pl.col("at_us") < last)}))
    seen.filter(pl.col("at_us") >= last).write_parquet(home / f"day-{city:02d}.parquet")
    del frames, seen
    calls = _calls(world, CALLS_A_TRANSACTION * n_known)
    del world
    old = home / f"calls-{city:02d}.csv"
    _printed(calls.filter(pl.col("at") < last)).write_csv(old)
    _printed(calls.filter(pl.col("at") >= last)).write_parquet(home / f"calls-{city:02d}.parquet")
    made, n_calls = time.perf_counter() - began, calls.height
    del calls
    load(old, into=store, loader="call_record")
    old.unlink()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    took = time.perf_counter() - began - made
    print(f"city {city}: made in {made:.1f} s, {n_calls:,} calls loaded in {took:.1f} s, peak {peak:.1f} GiB", flush=True)


def _numbered(world: World, first: int, city: int) -> dict[str, pl.DataFrame]:
    """Return what is known of a city, its records, transactions and cases numbered apart from other cities'."""
    frames = {**world.frames, "transactions": world.seen()}
    for name, frame in frames.items():
        records = [c for c in frame.columns if c == "record" or c.endswith("_record")]
        shifted = [pl.when(pl.col(c) >= 0).then(pl.col(c) + first).otherwise(pl.col(c)).alias(c) for c in records]
        ids = [c for c in ("transaction_id", "payer_id", "payee_id") if c in frame.columns]
        shifted += [pl.col(c).str.replace("world:", f"world:{city}:", literal=True) for c in ids]
        if "case_id" in frame.columns:
            shifted.append(pl.col("case_id").str.replace("A-", f"A{city}-", literal=True))
        if "seq" in frame.columns:
            shifted.append(pl.col("seq") + city * 10**10)
        frames[name] = frame.with_columns(shifted)
    return frames


def _told_by(seen: pl.DataFrame, first: int, city: int) -> dict[str, pl.DataFrame]:
    """Return the records of the payments, and the one source they all stand in."""
    named = [seen[name] for name in ("payer_record", "payee_record", "report_record")]
    records = pl.concat([column.rename("record") for column in named]).unique().sort().to_frame()
    source_id = f"{0xAB + city:016x}"
    records = records.filter(pl.col("record") >= 0).with_columns(
        source_id=pl.lit(source_id), row=pl.col("record") - first + 1, outcome=pl.lit("kept")
    )
    source = {c.name: [0 if c.dtype == pl.Int64 else "made-up"] for c in TABLES["sources"].columns}
    source |= {"source_id": [source_id], "sha256": [source_id * 4], "sheet": [None], "record_first": [first]}
    source |= {"n_read": [int(records["record"].max()) - first + 1]}
    return {"records": records, "sources": pl.DataFrame(source, schema=empty("sources").schema)}


def _calls(world: World, n: int) -> pl.DataFrame:
    """Return ``n`` calls of a city or a few less, in order of time: each tie's are drawn as often as it takes."""
    whole = call_rows(world, 0)
    more = [call_rows(world, k) for k in range(1, -(-n // max(whole.height, 1)))]
    if more:
        more = [pl.concat(more).sample(n - whole.height, seed=0)]
    whole = pl.concat([whole, *more]).unique(["own", "peer", "call_type", "at", "imei"], keep="first", maintain_order=True)
    return whole.sort("at", "own", "imei", "peer")


def _printed(calls: pl.DataFrame) -> pl.DataFrame:
    """Return calls as a carrier prints them."""
    at = (pl.col("at") + 8 * HOUR_US).cast(pl.Datetime("us")).dt.strftime("%Y-%m-%d %H:%M:%S")
    named = {"本机号码": "own", "对端号码": "peer", "呼叫类型": "call_type", "开始时间": at, "通话时长": "duration",
             "IMEI": "imei", "IMSI": "imsi", "运营商": "carrier", "归属地": "region"}  # fmt: skip
    return calls.select(**named)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("home", type=Path)
    parser.add_argument("--size", type=int, required=True, help="transactions of the city that are known of")
    parser.add_argument("--city", type=int, required=True)
    options = parser.parse_args()
    make_city(options.home, options.size, options.city)
