"""One writer's turn at the shared store: a batch of many transactions, made one by the ledger in the same database.

The batch is opened, its parts are written, each with its entry (the keys it touches and what stood there before), and it is
closed. Every transaction proves the turn's epoch, so that a writer who lost the turn cannot write any more.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from threading import Event
from typing import Any

import polars as pl

from graphfraud.errors import StoreError
from graphfraud.store import mapping, readout
from graphfraud.store.bolt import Ask, Bolt, Row
from graphfraud.store.cypher import statement
from graphfraud.store.mapping import Chunk
from graphfraud.tables import TABLES, empty

WRITERS = 2
"""Transactions written at a time."""


class Ledger:
    """What one writer may do while its turn lasts. ``torn`` tells that its batch is open."""

    def __init__(self, bolt: Bolt) -> None:
        self._bolt = bolt
        self.torn = False
        self.epoch: int = bolt.put("ledger_epoch", writers=WRITERS)[0]["epoch"]

    def parts(self, batch_id: str, rows: Mapping[str, pl.DataFrame], removed: Mapping[str, pl.DataFrame]) -> list[Chunk]:
        """Cut a batch into parts, each with the rows that stand now where it writes or removes."""
        held = self._bolt.ask(statement("read", "counts"))[0]
        parts: list[Chunk] = []
        for name, frame in rows.items():
            keys = mapping.touched(name, frame, removed.get(name))
            before = empty(name)
            if held[name] and keys.height:
                before = readout.lookup(self._bolt.ask, name, readout.perhaps_held(self._bolt.ask, name, keys))
            parts += mapping.chunks(batch_id, name, keys, before, frame) if keys.height else ()
        return parts

    def write(self, batch_id: str, rows: Mapping[str, pl.DataFrame], parts: Sequence[Chunk], next_record: int) -> None:
        """Open the batch, write its parts, close it; what fails is taken back as far as the server lets it."""
        self.torn = True
        self._must_hold(self._bolt.put("ledger_open", batch_id=batch_id, epoch=self.epoch))
        try:
            self.make_things(mapping.things_named(rows))
            side_by_side([partial(self.write_chunk, chunk, batch_id) for chunk in parts])
            gone = {name: pl.concat([empty(name), *(p.before for p in parts if p.table == name)]) for name in rows}
            self.sweep(mapping.things_named(gone))
            self._close(batch_id, next_record)
        except Exception:
            with suppress(StoreError):
                self.undo()
            raise

    def _close(self, batch_id: str, next_record: int) -> None:
        """Close the batch; where the answer was lost, the ledger tells whether it was closed."""
        closed = self._bolt.put("ledger_close", batch_id=batch_id, epoch=self.epoch, next_record=next_record)
        if not closed and not self._bolt.ask(statement("read", "ledger_batch"), batch_id=batch_id)[0]["done"]:
            self._must_hold(closed)
        self.torn = False

    def write_chunk(self, chunk: Chunk, batch_id: str, writer: int) -> None:
        """Write one part and its entry in one transaction; done before, it is not done again."""
        entry = {
            "writer": writer, "epoch": self.epoch, "chunk_id": chunk.chunk_id, "batch_id": batch_id, "table": chunk.table,
            "keys": mapping.packed(chunk.keys), "before": mapping.packed(chunk.before),
        }  # fmt: skip

        def work(ask: Ask) -> None:
            if not self._must_hold(ask(statement("write", "ledger_chunk"), **entry))[0]["done"]:
                gone = chunk.keys if chunk.table == "records" else chunk.before.select(TABLES[chunk.table].key)
                self._replace(ask, chunk.table, gone, chunk.rows)

        self._bolt.in_transaction(work)

    def _replace(self, ask: Ask, table: str, gone: pl.DataFrame, rows: pl.DataFrame) -> None:
        """Take the rows with the keys ``gone`` away and put ``rows`` there, inside one transaction."""

        def put(name: str, expected: int, **values: Any) -> None:
            done = ask(statement("write", name), **values)[0]["n"]
            if done != expected:
                raise StoreError(
                    f"{self._bolt.location}, table {table}",
                    f"{done} of {expected} rows written",
                    "all of them",
                    "Nothing was kept. Run graphfraud check on the store, then load again.",
                )

        if table == "records":
            blocks = mapping.blocks_of(gone["record"])
            kept = readout.blocks(ask, blocks, empty("records")["record"]).join(gone, on="record", how="anti")
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

    def undo(self) -> None:
        """Take back every part of the open batch; each is one transaction, so it can be cut short and go on."""
        for entry in self._bolt.ask(statement("read", "ledger_chunks")):
            self._undo_chunk(entry["chunk_id"])
        while self._bolt.put("sweep_all", limit=mapping.CHUNK_ROWS)[0]["n"]:
            pass
        self._must_hold(self._bolt.put("ledger_void", epoch=self.epoch))
        self.torn = False

    def _undo_chunk(self, chunk_id: str) -> None:
        chunk = self._bolt.ask(statement("read", "ledger_chunk"), chunk_id=chunk_id)[0]
        table, keys, before = chunk["table"], mapping.unpacked(chunk["keys"]), mapping.unpacked(chunk["before"])
        self.make_things(mapping.things_named({table: before}))

        def work(ask: Ask) -> None:
            if self._must_hold(ask(statement("write", "ledger_undo"), chunk_id=chunk_id, epoch=self.epoch))[0]["n"]:
                self._replace(ask, table, keys, before)

        self._bolt.in_transaction(work)

    def make_things(self, things: Mapping[str, pl.Series]) -> None:
        """Make the things of each kind, where they are not there yet."""

        def make(some: list[dict[str, str]], _: int) -> None:
            self._bolt.put("things", things=some)

        side_by_side([partial(make, some) for some in mapping.listed(things)])

    def sweep(self, things: Mapping[str, pl.Series]) -> None:
        """Take away those among things that no row describes or names any more."""
        for some in mapping.listed(things):
            self._bolt.put("sweep", things=some)

    def _must_hold(self, rows: list[Row]) -> list[Row]:
        if not rows:
            raise StoreError(
                self._bolt.location,
                "another writer who began while this one had lost the server",
                "one writer at a time",
                "Load the file again; what this load had written is taken back.",
            )
        return rows


def side_by_side(works: Sequence[Callable[[int], None]]) -> None:
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
