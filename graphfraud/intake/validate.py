"""Every row accepted or rejected: a raw source and its map give typed frames and faults, and the two add up."""

import re
import unicodedata
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import polars as pl

from graphfraud.errors import LoaderError
from graphfraud.intake.calls import no_calls, no_pages
from graphfraud.intake.convert import EXPECTED, Cells, convert, convert_choice, convert_clock, convert_micros
from graphfraud.intake.detect import bind
from graphfraud.intake.documents import DOCUMENTS, FRAMES, schema, statement_fields
from graphfraud.intake.legs import FAULT_SCHEMA, LEG_SCHEMA
from graphfraud.intake.raw import RawSource
from graphfraud.intake.source_map import FIELDS, SourceMap
from graphfraud.mask import mask_id, mask_text
from graphfraud.units import AMOUNT_FEN_MAX, DAY_US, yuan_text

_DTYPES = {"text": pl.String, "choice": pl.String} | dict.fromkeys(("money", "time", "clock", "duration", "cell"), pl.Int64)
_ID_VERBS = ("to_account_id", "to_phone", "to_id_number", "to_imei", "to_dialled")
_VALUE_CHARS = 40
_REMEDY = "Kept in rejected; correct the file and load it again."
_FAULTS = {"ix": pl.UInt32, "field": pl.String, "check": pl.String}


@dataclass(frozen=True, slots=True)
class Converted:
    """What one source says, typed.

    Attributes
    ----------
    legs : frame of LEG_SCHEMA
    accounts, holders, sims, devices, cases, links, call_counts : frames of the table's columns, ``row`` in place of ``record``
        Several rows may speak of one key (a person with two accounts); the newest (highest ``row``) value that is not null
        holds.
    faults : frame of FAULT_SCHEMA
        Every fault of every rejected row, by row.
    n_read : int
        Rows under the headings; rows 1 to n_read are each in the frames or in ``faults``.
    calls, again, pages : frame, Series, frame
        Of call records: see :mod:`graphfraud.intake.calls` and :mod:`graphfraud.intake.counted`.
    """

    legs: pl.DataFrame
    accounts: pl.DataFrame
    holders: pl.DataFrame
    sims: pl.DataFrame
    devices: pl.DataFrame
    cases: pl.DataFrame
    links: pl.DataFrame
    call_counts: pl.DataFrame
    faults: pl.DataFrame
    n_read: int
    raw: RawSource = field(repr=False)
    calls: pl.DataFrame = field(default_factory=no_calls, repr=False)
    again: pl.Series = field(default_factory=lambda: pl.Series(dtype=pl.Int64), repr=False)
    pages: pl.DataFrame = field(default_factory=no_pages, repr=False)

    def raw_json(self, rows: pl.Series) -> pl.DataFrame:
        """Return ``row`` and ``raw`` (the whole row as a JSON object) of the rows asked for."""
        return self.raw.raw_json(rows)


def converted(raw: RawSource, source_map: SourceMap) -> Converted:
    """Convert a raw source by its map.

    Raises
    ------
    LoaderError
        If the source lacks a heading the map cannot do without.
    SourceError
        If a quotation mark is never closed.
    """
    binding = bind(raw.headings, source_map)
    where = place(raw)
    if binding.missing:
        raise LoaderError(
            where,
            f"no heading {', '.join(binding.missing)}",
            f"the headings loader {source_map.name} needs",
            "Choose another with --loader, or add the file's heading to the map's list.",
        )
    positions = sorted({p for group in binding.positions.values() for p in group})
    cells = raw.body.cells(positions)
    ragged = raw.body.ragged()
    texts = {f: _text(cells, group) for f, group in binding.positions.items()}
    typed, found = _typed(texts, source_map, cells["row"])
    del texts
    document = DOCUMENTS[source_map.document]
    if source_map.document == "statement":
        typed = statement_fields(typed)
    found += _checked(typed, document.checks(source_map), found)
    faults = pl.concat(found) if found else pl.DataFrame(schema=_FAULTS)
    good = typed
    if faults.height:
        bad = pl.select(pl.repeat(False, typed.height, dtype=pl.Boolean)).to_series().scatter(faults["ix"].unique(), True)
        good = typed.filter(~bad)
    frames = document.build(good, source_map, raw.source_id)
    empty = {"legs": pl.DataFrame(schema=LEG_SCHEMA), **{name: pl.DataFrame(schema=schema(name)) for name in FRAMES}}
    told = _told(faults, cells, binding.positions, raw, source_map)
    return Converted(
        **{name: frames.get(name, empty[name]) for name in ("legs", *FRAMES)},  # type: ignore[arg-type]
        faults=pl.concat([told, _ragged_faults(ragged, raw)]).sort("row", maintain_order=True),
        n_read=cells.height + ragged.height,
        raw=raw,
        calls=frames.get("calls", no_calls()),
    )


def place(raw: RawSource) -> str:
    """Return how messages name a source: the file's name and, of a workbook, the sheet."""
    return raw.name if raw.sheet is None else f"{raw.name} [{raw.sheet}]"


def _text(cells: pl.DataFrame, group: tuple[int, ...]) -> pl.Series:
    """Return the cells of a field: of several columns, the first that is not blank in the row."""
    if len(group) == 1:
        return cells[f"c{group[0]}"]
    filled = [pl.when(pl.col(f"c{p}").str.strip_chars() != "").then(pl.col(f"c{p}")) for p in group]
    return cells.select(pl.coalesce(filled)).to_series()


def _typed(texts: Mapping[str, pl.Series], source_map: SourceMap, rows: pl.Series) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
    """Convert every bound field, columns side by side in threads; return the typed frame and the faults met."""

    def one(name: str) -> Cells:
        verb, text = source_map.columns[name].verb, texts[name]
        if verb == "to_micros":
            return convert_micros(text, source_map.time_zone)
        if verb == "to_clock":
            return convert_clock(text)
        if verb == "to_choice":
            return convert_choice(text, source_map.choices[name], name)
        return convert(text, verb)

    with ThreadPoolExecutor() as pool:
        done = dict(zip(texts, pool.map(one, texts), strict=True))
    columns: list[pl.Series] = [rows.alias("row")]
    for name, kind in FIELDS[source_map.document].items():
        value = done[name].value if name in done else pl.select(pl.repeat(None, rows.len(), dtype=_DTYPES[kind])).to_series()
        columns.append(value.alias(name))
    typed = pl.DataFrame(columns)
    if "at" in done:
        typed = typed.with_columns(done["at"].extra.alias("at_precision_us"))  # type: ignore[union-attr]
        if "clock" in done:
            typed = _with_clock(typed, done["clock"])
    elif source_map.document in ("statement", "case_report"):
        typed = typed.with_columns(at_precision_us=pl.lit(None, pl.Int64))
    found = [
        cells.faults.select("ix", pl.lit(name).alias("field"), "check") for name, cells in done.items() if cells.faults.height
    ]
    for name, fieldmap in source_map.columns.items():
        if fieldmap.required and name in done:
            found += _missing(name, done[name])
    return typed, found


def _with_clock(typed: pl.DataFrame, clock: Cells) -> pl.DataFrame:
    """Add the time of day where the date stands alone."""
    alone = (pl.col("at_precision_us") == DAY_US) & pl.col("clock").is_not_null()
    return typed.with_columns(
        at=pl.when(alone).then(pl.col("at") + pl.col("clock")).otherwise("at"),
        at_precision_us=pl.when(alone).then(pl.lit(clock.extra)).otherwise("at_precision_us"),
    )


def _missing(name: str, cells: Cells) -> list[pl.DataFrame]:
    if cells.value.null_count() == cells.faults.height:
        return []
    blank = cells.value.is_null().arg_true().to_frame("ix").select(pl.col("ix").cast(pl.UInt32))
    blank = blank.join(cells.faults, on="ix", how="anti")
    return [blank.select("ix", pl.lit(name).alias("field"), pl.lit("missing_value").alias("check"))]


def _checked(typed: pl.DataFrame, checks: list, found: list[pl.DataFrame]) -> list[pl.DataFrame]:  # type: ignore[type-arg]
    """Apply the document's checks; a cell that failed to convert is not said to be missing too."""
    broken = typed.select(c.fails.fill_null(False).alias(str(i)) for i, c in enumerate(checks))
    faulty = pl.concat(found) if found else pl.DataFrame(schema=_FAULTS)
    new = []
    for i, c in enumerate(checks):
        at = broken[str(i)].arg_true()
        if at.is_empty():
            continue
        fault = pl.DataFrame({"ix": at.cast(pl.UInt32)}).select(
            "ix", pl.lit(c.field).alias("field"), pl.lit(c.name).alias("check")
        )
        if c.name.startswith("missing"):
            fields = ("own_account", "own_card") if c.field in ("own_account", "own_card") else ("account", "card", c.field)
            fault = fault.join(faulty.filter(pl.col("field").is_in(fields)), on="ix", how="anti")
        new.append(fault)
    return new


# --- messages


def _told(
    faults: pl.DataFrame, cells: pl.DataFrame, positions: Mapping[str, tuple[int, ...]], raw: RawSource, source_map: SourceMap
) -> pl.DataFrame:
    """Word each fault: row, heading, cell, check, message."""
    order = {name: i for i, name in enumerate(source_map.columns)}
    rows = []
    faults = faults.sort("ix", pl.col("field").replace_strict(order, default=len(order), return_dtype=pl.Int64))
    few = cells.select(pl.all().gather(faults["ix"]))
    for i, (_, name, check) in enumerate(faults.iter_rows()):
        group = positions.get(name) or next((positions[f] for f in positions), (0,))
        texts = [few[f"c{p}"][i] for p in group]
        used = next((k for k, text in enumerate(texts) if text is not None and text.strip()), 0)
        heading, value, row = raw.headings[group[used]].strip(), texts[used], few["row"][i]
        rows.append((row, heading, value, check, message(raw, row, heading, value, check, name, source_map)))
    return pl.DataFrame(rows, schema=FAULT_SCHEMA, orient="row")


def message(raw: RawSource, row: int, heading: str, value: str | None, check: str, name: str, source_map: SourceMap) -> str:
    """Return one sentence: where, what was found, what is expected, what to do; identifiers masked."""
    at = f"{place(raw)} row {row}, {heading}:"
    is_id = name in source_map.columns and source_map.columns[name].verb in _ID_VERBS
    shown = f'"{shown_value(value or "", is_id=is_id)}"'
    if check in ("missing_value", "missing_account"):
        what = "an account or card number" if check == "missing_account" else "a value in every row"
        return f"{at} found nothing, expected {what}. {_REMEDY}"
    if check == "foreign_currency" or check.startswith("unknown_"):
        signs = ", ".join(f"{m}: {' '.join(s)}" for m, s in source_map.choices[name].items())
        kind = "yuan, and other currencies are not converted" if check == "foreign_currency" else "a sign this loader knows"
        return f"{at} {shown} is not {kind} ({signs}). {_REMEDY}"
    wording = {
        "zero_amount": "is an amount of zero, expected more than 0",
        "negative_amount": "is less than zero, expected an amount above 0",
        "two_amounts": "stands beside an amount in the other column, expected one of the two",
        "amount_out_of_range": f"is not an amount up to {yuan_text(AMOUNT_FEN_MAX)} yuan",
        "time_out_of_range": "is not a time from 1990 to 2099",
        "not_a_sim": "is not the number of a phone card (11 digits, 13 of a data card, or + and a country's number)",
    }
    return f"{at} {shown} {wording.get(check) or 'is not ' + EXPECTED[check]}. {_REMEDY}"


def shown_value(value: str, *, is_id: bool) -> str:
    """Return a cell as a message may show it: narrow, on one line, short, identifiers masked however they are spaced."""
    text = " ".join(unicodedata.normalize("NFKC", value).split())
    if damaged := re.fullmatch(r"(-?\d(?:\.\d{0,5})?)(\d*)([eE]\+?\d{1,2})", text):
        return damaged[1] + ("..." if damaged[2] else "") + damaged[3]  # no more digits than the mask would show
    if is_id:
        return mask_id(text) if sum(c.isdigit() for c in text) >= 7 else text[:_VALUE_CHARS]
    text = re.sub(r"\d{4}(?:[ -]\d{3,})+", lambda m: re.sub(r"[ -]", "", m.group()), text)
    text = re.sub(r"\d{7,}", lambda m: mask_id(m.group()), mask_text(text))  # also a number with letters stuck to it
    return text if len(text) <= _VALUE_CHARS else text[:_VALUE_CHARS] + "..."


def _ragged_faults(ragged: pl.DataFrame, raw: RawSource) -> pl.DataFrame:
    n = len(raw.headings)
    rows = [
        (
            row,
            None,
            None,
            "ragged_row",
            f"{place(raw)} row {row}: found {n_cells} cells, expected {n} as there are headings. {_REMEDY}",
        )
        for row, n_cells in ragged.iter_rows()
    ]
    return pl.DataFrame(rows, schema=FAULT_SCHEMA, orient="row")
