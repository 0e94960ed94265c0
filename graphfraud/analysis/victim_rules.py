"""Signs that the holder of an account is being cheated (china.md 4.1, A19 and A20): warnings about victims, never about mules.

They are looked for in accounts that paid a ring and are not of it, and have no part in any score.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from graphfraud.analysis.account_rules import Judge, Moves, Told
from graphfraud.analysis.rule_table import reason, rule_table
from graphfraud.graph.flows import FlowGraph
from graphfraud.tables import CHANNELS
from graphfraud.units import DAY_US, yuan_text

_CRYPTO = CHANNELS.index("crypto")


def emptied(paid: Moves, limit: Mapping[str, Any], _within: str) -> Told:
    """A19: a quiet saver pays most of what lay there to several payees never paid before, within days."""
    if paid.opening_fen is None:
        return None
    out = np.flatnonzero(~paid.into)
    if len(out) < limit["payees_min"]:
        return None
    since = np.concatenate([[paid.at_us[0]], paid.at_us[out[:-1]]])
    quiet_us = paid.at_us[out] - since
    balance = paid.opening_fen + np.cumsum(np.where(paid.into, paid.fen, -paid.fen))
    for k in np.flatnonzero(quiet_us >= limit["quiet_days"] * DAY_US):
        first, until = int(out[k]), paid.at_us[out[k]] + limit["days_max"] * DAY_US
        last = int(np.searchsorted(paid.at_us, until, side="right"))
        window = np.arange(first, last)
        fresh = ~paid.into[window] & ~np.isin(paid.other_ix[window], paid.other_ix[out[:k]])
        lay = int(balance[first] + paid.fen[first] + paid.fen[window][paid.into[window]].sum())
        went, payees = int(paid.fen[window][fresh].sum()), len(np.unique(paid.other_ix[window][fresh]))
        if payees >= limit["payees_min"] and went >= 100 * limit["yuan_min"] and went >= limit["share_min"] * lay:
            percent = min(100 * went // lay, 100) if lay > 0 else 100
            days = int(quiet_us[k]) // DAY_US
            return {"days": days, "percent": percent, "yuan": yuan_text(lay), "payees": payees, "span": limit["days_max"]}
    return None


def lured(paid: Moves, limit: Mapping[str, Any], _within: str) -> Told:
    """A20: a first payment for virtual assets, slightly more back from the same side, then a larger one to it."""
    crypto = np.flatnonzero(~paid.into & (paid.channel == _CRYPTO))
    if not len(crypto):
        return None
    first = int(crypto[0])
    same = paid.other_ix == paid.other_ix[first]
    if same[:first].any():
        return None  # they have a history
    sent = int(paid.fen[first])
    back = np.flatnonzero(same & paid.into)
    back = back[(paid.fen[back] > sent) & (paid.fen[back] <= (1 + limit["gain_share_max"]) * sent)]
    if not len(back):
        return None
    got = int(back[0])
    larger = np.flatnonzero(same & ~paid.into & (paid.fen >= limit["times_min"] * sent))
    larger = larger[larger > got]
    if not len(larger):
        return None
    figures = (sent, int(paid.fen[got]), int(paid.fen[larger[0]]))
    return dict(zip(("sent", "back", "then"), map(yuan_text, figures), strict=True))


VICTIM_RULES: Mapping[str, Judge] = {"A19": emptied, "A20": lured}


def payers_of(flows: FlowGraph, member_ids: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Return the accounts that paid members and are none themselves, ascending; and those of them whose payments to members are
    large, or for virtual assets, so that A19 or A20 could speak of them.
    """
    member = flows.account_id.is_in(member_ids.implode()).to_numpy()
    into = member[flows.payee_ix] & ~member[flows.payer_ix]
    sums, paid = np.zeros(flows.n_accounts, np.int64), np.zeros(flows.n_accounts, np.bool_)
    np.add.at(sums, flows.payer_ix[into], flows.amount_fen[into])
    paid[flows.payer_ix[into]] = True
    large = sums >= 100 * rule_table()["account"]["A19"]["yuan_min"]
    large[flows.payer_ix[into & (flows.channel == _CRYPTO)]] = True
    whole, some = (flows.account_id.filter(pl.Series(which)).sort() for which in (paid, large))
    return whole, some


def several_banks(
    flows: FlowGraph, register: pl.DataFrame, payer_ids: pl.Series, member_ids: pl.Series
) -> list[tuple[str, dict[str, Any]]]:
    """A19b: one holder's accounts at several banks pay one and the same member within days."""
    limit = rule_table()["account"]["A19b"]
    ends = [flows.account_id.is_in(ids.implode()).to_numpy() for ids in (payer_ids, member_ids)]
    tx = np.flatnonzero(ends[0][flows.payer_ix] & ends[1][flows.payee_ix])
    paid = pl.DataFrame(
        {
            "account_id": flows.account_id.gather(flows.payer_ix[tx]),
            "payee": flows.payee_ix[tx],
            "fen": flows.amount_fen[tx],
            "at_us": flows.at_us[tx],
        }
    )
    known = register.select("account_id", "holder_id", "bank").drop_nulls()
    paid = paid.join(known, on="account_id", maintain_order="left")
    several = paid.filter(pl.col("bank").n_unique().over("holder_id", "payee") >= limit["banks_min"])
    rows: dict[str, dict[str, Any]] = {}
    for _, own in several.sort("at_us", maintain_order=True).group_by("holder_id", "payee", maintain_order=True):
        near = _days_at_several_banks(own, limit)
        if near is not None:
            yuan = yuan_text(int(near["fen"].sum()))
            told = reason("account", "A19b", n=near["bank"].n_unique(), yuan=yuan, days=limit["days_max"])
            for account in near["account_id"].unique().sort():
                rows.setdefault(account, told)
    return sorted(rows.items())


def _days_at_several_banks(own: pl.DataFrame, limit: Mapping[str, Any]) -> pl.DataFrame | None:
    """Return the first days of payments, in order of time, that come from several banks and are large enough together."""
    at, fen, bank = (own[name].to_list() for name in ("at_us", "fen", "bank"))
    held: Counter[str] = Counter()
    first, total = 0, 0
    for k in range(len(at)):
        held[bank[k]] += 1
        total += fen[k]
        while at[first] < at[k] - limit["days_max"] * DAY_US:
            held[bank[first]] -= 1
            total -= fen[first]
            first += 1
        if total >= 100 * limit["yuan_min"] and len(+held) >= limit["banks_min"]:
            return own.slice(first, k - first + 1)
    return None
