"""The digest of a store's content: equal rows give equal digests, whatever the store, the order or the layout."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import polars as pl

from graphfraud.tables import TABLES, Table

_SLICE = 1 << 20
"""Rows turned to bytes at a time, to bound memory."""

_LATER = ("call_counts",)
"""Tables that came after digests were first written down; without rows they leave a digest as it was then."""


def content_digest(read: Callable[[str], pl.DataFrame]) -> str:
    """Return the sha256 over all tables, rows sorted by key, without the columns that are clock readings.

    Parameters
    ----------
    read : callable
        Table name -> frame with all of that table's columns, in any order of rows.
    """
    whole: dict[str, pl.DataFrame] = {}

    def some(table: str, names: Sequence[str]) -> pl.DataFrame:
        if table not in whole:
            whole.clear()
            whole[table] = read(table)
        return whole[table].select(names)

    return digest_by_column(some)


def digest_by_column(read: Callable[[str, Sequence[str]], pl.DataFrame]) -> str:
    """Return the digest :func:`content_digest` gives, holding one column at a time.

    Parameters
    ----------
    read : callable
        Table name and names of columns -> frame of these, its rows in the same order at every call.
    """

    def columns(table: Table) -> tuple[int, Iterator[pl.Series]]:
        keys = read(table.name, table.key)
        if len(table.key) == 1 and keys.to_series().is_sorted():
            return keys.height, (read(table.name, [name]).to_series() for name in _digested(table))
        order = _order(keys)
        return len(order), (read(table.name, [name]).to_series().gather(order) for name in _digested(table))

    return _digest(columns)


def _order(keys: pl.DataFrame) -> pl.Series:
    """Return where the rows stand in the order of all columns of ``keys``.

    Columns are ranked one by one and the ranks made one number: to sort 7.6 M links by five columns of text took 45 s.
    """
    if keys.width == 1:
        return keys.to_series().arg_sort()
    code, n = pl.repeat(0, keys.height, dtype=pl.Int64, eager=True), 1
    for key in keys:
        rank = key.rank("dense").cast(pl.Int64)
        n_ranks = _above(rank)
        if n * n_ranks >= 1 << 62:
            code = code.rank("dense").cast(pl.Int64)
            n = _above(code)
        code, n = code * n_ranks + rank, n * n_ranks
    return code.arg_sort()


def _above(numbers: pl.Series) -> int:
    greatest = numbers.max()
    assert greatest is None or isinstance(greatest, int)
    return (greatest or 0) + 1


def _digested(table: Table) -> list[str]:
    return [column.name for column in table.columns if column.in_digest]


def _digest(columns: Callable[[Table], tuple[int, Iterator[pl.Series]]]) -> str:
    """Add each table's name and height, then its columns; the next column is made ready while one is added."""
    digest = hashlib.sha256()
    with ThreadPoolExecutor(max_workers=1) as pool:
        for table in TABLES.values():
            height, ready = columns(table)
            if table.name in _LATER and not height:
                continue
            digest.update(f"{table.name}:{height};".encode())
            coming = pool.submit(next, ready, None)
            while (column := coming.result()) is not None:
                coming = pool.submit(next, ready, None)
                _update(digest, column)
    return digest.hexdigest()


def _update(digest: "hashlib._Hash", column: pl.Series) -> None:
    """Add a column as its validity, then its numbers, or its texts' lengths and bytes: no two contents share bytes."""
    for part in column.rechunk().to_frame().iter_slices(_SLICE):
        values = part.to_series()
        digest.update(values.is_not_null().cast(pl.UInt8).to_numpy().data)
        if values.dtype == pl.String:
            texts = values.fill_null("")
            digest.update(texts.str.len_bytes().cast(pl.Int64).to_numpy().astype("<i8", copy=False).data)
            digest.update(texts.str.join("").item().encode())
        else:
            digest.update(values.fill_null(0).to_numpy().astype("<i8", copy=False).data)
