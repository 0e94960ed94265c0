"""What every store promises: the same tables in, the same digest and the same rows out."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol

import polars as pl

from graphfraud.tables import empty


@dataclass(frozen=True, slots=True)
class Batch:
    """What one load changes, all of it or nothing.

    Attributes
    ----------
    batch_id : str
        Identity of the load. Committing a batch whose id is already committed changes nothing.
    rows : mapping of table name to frame
        Rows to add; a row whose key is already there replaces the row that is there.
    removed : mapping of table name to frame
        Keys (the table's key columns) to take away; applied before ``rows``.
    """

    batch_id: str
    rows: Mapping[str, pl.DataFrame]
    removed: Mapping[str, pl.DataFrame] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Problem:
    """Something ``check`` found: ``kind`` is ``damage`` (the store cannot be trusted) or ``gap`` (evidence is missing)."""

    kind: str
    table: str
    message: str
    n: int


class Store(Protocol):
    """Tables at rest. A store object reads one snapshot; :meth:`refresh` moves it to the newest."""

    location: str
    """Folder or address, as the user wrote it, without any password."""

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
            If the store is out of reach, or a part of it is damaged.
        """

    def read_coded(
        self, *, since_us: int | None = None, until_us: int | None = None, columns: Sequence[str] | None = None
    ) -> tuple[pl.DataFrame, pl.Series]:
        """Return transactions with ``payer_id`` and ``payee_id`` as codes (UInt32), and the account ids by code.

        The rows :meth:`read` gives, for ``flow_graph(frame, dictionary=ids)``: of a graph, numbering text ids is the slow part.
        """

    def find(self, table: str, column: str, values: pl.Series) -> pl.DataFrame:
        """Return the rows whose ``column`` is among ``values`` (exact match)."""

    def commit(self, batch: Batch) -> bool:
        """Make the batch durable, all or nothing; False if its id was committed before. Call inside :meth:`writing`."""

    def writing(self) -> AbstractContextManager[None]:
        """Be the one writer; on entry the snapshot is the newest. A dead writer's claim ends with it."""

    def next_record(self) -> int:
        """Return the first record number no row has."""

    def refresh(self) -> None:
        """Move to the newest snapshot."""

    def counts(self) -> dict[str, int]:
        """Return rows by table."""

    def digest(self) -> str:
        """Return the sha256 of the content: equal rows give equal digests, whatever the store, order or layout."""

    def check(self) -> list[Problem]:
        """Verify checksums, keys, totals and references, and list gaps; an empty list is a clean bill."""

    def close(self) -> None:
        """Release what is held."""


def next_record_after(before: int, rows: Mapping[str, pl.DataFrame]) -> int:
    """Return the first number after all records and all sources' ranges."""
    records, sources = rows.get("records", empty("records")), rows.get("sources", empty("sources"))
    last = records.select((pl.col("record").max() + 1).fill_null(0)).item()
    end = sources.select((pl.col("record_first") + pl.col("n_read")).max().fill_null(0)).item()
    return max(before, int(last), int(end))
