"""Frame -> graph -> trace, end to end, with the ways to number account ids and the peak memory a row.

python -m benchmarks.bench_trace [--smallest] [--rows N]
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import polars as pl

from benchmarks import record
from benchmarks.worlds import payments
from graphfraud.analysis.trace import seeds, trace
from graphfraud.findings.trace import RULES
from graphfraud.graph.flows import COLUMNS, flow_graph
from graphfraud.graph.index import encode
from graphfraud.kernels.codes import dense_codes
from graphfraud.kernels.opening import UNPRINTED, opening_balances
from graphfraud.tables import check
from graphfraud.units import SECOND_US

CASE = "B-001"


def timed(call: Callable[[], Any], repeats: int = 5) -> tuple[Any, float]:
    """Return the answer and the median seconds; the first call, which may compile, is not counted."""
    answer, seconds = call(), []
    for _ in range(repeats):
        since = time.perf_counter()
        answer = call()
        seconds.append(time.perf_counter() - since)
    return answer, median(seconds)


def table(n: int) -> pl.DataFrame:
    """The world as table ``transactions``: 19-digit account numbers, 20 victim payments, statements of all payers held."""
    world = payments(n)
    n = world.amount_fen.size
    number = pl.Series(6_222_029_900_000_000_000 + np.random.default_rng(2).permutation(world.n_accounts) * 7).cast(pl.String)
    row = pl.int_range(n, eager=True)
    seed = np.zeros(n, np.bool_)
    seed[world.chain_tx[:20]] = True
    frame = pl.DataFrame(
        {
            "transaction_id": pl.select(pl.format("00000000000000ab:{}", row + 1)).to_series(),
            "payer_id": number.gather(world.payer_ix),
            "payee_id": number.gather(world.payee_ix),
            "amount_fen": world.amount_fen,
            "at_us": world.at_us,
            "seq": row,
            "at_precision_us": np.full(n, SECOND_US),
            "channel": np.where(world.is_exit, "cash_out", "transfer"),
            "payer_record": row,
            "report_record": np.where(seed, np.arange(n), -1),
        }
    )
    return check(frame.with_columns(case_id=pl.when(pl.Series(seed)).then(pl.lit(CASE))), "transactions")


def ways(frame: pl.DataFrame) -> None:
    """Numbering two columns of account ids, the ways that were weighed; all must agree."""
    payer, payee = frame["payer_id"], frame["payee_id"]
    both = pl.concat([payer.alias("id"), payee.alias("id")])
    (mine, ids), seconds = timed(lambda: encode(payer, payee))
    print(f"  ids, text, two hashes and a kernel (used)   {seconds:.3f} s, {frame.height / seconds / 1e6:.1f} M rows/s")
    for name, call in (
        ("polars rank dense", lambda: _ranked(both)),
        ("polars unique and two joins", lambda: _joined(payer, payee)),
        ("numpy unique", lambda: np.unique(both.to_numpy().astype("S"), return_inverse=True)[1]),
    ):
        other, peer = timed(call, 1)
        assert np.array_equal(np.concatenate(mine), other), name
        print(f"  ids, {name:<38} {peer:.3f} s, {peer / seconds:.1f} times as long")
    category = frame.select(pl.col("payer_id", "payee_id").cast(pl.Categorical))
    _, made = timed(lambda: frame.select(pl.col("payer_id", "payee_id").cast(pl.Categorical)), 1)
    again, seconds = timed(lambda: encode(category["payer_id"], category["payee_id"]))
    assert np.array_equal(np.concatenate(again[0]), np.concatenate(mine))
    print(f"  ids, Categorical: to make {made:.3f} s, then  {seconds:.3f} s")
    codes = [pl.Series(code).cast(pl.UInt32) for code in mine]
    _, seconds = timed(lambda: encode(*codes, dictionary=ids))
    print(f"  ids, codes of a dictionary                 {seconds:.3f} s")


def _ranked(ids: pl.Series) -> np.ndarray:
    return (ids.rank("dense") - 1).to_numpy()


def _joined(payer: pl.Series, payee: pl.Series) -> np.ndarray:
    ids = pl.concat([payer.alias("id"), payee.alias("id")]).unique().sort().to_frame().with_row_index("ix")
    sides = [side.alias("id").to_frame().join(ids, on="id", how="left", maintain_order="left")["ix"] for side in (payer, payee)]
    return np.concatenate([side.to_numpy() for side in sides])


def kernels(frame: pl.DataFrame) -> None:
    """kernels.codes and kernels.opening by themselves."""
    key, mark = (np.concatenate([frame[name].hash(seed).to_numpy() for name in ("payer_id", "payee_id")]) for seed in (0, 1))
    _, seconds = timed(lambda: dense_codes(key, mark))
    print(f"  kernels.codes                              {key.size / seconds / 1e6:.0f} M keys/s")
    flows = flow_graph(frame)
    none = np.full(flows.n_transactions, UNPRINTED)
    none.setflags(write=False)
    columns = flows.payer_ix, flows.payee_ix, flows.amount_fen, none, none, flows.n_accounts
    _, seconds = timed(lambda: opening_balances(*columns))
    print(f"  kernels.opening                            {flows.n_transactions / seconds / 1e6:.0f} M transactions/s")


def road(frame: pl.DataFrame) -> None:
    """Rows at rest to a ready graph against a bare CSV read, then every rule."""
    with tempfile.TemporaryDirectory() as folder:
        csv, parquet = Path(folder) / "rows.csv", Path(folder) / "rows.parquet"
        frame.write_csv(csv)
        frame.write_parquet(parquet)
        _, bare = timed(lambda: pl.read_csv(csv, infer_schema=False), 3)
        _, ready = timed(lambda: flow_graph(pl.read_parquet(parquet, columns=list(COLUMNS))), 3)
    flows, built = timed(lambda: flow_graph(frame))
    _, shuffled = timed(lambda: flow_graph(frame.sample(fraction=1, shuffle=True, seed=3)), 1)
    started = time.perf_counter()
    assert len(flows.digest) == 64
    digested = time.perf_counter() - started
    print(f"  bare CSV read, all columns as text         {bare:.3f} s ({csv.name}: the peer)")
    task = f"parquet -> ready graph, {frame.height:,} transactions"
    record.speed(task, n=frame.height, seconds=ready, peer="polars.read_csv, all columns text", peer_seconds=bare)
    print(f"  parquet -> ready graph                     {ready:.3f} s = {ready / bare:.2f} of the CSV read")
    print(f"  frame -> graph                             {built:.3f} s, {frame.height / built / 1e6:.1f} M rows/s")
    print(f"  frame -> graph, rows shuffled              {shuffled:.3f} s")
    print(f"  digest                                     {digested:.3f} s, once a graph")
    start = seeds(frame, CASE)
    for rule in RULES:
        found, seconds = timed(lambda rule=rule: trace(flows, start, rule, "72h", 8), 3)
        print(f"  trace {rule:<9} 72h, 8 hops              {seconds:.3f} s, {found.steps.height} steps")
        record.speed(f"trace, {rule}, 72 h, 8 hops", n=frame.height, seconds=seconds, note=f"{found.steps.height} steps")


def memory(frame: pl.DataFrame) -> None:
    """Peak memory a row (Linux), in processes of their own that read the rows: the frame, also the graph, also a trace."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "rows.parquet"
        frame.write_parquet(file)
        peaks = {}
        for what in ("nothing", "frame", "graph", "trace"):
            words = [sys.executable, "-m", "benchmarks.bench_trace", "--peak", what, "--file", str(file)]
            peaks[what] = int(subprocess.run(words, check=True, capture_output=True, text=True).stdout) / frame.height
    for what in ("frame", "graph", "trace"):
        print(f"  peak memory with the {what:<22} {peaks[what] - peaks['nothing']:.0f} bytes a row")


def peak(what: str, file: str) -> None:
    """Print the peak memory of this process, in bytes, once it has come so far."""
    few = pl.read_parquet(file, n_rows=1_000)
    flow_graph(few)  # what the programs of a graph take, each process takes
    frame = pl.read_parquet(file) if what != "nothing" else few
    flows = flow_graph(frame) if what in ("graph", "trace") else None
    if what == "trace":
        trace(flows, seeds(frame, CASE), "fifo", "72h", 8)
    status = Path("/proc/self/status").read_text()  # getrusage would tell the parent's peak where that was higher
    print(int(status.split("VmHWM:")[1].split()[0]) * 1024)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smallest", action="store_true", help="10,000 rows: a check that everything runs")
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--peak", help=argparse.SUPPRESS)
    parser.add_argument("--file", help=argparse.SUPPRESS)
    options = parser.parse_args()
    n = 10_000 if options.smallest else options.rows
    if options.peak:
        peak(options.peak, options.file)
        return
    frame = table(n)
    print(f"{frame.height} transactions, {frame['payer_id'].n_unique()} payers")
    ways(frame)
    kernels(frame)
    road(frame)
    memory(frame)


if __name__ == "__main__":
    main()
