"""Warnings about victims (A19, A20): on the bar, below it, and those who only look cheated."""

import polars as pl
import pytest

from graphfraud.analysis.rings import reported_payments
from graphfraud.analysis.rule_table import rule_table
from graphfraud.analysis.two_card import two_card
from graphfraud.analysis.victim_rules import VICTIM_RULES
from graphfraud.graph.flows import flow_graph
from graphfraud.graph.links import link_graph
from graphfraud.tables import conform
from graphfraud.units import DAY_US, HOUR_US
from tests.analysis.test_account_rules import moves, said
from tests.analysis.two_card_town import RING_STORY, accounts, tables, town_links, transactions


def ask(rule, *rows, opening=None):
    return said(rule, VICTIM_RULES[rule](moves(*rows, opening=opening), rule_table()["account"][rule], "24h"))


def emptied(last=3_000, days=30, third=7, payees=(1, 2, 3), before=()):
    """A pension, nothing paid for some days, then three payments to three payees within a week; 15,000 yuan lay there."""
    paid = zip((6_000, 3_000, last), payees, (0, 1, third), strict=True)
    rows = [(-yuan, days * DAY_US + day * DAY_US, payee) for yuan, payee, day in paid]
    return [(3_000, 0, 9), *before, *rows]


def test_a_saver_who_empties_his_account():
    fact = (
        "its holder may be a victim: nothing paid for 30 days, then 80 % of 15,000.00 yuan within 7 days to 3 payees never "
        "paid before"
    )
    assert ask("A19", *emptied(), opening=1_200_000) == fact


@pytest.mark.parametrize(
    "rows",
    [
        emptied(last=2_999),  # less than 80 % of what lay there
        emptied(days=29),
        emptied(third=8),
        emptied(payees=(1, 2, 2)),
        emptied(before=[(-10, HOUR_US, 3)]),  # paid before
        [(yuan / 10, at, who) for yuan, at, who in emptied()],  # a child's pocket money
    ],
)
def test_below_the_bar_nobody_is_warned(rows):
    assert ask("A19", *rows, opening=1_200_000 if abs(rows[-1][0]) > 999 else 120_000) is None


def test_without_a_printed_balance_nothing_is_said():
    assert ask("A19", *emptied()) is None
    assert ask("A19", (3_000, 0), opening=0) is None


def test_innocent_savers():
    wedding = [(3_000, 0, 9), (-12_000, 40 * DAY_US, 1)]  # one large payment to one payee
    rent = [(3_000, 0, 9), *[(-4_000, (30 * k + 1) * DAY_US, k % 3) for k in range(1, 4)]]  # three landlords in three months
    assert ask("A19", *wedding, opening=1_200_000) is None
    assert ask("A19", *rent, opening=1_200_000) is None


def lured(back=1_300, then=2_000, first="crypto", other=5):
    return [(-1_000, 0, 5, first), (back, DAY_US, 5), (-then, 2 * DAY_US, other)]


def test_bait_in_virtual_assets():
    fact = (
        "its holder may be a victim: a first payment of 1,000.00 yuan for virtual assets, 1,300.00 back, then 2,000.00 to the "
        "same side"
    )
    assert ask("A20", *lured()) == fact
    assert ask("A20", *lured(back=1_000.01)) is not None


@pytest.mark.parametrize(
    "rows",
    [
        lured(back=1_000),  # no more than was sent
        lured(back=1_300.01),  # not "slightly" more
        lured(then=1_999.99),
        lured(first="transfer"),
        lured(other=6),
        [(-50, -DAY_US, 5), *lured()],  # they have a history
        [*lured()[:1], *reversed(lured()[1:])][:2],
        [(-1_000, 0, 5, "crypto"), (-5_000, DAY_US, 5, "crypto"), (1_200, 2 * DAY_US, 5)],  # a trader who sells at the end
    ],
)
def test_no_bait(rows):
    assert ask("A20", *rows) is None


STORY = (
    RING_STORY
    + """
victim3 has 20,000.00
day 1 07:00 boss -> victim3 100.00
day 40 09:00 victim3 -> c1 9,000.00
day 41 09:00 victim3 -> k1 5,000.00
day 42 09:00 victim3 -> k2 4,000.00
day 50 09:00 card1 -> c1 6,000.00
day 51 09:00 card2 -> c1 6,000.00
day 52 09:00 card3 -> c1 6,000.00
day 59 09:01 card4 -> c1 6,000.00
"""
)


def answer(with_register=True):
    mine = pl.DataFrame(
        {
            "account_id": ["card1", "card2", "card3", "card4"],
            "holder_id": ["old lady", "old lady", "somebody", "somebody"],
            "bank": ["江海银行", "云岭银行", "江海银行", "云岭银行"],
            "kind": "personal",
        }
    )
    told = tables(accounts=pl.concat([accounts(), conform(mine, "accounts")]) if with_register else accounts())
    paid = transactions(STORY)
    return two_card(flow_graph(paid), link_graph(town_links()), told, reported_payments(paid), null_worlds=0)


def test_those_who_paid_a_ring_are_warned_and_it_changes_no_score():
    found = answer()
    warned = found.indicators.filter(pl.col("rule").str.contains("A19|A20"))
    told = {who: (rule, fact) for who, rule, fact in warned.select("member_id", "rule", "fact").iter_rows()}
    assert set(told) == {"victim3", "card1", "card2"}
    assert told["victim3"][0] == "A19"
    fact = "his accounts at 2 banks paid one and the same account 12,000.00 yuan within 7 days"
    assert told["card1"] == ("A19b", f"its holder may be a victim: {fact}")
    assert not set(told) & set(found.members["member_id"])
    assert all("victim" in fact for _, fact in told.values())
    assert warned["fact_zh"].str.contains("可能是被害人").all()
    without = answer(with_register=False)
    assert set(without.indicators.filter(pl.col("rule") == "A19b")["member_id"]) == set()
    assert without.reasons.equals(found.reasons)
    assert not found.reasons["rule"].str.starts_with("A").any()
