"""Tables out of Neo4j, whole or by key: statements under ``cypher/read`` asked page by page, columns put together to frames."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import polars as pl

from graphfraud.store import mapping
from graphfraud.store.bolt import Ask
from graphfraud.store.cypher import Statement, statement
from graphfraud.tables import LINK_KINDS, TABLES, empty
from graphfraud.units import TIME_US_MAX, TIME_US_MIN

PAGE_ROWS = 12_500
"""Rows read at a time: the server takes a fifth longer for as many rows in pages twice as large, once millions rest there."""

READERS = 3
"""Pages read side by side: while one is unpacked here, the server packs the others."""


def transfers(ask: Ask, names: list[str], since_us: int | None, until_us: int | None) -> pl.DataFrame:
    """Return the transfers of a span of time, window by window; their ends come as node numbers, told once by name."""
    since, until = since_us if since_us is not None else TIME_US_MIN, until_us if until_us is not None else TIME_US_MAX + 1
    found = ask(statement("read", "transaction_windows"), since_us=since, until_us=until, limit=PAGE_ROWS)
    bounds = [*dict.fromkeys(found[0]["bounds"]), until]
    page = statement("read", "transactions")
    sides = [side for side in ("payer_id", "payee_id") if side in names]
    schema: dict[str, Any] = TABLES["transactions"].schema | dict.fromkeys(sides, pl.Int64)

    def window(k: int) -> pl.DataFrame:
        row = ask(page, since_us=bounds[k], until_us=bounds[k + 1], columns=names)[0]
        return mapping.frame_from(row["columns"], names, schema, row["n"])

    with ThreadPoolExecutor(READERS) as pool:
        windows = list(pool.map(window, range(len(bounds) - 1)))
        if not windows:
            return empty("transactions").select(names)
        rows = pl.concat(windows)
        if not sides:
            return rows
        nodes = pl.concat([rows[side].alias("node") for side in sides]).unique().sort()
        told = statement("read", "account_ids")
        ids = pool.map(lambda some: ask(told, nodes=some)[0]["ids"], slices(nodes))
        account_id = pl.Series("account_id", [account for some in ids for account in some], dtype=pl.String)
    return rows.with_columns(account_id.gather(nodes.search_sorted(rows[side])).alias(side) for side in sides)


def pages(ask: Ask, table: str, names: list[str], link_kinds: Sequence[str] = LINK_KINDS) -> pl.DataFrame:
    """Return the rows of a table that is neither transactions nor records, page by page."""
    schema = {**TABLES[table].schema, "row_key": pl.String}
    kinds = [{"kind": kind} for kind in link_kinds] if table == "links" else [{}]
    frames = [
        frame
        for kind in kinds
        for frame in _paged(ask, statement("read", table), mapping.key_column(table), names, schema, after="", **kind)
    ]
    return pl.concat([empty(table).select(names), *frames])


def _paged(
    ask: Ask, page: Statement, key: str, names: list[str], schema: Mapping[str, Any], *, after: Any, **fixed: Any
) -> Iterator[pl.DataFrame]:
    """Yield pages of up to PAGE_ROWS rows, each after the last key of the one before."""
    while True:
        row = ask(page, after=after, limit=PAGE_ROWS, columns=[*names, key], **fixed)[0]
        *columns, keys = row["columns"]
        yield mapping.frame_from(columns, names, schema)
        if len(keys) < PAGE_ROWS:
            return
        after = keys[-1]


def records(ask: Ask) -> pl.DataFrame:
    """Return every record: those with nothing but an outcome from their pages, the others row by row."""
    schema = TABLES["records"].schema
    plain = _paged(
        ask, statement("read", "record_pages"), "page_id", list(mapping.PAGE_COLUMNS), mapping.PAGE_COLUMNS, after=""
    )
    rows = _paged(ask, statement("read", "record_rows"), "record", list(schema), schema, after=-(2**63))
    return mapping.records_from(pl.concat(plain), pl.concat(rows))


def by(ask: Ask, name: str, table: str, values: pl.Series) -> pl.DataFrame:
    """Return the rows a ``read/<table>_by_...`` statement finds."""
    names = list(TABLES[table].schema)
    frames = [
        mapping.frame_from(ask(statement("read", name), values=some, columns=names)[0]["columns"], names, TABLES[table].schema)
        for some in slices(values)
    ]
    return pl.concat([empty(table), *frames])


def lookup(ask: Ask, table: str, keys: pl.DataFrame) -> pl.DataFrame:
    """Return the rows with these keys."""
    if table != "records":
        return by(ask, f"{table}_by_{mapping.key_column(table)}", table, mapping.keys_of(keys, table))
    return blocks(ask, mapping.blocks_of(keys["record"]), keys["record"]).join(keys, on="record", how="semi")


def perhaps_held(ask: Ask, table: str, keys: pl.DataFrame) -> pl.DataFrame:
    """Leave out keys of transfers that stand in a range without any: a new file's ids do, all beginning with its own."""
    if table != "transactions" or not keys["transaction_id"].str.contains(r"^[\x20-\x7e]*$").all():
        return keys  # beyond ASCII the server's order of texts may not be ours
    between = statement("read", "transactions_between")

    def held(some: pl.DataFrame) -> bool:
        low, high = some["transaction_id"][0], some["transaction_id"][-1]
        return bool(ask(between, low=low, high=high)[0]["any"])

    return pl.concat([keys.clear(), *filter(held, keys.sort("transaction_id").iter_slices(mapping.CHUNK_ROWS))])


def blocks(ask: Ask, numbered: list[int], numbers: pl.Series) -> pl.DataFrame:
    """Return the records of these blocks that have nothing to say but their outcome, and the rows of these numbers."""
    schema = TABLES["records"].schema
    plain = ask(statement("read", "record_pages_by_block"), values=numbered, columns=list(mapping.PAGE_COLUMNS))[0]["columns"]
    rows = [
        mapping.frame_from(
            ask(statement("read", "record_rows_by_record"), values=some, columns=list(schema))[0]["columns"],
            list(schema),
            schema,
        )
        for some in slices(numbers)
    ]
    frame = mapping.frame_from(plain, list(mapping.PAGE_COLUMNS), mapping.PAGE_COLUMNS)
    return mapping.records_from(frame, pl.concat([empty("records"), *rows]))


def slices(values: pl.Series) -> Iterator[list[Any]]:
    """Yield values as lists, as many as a transaction takes."""
    for part in values.to_frame().iter_slices(mapping.CHUNK_ROWS):
        yield part.to_series().to_list()
