"""Delimited text (csv, tsv, txt): encoding, delimiter, line of headings, and the rows with the right number of cells.

The usual file is read by polars' parallel parser, only the columns asked for. A file whose quoting is out of the ordinary
(cells with line breaks, stray quotation marks, ="...") is read by Python's csv module: slower, and exact.
"""

import csv
import io
from collections.abc import Collection, Sequence
from concurrent.futures import Future
from dataclasses import dataclass

import polars as pl

from graphfraud.errors import SourceError
from graphfraud.intake.raw import HEADER_LINES, RAGGED_SCHEMA, FrameBody, RawSource, header_line
from graphfraud.intake.source_map import clean_heading

DELIMITERS = (",", "\t", "|", ";")
_HEAD_BYTES = 1 << 18
_CELL_LINES_MAX = 50
"""A quoted cell with more line breaks than this is a quotation mark nobody closed."""

_MARK = "\x1f"
"""Unit separator: no export has it in a cell; a file that does is read with care."""

_REMEDY = "Ask for the export again, or save it as UTF-8 text."


def read_delimited(name: str, data: bytes, digest: "Future[str]", known: Collection[str]) -> RawSource:
    """Read a text file; see :func:`graphfraud.intake.read.read_sources`."""
    n_bytes = len(data)
    data, encoding = _decoded(name, data, known)
    if b"\n" not in data and b"\r" in data:
        data = data.replace(b"\r", b"\n")  # line ends of old Macs
    lines, starts = _head(data)
    if not lines:
        raise SourceError(name, "nothing but blanks", "a line of headings and rows under it", _REMEDY)
    try:
        found = [(d, _headings(lines, d, known)) for d in DELIMITERS]
    except csv.Error as cause:
        raise SourceError(name, f"a cell of more than {csv.field_size_limit():,} characters", "a table", _REMEDY) from cause
    separator, heading = max(found, key=lambda pair: (pair[1].n_known, len(pair[1].cells)))
    position, headings, skip = heading.line, heading.cells, heading.line + heading.n_lines
    offset = starts[skip] if skip < len(starts) else len(data)
    body = ParsedBody(name, data, offset, skip, separator, len(headings))
    return RawSource(name, None, 1, n_bytes, encoding, position + 1, headings, body, digest)


# --- encoding


def _decoded(name: str, data: bytes, known: Collection[str]) -> tuple[bytes, str]:
    """Return the text as UTF-8 bytes without a BOM, and the name of the encoding found; strict throughout."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        try:
            return data.decode("utf-16").encode(), "utf-16"
        except UnicodeDecodeError as cause:
            raise SourceError(name, "text cut short or damaged (UTF-16)", "whole UTF-16 text", _REMEDY) from cause
    if b"\x00" in data:
        raise SourceError(
            name, "binary content", "text (csv, tsv, txt), xlsx, parquet or jsonl", "Check that this is the file you mean."
        )
    if data[:3] == b"\xef\xbb\xbf":
        return _strict(name, data[3:], "utf-8"), "utf-8-sig"
    head = data[:_HEAD_BYTES].rsplit(b"\n", 1)[0]
    for encoding in ("utf-8", "gb18030"):
        if _knows(head, encoding, known):  # the headings tell the encoding, so damage further down is named as damage
            return _strict(name, data, encoding), encoding
    try:
        return _strict(name, data, "utf-8"), "utf-8"
    except SourceError:
        return _strict(name, data, "gb18030"), "gb18030"


def _knows(head: bytes, encoding: str, known: Collection[str]) -> bool:
    lines = head.decode(encoding, errors="ignore").splitlines()[:HEADER_LINES]
    tokens = {
        clean_heading(token).strip('"') for line in lines for d in DELIMITERS for token in line.split(d) if not token.isascii()
    }
    return len(tokens & set(known)) >= 2


def _strict(name: str, data: bytes, encoding: str) -> bytes:
    try:
        if encoding == "utf-8":
            # Reading the length of each line makes polars check all of it, several times faster than Python's decoder.
            pl.scan_lines(data).select(pl.col("line").str.len_bytes().sum()).collect()
            return data
        return data.decode(encoding).encode()
    except (pl.exceptions.ComputeError, UnicodeDecodeError) as cause:
        line, byte = _first_damage(data, encoding)
        raise SourceError(
            f"{name} line {line}",
            f"byte {byte} that is not {encoding.upper()} text",
            "text in UTF-8, UTF-16 with BOM or GB18030",
            _REMEDY,
        ) from cause


def _first_damage(data: bytes, encoding: str) -> tuple[int, str]:
    try:
        data.decode(encoding)
    except UnicodeDecodeError as error:
        return data.count(b"\n", 0, error.start) + 1, f"0x{data[error.start]:02X}"
    raise AssertionError("damage that Python's decoder does not see")


# --- headings


def _head(data: bytes) -> tuple[list[str], list[int]]:
    """Return the first physical lines, and the byte offset at which each line begins."""
    lines: list[str] = []
    starts: list[int] = [0]
    while len(lines) < HEADER_LINES + _CELL_LINES_MAX and starts[-1] < len(data):
        end = data.find(b"\n", starts[-1])
        end = len(data) if end < 0 else end
        lines.append(data[starts[-1] : end].decode().rstrip("\r"))
        starts.append(min(end + 1, len(data)))
    return ([] if all(not line.strip() for line in lines) else lines), starts


@dataclass(frozen=True, slots=True)
class _Headings:
    cells: tuple[str, ...]
    line: int  # 0 is the first line of the file
    n_lines: int
    n_known: int


def _headings(lines: Sequence[str], separator: str, known: Collection[str]) -> _Headings:
    """Find the headings among the first lines; a quoted heading may hold a line break."""
    records: list[list[str]] = []
    ends = [0]
    reader = csv.reader([line + "\n" for line in lines], delimiter=separator)
    for cells in reader:
        records.append(cells)
        ends.append(reader.line_num)
    position, n_known = header_line(records[:HEADER_LINES], known)
    if not n_known:  # perhaps a stray quotation mark above the headings swallowed them
        records = [next(csv.reader([line], delimiter=separator), []) for line in lines]
        ends = list(range(len(lines) + 1))
        position, n_known = header_line(records[:HEADER_LINES], known)
    cells = records[position]
    while len(cells) > 1 and not cells[-1].strip():
        cells.pop()  # a separator at the end of the line
    return _Headings(tuple(cells), ends[position], ends[position + 1] - ends[position], n_known)


# --- rows


def _careful(name: str, text: str, line_before: int, separator: str, n_cells: int) -> FrameBody:
    """Read with Python's csv module, row by row."""
    whole: list[list[str]] = []
    rows: list[int] = []
    ragged: dict[int, list[str]] = {}
    row = line = n_lines = 0
    unclosed = text.count('"') % 2 == 1
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        for cells in reader:
            line, n_lines = reader.line_num, reader.line_num - line
            if n_lines > _CELL_LINES_MAX:
                raise csv.Error
            if not any(cell.strip() for cell in cells):
                continue
            row += 1
            if _fits(cells, n_cells):
                whole.append(cells[:n_cells])
                rows.append(row)
            else:
                ragged[row] = cells
        if unclosed and n_lines > 1:
            raise csv.Error
    except csv.Error as cause:
        raise SourceError(
            f"{name} line {line_before + max(line - n_lines, 0) + 1}",
            "a quotation mark that is never closed",
            f"a cell that ends within {_CELL_LINES_MAX} lines",
            "Remove or close the quotation mark in that line.",
        ) from cause
    frame = pl.DataFrame(whole, schema={f"c{i}": pl.String for i in range(n_cells)}, orient="row")
    numbers = pl.Series("row", rows, dtype=pl.Int64)
    return FrameBody(frame.with_columns(pl.all().replace("", None)).insert_column(0, numbers), ragged)


def _fits(cells: Sequence[str], n_cells: int) -> bool:
    """Tell whether a row has a cell for each heading; cells beyond the headings may be there, if they are blank."""
    return len(cells) >= n_cells and not any(cell.strip() for cell in cells[n_cells:])


class ParsedBody:
    """Rows read by polars' parallel parser, only the columns asked for.

    The parser fills short rows up and cuts long ones without a word. So each line is given one more cell with a mark:
    where the mark does not stand just behind the last heading, the row is ragged (or blank), and is looked at singly.
    Where lines are not rows (a cell holds a line break) or the quoting is odd, Python's csv module reads the body.
    """

    def __init__(self, name: str, data: bytes, offset: int, line_before: int, separator: str, n_cells: int) -> None:
        self._name = name
        self._data = data
        self._offset = offset
        self._line_before = line_before
        self._separator = separator
        self._n_cells = n_cells
        self._careful: FrameBody | None = None
        self._parsed = False
        self._row_of_line: pl.Series | None = None  # where blank lines part rows from lines
        self._ragged: dict[int, list[str]] = {}

    def cells(self, positions: Sequence[int]) -> pl.DataFrame:
        """See :class:`graphfraud.intake.read.Body`."""
        names = [f"c{p}" for p in positions]
        frame = None if self._careful is not None else self._parse(names)
        if frame is None:
            return self._with_care().cells(positions)
        end, beyond = f"c{self._n_cells}", f"c{self._n_cells + 1}"
        whole = (pl.col(end) == _MARK) | (pl.col(end).is_null() & (pl.col(beyond) == _MARK))
        doubtful = ~whole.fill_null(False)
        if names:
            doubtful |= pl.all_horizontal(pl.col(names).is_null())
        doubts = frame.filter(doubtful)["row"]
        frame = frame.select("row", *names)
        self._parsed = True
        return frame if doubts.is_empty() else self._settle(frame, doubts)

    def _settle(self, frame: pl.DataFrame, doubts: pl.Series) -> pl.DataFrame:
        """Look at the doubtful lines singly: number the rows past blank lines, set ragged rows apart."""
        lines = self._lines().with_row_index("row", offset=1).with_columns(pl.col("row").cast(pl.Int64))
        texts = lines.filter(pl.col("row").is_in(doubts.implode())).collect()
        cells = dict(zip(texts["row"], csv.reader(texts["line"].to_list(), delimiter=self._separator), strict=True))
        blank = [line for line, found in cells.items() if not any(cell.strip() for cell in found)]
        if blank:
            frame = frame.with_columns(is_row=~pl.col("row").is_in(pl.Series(blank).implode()))
            number = pl.when("is_row").then(pl.col("is_row").cum_sum().cast(pl.Int64))
            self._row_of_line = frame.select(row=number)["row"]
            frame = frame.drop("is_row")
        row_of = self._row_of_line
        short = {line: found for line, found in cells.items() if line not in set(blank) and not _fits(found, self._n_cells)}
        self._ragged = {(line if row_of is None else row_of[line - 1]): found for line, found in short.items()}
        if row_of is not None:
            frame = frame.with_columns(row_of).filter(pl.col("row").is_not_null())
        return frame.filter(~pl.col("row").is_in(pl.Series(list(self._ragged), dtype=pl.Int64).implode())) if short else frame

    def _parse(self, names: Sequence[str]) -> pl.DataFrame | None:
        """Return line number, the columns asked for and the two behind the last; None where polars is not to be trusted."""
        cell = (self._separator + _MARK).encode()
        data = self._data
        if _MARK.encode() in data:
            return None
        if b"\r" in data:
            data = data.replace(b"\r\n", b"\n")
        # No copy of the body alone: the lines above it get their mark too, and are skipped.
        marked = data.replace(b"\n", cell + b"\n")
        n_lines = (len(marked) - len(data)) // len(cell) - self._line_before
        if not data.endswith(b"\n"):
            marked += cell + b"\n"
            n_lines += 1
        schema = {f"c{i}": pl.String for i in range(self._n_cells + 2)}
        if n_lines <= 0:
            return pl.DataFrame(schema={"row": pl.Int64, **schema})
        try:
            frame = pl.scan_csv(
                marked,
                has_header=False,
                skip_lines=self._line_before,
                separator=self._separator,
                quote_char='"' if data.find(b'"', self._offset) >= 0 else None,
                schema=schema,
                infer_schema=False,
                truncate_ragged_lines=True,
                missing_columns="insert",
                row_index_name="row",
                row_index_offset=1,
            )
            ends = (f"c{self._n_cells}", f"c{self._n_cells + 1}")
            found = frame.select(pl.col("row").cast(pl.Int64), *names, *ends).collect()
        except pl.exceptions.PolarsError:  # odd quoting; the csv module says what is wrong, if anything is
            return None
        return found if found.height == n_lines else None

    def _with_care(self) -> FrameBody:
        if self._careful is None:
            text = self._data[self._offset :].decode()
            self._careful = _careful(self._name, text, self._line_before, self._separator, self._n_cells)
        return self._careful

    def _lines(self) -> pl.LazyFrame:
        return pl.scan_lines(self._data).slice(self._line_before)

    def ragged(self) -> pl.DataFrame:
        """See :class:`graphfraud.intake.read.Body`."""
        if not self._parsed:
            self.cells([0])
        if self._careful is not None:
            return self._careful.ragged()
        pairs = [(row, len(cells)) for row, cells in self._ragged.items()]
        return pl.DataFrame(pairs, schema=RAGGED_SCHEMA, orient="row").sort("row")

    def texts(self, rows: pl.Series) -> pl.DataFrame:
        """See :class:`graphfraud.intake.read.Body`."""
        if not self._parsed:
            self.cells([0])
        if self._careful is not None:
            return self._careful.texts(rows)
        lines = self._lines()
        if self._row_of_line is None:
            lines = lines.with_row_index("row", offset=1).with_columns(pl.col("row").cast(pl.Int64))
        else:
            lines = lines.with_columns(self._row_of_line)
        found = lines.filter(pl.col("row").is_in(rows.cast(pl.Int64).unique().implode())).collect()
        cells = list(csv.reader(found["line"].to_list(), delimiter=self._separator))
        return pl.DataFrame({"row": found["row"], "cells": pl.Series(cells, dtype=pl.List(pl.String))})
