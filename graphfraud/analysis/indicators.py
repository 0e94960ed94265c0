"""Indicators of accounts and phone cards by the rule table: facts with their figures; no single one proves anything."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from graphfraud.analysis.binding import Passing
from graphfraud.analysis.rule_table import KIND_EN, KIND_ZH, reason, rule_table
from graphfraud.analysis.ties import openings, optional
from graphfraud.findings import INDICATOR_SCHEMA
from graphfraud.graph.flows import FlowGraph
from graphfraud.tables import CHANNELS
from graphfraud.units import DAY_US, HOUR_US, duration_text, yuan_text

_CHINA_US = 8 * HOUR_US
_TEN_THOUSAND_YUAN = 1_000_000
_THOUSAND_YUAN = 100_000
_CASH_OUT = CHANNELS.index("cash_out")


def account_indicators(
    flows: FlowGraph, money: Passing, ties: pl.DataFrame, tables: Any, account_ids: pl.Series, within: str
) -> pl.DataFrame:
    """Apply the rules of bank accounts (A01 ...) to some accounts: INDICATOR_SCHEMA, by account, then rule."""
    register = optional(tables, "accounts").unique("account_id", keep="first", maintain_order=True)
    wanted = account_ids.unique().sort()
    rows: list[tuple[str, dict[str, Any]]] = []
    kinds = dict(register.select("account_id", "kind").iter_rows())
    opened = dict(register.select("account_id", "opened_us").iter_rows())
    is_person = flows.account_id.is_in(register.filter(pl.col("kind") == "personal")["account_id"].implode()).to_numpy()
    limits = rule_table()["account"]
    for account, paid in _moves(flows, money, wanted):
        found = {rule: judge(paid, limits[rule], within) for rule, judge in _ACCOUNT_RULES.items()}
        found["A06"] = _new_account(paid, opened.get(account))
        if kinds.get(account) == "company":
            found["A21"] = _shell(paid, opened.get(account), is_person, within)
        rows += [(account, reason("account", rule, **told)) for rule, told in found.items() if told is not None]
    rows += _several_accounts(register, wanted) + _shared(ties, register, wanted)
    return _frame("account", rows)


def sim_indicators(groups: pl.DataFrame, links: pl.DataFrame, tables: Any, sim_ids: pl.Series) -> pl.DataFrame:
    """Apply the rules of phone cards (S05 ...) to some cards.

    ``groups`` has ``sim_id, device_id, owner`` of every card seen in a handset.
    """
    sims = optional(tables, "sims").unique("sim_id", keep="first", maintain_order=True)
    limits, wanted = rule_table()["sim"], sim_ids.unique().sort()
    full = groups.with_columns(n_here=pl.len().over("device_id"), owners=pl.col("owner").n_unique().over("device_id"))
    per = (
        full.filter(pl.col("sim_id").is_in(wanted.implode()))
        .group_by("sim_id")
        .agg(n=pl.len(), n_sims=pl.col("n_here").max(), holders=pl.col("owners").max())
        .sort("sim_id")
    )
    rows = []
    for row in per.iter_rows(named=True):
        if row["n"] >= limits["S05"]["handsets_min"]:
            rows.append((row["sim_id"], reason("sim", "S05", n=row["n"], n_sims=row["n_sims"])))
        if row["n_sims"] >= limits["S08"]["sims_min"]:
            rows.append((row["sim_id"], reason("sim", "S08", n=row["n_sims"], holders=row["holders"])))
    runs = openings(sims, "agent", limits["S06"]["gap_hours"]).filter(pl.col("n_batch") >= limits["S06"]["cards_min"])
    for row in runs.filter(pl.col("sim_id").is_in(wanted.implode())).sort("sim_id").iter_rows(named=True):
        span = duration_text(row["span_us"]) if row["span_us"] else "one instant"
        rows.append((row["sim_id"], reason("sim", "S06", n=row["n_batch"], agent=row["agent"], span=span)))
    return _frame("sim", rows + _bound_cards(links, tables, sims, wanted))


def _bound_cards(links: pl.DataFrame, tables: Any, sims: pl.DataFrame, wanted: pl.Series) -> list[tuple[str, dict[str, Any]]]:
    """S10: a data card is an account's bound phone; S11: a card is bound to accounts of others than its subscriber."""
    owner = optional(tables, "accounts").select(a_id="account_id", account_owner="holder_id").unique("a_id")
    bound = links.filter((pl.col("kind") == "registered_with") & (pl.col("a_kind") == "account"))
    bound = bound.filter(pl.col("b_id").is_in(wanted.implode())).join(owner, on="a_id", how="left")
    bound = bound.join(sims.select(b_id="sim_id", owner="holder_id", plan="plan"), on="b_id", how="left")
    per = bound.group_by("b_id").agg(
        data=pl.col("plan").str.contains("物联网").any(),
        others=((pl.col("account_owner") != pl.col("owner")) & pl.col("owner").is_not_null()).sum(),
    )
    rows = []
    for sim, data, others in per.sort("b_id").iter_rows():
        if data:
            rows.append((sim, reason("sim", "S10")))
        if others:
            rows.append((sim, reason("sim", "S11", n=others)))
    return rows


@dataclass(frozen=True, eq=False, slots=True)
class Moves:
    """The payments of one account in total order, from its side; positions and fen as the graph has them."""

    into: npt.NDArray[np.bool_]
    other_ix: npt.NDArray[np.int32]
    fen: npt.NDArray[np.int64]
    matched_fen: npt.NDArray[np.int64]  # what came in: paid on in time; what went out: had just come in
    at_us: npt.NDArray[np.int64]
    channel: npt.NDArray[np.int8]


def _moves(flows: FlowGraph, money: Passing, wanted: pl.Series) -> Iterator[tuple[str, Moves]]:
    """Hand over the payments of each account that has some, accounts ascending."""
    here = np.flatnonzero(flows.account_id.is_in(wanted.implode()).to_numpy())
    mine, moves = np.zeros(flows.n_accounts, np.bool_), flows.payer_ix != flows.payee_ix
    mine[here] = True
    came, went = (np.flatnonzero(mine[side] & moves) for side in (flows.payee_ix, flows.payer_ix))
    tx = np.concatenate([came, went])
    own = np.concatenate([flows.payee_ix[came], flows.payer_ix[went]])
    order = np.lexsort((tx, own))
    tx, own, into = tx[order], own[order], (np.arange(len(tx)) < len(came))[order]
    columns: tuple[Any, ...] = (
        into,
        np.where(into, flows.payer_ix[tx], flows.payee_ix[tx]),
        flows.amount_fen[tx],
        np.where(into, money.moved_fen[tx], money.fresh_fen[tx]),
        flows.at_us[tx],
        flows.channel[tx],
    )
    start, stop = (np.searchsorted(own, here, side=end) for end in ("left", "right"))
    names = flows.account_id.gather(here).to_list()
    for name, a, b in zip(names, start, stop, strict=True):
        if a < b:
            yield name, Moves(*(column[a:b] for column in columns))


Told = dict[str, Any] | None
Judge = Callable[[Moves, Mapping[str, Any], str], Told]


def _quick(paid: Moves, limit: Mapping[str, Any], within: str) -> Told:
    got, moved = int(paid.fen[paid.into].sum()), int(paid.matched_fen[paid.into].sum())
    if not got or moved < limit["share_min"] * got:
        return None
    return {"percent": 100 * moved // got, "yuan": yuan_text(got), "within": within}


def _spread(paid: Moves, limit: Mapping[str, Any], _within: str) -> Told:
    sides = (paid.into, ~paid.into)
    parties = [len(np.unique(paid.other_ix[side])) for side in sides]
    for many, few in ((0, 1), (1, 0)):
        if parties[many] < limit["parties_min"] or not parties[few]:
            continue
        _, party = np.unique(paid.other_ix[sides[few]], return_inverse=True)
        by_party = np.zeros(parties[few], np.int64)
        np.add.at(by_party, party, paid.fen[sides[few]])
        total, top = int(by_party.sum()), int(np.sort(by_party)[-3:].sum())
        if top >= limit["top_share_min"] * total:
            return {"n_in": parties[0], "n_out": parties[1], "percent": 100 * top // total}
    return None


def _probe(paid: Moves, limit: Mapping[str, Any], _within: str) -> Told:
    large = np.flatnonzero(paid.into & (paid.fen >= limit["large_fen_min"]))
    small = paid.at_us[paid.into & (paid.fen <= limit["small_fen_max"])]
    return _most_before(paid, large, small, HOUR_US, 1)


def _pooled(paid: Moves, limit: Mapping[str, Any], _within: str) -> Told:
    large = np.flatnonzero(~paid.into & (paid.fen >= limit["out_fen_min"]))
    small = paid.at_us[paid.into & (paid.fen < _THOUSAND_YUAN)]
    return _most_before(paid, large, small, DAY_US, limit["credits_min"])


def _most_before(
    paid: Moves, large: npt.NDArray[np.int64], small_us: npt.NDArray[np.int64], within_us: int, n_min: int
) -> Told:
    """Find the large payment with most small ones in the time before it."""
    at = paid.at_us[large]
    n = np.searchsorted(small_us, at) - np.searchsorted(small_us, at - within_us)
    if not len(n) or n.max() < n_min:
        return None
    k = int(n.argmax())
    return {"n": int(n[k]), "yuan": yuan_text(int(paid.fen[large[k]]))}


def _night(paid: Moves, limit: Mapping[str, Any], _within: str) -> Told:
    n = int(((paid.at_us + _CHINA_US) % DAY_US // HOUR_US < 5).sum())
    return _share_of_payments(paid, n, limit)


def _round(paid: Moves, limit: Mapping[str, Any], _within: str) -> Told:
    return _share_of_payments(paid, int((paid.fen % _TEN_THOUSAND_YUAN == 0).sum()), limit)


def _share_of_payments(paid: Moves, n: int, limit: Mapping[str, Any]) -> Told:
    whole = len(paid.fen)
    if whole < limit["payments_min"] or n < limit["share_min"] * whole:
        return None
    return {"n": whole, "percent": 100 * n // whole}


def _woken(paid: Moves, limit: Mapping[str, Any], _within: str) -> Told:
    gap = np.diff(paid.at_us) // DAY_US
    for k in np.flatnonzero(gap >= limit["days_min"]):
        n = int(np.searchsorted(paid.at_us, paid.at_us[k + 1] + 7 * DAY_US) - (k + 1))
        if n >= limit["payments_min"]:
            return {"days": int(gap[k]), "n": n}
    return None


def _balanced(paid: Moves, limit: Mapping[str, Any], _within: str) -> Told:
    came, went = int(paid.fen[paid.into].sum()), int(paid.fen[~paid.into].sum())
    total = came + went
    if came < 100 * limit["yuan_min"] or abs(came - went) > limit["share_max"] * total:
        return None
    return {"percent": f"{100 * abs(came - went) / total:.1f}", "yuan": yuan_text(total)}


def _cash(paid: Moves, limit: Mapping[str, Any], _within: str) -> Told:
    went = ~paid.into
    total, cash = int(paid.fen[went].sum()), int(paid.fen[went & (paid.channel == _CASH_OUT)].sum())
    if total < 100 * limit["yuan_min"] or cash < limit["share_min"] * total:
        return None
    return {"percent": 100 * cash // total, "yuan": yuan_text(total)}


def _hugging(paid: Moves, limit: Mapping[str, Any], _within: str) -> Told:
    went = ~paid.into
    _, day = np.unique((paid.at_us[went] + _CHINA_US) // DAY_US, return_inverse=True)
    daily = np.zeros(int(day.max()) + 1 if len(day) else 0, np.int64)
    np.add.at(daily, day, paid.fen[went])
    n = int(((daily >= limit["day_fen_min"]) & (daily <= limit["day_fen_max"])).sum())
    return {"n": n} if n >= limit["days_min"] else None


_ACCOUNT_RULES: Mapping[str, Judge] = {
    "A01": _quick,
    "A02": _spread,
    "A03": _probe,
    "A04": _night,
    "A05": _woken,
    "A09": _balanced,
    "A10": _round,
    "A14": _cash,
    "A16": _pooled,
    "A17": _hugging,
}


def _new_account(paid: Moves, opened_us: int | None) -> Told:
    limit = rule_table()["account"]["A06"]
    at = paid.at_us[paid.into]
    if opened_us is None or not len(at) or not 0 <= at[0] - opened_us <= limit["days_max"] * DAY_US:
        return None
    week = int(paid.fen[paid.into][at < at[0] + 7 * DAY_US].sum())
    if week < 100 * limit["yuan_min"]:
        return None
    return {"days": int(at[0] - opened_us) // DAY_US, "yuan": yuan_text(week)}


def _shell(paid: Moves, opened_us: int | None, is_person: npt.NDArray[np.bool_], within: str) -> Told:
    limit = rule_table()["account"]["A21"]
    came = int(paid.fen[paid.into].sum())
    moved = int(paid.matched_fen[~paid.into & is_person[paid.other_ix]].sum())
    if opened_us is None or not came or moved < limit["share_min"] * came:
        return None
    days = (int(paid.at_us[0]) - opened_us) // DAY_US
    if not 0 <= days <= limit["days_max"]:
        return None
    return {"days": days, "percent": 100 * moved // came, "within": within}


def _several_accounts(register: pl.DataFrame, wanted: pl.Series) -> list[tuple[str, dict[str, Any]]]:
    held = register.filter(pl.col("holder_id").is_not_null() & pl.col("bank").is_not_null())
    many = held.with_columns(n=pl.len().over("holder_id", "bank"))
    many = many.filter((pl.col("n") > rule_table()["account"]["A07"]["accounts_max"]) & (pl.col("kind") == "personal"))
    many = many.filter(pl.col("account_id").is_in(wanted.implode())).sort("account_id")
    return [(a, reason("account", "A07", n=n, bank=bank)) for a, n, bank in many.select("account_id", "n", "bank").iter_rows()]


def _shared(ties: pl.DataFrame, register: pl.DataFrame, wanted: pl.Series) -> list[tuple[str, dict[str, Any]]]:
    owner = register.select("account_id", "holder_id")
    on = ties.filter(pl.col("thing_kind").is_in(["sim", "device"])).join(owner, on="account_id", how="left")
    on = on.with_columns(
        owners=pl.col("holder_id").n_unique().over("thing_kind", "thing_id"), n=pl.len().over("thing_kind", "thing_id") - 1
    )
    most = (
        on.filter((pl.col("owners") > 1) & pl.col("account_id").is_in(wanted.implode()))
        .sort("account_id", "n", "thing_kind", "thing_id", descending=[False, True, False, False])
        .unique("account_id", keep="first", maintain_order=True)
    )
    return [
        (account, reason("account", "A08", kind=KIND_EN[kind], kind_zh=KIND_ZH[kind], n=n))
        for account, kind, n in most.select("account_id", "thing_kind", "n").iter_rows()
    ]


def _frame(member_kind: str, rows: list[tuple[str, dict[str, Any]]]) -> pl.DataFrame:
    told = [{"member_kind": member_kind, "member_id": member, **one} for member, one in rows]
    return pl.DataFrame(told, schema=INDICATOR_SCHEMA).sort("member_id", "rule")
