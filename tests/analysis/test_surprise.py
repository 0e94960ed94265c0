"""A habit is no surprise: the share of other months in which an account shows the like, against its definition."""

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from graphfraud.analysis.cycles import cycles
from graphfraud.analysis.pattern_kinds import FINDERS, Found
from graphfraud.analysis.pattern_world import World
from graphfraud.analysis.surprise import MONTH_US, _n_as_large, compare, habit, own_sign, shares_as_large, typical
from graphfraud.graph.flows import flow_graph
from graphfraud.units import DAY_US, HOUR_US, NONE
from tests.ledger import DAY_1_US


def _world(rows: list[tuple[int, int, int]], n_accounts: int) -> World:
    rows = sorted(rows, key=lambda row: row[2])
    payer, payee, at = (np.array(column, np.int64) for column in zip(*rows, strict=True))
    return World(payer.astype(np.int32), payee.astype(np.int32), np.full(len(rows), 100), at, n_accounts)


def _twin(at: list[int], instances: list[tuple[int, list[int]]], times: int) -> list[float]:
    month = [(t - at[0]) // MONTH_US for t in at]
    shares = []
    for account, members in instances:
        mine = month[members[0]]
        large = sum(month[tx] == mine for tx in members)
        alike = 0
        for other in range(month[-1] + 1):
            most = max((sum(month[tx] == other for tx in txs) for a, txs in instances if a == account), default=0)
            alike += abs(other - mine) > 1 and times * most >= large
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
    assert habit(world, found, "fan_in").tolist() == _twin(at, instances, 2)
    assert habit(world, found, "staircase").tolist() == _twin(at, instances, 1)


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


def test_of_a_staircase_its_last_payment_counts_and_how_far_it_climbs() -> None:
    at = np.arange(8) * HOUR_US
    amount = np.array([50_000, 110_000, 230_000, 60_000, 600_000, 6_000_000, 100, 100], np.int64)
    payer = np.array([0, 0, 0, 1, 1, 1, 2, 3], np.int32)
    world = World(payer, np.full(8, 4, np.int32), amount, at, 5)
    asked = {"gap": DAY_US, "growth": 2000, "n_min": 3, "floor_fen": 50_000, "between": 0, "known": DAY_US}
    found = FINDERS["staircase"](world, asked)
    assert found.tx.tolist() == [0, 1, 2, 3, 4, 5]
    assert own_sign(world, found, "staircase").tolist() == [50 / 230, 1 / 100]
    assert own_sign(world, found, "night").tolist() == [1, 1]
    payer_share, graph_share = shares_as_large(world)
    assert typical(found, payer_share, "staircase").tolist() == [1 / 3, 1 / 3]
    assert typical(found, graph_share, "staircase").tolist() == [3 / 8, 1 / 8]


def test_who_takes_less_of_a_day_is_told_first() -> None:
    at = np.array([0, 1, 2, 3, 10, 12, 20, 40]) * HOUR_US
    payee = np.array([4, 4, 5, 5, 4, 5, 6, 6], np.int32)
    world = World(np.arange(8, dtype=np.int32) % 4, payee, np.full(8, 100), at, 7)
    found = Found(
        np.array([0, 3, 6, 8]),
        np.array([0, 1, 4, 2, 3, 5, 6, 7]),
        np.zeros(8, np.int8),
        np.array([4, 5, 6]),
        np.full(3, NONE),
    )
    assert own_sign(world, found, "fan_in").tolist() == [10 / 24, 10 / 24, 20 / 24]
    short = Found(np.array([0, 2]), np.array([0, 1]), np.zeros(2, np.int8), np.array([4]), np.full(1, NONE))
    assert own_sign(world, short, "bipartite").tolist() == [1 / 6]
    assert own_sign(world, short, "chain").tolist() == [1]


AMOUNTS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 6)), min_size=1, max_size=30)


@settings(derandomize=True, deadline=None, max_examples=150)
@given(AMOUNTS)
def test_shares_count_the_payments_at_least_as_large(rows: list[tuple[int, int]]) -> None:
    payer, amount = (np.array(column, np.int64) for column in zip(*rows, strict=True))
    world = World(payer.astype(np.int32), np.full(len(rows), 4, np.int32), amount, np.arange(len(rows)), 5)
    payer_share, graph_share = shares_as_large(world)
    for k, (who, fen) in enumerate(rows):
        mine = [other for a, other in rows if a == who]
        assert payer_share[k] == sum(other >= fen for other in mine) / len(mine)
        assert graph_share[k] == sum(other >= fen for _, other in rows) / len(rows)
    halves = Found(np.array([0, len(rows)]), np.arange(len(rows)), np.zeros(len(rows), np.int8), payer[:1], payer[:1])
    assert np.isclose(typical(halves, payer_share, "fan_in")[0], np.prod(payer_share) ** (1 / len(rows)))


@settings(derandomize=True, deadline=None, max_examples=150)
@given(*2 * [st.lists(st.tuples(st.integers(2, 5), st.integers(0, 4)), max_size=20)])
def test_as_large_is_as_large_in_both(mine: list[tuple[int, int]], theirs: list[tuple[int, int]]) -> None:
    columns = [np.array([row[k] for row in rows], np.float64) for rows in (mine, theirs) for k in range(2)]
    told = _n_as_large(*columns).tolist()
    assert told == [sum(other >= one and high >= height for other, high in theirs) for one, height in mine]


def test_amounts_move_with_their_payer_in_every_null_world_so_a_cycle_whose_money_comes_round_stands_first() -> None:
    rng = np.random.default_rng(5)
    rows = []
    for _ in range(600):
        a, b = rng.choice(30, 2, replace=False).tolist()
        rows.append((a, b, int(rng.integers(1, 100)) * 1_000, int(rng.integers(0, 60 * 24)) * HOUR_US))
    rows += [(k, (k + 1) % 3, 95_000 - k, 1_500 * HOUR_US + k) for k in range(3)]
    rows += [(3 + k, 3 + (k + 1) % 3, 95_000 // 7**k, 1_600 * HOUR_US + k) for k in range(3)]
    rows.sort(key=lambda row: row[3])
    payer, payee, amount, at = (np.array(column, np.int64) for column in zip(*rows, strict=True))
    columns = {"transaction_id": [str(k) for k in range(len(rows))], "payer_id": payer, "payee_id": payee}
    frame = pl.DataFrame(columns | {"amount_fen": amount, "at_us": at + DAY_1_US, "seq": np.arange(len(rows))})
    frame = frame.with_columns(
        pl.col("payer_id", "payee_id").cast(pl.String), at_precision_us=pl.lit(1, pl.Int64), channel=pl.lit("transfer")
    )
    answer = cycles(flow_graph(frame), null_worlds=20)
    whole, dwindling = (answer.cycles.filter(pl.col("amount_fen_min") == least).row(0, named=True) for least in (94_998, 1_938))
    assert answer.cycles.height > 5 and whole["cycle"] == 0 < dwindling["cycle"]
    assert whole["p_value"] < dwindling["p_value"] and whole["payer_share"] < 1
