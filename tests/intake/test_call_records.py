"""Call records: which phone card was in which handset, each call counted once in whatever order and overlap files come."""

import csv
import hashlib
import itertools

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphfraud.intake import calls, counted
from graphfraud.intake.convert import convert
from graphfraud.intake.load import load
from graphfraud.store.open import open_store
from graphfraud.units import SECOND_US

HEADINGS = ("本机号码", "对端号码", "呼叫类型", "开始时间", "通话时长(秒)", "IMEI", "IMSI")
IMEI = ("001000000000017", "001000000000025", "001000000000033")
A, B = "15400000011", "15400000012"
KEY = ["kind", "a_kind", "a_id", "b_kind", "b_id"]


def call(own=A, peer=B, kind="主叫", at="2024-03-01 09:00:00", seconds="60", imei=IMEI[0], imsi=""):
    return (own, peer, kind, at, seconds, imei, imsi)


def record(path, rows, headings=HEADINGS):
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([headings, *rows])
    return path


@pytest.fixture
def store(tmp_path):
    opened = open_store(tmp_path / "store")
    yield opened
    assert not [p for p in opened.check() if p.kind == "damage"]
    opened.close()


def ties(store):
    """Links, and the call that was seen first as (sim, device, file's row)."""
    return sorted(store.read("links").select("a_id", "b_id", "first_us", "last_us", "n_seen").rows())


def said(store):
    """Everything the tables say, but for record numbers, which follow the order of loading."""
    names = ("sims", "devices", "links", "holders", "accounts", "call_counts")
    return {name: store.read(name).drop("record").sort(pl.all()).rows() for name in names}


# --- one file


def test_calls_become_one_link_with_first_last_and_times_seen(store, tmp_path):
    rows = [call(at=f"2024-03-0{day} 09:00:00", seconds=seconds) for day, seconds in ((2, "10"), (1, "5"), (3, "00:01:30"))]
    intake = load(record(tmp_path / "a.csv", [*rows, call(imei=IMEI[1])]), store)
    assert repr(intake) == "a.csv: 4 read, 4 accepted, 0 rejected"
    links = store.read("links").sort("n_seen", descending=True)
    assert links["kind"].to_list() == ["inserted_in"] * 2
    assert links.select("a_kind", "a_id", "b_kind", "b_id", "n_seen").row(0) == ("sim", A, "device", IMEI[0], 3)
    day_1 = 1_709_254_800 * SECOND_US
    assert links.select("first_us", "last_us").row(0) == (day_1, day_1 + (2 * 86_400 + 90) * SECOND_US)
    assert store.read("devices").sort("device_id").select("device_id", "kind").rows() == [(i, "imei") for i in IMEI[:2]]
    first = store.read("records").join(links.head(1).select("record"), on="record")
    assert first["row"].to_list() == [2], "the record of the first sighting"


def test_a_row_without_handset_tells_of_its_card_alone(store, tmp_path):
    blanks = ["", "0", "000000000000000", "FFFFFFFFFFFFFF", "无", "86012****12345"]
    rows = [call(own=f"1540000002{i}", imei=imei) for i, imei in enumerate(blanks)]
    intake = load(record(tmp_path / "a.csv", rows), store)
    assert (intake.audit.kept, intake.audit.rejected) == (len(blanks), 0)
    assert store.read("sims").height == len(blanks)
    assert not store.read("links").height
    assert not store.read("devices").height


def test_the_other_end_may_be_anything_but_a_damaged_number(store, tmp_path):
    peers = ["95588", "110", "+85251234567", "008613800000011", "138****1234", "*100#", "ICBC", "", "010-12345678", "6.22E+18"]
    intake = load(record(tmp_path / "a.csv", [call(peer=peer) for peer in peers]), store)
    assert (intake.audit.kept, intake.audit.rejected) == (9, 1)
    assert intake.rejected.select("row", "check").rows() == [(10, "damaged_number")]
    assert store.read("sims")["sim_id"].to_list() == [A], "the other end is nobody's card here"


@pytest.mark.parametrize(
    ("own", "check"),
    [
        ("1.54E+10", "damaged_number"),
        ("154****0011", "not_a_phone"),
        ("95588", "not_a_sim"),
        ("110", "not_a_sim"),
        ("05321234567", "not_a_sim"),
        ("+8653212345678", "not_a_sim"),
        ("", "missing_value"),
    ],
)
def test_what_is_no_phone_card_is_rejected_with_its_reason(store, tmp_path, own, check):
    intake = load(record(tmp_path / "a.csv", [call(own=own), call()]), store)
    assert intake.rejected["check"].to_list() == [check]
    assert store.read("sims")["sim_id"].to_list() == [A]
    assert "1540000" not in "".join(intake.rejected["message"])


@pytest.mark.parametrize(
    ("text", "own"),
    [
        ("+86 154 0000 0011", A),
        ("8615400000011", A),
        ("008615400000011", A),
        ("8614490000000001"[:15], "1449000000000"),
        ("0085291234567", "+85291234567"),
        ("+85291234567", "+85291234567"),
        ("1540000001１", A),
    ],
)
def test_a_card_has_one_number_however_it_is_printed(store, tmp_path, text, own):
    load(record(tmp_path / "a.csv", [call(own=text)]), store)
    assert store.read("sims")["sim_id"].to_list() == [own]


@pytest.mark.parametrize(
    ("text", "imei"),
    [
        ("490154203237518", "490154203237518"),
        ("49015420323751", "490154203237518"),  # without check digit
        ("490154203237510", "490154203237518"),  # the spare digit networks send
        ("4901542032375103", "490154203237518"),  # two digits of software version
        ("49-015420-323751-8", "490154203237518"),
        ("490154203237517", "490154203237517"),  # wrong: as printed
        ("a0000000000001", "A0000000000001"),
        ("000000000000000", None),
    ],
)
def test_a_handset_has_one_number_however_the_network_prints_it(text, imei):
    cells = convert(pl.Series([text]), "to_imei")
    assert cells.value.to_list() == [imei]
    assert cells.faults.is_empty()
    again = convert(pl.Series([text, *IMEI] * 30), "to_imei")
    assert again.value.to_list() == [imei, *IMEI] * 30


@pytest.mark.parametrize(
    ("text", "check"), [("4.9E+14", "damaged_number"), ("12345", "not_an_imei"), ("49015420323751899", "not_an_imei")]
)
def test_a_number_that_is_no_handsets_is_a_fault(text, check):
    for copies in (1, 40):
        cells = convert(pl.Series([text] * copies), "to_imei")
        assert cells.value.to_list() == [None] * copies
        assert cells.faults["check"].to_list() == [check] * copies
        assert cells.faults["ix"].to_list() == list(range(copies))


def test_a_wrong_check_digit_is_a_doubt_and_no_fault(store, tmp_path):
    intake = load(record(tmp_path / "a.csv", [call(imei="490154203237517"), call()]), store)
    assert intake.audit.rejected == 0
    assert intake.notices == (
        "a.csv: 1 handset number (IMEI) whose check digit is wrong; kept as printed, as nobody can tell which digit is wrong.",
    )


@given(st.integers(0, 10**14 - 1))
@settings(derandomize=True, deadline=None, max_examples=50)
def test_every_way_to_print_a_handset_gives_the_same_number(body):
    digits = [int(d) for d in f"{body:014d}"]
    total = sum(d if place % 2 == 0 else sum(divmod(2 * d, 10)) for place, d in enumerate(digits))
    right = f"{body:014d}{-total % 10}"
    ways = [right, right[:14], right[:14] + "0", right[:14] + "07"]
    told = convert(pl.Series(ways), "to_imei").value.to_list()
    assert told == ([right] * 4 if body else [None, None, None, right])


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("0", 0), ("65", 65), ("00:01:05", 65), ("1:05", 65), ("1小时1分5秒", 3665), ("65秒", 65), ("65.0", 65)],
)
def test_a_duration_in_seconds(text, seconds):
    assert convert(pl.Series([text]), "to_duration").value.to_list() == [seconds]


# --- the same call again


def test_the_same_call_twice_in_a_file_counts_once(store, tmp_path):
    intake = load(record(tmp_path / "a.csv", [call(), call(seconds="90"), call(peer="95588")]), store)
    assert (intake.audit.read, intake.audit.kept, intake.audit.duplicate) == (3, 2, 1)
    assert store.read("records").sort("row")["outcome"].to_list() == ["kept", "duplicate", "kept"]
    assert store.read("links")["n_seen"].to_list() == [2]


def test_starts_known_to_the_minute_do_not_tell_calls_apart(store, tmp_path):
    minute = [call(at="2024-03-01 09:00")]
    intake = load(record(tmp_path / "a.csv", minute * 3 + [call(at="2024-03-02 09:00:01")]), store)
    assert intake.audit.kept == 4
    again = load(record(tmp_path / "b.csv", minute * 4), store)
    assert (again.audit.kept, again.audit.duplicate) == (1, 3)
    assert store.read("links")["n_seen"].to_list() == [5]


def exports(folder):
    """Three exports that overlap, one of them twice under two names and one from the newest on; and a register."""
    folder.mkdir()
    whole = [
        call(own=own, at=f"2024-03-{day:02d} 10:00:0{second}", imei=imei, seconds=str(day))
        for own, imei in ((A, IMEI[0]), (A, IMEI[1]), (B, IMEI[1]), (B, ""))
        for day in range(1, 8)
        for second in (0, 5)
    ]
    register = [("手机号", "运营商", "归属地", "IMSI", "IMEI", "开户渠道"), (A, "某某移动", "某省某市", "", IMEI[0], "")]
    with (folder / "register.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(register)
    return [
        record(folder / "one.csv", whole[:30]),
        record(folder / "two.csv", whole[45:10:-1]),
        record(folder / "three.csv", [*whole[40:], *whole[:5]]),
        folder / "register.csv",
    ], whole


def test_any_order_of_loading_says_the_same(tmp_path):
    paths, whole = exports(tmp_path / "raw")
    seen = []
    for n, order in enumerate(list(itertools.permutations(paths))[::3]):
        store = open_store(tmp_path / f"s{n}")
        audits = [load(path, store).audit for path in order]
        assert sum(a.kept + a.duplicate for a in audits) == sum(a.read for a in audits)
        assert sum(a.kept for a in audits) == len(whole) + 1
        seen.append(said(store))
        assert not [p for p in store.check() if p.kind == "damage"]
    assert all(each == seen[0] for each in seen)
    counted = {(a, b): n for a, b, *_, n in ties(store)}
    assert counted == {(A, IMEI[0]): 15, (A, IMEI[1]): 14, (B, IMEI[1]): 14}


def test_the_same_order_of_loading_gives_the_same_digest(tmp_path):
    paths, _ = exports(tmp_path / "raw")
    digests = set()
    for name in "ab":
        store = open_store(tmp_path / name)
        for path in paths:
            load(path, store)
        digests.add(store.digest())
    assert len(digests) == 1


def test_the_same_file_again_and_calls_all_known_change_nothing(store, tmp_path):
    paths, whole = exports(tmp_path / "raw")
    for path in paths:
        load(path, store)
    before = said(store)
    assert load(paths[0], store).already_loaded
    assert said(store) == before
    again = load(record(tmp_path / "again.csv", [*whole, whole[0]]), store)
    assert (again.audit.kept, again.audit.duplicate) == (0, len(whole) + 1)
    after = said(store)
    own = [row for row in after["call_counts"] if row[0] in again.sources["source_id"]]
    assert [row[1:3] for row in own] == [(A, 28), (B, 28)], "what the file itself says"
    assert after | {"call_counts": [row for row in after["call_counts"] if row not in own]} == before


calls_drawn = st.lists(st.tuples(st.sampled_from((A, B)), st.integers(0, 5), st.sampled_from((*IMEI[:2], ""))), max_size=12)


@given(st.lists(calls_drawn, min_size=1, max_size=3))
@settings(derandomize=True, deadline=None, max_examples=25)
def test_links_count_the_different_calls(tmp_path_factory, files):
    folder = tmp_path_factory.mktemp("drawn")
    store = open_store(folder / "store")
    for n, rows in enumerate(files):
        told = [call(own=own, at=f"2024-03-01 10:00:0{s}", imei=imei, seconds="0") for own, s, imei in rows]
        load(record(folder / f"{n}.csv", [*told, call(own="15400000099", at=f"2024-04-0{n + 1} 10:00:00", imei="")]), store)
    different = {row for rows in files for row in rows if row[2]}
    want = {}
    for own, _, imei in different:
        want[own, imei] = want.get((own, imei), 0) + 1
    assert {(a, b): n for a, b, *_, n in ties(store)} == want


def test_more_calls_than_a_page_holds_are_known_again(store, tmp_path, monkeypatch):
    monkeypatch.setattr(counted, "PAGE", 7)
    rows = [call(at=f"2024-03-01 {h:02d}:{m:02d}:00") for h in range(6) for m in range(10)]
    load(record(tmp_path / "a.csv", rows), store)
    pages = store.read("records").sort("row")["leg"]
    assert pages.is_not_null().to_list() == [True] * 9 + [False] * 51
    again = load(record(tmp_path / "b.csv", [*rows[20:], call(at="2024-03-01 23:00:00")]), store)
    assert (again.audit.kept, again.audit.duplicate) == (1, 40)
    assert store.read("links")["n_seen"].to_list() == [61]


# --- marks


def twin_number(text):
    if text is None:
        return 0
    if text.isascii() and text.isdigit() and len(text) <= 17:
        return int(text) * 32 + len(text)
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big") | 1 << 63


def twin_mark(row):
    whole, mark = (1 << 64) - 1, 0x9E3779B97F4A7C15
    for number in [*map(twin_number, row[:4]), row[4] & whole]:
        mark = (mark * 0x9E3779B97F4A7C15 & whole) ^ number
        for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
            mark = (mark ^ mark >> shift) * factor & whole
        mark ^= mark >> 31
    return mark


texts = st.one_of(st.none(), st.text("0123456789", min_size=1, max_size=19), st.text("+-*#A中0", min_size=1, max_size=5))


@given(st.lists(st.tuples(texts, texts, texts, texts, st.integers(-(10**15), 10**16)), min_size=1, max_size=20))
@settings(derandomize=True, deadline=None, max_examples=60)
def test_marks_are_what_their_definition_says(rows):
    schema = {"own": pl.String, "peer": pl.String, "call_type": pl.String, "imei": pl.String, "at": pl.Int64}
    typed = pl.DataFrame(rows, schema=schema, orient="row").with_columns(at_precision_us=pl.lit(SECOND_US, pl.Int64))
    assert calls.marks(typed).to_list() == [twin_mark(row) for row in rows]


def test_a_mark_never_changes():
    """Marks rest in stores: a change of this number would make every stored call unknown."""
    row = pl.DataFrame(
        {
            "own": [A],
            "peer": [B],
            "call_type": ["主叫"],
            "imei": [IMEI[0]],
            "at": [1_709_254_800_000_000],
            "at_precision_us": [SECOND_US],
        }
    )
    assert calls.marks(row).to_list() == [14966172177559658720]
