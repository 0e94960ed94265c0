"""From a statement file to a ready graph: CSV -> store, store -> FlowGraph, and the ways to number text ids.

python -m benchmarks.bench_ingest [--size 1000000] [--graph-size 5000000] [--smallest]

Peers in the same run: polars reading the same CSV bare, every column text. Median of three; peak memory of a fresh process.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks import record
from graphfraud import tables
from graphfraud.graph.flows import COLUMNS, flow_graph
from graphfraud.graph.index import encode
from graphfraud.intake.load import load
from graphfraud.store.contract import Batch
from graphfraud.store.open import open_store

HEADINGS = [
    "交易卡号",
    "交易账号",
    "账户开户名称",
    "开户人证件号码",
    "交易时间",
    "交易金额",
    "交易余额",
    "收付标志",
    "交易对手账卡号",
    "现金标志",
    "对手户名",
    "对手身份证号",
    "对手开户银行",
    "摘要说明",
    "交易币种",
    "交易网点名称",
    "交易网点代码",
    "交易发生地",
    "交易是否成功",
    "传票号",
    "终端号",
    "IP地址",
    "MAC地址",
    "对手交易余额",
    "交易流水号",
    "日志号",
    "凭证种类",
    "凭证号",
    "交易柜员号",
    "商户名称",
    "商户号",
    "备注",
    "交易类型",
    "查询反馈结果原因",
]
START_US = 1_709_222_400_000_000


def statement(path: Path, n: int, rng_seed: int, accounts: int = 2000, others: int = 100_000) -> None:
    """Write a 34-column statement of ``accounts`` accounts, sorted by account and time; one row in ten has its mirror in it."""
    rng = np.random.default_rng(rng_seed)
    own_ids = pl.Series([f"62220299{rng_seed:03d}{i:08d}" for i in range(accounts)])
    cp_ids = pl.Series([f"62220288000{i:08d}" for i in range(others)])
    own = np.sort(rng.integers(0, accounts, n))
    at = rng.integers(0, 90 * 86_400, n)
    order = np.lexsort((at, own))
    own, at = own[order], at[order]
    amount = np.exp(rng.normal(11, 2, n)).astype(np.int64) + 1
    paid = rng.random(n) < 0.5
    cp = cp_ids.gather(rng.integers(0, others, n))
    mirrored = n // 20
    source, mirror = np.split(rng.permutation(n)[: 2 * mirrored], 2)
    amount[mirror], at[mirror], paid[mirror] = amount[source], at[source], ~paid[source]
    cp = cp.scatter(source, own_ids.gather(own[mirror])).scatter(mirror, own_ids.gather(own[source]))

    def yuan(fen: np.ndarray) -> pl.Expr:
        value = pl.Series(fen)
        return pl.format("{}.{}", value // 100, (value % 100).cast(pl.String).str.zfill(2))

    filled = {
        "交易卡号": own_ids.gather(own),
        "交易账号": own_ids.gather(own),
        "账户开户名称": pl.Series(["张三", "李四", "王五", "赵六"]).gather(own % 4),
        "开户人证件号码": pl.format("110101190001{}", pl.Series(own).cast(pl.String).str.zfill(6)),
        "交易时间": pl.from_epoch(pl.Series(at) + START_US // 1_000_000).dt.strftime("%Y-%m-%d %H:%M:%S"),
        "交易金额": yuan(amount),
        "交易余额": yuan(rng.integers(0, 10**8, n)),
        "收付标志": pl.Series(["进", "出"]).gather(paid.astype(np.int64)),
        "交易对手账卡号": cp,
        "现金标志": pl.lit("00"),
        "对手户名": pl.Series(["钱七", "孙八", "周九"]).gather(rng.integers(0, 3, n)),
        "对手开户银行": pl.lit("某某银行"),
        "摘要说明": pl.Series(["转账", "网银转账", "消费", "工资"]).gather(rng.choice(4, n, p=[0.6, 0.3, 0.08, 0.02])),
        "交易币种": pl.lit("CNY"),
        "交易网点名称": pl.lit("某某支行"),
        "交易网点代码": pl.lit("0011"),
        "交易发生地": pl.lit("某市"),
        "交易是否成功": pl.lit("成功"),
        "IP地址": pl.format("10.0.{}.{}", pl.Series(own % 250), pl.Series(own % 240)),
        "交易流水号": pl.format("{}", pl.Series(np.arange(n) + 10**15)),
        "交易类型": pl.lit("网银转账"),
    }
    length = pl.DataFrame({"row": np.arange(n)})
    length.select(_column(filled.get(h, pl.lit("")), h) for h in HEADINGS).write_csv(path)


def _column(value: pl.Expr | pl.Series, heading: str) -> pl.Expr:
    return (pl.lit(value) if isinstance(value, pl.Series) else value).alias(heading)


def timed(work, repeat: int = 3) -> float:
    """Return the median seconds."""
    seconds = []
    for _ in range(repeat):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


def peak_bytes(code: str, *arguments: object) -> tuple[int, float]:
    """Return the peak memory of a fresh process that runs ``code``, above what it holds once imported; and its seconds."""
    prelude = (
        "import sys, time\nfrom graphfraud.intake.load import load\nfrom graphfraud.store.open import open_store\n"
        "def held(word):\n"
        "    with open('/proc/self/status') as status:\n"
        "        return next(int(line.split()[1]) for line in status if line.startswith(word))\n"
        "before = held('VmRSS')\nstart = time.perf_counter()\n"
    )
    tail = "\nprint(held('VmHWM') - before, time.perf_counter() - start)"
    done = subprocess.run(
        [sys.executable, "-c", prelude + code + tail, *map(str, arguments)], capture_output=True, text=True, check=True
    )
    kib, seconds = done.stdout.split()[-2:]
    return int(kib) * 1024, float(seconds)


def row(what: str, seconds: float, n: int, peer: float | None = None) -> None:
    ratio = f"{seconds / peer:8.2f} x bare" if peer else ""
    print(f"{what:58s} {seconds:7.3f} s {n / seconds / 1e6:7.2f} M rows/s {ratio}", flush=True)
    record.speed(f"{what.strip()}, {n:,} rows", n=n, seconds=seconds, peer="polars.read_csv" if peer else "", peer_seconds=peer)


def ingest(folder: Path, n: int) -> float:
    """CSV -> store, empty and not; return the seconds a row takes when polars reads the statement bare."""
    files = [folder / f"statement{k}.csv" for k in range(4)]
    for k, path in enumerate(files):
        statement(path, n, rng_seed=k)
    print(f"\nCSV -> store: {n:,} rows, 34 columns, {files[0].stat().st_size / 1e6:.0f} MB, UTF-8")
    bare = timed(lambda: pl.read_csv(files[0], infer_schema=False))
    row("polars.read_csv, all text (peer)", bare, n)
    seconds = []
    for k in range(3):
        store = open_store(folder / f"empty{k}")
        start = time.perf_counter()
        print("   ", load(files[0], store), file=sys.stderr)
        seconds.append(time.perf_counter() - start)
    row("load into an empty store", statistics.median(seconds), n, bare)
    more = []
    for path in files[1:]:
        start = time.perf_counter()
        print("   ", load(path, store), file=sys.stderr)
        more.append(time.perf_counter() - start)
    row("load into a store of 1, 2, 3 such files (last)", more[-1], n, bare)
    if Path("/proc/self/status").exists():  # Linux
        peak, _ = peak_bytes("load(sys.argv[1], open_store(sys.argv[2]))", files[0], folder / "peak")
        print(f"{'peak memory of the load':58s} {peak / n:7.0f} bytes/row")
    return bare / n


def graph(folder: Path, n: int, statement_s: float) -> None:
    """Store -> FlowGraph against bare reads as CSV: of the same rows, and of as many rows of a statement."""
    rng = np.random.default_rng(7)
    m = n // 10
    ids = pl.Series([f"6222029{x:012d}" for x in rng.choice(10**12, m, replace=False)])
    weight = np.cumsum(np.arange(1, m + 1) ** -0.85)
    payer, payee = (np.searchsorted(weight / weight[-1], rng.random(n)) for _ in range(2))
    at = START_US + np.sort(rng.integers(0, 90 * 86_400, n)) * 1_000_000
    frame = pl.DataFrame(
        {
            "transaction_id": pl.select(pl.format("0123456789abcdef:{}", pl.int_range(1, n + 1))).to_series(),
            "payer_id": ids.gather(payer),
            "payee_id": ids.gather(payee),
            "amount_fen": np.exp(rng.normal(11, 2, n)).astype(np.int64) + 1,
            "at_us": at,
            "seq": np.arange(n),
            "at_precision_us": np.full(n, 1_000_000),
            "channel": pl.select(pl.repeat("transfer", n)).to_series(),
            "payer_balance_fen": rng.integers(0, 10**9, n),
            "payer_record": np.arange(n),
        }
    )
    frame = tables.conform(frame, "transactions")
    csv = folder / "transactions.csv"
    frame.select(
        "transaction_id", "payer_id", "payee_id", "amount_fen", "at_us", "seq", "channel", "payer_balance_fen"
    ).write_csv(csv)
    store = open_store(folder / "graph")
    with store.writing():
        store.commit(Batch("all", {"transactions": frame}))
    print(f"\nstore -> graph: {n:,} transactions, {m:,} accounts")
    text = {"transaction_id": pl.String, "payer_id": pl.String, "payee_id": pl.String}
    bare = timed(lambda: pl.read_csv(csv, schema_overrides=text))
    row("polars.read_csv, 8 columns (peer)", bare, n)
    read = store.read("transactions", columns=COLUMNS)
    flow_graph(read)  # compiles
    row("store.read, ids as text", timed(lambda: store.read("transactions", columns=COLUMNS)), n, bare)
    row("  flow_graph of it", timed(lambda: flow_graph(read)), n, bare)
    row("store -> graph, ids as text", timed(lambda: flow_graph(store.read("transactions", columns=COLUMNS))), n, bare)
    start = time.perf_counter()
    coded, dictionary = store.read_coded(columns=COLUMNS)
    row("store.read_coded, first time (makes the index)", time.perf_counter() - start, n, bare)
    row("store.read_coded, index there", timed(lambda: store.read_coded(columns=COLUMNS)), n, bare)
    row("  flow_graph of it", timed(lambda: flow_graph(coded, dictionary=dictionary)), n, bare)

    def whole() -> None:
        flow, ids_of = store.read_coded(columns=COLUMNS)
        flow_graph(flow, dictionary=ids_of)

    ready = timed(whole)
    row("store -> graph, codes of the index", ready, n, bare)
    print(
        f"{'  against as many rows of a bare statement':58s} {statement_s * n:7.3f} s {'':19s} {ready / statement_s / n:8.2f} x"
    )
    ways(read, n, bare)


def ways(read: pl.DataFrame, n: int, bare: float) -> None:
    """Number two columns of text ids."""
    payer, payee = read["payer_id"], read["payee_id"]
    both = pl.concat([payer, payee.alias("payer_id")])
    print(f"\nnumbering 2 x {n:,} text ids")
    row("graph.index.encode (two hashes, one kernel)", timed(lambda: encode(payer, payee)), n, bare)
    row("polars Categorical", timed(lambda: both.cast(pl.Categorical), 1), n, bare)

    def joined() -> None:
        names = both.unique().sort().to_frame("id").with_row_index("ix")
        read.select(id="payer_id").join(names, on="id", how="left", maintain_order="left")
        read.select(id="payee_id").join(names, on="id", how="left", maintain_order="left")

    row("polars unique + two joins", timed(joined, 1), n, bare)
    row("digits as int64, unique + search_sorted", timed(lambda: _as_numbers(payer, payee), 1), n, bare)


def _as_numbers(payer: pl.Series, payee: pl.Series) -> None:
    numbers = [s.cast(pl.Int64).to_numpy() for s in (payer, payee)]
    known = pl.concat([pl.Series(x) for x in numbers]).unique().sort().to_numpy()
    for x in numbers:
        np.searchsorted(known, x)


def main() -> None:
    """Run both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smallest", action="store_true", help="a check that everything runs")
    parser.add_argument("--size", type=int, default=300_000, help="rows of the statement")
    parser.add_argument("--graph-size", type=int, default=1_000_000, help="transactions of the graph")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        statement_s = ingest(Path(name), 10_000 if asked.smallest else asked.size)
        graph(Path(name), 20_000 if asked.smallest else asked.graph_size, statement_s)


if __name__ == "__main__":
    main()
