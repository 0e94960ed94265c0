"""Copies: folder to server and back, and by way of the import tool; each gives the same digest."""

import polars as pl
import pytest

from graphfraud.errors import StoreError
from graphfraud.store.bulk import COMMAND, SCHEMA, write_import
from graphfraud.store.contract import Batch
from graphfraud.store.copy import copy
from graphfraud.store.folder import FolderStore
from graphfraud.store.neo4j import Neo4jStore
from graphfraud.store.open import open_store
from graphfraud.store.server import LINES, SHORT_LIVED, Server
from tests.neo4j_server import SERVERS, driver_of, need, on_servers, wipe


@pytest.fixture
def folder(tmp_path, every_column) -> FolderStore:
    store = open_store(tmp_path / "source")
    with store.writing():
        store.commit(Batch("all", every_column))
    return store


@on_servers
def test_there_and_back(place, folder, tmp_path) -> None:
    wipe(place)
    with Neo4jStore.open(place.uri) as shared:
        assert copy(folder, shared) == folder.digest() == shared.digest()
        version = shared.version()
        assert copy(folder, shared) == folder.digest()  # done before: done
        assert shared.version() == version
        back = open_store(tmp_path / "back")
        assert copy(shared, back) == folder.digest() == back.digest()


def test_a_store_with_rows_of_its_own_is_left_alone(folder, tmp_path, every_column) -> None:
    other = open_store(tmp_path / "other")
    with other.writing():
        other.commit(Batch("some", {"holders": every_column["holders"].head(3)}))
    before = other.digest()
    with pytest.raises(StoreError, match="3 rows of its own"):
        copy(folder, other)
    assert other.digest() == before


@pytest.mark.parametrize("line", SERVERS)
def test_by_the_import_tool(line, folder, tmp_path, monkeypatch) -> None:
    need(LINES[line])
    awkward = ["", "two\nlines", 'quoted "so"', "comma, semicolon; tab\t", "back\\slash", "\u00e9\u4f60\U0001f600", " spaced "]
    with folder.writing():
        memo = pl.Series("memo", (awkward * 100)[: folder.counts()["transactions"]])
        folder.commit(Batch("memos", {"transactions": folder.read("transactions").with_columns(memo)}))
    words = write_import(folder, tmp_path / "files")
    assert (tmp_path / "files" / COMMAND).read_text().startswith("neo4j-admin database import full neo4j ")
    assert "CREATE CONSTRAINT transfer_key" in (tmp_path / "files" / SCHEMA).read_text()
    with pytest.raises(StoreError, match="other things"):
        write_import(folder, tmp_path / "files")
    server = Server(tmp_path / "home", LINES[line], java_flags=SHORT_LIVED)
    server.admin(*words)
    try:
        server.start()
        monkeypatch.setenv("NEO4J_PASSWORD", server.password)
        with Neo4jStore.open(server.uri) as shared:
            assert shared.digest() == folder.digest()
            assert shared.counts() == folder.counts()
            assert shared.next_record() == folder.next_record()
            with shared.writing():  # makes constraints and indexes; the same copy is known to be done
                assert not shared.commit(Batch(f"copy:{folder.digest()}", {}))
            assert copy(folder, shared) == folder.digest()
            assert shared.read("transactions", since_us=0).height == folder.counts()["transactions"]
        with driver_of(server) as driver:
            names = driver.execute_query("SHOW CONSTRAINTS YIELD name RETURN collect(name) AS names").records[0]["names"]
        assert {"transfer_key", "account_key", "holds_key", "ledger_store"} <= set(names)
    finally:
        server.kill()
