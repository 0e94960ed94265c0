from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphfraud import units


@given(st.integers(-units.AMOUNT_FEN_MAX, units.AMOUNT_FEN_MAX))
@settings(derandomize=True, deadline=None)
def test_fen_and_yuan_round_trip(fen: int) -> None:
    text = units.yuan_text(fen)
    assert units.fen_from_yuan(text) == fen
    assert Decimal(text.replace(",", "")) * 100 == fen


@pytest.mark.parametrize(("text", "fen"), [("0.29", 29), ("1,204.5", 120450), ("7", 700), ("-3.10", -310), ("1.500", 150)])
def test_fen_from_yuan(text: str, fen: int) -> None:
    assert units.fen_from_yuan(text) == fen


@pytest.mark.parametrize("text", ["", "1.005", "1e5", "1,20.00", "1,2O4.50", ".5", "5.", "１２", "--1", "nan"])
def test_not_an_amount(text: str) -> None:
    with pytest.raises(ValueError, match="not an amount"):
        units.fen_from_yuan(text)


@pytest.mark.parametrize(
    ("text", "us"), [("72h", 3 * units.DAY_US), ("90s", 90_000_000), ("30m", 30 * units.MINUTE_US), ("7d", 7 * units.DAY_US)]
)
def test_durations(text: str, us: int) -> None:
    assert units.duration_us(text) == us
    assert units.duration_us(units.duration_text(us)) == us


@pytest.mark.parametrize("text", ["", "72", "h", "-1h", "1.5h", "0s"])
def test_not_a_duration(text: str) -> None:
    with pytest.raises(ValueError, match="not a duration"):
        units.duration_us(text)


def test_times_are_china_time() -> None:
    midnight = datetime(2024, 2, 29, 16, tzinfo=UTC)
    us = units.time_us("2024-03-01")
    assert us == int(midnight.timestamp()) * units.SECOND_US
    assert units.time_text(us) == "2024-03-01 00:00:00"
    assert units.time_us(units.time_text(us + 3_723 * units.SECOND_US)) == us + 3_723 * units.SECOND_US
    with pytest.raises(ValueError, match="not a time"):
        units.time_us("01/03/2024")
