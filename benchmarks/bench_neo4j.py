"""The shared store against a plain UNWIND loop on the same real server, against the folder store, and the import tool.

python -m benchmarks.bench_neo4j [--smallest] [--rows 1000000] [--import-rows 5000000] [--line 5.26]

The peer is what a Neo4j user writes first: two threads, lists of maps of 10,000 rows, MATCH both accounts, CREATE, the same
uniqueness constraints and indexes, the same columns, a ledger node in the same transaction. Each contender gets a fresh
server: the first load is cold, the second warm. One payer makes 38 % of all payments.
"""

import argparse
import itertools
import os
import shutil
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import neo4j
import numpy as np
import polars as pl

from benchmarks import record
from graphfraud.store.bulk import write_import
from graphfraud.store.contract import Batch
from graphfraud.store.folder import FolderStore
from graphfraud.store.neo4j import Neo4jStore
from graphfraud.store.server import LINES, USER, Server, missing
from graphfraud.tables import TABLES, check

FLOW = ("transaction_id", "payer_id", "payee_id", "amount_fen", "at_us", "seq", "channel")
BATCH = 10_000
HUB = 0.38


def transfers(n: int, first: int = 0, n_accounts: int = 100_000) -> pl.DataFrame:
    """Return n transactions with every column of a two-sided statement filled, numbered from ``first``."""
    rng = np.random.default_rng(20260101 + first)
    n_accounts = min(n_accounts, max(n // 10, 10))
    payer = np.where(rng.random(n) < HUB, 0, (rng.pareto(1.0, n) * n_accounts / 50).astype(np.int64) % n_accounts)
    payee = rng.integers(1, n_accounts, n)
    names = pl.Series([f"622202990{i:010d}" for i in range(n_accounts)])
    at = 1_709_222_400_000_000 + np.sort(rng.integers(0, 90 * 86_400, n)) * 1_000_000
    number = np.arange(first, first + n)
    frame = pl.DataFrame(
        {
            "payer_id": names.gather(payer), "payee_id": names.gather(payee), "amount_fen": rng.integers(100, 10**8, n),
            "at_us": at, "seq": number, "at_precision_us": np.full(n, 1_000_000),
            "channel": pl.Series(["transfer", "merchant", "cash_out"]).gather(rng.integers(0, 3, n)),
            "memo": pl.Series(["货款", "转账", "还款", "工资"]).gather(rng.integers(0, 4, n)),
            "payer_name": pl.Series(["张三", "李四", "王五"]).gather(payer % 3),
            "payee_name": pl.Series(["张三", "李四", "王五"]).gather(payee % 3),
            "payer_at_us": at, "payer_balance_fen": rng.integers(0, 10**9, n), "payer_record": number,
        }
    ).with_columns(
        transaction_id=pl.format("{}:{}", pl.lit(f"{2**60 + first:016x}"), "seq"), payer_serial=pl.format("2024030112{}", "seq")
    )  # fmt: skip
    return check(frame, "transactions")


def plain_loop(server: Server, frame: pl.DataFrame) -> float:
    """Load the way most would; return seconds."""
    columns = [c for c in frame.columns if c not in ("payer_id", "payee_id")]
    text = (
        "UNWIND $rows AS r MATCH (a:Account {account_id: r.payer_id}) MATCH (b:Account {account_id: r.payee_id}) "
        f"CREATE (a)-[:TRANSFER {{{', '.join(f'{c}: r.{c}' for c in columns)}}}]->(b)"
    )

    def write(tx: neo4j.ManagedTransaction, part: pl.DataFrame) -> None:
        tx.run("CREATE (:_Batch {id: $id})", id=part["transaction_id"][0]).consume()
        tx.run(text, rows=part.to_dicts()).consume()

    def one(part: pl.DataFrame) -> None:
        with driver.session() as session:
            session.execute_write(write, part)

    with neo4j.GraphDatabase.driver(server.uri, auth=(USER, server.password), notifications_min_severity="OFF") as driver:
        for schema in (
            "CREATE CONSTRAINT account IF NOT EXISTS FOR (a:Account) REQUIRE a.account_id IS UNIQUE",
            "CREATE CONSTRAINT transfer IF NOT EXISTS FOR ()-[t:TRANSFER]-() REQUIRE t.transaction_id IS UNIQUE",
            "CREATE CONSTRAINT batch IF NOT EXISTS FOR (b:_Batch) REQUIRE b.id IS UNIQUE",
            "CALL db.awaitIndexes(600)",
        ):
            driver.execute_query(schema)
        began = time.perf_counter()
        accounts = pl.concat([frame["payer_id"], frame["payee_id"].alias("payer_id")]).unique()
        for part in accounts.to_frame().iter_slices(BATCH):
            ids = part.to_series().to_list()
            driver.execute_query("UNWIND $ids AS id MERGE (:Account {account_id: id})", ids=ids)
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(one, frame.iter_slices(BATCH)))
        for column in ("at_us", "amount_fen", "case_id"):  # as ours: after the first load, kept up by the second
            driver.execute_query(f"CREATE INDEX {column} IF NOT EXISTS FOR ()-[t:TRANSFER]-() ON (t.{column})")
        driver.execute_query("CALL db.awaitIndexes(600)")
        return time.perf_counter() - began


def our_load(store: Neo4jStore | FolderStore, frame: pl.DataFrame, name: str) -> float:
    """Commit one batch: checks, ledger, indexes and all; return seconds."""
    began = time.perf_counter()
    with store.writing():
        store.commit(Batch(name, {"transactions": frame}))
    return time.perf_counter() - began


def reading(store: Neo4jStore | FolderStore, columns: tuple[str, ...] | None) -> float:
    """Read every transaction; return seconds."""
    began = time.perf_counter()
    store.read("transactions", columns=columns)
    return time.perf_counter() - began


@contextmanager
def fresh(line: str, heap: str):
    """A new server in a new folder, known to stores by the environment."""
    home = Path(tempfile.mkdtemp(prefix="bench-neo4j-"))
    server = Server(home, LINES[line], heap=heap, pagecache="2g")  # 2 M transfers rest in 0.93 GB, both loads together
    try:
        server.start()
        os.environ["NEO4J_PASSWORD"] = server.password
        yield server
    finally:
        server.kill()
        shutil.rmtree(home)


def say(what: str, n: int, seconds: float, note: str = "") -> None:
    print(f"{what:<44} {n:>9,} rows {seconds:8.2f} s {n / seconds:>10,.0f} rows/s  {note}", flush=True)
    record.speed(what, n=n, seconds=seconds, note=note)


def online(line: str, n: int, heap: str) -> None:
    """Cold and warm loads of both contenders, and read-outs."""
    first, second = transfers(n), transfers(n, first=n)
    with fresh(line, heap) as server:
        peer = [plain_loop(server, first), plain_loop(server, second)]
    say("plain UNWIND loop, cold", n, peer[0])
    say("plain UNWIND loop, warm", n, peer[1])
    with tempfile.TemporaryDirectory() as work, fresh(line, heap) as server:
        folder = FolderStore.open(Path(work) / "store")
        files = [our_load(folder, first, "first"), our_load(folder, second, "second")]
        with Neo4jStore.open(server.uri) as store:
            ours = [our_load(store, first, "first"), our_load(store, second, "second")]
            say(
                "graphfraud, cold",
                n,
                ours[0],
                f"{peer[0] / ours[0]:.2f} x the plain loop, folder {ours[0] / files[0]:.0f} x faster",
            )
            say("graphfraud, warm, with all indexes", n, ours[1], f"{peer[1] / ours[1]:.2f} x the plain loop")
            for columns, name in ((None, "all columns"), (FLOW, "the columns of a graph")):
                best = min(reading(store, columns) for _ in range(5))
                say(
                    f"read out, {name}",
                    2 * n,
                    best,
                    f"folder {best / min(reading(folder, columns) for _ in range(5)):.0f} x faster",
                )
            assert store.digest() == folder.digest(), "the server holds other rows than the folder"


def offline(line: str, n: int, heap: str) -> None:
    """From a folder store to a server that answers, constraints in place."""
    with tempfile.TemporaryDirectory(prefix="bench-neo4j-") as work:
        folder = FolderStore.open(Path(work) / "store")
        our_load(folder, transfers(n, n_accounts=500_000), "all")
        server = Server(Path(work) / "home", LINES[line], heap=heap, pagecache="3g")  # 5 M transfers rest in 1.7 GB
        steps = [time.perf_counter()]
        words = write_import(folder, Path(work) / "files")
        steps.append(time.perf_counter())
        server.admin(*words)
        steps.append(time.perf_counter())
        try:
            server.start()
            os.environ["NEO4J_PASSWORD"] = server.password
            with Neo4jStore.open(server.uri) as store:
                steps.append(time.perf_counter())
                with store.writing():
                    steps.append(time.perf_counter())
                assert store.counts()["transactions"] == n
            steps.append(time.perf_counter())
        finally:
            server.kill()
    parts = [after - before for before, after in itertools.pairwise(steps)]
    names = ("files", "import", "start", "constraints and indexes", "count")
    say(
        "folder to server by the import tool",
        n,
        steps[-1] - steps[0],
        ", ".join(f"{p} {s:.1f} s" for p, s in zip(names, parts, strict=True)),
    )


def main() -> int:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--smallest", action="store_true")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--import-rows", type=int, default=5_000_000)
    parser.add_argument("--line", choices=sorted(LINES), default="5.26")
    parser.add_argument("--heap", default="3g")
    parser.add_argument("--only", choices=("online", "offline"))
    asked = parser.parse_args()
    if (lack := missing(LINES[asked.line])) is not None:
        print(f"skipped: {lack}")
        return 1 if os.environ.get("CI") else 0
    os.environ.setdefault("NEO4J_USER", USER)
    print(f"Neo4j {LINES[asked.line].version}, {os.cpu_count()} cores, {len(TABLES['transactions'].columns)} columns")
    if asked.only != "offline":
        online(asked.line, 20_000 if asked.smallest else asked.rows, "1g" if asked.smallest else asked.heap)
    if asked.only != "online":
        offline(asked.line, 20_000 if asked.smallest else asked.import_rows, "1g" if asked.smallest else asked.heap)
    return 0


if __name__ == "__main__":
    sys.exit(main())
