"""Rules of phone cards that look at their calls (china.md 4.2), each a function of what one file counts of one card.

A rule is told if one file shows it. Overlapping exports need no merging: of several files that show it, the one with most calls
made speaks, and its first call is the record the fact leads to.
"""

from collections.abc import Callable, Mapping
from typing import Any

import polars as pl

from graphfraud.analysis.rule_table import reason, rule_table
from graphfraud.units import DAY_US

Counts = Mapping[str, Any]
"""A row of table ``call_counts``, and of the register ``opened_us`` and ``region``; what is unknown is None."""

Told = dict[str, Any] | None

FACT_SCHEMA: dict[str, type[pl.DataType]] = {
    "sim_id": pl.String,
    "rule": pl.String,
    "fact": pl.String,
    "fact_zh": pl.String,
    "source_id": pl.String,
    "record": pl.Int64,  # of the card's first call in that file
}

MACHINE_RULES = ("S01", "S02", "S03", "S04")
"""Rules by which cards in a SIM farm call unlike persons."""


def new_and_busy(card: Counts, limit: Mapping[str, Any]) -> Told:
    """S01: many different other ends on one day, soon after opening, and no call taken on the first day."""
    opened, day = card["opened_us"], card["day_us"]
    if opened is None or day is None or not opened < day + DAY_US or card["n_day_peers"] <= limit["day_peers_max"]:
        return None
    days = max(day - opened, 0) // DAY_US
    taken = card["first_in_us"]
    if days > limit["days_max"] or (taken is not None and taken < opened + limit["quiet_hours"] * DAY_US // 24):
        return None
    return {"days": days, "n": card["n_day_peers"], "hours": limit["quiet_hours"]}


def spread(card: Counts, limit: Mapping[str, Any]) -> Told:
    """S02: hardly any number called twice."""
    n, peers, top = card["n_out"], card["n_peers"], card["n_top_peers"]
    if n is None or peers is None or n < limit["calls_min"]:
        return None
    if peers < limit["peers_share_min"] * n or top >= limit["top_share_max"] * n:
        return None
    return {"n": n, "peers": peers, "percent": 100 * top // n}


def one_way(card: Counts, limit: Mapping[str, Any]) -> Told:
    """S03: next to no call taken, and of three signs (unanswered, short, without pause) at least two."""
    n, taken = card["n_out"], card["n_in"]
    if n is None or n < limit["calls_min"] or taken > limit["in_share_max"] * n:
        return None
    silent, short, at_once = (card[name] or 0 for name in ("n_unanswered", "n_short", "n_no_pause"))
    signs = (
        silent >= limit["unanswered_share_min"] * n,
        short > 0 and short >= limit["short_share_min"] * (n - silent),
        at_once >= limit["no_pause_share_min"] * n,
    )
    if sum(signs) < limit["signs_min"]:
        return None
    return {"n": n, "taken": taken, "silent": silent, "short": short, "at_once": at_once}


def fixed(card: Counts, limit: Mapping[str, Any]) -> Told:
    """S04: one cell over days, with many calls made."""
    if (card["n_out"] or 0) < limit["calls_min"] or card["n_located"] < limit["calls_min"]:
        return None
    if card["n_cells"] != 1 or card["n_days"] < limit["days_min"]:
        return None
    return {"n": card["n_located"], "days": card["n_days"]}


def burst(card: Counts, limit: Mapping[str, Any]) -> Told:
    """S07a: silence, then many calls made within a day."""
    return _woken(card, limit)


def sleeper(card: Counts, limit: Mapping[str, Any]) -> Told:
    """S09: a card asleep for months is used again."""
    return _woken(card, limit)


def _woken(card: Counts, limit: Mapping[str, Any]) -> Told:
    silence, n = card["silence_us"], card["n_woken"]
    if silence is None or n is None or silence < limit["days_min"] * DAY_US or n < limit["calls_min"]:
        return None
    return {"days": silence // DAY_US, "n": n}


def away(card: Counts, limit: Mapping[str, Any]) -> Told:
    """S07b: nearly all calls in one place away from home (of the list, where there is one), and called as no person calls."""
    home, place, table = card["region"], card["place"], rule_table()["sim"]
    if not home or not place or home in place or place in home:
        return None
    if card["n_placed"] < limit["calls_min"] or card["n_at_place"] < limit["place_share_min"] * card["n_placed"]:
        return None
    if limit["places"] and not any(listed in place for listed in limit["places"]):
        return None
    if spread(card, table["S02"]) is None and one_way(card, table["S03"]) is None:
        return None
    return {"percent": 100 * card["n_at_place"] // card["n_placed"], "place": place, "home": home}


CALL_RULES: Mapping[str, Callable[[Counts, Mapping[str, Any]], Told]] = {
    "S01": new_and_busy,
    "S02": spread,
    "S03": one_way,
    "S04": fixed,
    "S07a": burst,
    "S07b": away,
    "S09": sleeper,
}


def call_facts(counts: pl.DataFrame, sims: pl.DataFrame, sim_ids: pl.Series) -> pl.DataFrame:
    """Apply the rules to some cards: FACT_SCHEMA, by card and rule.

    Parameters
    ----------
    counts, sims : frames of the tables ``call_counts`` and ``sims``
    sim_ids : Series of String
    """
    register = sims.select("sim_id", "opened_us", "region").unique("sim_id", keep="first", maintain_order=True)
    wanted = counts.filter(pl.col("sim_id").is_in(sim_ids.unique().implode()))
    wanted = wanted.sort("sim_id", "n_out", "source_id", descending=[False, True, False], nulls_last=True)
    limits, found = rule_table()["sim"], []
    for card in wanted.join(register, on="sim_id", how="left", maintain_order="left").iter_rows(named=True):
        whose = {name: card[name] for name in ("sim_id", "source_id", "record")}
        for rule, judge in CALL_RULES.items():
            told = judge(card, limits[rule])
            if told is not None:
                found.append({**reason("sim", rule, **told), **whose})
    facts = pl.DataFrame(found, schema=FACT_SCHEMA)
    return facts.unique(["sim_id", "rule"], keep="first", maintain_order=True).sort("sim_id", "rule")


def called_as_machines(facts: pl.DataFrame) -> pl.Series:
    """Return the cards that show as many of MACHINE_RULES as reason R15 asks; fewer may be a courier's or a call centre's."""
    shown = facts.filter(pl.col("rule").is_in(list(MACHINE_RULES))).group_by("sim_id").len()
    return shown.filter(pl.col("len") >= rule_table()["rings"]["R15"]["indicators_min"])["sim_id"].sort()
