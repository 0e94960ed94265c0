"""The digest of a store's content: equal rows give equal digests, whatever the store, the order or the layout."""

import hashlib
from collections.abc import Callable

import polars as pl

from graphfraud.tables import TABLES, Table

_SLICE = 1 << 20
"""Rows turned to bytes at a time, to bound memory."""


def content_digest(read: Callable[[str], pl.DataFrame]) -> str:
    """Return the sha256 over all tables, rows sorted by key, without the columns that are clock readings.

    Parameters
    ----------
    read : callable
        Table name -> frame with all of that table's columns, in any order of rows.
    """
    digest = hashlib.sha256()
    for table in TABLES.values():
        frame = read(table.name).sort(table.key)
        digest.update(f"{table.name}:{frame.height};".encode())
        _update(digest, frame, table)
    return digest.hexdigest()


def _update(digest: "hashlib._Hash", frame: pl.DataFrame, table: Table) -> None:
    """Add each column as its validity, then its numbers, or its texts' lengths and bytes: no two contents share bytes."""
    for column in table.columns:
        if not column.in_digest:
            continue
        for part in frame.get_column(column.name).rechunk().to_frame().iter_slices(_SLICE):
            values = part.to_series()
            digest.update(values.is_not_null().cast(pl.UInt8).to_numpy().tobytes())
            if values.dtype == pl.String:
                texts = values.fill_null("")
                digest.update(texts.str.len_bytes().cast(pl.Int64).to_numpy().astype("<i8").tobytes())
                digest.update(texts.str.join("").item().encode())
            else:
                digest.update(values.fill_null(0).to_numpy().astype("<i8", copy=False).tobytes())
