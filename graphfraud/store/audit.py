"""What ``check`` verifies of a store's content, and which evidence it finds missing; the same for every store."""

from collections.abc import Iterator

import polars as pl

from graphfraud.errors import TableError
from graphfraud.mask import mask_id
from graphfraud.store.contract import Problem, Store
from graphfraud.tables import OUTCOMES, TABLES, check
from graphfraud.units import NONE

UNKNOWN = "unknown:"
_RECORD_COLUMNS = ("payer_record", "payee_record", "report_record")
_ENTITY_KEYS = {"account": ("accounts", "account_id"), "holder": ("holders", "holder_id")} | {
    kind: (f"{kind}s", f"{kind}_id") for kind in ("sim", "device")
}
_SHOWN = 3


def problems(store: Store) -> list[Problem]:
    """Verify requirements, keys, audit identity and references (``damage``), and list missing evidence (``gap``)."""
    damaged = list(_tables(store)) + list(_records(store))
    return damaged or [*_references(store), *_transactions(store)]


def _damage(table: str, n: int, message: str) -> Iterator[Problem]:
    if n:
        yield Problem("damage", table, message, n)


def _gap(table: str, n: int, message: str) -> Iterator[Problem]:
    if n:
        yield Problem("gap", table, message, n)


def _tables(store: Store) -> Iterator[Problem]:
    for name in TABLES:
        try:
            check(store.read(name), name)
        except TableError as error:
            yield Problem("damage", name, str(error), 1)
    seq = store.read("transactions", columns=["seq"])["seq"]
    yield from _damage("transactions", int(seq.is_duplicated().sum()), "transactions share a number in seq; each has its own")


def _records(store: Store) -> Iterator[Problem]:
    """Every row read stands in records once, where its source says, and every figure leads to a row that counts."""
    sources = store.read("sources", columns=["source_id", "name", "record_first", "n_read"])
    records = store.read("records", columns=["record", "source_id", "row", "outcome"])
    told = records.group_by("source_id").agg(
        *((pl.col("outcome") == o).sum().alias(o) for o in OUTCOMES), first=(pl.col("record") - pl.col("row") + 1).min()
    )
    joined = sources.join(told, on="source_id", how="full", coalesce=True).with_columns(
        total=pl.sum_horizontal(pl.col(OUTCOMES).fill_null(0))
    )
    off = joined.filter(pl.col("n_read").is_null() | (pl.col("n_read") != pl.col("total")))
    for source_id, name, n_read, total in off.select("source_id", "name", "n_read", "total").iter_rows():
        message = f"{name or source_id}: {n_read or 0} rows were read and {total} are accounted for"
        yield Problem("damage", "records", message, abs((n_read or 0) - total))
    moved = joined.filter((pl.col("total") > 0) & (pl.col("first") != pl.col("record_first")))
    yield from _damage("records", moved.height, "sources whose records are not numbered from where the source says")
    counting = records.filter(pl.col("outcome").is_in(["kept", "mirrored"])).get_column("record")
    transactions = store.read("transactions", columns=list(_RECORD_COLUMNS))
    cited = pl.concat([transactions.get_column(c).alias("record") for c in _RECORD_COLUMNS])
    cited = cited.filter(cited > NONE)
    yield from _damage("transactions", int(cited.is_duplicated().sum()), "transactions that cite one row twice")
    lost = cited.filter(~cited.is_in(counting.implode()))
    yield from _damage("transactions", lost.len(), "transactions that cite a row which is missing or was set apart")
    for name in ("accounts", "holders", "sims", "devices", "cases", "links", "call_counts", "measures", "judgements"):
        record = store.read(name, columns=["record"])["record"]
        lost = record.filter((record > NONE) & ~record.is_in(records["record"].implode()))
        yield from _damage(name, lost.len(), f"rows of {name} that cite a row which is missing")
    of = store.read("call_counts", columns=["source_id"])["source_id"]
    lost = of.filter(~of.is_in(sources["source_id"].implode()))
    yield from _damage("call_counts", lost.len(), "rows of call_counts of a source which is missing")


def _references(store: Store) -> Iterator[Problem]:
    """Things named but not described."""
    known = {kind: store.read(table, columns=[key])[key] for kind, (table, key) in _ENTITY_KEYS.items()}
    links = store.read("links")
    for end in ("a", "b"):
        of_end = links.filter(pl.col("kind") != "card_of")
        for kind, ids in known.items():
            named = of_end.filter(pl.col(f"{end}_kind") == kind).get_column(f"{end}_id").unique()
            lost = named.filter(~named.is_in(ids.implode()))
            yield from _gap("links", lost.len(), f"{kind}s that links name and no row describes: {_few(lost)}")
    for table, column, kind in (
        ("accounts", "holder_id", "holder"),
        ("sims", "holder_id", "holder"),
        ("cases", "victim_id", "holder"),
        ("call_counts", "sim_id", "sim"),
        ("measures", "account_id", "account"),
        ("judgements", "a_id", "holder"),
        ("judgements", "b_id", "holder"),
    ):
        named = store.read(table, columns=[column])[column].drop_nulls().unique()
        lost = named.filter(~named.is_in(known[kind].implode()))
        yield from _gap(table, lost.len(), f"{kind}s that {table} name and no row describes: {_few(lost)}")


def _transactions(store: Store) -> Iterator[Problem]:
    """Statements that break off, are not held, or are only told of."""
    columns = ["payer_id", "payee_id", "amount_fen", "at_us", "seq", "payer_balance_fen", "payee_balance_fen", *_RECORD_COLUMNS]
    t = store.read("transactions", columns=columns)
    breaks = balance_breaks(t)
    for account_id, n in breaks.head(_SHOWN).iter_rows():
        yield Problem("gap", "transactions", f"{mask_id(account_id)}: the running balance does not go on, rows are missing", n)
    rest = breaks.slice(_SHOWN)
    yield from _gap("transactions", rest.height, "further accounts whose running balance does not go on")
    held = pl.concat(
        [
            t.filter(pl.col("payer_record") > NONE)["payer_id"],
            t.filter(pl.col("payee_record") > NONE)["payee_id"].alias("payer_id"),
        ]
    ).unique()
    payees = t.get_column("payee_id").unique()
    unheld = payees.filter(~payees.is_in(held.implode()) & ~payees.str.starts_with(UNKNOWN))
    yield from _gap(
        "transactions", unheld.len(), f"accounts that received money and whose statement is not held: {_few(unheld)}"
    )
    nameless = t.filter(pl.any_horizontal(pl.col("payer_id", "payee_id").str.starts_with(UNKNOWN))).height
    yield from _gap("transactions", nameless, "transactions whose other side's number no statement prints")
    told = t.filter((pl.col("report_record") > NONE) & (pl.max_horizontal("payer_record", "payee_record") == NONE))
    yield from _gap("transactions", told.height, "transactions that only a victim's report tells of")


def balance_breaks(transactions: pl.DataFrame) -> pl.DataFrame:
    """Count where an account's running balance does not go on: balance before + amount is not the balance after.

    Rows of one instant may stand in any order, so a row goes on if some row of the same instant or of the one before it, in
    the same account, ended where it starts; the first instant of an account starts anywhere.

    Returns
    -------
    frame
        ``account_id`` and ``n``, most first; accounts without a break left out.
    """
    t = transactions
    legs = pl.concat(
        [
            t.filter(pl.col("payer_balance_fen").is_not_null()).select(
                "at_us",
                account_id="payer_id",
                after="payer_balance_fen",
                before=pl.col("payer_balance_fen") + pl.col("amount_fen"),
            ),
            t.filter(pl.col("payee_balance_fen").is_not_null()).select(
                "at_us",
                account_id="payee_id",
                after="payee_balance_fen",
                before=pl.col("payee_balance_fen") - pl.col("amount_fen"),
            ),
        ]
    )
    instants = pl.col("at_us").rank("dense").over("account_id").cast(pl.Int64)
    legs = legs.with_columns(instant=instants)
    ended = legs.select("account_id", "instant", before="after")
    ended = pl.concat([ended, ended.with_columns(pl.col("instant") + 1)]).unique()
    lost = legs.filter(pl.col("instant") > 1).join(ended, on=["account_id", "instant", "before"], how="anti")
    return lost.group_by("account_id").agg(n=pl.len()).sort("n", "account_id", descending=[True, False])


def _few(ids: pl.Series) -> str:
    shown = ", ".join(mask_id(value) for value in ids.sort().head(_SHOWN))
    return shown + (", ..." if ids.len() > _SHOWN else "")
