"""The wire to a Neo4j server: opens it, asks, writes with bounded repetition, holds the one writer's turn.

The only file that knows the driver. What the driver or the server refuses leaves here as a :class:`StoreError`.
"""

import getpass
import logging
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TypeVar
from urllib.parse import urlsplit

import neo4j
from neo4j import exceptions as refused

from graphfraud.errors import StoreError
from graphfraud.mask import mask_text
from graphfraud.store.cypher import Statement, statement

logging.getLogger("neo4j").addHandler(logging.NullHandler())  # what matters of its warnings becomes a StoreError

RETRY_S = 60.0
"""How long a transaction is tried again after a deadlock or a lost connection, with growing pauses."""

_LOST_ANSWERS_MAX = 5

T = TypeVar("T")
Row = neo4j.Record
Ask = Callable[..., list[Row]]
"""Asks a statement with its values, inside some transaction."""


class Bolt:
    """A server's database, spoken to by the statements under ``cypher/``. Make it with :meth:`open`."""

    def __init__(self, location: str, driver: neo4j.Driver, database: str | None) -> None:
        self.location = location
        self._driver = driver
        self._database = database

    @classmethod
    def open(cls, location: str) -> "Bolt":
        """Open ``neo4j://HOST[:PORT][/DATABASE]`` and see that it answers.

        Raises
        ------
        StoreError
            If a password stands in the address, the server is out of reach, or it refuses the user.
        """
        url = urlsplit(location)
        if "@" in url.netloc:
            raise StoreError(
                f"{url.scheme}://...@{url.netloc.rpartition('@')[2]}",
                "a user or password in the address",
                "an address without them",
                "Set NEO4J_USER and NEO4J_PASSWORD in the environment instead.",
            )
        password = os.environ.get("NEO4J_PASSWORD")
        who = (os.environ.get("NEO4J_USER", "neo4j"), password) if password is not None else None
        with _clear_failures(location):
            driver = neo4j.GraphDatabase.driver(
                f"{url.scheme}://{url.netloc}",
                auth=who,
                max_transaction_retry_time=RETRY_S,
                connection_timeout=10,
                notifications_min_severity="OFF",
                user_agent="graphfraud",
            )
        try:
            with _clear_failures(location):
                driver.verify_connectivity()
        except BaseException:
            driver.close()
            raise
        return cls(location, driver, url.path.strip("/") or None)

    def close(self) -> None:
        """Release the connections."""
        self._driver.close()

    def ask(self, asked: Statement, **values: Any) -> list[Row]:
        """Ask in a transaction of its own that only reads."""
        with _clear_failures(self.location), self._driver.session(database=self._database) as session:
            return session.execute_read(lambda tx: list(tx.run(asked.text, asked.sent(values))))

    def put(self, name: str, **values: Any) -> list[Row]:
        """Run ``cypher/write/<name>.cypher`` in a transaction of its own."""
        return self.in_transaction(lambda ask: ask(statement("write", name), **values))

    def in_transaction(self, work: Callable[[Ask], T]) -> T:
        """Do work in one transaction; after a deadlock, a lost connection or a lost answer, again.

        Work must do no harm when done again after it was done: the ledger sees to that.
        """

        def once(tx: neo4j.ManagedTransaction) -> T:
            return work(lambda asked, **values: list(tx.run(asked.text, asked.sent(values))))

        for attempt in range(_LOST_ANSWERS_MAX):
            with _clear_failures(self.location), self._driver.session(database=self._database) as session:
                try:
                    return session.execute_write(once)
                except refused.IncompleteCommit:
                    if attempt == _LOST_ANSWERS_MAX - 1:
                        raise
        raise AssertionError

    def state(self) -> dict[str, Any]:
        """Return version, epoch, open batch and owner of the store, all of them naught where there is none."""
        rows = self.ask(statement("read", "ledger_state"))
        nothing = {"version": 0, "epoch": 0, "next_record": 0, "open_batch": None, "owner": None}
        return dict(rows[0]) if rows else nothing

    def change_schema(self, *changes: tuple[Statement, ...]) -> None:
        """Change the schema, each change in one transaction, and wait until every index answers.

        Indexes made in one transaction are filled in one pass over the data.
        """
        with _clear_failures(self.location), self._driver.session(database=self._database) as session:
            for parts in changes:
                session.execute_write(_consume, parts)
            session.run(statement("read", "indexes_ready").text, seconds=600).consume()

    # --- the one writer's turn -------------------------------------------------------------------------------------

    @contextmanager
    def claimed(self, wait_s: float) -> Iterator[None]:
        """Hold the writer's lock: a transaction that stays open, and ends with this process or its connection."""
        owner = f"{getpass.getuser()} on {socket.gethostname()}, process {os.getpid()}"
        self._await_turn(owner, wait_s)
        session = self._driver.session(database=self._database)
        try:
            with _clear_failures(self.location):
                held = session.begin_transaction(metadata={"graphfraud": owner}, timeout=0)
                held.run(statement("write", "ledger_claim").text, owner=owner).consume()
            self.put("ledger_sign", owner=owner)
            yield
        finally:
            with suppress(refused.Neo4jError, refused.DriverError, OSError):
                session.close()  # rolls the transaction back

    def _await_turn(self, owner: str, wait_s: float) -> None:
        """Try for the lock, a short time each, until it is free or the patience ends."""
        deadline = time.monotonic() + wait_s
        while True:
            try:
                with self._driver.session(database=self._database) as session, session.begin_transaction(timeout=1) as trial:
                    trial.run(statement("write", "ledger_claim").text, owner=owner).consume()
                    trial.rollback()
                    return
            except refused.Neo4jError as cause:
                waits = "TransactionTimedOut" in (cause.code or "") or "LockClientStopped" in (cause.code or "")
                if not waits and not cause.is_retryable():
                    raise _store_error(self.location, cause) from cause
                if time.monotonic() > deadline:
                    raise StoreError(
                        self.location,
                        f"another writer: {self.state()['owner'] or 'one that has not said who it is'}",
                        f"no writer within {wait_s:g} seconds",
                        "Wait until it has ended and try again.",
                    ) from cause
            except (refused.DriverError, OSError) as cause:
                raise _store_error(self.location, cause) from cause


def _consume(tx: neo4j.ManagedTransaction, parts: tuple[Statement, ...]) -> None:
    for part in parts:
        tx.run(part.text).consume()


@contextmanager
def _clear_failures(location: str) -> Iterator[None]:
    """Turn what the driver or the server refuses into a StoreError that says what to do."""
    try:
        yield
    except (refused.Neo4jError, refused.DriverError, OSError, ValueError) as cause:
        raise _store_error(location, cause) from cause


def _store_error(location: str, cause: Exception) -> StoreError:
    code = getattr(cause, "code", None) or ""
    for sign, found, expected, remedy in _REFUSALS:
        if sign in code or sign in type(cause).__name__:
            return StoreError(location, found, expected, remedy)
    said = code or mask_text(" ".join(str(cause).split()))[:200] or type(cause).__name__
    return StoreError(location, f"a refusal ({said})", "an answer", "See the server's log, then try again.")


_REFUSALS = (
    ("AuthenticationRateLimit", "too many wrong passwords", "a pause", "Wait some seconds, then set NEO4J_PASSWORD."),
    (
        "CredentialsExpired",
        "a password that must be changed first",
        "a lasting one",
        "Change it with Neo4j's tools, then set it.",
    ),
    ("AuthError", "a user or password the server refuses", "those the server knows", "Set NEO4J_USER and NEO4J_PASSWORD."),
    ("Unauthorized", "a user or password the server refuses", "those the server knows", "Set NEO4J_USER and NEO4J_PASSWORD."),
    ("ReadOnly", "a database that is read-only", "one that can be written", "Make it writable, or load into another store."),
    ("Forbidden", "a user who may not do this", "one who may read and write", "Ask the server's keeper, or use another user."),
    ("DatabaseNotFound", "no such database", "one of the server's", "Correct the part of the address after the server."),
    ("DatabaseUnavailable", "a database that does not answer", "one that is up", "Start it or wait, then try again."),
    ("ConstraintValidation", "two rows of one key", "each key once", "Run graphfraud check on the store; nothing was kept."),
    (
        "MemoryLimit",
        "a server with too little memory",
        "more",
        "Raise db.memory.transaction.total.max.",
    ),
    ("OutOfMemory", "a server with too little memory", "more", "Raise the server's heap, then try again."),
    ("ServiceUnavailable", "no answer", "a Neo4j server", "Start it or correct the address, then try again."),
    ("SessionExpired", "a connection that broke", "a lasting one", "Try again; nothing is lost or doubled."),
    ("IncompleteCommit", "a connection that broke", "a lasting one", "Try again; nothing is lost or doubled."),
    ("Transient", "a server that is too busy", "an answer in time", "Try again; nothing is lost or doubled."),
)
"""Part of a code or exception name -> what was found, what is expected, what to do."""
