"""The shared store: tables as a graph in a Neo4j server, one writer at a time, every batch exactly once.

A batch is many transactions, made one by a ledger in the same database: it is opened, its parts are written, each together
with its entry (the keys it touches and what stood there before), and it is closed. Readers refuse to read while a batch is
open; a batch whose writer died is undone part by part before the next writer begins. The one writer holds a lock of the
server (it ends with its connection) and an epoch number that each transaction proves, so that a writer who lost the lock
cannot write any more.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import polars as pl

from graphfraud.errors import StoreError
from graphfraud.store import audit, readout, schema
from graphfraud.store.bolt import Bolt
from graphfraud.store.contract import Batch, Problem, next_record_after
from graphfraud.store.cypher import statement, statements
from graphfraud.store.digest import content_digest
from graphfraud.store.encoding import CODED, numbered
from graphfraud.store.ledger import Ledger
from graphfraud.tables import LINK_KINDS, TABLES, check, empty
from graphfraud.units import TIME_US_MAX, TIME_US_MIN

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

    def __init__(self, bolt: Bolt, lock_wait_s: float) -> None:
        self.location = bolt.location
        self._bolt = bolt
        self._lock_wait_s = lock_wait_s
        self._turn: Ledger | None = None
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
        bolt = Bolt.open(location)
        try:
            schema.know_server(bolt)
            store = cls(bolt, lock_wait_s)
            store.refresh()
        except BaseException:
            bolt.close()
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
                return readout.transfers(self._bolt.ask, names, since_us, until_us)
            if table == "records":
                return readout.records(self._bolt.ask).select(names)
            timed = "at_us" in TABLES[table].schema and (since_us is not None or until_us is not None)
            pages = readout.pages(self._bolt.ask, table, list(TABLES[table].schema) if timed else names)
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
                return readout.lookup(self._bolt.ask, table, values.drop_nulls().unique().to_frame(column))
            if table == "links" and column == "kind":
                return readout.pages(
                    self._bolt.ask, table, list(TABLES[table].schema), [kind for kind in LINK_KINDS if kind in values]
                )
            if f"{table}_by_{column}" in statements("read"):
                return readout.by(self._bolt.ask, f"{table}_by_{column}", table, values.drop_nulls().unique())
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
            rows = self._bolt.ask(asked, **asked.values(params))
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
        state = self._bolt.state()
        if state["open_batch"] is None or self._turn is not None:
            self._version, self._next_record = state["version"], state["next_record"]

    def counts(self) -> dict[str, int]:
        """Return rows by table."""
        with self._unmoved():
            row = self._bolt.ask(statement("read", "counts"))[0]
        return {name: int(row[name]) for name in TABLES}

    def digest(self) -> str:
        """Return the sha256 of the content; computed once per version."""
        if self._version not in self._digests:
            self._digests[self._version] = content_digest(self.read)
        return self._digests[self._version]

    def check(self) -> list[Problem]:
        """Check the content (see :mod:`graphfraud.store.audit`), and that the server holds as many rows as it reads out."""
        held = self.counts() if self._version else dict.fromkeys(TABLES, 0)
        read = {name: self.read(name, columns=TABLES[name].key).height for name in TABLES}
        lost = [
            Problem("damage", name, f"{held[name]} rows are held, {read[name]} can be read", abs(held[name] - read[name]))
            for name in TABLES
            if held[name] != read[name]
        ]
        return lost or audit.problems(self)

    def close(self) -> None:
        """Release what is held."""
        self._bolt.close()

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
        if self._turn is not None and not self._turn.torn:
            return  # the one writer: nobody else moves the store, and what this one writes is refused once it lost its turn
        state = self._bolt.state()
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

    # --- writing ---------------------------------------------------------------------------------------------------

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Be the one writer; on entry the snapshot is the newest, and a batch that a dead writer left open is undone.

        Raises
        ------
        StoreError
            If another writer is at work for longer than ``lock_wait_s``, or the database cannot be written.
        """
        assert self._turn is None, "writing() inside writing()"
        schema.make_keys(self._bolt)  # before the lock: its open transaction would keep the schema of its node from changing
        with self._bolt.claimed(self._lock_wait_s):
            self._turn = Ledger(self._bolt)
            try:
                if self._bolt.state()["open_batch"] is not None or self._bolt.ask(statement("read", "ledger_chunks")):
                    self._turn.undo()
                self.refresh()
                if self._version:  # a store that came by the import tool has none yet
                    schema.make_indexes(self._bolt)
                yield
            finally:
                self._turn = None

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
        assert self._turn is not None, "commit outside writing()"
        if self._bolt.ask(statement("read", "ledger_batch"), batch_id=batch.batch_id)[0]["done"]:
            return False
        names = [name for name in TABLES if name in batch.rows or name in batch.removed]
        rows = {name: check(batch.rows.get(name, empty(name)), name) for name in names}
        parts = self._turn.parts(batch.batch_id, rows, batch.removed)
        self._turn.write(batch.batch_id, rows, parts, next_record_after(self._next_record, rows))
        self.refresh()
        schema.make_indexes(self._bolt)
        return True
