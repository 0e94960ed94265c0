"""How rows rest in Neo4j: keys of one text, pages of records, the parts of a batch. Frames in, parameters out.

A property bears its column's name; a null is an absent property. Things (accounts, holders, SIMs, ...) are nodes; a thing
that no register describes has no ``record``. ``row_key`` names a row whose key has several columns.
"""

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from graphfraud.tables import OUTCOMES, TABLES
from graphfraud.units import NONE

CHUNK_ROWS = 10_000
"""Rows written in one transaction."""

BLOCK = 8_192
"""Record numbers of one page of records; a page holds the outcomes of one source's rows among them, one letter each."""

PAGE_COLUMNS: Mapping[str, type[pl.DataType]] = {
    "page_id": pl.String, "block": pl.Int64, "source_id": pl.String, "row_offset": pl.Int64,
    "n": pl.Int64, "outcomes": pl.String,
}  # fmt: skip

_LETTERS = dict(zip(OUTCOMES, "kdmvfr", strict=True))
_DETAILS = tuple(c for c in TABLES["records"].schema if c not in ("record", "source_id", "row", "outcome"))
_UNKNOWN_RECORDS = ("payer_record", "payee_record", "report_record")

DESCRIBED: Mapping[str, str] = {"accounts": "account", "holders": "holder", "sims": "sim", "devices": "device"}
"""Tables whose rows describe a thing: table -> kind of thing."""

_NAMED: Mapping[str, tuple[tuple[str, str], ...]] = {
    "transactions": (("account", "payer_id"), ("account", "payee_id")),
    "cases": (("holder", "victim_id"), ("case", "case_id")),
    "measures": (("account", "account_id"),),
    "call_counts": (("sim", "sim_id"),),
    "judgements": (("holder", "a_id"), ("holder", "b_id")),
    **{table: ((kind, TABLES[table].key[0]),) for table, kind in DESCRIBED.items()},
}


@dataclass(frozen=True, slots=True)
class Chunk:
    """A part of a batch, written in one transaction: keys it touches, rows that stand there now, rows it writes."""

    chunk_id: str
    table: str
    keys: pl.DataFrame
    before: pl.DataFrame
    rows: pl.DataFrame


def key_column(table: str) -> str:
    """Return the property that names a row of the table."""
    key = TABLES[table].key
    return key[0] if len(key) == 1 else "row_key"


def keys_of(frame: pl.DataFrame, table: str) -> pl.Series:
    """Return the key of each row as one value; key columns of several are length-prefixed, so no two keys share a text."""
    key = TABLES[table].key
    if len(key) == 1:
        return frame.get_column(key[0])
    parts = [part for k in key for part in (pl.col(k).str.len_chars().cast(pl.String), pl.lit(":"), pl.col(k))]
    return frame.select(pl.concat_str(parts).alias("row_key")).to_series()


def rows_as_maps(rows: pl.DataFrame, table: str) -> list[dict[str, Any]]:
    """Return one map of properties for each row, nulls left out."""
    if key_column(table) == "row_key":
        rows = rows.with_columns(keys_of(rows, table))
    return [{name: value for name, value in row.items() if value is not None} for row in rows.iter_rows(named=True)]


def transfers_as_lists(rows: pl.DataFrame) -> dict[str, list[Any]]:
    """Return each column of transactions as a list; payer and payee as positions in the list of their ids."""
    ids = pl.concat([rows["payer_id"], rows["payee_id"].alias("payer_id")]).unique().sort()
    at = ids.to_frame("id").with_row_index("ix")

    def positions(side: str) -> list[int]:
        return rows.select(side).join(at, left_on=side, right_on="id", how="left", maintain_order="left")["ix"].to_list()

    columns = without_unknown_records(rows.drop("payer_id", "payee_id"))
    return {
        "ids": ids.to_list(),
        "payer": positions("payer_id"),
        "payee": positions("payee_id"),
        **{name: columns[name].to_list() for name in columns.columns},
    }


def without_unknown_records(transactions: pl.DataFrame) -> pl.DataFrame:
    """Make unknown record numbers null: absent in the graph."""
    return transactions.with_columns(pl.when(pl.col(c) != NONE).then(pl.col(c)).alias(c) for c in _UNKNOWN_RECORDS)


def frame_from(columns: list[list[Any]], names: list[str], schema: Mapping[str, Any], n: int | None = None) -> pl.DataFrame:
    """Return the frame of columns as the server lists them; an absent record number is -1.

    Of ``n`` rows, a column that says one thing throughout may be listed as that one value.
    """
    series = [pl.Series(name, values, dtype=schema[name]) for name, values in zip(names, columns, strict=True)]
    frame = pl.DataFrame([s.new_from_index(0, n) if n is not None and s.len() == 1 else s for s in series])
    return frame.with_columns(pl.col(c).fill_null(NONE) for c in _UNKNOWN_RECORDS if c in names)


# --- records: pages of outcomes, and nodes for the rows that say more -------------------------------------------------


def blocks_of(records: pl.Series) -> list[int]:
    """Return the blocks these record numbers fall in."""
    return (records // BLOCK).unique().sort().to_list()


def pages_from(records: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Split records into pages of outcomes and the rows that have more to say."""
    says_more = pl.any_horizontal(pl.col(c).is_not_null() for c in _DETAILS)
    group = ["source_id", "row_offset", "block"]
    place = pl.col("record") % BLOCK
    gap = place - place.shift(1).over(group).fill_null(-1) - 1
    pages = (
        records.filter(~says_more)
        .sort("record")
        .with_columns(row_offset=pl.col("record") - pl.col("row"), block=pl.col("record") // BLOCK)
        .with_columns(
            piece=pl.lit(".").repeat_by(gap).list.join("") + pl.col("outcome").replace_strict(_LETTERS, return_dtype=pl.String)
        )
        .group_by(group, maintain_order=True)
        .agg(pl.len().cast(pl.Int64).alias("n"), pl.col("piece").str.join("").alias("outcomes"))
        .with_columns(page_id=pl.format("{}/{}/{}", "block", "row_offset", "source_id"))
    )
    return pages.select(*PAGE_COLUMNS), records.filter(says_more)


def records_from(pages: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """Put pages of outcomes and the rows that say more together again."""
    names = {letter: outcome for outcome, letter in _LETTERS.items()}
    plain = (
        pages.with_columns(pl.col("outcomes").str.split(""))
        .with_columns(place=pl.int_ranges(0, pl.col("outcomes").list.len()))
        .explode("outcomes", "place")
        .filter(pl.col("outcomes") != ".")
        .with_columns(
            record=pl.col("block") * BLOCK + pl.col("place"),
            outcome=pl.col("outcomes").replace_strict(names, return_dtype=pl.String),
        )
        .with_columns(row=pl.col("record") - pl.col("row_offset"))
    )
    schema = TABLES["records"].schema
    return pl.concat(
        [rows, plain.select((pl.col(c) if c in plain.columns else pl.lit(None)).cast(schema[c]).alias(c) for c in schema)]
    )


# --- batches ------------------------------------------------------------------------------------------------------------


def touched(table: str, rows: pl.DataFrame, removed: pl.DataFrame | None) -> pl.DataFrame:
    """Return the keys that rows and removals touch, each once."""
    schema, key = TABLES[table].schema, TABLES[table].key
    keys = rows.select(key)
    if removed is not None:
        keys = pl.concat([keys, removed.select(pl.col(k).cast(schema[k]) for k in key)]).unique()
    return keys


def chunks(batch_id: str, table: str, keys: pl.DataFrame, before: pl.DataFrame, rows: pl.DataFrame) -> Iterator[Chunk]:
    """Cut what a batch does to one table into parts of about ``CHUNK_ROWS`` rows that touch no key twice.

    Transfers are cut by time: the server keeps rows as they come, and transfers are read by windows of time. Records are cut by
    block.
    """
    key = list(TABLES[table].key)
    if table == "transactions":
        times = pl.concat([rows.select(*key, "at_us"), before.select(*key, "at_us")]).unique(subset=key, maintain_order=True)
        order = keys.join(times, on=key, how="left").sort("at_us", *key).select(key)
    else:
        order = keys.sort(key)
    part = pl.col("record") // (8 * BLOCK) if table == "records" else pl.int_range(pl.len()) // CHUNK_ROWS
    cut = order.with_columns(part.rank("dense").alias("part")).partition_by("part", maintain_order=True, include_key=False)
    for n, some in enumerate(cut):
        mine = [frame.join(some, on=key, how="semi") for frame in (before, rows)] if len(cut) > 1 else [before, rows]
        yield Chunk(f"{batch_id}/{table}/{n:06d}", table, some, mine[0], mine[1])


def listed(things: Mapping[str, pl.Series]) -> Iterator[list[dict[str, str]]]:
    """Yield things as maps of their kind and id, ``CHUNK_ROWS`` at a time."""
    named = [ids.alias("id").to_frame().select(pl.lit(kind).alias("kind"), "id") for kind, ids in things.items()]
    for some in pl.concat(named).iter_slices(CHUNK_ROWS) if named else ():
        yield some.to_dicts()


def things_named(rows: Mapping[str, pl.DataFrame]) -> dict[str, pl.Series]:
    """Return the ids of the things that rows name, by kind."""
    found: dict[str, list[pl.Series]] = {}
    for table, frame in rows.items():
        for kind, column in _NAMED.get(table, ()):
            found.setdefault(kind, []).append(frame.get_column(column).alias("id"))
        if table == "links":
            for side in "ab":
                for (of_kind,), some in frame.group_by(f"{side}_kind"):
                    found.setdefault(str(of_kind), []).append(some.get_column(f"{side}_id").alias("id"))
    return {kind: pl.concat(ids).unique().sort() for kind, ids in found.items()}


def packed(frame: pl.DataFrame) -> bytes:
    """Return a frame as bytes, to keep in the ledger."""
    buffer = io.BytesIO()
    frame.write_parquet(buffer, compression="zstd")
    return buffer.getvalue()


def unpacked(data: bytes) -> pl.DataFrame:
    """Return the frame that :func:`packed` made bytes of."""
    return pl.read_parquet(io.BytesIO(bytes(data)))
