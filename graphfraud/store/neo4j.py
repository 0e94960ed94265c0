"""The shared store: tables as a graph in a Neo4j server, one writer at a time, every batch exactly once.

A batch is many transactions, made one by a ledger in the same database: it is opened, its parts are written, each together
with its entry (the keys it touches and what stood there before), and it is closed. Readers refuse to read while a batch is
open; a batch whose writer died is undone part by part before the next writer begins. The one writer holds a lock of the
server (it ends with its connection) and an epoch number that each transaction proves, so that a writer who lost the lock
cannot write any more.
"""

import getpass
import hashlib
import logging
import os
import socket
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import cache, partial
from threading import Event
from typing import Any, TypeVar
from urllib.parse import urlsplit

import neo4j
import polars as pl
from neo4j import exceptions as bolt

from graphfraud.errors import StoreError
from graphfraud.mask import mask_text
from graphfraud.store import audit, mapping
from graphfraud.store.contract import Batch, Problem
from graphfraud.store.cypher import Statement, statement, statements
from graphfraud.store.digest import content_digest
from graphfraud.store.encoding import CODED, numbered
from graphfraud.store.mapping import Chunk
from graphfraud.tables import LINK_KINDS, TABLES, check, empty
from graphfraud.units import TIME_US_MAX, TIME_US_MIN

logging.getLogger("neo4j").addHandler(logging.NullHandler())  # what matters of its warnings becomes a StoreError

WRITERS = 2
"""Transactions written at a time."""

PAGE_ROWS = 25_000
"""Rows read at a time."""

RETRY_S = 60.0
"""How long a transaction is tried again after a deadlock or a lost connection, with growing pauses."""

SERVER_MIN = (5, 26)

_LOST_ANSWERS_MAX = 5

T = TypeVar("T")
Ask = Callable[..., list[neo4j.Record]]
"""Asks a statement with its values, inside some transaction."""

_DTYPES: Mapping[str, Any] = {
    "INTEGER": pl.Int64,
    "STRING": pl.String,
    "FLOAT": pl.Float64,
    "BOOLEAN": pl.Boolean,
    "LIST<STRING>": pl.List(pl.String),
    "LIST<INTEGER>": pl.List(pl.Int64),
}


class Neo4jStore:
    """A store in a Neo4j database; satisfies :class:`graphfraud.store.contract.Store`. Open it with :meth:`open`.

    It reads the version that was newest when it was opened, written or refreshed. Neo4j keeps no old versions, so once
    another writer has moved the store on, reading raises a :class:`StoreError` until :meth:`refresh`.
    """

    def __init__(self, location: str, driver: neo4j.Driver, database: str | None, lock_wait_s: float) -> None:
        self.location = location
        self._driver = driver
        self._database = database
        self._lock_wait_s = lock_wait_s
        self._epoch: int | None = None
        self._version = 0
        self._next_record = 0
        self._digests: dict[int, str] = {}

    @classmethod
    def open(cls, location: str, *, lock_wait_s: float = 30.0) -> "Neo4jStore":
        """Open the store at ``neo4j://HOST[:PORT][/DATABASE]``; ``NEO4J_USER`` and ``NEO4J_PASSWORD`` say who asks.

        Raises
        ------
        StoreError
            If the server is out of reach, refuses the password, is older than 5.26, or the store is of a newer version.
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
        store = cls(location, driver, url.path.strip("/") or None, lock_wait_s)
        try:
            with _clear_failures(location):
                driver.verify_connectivity()
            store._know_server()
            store.refresh()
        except BaseException:
            driver.close()
            raise
        return store

    # --- reading ---------------------------------------------------------------------------------------------------

    def read(
        self,
        table: str,
        *,
        since_us: int | None = None,
        until_us: int | None = None,
        columns: Sequence[str] | None = None,
    ) -> pl.DataFrame:
        """Return rows, those in ``[since_us, until_us)`` where the table has ``at_us``; their order is not promised.

        Raises
        ------
        StoreError
            If the server is out of reach, a batch is being written, or the store has moved on (then :meth:`refresh`).
        """
        names = list(TABLES[table].schema) if columns is None else list(columns)
        with self._unmoved():
            if table == "transactions":
                return self._transfers(names, since_us, until_us)
            if table == "records":
                return self._records().select(names)
            timed = "at_us" in TABLES[table].schema and (since_us is not None or until_us is not None)
            pages = self._pages(table, list(TABLES[table].schema) if timed else names)
        if timed:
            pages = pages.filter(pl.col("at_us") >= (since_us or TIME_US_MIN), pl.col("at_us") < (until_us or TIME_US_MAX))
        return pages.select(names)

    def read_coded(
        self, *, since_us: int | None = None, until_us: int | None = None, columns: Sequence[str] | None = None
    ) -> tuple[pl.DataFrame, pl.Series]:
        """Return transactions with ``payer_id`` and ``payee_id`` as codes (UInt32), and the account ids by code."""
        names = list(TABLES["transactions"].schema) if columns is None else list(columns)
        rows = self.read("transactions", since_us=since_us, until_us=until_us, columns=list(dict.fromkeys([*names, *CODED])))
        codes, ids = numbered(rows.select(CODED))
        return rows.with_columns(codes.get_columns()).select(names), ids.alias("account_id")

    def find(self, table: str, column: str, values: pl.Series) -> pl.DataFrame:
        """Return the rows whose ``column`` is among ``values`` (exact match)."""
        with self._unmoved():
            if table == "records" and column == "record":
                return self._lookup(table, values.drop_nulls().unique().to_frame(column))
            if f"{table}_by_{column}" in statements("read"):
                return self._by(f"{table}_by_{column}", table, values.drop_nulls().unique())
        return self.read(table).filter(pl.col(column).is_in(values.drop_nulls().unique().implode()))

    def query(self, name: str, params: Mapping[str, Any]) -> pl.DataFrame:
        """Run a named query of ``cypher/look`` and return its rows.

        Raises
        ------
        QuestionError
            If there is no such query, or a parameter is missing, unknown or of a wrong type.
        StoreError
            If the server is out of reach or a batch is being written.
        """
        asked = statement("look", name)
        with self._unmoved():
            rows = self._ask(asked, **asked.values(params))
        names = [p.name for p in asked.returns]
        return pl.DataFrame(
            [pl.Series(n, [row[n] for row in rows], dtype=_DTYPES[p.type]) for n, p in zip(names, asked.returns, strict=True)]
        )

    def next_record(self) -> int:
        """Return the first record number no row has."""
        return self._next_record

    def version(self) -> int:
        """Return the number of commits this snapshot has seen."""
        return self._version

    def refresh(self) -> None:
        """Move to the newest snapshot."""
        state = self._state()
        if state["open_batch"] is None or self._epoch is not None:
            self._version, self._next_record = state["version"], state["next_record"]

    def counts(self) -> dict[str, int]:
        """Return rows by table."""
        with self._unmoved():
            row = self._ask(statement("read", "counts"))[0]
        return {name: int(row[name]) for name in TABLES}

    def digest(self) -> str:
        """Return the sha256 of the content; computed once per version."""
        if self._version not in self._digests:
            self._digests[self._version] = content_digest(self.read)
        return self._digests[self._version]

    def check(self) -> list[Problem]:
        """Check the content (see :mod:`graphfraud.store.audit`), and that the server holds as many rows as it reads out."""
        held = self.counts()
        read = {name: self.read(name, columns=TABLES[name].key).height for name in TABLES}
        lost = [
            Problem("damage", name, f"{held[name]} rows are held, {read[name]} can be read", abs(held[name] - read[name]))
            for name in TABLES
            if held[name] != read[name]
        ]
        return lost or audit.problems(self)

    def close(self) -> None:
        """Release what is held."""
        self._driver.close()

    def __enter__(self) -> "Neo4jStore":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def _unmoved(self) -> Iterator[None]:
        """Refuse what is read inside if a batch was being written, or was written since this store's version."""
        self._must_stand()
        yield
        self._must_stand()

    def _must_stand(self) -> None:
        state = self._state()
        if state["open_batch"] is not None:
            raise StoreError(
                self.location,
                f"a load being written, or cut short ({state['owner']})",
                "no load under way",
                "Wait until it is done. If it was cut short, load any file (again): that takes back what it left.",
            )
        if state["version"] != self._version:
            raise StoreError(
                self.location,
                f"version {state['version']}: another load has ended since version {self._version} was opened",
                "one version for all that is read",
                "Open the store again and repeat the question.",
            )

    def _transfers(self, names: list[str], since_us: int | None, until_us: int | None) -> pl.DataFrame:
        since, until = since_us if since_us is not None else TIME_US_MIN, until_us if until_us is not None else TIME_US_MAX + 1
        found = self._ask(statement("read", "transaction_windows"), since_us=since, until_us=until, limit=PAGE_ROWS)
        bounds = [*dict.fromkeys(found[0]["bounds"]), until]
        page = statement("read", "transactions")

        def window(k: int) -> pl.DataFrame:
            row = self._ask(page, since_us=bounds[k], until_us=bounds[k + 1], columns=names)[0]
            return mapping.frame_from(row["columns"], names, TABLES["transactions"].schema)

        with ThreadPoolExecutor(WRITERS) as pool:
            return pl.concat([empty("transactions").select(names), *pool.map(window, range(len(bounds) - 1))])

    def _pages(self, table: str, names: list[str]) -> pl.DataFrame:
        schema = {**TABLES[table].schema, "row_key": pl.String}
        kinds = [{"kind": kind} for kind in LINK_KINDS] if table == "links" else [{}]
        frames = [
            frame
            for kind in kinds
            for frame in self._paged(statement("read", table), mapping.key_column(table), names, schema, after="", **kind)
        ]
        return pl.concat([empty(table).select(names), *frames])

    def _paged(
        self, page: Statement, key: str, names: list[str], schema: Mapping[str, Any], *, after: Any, **fixed: Any
    ) -> Iterator[pl.DataFrame]:
        """Yield pages of up to PAGE_ROWS rows, each after the last key of the one before."""
        while True:
            row = self._ask(page, after=after, limit=PAGE_ROWS, columns=[*names, key], **fixed)[0]
            *columns, keys = row["columns"]
            yield mapping.frame_from(columns, names, schema)
            if len(keys) < PAGE_ROWS:
                return
            after = keys[-1]

    def _records(self) -> pl.DataFrame:
        schema = TABLES["records"].schema
        pages = self._paged(
            statement("read", "record_pages"), "page_id", list(mapping.PAGE_COLUMNS), mapping.PAGE_COLUMNS, after=""
        )
        rows = self._paged(statement("read", "record_rows"), "record", list(schema), schema, after=-(2**63))
        return mapping.records_from(pl.concat(pages), pl.concat(rows))

    def _by(self, name: str, table: str, values: pl.Series) -> pl.DataFrame:
        """Return the rows a ``read/<table>_by_...`` statement finds."""
        names = list(TABLES[table].schema)
        frames = [
            mapping.frame_from(
                self._ask(statement("read", name), values=some, columns=names)[0]["columns"], names, TABLES[table].schema
            )
            for some in _slices(values)
        ]
        return pl.concat([empty(table), *frames])

    def _lookup(self, table: str, keys: pl.DataFrame, ask: Ask | None = None) -> pl.DataFrame:
        """Return the rows with these keys; ``ask`` asks inside a transaction that is open already."""
        ask = ask or self._ask
        if table != "records":
            return self._by(f"{table}_by_{mapping.key_column(table)}", table, mapping.keys_of(keys, table))
        return self._blocks(mapping.blocks_of(keys["record"]), keys["record"], ask).join(keys, on="record", how="semi")

    def _blocks(self, blocks: list[int], numbers: pl.Series, ask: Ask) -> pl.DataFrame:
        """Return the records of these blocks that have nothing to say but their outcome, and the rows of these numbers."""
        schema = TABLES["records"].schema
        pages = ask(statement("read", "record_pages_by_block"), values=blocks, columns=list(mapping.PAGE_COLUMNS))[0]["columns"]
        rows = [
            mapping.frame_from(
                ask(statement("read", "record_rows_by_record"), values=some, columns=list(schema))[0]["columns"],
                list(schema),
                schema,
            )
            for some in _slices(numbers)
        ]
        frame = mapping.frame_from(pages, list(mapping.PAGE_COLUMNS), mapping.PAGE_COLUMNS)
        return mapping.records_from(frame, pl.concat([empty("records"), *rows]))

    # --- writing ---------------------------------------------------------------------------------------------------

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Be the one writer; on entry the snapshot is the newest, and a batch that a dead writer left open is undone.

        Raises
        ------
        StoreError
            If another writer is at work for longer than ``lock_wait_s``, or the database cannot be written.
        """
        assert self._epoch is None, "writing() inside writing()"
        self._make_keys()  # before the lock: its open transaction would keep the schema of its own node from changing
        with self._claimed():
            self._epoch = self._put("ledger_epoch", writers=WRITERS)[0]["epoch"]
            try:
                if self._state()["open_batch"] is not None or self._ask(statement("read", "ledger_chunks")):
                    self._undo()
                self.refresh()
                if self._version:  # a store that came by the import tool has none yet
                    self._make_indexes()
                yield
            finally:
                self._epoch = None

    def commit(self, batch: Batch) -> bool:
        """Make the batch durable, all or nothing; False if its id was committed before. Call inside :meth:`writing`.

        Raises
        ------
        TableError
            If a frame breaks the requirements of its table.
        StoreError
            If the server fails for longer than it is tried again; the store is then as before, or becomes so before the
            next writer begins.
        """
        assert self._epoch is not None, "commit outside writing()"
        if self._ask(statement("read", "ledger_batch"), batch_id=batch.batch_id)[0]["done"]:
            return False
        names = [name for name in TABLES if name in batch.rows or name in batch.removed]
        rows = {name: check(batch.rows.get(name, empty(name)), name) for name in names}
        held = self.counts()
        parts: list[Chunk] = []
        gone: dict[str, pl.DataFrame] = {}
        for name in names:
            keys = mapping.touched(name, rows[name], batch.removed.get(name))
            gone[name] = self._lookup(name, keys) if held[name] and keys.height else empty(name)
            parts += mapping.chunks(batch.batch_id, name, keys, gone[name], rows[name]) if keys.height else ()
        self._must_hold(self._put("ledger_open", batch_id=batch.batch_id, epoch=self._epoch))
        try:
            self._make_things(mapping.things_named(rows))
            _side_by_side([partial(self._write_chunk, chunk, batch.batch_id) for chunk in parts])
            self._sweep(mapping.things_named(gone))
            after = mapping.next_record_after(self._next_record, rows)
            self._close(batch.batch_id, after)
        except Exception:
            with suppress(StoreError):
                self._undo()
            raise
        self._put("ledger_forget")
        self._make_indexes()
        return True

    def _close(self, batch_id: str, next_record: int) -> None:
        """Close the batch; where the answer was lost, the ledger tells whether it was closed."""
        closed = self._put("ledger_close", batch_id=batch_id, epoch=self._epoch, next_record=next_record)
        if not closed and not self._ask(statement("read", "ledger_batch"), batch_id=batch_id)[0]["done"]:
            self._must_hold(closed)
        state = self._state()
        self._version, self._next_record = state["version"], state["next_record"]

    def _write_chunk(self, chunk: Chunk, batch_id: str, writer: int) -> None:
        entry = {
            "writer": writer, "epoch": self._epoch, "chunk_id": chunk.chunk_id, "batch_id": batch_id, "table": chunk.table,
            "keys": mapping.packed(chunk.keys), "before": mapping.packed(chunk.before),
        }  # fmt: skip

        def work(ask: Ask) -> None:
            if not self._must_hold(ask(statement("write", "ledger_chunk"), **entry))[0]["done"]:
                gone = chunk.keys if chunk.table == "records" else chunk.before.select(TABLES[chunk.table].key)
                self._replace(ask, chunk.table, gone, chunk.rows)

        self._in_transaction(work)

    def _replace(self, ask: Ask, table: str, gone: pl.DataFrame, rows: pl.DataFrame) -> None:
        """Take the rows with the keys ``gone`` away and put ``rows`` there, inside one transaction."""

        def put(name: str, expected: int, **values: Any) -> None:
            done = ask(statement("write", name), **values)[0]["n"]
            if done != expected:
                raise StoreError(
                    f"{self.location}, table {table}",
                    f"{done} of {expected} rows written",
                    "all of them",
                    "Nothing was kept. Run graphfraud check on the store, then load again.",
                )

        if table == "records":
            blocks = mapping.blocks_of(gone["record"])
            kept = self._blocks(blocks, empty("records")["record"], ask).join(gone, on="record", how="anti")
            pages, more = mapping.pages_from(pl.concat([kept, rows]))
            ask(statement("write", "remove_records"), blocks=blocks, values=gone["record"].to_list())
            put("records", pages.height + more.height, pages=pages.to_dicts(), rows=mapping.rows_as_maps(more, table))
            return
        away = gone.join(rows, on=TABLES[table].key, how="anti") if table in mapping.DESCRIBED else gone
        if away.height:
            ask(statement("write", f"remove_{table}"), values=mapping.keys_of(away, table).to_list())
        if rows.height and table == "transactions":
            put(table, rows.height, **mapping.transfers_as_lists(rows))
        elif rows.height:
            put(table, rows.height, rows=mapping.rows_as_maps(rows, table))

    def _undo(self) -> None:
        """Take back every part of the open batch; each is one transaction, so it can be cut short and go on."""
        for entry in self._ask(statement("read", "ledger_chunks")):
            self._undo_chunk(entry["chunk_id"])
        while self._put("sweep_all", limit=mapping.CHUNK_ROWS)[0]["n"]:
            pass
        self._must_hold(self._put("ledger_void", epoch=self._epoch))

    def _undo_chunk(self, chunk_id: str) -> None:
        chunk = self._ask(statement("read", "ledger_chunk"), chunk_id=chunk_id)[0]
        table, keys, before = chunk["table"], mapping.unpacked(chunk["keys"]), mapping.unpacked(chunk["before"])
        self._make_things(mapping.things_named({table: before}))

        def work(ask: Ask) -> None:
            if self._must_hold(ask(statement("write", "ledger_undo"), chunk_id=chunk_id, epoch=self._epoch))[0]["n"]:
                self._replace(ask, table, keys, before)

        self._in_transaction(work)

    def _make_things(self, things: Mapping[str, pl.Series]) -> None:
        def make(kind: str, ids: list[Any], _: int) -> None:
            self._put("things", kind=kind, ids=ids)

        _side_by_side([partial(make, kind, ids) for kind, all_ids in things.items() for ids in _slices(all_ids)])

    def _sweep(self, things: Mapping[str, pl.Series]) -> None:
        for kind, all_ids in things.items():
            for ids in _slices(all_ids):
                self._put("sweep", kind=kind, ids=ids)

    def _must_hold(self, rows: "list[neo4j.Record]") -> "list[neo4j.Record]":
        if not rows:
            raise StoreError(
                self.location,
                "another writer who began while this one had lost the server",
                "one writer at a time",
                "Load the file again; what this load had written is taken back.",
            )
        return rows

    @contextmanager
    def _claimed(self) -> Iterator[None]:
        """Hold the writer's lock: a transaction that stays open, and ends with this process or its connection."""
        owner = f"{getpass.getuser()} on {socket.gethostname()}, process {os.getpid()}"
        self._await_turn(owner)
        session = self._driver.session(database=self._database)
        try:
            with _clear_failures(self.location):
                held = session.begin_transaction(metadata={"graphfraud": owner}, timeout=0)
                held.run(statement("write", "ledger_claim").text, owner=owner).consume()
            self._put("ledger_sign", owner=owner)
            yield
        finally:
            with suppress(bolt.Neo4jError, bolt.DriverError, OSError):
                session.close()  # rolls the transaction back

    def _await_turn(self, owner: str) -> None:
        """Try for the lock, a short time each, until it is free or the patience ends."""
        deadline = time.monotonic() + self._lock_wait_s
        while True:
            try:
                with self._driver.session(database=self._database) as session, session.begin_transaction(timeout=1) as trial:
                    trial.run(statement("write", "ledger_claim").text, owner=owner).consume()
                    trial.rollback()
                    return
            except bolt.Neo4jError as cause:
                waits = "TransactionTimedOut" in (cause.code or "") or "LockClientStopped" in (cause.code or "")
                if not waits and not cause.is_retryable():
                    raise _store_error(self.location, cause) from cause
                if time.monotonic() > deadline:
                    raise StoreError(
                        self.location,
                        f"another writer: {self._state()['owner'] or 'one that has not said who it is'}",
                        f"no writer within {self._lock_wait_s:g} seconds",
                        "Wait until it has ended and try again.",
                    ) from cause
            except (bolt.DriverError, OSError) as cause:
                raise _store_error(self.location, cause) from cause

    # --- schema ----------------------------------------------------------------------------------------------------

    def _know_server(self) -> None:
        """Refuse a server, or a store, that this program does not know."""
        kernel = next(row for row in self._ask(statement("read", "components")) if row["name"] == "Neo4j Kernel")
        release = tuple(int(part) for part in kernel["version"].split(".")[:2] if part.isdigit())
        if release < SERVER_MIN:
            raise StoreError(
                self.location,
                f"Neo4j {kernel['version']}",
                "Neo4j 5.26 or newer",
                "Use a newer server, or a store in a folder.",
            )
        for row in self._ask(statement("read", "ledger_migrations")):
            known = _migrations().get(row["version"])
            if known is None or (known[1] != row["checksum"] and row["version"] != "keys"):
                raise StoreError(
                    self.location,
                    f"a store of another version (migration {row['version']})",
                    f"migrations up to {max(name for name in _migrations() if name != 'keys')}",
                    "Use the graphfraud that wrote it, or a newer one.",
                )

    def _make_keys(self) -> None:
        """Make the uniqueness constraints, where the noted ones are not today's."""
        noted = {row["version"]: row["checksum"] for row in self._ask(statement("read", "ledger_migrations"))}
        parts, checksum = _migrations()["keys"]
        if noted.get("keys") != checksum:
            self._change_schema("keys", parts, checksum)

    def _make_indexes(self) -> None:
        """Make what helps only questions; left to the end of the first load, which is quicker without it."""
        noted = {row["version"] for row in self._ask(statement("read", "ledger_migrations"))}
        for version, (parts, checksum) in _migrations().items():
            if version not in noted:
                self._change_schema(version, parts, checksum)

    def _change_schema(self, version: str, parts: Iterable[Statement], checksum: str) -> None:
        with _clear_failures(self.location), self._driver.session(database=self._database) as session:
            for part in parts:
                session.execute_write(_consume, part)
            session.run(statement("read", "indexes_ready").text, seconds=600).consume()
        self._put("ledger_migration", version=version, checksum=checksum)

    # --- the server -------------------------------------------------------------------------------------------------

    def _state(self) -> dict[str, Any]:
        rows = self._ask(statement("read", "ledger_state"))
        nothing = {"version": 0, "epoch": 0, "next_record": 0, "open_batch": None, "owner": None}
        return dict(rows[0]) if rows else nothing

    def _ask(self, asked: Statement, **values: Any) -> "list[neo4j.Record]":
        with _clear_failures(self.location), self._driver.session(database=self._database) as session:
            return session.execute_read(lambda tx: list(tx.run(asked.text, values)))

    def _put(self, name: str, **values: Any) -> "list[neo4j.Record]":
        return self._in_transaction(lambda ask: ask(statement("write", name), **values))

    def _in_transaction(self, work: Callable[[Ask], T]) -> T:
        """Do work in one transaction; after a deadlock, a lost connection or a lost answer, again.

        Work must do no harm when done again after it was done: the ledger sees to that.
        """

        def once(tx: neo4j.ManagedTransaction) -> T:
            return work(lambda asked, **values: list(tx.run(asked.text, values)))

        for attempt in range(_LOST_ANSWERS_MAX):
            with _clear_failures(self.location), self._driver.session(database=self._database) as session:
                try:
                    return session.execute_write(once)
                except bolt.IncompleteCommit:
                    if attempt == _LOST_ANSWERS_MAX - 1:
                        raise
        raise AssertionError


def _side_by_side(works: Sequence[Callable[[int], None]]) -> None:
    """Do works with WRITERS threads, each told its number; the first failure ends them all and is raised."""
    failed = Event()

    def some(writer: int) -> None:
        for work in works[writer::WRITERS]:
            if failed.is_set():
                return
            try:
                work(writer)
            except BaseException:
                failed.set()
                raise

    with ThreadPoolExecutor(WRITERS) as pool:
        try:
            list(pool.map(some, range(WRITERS)))
        except BaseException:
            failed.set()
            raise


def _consume(tx: neo4j.ManagedTransaction, asked: Statement) -> None:
    tx.run(asked.text).consume()


def _slices(values: pl.Series) -> Iterator[list[Any]]:
    for part in values.to_frame().iter_slices(mapping.CHUNK_ROWS):
        yield part.to_series().to_list()


@cache
def _migrations() -> Mapping[str, tuple[tuple[Statement, ...], str]]:
    """Return what is noted of the schema: the constraints as one, then each migration; with a checksum of their text."""
    parts = {"keys": tuple(statements("constraints").values())}
    parts |= {name: (part,) for name, part in statements("migrations").items()}
    return {name: (some, hashlib.sha256("\n".join(s.text for s in some).encode()).hexdigest()) for name, some in parts.items()}


@contextmanager
def _clear_failures(location: str) -> Iterator[None]:
    """Turn what the driver or the server refuses into a StoreError that says what to do."""
    try:
        yield
    except (bolt.Neo4jError, bolt.DriverError, OSError, ValueError) as cause:
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
