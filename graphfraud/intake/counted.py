"""Calls counted once: which of a file's calls an earlier row or file told already, and what stays of those it tells first.

Marks of counted calls rest packed in ``records.leg`` of the first rows of their source, a page for :data:`PAGE` calls in order
of time, so that a later file reads only the pages of its days.
"""

import base64
import json
from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from graphfraud.intake import calls
from graphfraud.intake.numbers import check_digit_fails
from graphfraud.intake.validate import Converted
from graphfraud.store.contract import Store
from graphfraud.tables import TABLES

PAGE = 1 << 14
"""Calls whose marks rest together."""

_PAGE_DTYPE = pl.Struct({"since_us": pl.Int64, "until_us": pl.Int64, "calls": pl.String})


def told_once(told: Sequence[Converted], store: Store) -> list[Converted]:
    """Say of each source which of its calls are counted already, by a row before, a source before or the store.

    Returns
    -------
    list of Converted
        ``again`` (rows that repeat a call) and ``pages`` (marks to keep) filled, ``links`` counting every call once.
    """
    at = pl.concat([t.calls["at_us"] for t in told])
    seen = known_marks(store, at.min(), at.max()) if at.len() else pl.Series(dtype=pl.UInt64)  # type: ignore[arg-type]
    answer = []
    for source in told:
        own = source.calls
        if not own.height:
            answer.append(source)
            continue
        fresh = own["mark"].is_first_distinct()
        # The set is made of the fewer that meet: those of the store may be many more than those of the file.
        met = seen.filter(seen.is_in(own["mark"].implode()))
        if met.len():
            fresh &= ~own["mark"].is_in(met.implode())
        new = own.filter(fresh)
        seen = pl.concat([seen, new["mark"]]) if len(told) > 1 else seen
        counted = _shaped(calls.links(own, fresh)) if met.len() else source.links
        answer.append(replace(source, links=counted, again=own.filter(~fresh)["row"], pages=_pages(new)))
    return answer


def _shaped(found: pl.DataFrame) -> pl.DataFrame:
    columns = {**{c: t for c, t in TABLES["links"].schema.items() if c != "record"}, "row": pl.Int64}
    return found.select(pl.col(c).cast(t) for c, t in columns.items())


def _pages(told: pl.DataFrame) -> pl.DataFrame:
    """Pack the marks of calls in order of time; page *n* rests at row *n*."""
    ordered = told.select("at_us", "mark").sort("at_us", "mark")
    pages = []
    for page in ordered.iter_slices(PAGE):
        packed = base64.b64encode(page["mark"].sort().to_numpy().astype("<u8").tobytes()).decode()
        pages.append(json.dumps({"since_us": page["at_us"][0], "until_us": page["at_us"][-1] + 1, "calls": packed}))
    rows = pl.int_range(1, len(pages) + 1, eager=True, dtype=pl.Int64)
    return pl.DataFrame({"row": rows, "leg": pl.Series(pages, dtype=pl.String)})


def known_marks(store: Store, since_us: int, until_us: int) -> pl.Series:
    """Return the marks (UInt64) of counted calls on the pages that reach into ``[since_us, until_us]``."""
    sources = store.read("sources", columns=["document", "record_first", "n_read"]).filter(pl.col("document") == calls.DOCUMENT)
    page = pl.int_ranges(0, (pl.col("n_read") + (PAGE - 1)) // PAGE)
    wanted = sources.select(record=pl.col("record_first") + page)["record"].explode().drop_nulls()
    if not wanted.len():
        return pl.Series(dtype=pl.UInt64)
    legs = store.find("records", "record", wanted).get_column("leg").drop_nulls()
    pages = legs.str.json_decode(_PAGE_DTYPE).struct.unnest()
    near = pages.filter((pl.col("since_us") <= until_us) & (pl.col("until_us") > since_us))["calls"]
    packed = b"".join(base64.b64decode(text) for text in near)
    if not packed:
        return pl.Series(dtype=pl.UInt64)
    whole = pl.Series([packed], dtype=pl.Binary)
    return whole.bin.reinterpret(dtype=pl.Array(pl.UInt64, len(packed) // 8), endianness="little").explode()


def doubts(told: Converted, place: str) -> tuple[str, ...]:
    """Return what a reader of the file should know of its handset numbers."""
    ids: pl.DataFrame = told.devices.select("device_id").filter(check_digit_fails(pl.col("device_id")))
    if not told.calls.height or not ids.height:
        return ()
    n = "1 handset number" if ids.height == 1 else f"{ids.height:,} handset numbers"
    return (f"{place}: {n} (IMEI) whose check digit is wrong; kept as printed, as nobody can tell which digit is wrong.",)


def with_pages(records: pl.DataFrame, pages: pl.DataFrame) -> pl.DataFrame:
    """Put the pages of a source into ``leg`` of its records, which stand in order of row from 1."""
    if not pages.height:
        return records
    return records.with_columns(records["leg"].scatter(pages["row"] - 1, pages["leg"]))
