"""Workbooks (xlsx): every sheet is a source; numbers, dates and text all arrive as text, exactly or marked as damaged.

Excel keeps 15 digits of a number. The reading engine would fill a longer one up with digits that were never there, so numeric
cells of more than 15 digits are looked up in the sheet's own XML and given the form Excel shows (6.22203E+18), which every
verb refuses.
"""

import io
import re
import zipfile
from collections.abc import Collection
from concurrent.futures import Future
from xml.etree import ElementTree as ET

import fastexcel
import polars as pl

from graphfraud.errors import SourceError
from graphfraud.intake.raw import HEADER_LINES, FrameBody, RawSource, header_line

_LONG_NUMBER = re.compile(
    rb'<(?:\w+:)?c(?P<attributes>(?:\s+[\w:]+="[^"]*")*)\s*>(?:<(?:\w+:)?f\b[^>]*?(?:/>|>[^<]*</(?:\w+:)?f>))?'
    rb"<(?:\w+:)?v>(?P<value>-?\d{16,}(?:\.0*)?|-?\d(?:\.\d+)?[eE]\+?(?:1[5-9]|[2-9]\d|\d{3}))</"
)
_CELL = re.compile(rb'\br="(?P<column>[A-Z]+)(?P<row>\d+)"')
_TEXT_TYPE = re.compile(rb'\bt="(?:s|str|inlineStr|e|b|d)"')
_FORMULA_TAIL = r"^-?\d+\.\d{10,}$"
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


def read_workbook(name: str, data: bytes, digest: "Future[str]", known: Collection[str]) -> list[RawSource]:
    """Read every sheet that has cells; see :func:`graphfraud.intake.read.read_sources`.

    Where some sheets have headings a loader knows, sheets without any (a cover, notes) are passed over and named in
    ``notices``.
    """
    try:
        reader = fastexcel.read_excel(data)
        frames = {
            sheet: reader.load_sheet(sheet, header_row=None, skip_rows=0, dtypes="string").to_polars()
            for sheet in reader.sheet_names
        }
        parts = _sheet_parts(data)
    except (fastexcel.FastExcelError, zipfile.BadZipFile, KeyError, ET.ParseError, ValueError) as cause:
        raise SourceError(
            name,
            "a workbook that is cut short or damaged",
            "a whole xlsx file",
            "Ask for the export again, or save it anew in Excel.",
        ) from cause
    found = []
    for number, (sheet, frame) in enumerate(frames.items(), 1):
        if not frame.height or not frame.width:
            continue
        marked = _marked(frame.rename({c: f"c{i}" for i, c in enumerate(frame.columns)}), parts.get(sheet, b""))
        head = [[cell or "" for cell in row] for row in marked.head(HEADER_LINES).rows()]
        position, score = header_line(head, known)
        found.append((number, sheet, marked, position, score, head[position]))
    if not found:
        raise SourceError(
            name,
            "a workbook without any cells",
            "a sheet with headings and rows under it",
            "Check that this is the file you mean.",
        )
    some_known = any(score for *_, score, _ in found)
    passed = tuple(
        f"sheet {sheet} was passed over: no heading of it is known"
        for _, sheet, _, _, score, _ in found
        if some_known and not score
    )
    sources: list[RawSource] = []
    for number, sheet, frame, position, score, headings in found:
        if some_known and not score:
            continue
        while len(headings) > 1 and not headings[-1].strip():
            headings.pop()
        body = FrameBody.numbered(frame.slice(position + 1), len(headings))
        first = passed if not sources else ()
        sources.append(RawSource(name, sheet, number, len(data), "xlsx", position + 1, tuple(headings), body, digest, first))
    return sources


def _sheet_parts(data: bytes) -> dict[str, bytes]:
    """Return each sheet's XML by the sheet's name."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        relations = ET.fromstring(archive.read("xl/_rels/workbook.xml.rels"))  # noqa: S314 - entities are not expanded by expat here
        target = {r.attrib["Id"]: r.attrib["Target"] for r in relations}
        book = ET.fromstring(archive.read("xl/workbook.xml"))  # noqa: S314
        parts = {}
        for sheet in book.iter():
            if sheet.tag.rpartition("}")[2] == "sheet" and sheet.attrib.get(_RELATION) in target:
                path = target[sheet.attrib[_RELATION]]
                parts[sheet.attrib["name"]] = archive.read(path.lstrip("/") if path.startswith("/") else f"xl/{path}")
    return parts


def _marked(frame: pl.DataFrame, xml: bytes) -> pl.DataFrame:
    """Give numbers of more than 15 digits the form Excel shows; round what formulas leave behind (0.30000000000000004)."""
    damaged: dict[str, str] = {}
    rows: set[int] = set()
    for match in _LONG_NUMBER.finditer(xml):
        if _TEXT_TYPE.search(match["attributes"]):
            continue
        number = float(match["value"])
        damaged[str(int(number))] = f"{number:.5E}"
        cell = _CELL.search(match["attributes"])
        rows.add(int(cell["row"]) - 1 if cell else -1)
    tailed = [c for c in frame.columns if frame[c].str.contains(_FORMULA_TAIL).any()]
    if tailed:
        short = [
            pl.when(pl.col(c).str.contains(_FORMULA_TAIL)).then(pl.col(c).map_elements(_to_15_digits, return_dtype=pl.String))
            for c in tailed
        ]
        frame = frame.with_columns(pl.coalesce(s, pl.col(c)).alias(c) for s, c in zip(short, tailed, strict=True))
    if not damaged:
        return frame
    at = pl.lit(True) if -1 in rows else pl.int_range(pl.len()).is_in(list(rows))
    return frame.with_columns(pl.when(at).then(pl.all().replace(damaged)).otherwise(pl.all()).name.keep())


def _to_15_digits(text: str) -> str:
    """Return a number with the 15 digits Excel vouches for."""
    return f"{float(text):.15g}" if re.match(_FORMULA_TAIL, text) else text
