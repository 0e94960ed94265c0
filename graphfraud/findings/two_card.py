"""Groups of bank cards and phone cards in the same hands."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from graphfraud.findings.run import Run

RING_TYPES = ("goip_den", "money_house", "runner_team", "card_dealer", "mule_group")
"""GOIP窝点; 水房; 跑分车队; 卡商; 卡农团伙: what a two-card ring looks most like, by the fact given with it."""

CALLS = "calls"
"""``thing_kind`` of a tie that is a phone card's first call in a file of call records: evidence of how it calls."""

TWO_CARD_RING_SCHEMA: dict[str, type[pl.DataType]] = {
    "ring_id": pl.String,
    "ring_type": pl.String,  # one of RING_TYPES
    "type_fact": pl.String,
    "type_fact_zh": pl.String,
    "n_accounts": pl.Int64,
    "n_sims": pl.Int64,
    "n_devices": pl.Int64,
    "n_persons": pl.Int64,
    "victim_fen": pl.Int64,
    "relayed_fen": pl.Int64,
    "n_shared": pl.Int64,  # pairs in the ring's money group that share a SIM, holder or device; null where it has no money
    "n_expected": pl.Float64,  # such pairs in a world of chance where every account and thing has as many ties
    "p_value": pl.Float64,
    "first_us": pl.Int64,
    "last_us": pl.Int64,
    "score": pl.Int64,
    "flagged": pl.Boolean,
}

TWO_CARD_MEMBER_SCHEMA: dict[str, type[pl.DataType]] = {
    "ring_id": pl.String,
    "member_kind": pl.String,  # account, sim, device, holder
    "member_id": pl.String,
    "role": pl.String,
    "fact": pl.String,
    "fact_zh": pl.String,
}

INDICATOR_SCHEMA: dict[str, type[pl.DataType]] = {
    "member_kind": pl.String,  # account or sim
    "member_id": pl.String,
    "rule": pl.String,  # A01 ... A21 (A19, A20: of accounts that paid a group, whose holder may be a victim), S01 ... S11
    "fact": pl.String,
    "fact_zh": pl.String,
}

UNIT_SCHEMA: dict[str, type[pl.DataType]] = {
    "holder_id": pl.String,
    "rule": pl.String,  # threshold of the rule table
    "unit_kind": pl.String,  # account or sim
    "unit_id": pl.String,
    "ring_id": pl.String,
    "n_units": pl.Int64,  # units of this holder that count under the rule
    "threshold": pl.Int64,
    "reached": pl.Boolean,
}

LIFE_STAGES = ("opened", "dormant", "probe", "burst", "drained", "abandoned")

LIFE_SCHEMA: dict[str, type[pl.DataType]] = {
    "ring_id": pl.String,
    "account_id": pl.String,
    "stage": pl.String,  # one of LIFE_STAGES
    "since_us": pl.Int64,
    "until_us": pl.Int64,
    "fact": pl.String,
    "fact_zh": pl.String,
}


@dataclass(frozen=True, slots=True)
class TwoCard:
    """Groups of bank cards and phone cards in the same hands: indicators, never verdicts.

    Attributes
    ----------
    run : Run
    rules_version : str
    rings, members, ties, flows, reasons, doubts, indicators, units, lives, shared, habits : polars.DataFrame
        With :data:`TWO_CARD_RING_SCHEMA`, :data:`TWO_CARD_MEMBER_SCHEMA`, :data:`RING_TIE_SCHEMA`, :data:`RING_FLOW_SCHEMA`,
        :data:`REASON_SCHEMA`, :data:`DOUBT_SCHEMA`, :data:`INDICATOR_SCHEMA`, :data:`UNIT_SCHEMA`, :data:`LIFE_SCHEMA`,
        :data:`SHARED_SCHEMA`, :data:`HABIT_SCHEMA`; the highest score first.
    ambiguities : Mapping[str, int]
        As of :class:`Rings`; also ``sims_with_several_subscribers``, and how many worlds of chance ``null_worlds`` says.
    """

    run: Run
    rules_version: str
    rings: pl.DataFrame
    members: pl.DataFrame
    ties: pl.DataFrame
    flows: pl.DataFrame
    reasons: pl.DataFrame
    doubts: pl.DataFrame
    indicators: pl.DataFrame
    units: pl.DataFrame
    lives: pl.DataFrame
    shared: pl.DataFrame
    habits: pl.DataFrame
    ambiguities: Mapping[str, int] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"TwoCard({self.rings.height}, {self.rings['flagged'].sum()} flagged; {self.members.height} members)"
