"""Real Neo4j servers for tests: on loopback, one at a time, each with a data folder of its own that goes with it."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import neo4j
import pytest

from graphfraud.store import server
from graphfraud.store.server import LINES, USER, Line, Server

TOO_OLD = Line("5.20.0", LINES["5.26"].main, LINES["5.26"].java_min, LINES["5.26"].java_max)
"""Servers a store must refuse."""

SERVERS = [
    pytest.param(line, marks=[pytest.mark.server, pytest.mark.xdist_group("neo4j")], id=f"neo4j-{line}") for line in LINES
]
"""Parameters of the fixture ``place``; it is session-wide, so all tests of one server run before those of the next."""


@pytest.fixture(scope="session", params=["folder", *SERVERS])
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server | None]:
    """Where stores are kept: None for folders, else a server, the same for all tests that name its line."""
    if request.param == "folder":
        yield None
        return
    folder = tmp_path_factory.mktemp("neo4j")
    with running(folder, LINES[request.param]) as ours:
        yield ours
    shutil.rmtree(folder)


on_servers = pytest.mark.parametrize("place", SERVERS, indirect=True, scope="session")
"""Marks a test for each line of servers."""

on_the_oldest_server = pytest.mark.parametrize("place", SERVERS[:1], indirect=True, scope="session")
"""Marks a test for the long-term line alone, where lines do not differ."""


def need(line: Line) -> None:
    """Skip where a server cannot be started; in CI fail, unless it is the newest that lacks a newer Java."""
    lack = server.missing(line)
    if lack is None:
        return
    if os.environ.get("CI") and line != LINES["2026"]:
        pytest.fail(lack)
    pytest.skip(lack)


@contextmanager
def running(folder: Path, line: Line, *conf: str) -> Iterator[Server]:
    """Run a server, say which one it is, and let this process's stores know its password."""
    need(line)
    ours = Server(folder, line, conf=conf, java_flags=server.SHORT_LIVED)
    with server.ended_by_signals(), pytest.MonkeyPatch.context() as patch:
        try:
            ours.start()
            with driver_of(ours) as driver:
                rows = driver.execute_query("CALL dbms.components() YIELD name, versions, edition RETURN *").records
                print(f"\nCALL dbms.components() says {[row.data() for row in rows]}")
            patch.setenv("NEO4J_USER", USER)
            patch.setenv("NEO4J_PASSWORD", ours.password)
            yield ours
        finally:
            ours.kill()


def driver_of(ours: Server) -> neo4j.Driver:
    return neo4j.GraphDatabase.driver(ours.uri, auth=(USER, ours.password), notifications_min_severity="OFF")


def wipe(ours: Server) -> None:
    """Leave no rows and no ledger, in transactions a small heap can hold (a database of size is never emptied this way)."""
    with driver_of(ours) as driver, driver.session() as session:
        for found, kind in (("()-[x]->()", ""), ("(x)", "WHERE NOT x:_Migration ")):
            text = f"MATCH {found} {kind}CALL (x) {{ DELETE x }} IN TRANSACTIONS OF 10000 ROWS"
            session.run(text).consume()
