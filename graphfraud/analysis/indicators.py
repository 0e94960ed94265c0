"""Indicators of accounts and phone cards by the rule table: facts with their figures; no single one proves anything."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from graphfraud.analysis.account_rules import ACCOUNT_RULES, Moves, far_spread, new_account, shell
from graphfraud.analysis.binding import Passing
from graphfraud.analysis.rule_table import KIND_EN, KIND_ZH, reason, rule_table
from graphfraud.analysis.ties import openings, optional
from graphfraud.analysis.victim_rules import VICTIM_RULES, payers_of, several_banks
from graphfraud.findings.two_card import INDICATOR_SCHEMA
from graphfraud.graph.flows import FlowGraph
from graphfraud.units import MINUTE_US, duration_text

_REGION_DIGITS = 6
"""An identity number begins with the region that issued it."""


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
    region_ix, bank_ix = _places(flows, register)
    limits = rule_table()["account"]
    for account, paid in _moves(flows, money, wanted):
        found = {rule: judge(paid, limits[rule], within) for rule, judge in ACCOUNT_RULES.items()}
        found["A06"] = new_account(paid, opened.get(account))
        found["A13"] = far_spread(paid, region_ix, bank_ix)
        if kinds.get(account) == "company":
            found["A21"] = shell(paid, opened.get(account), is_person, within)
        rows += [(account, reason("account", rule, **told)) for rule, told in found.items() if told is not None]
    rows += _several_accounts(register, wanted) + _shared(ties, register, wanted)
    return _frame("account", rows)


def victim_warnings(flows: FlowGraph, money: Passing, tables: Any, member_ids: pl.Series, within: str) -> pl.DataFrame:
    """Warn of accounts that paid members and whose holder may be a victim (A19, A20): INDICATOR_SCHEMA."""
    register = optional(tables, "accounts").unique("account_id", keep="first", maintain_order=True)
    (payers, large), limits = payers_of(flows, member_ids), rule_table()["account"]
    rows: list[tuple[str, dict[str, Any]]] = []
    for account, paid in _moves(flows, money, large):
        found = {rule: judge(paid, limits[rule], within) for rule, judge in VICTIM_RULES.items()}
        rows += [(account, reason("account", rule, **told)) for rule, told in found.items() if told is not None]
    return _frame("account", rows + several_banks(flows, register, payers, member_ids))


def sim_indicators(
    groups: pl.DataFrame, links: pl.DataFrame, tables: Any, sim_ids: pl.Series, facts: pl.DataFrame
) -> pl.DataFrame:
    """Apply the rules of phone cards (S05 ...) to some cards.

    ``groups`` has ``sim_id, device_id, owner`` of every card seen in a handset; ``facts`` are those of their calls.
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
        span = duration_text(max(row["span_us"], MINUTE_US))
        rows.append((row["sim_id"], reason("sim", "S06", n=row["n_batch"], agent=row["agent"], span=span)))
    called = [(row.pop("sim_id"), row) for row in facts.select("sim_id", "rule", "fact", "fact_zh").to_dicts()]
    return _frame("sim", rows + called + _bound_cards(links, tables, sims, wanted))


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
    for k, (name, a, b) in enumerate(zip(names, start, stop, strict=True)):
        if a < b:
            opening = int(flows.opening_fen[here[k]]) if flows.opening_known[here[k]] else None
            yield name, Moves(opening, *(column[a:b] for column in columns))


def _places(flows: FlowGraph, register: pl.DataFrame) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """Number the region of each account's holder and its bank, -1 where the register does not say."""
    citizen = pl.col("holder_id").str.contains(r"^[0-9]{17}[0-9Xx]$")
    known = register.select(
        "account_id", "bank", region=pl.when(citizen).then(pl.col("holder_id").str.slice(0, _REGION_DIGITS))
    )
    told = flows.account_id.to_frame("account_id").join(known, on="account_id", how="left", maintain_order="left")
    numbers = told.select(pl.col("region", "bank").rank("dense").cast(pl.Int32).fill_null(-1))
    return numbers["region"].to_numpy(), numbers["bank"].to_numpy()


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
