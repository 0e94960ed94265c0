"""A habit is no surprise: the share of other months in which an account shows the like, against its definition."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from graphfraud.analysis.pattern_kinds import FINDERS, Found, World
from graphfraud.analysis.surprise import MONTH_US, _height, compare, habit
from graphfraud.units import DAY_US, HOUR_US, NONE


def _world(rows: list[tuple[int, int, int]], n_accounts: int) -> World:
    rows = sorted(rows, key=lambda row: row[2])
    payer, payee, at = (np.array(column, np.int64) for column in zip(*rows, strict=True))
    return World(payer.astype(np.int32), payee.astype(np.int32), np.full(len(rows), 100), at, n_accounts)


def _twin(at: list[int], instances: list[tuple[int, list[int]]]) -> list[float]:
    month = [(t - at[0]) // MONTH_US for t in at]
    shares = []
    for account, members in instances:
        mine = month[members[0]]
        large = sum(month[tx] == mine for tx in members)
        alike = 0
        for other in range(month[-1] + 1):
            most = max((sum(month[tx] == other for tx in txs) for a, txs in instances if a == account), default=0)
            alike += abs(other - mine) > 1 and 2 * most >= large
        shares.append(alike / (month[-1] + 1) if account != NONE else 0.0)
    return shares


@settings(derandomize=True, deadline=None, max_examples=150)
@given(st.data())
def test_habit_is_what_it_says(data: st.DataObject) -> None:
    days = sorted(data.draw(st.lists(st.integers(0, 400), min_size=1, max_size=40)))
    at = [1_000 + day * DAY_US for day in days]
    instances = data.draw(
        st.lists(
            st.tuples(st.integers(NONE, 2), st.sets(st.integers(0, len(at) - 1), min_size=1, max_size=8).map(sorted)),
            max_size=12,
        )
    )
    world = _world([(0, 1, t) for t in at], 3)
    account = np.array([a for a, _ in instances], np.int64)
    start = np.cumsum([0, *(len(members) for _, members in instances)])
    tx = np.array([k for _, members in instances for k in members], np.int64)
    found = Found(start, tx, np.zeros(len(tx), np.int8), account, account)
    assert habit(world, found).tolist() == _twin(at, instances)


def test_the_club_that_collects_every_month_stands_behind_the_one_that_collected_once() -> None:
    rows = [(2 + k, 0, month * MONTH_US + k * HOUR_US) for month in range(10) for k in range(8)]
    rows += [(10 + k, 1, 5 * MONTH_US + k * HOUR_US) for k in range(6)]
    rows += [(20 + k % 30, 20 + (k * 7 + 1) % 30, k * 9 * HOUR_US) for k in range(800)]
    world = _world(rows, 60)
    asked = {"within": DAY_US, "n_min": 5}
    found = FINDERS["fan_in"](world, asked)
    p_value, n_expected = compare(world, found, "fan_in", lambda w: FINDERS["fan_in"](w, asked), 20, 1)
    club, once = found.account == 0, found.account == 1
    assert club.sum() == 10 and once.sum() == 1
    assert p_value[once].max() < 0.05 and p_value[club].min() >= 0.5
    assert np.all(n_expected >= 0)


def test_a_staircase_is_as_high_as_it_climbs() -> None:
    at = np.arange(8) * HOUR_US
    amount = np.array([50_000, 110_000, 230_000, 60_000, 600_000, 6_000_000, 100, 100], np.int64)
    payer = np.array([0, 0, 0, 1, 1, 1, 2, 3], np.int32)
    world = World(payer, np.full(8, 4, np.int32), amount, at, 5)
    asked = {"gap": DAY_US, "growth": 2000, "n_min": 3, "floor_fen": 50_000}
    found = FINDERS["staircase"](world, asked)
    assert _height(world, found, "staircase").tolist() == [4_600, 100_000]
    assert _height(world, found, "fan_out").tolist() == [3, 3]
