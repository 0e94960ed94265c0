"""Patterns as an investigator asks for them: each planted one is found whole, and chance is told from design."""

from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphfraud.analysis.pattern_kinds import FINDERS, find_all
from graphfraud.analysis.pattern_world import World
from graphfraud.analysis.patterns import DEFAULTS, _accounts, _asked, patterns
from graphfraud.errors import QuestionError
from graphfraud.findings.patterns import PATTERN_ACCOUNT_SCHEMA, PATTERN_SCHEMA, PATTERN_TRANSACTION_SCHEMA, PATTERNS
from graphfraud.graph.flows import flow_graph
from graphfraud.tables import TABLES
from graphfraud.units import DAY_US
from tests.ledger import DAY_1_US, ledger

STORIES = {
    "fan_in": ("\n".join(f"09:0{k} p{k} -> hub 10.00" for k in range(5)), {}),
    "fan_out": ("\n".join(f"09:0{k} hub -> p{k} 10.00" for k in range(5)), {}),
    "gather_scatter": (
        "\n".join(f"09:0{k} p{k} -> hub 10.00" for k in range(3))
        + "\n"
        + "\n".join(f"10:0{k} hub -> q{k} 9.00" for k in range(3)),
        {},
    ),
    "scatter_gather": (
        "\n".join(f"09:0{k} s -> m{k} 10.00\n10:0{k} m{k} -> d 9.00" for k in range(3)),
        {},
    ),
    "bipartite": ("\n".join(f"09:{10 * a + b} p{a} -> q{b} 10.00" for a in (1, 2, 3) for b in range(3)), {}),
    "stack": (
        "\n".join(f"09:{10 * a + b} p{a} -> q{b} 10.00\n10:{10 * a + b} q{b} -> r{a} 9.00" for a in (1, 2) for b in range(2)),
        {},
    ),
    "chain": ("09:00 a -> b 100.00\n09:10 b -> c 95.00\n09:30 c -> d 90.00", {}),
    "pass_through": ("09:00 a -> b 6,000.00\n09:05 c -> b 6,000.00\n09:10 b -> d 12,000.00", {}),
    "probe": ("09:00 a -> b 1.00\n09:01 a -> b 2.00\n09:10 a -> b 50,000.00", {}),
    "pooling": (
        "\n".join(f"09:{k:02d} p{k} -> hub 990.00" for k in range(10)) + "\n10:00 hub -> away 9,800.00",
        {},
    ),
    "staircase": ("09:00 v -> a 1,000.00\n10:00 v -> b 5,000.00\n11:00 v -> c 20,000.00", {}),
    "limit_hugging": ("09:00 a -> b 9,900.00\n10:00 a -> c 9,950.00\n11:00 a -> d 9,999.99", {}),
    "daily_limit_hugging": (
        "\n".join(f"day {d} 09:00 a -> b 4,900.00\nday {d} 10:00 a -> c 5,000.00" for d in (1, 2, 3)),
        {},
    ),
    "awakening": (
        "09:00 a -> b 1.00\n" + "\n".join(f"day 200 09:0{k} a -> c{k} 1.00" for k in range(5)),
        {},
    ),
    "night": ("\n".join(f"day {d} 03:00 a -> b{d} 1.00" for d in (1, 2, 3)), {}),
}
ABOUT = {"bipartite": None, "stack": None, "fan_in": "hub", "fan_out": "hub", "gather_scatter": "hub", "scatter_gather": "s"}


def flows(story):
    return flow_graph(ledger(story).transactions())


@pytest.mark.parametrize("kind", PATTERNS)
def test_a_planted_pattern_is_found_whole_and_once(kind):
    graph = flows(STORIES[kind][0])
    answer = patterns(graph, [kind])
    assert answer.patterns.height == 1, answer.patterns
    row = answer.patterns.row(0, named=True)
    assert row["kind"] == kind and not answer.truncated
    assert row["account_id"] == ABOUT.get(kind, row["account_id"])
    n_all = graph.n_transactions - (kind == "awakening")  # the one before the silence is no part of the burst
    assert row["n_transactions"] == answer.transactions.height == n_all
    assert row["amount_fen"] == answer.transactions["amount_fen"].sum()
    assert answer.accounts["received_fen"].sum() == answer.accounts["paid_fen"].sum() == row["amount_fen"]
    assert dict(answer.patterns.schema) == PATTERN_SCHEMA
    assert dict(answer.transactions.schema) == PATTERN_TRANSACTION_SCHEMA
    assert dict(answer.accounts.schema) == PATTERN_ACCOUNT_SCHEMA


@pytest.mark.parametrize("kind", PATTERNS)
def test_one_payment_less_is_no_pattern(kind):
    lines = STORIES[kind][0].splitlines()
    assert patterns(flows("\n".join(lines[:-1])), [kind]).patterns.is_empty()


def test_order_in_time_matters():
    backwards = "10:00 s -> m0 10.00\n10:01 s -> m1 10.00\n10:02 s -> m2 10.00\n" + "\n".join(
        f"09:0{k} m{k} -> d 9.00" for k in range(3)
    )
    assert patterns(flows(backwards), ["scatter_gather", "chain"]).patterns.is_empty()
    scatter_first = STORIES["gather_scatter"][0].replace("09:", "11:")
    assert patterns(flows(scatter_first), ["gather_scatter"]).patterns.is_empty()


def test_all_kinds_at_once_and_roles():
    story = "\n".join(
        f"day {k} {line}"
        for k, (kind, (text, _)) in enumerate(STORIES.items(), 1)
        for line in text.splitlines()
        if kind not in ("daily_limit_hugging", "awakening", "night")
    )
    answer = patterns(flows(story))
    assert {"fan_in", "stack", "probe", "pooling", "chain"} <= set(answer.patterns["kind"])
    roles = dict(
        answer.transactions.join(answer.patterns, on="pattern").group_by("kind").agg(pl.col("role").unique().sort()).iter_rows()
    )
    assert (
        roles["probe"] == ["large", "small"]
        and roles["gather_scatter"] == ["in", "out"]
        and roles["stack"] == ["first", "second"]
    )


def test_settings_and_caps():
    assert patterns(flows(STORIES["fan_in"][0]), ["fan_in"], settings={"fan_in": {"n_min": 6}}).patterns.is_empty()
    assert patterns(flows(STORIES["fan_in"][0]), "fan_in", settings={"fan_in": {"within": "3m"}}).patterns.is_empty()
    cut = patterns(flows(STORIES["bipartite"][0]), ["bipartite"], settings={"bipartite": {"accounts_max": 3}})
    assert cut.patterns.is_empty() and cut.truncated["bipartite"] > 0
    cut = patterns(flows(STORIES["scatter_gather"][0]), ["scatter_gather"], settings={"scatter_gather": {"wedges_max": 2}})
    assert cut.truncated == {"scatter_gather": 1}


def test_a_gather_of_minutes_hides_in_days_of_customers():
    """Customers pay the hub every few hours for five days; on the third day three pay it at once and it pays three."""
    lines = [f"day {1 + k // 4} {3 + 5 * (k % 4):02d}:00 c{k} -> hub 10.00" for k in range(20)]
    lines += [f"day {1 + k // 2} {4 + 10 * (k % 2):02d}:30 hub -> s{k} 10.00" for k in range(10)]
    hidden = [f"day 3 12:{k:02d} m{k} -> hub 900.00\nday 3 12:{30 + k} hub -> d{k} 800.00" for k in range(3)]
    answer = patterns(flows("\n".join(lines + hidden)), ["gather_scatter"])
    accounts = [set(part["account_id"]) for _, part in answer.accounts.group_by("pattern", maintain_order=True)]
    few, many = sorted(accounts, key=len)
    assert {"m0", "m1", "m2", "d0", "d1", "d2", "hub"} <= few < many and len(few) == 10 and len(many) > 30


def town(rng_seed):
    """A town of 60 accounts that pay at any time, a busy shop, and one account that is fed by seven in five minutes."""
    rng = np.random.default_rng(rng_seed)
    lines = []
    for _ in range(600):
        a, b = rng.choice(60, 2, replace=False)
        payee = "shop" if rng.random() < 0.5 else f"t{b}"
        lines.append(
            f"day {rng.integers(1, 60)} {rng.integers(8, 20):02d}:{rng.integers(60):02d} "
            f"t{a} -> {payee} {rng.integers(1, 900)}.00"
        )
    lines += [f"day 30 11:{k:02d} t{k} -> mule 500.00" for k in range(7)]
    return flows("\n".join(lines))


def test_the_mule_is_more_surprising_than_the_shop():
    graph = town(3)
    answer = patterns(graph, ["fan_in"], settings={"fan_in": {"n_min": 4}}, null_worlds=20)
    assert answer.patterns["account_id"][0] == "mule"
    by_account = answer.patterns.group_by("account_id").agg(pl.col("p_value").min())
    p = dict(by_account.iter_rows())
    assert p["mule"] < 0.05 < p["shop"]
    again = patterns(graph, ["fan_in"], settings={"fan_in": {"n_min": 4}}, null_worlds=20)
    assert again.patterns.equals(answer.patterns) and again.transactions.equals(answer.transactions)


@pytest.mark.parametrize(
    "asked",
    [
        {"kinds": []},
        {"kinds": ["octopus"]},
        {"settings": {"octopus": {}}},
        {"settings": {"fan_in": {"n": 3}}},
        {"settings": {"fan_in": {"within": "0h"}}},
        {"settings": {"fan_in": {"within": "-24h"}}},
        {"settings": {"fan_in": {"within": 5}}},
        {"settings": {"fan_in": {"n_min": 0}}},
        {"settings": {"staircase": {"n_min": 1}}},
        {"settings": {"staircase": {"growth": 0}}},
        {"settings": {"staircase": {"between": 101}}},
        {"settings": {"staircase": {"known": "-1d"}}},
        {"null_worlds": -1},
        {"since": "2024-03-02", "until": "2024-03-01"},
    ],
)
def test_questions_that_cannot_be_asked(asked):
    with pytest.raises(QuestionError):
        patterns(flows(STORIES["fan_in"][0]), **asked)


@pytest.mark.parametrize(
    "story", ["", "09:00 a -> a 5.00\n09:01 a -> a 5.00", "09:00 a -> b 5.00", "\n".join(["09:00 a -> b 5.00"] * 30)]
)
@pytest.mark.parametrize("null_worlds", [0, 2])
def test_odd_graphs_have_plain_answers(story, null_worlds):
    graph = flows(story) if story else flow_graph(pl.DataFrame(schema=TABLES["transactions"].schema))
    answer = patterns(graph, null_worlds=null_worlds)
    assert answer.patterns.height == answer.transactions.height == answer.accounts.height == 0


def test_a_star_of_half_a_million_is_no_trouble():
    n = 500_000
    leaf, hub = np.arange(1, n + 1, dtype=np.int32), np.zeros(n, np.int32)
    inward = np.arange(n) < n // 2
    at = DAY_1_US + np.sort(np.random.default_rng(1).integers(0, 86_400, n)) * 1_000_000
    star = World(np.where(inward, leaf, hub), np.where(inward, hub, leaf), np.full(n, 5_000_000), at, n + 1)
    sizes = {kind: np.diff(FINDERS[kind](star, _asked(kind, {})).start).tolist() for kind in PATTERNS}
    assert sizes["fan_in"] == sizes["fan_out"] == [n // 2] and sizes["gather_scatter"] == [n]
    assert sizes["scatter_gather"] == sizes["bipartite"] == sizes["stack"] == sizes["chain"] == []


def test_defaults_cover_every_kind():
    assert set(DEFAULTS) == set(PATTERNS)


def test_threads_change_nothing():
    rng = np.random.default_rng(3)
    n, m = 4_000, 60
    payer, payee = (rng.integers(0, m, n).astype(np.int32) for _ in range(2))
    at = DAY_1_US + np.sort(rng.integers(0, 20 * DAY_US, n))
    amount = rng.lognormal(11, 2, n).astype(np.int64)
    asked = {kind: _asked(kind, {}) for kind in PATTERNS}
    one, two = (find_all(World(payer, payee, amount, at, m), asked, n_threads) for n_threads in (1, 2))
    assert list(one) == list(two) == list(PATTERNS)
    assert sum(len(found.start) - 1 for found in one.values()) > 100
    for kind in PATTERNS:
        assert one[kind].n_cut == two[kind].n_cut
        for name in ("start", "tx", "role", "account", "other"):
            assert getattr(one[kind], name).tobytes() == getattr(two[kind], name).tobytes(), (kind, name)


@settings(deadline=None, derandomize=True, max_examples=120)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 5)), max_size=14))
def test_accounts_of_instances_are_counted_as_defined(legs) -> None:
    """Also where one transaction plays two roles of an instance, and where it is a self-transfer."""
    payer, payee, amount = [0, 1, 2, 3, 3, 0], [1, 0, 2, 0, 1, 3], [5, 7, 11, 13, 17, 19]
    flows = SimpleNamespace(
        payer_ix=np.array(payer), payee_ix=np.array(payee), amount_fen=np.array(amount), n_transactions=6, n_accounts=4,
        account_id=pl.Series(["a", "b", "c", "d"]),
    )  # fmt: skip
    legs = sorted(legs, key=lambda leg: leg[0])
    pattern, tx = (np.array([leg[side] for leg in legs], np.int64) for side in (0, 1))
    wanted = []
    for instance in range(4):
        mine = [i for of, i in legs if of == instance]
        for account in range(4):
            touched = {i for i in mine if account in {payer[i], payee[i]}}
            if touched:
                received = sum(amount[i] for i in mine if payee[i] == account)
                paid = sum(amount[i] for i in mine if payer[i] == account)
                wanted.append((instance, "abcd"[account], len(touched), received, paid))
    found = _accounts(flows, pattern, tx)
    assert dict(found.schema) == PATTERN_ACCOUNT_SCHEMA and found.rows() == wanted
