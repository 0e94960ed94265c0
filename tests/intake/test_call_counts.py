"""What one file of call records counts of each phone card: by its twin, whatever the file lacks, in whatever order it came."""

import csv
import itertools

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphfraud.intake.convert import convert
from graphfraud.intake.load import load
from graphfraud.store.open import open_store
from graphfraud.tables import TABLES
from graphfraud.units import DAY_US, HOUR_US, SECOND_US, time_us
from tests.oracles.call_counts import counts_of

HEADINGS = ("本机号码", "对端号码", "呼叫类型", "开始时间", "通话时长(秒)", "LAC", "CI", "通话地")
A, B = "15400000011", "15400000012"
NOON = time_us("2024-03-01 12:00")
WAYS = {"主叫": "out", "VoLTE被叫": "in", "短信主叫": "neither", "不明": None, "": None}


def record(path, rows, headings=HEADINGS):
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([headings, *rows])
    return path


def call(at_us=NOON, peer=B, kind="主叫", seconds="60", lac="6699", ci="3889", place="晴川市", own=A):
    when = pl.Series([at_us + 8 * HOUR_US]).cast(pl.Datetime("us")).dt.strftime("%Y-%m-%d %H:%M:%S").item()
    return (own, peer, kind, when, seconds, lac, ci, place)


def counts(folder, rows, **of):
    store = open_store(folder / "store")
    load(record(folder / "a.csv", rows, **of), store)
    assert not [p for p in store.check() if p.kind == "damage"]
    return store.read("call_counts").sort("sim_id")


def test_a_morning_of_calls(tmp_path):
    rows = [
        call(NOON, "10086", seconds="0"),
        call(NOON + 59 * SECOND_US, "95588", seconds="30"),
        call(NOON + 149 * SECOND_US, "95588", seconds="31"),  # 60 s after the end of the one before: a pause
        call(NOON + 3 * DAY_US, B, "被叫", lac="1A2B", ci="0F31"),  # 6699 and 3889, written in hexadecimal
        call(NOON + 3 * DAY_US + HOUR_US, "110", "短信发送", lac="0", ci="0", place="澜州市"),
        call(NOON, "10086", seconds="0"),  # the first again
    ]
    (one,) = counts(tmp_path, rows).to_dicts()
    assert {k: v for k, v in one.items() if k.startswith("n_")} == {
        "n_calls": 5, "n_days": 2, "n_out": 3, "n_in": 1, "n_unanswered": 1, "n_short": 1, "n_no_pause": 1, "n_peers": 2,
        "n_top_peers": 3, "n_day_peers": 2, "n_located": 4, "n_cells": 1, "n_placed": 5, "n_at_place": 4, "n_woken": 0,
    }  # fmt: skip
    assert (one["first_us"], one["last_us"], one["first_in_us"]) == (NOON, NOON + 3 * DAY_US + HOUR_US, NOON + 3 * DAY_US)
    assert (one["silence_us"], one["woken_us"]) == (3 * DAY_US - 149 * SECOND_US, NOON + 3 * DAY_US)
    assert (one["place"], one["day_us"], one["record"]) == ("晴川市", NOON - 12 * HOUR_US, 0)


def test_what_a_file_lacks_is_null_and_not_zero(tmp_path):
    (one,) = counts(
        tmp_path, [(A, B, "2024-03-01"), (A, B, "2024-03-05")], headings=("本机号码", "对端号码", "开始时间")
    ).to_dicts()
    known = {"source_id", "sim_id", "n_calls", "n_days", "first_us", "last_us", "silence_us", "woken_us", "record"}
    assert {name for name, value in one.items() if value is not None} == known | {"n_located", "n_placed"}
    assert (one["n_calls"], one["silence_us"], one["n_located"], one["n_placed"]) == (2, 4 * DAY_US, 0, 0)


def test_starts_known_to_the_day_tell_no_pauses(tmp_path):
    day = ("本机号码", "对端号码", "呼叫类型", "开始时间", "通话时长(秒)")
    rows = [(A, "10086", "主叫", "2024-03-01", "5"), (A, "95588", "主叫", "2024-03-01", "5")]
    (one,) = counts(tmp_path, rows, headings=day).to_dicts()
    assert (one["n_out"], one["n_short"], one["n_no_pause"]) == (2, 2, None)


def test_one_row_for_each_card_and_file_and_none_without_calls(tmp_path):
    assert counts(tmp_path, [call(), call(own=B, peer=A, kind="被叫")])["sim_id"].to_list() == [A, B]
    store = open_store(tmp_path / "none")
    load(record(tmp_path / "none.csv", [call(own="110")]), store)
    assert store.counts()["call_counts"] == 0


def test_overlapping_exports_in_any_order_say_the_same(tmp_path):
    rows = [call(NOON + k * HOUR_US, f"1540000{k % 7:04d}", own=(A, B)[k % 2]) for k in range(40)]
    paths = [record(tmp_path / f"{n}.csv", some) for n, some in enumerate((rows[:25], rows[10:], rows[::-1]))]
    said = []
    for n, order in enumerate(itertools.permutations(paths)):
        store = open_store(tmp_path / f"s{n}")
        for path in order:
            load(path, store)
        told = store.read("call_counts").join(
            store.read("records").select("record", "row", of="source_id"), on="record", how="left"
        )
        assert (told["of"] == told["source_id"]).all(), "its record stands in its own file"
        said.append(told.drop("record").sort("source_id", "sim_id"))
    assert all(each.equals(said[0]) for each in said)
    assert said[0].height == 6
    whole = [own["n_calls"].max() for _, own in said[0].group_by("sim_id")]
    assert whole == [20, 20], "the export that holds all calls counts all, whatever came before"


drawn = st.lists(
    st.tuples(
        st.integers(0, 3 * 86_400),
        st.sampled_from(sorted(WAYS)),
        st.sampled_from(("", "0", "1", "30", "31", "600")),
        st.sampled_from(("", "10086", "95588", "154****0011", *(f"1540000{k:04d}" for k in range(5)))),
        st.sampled_from(("", "0", "17", "1F")),
        st.sampled_from(("", "晴川市", "澜州市")),
        st.sampled_from((A, B)),
    ),
    min_size=1,
    max_size=30,
)


@given(drawn)
@settings(derandomize=True, deadline=None, max_examples=60)
def test_counts_are_what_their_meanings_say(tmp_path_factory, rows):
    told = [
        call(NOON + s * SECOND_US, peer, kind, seconds, "6699", ci, place, own)
        for s, kind, seconds, peer, ci, place, own in rows
    ]
    store = open_store(tmp_path_factory.mktemp("drawn") / "store")
    load(record(tmp_path_factory.mktemp("raw") / "a.csv", told), store)
    by_card, seen = {}, set()
    for row, (s, kind, seconds, peer, ci, place, own) in enumerate(rows, 1):
        if (s, kind, peer, own) in seen:  # a call is its card, other end, kind, handset and start
            continue
        seen.add((s, kind, peer, own))
        cell = {"": None, "0": None, "17": 17, "1F": 31}[ci]
        each = (row, NOON + s * SECOND_US, WAYS[kind], int(seconds) if seconds else None, peer or None, cell, place or None)
        by_card.setdefault(own, []).append(each)
    found = store.read("call_counts").with_columns(row=pl.col("record") + 1)
    for card in found.iter_rows(named=True):
        want = counts_of(by_card[card["sim_id"]])
        assert {name: card[name] for name in want} == want
    assert set(found["sim_id"]) == set(by_card)
    assert set(want) | {"source_id", "sim_id", "record"} == set(TABLES["call_counts"].schema) | {"row"}, "no column untested"


@pytest.mark.parametrize(
    ("text", "number"),
    [("6699", 6699), ("1A2B", 6699), ("0x1a2b", 6699), ("0F31", 3889), ("06699", 6699), ("6699.0", 6699), ("0", None),
     ("FFFFFFFFFFFF", None), ("1.2E+05", None), ("未知", None), ("", None)],
)  # fmt: skip
def test_a_cell_is_a_number_however_it_is_printed_and_never_a_fault(text, number):
    for copies in (1, 40):
        cells = convert(pl.Series([text] * copies), "to_cell")
        assert cells.value.to_list() == [number] * copies
        assert cells.faults.is_empty()
