"""The notation says what it seems to say."""

import pytest

from graphfraud.units import DAY_US, HOUR_US

from .ledger import DAY_1_US, ledger

STORY = """
    a has 100.00
    d not held
    09:00:00 victim -> a 1,000.00 seed
    09:05 a -> b 600.00        # before the next line, though of the same minute
    09:05 b -> shop 50.00 merchant
    day 2 08:00 a -> d 10.00 low
"""


def test_positions_follow_the_sorted_names() -> None:
    world = ledger(STORY)
    assert world.account_id == ("a", "b", "d", "shop", "victim")
    assert world.payer_ix.tolist() == [4, 0, 1, 0]
    assert world.payee_ix.tolist() == [0, 1, 3, 2]
    assert world.amount_fen.tolist() == [100_000, 60_000, 5_000, 1_000]
    assert world.at_us[0] == DAY_1_US + 9 * HOUR_US
    assert world.at_us[3] == DAY_1_US + DAY_US + 8 * HOUR_US
    assert world.seed_of.tolist() == [0, -1, -1, -1]
    assert world.is_exit.tolist() == [False, False, True, False]
    assert world.opening_fen.tolist() == [10_000, 0, 0, 0, 100_000]


def test_the_frame_meets_its_table() -> None:
    frame = ledger(STORY).transactions()
    assert frame["payee_record"].to_list()[3] == -1
    assert frame["payer_balance_fen"].to_list() == [0, 50_000, 55_000, 49_000]
    assert frame["case_id"].to_list() == ["A-001", None, None, None]


@pytest.mark.parametrize("line", ["09:00 a > b 1.00", "09:00 a -> b 1.00 gold", "09:00 a -> b 1.005"])
def test_a_line_that_says_nothing_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match=r"line 1|not an amount"):
        ledger(line)
