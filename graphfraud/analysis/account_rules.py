"""Rules of bank accounts (china.md 4.1), each a function of one account's payments: the figures of its sentence, or None."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from graphfraud.analysis.rule_table import rule_table
from graphfraud.tables import CHANNELS
from graphfraud.units import DAY_US, HOUR_US, MINUTE_US, yuan_text

_CHINA_US = 8 * HOUR_US
_TEN_THOUSAND_YUAN = 1_000_000
_THOUSAND_YUAN = 100_000
_CASH_OUT = CHANNELS.index("cash_out")
_MERCHANT = CHANNELS.index("merchant")


@dataclass(frozen=True, eq=False, slots=True)
class Moves:
    """The payments of one account in total order, from its side; positions and fen as the graph has them."""

    opening_fen: int | None  # None where no balance is printed
    into: npt.NDArray[np.bool_]
    other_ix: npt.NDArray[np.int32]
    fen: npt.NDArray[np.int64]
    matched_fen: npt.NDArray[np.int64]  # what came in: paid on in time; what went out: had just come in
    at_us: npt.NDArray[np.int64]
    channel: npt.NDArray[np.int8]


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


def _turnover(paid: Moves, limit: Mapping[str, Any], _within: str) -> Told:
    if paid.opening_fen is None:
        return None
    balance = paid.opening_fen + np.cumsum(np.where(paid.into, paid.fen, -paid.fen))
    mean, total = sum(balance.tolist()) // len(balance), int(paid.fen.sum())
    if total < 100 * limit["yuan_min"] or total < limit["times_min"] * mean:
        return None
    return {"yuan": yuan_text(total), "mean": yuan_text(mean)}


def _fast_days(paid: Moves, limit: Mapping[str, Any], _within: str) -> Told:
    _, day = np.unique((paid.at_us + _CHINA_US) // DAY_US, return_inverse=True)
    sums = np.zeros((2, int(day.max()) + 1), np.int64)
    np.add.at(sums, (paid.into.astype(np.int64), day), paid.fen)
    n, n_days = int((sums > 100 * limit["yuan_min"]).all(axis=0).sum()), sums.shape[1]
    return {"n": n, "n_days": n_days} if n and n >= limit["share_min"] * n_days else None


def _staircase(paid: Moves, limit: Mapping[str, Any], _within: str) -> Told:
    came = np.flatnonzero(paid.into)
    came = came[np.argsort(paid.other_ix[came], kind="stable")]
    before, after = came[:-1], came[1:]
    rises = (
        (paid.other_ix[before] == paid.other_ix[after])
        & (paid.at_us[after] - paid.at_us[before] <= limit["days_max"] * DAY_US)
        & (paid.fen[after] >= limit["times_min"] * paid.fen[before])
    )
    first, last = _longest_run(rises)
    if last - first + 1 < limit["steps_min"]:
        return None
    low, high = (yuan_text(int(paid.fen[came[k]])) for k in (first, last))
    return {"n": last - first + 1, "low": low, "high": high}


def _till(paid: Moves, limit: Mapping[str, Any], _within: str) -> Told:
    at = paid.at_us[~paid.into & (paid.channel == _MERCHANT)]
    first, last = _longest_run(np.diff(at) <= limit["gap_minutes"] * MINUTE_US)
    if last - first + 1 < limit["payments_min"]:
        return None
    return {"n": last - first + 1, "minutes": -(-int(at[last] - at[first]) // MINUTE_US)}


def _longest_run(joined: npt.NDArray[np.bool_]) -> tuple[int, int]:
    """Return first and last of the longest row of things of which each is joined to the next; ``joined`` is one shorter."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], joined, [False]]).astype(np.int8)))
    if not len(edges):
        return 0, 0
    k = int(np.argmax(edges[1::2] - edges[::2]))
    return int(edges[2 * k]), int(edges[2 * k + 1])


ACCOUNT_RULES: Mapping[str, Judge] = {
    "A01": _quick,
    "A02": _spread,
    "A03": _probe,
    "A04": _night,
    "A05": _woken,
    "A09": _balanced,
    "A10": _round,
    "A11": _turnover,
    "A12": _fast_days,
    "A14": _cash,
    "A15": _staircase,
    "A16": _pooled,
    "A17": _hugging,
    "A18": _till,
}
"""Rules that look at the payments alone."""


def new_account(paid: Moves, opened_us: int | None) -> Told:
    """A06: much money soon after opening."""
    limit = rule_table()["account"]["A06"]
    at = paid.at_us[paid.into]
    if opened_us is None or not len(at) or not 0 <= at[0] - opened_us <= limit["days_max"] * DAY_US:
        return None
    week = int(paid.fen[paid.into][at < at[0] + 7 * DAY_US].sum())
    if week < 100 * limit["yuan_min"]:
        return None
    return {"days": int(at[0] - opened_us) // DAY_US, "yuan": yuan_text(week)}


def shell(paid: Moves, opened_us: int | None, is_person: npt.NDArray[np.bool_], within: str) -> Told:
    """A21: a company account just opened whose inflow goes to persons."""
    limit = rule_table()["account"]["A21"]
    came = int(paid.fen[paid.into].sum())
    moved = int(paid.matched_fen[~paid.into & is_person[paid.other_ix]].sum())
    if opened_us is None or not came or moved < limit["share_min"] * came:
        return None
    days = (int(paid.at_us[0]) - opened_us) // DAY_US
    if not 0 <= days <= limit["days_max"]:
        return None
    return {"days": days, "percent": 100 * moved // came, "within": within}


def far_spread(paid: Moves, region_ix: npt.NDArray[np.int32], bank_ix: npt.NDArray[np.int32]) -> Told:
    """A13: counterparties of many regions (first six digits of the holder's identity number) and banks; -1 is unknown."""
    limit = rule_table()["account"]["A13"]
    others = np.unique(paid.other_ix)
    known = [ix[others][ix[others] >= 0] for ix in (region_ix, bank_ix)]
    n = [len(np.unique(of)) for of in known]
    if any(len(of) < limit["parties_min"] for of in known):
        return None
    if n[0] < limit["region_share_min"] * len(known[0]) or n[1] < limit["bank_share_min"] * len(known[1]):
        return None
    return {"n": len(others), "regions": n[0], "banks": n[1]}
