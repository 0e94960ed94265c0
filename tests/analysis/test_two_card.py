"""Two-card rings as an officer meets them: who, why, how surprising, by which rule, and who only looks alike."""

import polars as pl
import pytest

from graphfraud.analysis.rings import reported_payments
from graphfraud.analysis.rule_table import rule_table
from graphfraud.analysis.two_card import two_card
from graphfraud.errors import QuestionError
from graphfraud.findings.rings import REASON_SCHEMA, RING_FLOW_SCHEMA, RING_TIE_SCHEMA, SHARED_SCHEMA
from graphfraud.findings.two_card import (
    INDICATOR_SCHEMA,
    LIFE_SCHEMA,
    LIFE_STAGES,
    RING_TYPES,
    TWO_CARD_MEMBER_SCHEMA,
    TWO_CARD_RING_SCHEMA,
    UNIT_SCHEMA,
)
from graphfraud.graph.flows import flow_graph
from graphfraud.graph.links import link_graph
from graphfraud.synthetic.config import WorldConfig
from graphfraud.synthetic.world import make_world
from graphfraud.tables import conform
from graphfraud.units import DAY_US, MINUTE_US, time_us
from tests.analysis.two_card_town import RING, RING_STORY, graphs, links, tables, tie, town_links, transactions


def ask(story=RING_STORY, tied=None, told=None, **options):
    flows, linked = graphs(story, tied)
    return two_card(flows, linked, tables() if told is None else told, reported_payments(transactions(story)), **options)


def cards(n: int, *, owner: str = "sub-{}", plan: str = "语音套餐", first: int = 0) -> pl.DataFrame:
    """A register of phone cards opened one after the other at one agent and closed after five days."""
    opened = time_us("2024-03-01 09:00")
    frame = pl.DataFrame(
        {
            "sim_id": [f"1541000{k + first:04d}" for k in range(n)],
            "holder_id": [owner.format(k + first) for k in range(n)],
            "agent": "通讯代理点7",
            "plan": plan,
            "opened_us": [opened + k * 5 * MINUTE_US for k in range(n)],
            "closed_us": [opened + 5 * DAY_US] * n,
        }
    )
    return conform(frame, "sims")


def slots(register: pl.DataFrame, n_devices: int, turns: int) -> pl.DataFrame:
    """The cards in a pool of handsets, each in ``turns`` of them."""
    ids = register["sim_id"].to_list()
    seats = [(sim, (k + turn) % n_devices) for k, sim in enumerate(ids) for turn in range(turns)]
    return links(*(tie("inserted_in", f"sim:{sim}", f"device:imei{seat}") for sim, seat in seats))


@pytest.fixture(scope="module")
def town():
    return ask()


def test_the_ring_with_its_cards_and_people(town):
    row = town.rings.row(0, named=True)
    assert town.rings.height == 1 and row["flagged"] and row["ring_type"] == "money_house"
    assert (row["n_accounts"], row["n_sims"], row["n_devices"], row["n_persons"]) == (4, 1, 1, 4)
    kinds = town.members.group_by("member_kind").agg(pl.col("member_id").sort())
    who = dict(kinds.iter_rows())
    assert who["account"] == sorted(RING) and who["sim"] == ["15400000001"] and who["device"] == ["mac-ring"]
    assert town.reasons["points"].sum() == row["score"]


def test_every_frame_has_its_schema(town):
    wanted = {
        "rings": TWO_CARD_RING_SCHEMA,
        "members": TWO_CARD_MEMBER_SCHEMA,
        "ties": RING_TIE_SCHEMA,
        "flows": RING_FLOW_SCHEMA,
        "reasons": REASON_SCHEMA,
        "indicators": INDICATOR_SCHEMA,
        "units": UNIT_SCHEMA,
        "lives": LIFE_SCHEMA,
        "shared": SHARED_SCHEMA,
    }
    for name, schema in wanted.items():
        assert dict(getattr(town, name).schema) == schema, name


def test_indicators_have_their_figures(town):
    told = {(who, rule): fact for who, rule, fact in town.indicators.select("member_id", "rule", "fact").iter_rows()}
    assert told["k1", "A01"] == "99 % of 6,380.00 yuan received left within 24h"
    assert told["s1", "A08"] == "shares device with 2 accounts of other holders"
    assert "k1" not in {who for who, rule in told if rule == "A14"}  # cash, but below 10,000 yuan
    assert ("15400000001", "S11") not in told  # nobody's register says whose card it is


def test_a_sim_farm_is_found_and_its_look_alikes_are_not():
    register = cards(12)
    farm = ask(told=tables(sims=register), tied=slots(register, 3, 2))
    row = farm.rings.row(0, named=True)
    assert (row["ring_type"], row["n_sims"], row["n_devices"], row["flagged"]) == ("goip_den", 12, 3, True)
    assert set(farm.reasons["rule"]) == {"R11", "R12", "R13", "R14"}
    assert row["p_value"] is None
    seats = slots(register, 3, 2).select("a_id", "b_id", "record").sort("a_id", "b_id")
    assert farm.ties.select("a_id", "b_id", "record").sort("a_id", "b_id").equals(seats)  # each leads to its row
    rules = farm.indicators.group_by("rule").len()
    assert dict(rules.iter_rows()) == {"S05": 12, "S06": 12, "S08": 12}

    def reading(register, n_devices, **told):
        answer = ask(told=tables(sims=register, **told), tied=slots(register, n_devices, 1))
        assert answer.rings.is_empty()
        return set(answer.shared["look_alike"])

    firm = pl.DataFrame({"holder_id": ["firm"], "kind": ["company"]})
    assert reading(cards(12, owner="firm"), 2, holders=firm) == {"call_centre"}
    assert reading(cards(12, owner="firm", plan="物联网卡"), 2, holders=firm) == {"fleet_or_meters"}
    assert reading(cards(3), 1) == {"household"}
    assert reading(cards(6, owner="one"), 1) == {"one_person"}
    swapped = cards(1)
    assert ask(told=tables(sims=swapped), tied=slots(swapped, 3, 3)).rings.is_empty()  # one card, three handsets


def call_counts(register, n, **changed):
    """What a file of call records counts of the first n cards: each calls as a SIM farm's card does."""
    row = {
        "n_calls": 100, "n_days": 2, "n_out": 100, "n_in": 0, "n_unanswered": 50, "n_short": 40, "n_no_pause": 90,
        "n_peers": 98,
        "n_top_peers": 7, "n_day_peers": 50, "n_located": 100, "n_cells": 1, "n_placed": 0,
        "first_us": time_us("2024-03-02 15:00"), "last_us": time_us("2024-03-03 15:00"), "day_us": time_us("2024-03-02"),
    } | changed  # fmt: skip
    told = [{"source_id": "cdr", "sim_id": sim, "record": 900 + k} | row for k, sim in enumerate(register["sim_id"][:n])]
    return conform(pl.DataFrame(told), "call_counts")


@pytest.mark.parametrize(("n", "told"), [(7, True), (6, False)])
def test_a_farm_most_of_whose_cards_call_as_machines(n, told):
    register = cards(12)
    seats = slots(register, 3, 2)
    farm = ask(told=tables(sims=register, call_counts=call_counts(register, n)), tied=seats)
    points = dict(farm.reasons.select("rule", "points").iter_rows())
    assert points.get("R15") == (20 if told else None)
    shown = farm.indicators.filter(pl.col("rule").is_in(["S01", "S02", "S03", "S04"])).group_by("rule").len()
    assert dict(shown.iter_rows()) == dict.fromkeys(("S01", "S02", "S03", "S04"), n)
    calls = farm.ties.filter(pl.col("thing_kind") == "calls")
    assert sorted(calls["record"]) == [900 + k for k in range(n)], "each leads to the card's first call"
    assert set(calls["b_id"]) == {"cdr"}
    doubt = farm.doubts.filter(pl.col("if_fact").str.contains("honest trade"))
    assert doubt["points"].to_list() == ([20] if told else [])
    assert farm.rings.row(0, named=True)["score"] == sum(points.values())


def test_cards_that_call_like_a_call_centre_are_no_reason():
    register = cards(12)
    likes = call_counts(
        register, 12, n_in=40, n_unanswered=20, n_short=10, n_no_pause=15, first_in_us=time_us("2024-03-01 10:00")
    )
    farm = ask(told=tables(sims=register, call_counts=likes), tied=slots(register, 3, 2))
    assert "R15" not in set(farm.reasons["rule"])
    assert {"S02", "S04"} <= set(farm.indicators["rule"])


@pytest.mark.parametrize(("numbers", "told"), [((7, 8, 9), 3), ((7, 8, 10), None), ((9, 7, 8, 11), 3)])
def test_handsets_whose_numbers_follow_each_other(numbers, told):
    register = cards(12)
    ids = register["sim_id"].to_list()
    seats = [
        tie("inserted_in", f"sim:{sim}", f"device:35000000{numbers[(k + turn) % len(numbers)]:06d}{k % 3}")
        for k, sim in enumerate(ids)
        for turn in (0, 1)
    ]
    for row in seats:  # the check digit does not count; the same handset has one
        row["b_id"] = row["b_id"][:14] + "0"
    farm = ask(told=tables(sims=register), tied=links(*seats))
    fact = dict(farm.reasons.select("rule", "fact").iter_rows()).get("R16")
    want = None if told is None else f"{told} of {len(numbers)} handsets have numbers that follow each other (S08 连号 IMEI)"
    assert fact == want
    table = rule_table()
    assert table["rings"]["R11"]["points_max"] + table["rings"]["R16"]["points"] < table["flagged_points"]


def test_a_farm_whose_cards_are_bound_to_a_rings_accounts_is_part_of_it():
    register = cards(8)
    pool = slots(register, 2, 2)
    bound = links(*(tie("registered_with", f"account:{a}", f"sim:1541000{k:04d}") for k, a in enumerate(RING[1:])))
    tied = pl.concat([town_links(), pool, bound])
    answer = ask(tied=tied, told=tables(sims=register))
    assert answer.rings.height == 1
    row = answer.rings.row(0, named=True)
    assert row["n_accounts"] == 4 and row["n_sims"] == 9 and row["ring_type"] != "goip_den"
    assert {"R01", "R11"} <= set(answer.reasons["rule"])
    assert answer.members.unique(["member_kind", "member_id"]).height == answer.members.height


def test_thresholds_of_the_law_are_counted_per_person_with_their_units():
    owner = links(*(tie("holds", "holder:seller", f"account:{name}") for name in RING))
    answer = ask(tied=pl.concat([town_links().filter(pl.col("kind") != "holds"), owner]), told={})
    units = answer.units.filter(pl.col("holder_id") == "seller")
    by_rule = {rule: figures for rule, *figures in units.select("rule", "n_units", "threshold", "reached").iter_rows()}
    assert by_rule == {"JP-2a": [4, 3, True], "BX-accounts": [4, 5, False]}
    assert sorted(units.filter(pl.col("rule") == "JP-2a")["unit_id"]) == sorted(RING)


def test_the_life_of_a_card(town):
    story = RING_STORY + "day 1 08:30 boss -> k1 5.00\nday 40 12:00 boss -> h1 3,000.00"
    lives = ask(story=story).lives.filter(pl.col("account_id") == "k1")
    assert lives["stage"].to_list() == [s for s in LIFE_STAGES if s in set(lives["stage"])] == list(LIFE_STAGES)
    assert (lives["since_us"] <= lives["until_us"]).all()
    facts = dict(lives.select("stage", "fact").iter_rows())
    assert facts["probe"] == "1 payments of 5.00 yuan in all before the first large one"
    assert facts["dormant"] == "9 days from opening to the first payment"


def test_the_p_value_is_small_for_a_ring_and_the_same_again(town):
    crowd = [tie("logged_in_on", f"account:x{k}", f"device:own{k}") for k in range(80)]
    tied = pl.concat([town_links(), links(*crowd)])
    once, again, other = (ask(tied=tied, rng_seed=seed) for seed in (1, 1, 2))
    row = once.rings.row(0, named=True)
    assert row["n_shared"] > row["n_expected"] and row["p_value"] <= 0.05
    assert once.rings.equals(again.rings)
    assert other.rings["n_shared"].to_list() == once.rings["n_shared"].to_list()
    assert ask(null_worlds=0).rings["p_value"].to_list() == [None]


def test_the_order_of_rows_does_not_show(town):
    flows = flow_graph(transactions().sample(fraction=1, shuffle=True, seed=3))
    linked = link_graph(town_links().sample(fraction=1, shuffle=True, seed=4))
    again = two_card(flows, linked, tables(), reported_payments(transactions()))
    for name in ("rings", "members", "ties", "flows", "reasons", "indicators", "units", "lives", "shared"):
        assert getattr(again, name).equals(getattr(town, name)), name


@pytest.mark.parametrize(
    "options", [{"within": "soon"}, {"accounts_max": 1}, {"null_worlds": -1}, {"rng_seed": -1}, {"null_worlds": 1.5}]
)
def test_questions_that_cannot_be_asked(options):
    with pytest.raises(QuestionError):
        ask(**options)


@pytest.mark.parametrize(
    ("story", "tied"),
    [
        ("", links()),
        ("", town_links()),
        ("09:00 a -> a 5.00", links(tie("registered_with", "account:a", "sim:1"))),
        ("09:00 a -> b 5.00", links(tie("inserted_in", "sim:1", "device:d"))),
        (RING_STORY, links(tie("inserted_in", "sim:nobody", "device:d"), tie("inserted_in", "sim:other", "device:d"))),
    ],
    ids=["nothing", "only ties", "only a self-transfer", "one payment", "cards no register knows"],
)
def test_odd_worlds_have_plain_answers(story, tied):
    for told in ({}, tables()):
        answer = ask(story=story, tied=tied, told=told)
        assert answer.rings.is_empty() and answer.members.is_empty() and answer.indicators.is_empty()


def test_registers_that_contradict_each_other_are_counted():
    register = cards(12)
    twice = links(*(tie("registered_with", f"holder:{who}", "sim:15410000000") for who in ("one", "another")))
    answer = ask(tied=pl.concat([slots(register, 3, 2), twice]), told=tables(sims=register))
    assert answer.ambiguities["sims_with_several_subscribers"] == 1 and answer.rings.height == 1


def test_the_rule_table_is_whole():
    table = rule_table()
    for family in ("rings", "account", "sim"):
        for rule, row in table[family].items():
            assert row["en"] and row["zh"], rule
    assert all(row["points"] <= row["points_max"] for row in table["rings"].values())
    assert {law["threshold"] for law in table["law"].values()} == {3, 5, 20}
    assert table["version"]


def test_a_city_gives_its_farms_and_spares_the_innocent():
    print("city: rng_seed=83")
    world = make_world(WorldConfig(n_transactions=10_000, n_background=300, days=45, victims=(4, 8)), rng_seed=83)
    seen = world.seen()
    answer = two_card(flow_graph(seen), link_graph(world.links), world.frames, reported_payments(seen), null_worlds=99)
    assert set(answer.rings["ring_type"]) <= set(RING_TYPES)
    flagged = answer.rings.filter("flagged").select("ring_id")
    sims = answer.members.join(flagged, on="ring_id").filter(pl.col("member_kind") == "sim")
    truth = sims.join(world.truth.sims, left_on="member_id", right_on="sim_id")
    assert truth["culprit"].mean() > 0.95 and not truth["decoy"].any()
    found = set(truth.filter(pl.col("role_right") == "goip")["member_id"])
    assert len(found) >= 0.95 * world.truth.sims.filter(pl.col("role") == "goip").height


def test_a_city_without_culprits_has_nothing_to_flag():
    print("city: rng_seed=91")
    world = make_world(WorldConfig(n_transactions=12_000, n_background=500, days=45, n_cases=0), rng_seed=91)
    seen = world.seen()
    answer = two_card(flow_graph(seen), link_graph(world.links), world.frames, reported_payments(seen), null_worlds=9)
    assert not answer.rings["flagged"].any() and seen.height > 1_000
    assert answer.shared.filter(pl.col("look_alike").is_not_null()).height > 0
