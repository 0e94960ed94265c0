"""Rules of phone cards that look at their calls: a card on the bar, the nearest below it, the innocent who look alike."""

import polars as pl
import pytest

from graphfraud.analysis.call_rules import CALL_RULES, MACHINE_RULES, call_facts, called_as_machines
from graphfraud.analysis.rule_table import rule_table
from graphfraud.tables import conform
from graphfraud.units import DAY_US, HOUR_US, time_us

OPENED = time_us("2024-03-01 15:00")
DAY_2 = time_us("2024-03-02")
SIM = "15400000011"

FARM = {
    "n_calls": 100, "n_days": 2, "first_us": OPENED + DAY_US, "last_us": OPENED + 2 * DAY_US, "n_out": 100, "n_in": 0,
    "n_unanswered": 50, "n_short": 45, "n_no_pause": 90, "n_peers": 98, "n_top_peers": 7, "n_day_peers": 49, "day_us": DAY_2,
    "n_located": 100, "n_cells": 1, "n_placed": 100, "place": "澜州市", "n_at_place": 100, "silence_us": 10 * HOUR_US,
    "woken_us": OPENED + 2 * DAY_US, "n_woken": 50,
}  # fmt: skip


def ask(opened_us=OPENED, region="晴川市", **changed):
    """Return the sentences by rule for a SIM farm's card with some figures changed."""
    counts = conform(pl.DataFrame([{"source_id": "s", "sim_id": SIM, "record": 7} | FARM | changed]), "call_counts")
    sims = pl.DataFrame([{"sim_id": SIM, "opened_us": opened_us, "region": region}], schema_overrides={"opened_us": pl.Int64})
    return dict(call_facts(counts, conform(sims, "sims"), pl.Series([SIM])).select("rule", "fact").iter_rows())


# rule -> (figures on the bar, its sentence, figures just below, each of which alone silences it)
BARS = {
    "S01": (
        {"n_day_peers": 31, "day_us": DAY_2 + 7 * DAY_US, "first_in_us": OPENED + DAY_US},
        "opened 7 days before a day on which it called 31 different numbers; took no call in the 24 h after opening",
        ({"n_day_peers": 30}, {"day_us": DAY_2 + 8 * DAY_US}, {"first_in_us": OPENED + DAY_US - 1}, {"opened_us": None},
         {"opened_us": DAY_2 + DAY_US}),
    ),
    "S02": (
        {"n_out": 30, "n_peers": 27, "n_top_peers": 8},
        "30 calls to 27 different numbers; the five most called got 26 % of them",
        ({"n_out": 29}, {"n_peers": 26}, {"n_peers": None}, {"n_top_peers": 24}),
    ),
    "S03": (
        {"n_out": 40, "n_in": 2, "n_unanswered": 16, "n_short": 12, "n_no_pause": 0},
        "40 calls made, 2 taken; 16 not answered, 12 of at most 30 s, 0 within 60 s of the one before",
        ({"n_in": 3}, {"n_short": 11}, {"n_unanswered": 15}, {"n_unanswered": None}),
    ),
    "S04": (
        {"n_located": 30, "n_cells": 1, "n_days": 2},
        "all of 30 calls on 2 days in one cell",
        ({"n_located": 29}, {"n_cells": 2}, {"n_days": 1}, {"n_out": 29}, {"n_located": 0, "n_cells": None}),
    ),
    "S07a": (
        {"silence_us": 3 * DAY_US, "n_woken": 30},
        "silent for 3 days, then 30 calls made within 24 h",
        ({"silence_us": 3 * DAY_US - 1}, {"n_woken": 29}, {"silence_us": None}),
    ),
    "S07b": (
        {"n_placed": 100, "n_at_place": 80},
        "80 % of its calls in 澜州市, away from 晴川市, and made as no person calls (S02, S03)",
        ({"n_at_place": 79}, {"n_placed": 29, "n_at_place": 29}, {"region": "澜州市"}, {"region": None}, {"place": None},
         {"n_peers": 50, "n_in": 60}),
    ),
    "S09": (
        {"silence_us": 90 * DAY_US, "n_woken": 10},
        "asleep for 90 days, then 10 calls made within 24 h",
        ({"silence_us": 90 * DAY_US - 1}, {"n_woken": 9}),
    ),
}  # fmt: skip


@pytest.mark.parametrize("rule", sorted(CALL_RULES))
def test_a_rule_says_its_figures_on_the_bar_and_nothing_below(rule):
    on_the_bar, fact, below = BARS[rule]
    assert ask(**on_the_bar)[rule] == fact
    for changed in below:
        assert rule not in ask(**{**on_the_bar, **changed}), changed


def test_every_rule_of_the_table_that_looks_at_calls_is_applied_and_tested():
    assert set(CALL_RULES) == set(BARS)
    assert set(rule_table()["sim"]) == set(CALL_RULES) | {"S05", "S06", "S08", "S10", "S11"}
    assert set(MACHINE_RULES) < set(CALL_RULES)


def test_a_high_risk_list_narrows_roaming(monkeypatch):
    limit = rule_table()["sim"]["S07b"]
    monkeypatch.setitem(limit, "places", ["泊远市"])
    assert "S07b" not in ask()
    monkeypatch.setitem(limit, "places", ["澜州"])
    assert "S07b" in ask()


LOOK_ALIKES = {
    # an agent of a call centre: as many numbers from one cell, but people call back, and calls are talks
    "call centre": {"opened_us": OPENED - 900 * DAY_US, "n_in": 40, "n_unanswered": 20, "n_short": 10, "n_no_pause": 15},
    # riders and drivers: strangers all day, all over town, who call them too
    "rider with a new card": {"n_in": 60, "first_in_us": OPENED + HOUR_US, "n_cells": 24, "n_no_pause": 10, "place": "晴川市"},
    "taxi driver": {"opened_us": OPENED - 900 * DAY_US, "n_in": 50, "n_cells": 30, "n_no_pause": 5, "n_day_peers": 25},
    # at home, seldom telephoning, then calling the family at New Year
    "elderly": {"opened_us": OPENED - 900 * DAY_US, "n_out": 9, "n_in": 3, "n_peers": 4, "n_top_peers": 9, "n_day_peers": 4,
                "n_calls": 12, "n_located": 12, "silence_us": 95 * DAY_US, "n_woken": 4, "n_unanswered": 1, "n_short": 2,
                "n_no_pause": 1},
    # messages to one number from one cell for years
    "meter": {"n_out": 0, "n_peers": 0, "n_top_peers": 0, "n_day_peers": None, "day_us": None, "n_unanswered": 0, "n_short": 0,
              "n_no_pause": 0, "n_woken": 0, "n_days": 60},
}  # fmt: skip
SHOWN = {"call centre": {"S02", "S04", "S07b"}, "rider with a new card": {"S02"}, "taxi driver": {"S02", "S07b"}}


@pytest.mark.parametrize("who", LOOK_ALIKES)
def test_look_alikes_show_too_few_to_call_as_machines(who):
    shown = set(ask(**LOOK_ALIKES[who]))
    assert shown == SHOWN.get(who, set())
    assert len(shown & set(MACHINE_RULES)) < rule_table()["rings"]["R15"]["indicators_min"]


def test_cards_that_call_as_machines():
    card = {"source_id": "s", "sim_id": SIM, "record": 7} | FARM
    other = card | {"sim_id": "15400000012", "n_in": 60, "n_cells": 9}
    counts = conform(pl.DataFrame([card, other]), "call_counts")
    sims = conform(pl.DataFrame({"sim_id": [SIM, "15400000012"]}), "sims")
    facts = call_facts(counts, sims, counts["sim_id"])
    assert dict(facts.group_by("sim_id").len().iter_rows()) == {SIM: 3, "15400000012": 1}
    assert called_as_machines(facts).to_list() == [SIM]
    assert call_facts(counts, sims, pl.Series([SIM]))["sim_id"].unique().to_list() == [SIM], "only the cards asked for"


def test_of_several_files_the_one_with_most_calls_made_speaks():
    rows = [{"source_id": s, "sim_id": SIM, "record": r} | FARM | more for s, r, more in (
        ("a", 1, {"n_out": 50, "n_peers": 50}), ("b", 2, {}), ("c", 3, {"n_out": 200, "n_peers": 20}))]  # fmt: skip
    facts = call_facts(
        conform(pl.DataFrame(rows), "call_counts"), conform(pl.DataFrame({"sim_id": [SIM]}), "sims"), pl.Series([SIM])
    )
    told = {rule: (source, record) for rule, source, record in facts.select("rule", "source_id", "record").iter_rows()}
    assert told["S02"] == ("b", 2)
    assert told["S04"] == ("c", 3)


def test_both_languages_have_the_figures():
    counts = conform(pl.DataFrame([{"source_id": "s", "sim_id": SIM, "record": 7} | FARM]), "call_counts")
    sims = conform(pl.DataFrame([{"sim_id": SIM, "opened_us": OPENED, "region": "晴川市"}]), "sims")
    zh = dict(call_facts(counts, sims, pl.Series([SIM])).select("rule", "fact_zh").iter_rows())
    assert zh["S01"] == "开户 0 天后单日呼叫 49 个不同号码; 开户后 24 小时内无被叫"
    assert zh["S04"] == "2 天内 100 次通话均在同一小区 (LAC, CI)"
