import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphfraud.analysis import trace as question
from graphfraud.analysis.trace import seeds, spread, trace
from graphfraud.errors import QuestionError
from graphfraud.findings.trace import (
    BEYOND,
    EXITED,
    LOT_SCHEMA,
    RESTING,
    RULES,
    SEED_SCHEMA,
    STEP_SCHEMA,
    TIER_SCHEMA,
    UNSEEN,
    VICTIM_TIER_SCHEMA,
)
from graphfraud.graph.flows import flow_graph
from graphfraud.tables import EXIT_CHANNELS, empty
from graphfraud.units import SECOND_US, time_us

from ..ledger import ledger
from ..oracles import trace as twin
from ..worlds import CASE, often, worlds

FRAMES = ("seeds", "steps", "lots", "tiers", "victim_tiers")
CONSERVING = tuple(rule for rule in RULES if rule != "poison")
rules = st.sampled_from(RULES)


def ask(frame, **how):
    return trace(flow_graph(frame), seeds(frame, CASE), **how)


def by(frame, *keys):
    """Sum of traced_fen by a tuple of columns."""
    grouped = frame.group_by(keys).agg(pl.col("traced_fen").sum())
    return {row[:-1]: row[-1] for row in grouped.iter_rows()}


def test_the_frames_have_their_schemas(story):
    found = ask(story)
    schemas = (SEED_SCHEMA, STEP_SCHEMA, LOT_SCHEMA, TIER_SCHEMA, VICTIM_TIER_SCHEMA)
    for name, schema in zip(FRAMES, schemas, strict=True):
        assert dict(getattr(found, name).schema) == schema, name


def test_a_case_as_a_person_would_work_it_out(story):
    found = ask(story)
    lots = {
        row[:4]: row[4:] for row in found.lots.select("account_id", "seed", "hop", "state", "channel", "traced_fen").iter_rows()
    }
    assert lots == {
        ("a", 0, 1, RESTING): (None, 30_000),
        ("b", 0, 3, EXITED): ("wallet", 60_000),
        ("b", 1, 2, EXITED): ("wallet", 10_000),
        ("b", 1, 1, UNSEEN): (None, 20_000),
        ("c", 0, 2, RESTING): (None, 5_000),
        ("c", 0, 3, EXITED): ("merchant", 5_000),
        ("shop", 2, 1, EXITED): ("merchant", 1_000),
    }
    tiers = found.victim_tiers.select("victim_account_id", "account_id", "tier", "received_fen").rows()
    assert tiers == [
        ("victim1", "a", 1, 100_000),
        ("victim1", "b", 2, 60_000),
        ("victim1", "c", 2, 10_000),
        ("victim2", "b", 1, 30_000),
        ("victim2", "shop", 1, 1_000),
    ]
    row = found.tiers.filter(pl.col("account_id") == "b").row(0, named=True)
    assert (row["tier"], row["n_victims"], row["received_fen"], row["statement_held"]) == (1, 2, 90_000, False)
    assert (row["passed_fen"], row["exited_fen"], row["unseen_fen"]) == (0, 70_000, 20_000)
    assert found.ambiguities["simultaneous_transactions"] == 2  # a paid b and c in the same second
    assert found.assumptions["accounts_without_statement"] == 1
    assert not found.truncated and found.run.graph_digest == flow_graph(story).digest
    assert found.run.parameters["cases"] == ["A-001"]
    assert repr(found) == "Trace(fifo: 3 seeds, 131000 fen; exited 76000 fen, resting 35000 fen, unseen 20000 fen)"


def test_limits_leave_money_where_it_was(story):
    within = ask(story, within="1h")
    assert not within.truncated and by(within.lots, "state") == {
        (BEYOND,): 60_000,
        (EXITED,): 16_000,
        (RESTING,): 35_000,
        (UNSEEN,): 20_000,
    }
    hops = ask(story, hops_max=1)
    assert hops.truncated and set(hops.steps["hop"]) == {1}
    until = ask(story, until="2024-03-02")
    assert until.seeds.height == 1 and until.ambiguities["seeds_after_until"] == 2
    assert until.until_us == time_us("2024-03-02") and ask(story).until_us == story["at_us"].max() + 1
    assert ask(story, until=until.until_us).steps.equals(until.steps)


def test_a_transfer_to_oneself_is_no_hop():
    frame = ledger("v has 10.00\n09:00 v -> a 10.00 seed\n09:01 a -> a 10.00\n09:02 a -> b 10.00").transactions()
    for rule in CONSERVING:
        found = ask(frame, rule=rule)
        assert found.tiers.select("account_id", "tier").rows() == [("a", 1), ("b", 2)], rule
        assert found.steps.height == 2


def test_one_account_is_of_another_tier_for_another_victim():
    story = "v has 10.00\nw has 10.00\n09:00 v -> a 10.00 seed\n09:01 a -> b 10.00\n09:02 b -> c 10.00\n09:03 w -> c 10.00 seed"
    found = ask(ledger(story).transactions())
    c = found.victim_tiers.filter(pl.col("account_id") == "c").select("victim_account_id", "tier").rows()
    assert c == [("v", 3), ("w", 1)]
    assert found.tiers.filter(pl.col("account_id") == "c")["tier"].item() == 1


def test_low_precision_and_shortfall_are_counted():
    frame = ledger("v has 10.00\n09:00 v -> a 10.00 seed low\n09:01 a -> v 10.00\n09:02 v -> b 10.00 seed").transactions()
    found = ask(frame)
    assert found.ambiguities["low_precision_transactions"] == 1
    assert found.ambiguities["seed_shortfall_fen"] == 1_000
    assert found.ambiguities["simultaneous_transactions"] == 0


def test_an_assumed_opening_balance_is_counted_where_the_money_went():
    frame = ledger(
        "a not held\nv has 10.00\n08:00 a -> b 7.00\n08:01 z -> b 1.00\n09:00 v -> a 10.00 seed\n09:01 a -> b 3.00"
    ).transactions()
    found = ask(frame)
    assert found.assumptions["opening_assumed_accounts"] == 1
    assert found.assumptions["opening_assumed_fen"] == 700


@often
@given(worlds(), rules, st.sampled_from((None, "1s", "3s")), st.sampled_from((None, 1, 2)))
def test_a_whole_question_is_its_naive_twin(frame, rule, within, hops_max):
    found = ask(frame, rule=rule, within=within, hops_max=hops_max)
    within_us = None if within is None else int(within[0]) * SECOND_US
    steps, lots, tiers = twin.ask(frame.to_dicts(), CASE, rule, within_us, hops_max or 10**6)
    assert by(found.steps, "transaction_id", "seed", "hop") == steps
    assert by(found.lots, "account_id", "seed", "hop", "state") == lots
    assert {row[0]: row[1:] for row in found.tiers.select("account_id", "tier", "received_fen").iter_rows()} == tiers


@often
@given(worlds(), st.sampled_from(CONSERVING), st.sampled_from((None, "2s")))
def test_every_fen_has_one_place(frame, rule, within):
    found = ask(frame, rule=rule, within=within)
    assert by(found.lots, "seed") == {(seed,): fen for seed, fen in found.seeds.select("seed", "amount_fen").iter_rows()}
    for row in found.tiers.iter_rows(named=True):
        out = sum(row[f"{part}_fen"] for part in ("passed", "exited", "resting", "returned", "unseen", "beyond"))
        assert row["received_fen"] == out, row
    heavy = found.steps.group_by("transaction_id").agg(pl.col("traced_fen").sum(), pl.col("amount_fen").first())
    assert (heavy["traced_fen"] <= heavy["amount_fen"]).all()


@often
@given(worlds(), rules)
def test_steps_stand_in_order_and_lead_from_the_seed(frame, rule):
    found = ask(frame, rule=rule)
    place = {name: n for n, name in enumerate(frame.sort("at_us", "seq")["transaction_id"])}
    order = [(place[tx], seed, hop) for tx, seed, hop in found.steps.select("transaction_id", "seed", "hop").iter_rows()]
    assert order == sorted(set(order)) and found.steps["step"].to_list() == list(range(len(order)))
    reached: set[tuple[str, int]] = set()
    for row in found.steps.iter_rows(named=True):  # no fen leaves an account before it came
        assert row["hop"] == 1 or (row["payer_id"], row["seed"]) in reached
        if row["channel"] not in EXIT_CHANNELS:
            reached.add((row["payee_id"], row["seed"]))


@often
@given(worlds(), rules, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(frame, rule, random):
    order = list(range(frame.height))
    random.shuffle(order)
    first, second = ask(frame, rule=rule), ask(frame[order], rule=rule)
    assert all(getattr(first, name).equals(getattr(second, name)) for name in FRAMES)
    assert (first.assumptions, first.ambiguities, first.mixed_fen) == (second.assumptions, second.ambiguities, second.mixed_fen)


@often
@given(worlds(), rules)
def test_relabelling_accounts_relabels_the_answer(frame, rule):
    turned = frame.with_columns(pl.col("payer_id", "payee_id").str.reverse())
    first, second = ask(frame, rule=rule), ask(turned, rule=rule)
    assert first.steps.with_columns(pl.col("payer_id", "payee_id").str.reverse()).equals(second.steps)
    key = ("account_id", "seed", "hop", "state", "transaction_id", "since_us")
    lots = first.lots.with_columns(pl.col("account_id").str.reverse())
    assert lots.sort(key).equals(second.lots.sort(key))


@often
@given(worlds(), rules, st.integers(1, 6))
def test_an_earlier_end_gives_the_beginning_of_the_answer(frame, rule, seconds):
    until = time_us("2024-03-01") + seconds * SECOND_US
    whole = ask(frame, rule=rule)
    if whole.seeds["at_us"][0] >= until:
        return
    part = ask(frame, rule=rule, until=until)
    assert part.steps.equals(whole.steps.filter(pl.col("at_us") < until))


@often
@given(worlds())
def test_poison_reaches_wherever_another_rule_does(frame):
    compared = spread(flow_graph(frame), seeds(frame, CASE))
    assert (compared["poison_received_fen"] >= compared["received_fen_max"]).all()
    for what in ("received", "resting"):
        each = compared.select(f"{rule}_{what}_fen" for rule in RULES)
        assert compared[f"{what}_fen_min"].equals(each.min_horizontal().alias(f"{what}_fen_min"))
        assert compared[f"{what}_fen_max"].equals(each.max_horizontal().alias(f"{what}_fen_max"))


def test_spread_shows_where_the_rules_disagree():
    frame = ledger("a has 50.00\nv has 10.00\n09:00 v -> a 10.00 seed\n09:01 a -> b 10.00").transactions()
    compared = spread(flow_graph(frame), seeds(frame, CASE), rules=("fifo", "lifo"))
    assert compared.columns[:5] == [
        "account_id",
        "fifo_received_fen",
        "fifo_resting_fen",
        "lifo_received_fen",
        "lifo_resting_fen",
    ]
    assert compared.columns[5:] == ["received_fen_min", "received_fen_max", "resting_fen_min", "resting_fen_max"]
    assert compared.rows() == [("a", 1000, 1000, 1000, 0, 1000, 1000, 0, 1000), ("b", 0, 0, 1000, 1000, 0, 1000, 0, 1000)]


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ({"rule": "haircut"}, "found 'haircut'; expected one of fifo, lifo, pro_rata, poison, libr"),
        ({"hops_max": 0}, "hops_max: found 0"),
        ({"within": "soon"}, "within: found 'soon'"),
        ({"until": "tomorrow"}, "until: found 'tomorrow'"),
        ({"until": "2024-03-01 09:00"}, "a time after the first victim payment"),
    ],
)
def test_a_question_that_cannot_be_asked(story, how, says):
    with pytest.raises(QuestionError, match=says):
        ask(story, **how)


def test_seeds_that_do_not_fit_the_graph(story):
    flows, start = flow_graph(story), seeds(story, CASE)
    elsewhere = start.with_columns(transaction_id=pl.lit("elsewhere:") + pl.col("seed").cast(pl.String))
    still = start.with_columns(payee_id=pl.col("payer_id"))
    for bad, says in (
        (start.clear(), "no payment"),
        (start.drop("seed"), "no column seed"),
        (elsewhere, "3 of 3 seeds that are named twice or are no transaction of the graph"),
        (pl.concat([start, start]), "named twice"),
        (start.with_columns(pl.col("amount_fen") + 1), "other figures"),
        (start.reverse(), "another order"),
        (still, "from an account to itself"),
    ):
        with pytest.raises(QuestionError, match=says):
            trace(flows, bad)
    with pytest.raises(QuestionError, match="no transaction"):
        trace(flow_graph(empty("transactions")), start)
    with pytest.raises(QuestionError, match="no rule"):
        spread(flows, start, rules=())


def test_a_case_without_payments_names_at_most_five_that_have_some(story):
    with pytest.raises(QuestionError, match=r"some: A-001\. Check"):
        seeds(story, "A-002")
    many = pl.concat([story.filter(pl.col("seq") == story["seq"].min())] * 8).with_columns(
        case_id=pl.format("B-{}", pl.int_range(8))
    )
    with pytest.raises(QuestionError, match="B-0, B-1, B-2, B-3, B-4 and 3 more"):
        seeds(many, "A-002")
    with pytest.raises(QuestionError, match="no case has any yet"):
        seeds(empty("transactions"), "A-002")


def test_a_fault_in_a_kernel_is_not_passed_on(story, monkeypatch):
    def thief(*arguments):
        *found, lot_fen, totals = question.trace_fifo(*arguments)
        return (*found, np.where(np.arange(len(lot_fen)) == 0, lot_fen - 1, lot_fen), totals)

    monkeypatch.setattr(question, "_KERNELS", {"fifo": thief})
    with pytest.raises(AssertionError, match="131000 fen paid and 0 fen mixed in, but 130999 fen in lots"):
        ask(story)
