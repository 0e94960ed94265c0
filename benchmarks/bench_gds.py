"""Communities beside what a Neo4j user would reach for: the Graph Data Science library on a real server.

python -m benchmarks.bench_gds [--smallest] [--size M] [--runs 2]

Needs Java 17 and Maven; the library's jars (OpenGDS, GPL-3.0) go to the cache folder. Payments rest in a server and in a folder
store; theirs projects them into memory and asks, with two threads, ours reads the store, numbers the accounts and asks, with
one. Component counts must be equal; of divisions the modularity is printed, computed by us for both.
"""

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import neo4j
import numpy as np
import polars as pl

from benchmarks import record
from benchmarks.bench_communities import frozen, modularity, rows_of, usual
from benchmarks.flow_worlds import FlowWorld, flow_world
from graphfraud import tables
from graphfraud.graph.flows import COLUMNS, flow_graph
from graphfraud.kernels.components import components
from graphfraud.store.contract import Batch
from graphfraud.store.folder import FolderStore
from graphfraud.store.open import open_store
from graphfraud.store.server import LINES, USER, Server, cache_folder, jars

VERSION = "2.13.9"
METHODS = {"label_propagation": "labelPropagation", "louvain": "louvain", "leiden": "leiden"}


def plugin() -> Path:
    """Return the folder with the library's jars, those that the server has itself left out; fetched at the first call."""
    ready = cache_folder() / f"gds-{VERSION}"
    if ready.is_dir():
        return ready
    served = {_artifact(file) for file in jars(LINES["5.26"]).glob("*.jar")}
    ready.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=ready.parent) as work:
        pom = shutil.copy(Path(__file__).with_name("gds.pom.xml"), Path(work) / "pom.xml")
        asked = [f"-Dgds.version={VERSION}", f"-Dlib.dir={work}/lib"]
        subprocess.run(["mvn", "-q", "-B", "-ntp", "-f", str(pom), *asked, "package"], check=True)
        for file in (Path(work) / "lib").glob("*.jar"):
            if not file.stem.endswith(VERSION) and _artifact(file) in served:
                file.unlink()
        (Path(work) / "lib").rename(ready)
    return ready


def _artifact(file: Path) -> str:
    return re.sub(r"-\d.*$", "", file.stem)


def put_in_server(world: FlowWorld, server: Server, folder: Path) -> None:
    """Import accounts and payments offline, bare of properties: that is not what is timed here."""
    accounts, payments = folder / "accounts.csv", folder / "payments.csv"
    pl.DataFrame({"id:ID": np.arange(world.n_accounts)}).write_csv(accounts)
    pl.DataFrame({":START_ID": world.payer_ix, ":END_ID": world.payee_ix}).write_csv(payments)
    (server.home / "plugins").mkdir(parents=True)
    for jar in plugin().glob("*.jar"):
        (server.home / "plugins" / jar.name).symlink_to(jar)
    files = [f"--nodes=Account={accounts}", f"--relationships=TRANSFER={payments}", "--id-type=integer"]
    server.admin("database", "import", "full", "--overwrite-destination", *files, "neo4j")


def put_in_store(world: FlowWorld, folder: Path) -> FolderStore:
    """Commit the same payments to a folder store."""
    graph = world.graph()
    rows = pl.DataFrame(
        {
            "transaction_id": graph.transaction_id,
            "payer_id": graph.account_id.gather(world.payer_ix),
            "payee_id": graph.account_id.gather(world.payee_ix),
            "amount_fen": world.amount_fen,
            "at_us": world.at_us,
            "seq": np.arange(world.n_transactions),
            "at_precision_us": np.ones(world.n_transactions, np.int64),
            "channel": pl.Series(["transfer"]).new_from_index(0, world.n_transactions),
            "payer_record": np.arange(world.n_transactions),
        }
    )
    store = open_store(folder / "store")
    assert isinstance(store, FolderStore)
    with store.writing():
        store.commit(Batch("all", {"transactions": tables.conform(rows, "transactions")}))
    store.read_coded(columns=["seq"])  # the index of codes is made once a part, as a server's store files are
    return store


def timed(ask):
    since = time.perf_counter()
    answer = ask()
    return time.perf_counter() - since, answer


def theirs(server: Server, n_runs: int) -> dict[str, tuple[float, object]]:
    """Return the best seconds and the answer of projection and methods."""
    found: dict[str, tuple[float, object]] = {}
    with neo4j.GraphDatabase.driver(server.uri, auth=(USER, server.password)) as driver:

        def ask(text: str, **parameters: object) -> list[neo4j.Record]:
            return driver.execute_query(text, parameters, database_="neo4j").records  # type: ignore[arg-type]

        print(f"GDS {ask('RETURN gds.version() AS v')[0]['v']}", flush=True)
        settings = "{TRANSFER: {orientation: 'UNDIRECTED'}}, {readConcurrency: 2}"
        for _ in range(n_runs):
            ask("CALL gds.graph.drop('g', false) YIELD graphName RETURN graphName")
            seconds, _ = timed(
                lambda: ask(f"CALL gds.graph.project('g', 'Account', {settings}) YIELD graphName RETURN graphName")
            )
            found["projection"] = min(found.get("projection", (np.inf, None)), (seconds, None))
        for method, name in {"components": "wcc", **METHODS}.items():
            yields = "componentCount AS n" if method == "components" else "communityCount AS n"
            for _ in range(n_runs):
                seconds, rows = timed(
                    lambda n=name, y=yields: ask(f"CALL gds.{n}.stats('g', {{concurrency: 2}}) YIELD {y} RETURN n")
                )
                found[method] = min(found.get(method, (np.inf, None)), (seconds, rows[0]["n"]), key=lambda one: one[0])
            if method != "components":
                stream = f"CALL gds.{name}.stream('g', {{concurrency: 2}}) YIELD nodeId, communityId AS c RETURN "
                rows = ask(stream + "collect(gds.util.asNode(nodeId).id) AS i, collect(c) AS c")
                label = np.empty(len(rows[0]["i"]), np.int64)
                label[np.array(rows[0]["i"], np.int64)] = rows[0]["c"]
                found[method] = (found[method][0], label)
    return found


def main() -> int:
    """Measure; fail only where an answer is wrong."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--smallest", action="store_true")
    parser.add_argument("--size", default="M")
    parser.add_argument("--runs", type=int, default=2)
    options = parser.parse_args()
    size = "smallest" if options.smallest else options.size
    world = flow_world(size)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        server = Server(
            folder / "server", LINES["5.26"], heap="4g", pagecache="1g", conf=("dbms.security.procedures.unrestricted=gds.*",)
        )
        put_in_server(world, server, folder)
        store = put_in_store(world, folder)
        with server:
            peer = theirs(server, options.runs)

        def projected():
            rows, account_id = store.read_coded(columns=COLUMNS)
            flows = flow_graph(rows, dictionary=account_id)
            return flows, rows_of(flows.payer_ix, flows.payee_ix, flows.n_accounts)

        usual("leiden", projected()[1])  # compiles
        built, (flows, rows) = min((timed(projected) for _ in range(options.runs)), key=lambda one: one[0])
    place_of = flows.account_id.cast(pl.Int64).to_numpy()
    print(f"{size}: {world.n_transactions:,} payments, {world.n_accounts:,} accounts; seconds")
    told("projection", built, peer["projection"][0], world, size)
    wrong = False
    for method in ("components", *METHODS):
        if method == "components":
            ask = lambda: components(flows.payer_ix, flows.payee_ix, flows.n_accounts)  # noqa: E731
        else:
            ask = lambda method=method: usual(method, rows)  # noqa: E731
        ask()
        seconds, label = min((timed(ask) for _ in range(options.runs)), key=lambda one: one[0])
        their_s, their_answer = peer[method]
        if method == "components":
            lonely = world.n_accounts - flows.n_accounts  # accounts of no payment are nodes in the server
            n = int(np.count_nonzero(label == np.arange(flows.n_accounts))) + lonely
            wrong |= n != their_answer
            told(method, seconds, their_s, world, size, note=f"{n:,} components")
            told(f"{method}, projection included", built + seconds, peer["projection"][0] + their_s, world, size)
            continue
        q, their_q = modularity(rows, label), modularity(rows, frozen(np.asarray(their_answer)[place_of]))
        note = f"Q {q:.4f}, theirs {their_q:.4f}"
        told(method, seconds, their_s, world, size, note=note)
        told(f"{method}, projection included", built + seconds, peer["projection"][0] + their_s, world, size, note=note)
    return int(wrong)


def told(task: str, seconds: float, their_s: float, world: FlowWorld, size: str, note: str = "") -> None:
    print(f"  {task:42s} {seconds:8.3f}   GDS {their_s:8.3f}   {their_s / seconds:7.1f} x   {note}", flush=True)
    record.speed(
        f"{task}, beside GDS, {size}", n=world.n_transactions, seconds=seconds, peer=f"GDS {VERSION}, 2 threads",
        peer_seconds=their_s, note=note,
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
