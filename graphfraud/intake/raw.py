"""Raw sources: what a file says before anything is converted, every cell exact text.

Text files are held as the bytes that were hashed, so what is parsed is what the sha256 vouches for.

**Row numbers.** Row *n* is the *n*-th row under the headings that has anything in it: blank lines, and rows whose every cell
is blank, are not rows and shift nothing. A quoted cell may hold line breaks; it is still one row.
"""

import json
from collections.abc import Collection, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Protocol

import polars as pl

from graphfraud.intake.source_map import clean_heading

HEADER_LINES = 40
"""The headings are looked for in this many lines."""

RAGGED_SCHEMA: dict[str, type[pl.DataType]] = {"row": pl.Int64, "n_cells": pl.Int64}


TEXTS_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {"row": pl.Int64, "cells": pl.List(pl.String)}


class Body(Protocol):
    """The rows under the headings."""

    def cells(self, positions: Sequence[int]) -> pl.DataFrame:
        """Return ``row`` and the text columns ``c{position}`` of every row with the right number of cells; blank is null."""

    def ragged(self) -> pl.DataFrame:
        """Return the rows (RAGGED_SCHEMA) with more or fewer cells than there are headings."""

    def texts(self, rows: pl.Series) -> pl.DataFrame:
        """Return the rows asked for (TEXTS_SCHEMA): ``cells`` is all the text of the row, as many cells as it has."""


@dataclass(frozen=True, slots=True)
class RawSource:
    """One file, or one sheet of a workbook, before conversion.

    Attributes
    ----------
    name, sheet : file name without its folder; sheet name of a workbook, else None
    number : 1 for a file or the first sheet, 2, 3, ... for further sheets
    n_bytes, encoding : size of the file; utf-8, utf-8-sig, utf-16, gb18030, xlsx, parquet or jsonl
    header_row : line or sheet row (1-based) of the headings; 0 where the format has none (parquet, jsonl)
    headings : headings as the file prints them
    notices : what a reader of the file should know, such as a sheet that was passed over
    """

    name: str
    sheet: str | None
    number: int
    n_bytes: int
    encoding: str
    header_row: int
    headings: tuple[str, ...]
    body: Body = field(repr=False)
    digest: "Future[str]" = field(repr=False)
    notices: tuple[str, ...] = ()

    @property
    def sha256(self) -> str:
        """Digest of the file's bytes (computed beside the parsing)."""
        return self.digest.result()

    @property
    def source_id(self) -> str:
        """First 16 hex digits of the sha256, and #n for the n-th sheet after the first."""
        return self.sha256[:16] + (f"#{self.number}" if self.number > 1 else "")

    @property
    def keys(self) -> tuple[str, ...]:
        """Cleaned headings."""
        return tuple(clean_heading(h) for h in self.headings)

    def raw_json(self, rows: pl.Series) -> pl.DataFrame:
        """Return ``row`` and ``raw``: each row asked for as a JSON object heading -> text, in the file's order.

        A heading that stands twice gets #2; cells beyond the last heading are called "+1", "+2", ...
        """
        names: list[str] = []
        for place, heading in enumerate(self.headings, 1):
            name = heading.strip() or f"column {place}"
            names.append(name if name not in names else f"{name}#{names.count(name) + 1}")
        found = self.body.texts(rows)
        rows_cells = found["cells"].to_list()
        longest = max((len(cells) for cells in rows_cells), default=0)
        names += [f"+{i}" for i in range(1, longest - len(names) + 1)]
        raw = [
            json.dumps(dict(zip(names, cells, strict=False)), ensure_ascii=False, separators=(",", ":")) for cells in rows_cells
        ]
        return pl.DataFrame({"row": found["row"], "raw": pl.Series(raw, dtype=pl.String)})


class FrameBody:
    """Rows held as a frame of text columns c0, c1, ...: workbooks, parquet, jsonl, and text files read with care.

    ``ragged`` holds the whole cells of rows whose number of cells is not that of the headings.
    """

    def __init__(self, frame: pl.DataFrame, ragged: dict[int, list[str]] | None = None) -> None:
        self._frame = frame
        self._ragged = ragged or {}

    @classmethod
    def numbered(cls, frame: pl.DataFrame, n_headings: int | None = None) -> "FrameBody":
        """Number the rows of a frame of text columns, leaving out rows whose every cell is blank.

        A row with a cell that is not blank beyond the last of ``n_headings`` headings is ragged.
        """
        filled = [pl.col(c).fill_null("").str.strip_chars() != "" for c in frame.columns]
        frame = frame.filter(pl.any_horizontal(filled))
        frame = frame.with_row_index("row", offset=1).with_columns(pl.col("row").cast(pl.Int64))
        n = frame.width - 1 if n_headings is None else n_headings
        if n == len(filled):
            return cls(frame)
        beyond = pl.any_horizontal(filled[n:])
        ragged = {row[0]: [cell or "" for cell in row[1:]] for row in frame.filter(beyond).iter_rows()}
        return cls(frame.filter(~beyond).select("row", *(f"c{i}" for i in range(n))), ragged)

    def cells(self, positions: Sequence[int]) -> pl.DataFrame:
        """See :class:`Body`."""
        return self._frame.select("row", *(pl.col(f"c{p}") for p in positions))

    def ragged(self) -> pl.DataFrame:
        """See :class:`Body`."""
        pairs = [(row, len(cells)) for row, cells in self._ragged.items()]
        return pl.DataFrame(pairs, schema=RAGGED_SCHEMA, orient="row")

    def texts(self, rows: pl.Series) -> pl.DataFrame:
        """See :class:`Body`."""
        wanted = rows.unique().cast(pl.Int64)
        whole = self._frame.filter(pl.col("row").is_in(wanted.implode()))
        kept = whole.select(
            "row", cells=pl.concat_list(pl.exclude("row")) if whole.width > 1 else pl.lit([], pl.List(pl.String))
        )
        odd = [(row, self._ragged[row]) for row in wanted.to_list() if row in self._ragged]
        return pl.concat([kept, pl.DataFrame(odd, schema=TEXTS_SCHEMA, orient="row")]).sort("row")


def header_line(lines: Sequence[Sequence[str]], known: Collection[str]) -> tuple[int, int]:
    """Return (position, number of known headings) of the line that has most known headings, the first of equals.

    Where no line has any, the first line with the most cells that are not blank stands in, and the number is 0.
    """
    scores = [sum(clean_heading(cell) in known for cell in set(cells)) for cells in lines]
    best = max(scores, default=0)
    if best:
        return scores.index(best), best
    filled = [sum(bool(cell.strip()) for cell in cells) for cells in lines]
    return (filled.index(max(filled)), 0) if filled else (0, 0)
