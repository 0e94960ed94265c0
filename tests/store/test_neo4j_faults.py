"""What can go wrong with a shared store ends in a clear StoreError, with nothing lost and nothing doubled."""

import logging
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import neo4j
import polars as pl
import pytest

from graphfraud.cli.main import main
from graphfraud.errors import StoreError
from graphfraud.store import mapping
from graphfraud.store.contract import Batch
from graphfraud.store.cypher import statement
from graphfraud.store.ledger import WRITERS, Ledger
from graphfraud.store.neo4j import Neo4jStore
from graphfraud.store.open import open_store
from graphfraud.store.server import LINES, Server, free_port
from tests.neo4j_server import TOO_OLD, driver_of, on_the_oldest_server, running, wipe

LOADING = """
import os, sys
import polars as pl
from pathlib import Path
from graphfraud.store import mapping
from graphfraud.store.contract import Batch
from graphfraud.store.bolt import Bolt
from graphfraud.store.neo4j import Neo4jStore
mapping.CHUNK_ROWS = 7
count, last = 0, int(sys.argv[3])
def dying(call):
    def wrapped(self, work):
        global count
        count += 1
        if count == last: os._exit(9)
        done = call(self, work)
        count += 1
        if count == last: os._exit(9)
        return done
    return wrapped
if last: Bolt.in_transaction = dying(Bolt.in_transaction)
with Neo4jStore.open(sys.argv[1], lock_wait_s=60) as store:
    for batch in sorted(Path(sys.argv[2]).iterdir()):
        rows = {file.stem: pl.read_parquet(file) for file in batch.iterdir()}
        with store.writing():
            store.commit(Batch(batch.name, rows))
        print(batch.name, flush=True)
print(count, flush=True)
"""


def loading(uri: str, batches: Path, last: int = 0) -> subprocess.Popen:
    """Load batches in a process that ends itself, as a power cut would, before or after its ``last``-th transaction."""
    return subprocess.Popen(
        [sys.executable, "-c", LOADING, uri, batches, str(last)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
        env=os.environ | {"POLARS_MAX_THREADS": "2"},
    )


def finished(process: subprocess.Popen) -> list[str]:
    """Wait for a process that must end well, and return what it printed."""
    said, _ = process.communicate()
    assert process.returncode == 0
    return said.splitlines()


@pytest.fixture
def batches(tmp_path, every_column) -> Path:
    """Three batches as files: half of everything, the other half, and rows that replace some of the first."""
    folder = tmp_path / "batches"
    for n, part in enumerate(
        (
            {name: frame.head(frame.height // 2) for name, frame in every_column.items()},
            {name: frame.tail(frame.height - frame.height // 2) for name, frame in every_column.items()},
            {
                "accounts": every_column["accounts"].head(9).with_columns(bank=pl.lit("newer")),
                "transactions": every_column["transactions"].head(9).with_columns(payee_id=pl.lit("another")),
                "records": every_column["records"].head(9).with_columns(outcome=pl.lit("mirrored")),
            },
        )
    ):
        (folder / f"b{n}").mkdir(parents=True)
        for name, frame in part.items():
            frame.write_parquet(folder / f"b{n}" / f"{name}.parquet")
    return folder


@pytest.fixture
def whole(tmp_path, batches) -> list[str]:
    """The digests of a store before and after each batch."""
    store = open_store(tmp_path / "whole")
    digests = [store.digest()]
    for batch in sorted(batches.iterdir()):
        with store.writing():
            store.commit(Batch(batch.name, {file.stem: pl.read_parquet(file) for file in batch.iterdir()}))
        digests.append(store.digest())
    return digests


def strays(place: Server) -> list[int]:
    """Count ledger parts, and things that nothing names or describes."""
    with driver_of(place) as driver:
        rows = driver.execute_query(
            "RETURN COUNT { MATCH (:_Chunk) } AS parts, COUNT { MATCH (n:Account|Holder|Sim|Device|Ip|Outlet|Case)"
            " WHERE n.record IS NULL AND NOT EXISTS { (n)--() } } AS bare"
        ).records
    return [rows[0]["parts"], rows[0]["bare"]]


@on_the_oldest_server
def test_a_loader_killed_anywhere_leaves_all_or_nothing_of_a_batch(place, batches, whole) -> None:
    wipe(place)
    n_calls = int(finished(loading(place.uri, batches, last=10**9))[-1])
    chance = random.Random(20260101)
    for last in sorted(chance.sample(range(1, n_calls + 1), 8)):
        wipe(place)
        process = loading(place.uri, batches, last)
        acknowledged = [line for line in process.communicate()[0].splitlines() if line.startswith("b")]
        with Neo4jStore.open(place.uri) as store, store.writing():  # at once: a dead writer's lock ends with it
            assert store.digest() in whole[len(acknowledged) : len(acknowledged) + 2], last
            assert store._bolt.ask(statement("read", "ledger_chunks")) == []
        assert strays(place) == [0, 0]
        finished(loading(place.uri, batches))
        with Neo4jStore.open(place.uri) as store:
            assert store.digest() == whole[-1], last
        assert strays(place) == [0, 0]


@on_the_oldest_server
@pytest.mark.parametrize("end", [KeyboardInterrupt("power cut"), StoreError("x", "the server gone", "one", "Wait.")])
def test_a_loader_that_ends_just_after_it_closed_a_batch(place, every_column, tmp_path, monkeypatch, end) -> None:
    wipe(place)
    folder = open_store(tmp_path / "folder")
    put(folder, every_column)
    with Neo4jStore.open(place.uri) as store:
        done = store._bolt.put

        def last(name, **values):
            rows = done(name, **values)
            if name == "ledger_close":
                raise end
            return rows

        monkeypatch.setattr(store._bolt, "put", last)
        with pytest.raises(type(end)):
            put(store, every_column)
    with Neo4jStore.open(place.uri) as store, store.writing():
        assert store.digest() == folder.digest()
        assert not store.commit(Batch("some", every_column))
        assert store.digest() == folder.digest()
    assert strays(place)[0] == 0


@on_the_oldest_server
def test_a_loader_killed_from_outside(place, batches, whole) -> None:
    for wait_s in (0.05, 0.4):
        wipe(place)
        process = loading(place.uri, batches)
        assert process.stdout.readline() == "b0\n"
        time.sleep(wait_s)  # any moment will do: none may do harm
        process.kill()
        process.communicate()
        finished(loading(place.uri, batches))
        with Neo4jStore.open(place.uri) as store:
            assert store.digest() == whole[-1]


@on_the_oldest_server
def test_two_loaders_at_once_take_turns(place, batches, whole) -> None:
    wipe(place)
    both = [loading(place.uri, batches) for _ in range(2)]
    for process in both:
        assert finished(process)[:3] == ["b0", "b1", "b2"]
    with Neo4jStore.open(place.uri) as store:
        assert store.digest() == whole[-1]
        assert store.version() == 3


@on_the_oldest_server
def test_batches_that_come_twice_or_in_another_order(place, batches, whole) -> None:
    wipe(place)
    with Neo4jStore.open(place.uri) as store, store.writing():
        done = [
            store.commit(Batch(name, {file.stem: pl.read_parquet(file) for file in (batches / name).iterdir()}))
            for name in ("b1", "b1", "b0", "b1", "b0", "b2", "b0", "b2")
        ]
        assert done == [True, False, True, False, False, True, False, False]
        assert store.digest() == whole[-1]
        assert store.version() == 3
    assert strays(place) == [0, 0]


@on_the_oldest_server
def test_parts_of_a_batch_that_come_twice_or_in_another_order(place, every_column, tmp_path, monkeypatch) -> None:
    wipe(place)
    monkeypatch.setattr(mapping, "CHUNK_ROWS", 7)
    folder = open_store(tmp_path / "folder")
    put(folder, every_column)
    cut, written = Ledger.parts, Ledger.write_chunk

    def twice(self, chunk, batch_id, number):
        written(self, chunk, batch_id, number)
        written(self, chunk, batch_id, number)

    monkeypatch.setattr(Ledger, "parts", lambda *asked: cut(*asked)[::-1])
    monkeypatch.setattr(Ledger, "write_chunk", twice)
    with Neo4jStore.open(place.uri) as store:
        put(store, every_column)
        assert store.digest() == folder.digest()
    assert strays(place) == [0, 0]


@on_the_oldest_server
def test_a_writer_who_waits_too_long_is_told_for_whom(place) -> None:
    wipe(place)
    with Neo4jStore.open(place.uri) as one, Neo4jStore.open(place.uri, lock_wait_s=0) as other:
        with one.writing(), pytest.raises(StoreError, match=f"another writer: .*process {os.getpid()}"), other.writing():
            pass
        with other.writing():
            pass


@on_the_oldest_server
def test_a_writer_who_lost_its_turn_cannot_write(place, every_column) -> None:
    wipe(place)
    with Neo4jStore.open(place.uri) as late, Neo4jStore.open(place.uri) as other:
        with late.writing():
            other._bolt.put("ledger_epoch", writers=WRITERS)  # as another writer does once the first one's lock is gone
            with pytest.raises(StoreError, match="another writer who began"):
                late.commit(Batch("late", every_column))
        other.refresh()
        assert sum(other.counts().values()) == 0


@on_the_oldest_server
def test_a_reader_refuses_a_batch_half_written(place, every_column, monkeypatch) -> None:
    wipe(place)
    monkeypatch.setattr(mapping, "CHUNK_ROWS", 7)
    with Neo4jStore.open(place.uri) as writer, Neo4jStore.open(place.uri) as reader:
        written = Ledger.write_chunk

        def look(self, chunk, batch_id, number):
            written(self, chunk, batch_id, number)
            with pytest.raises(StoreError, match="a load being written"):
                reader.read("accounts")

        monkeypatch.setattr(Ledger, "write_chunk", look)
        with writer.writing():
            writer.commit(Batch("all", every_column))
        with pytest.raises(StoreError, match="another load has ended"):
            reader.read("accounts")


@on_the_oldest_server
def test_lost_answers_and_deadlocks_are_tried_again(place, every_column, tmp_path, monkeypatch) -> None:
    wipe(place)
    monkeypatch.setattr(mapping, "CHUNK_ROWS", 7)
    real, calls = neo4j.Session.execute_write, [0]

    def unlucky(self, work, *args):
        calls[0] += 1
        if calls[0] % 5 == 1:
            raise neo4j.exceptions.IncompleteCommit("before it was done")
        done = real(self, work, *args)
        if calls[0] % 5 == 3:
            raise neo4j.exceptions.IncompleteCommit("after it was done")
        return done

    folder = open_store(tmp_path / "folder")
    for store in (folder, open_store(place.uri)):
        with store.writing():
            monkeypatch.setattr(neo4j.Session, "execute_write", unlucky)
            assert store.commit(Batch("all", every_column))
            assert store.commit(Batch("less", {}, {"transactions": every_column["transactions"].head(20)}))
            monkeypatch.setattr(neo4j.Session, "execute_write", real)
        assert store.digest() == folder.digest()
        store.close()
    assert calls[0] > 50


@on_the_oldest_server
def test_a_batch_that_cannot_be_written_is_taken_back(place, every_column, monkeypatch) -> None:
    wipe(place)
    monkeypatch.setattr(mapping, "CHUNK_ROWS", 7)
    with Neo4jStore.open(place.uri) as store, store.writing():
        store.commit(Batch("half", {name: frame.head(9) for name, frame in every_column.items()}))
        before, written = store.digest(), Ledger.write_chunk

        def fails(self, chunk, batch_id, number):
            if chunk.chunk_id.endswith("transactions/000003"):
                raise StoreError("x", "the disk full", "room", "Make room.")
            written(self, chunk, batch_id, number)

        monkeypatch.setattr(Ledger, "write_chunk", fails)
        with pytest.raises(StoreError, match="disk full"):
            store.commit(Batch("rest", every_column))
        store._digests.clear()
        assert store.digest() == before
    assert strays(place) == [0, 0]


@pytest.mark.server
@pytest.mark.xdist_group("neo4j")
def test_a_server_killed_in_the_middle_of_a_batch_and_started_again(tmp_path, every_column, monkeypatch) -> None:
    monkeypatch.setattr(mapping, "CHUNK_ROWS", 7)
    folder = open_store(tmp_path / "folder")
    with folder.writing():
        folder.commit(Batch("all", every_column))
    with running(tmp_path / "server", LINES["5.26"]) as server:
        with Neo4jStore.open(server.uri) as store:
            written, killed = Ledger.write_chunk, []

            def cut(self, chunk, batch_id, number):
                if chunk.chunk_id.endswith("transactions/000002"):
                    server.kill()
                    server.start()
                    killed.append(chunk.chunk_id)
                written(self, chunk, batch_id, number)

            monkeypatch.setattr(Ledger, "write_chunk", cut)
            with store.writing():
                assert store.commit(Batch("all", every_column))
            assert killed
            assert store.digest() == folder.digest()
        server.stop()
        server.conf = ("server.databases.read_only=neo4j",)
        server.start()
        with Neo4jStore.open(server.uri) as store:
            assert store.digest() == folder.digest()
            refused("a database that is read-only", lambda: put(store, every_column))


def put(store: Neo4jStore, rows: dict[str, pl.DataFrame]) -> None:
    with store.writing():
        store.commit(Batch("some", rows))


def refused(found: str, call) -> None:
    with pytest.raises(StoreError, match=found) as caught:
        call()
    assert caught.value.exit_code == 4
    assert os.environ.get("NEO4J_PASSWORD", "secret") not in str(caught.value)


@on_the_oldest_server
def test_a_wrong_password(place, monkeypatch, caplog) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("NEO4J_PASSWORD", "not the password")
    refused("a user or password the server refuses", lambda: open_store(place.uri))
    assert "not the password" not in caplog.text
    monkeypatch.delenv("NEO4J_PASSWORD")
    refused("a user or password the server refuses", lambda: open_store(place.uri))


def test_nobody_answers() -> None:
    refused("no answer", lambda: open_store(f"neo4j://127.0.0.1:{free_port()}"))


def test_a_password_in_the_address_is_not_taken_nor_shown() -> None:
    with pytest.raises(StoreError, match="a user or password in the address") as caught:
        open_store("neo4j://me:secret@127.0.0.1")
    assert "secret" not in str(caught.value)


@on_the_oldest_server
def test_another_version_of_store(place) -> None:
    wipe(place)
    refused("no such database", lambda: open_store(f"{place.uri}/elsewhere"))
    with driver_of(place) as driver:
        driver.execute_query("CREATE (:_Migration {version: 'V9999__later', checksum: 'x'})")
        refused("a store of another version", lambda: open_store(place.uri))
        driver.execute_query("MATCH (m:_Migration {version: 'V9999__later'}) DELETE m")


@pytest.mark.server
@pytest.mark.xdist_group("neo4j")
def test_a_server_of_an_older_version(tmp_path, capsys) -> None:
    with running(tmp_path, TOO_OLD) as old:
        refused("Neo4j 5.20.0", lambda: open_store(old.uri))
        with pytest.raises(SystemExit) as ended:
            main(["check", old.uri])
    assert ended.value.code == 4
    assert "Use a newer server, or a store in a folder." in capsys.readouterr().err
