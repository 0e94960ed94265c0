"""Fixtures several rooms share."""

import numpy as np
import polars as pl
import pytest

from graphfraud.tables import (
    CHANNELS,
    ENTITY_KINDS,
    LINK_KINDS,
    MEASURE_KINDS,
    OUTCOMES,
    TABLES,
    VERDICTS,
    check,
    empty,
)
from graphfraud.units import HOUR_US, SECOND_US, time_us

from .ledger import ledger
from .neo4j_server import place  # noqa: F401

_CLOSED = {
    "outcome": OUTCOMES,
    "channel": CHANNELS,
    "a_kind": ENTITY_KINDS,
    "b_kind": ENTITY_KINDS,
    "verdict": VERDICTS,
}
_KINDS = {
    "links": LINK_KINDS,
    "measures": MEASURE_KINDS,
    "accounts": ("personal", "company", "merchant", "payment"),
    "holders": ("person", "company"),
    "devices": ("imei", "mac", "terminal"),
    "cases": ("made-up fraud",),
}
_REFERS = {
    "payer_id": "accounts",
    "payee_id": "accounts",
    "holder_id": "holders",
    "case_id": "cases",
    "victim_id": "holders",
    "source_id": "sources",
    "sim_id": "sims",
}
_N = 24


@pytest.fixture(scope="session")
def every_column() -> dict[str, pl.DataFrame]:
    """A made-up world that fills every column of every table: no column is wholly null, references resolve, checks pass."""
    rng_seed = 20_260_101
    print(f"every_column: rng_seed={rng_seed}")
    rng = np.random.default_rng(rng_seed)
    return {name: check(_filled(name, rng), name) for name in TABLES}


def _filled(name: str, rng: np.random.Generator) -> pl.DataFrame:
    columns = {column.name: _values(name, column.name, column.dtype, rng) for column in TABLES[name].columns}
    if name == "transactions":
        records = np.arange(1, 3 * _N + 1).reshape(3, _N)
        columns |= dict(zip(("payer_record", "payee_record", "report_record"), records.tolist(), strict=True))
        columns["payee_id"] = [f"62220299{(i + 1) % _N:011d}" for i in range(_N)]
    if name == "links":
        columns["b_id"] = [f"62220299{(i + 7) % _N:011d}" for i in range(_N)]
    return pl.DataFrame(columns, schema=TABLES[name].schema)


def _values(table: str, column: str, dtype: object, rng: np.random.Generator) -> list[object]:
    since = time_us("2024-03-01")
    if column == "kind":
        return [_KINDS[table][i % len(_KINDS[table])] for i in range(_N)]
    if column in _CLOSED:
        return [_CLOSED[column][i % len(_CLOSED[column])] for i in range(_N)]
    if column.endswith("_us"):
        return [SECOND_US if column == "at_precision_us" else since + int(i) * HOUR_US for i in rng.integers(0, 720, _N)]
    if column in {"seq", "record", "row"}:
        return list(range(1, _N + 1))
    if dtype == pl.Int64:
        return rng.integers(1, 10_000_000, _N).tolist()
    if column == "sha256" or column.endswith("_sha256"):
        return [f"{i:064x}" for i in range(1, _N + 1)]
    home = _REFERS.get(column, table)
    if column.endswith("_id"):
        return [_id(home, i) for i in range(_N)]
    return [f"{column} 张三 {i}" for i in range(_N)]


def _id(table: str, i: int) -> str:
    return {
        "accounts": f"62220299{i:011d}",
        "links": f"62220299{i:011d}",
        "holders": f"110101{19000101 + i}{i:04d}",
        "judgements": f"110101{19000101 + i}{i:04d}",
        "sims": f"1990000{i:04d}",
        "devices": f"86000000000{i:04d}",
        "cases": f"A-{i:03d}",
        "sources": f"{i + 1:016x}",
        "records": f"{i + 1:016x}",
        "transactions": f"{i + 1:016x}:{i + 1}",
        "measures": f"made-up 2024-{i:03d}",
    }[table]


@pytest.fixture
def story() -> pl.DataFrame:
    """A case as table ``transactions``: three victim payments, two tiers, every way a lot can end but the limits."""
    return ledger(
        """
        victim1 has 1,000.00
        victim2 has 500.00
        b not held
        09:00:00 victim1 -> a 1,000.00 seed
        09:05    a -> b 600.00
        09:05    a -> c 100.00
        09:30    c -> shop 50.00 merchant
        day 2 09:00 victim2 -> b 300.00 seed
        day 2 09:10 b -> wallet 700.00 wallet
        day 2 10:00 victim2 -> shop 10.00 merchant seed
        """
    ).transactions()


class Rows:
    """Tables in memory that answer ``find`` as a store does."""

    def __init__(self, tables: dict[str, pl.DataFrame]) -> None:
        self.tables = tables

    def find(self, table: str, column: str, values: pl.Series) -> pl.DataFrame:
        frame = self.tables.get(table, empty(table))
        return frame.filter(pl.col(column).is_in(values.implode()))


@pytest.fixture
def evidence(story: pl.DataFrame) -> Rows:
    """What the store of ``story`` holds: its transactions, their records, one source that is a sheet."""
    numbers = pl.concat([story["payer_record"], story["payee_record"], story["report_record"]]).unique().sort()
    numbers = numbers.filter(numbers >= 0)
    records = pl.DataFrame(
        {"record": numbers, "source_id": "00000000000000ab", "row": numbers + 1, "outcome": "kept"},
        schema_overrides={"row": pl.Int64},
    )
    source = {c.name: [1 if c.dtype == pl.Int64 else c.name] for c in TABLES["sources"].columns}
    source |= {"source_id": ["00000000000000ab"], "name": ["victim1_6222029912345678901.xlsx"], "sha256": ["ab" * 32]}
    return Rows({"transactions": story, "records": records, "sources": pl.DataFrame(source, schema=TABLES["sources"].schema)})
