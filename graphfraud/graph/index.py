"""Text ids to dense positions and back; positions follow the ascending order of the ids, so row order never shows.

Ways measured for two columns of 5 M account numbers over 500,000 accounts (``benchmarks/bench_trace.py``): see DECISIONS.md.
Text is hashed twice (128 bits) by polars and numbered by one kernel; columns that come as Enum or Categorical already hold
codes, and only the distinct ids are looked at.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import polars as pl

from graphfraud.errors import TableError
from graphfraud.kernels.codes import dense_codes
from graphfraud.units import NONE

Positions = npt.NDArray[np.int32]
Codes = npt.NDArray[np.int32] | npt.NDArray[np.uint32]

_HASH_SEEDS = (0, 0x9E3779B97F4A7C15)


def encode(*columns: pl.Series, dictionary: pl.Series | None = None) -> tuple[list[Positions], pl.Series]:
    """Give the ids of some columns one common numbering.

    Parameters
    ----------
    *columns : polars.Series
        String, Categorical or Enum, without null; or unsigned integers that number the rows of ``dictionary``.
    dictionary : polars.Series, optional
        Distinct ids, String, in any order.

    Returns
    -------
    positions : list of int32[n]
        For each column the position of each row's id.
    ids : polars.Series
        The distinct ids that occur, String, ascending in the order of their bytes.

    Raises
    ------
    TableError
        If a column is of another type or has a null, or if there are 2^31 or more distinct ids.
    """
    for column in columns:
        _demand_ids(column, dictionary is not None)
    if dictionary is not None:
        codes = [column.to_numpy() for column in columns]
        seen = np.flatnonzero(_occurring(codes, len(dictionary)))
        if len(seen) == len(dictionary) < np.iinfo(np.int32).max and dictionary.is_sorted():  # codes are positions already
            return [code.astype(np.int32) for code in codes], dictionary.alias("id")
        distinct = dictionary.gather(seen)
    elif all(type(column.dtype) is pl.Categorical for column in columns) and len({column.dtype for column in columns}) == 1:
        codes = [column.to_physical().to_numpy() for column in columns]
        seen, row = _first_rows(codes)
        distinct = _joined(columns).gather(row).cast(pl.String)
    else:
        columns = tuple(column.cast(pl.String) for column in columns)
        codes, row = _number_text(columns)
        seen = np.arange(len(row))
        distinct = _joined(columns).gather(row)
    if len(seen) > np.iinfo(np.int32).max:
        raise TableError("ids", f"{len(seen)} distinct ones", "fewer than 2^31", "Read a shorter period from the store.")
    order = distinct.arg_sort().to_numpy()
    rank = np.full(int(seen[-1]) + 1 if len(seen) else 0, NONE, np.int32)
    rank[seen[order]] = np.arange(len(seen), dtype=np.int32)
    return [rank[code] for code in codes], distinct.gather(order).alias("id")


def find(ids: pl.Series, values: pl.Series) -> npt.NDArray[np.int64]:
    """Return where each of ``values`` stands in ``ids`` (all distinct), -1 where it does not."""
    at = ids.is_in(values.implode()).arg_true()
    place = dict(zip(ids.gather(at).to_list(), at.to_list(), strict=True))
    return np.array([place.get(value, NONE) for value in values.to_list()], dtype=np.int64)


def text_bytes(ids: pl.Series, rows: int = 1_000_000) -> Iterator[bytes]:
    """Yield a text column as bytes that no other column yields: blocks of lengths (int64) and then the text itself."""
    for start in range(0, len(ids), rows):
        part = ids.slice(start, rows)
        yield part.str.len_bytes().cast(pl.Int64).to_numpy().tobytes()
        yield part.str.join("").item().encode()


def _demand_ids(column: pl.Series, coded: bool) -> None:
    kind = type(column.dtype)
    if coded and not column.dtype.is_unsigned_integer():
        raise TableError(f"column {column.name}", f"type {kind.__name__}", "codes of the dictionary", "Convert the column.")
    if not coded and kind not in (pl.String, pl.Categorical, pl.Enum):
        expected = "ids as String, Categorical or Enum"
        raise TableError(f"column {column.name}", f"type {kind.__name__}", expected, "Convert the column to text.")
    if column.null_count():
        raise TableError(
            f"column {column.name}", f"{column.null_count()} rows without a value", "an id in every row", "Reject those rows."
        )


def _joined(columns: tuple[pl.Series, ...]) -> pl.Series:
    return pl.concat([column.alias("id") for column in columns], rechunk=False)


def _occurring(codes: list[Codes], size: int) -> npt.NDArray[np.bool_]:
    occurs = np.zeros(size, np.bool_)
    for code in codes:
        if len(code) and int(code.max()) >= size:
            raise TableError("ids", f"code {int(code.max())}", f"a code below {size}", "Use the dictionary of these columns.")
        occurs[code] = True
    return occurs


def _first_rows(codes: list[Codes]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the codes that occur, ascending, and for each one row of the columns joined that has it."""
    row = np.full(max((int(code.max()) + 1 for code in codes if len(code)), default=0), NONE, np.int64)
    start = 0
    for code in codes:
        row[code] = np.arange(start, start + len(code))
        start += len(code)
    seen = np.flatnonzero(row != NONE)
    return seen, row[seen]


def _number_text(columns: tuple[pl.Series, ...]) -> tuple[list[Codes], npt.NDArray[np.int64]]:
    """Number text by two hashes; return each column's codes and, by code, the first row of the columns joined that has it."""
    hashed = pl.select(
        pl.lit(column).hash(seed).alias(f"{n} {seed}") for seed in _HASH_SEEDS for n, column in enumerate(columns)
    )
    key, check = (np.concatenate([hashed[f"{n} {seed}"].to_numpy() for n in range(len(columns))]) for seed in _HASH_SEEDS)
    code, first = dense_codes(key, check)
    ends = np.cumsum([len(column) for column in columns])
    return np.split(code, ends[:-1]), first
