"""Rings as an investigator meets them: members, roles, reasons, evidence, what would change them, and who they are later."""

import numpy as np
import polars as pl
import pytest

from graphfraud.analysis.ring_matching import matched
from graphfraud.analysis.rings import reported_payments, rings
from graphfraud.errors import QuestionError
from graphfraud.findings.rings import (
    CHANGE_SCHEMA,
    DOUBT_SCHEMA,
    HABIT_SCHEMA,
    REASON_SCHEMA,
    RING_FLOW_SCHEMA,
    RING_MEMBER_SCHEMA,
    RING_SCHEMA,
    RING_TIE_SCHEMA,
    SHARED_SCHEMA,
)
from graphfraud.graph.flows import flow_graph
from graphfraud.graph.links import link_graph
from graphfraud.synthetic.config import WorldConfig
from graphfraud.synthetic.world import make_world
from tests.analysis.two_card_town import (
    FAMILY,
    RING,
    RING_STORY,
    accounts,
    graphs,
    links,
    tables,
    tie,
    town_links,
    transactions,
)


def ask(story=RING_STORY, tied=None, told=None, **options):
    flows, linked = graphs(story, tied)
    return rings(flows, linked, tables() if told is None else told, reported_payments(transactions(story)), **options)


@pytest.fixture(scope="module")
def town():
    return ask()


def test_the_ring_is_found_with_its_roles_and_the_family_is_not(town):
    assert town.rings.height == 1 and town.rings["flagged"].all()
    assert sorted(town.members["account_id"]) == sorted(RING)
    roles = dict(town.members.select("account_id", "role").iter_rows())
    assert roles == {"c1": "collector", "s1": "passer", "k1": "cash_out", "k2": "cash_out"}  # a splitter pays three or more
    facts = dict(town.members.select("account_id", "fact").iter_rows())
    assert facts["c1"] == (
        "13,000.00 of 13,000.00 yuan received came from outside the ring, 13,000.00 of it from 2 reported victims"
    )
    row = town.rings.row(0, named=True)
    assert (row["n_victims"], row["victim_fen"], row["n_bound"]) == (2, 1_300_000, 4)
    readings = {thing: told for thing, told in town.shared.select("thing_id", "look_alike").iter_rows() if told}
    assert readings == {"15400000002": "family", "mac-home": "family"}


def test_every_frame_has_its_schema(town):
    wanted = {
        "rings": RING_SCHEMA,
        "members": RING_MEMBER_SCHEMA,
        "ties": RING_TIE_SCHEMA,
        "flows": RING_FLOW_SCHEMA,
        "reasons": REASON_SCHEMA,
        "doubts": DOUBT_SCHEMA,
        "shared": SHARED_SCHEMA,
        "habits": HABIT_SCHEMA,
    }
    for name, schema in wanted.items():
        assert dict(getattr(town, name).schema) == schema, name


def test_the_score_is_the_sum_of_its_reasons_and_doubts_take_away_points(town):
    assert town.reasons["points"].sum() == town.rings["score"][0]
    assert set(town.reasons["rule"]) == {"R01", "R02", "R03", "R04", "R05", "R06", "R07"}
    assert (town.doubts["score"] == town.rings["score"][0] - town.doubts["points"]).all()
    told = dict(town.doubts.select("if_fact", "points").iter_rows())
    assert told["if no victim's payment to a member stood"] == 20
    no_victims = rings(*graphs(), tables())
    assert no_victims.doubts.filter(pl.col("if_fact").str.contains("victim reported"))["points"].to_list() == [-10]


def test_evidence_leads_to_links_and_transactions(town):
    known = {tuple(row) for row in town_links().select("kind", "a_kind", "a_id", "b_kind", "b_id", "record").iter_rows()}
    cited = set(town.ties.select("kind", "a_kind", "a_id", "b_kind", "b_id", "record").iter_rows())
    assert cited and cited <= known
    held = transactions().select("transaction_id", "amount_fen")
    shown = town.flows.join(held, on=["transaction_id", "amount_fen"])
    assert shown.height == town.flows.height > 0
    assert town.flows.filter(pl.col("part") == "victim")["amount_fen"].to_list() == [500_000, 800_000]
    assert (town.flows["relayed_fen"] <= town.flows["amount_fen"]).all()


def test_conservation_of_what_a_ring_relays(town):
    inside = town.flows.filter(pl.col("part").is_in(["inside", "start"]))
    assert inside["relayed_fen"].sum() == town.rings["relayed_fen"][0]
    assert town.members["received_fen"].sum() >= town.rings["inflow_fen"][0]
    assert town.members["victim_fen"].sum() == town.rings["victim_fen"][0]


def test_the_order_of_rows_does_not_show(town):
    flows = flow_graph(transactions().sample(fraction=1, shuffle=True, seed=3))
    linked = link_graph(town_links().sample(fraction=1, shuffle=True, seed=4))
    told = tables(accounts=accounts().reverse())
    again = rings(flows, linked, told, reported_payments(transactions()))
    for name in ("rings", "members", "ties", "flows", "reasons", "doubts", "shared", "habits"):
        assert getattr(again, name).equals(getattr(town, name)), name


def test_a_ring_needs_both_ties_and_money():
    assert ask(tied=links()).rings.is_empty()
    still = "\n".join(line for line in RING_STORY.splitlines() if "shop" in line or "boss" in line)
    assert ask(story=still).rings.is_empty()
    one = town_links().filter(pl.col("b_id") != "mac-ring")
    assert ask(tied=one, share_min=3).rings.is_empty()


def test_innocent_readings_bind_nobody():
    def bound(kind, **told):
        rows = [tie("logged_in_on", f"account:{name}", f"{kind}:thing") for name in RING]
        answer = ask(tied=links(*rows), told=tables(**told))
        return answer.rings.height, answer.shared["look_alike"].to_list()

    assert bound("device") == (1, [None])
    till = pl.DataFrame({"device_id": ["thing"], "kind": ["terminal"]})
    assert bound("device", devices=till) == (0, ["shared_till"])
    firm = pl.DataFrame({"holder_id": ["firm"], "kind": ["company"]})
    rows = [tie("holds", "holder:firm", f"account:{name}") for name in RING]
    answer = ask(tied=links(*rows), told=tables(holders=firm))
    assert answer.rings.is_empty() and answer.shared["look_alike"].to_list() == ["firm"]
    crowd = [tie("logged_in_on", f"account:{name}", "ip:198.18.0.1") for name in (*RING, *map(str, range(16)))]
    assert ask(tied=links(*crowd)).shared["look_alike"].to_list() == ["nat"]
    idle = [tie("logged_in_on", f"account:idle{k}", "device:hostel") for k in range(9)]
    assert ask(tied=links(*idle)).shared["look_alike"].to_list() == ["dormitory"]
    assert ask(tied=town_links(), accounts_max=2).shared.filter(thing_id="mac-ring")["look_alike"].to_list() == ["hub"]


def test_a_runner_without_any_tie_is_joined_by_the_money():
    story = RING_STORY + "day 1 09:07 s1 -> run 500.00\nday 1 09:09 run -> k1 495.00\nday 2 10:06 s1 -> run 90.00\n"
    answer = ask(story=story + "day 2 10:09 run -> k1 89.00")
    joined = answer.members.filter(pl.col("account_id") == "run").row(0, named=True)
    assert not joined["bound"] and joined["role"] == "passer"
    assert not set(FAMILY) & set(answer.members["account_id"])


@pytest.mark.parametrize(
    "options", [{"within": "0h"}, {"within": "-1h"}, {"share_min": 1}, {"accounts_max": 0}, {"share_min": 2.5}]
)
def test_questions_that_cannot_be_asked(options):
    with pytest.raises(QuestionError):
        ask(**options)


def test_a_seed_of_another_graph_is_refused():
    seeds = reported_payments(transactions()).with_columns(transaction_id=pl.lit("other:1"))
    with pytest.raises(QuestionError, match="reported_payments"):
        rings(*graphs(), tables(), seeds)


@pytest.mark.parametrize(
    ("story", "tied"),
    [
        ("", links()),
        ("", town_links()),
        ("09:00 a -> a 5.00\n09:01 a -> a 6.00", links(tie("holds", "holder:p", "account:a"))),
        ("09:00 a -> b 5.00", links()),
        (
            RING_STORY,
            links(tie("logged_in_on", "account:nobody", "device:d"), tie("logged_in_on", "account:other", "device:d")),
        ),
        ("09:00 a -> b 5.00\n09:00 b -> a 5.00\n09:00 a -> b 5.00", links(tie("card_of", "account:a", "account:b"))),
    ],
    ids=["nothing", "only ties", "only self-transfers", "one payment", "ids in one table", "all at one instant"],
)
def test_odd_graphs_have_plain_answers(story, tied):
    answer = ask(story=story, tied=tied)
    assert answer.rings.is_empty() and answer.members.is_empty() and answer.reasons.is_empty()


def test_registers_that_contradict_each_other_are_counted():
    tied = pl.concat([town_links(), links(tie("holds", "holder:somebody-else", "account:c1"))])
    answer = ask(tied=tied)
    assert answer.ambiguities["accounts_with_several_holders"] == 1 and answer.rings.height == 1
    assert ask(told={}).rings.height == 1  # without any register the links alone suffice


def test_a_ring_keeps_its_name_as_it_grows_and_changes_are_told(town):
    grown_story = RING_STORY + "\n".join(
        f"day {day} 09:00 s1 -> n1 300.00\nday {day} 09:10 n1 -> k1 290.00" for day in range(4, 8)
    )
    grown = ask(story=grown_story)
    assert grown.rings["ring_id"].to_list() == town.rings["ring_id"].to_list() and grown.members.height == 5
    told = matched(town, grown)
    assert dict(told.schema) == CHANGE_SCHEMA
    assert told.select("event", "n_stayed", "n_joined", "n_left").rows() == [("same", 4, 1, 0)]
    nothing = ask(tied=links())
    assert matched(nothing, town)["event"].to_list() == ["born"]
    gone = matched(town, nothing)
    assert gone.select("event", "n_left", "ring_id").rows() == [("gone", 4, None)]


def _two_rings(joined: bool):
    second = RING_STORY.replace("c1", "c2").replace("s1", "s2").replace("k1", "k3").replace("k2", "k4").replace("h1", "g1")
    second = second.replace("h2", "g2").replace("victim2", "victim3").replace("seed case:A-002", "").replace("seed", "")
    names = {"c1": "c2", "s1": "s2", "k1": "k3", "k2": "k4", "h1": "g1", "h2": "g2"}
    rows = town_links().filter(pl.col("kind") != "opened_by")
    people = {f"person-{a}": f"person-{b}" for a, b in names.items()}
    things = {"mac-ring": "mac-2", "mac-home": "mac-3", "15400000001": "15400000003", "15400000002": "15400000004"}
    other = rows.with_columns(
        a_id=pl.col("a_id").replace({**names, **people}), b_id=pl.col("b_id").replace({**names, **things})
    )
    bridge = [links(tie("logged_in_on", "account:s1", "device:desk"), tie("logged_in_on", "account:s2", "device:desk"))]
    tied = pl.concat([rows, other, *(bridge if joined else [])])
    return ask(story=RING_STORY + second, tied=tied)


def test_mergers_and_splits_keep_the_name_of_the_larger_part():
    apart, together = _two_rings(False), _two_rings(True)
    assert (apart.rings.height, together.rings.height) == (2, 1)
    merged = matched(apart, together)
    assert sorted(merged["event"]) == ["merged", "same"] and merged["stable_id"].n_unique() == 1
    split = matched(together, apart, stable=merged)
    assert sorted(split["event"]) == ["same", "split"] and split["stable_id"].n_unique() == 2
    assert merged["stable_id"][0] in set(split["stable_id"])


def test_a_gang_on_new_cards_is_known_by_its_habits():
    rng = np.random.default_rng(11)

    def campaign(first_day, names):
        c, s, k = names
        lines = []
        for day in range(first_day, first_day + 12):
            for hour in (9, 14, 21):
                fen, minute = int(rng.integers(4_000, 9_000)), int(rng.integers(0, 9))
                lines += [
                    f"day {day} {hour:02d}:{minute:02d} payer{day} -> {c} {fen:,}.00",
                    f"day {day} {hour:02d}:{minute + 6:02d} {c} -> {s} {fen - 20:,}.00",
                    f"day {day} {hour:02d}:{minute + 13:02d} {s} -> {k} {fen - 40:,}.00",
                    f"day {day} {hour:02d}:{minute + 31:02d} {k} -> atm {fen - 60:,}.00 cash_out",
                ]
        return "\n".join(lines)

    def desk(names):
        return links(*(tie("logged_in_on", f"account:{name}", f"device:mac-{names[0]}") for name in names))

    old, new = ("a1", "a2", "a3"), ("b1", "b2", "b3")
    before = ask(story=campaign(1, old), tied=desk(old), told={})
    after = ask(story=campaign(30, new), tied=desk(new), told={})
    told = matched(before, after)
    assert told["event"].to_list() == ["resurrected"] and told["likeness"][0] >= 0.98
    assert told["stable_id"].to_list() == before.rings["ring_id"].to_list()
    assert matched(after, before)["event"].to_list().count("resurrected") == 0  # nobody rises before he is gone


@pytest.fixture(scope="module")
def city():
    config = WorldConfig(n_transactions=14_000, n_background=400, days=50, victims=(4, 9))
    print("city: rng_seed=71")
    return make_world(config, rng_seed=71)


def test_a_city_gives_its_rings_and_spares_the_innocent(city):
    seen = city.seen()
    answer = rings(flow_graph(seen), link_graph(city.links), city.frames, reported_payments(seen))
    truth = city.truth.accounts
    found = answer.members.join(truth, on="account_id")
    assert found["culprit"].mean() > 0.9 and not found["decoy"].any() and "victim" not in set(found["role_right"])
    in_gangs = found.filter(pl.col("ring_id_right").is_not_null())
    largest = in_gangs.group_by("ring_id", "ring_id_right").len().group_by("ring_id").agg(pl.col("len").max())
    assert largest["len"].sum() >= 0.95 * in_gangs.height  # a ring found is one gang, but for a few
    assert (answer.rings["score"] == sorted(answer.rings["score"], reverse=True)).all()
    assert answer.members["account_id"].n_unique() == answer.members.height
