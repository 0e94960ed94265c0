"""The verbs: what each form of a cell becomes, and what is refused."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphfraud.intake.convert import NULLS, convert, convert_choice, convert_clock, convert_micros
from graphfraud.units import DAY_US, MINUTE_US, SECOND_US, TIME_US_MAX, TIME_US_MIN, fen_from_yuan, yuan_text

quick = settings(deadline=None, derandomize=True, max_examples=100)
CARD = "6222029900000000011"


def one(text, verb):
    cells = convert(pl.Series([text], dtype=pl.String), verb)
    return cells.value.item(), cells.faults["check"].to_list()


@pytest.mark.parametrize(
    ("text", "fen"),
    [
        ("100", 10000),
        ("100.5", 10050),
        ("100.50", 10050),
        ("100.5000", 10050),
        ("0.29", 29),
        ("0.00", 0),
        (".50", 50),
        ("-3.10", -310),
        ("+3.10", 310),
        ("1,204.50", 120450),
        ("１，２０４．５０", 120450),
        ("¥1,204.50", 120450),
        ("￥ 1204.50", 120450),
        ("-¥5", -500),
        ("1204.50元", 120450),
        ("CNY 5", 500),
        (" 1204.50\t", 120450),
        ("'1204.50", 120450),
        ('="1204.50"', 120450),
        ("9999999999999.99", 999999999999999),
        ("00012.30", 1230),
        ("20000000000000000000", 2**62),  # out of range, named so by the check of the range
    ],
)
def test_fen(text, fen):
    assert one(text, "to_fen") == (fen, [])


@pytest.mark.parametrize(
    "text",
    ["1,2O4.50", "1.005", "1e5", "6.22E+18", "1,00", "12,34.00", "1.2.3", "一百", "--5", "5-", ".", "+", "1 204,50", "0x10"],
)
def test_not_an_amount(text):
    assert one(text, "to_fen") == (None, ["not_an_amount"])


@quick
@given(st.integers(-(10**15), 10**15))
def test_every_amount_comes_back_as_units_writes_and_reads_it(fen):
    for text in (yuan_text(fen), yuan_text(fen).replace(",", "")):
        assert one(text, "to_fen") == (fen, []) == (fen_from_yuan(text), [])


@quick
@given(st.text(alphabet="0123456789.,-+eE¥ ", max_size=12))
def test_fen_agrees_with_units_wherever_units_reads(text):
    try:
        expected = fen_from_yuan(text)
    except ValueError:
        return
    assert one(text, "to_fen") == (expected, [])


@quick
@given(st.lists(st.sampled_from(["1.00", "1,000.00", None, "", "x", "2.5", "¥3"]), max_size=30))
def test_the_two_ways_keep_every_cell_in_its_place(texts):
    cells = convert(pl.Series(texts, dtype=pl.String), "to_fen")
    singly = [one(text, "to_fen") for text in texts]
    assert cells.value.to_list() == [value for value, _ in singly]
    assert cells.faults["ix"].to_list() == [i for i, (_, checks) in enumerate(singly) if checks]


@pytest.mark.parametrize("text", [*NULLS, *(n.upper() for n in NULLS), " ", "\t", None])
@pytest.mark.parametrize("verb", ["to_text", "to_account_id", "to_phone", "to_id_number", "to_fen"])
def test_words_for_nothing(text, verb):
    assert one(text, verb) == (None, [])


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (CARD, CARD),
        ("0200000000000011", "0200000000000011"),
        (f"'{CARD}", CARD),
        (f'="{CARD}"', CARD),
        (f"{CARD}\t", CARD),
        ("\ufeff" + CARD, CARD),
        ("6222 0299 0000 0000 011", CARD),
        ("6222-0299-0000-0000-011", CARD),
        ("６２２２０２９９０００００００００１１", CARD),
        ("12345.0", "12345"),
        ("zhang@example.com", "zhang@example.com"),
        ("NRA12345678901", "NRA12345678901"),
        ("12345678901234567890123", "12345678901234567890123"),
        ("0", None),
        ("0000", None),
        ("622202******0011", None),
    ],
)
def test_account_id(text, value):
    assert one(text, "to_account_id") == (value, [])


@pytest.mark.parametrize(
    "text", ["6.22203E+18", "6.22E18", "6E+18", "6222029900000000011.0", "6222029900000000011.", "1.5", "####", "#NUM!"]
)
def test_damaged_numbers_are_refused_never_repaired(text):
    assert one(text, "to_account_id") == (None, ["damaged_number"])


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("13800000011", "13800000011"),
        ("+8613800000011", "13800000011"),
        ("008613800000011", "13800000011"),
        ("86 138 0000 0011", "13800000011"),
        ("13800000011.0", "13800000011"),
        ("010-12345678", "01012345678"),
        ("１３８００００００１１", "13800000011"),
    ],
)
def test_phone(text, value):
    assert one(text, "to_phone") == (value, [])


def test_bad_phones():
    assert one("1.38E+10", "to_phone") == (None, ["damaged_number"])
    assert one("12a", "to_phone") == (None, ["not_a_phone"])


def test_id_numbers():
    assert one("11010119000101001x", "to_id_number") == ("11010119000101001X", [])
    assert one(" 91110101MA0000000X", "to_id_number") == ("91110101MA0000000X", [])
    assert one("1.10101E+17", "to_id_number") == (None, ["damaged_number"])
    assert one("110101********0011", "to_id_number") == (None, [])
    assert one("证件?", "to_id_number") == (None, ["not_an_id_number"])


def test_repeated_texts_are_cleaned_like_single_ones():
    texts = ["张三", " 张三", "无锡某公司", "无", "", None, "NULL", "'李四"] * 20
    cells = convert(pl.Series(texts), "to_text")
    assert cells.value.to_list() == ["张三", "张三", "无锡某公司", None, None, None, None, "李四"] * 20
    clean = convert(pl.Series(["张三", "", None, "某公司"] * 20), "to_text")
    assert clean.value.to_list() == ["张三", None, None, "某公司"] * 20


def test_choice():
    signs = {"in": ("进", "C", "1"), "out": ("出", "D", "0")}
    cells = convert_choice(pl.Series(["进", " 出 ", "ｃ", "d", "？", "-", None, "1"]), signs, "direction")
    assert cells.value.to_list() == ["in", "out", "in", "out", None, None, None, "in"]
    assert cells.faults.rows() == [(4, "unknown_direction")]
    assert convert_choice(pl.Series(["USD"]), {"CNY": ("CNY",)}, "currency").faults.rows() == [(0, "foreign_currency")]


# --- times

NINE = datetime(2024, 3, 1, 9, 30, 15, tzinfo=ZoneInfo("Asia/Shanghai"))


def us(moment):
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def when(text, zone="Asia/Shanghai", beside="2024-01-01 01:01:01"):
    cells = convert_micros(pl.Series([text, beside], dtype=pl.String), zone)
    return cells.value[0], cells.extra[0], cells.faults["check"].to_list()


@pytest.mark.parametrize(
    "text",
    [
        "2024-03-01 09:30:15",
        "2024/03/01 09:30:15",
        "2024/3/1 9:30:15",
        "2024.3.1 9:30:15",
        "20240301093015",
        "20240301 093015",
        "20240301 09:30:15",
        "2024-03-01-09.30.15.000000",
        "2024-03-01 09:30:15.0",
        "2024-03-01T09:30:15",
        "2024-03-01T09:30:15+08:00",
        "2024-03-01T01:30:15Z",
        "2024-02-29T20:30:15-0500",
        "2024年3月1日 9时30分15秒",
        "２０２４－０３－０１　０９：３０：１５",
        " 2024-03-01 09:30:15\t",
        '="2024-03-01 09:30:15"',
        "45352.39600694444",
    ],
)
def test_forms_to_the_second(text):
    assert when(text) == (us(NINE), SECOND_US, [])


def test_finer_and_coarser_forms():
    assert when("2024-03-01-09.30.15.123456") == (us(NINE) + 123456, SECOND_US, [])
    assert when("20240301093015123") == (us(NINE) + 123000, SECOND_US, [])
    for text in ("2024-03-01 09:30", "202403010930", "20240301 0930", "2024/3/1 9:30", "2024年3月1日9时30分"):
        assert when(text) == (us(NINE) - 15 * SECOND_US, MINUTE_US, [])
    for text in ("2024-03-01", "20240301", "2024/3/1", "2024年3月1日", "45352", "45352.0"[:5]):
        assert when(text) == (us(NINE.replace(hour=0, minute=0, second=0)), DAY_US, [])


def test_a_column_that_is_midnight_throughout_prints_dates():
    cells = convert_micros(pl.Series(["2024-03-01 00:00:00", "2024-03-02 00:00:00", None]), "Asia/Shanghai")
    assert cells.extra.to_list() == [DAY_US] * 3
    cells = convert_micros(pl.Series(["2024-03-01 00:00:00", "2024-03-02 00:00:01"]), "Asia/Shanghai")
    assert cells.extra.to_list() == [SECOND_US] * 2


@pytest.mark.parametrize(
    "text",
    [
        "2024-02-30 00:00:00",
        "2024-03-01 24:00:00",
        "2024-03-01 09:30:60",
        "03/01/2024",
        "2024-13-01",
        "99999",
        "12345",
        "昨天",
        "9:30",
        "2024030109301",
    ],
)
def test_not_a_time(text):
    assert when(text)[::2] == (None, ["not_a_time"])


@quick
@given(st.integers(TIME_US_MIN, TIME_US_MAX - 1), st.sampled_from(["Asia/Shanghai", "UTC", "Europe/Moscow", "Asia/Tokyo"]))
def test_times_come_back_in_every_form(instant, zone):
    local = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=instant)).astimezone(ZoneInfo(zone))
    if local.fold or local.replace(tzinfo=None) != local.astimezone(UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None):
        return
    assert when(local.strftime("%Y-%m-%d %H:%M:%S.%f"), zone)[0] in (instant, instant - 3600 * SECOND_US)
    whole = instant - instant % SECOND_US
    for form in ("%Y-%m-%d %H:%M:%S", "%Y%m%d%H%M%S", "%Y/%m/%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S%z"):
        if form.endswith("%z") and (local.utcoffset() or timedelta()) % timedelta(minutes=1):
            continue
        assert when(local.strftime(form), zone)[0] in (whole, whole - 3600 * SECOND_US)


def test_clock():
    cells = convert_clock(pl.Series(["093015", "93015", "0930", "930", "09:30:15", "9:30", "2460", None, "093015.0"]))
    nine, minute = (9 * 60 + 30) * MINUTE_US, MINUTE_US
    second = nine + 15 * SECOND_US
    assert cells.value.to_list() == [second, second, nine, nine, second, nine, None, None, second]
    assert cells.extra[:4].to_list() == [SECOND_US, SECOND_US, minute, minute]
    assert cells.faults.rows() == [(6, "not_a_clock")]
