"""Rules of bank accounts: payments for each with the sentence they must give, and the nearest that say nothing."""

import numpy as np
import pytest

from graphfraud.analysis.account_rules import ACCOUNT_RULES, Moves, far_spread, new_account, shell
from graphfraud.analysis.rule_table import reason, rule_table
from graphfraud.analysis.victim_rules import VICTIM_RULES
from graphfraud.tables import CHANNELS
from graphfraud.units import DAY_US, HOUR_US, MINUTE_US, time_us

NOON = time_us("2024-03-01 12:00")


def moves(*rows, opening=None):
    """Build payments from rows of (+yuan in or -yuan out, microseconds after noon, counterparty, channel, matched share)."""
    full = [(*row, *(0, "transfer", 0.0)[len(row) - 2 :]) for row in rows]
    full.sort(key=lambda row: row[1])
    yuan = np.array([row[0] for row in full])
    fen = np.abs(np.rint(yuan * 100)).astype(np.int64)
    return Moves(
        into=yuan > 0,
        other_ix=np.array([row[2] for row in full], np.int32),
        fen=fen,
        matched_fen=(fen * np.array([row[4] for row in full])).astype(np.int64),
        at_us=NOON + np.array([row[1] for row in full], np.int64),
        channel=np.array([CHANNELS.index(row[3]) for row in full], np.int8),
        opening_fen=opening,
    )


def said(rule, told):
    return None if told is None else reason("account", rule, **told)["fact"]


def ask(rule, *rows, opening=None):
    return said(rule, ACCOUNT_RULES[rule](moves(*rows, opening=opening), rule_table()["account"][rule], "24h"))


def daily(yuan, n, step=DAY_US, **more):
    return [(yuan, k * step, more.get("other", 0), more.get("channel", "transfer"), 0.0) for k in range(n)]


FIRES = {
    "A01": ([(1000, 0, 1, "transfer", 0.95)], "95 % of 1,000.00 yuan received left within 24h"),
    "A02": (
        [(100, k, k) for k in range(10)] + [(-400, 20, 50), (-100, 21, 51)],
        "10 payers, 2 payees; the largest three make 100 % of the other side",
    ),
    "A03": ([(500, 0), (8000, HOUR_US)], "1 payments of at most 500 yuan within 1 h before 8,000.00 yuan came in"),
    "A04": (
        [(10, 12 * HOUR_US + k * HOUR_US) for k in range(3)] + daily(10, 7, MINUTE_US),
        "30 % of 10 payments between 00:00 and 05:00",
    ),
    "A05": (
        [(1, 0)] + [(1, 180 * DAY_US + k * HOUR_US) for k in range(10)],
        "no payment for 180 days, then 10 within 7 days",
    ),
    "A09": ([(10_000, 0), (-9_500, 1)], "in and out differ by 2.6 % of their sum (19,500.00 yuan)"),
    "A10": (daily(20_000, 3) + daily(5, 7), "30 % of 10 payments are whole 10,000 yuan"),
    "A12": (
        [(60_000, 0), (-60_000, 1), *daily(1, 10)[1:]],
        "more than 50,000 yuan both in and out on 1 of 10 days with payments",
    ),
    "A14": ([(-6_000, 0, 0, "cash_out"), (-6_000, 1)], "50 % of 12,000.00 yuan paid out was cash"),
    "A15": (
        [(1_000, 0, 7), (900, 1, 8), (5_000, DAY_US, 7), (20_000, 2 * DAY_US, 7)],
        "3 payments from one payer, each at least twice the one before: 1,000.00 to 20,000.00 yuan",
    ),
    "A16": (
        [(999, k * MINUTE_US, k) for k in range(8)] + [(-8_000, HOUR_US)],
        "8 credits below 1,000 yuan within a day, then 8,000.00 yuan out at once",
    ),
    "A17": (daily(-9_800, 3), "3 days with 9,000.00 to 10,000.00 yuan paid out (Ⅱ类户 limit)"),
    "A18": (daily(-300, 5, 5 * MINUTE_US, channel="merchant"), "5 payments at merchants within 20 minutes (POS)"),
}

SILENT = {
    "A01": [(1000, 0, 1, "transfer", 0.94)],
    "A02": [(100, k, k) for k in range(9)] + [(-400, 20, 50)],
    "A03": [(501, 0), (8000, HOUR_US)],
    "A04": [(10, 12 * HOUR_US + k * HOUR_US) for k in range(3)] + daily(10, 6, MINUTE_US),
    "A05": [(1, 0)] + [(1, 179 * DAY_US + k * HOUR_US) for k in range(10)],
    "A09": [(10_000, 0), (-9_000, 1)],
    "A10": daily(20_001, 3) + daily(5, 7),
    "A12": [(60_000, 0), (-50_000, 1)],
    "A14": [(-5_000, 0, 0, "cash_out"), (-5_001, 1)],
    "A15": [(1_000, 0, 7), (1_999, DAY_US, 7), (20_000, 2 * DAY_US, 7), (50_000, 10 * DAY_US, 7)],
    "A16": [(1_000, k * MINUTE_US, k) for k in range(8)] + [(-8_000, HOUR_US)],
    "A17": daily(-8_999, 2) + daily(-9_500, 2),
    "A18": [*daily(-300, 4, 5 * MINUTE_US, channel="merchant"), (-1, HOUR_US, 0, "merchant")],
}


@pytest.mark.parametrize("rule", sorted(FIRES))
def test_a_rule_says_its_figures(rule):
    rows, fact = FIRES[rule]
    assert ask(rule, *rows) == fact


@pytest.mark.parametrize("rule", sorted(SILENT))
def test_a_rule_is_silent_below_its_bar(rule):
    assert ask(rule, *SILENT[rule]) is None


def test_turnover_needs_a_printed_balance():
    rows = [(30_000, 0), (-30_000, 1), (30_000, 2), (-30_000, 3)]
    assert ask("A11", *rows) is None
    assert ask("A11", *rows, opening=0) is None  # 120,000 on a mean of 15,000
    brief = [(yuan, k) for k, yuan in enumerate([100, -100] * 100)]
    assert ask("A11", *brief, opening=10_000) == "20,000.00 yuan turned over on a mean balance of 150.00 yuan"


def test_every_account_rule_of_the_table_is_applied_and_tested():
    beside = {"A06", "A07", "A08", "A13", "A21"}  # they need the registers
    victims = {*VICTIM_RULES, "A19b"}
    assert set(rule_table()["account"]) == set(ACCOUNT_RULES) | beside | victims
    assert set(FIRES) == set(SILENT) == set(ACCOUNT_RULES) - {"A11"}


@pytest.mark.parametrize("rule", sorted(ACCOUNT_RULES))
def test_one_payment_is_no_fault(rule):
    for row in ((1, 0), (-1, 0)):
        assert ask(rule, row, opening=0) is None


def test_counterparties_of_many_regions_and_banks():
    paid = moves(*[(1, k, k) for k in range(10)])
    region, bank = np.arange(10, dtype=np.int32) % 2, np.arange(10, dtype=np.int32) % 3
    assert said("A13", far_spread(paid, region, bank)) == "10 counterparties of 2 regions and 3 banks"
    assert far_spread(paid, region, np.arange(10, dtype=np.int32) % 2) is None
    assert far_spread(paid, np.where(np.arange(10) == 0, -1, region).astype(np.int32), bank) is None  # nine are known


def test_much_money_soon_after_opening():
    paid = moves((50_000, 0))
    assert said("A06", new_account(paid, NOON - 3 * DAY_US)) == "opened 3 days before 50,000.00 yuan came in within 7 days"
    assert new_account(paid, NOON - 31 * DAY_US) is None
    assert new_account(paid, None) is None
    assert new_account(moves((-50_000, 0)), NOON) is None


def test_a_new_company_that_pays_persons():
    paid = moves((1_000, 0, 1), (-600, 1, 0, "transfer", 1.0))
    persons = np.array([True, False])
    told = said("A21", shell(paid, NOON - 5 * DAY_US, persons, "24h"))
    assert told == "company account opened 5 days before; 60 % of the inflow went to persons within 24h"
    assert shell(paid, NOON - 5 * DAY_US, ~persons, "24h") is None
    assert shell(paid, NOON - 91 * DAY_US, persons, "24h") is None
