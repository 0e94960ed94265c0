"""What every store promises, whatever keeps it: one suite, run over each of them."""

from collections.abc import Callable

import polars as pl
import pytest

from graphfraud.errors import StoreError, TableError
from graphfraud.store.contract import Batch, Store
from graphfraud.store.open import open_store
from graphfraud.store.server import Server
from graphfraud.tables import TABLES, empty
from tests.neo4j_server import wipe


@pytest.fixture
def make(place: Server | None, tmp_path) -> Callable[[], Store]:
    """Return a function that opens one and the same empty store."""
    if place is None:
        return lambda: open_store(tmp_path / "store")
    wipe(place)
    return lambda: open_store(place.uri)


@pytest.fixture
def store(make):
    opened = make()
    yield opened
    opened.close()


def put(store: Store, batch_id: str, rows=None, removed=None) -> bool:
    with store.writing():
        return store.commit(Batch(batch_id, rows or {}, removed or {}))


def same(one: pl.DataFrame, other: pl.DataFrame, table: str) -> bool:
    key = TABLES[table].key
    return one.sort(key).equals(other.select(one.columns).sort(key))


def test_an_empty_store_has_every_table_and_no_rows(store):
    assert store.counts() == dict.fromkeys(TABLES, 0)
    assert all(store.read(name).schema == empty(name).schema for name in TABLES)
    assert store.next_record() == 0
    assert store.check() == []


def test_what_goes_in_comes_out(store, every_column):
    assert put(store, "all", every_column)
    for name, frame in every_column.items():
        assert same(store.read(name), frame, name), name
    assert store.counts() == {name: frame.height for name, frame in every_column.items()}


def test_columns_come_as_asked(store, every_column):
    put(store, "all", every_column)
    asked = ["payee_id", "transaction_id"]
    assert store.read("transactions", columns=asked).columns == asked


def test_codes_and_ids_say_what_the_text_says(store, every_column):
    assert store.read_coded()[0].is_empty()
    put(store, "all", every_column)
    coded, ids = store.read_coded()
    assert ids.is_sorted()
    assert ids.is_unique().all()
    assert same(
        coded.with_columns(ids.gather(coded[end]).alias(end) for end in ("payer_id", "payee_id")),
        every_column["transactions"],
        "transactions",
    )
    assert store.read_coded(columns=["seq", "payee_id"])[0].columns == ["seq", "payee_id"]


def test_a_window_is_half_open(store, every_column):
    put(store, "all", every_column)
    times = every_column["transactions"]["at_us"].sort()
    since, until = times[5], times[15]
    got = store.read("transactions", since_us=since, until_us=until)
    assert same(
        got, every_column["transactions"].filter(pl.col("at_us").is_between(since, until, closed="left")), "transactions"
    )
    assert store.read("accounts", since_us=since).height == every_column["accounts"].height


@pytest.mark.parametrize(
    ("table", "column"), [("transactions", "payer_id"), ("accounts", "account_id"), ("records", "record"), ("links", "a_id")]
)
def test_find_is_exact(store, every_column, table, column):
    put(store, "all", every_column)
    some = every_column[table][column].head(3)
    assert same(store.find(table, column, some), every_column[table].filter(pl.col(column).is_in(some.implode())), table)
    assert store.find(table, column, some.clear()).height == 0


def test_a_batch_counts_once(store, every_column):
    assert put(store, "one", {"accounts": every_column["accounts"]})
    before = store.digest()
    assert not put(store, "one", {"accounts": every_column["accounts"].head(1), "holders": every_column["holders"]})
    assert store.digest() == before


def test_later_rows_replace_earlier_ones_of_their_key(store, every_column):
    put(store, "all", every_column)
    newer = every_column["accounts"].head(5).with_columns(bank=pl.lit("made-up bank"))
    put(store, "newer", {"accounts": newer})
    assert store.counts()["accounts"] == every_column["accounts"].height
    assert store.read("accounts").filter(pl.col("bank") == "made-up bank").height == 5


@pytest.mark.parametrize("table", list(TABLES))
def test_removed_keys_are_gone_and_may_come_back(store, every_column, table):
    put(store, "all", every_column)
    keys = every_column[table].head(7).select(TABLES[table].key)
    put(store, "less", removed={table: keys})
    assert store.counts()[table] == every_column[table].height - 7
    assert store.read(table).join(keys, on=keys.columns, how="semi").height == 0
    assert store.find(table, keys.columns[0], keys.to_series()).join(keys, on=keys.columns, how="semi").height == 0
    put(store, "again", {table: every_column[table].head(7)})
    assert same(store.read(table), every_column[table], table)


def test_removing_comes_before_adding(store, every_column):
    put(store, "all", every_column)
    key = every_column["accounts"].head(1)
    put(store, "both", {"accounts": key}, {"accounts": key.select("account_id")})
    assert store.counts()["accounts"] == every_column["accounts"].height


def test_rows_that_break_a_requirement_change_nothing(store, every_column):
    put(store, "all", every_column)
    before = store.digest()
    bad = every_column["transactions"].head(2).with_columns(amount_fen=pl.lit(0, pl.Int64))
    with pytest.raises(TableError, match="amount"):
        put(store, "bad", {"holders": every_column["holders"].head(1), "transactions": bad})
    assert store.digest() == before
    assert put(store, "bad", {"holders": every_column["holders"].head(1)})  # the id was not used up


def test_the_digest_is_of_the_content(store, make, every_column, tmp_path):
    put(store, "all", every_column)
    other = open_store(tmp_path / "other")
    for n, (name, frame) in enumerate(reversed(every_column.items())):
        put(other, f"{n}a", {name: frame.tail(frame.height // 2).reverse()})
        put(other, f"{n}b", {name: frame.head(frame.height - frame.height // 2)})
    assert other.digest() == store.digest()
    put(other, "c", {"holders": every_column["holders"].head(1).with_columns(name=pl.lit("王五"))})
    assert other.digest() != store.digest()


def test_a_table_that_came_later_leaves_digests_as_they_were_until_it_has_rows(store, every_column):
    put(store, "all", {name: frame for name, frame in every_column.items() if name != "call_counts"})
    before = store.digest()
    assert before == "67388c76833915bd6fe03e9ea8e1d1089bb6adf155bec4b986267309f94f20f1"
    put(store, "calls", {"call_counts": every_column["call_counts"]})
    assert store.digest() != before


def test_clock_readings_are_not_in_the_digest(store, every_column):
    put(store, "all", every_column)
    before = store.digest()
    put(store, "later", {"sources": every_column["sources"].with_columns(pl.col("loaded_us") + 1)})
    assert store.digest() == before


def test_the_next_record_follows_all_rows(store, every_column):
    put(store, "records", {"records": every_column["records"]})
    assert store.next_record() == every_column["records"]["record"].max() + 1
    source = every_column["sources"].head(1).with_columns(record_first=pl.lit(1000, pl.Int64), n_read=pl.lit(50, pl.Int64))
    put(store, "source", {"sources": source})
    assert store.next_record() == 1050


def test_a_reader_never_sees_another_version_until_it_refreshes(store, make, place, every_column):
    put(store, "one", {"accounts": every_column["accounts"]})
    reader = make()
    put(
        store,
        "two",
        {"accounts": every_column["accounts"].with_columns(bank=pl.lit("later")), "holders": every_column["holders"]},
    )
    if place is None:
        assert same(reader.read("accounts"), every_column["accounts"], "accounts")
        assert reader.counts()["holders"] == 0
    else:  # a server keeps no old versions: it says so
        for ask in (
            reader.counts,
            reader.digest,
            lambda: reader.read("accounts"),
            lambda: reader.find("links", "a_id", pl.Series(["x"])),
        ):
            with pytest.raises(StoreError, match="another load has ended"):
                ask()
    reader.refresh()
    assert reader.read("accounts")["bank"].unique().to_list() == ["later"]
    assert reader.counts()["holders"] == every_column["holders"].height
    reader.close()


def test_a_writer_begins_at_the_newest_version(store, make, every_column):
    other = make()
    put(store, "one", {"accounts": every_column["accounts"]})
    with other.writing():
        assert other.counts()["accounts"] == every_column["accounts"].height
    other.close()


def test_check_finds_what_does_not_add_up(store, every_column):
    put(store, "all", every_column)
    assert {p.kind for p in store.check()} == {"damage"}  # sources say other numbers of rows than records hold
