"""Rings of accounts, and what became of them since the last time."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from graphfraud.findings.run import Run

RING_ROLES = ("collector", "splitter", "cash_out", "passer", "dormant")
"""What an account seems to do in its ring: takes in outsiders' money; pays members on in parts; lets money leave by an exit
channel; passes on from member to member; none of these (yet). Inferred, and each with the fact that gave it."""

TIE_STRENGTHS = ("strong", "weak", "set_aside")
"""Strong ties bind; weak ones bind accounts that also pass money on; those set aside have an innocent reading."""

RING_SCHEMA: dict[str, type[pl.DataType]] = {
    "ring_id": pl.String,  # of the core member seen first, so that it stays as the ring grows
    "n_accounts": pl.Int64,
    "n_bound": pl.Int64,  # accounts bound by a strong tie
    "n_things": pl.Int64,  # things they share by strong ties
    "n_relays": pl.Int64,  # payments between members that were passed on
    "relayed_fen": pl.Int64,
    "inflow_fen": pl.Int64,  # from accounts outside the ring
    "victim_fen": pl.Int64,  # of it: reported victims' payments
    "n_victims": pl.Int64,  # reported victims' accounts that paid a member
    "exited_fen": pl.Int64,  # left from members by exit channels
    "first_us": pl.Int64,
    "last_us": pl.Int64,
    "score": pl.Int64,  # sum of the points of its reasons
    "flagged": pl.Boolean,  # the score reaches the threshold of the rule table
}

RING_MEMBER_SCHEMA: dict[str, type[pl.DataType]] = {
    "ring_id": pl.String,
    "account_id": pl.String,
    "role": pl.String,  # one of RING_ROLES
    "fact": pl.String,  # the figures that gave the role
    "fact_zh": pl.String,
    "bound": pl.Boolean,  # by a strong tie; false: by the flow of money alone
    "received_fen": pl.Int64,
    "outside_fen": pl.Int64,  # of it from outside the ring
    "victim_fen": pl.Int64,  # of it reported victims' payments
    "paid_fen": pl.Int64,
    "exited_fen": pl.Int64,  # of it by exit channels
    "moved_fen": pl.Int64,  # of what it received: paid on within the time asked
    "n_payees": pl.Int64,  # members it paid
    "gap_us": pl.Int64,  # median time from the last money in to the payment it went into, null where there is none
    "first_us": pl.Int64,
    "last_us": pl.Int64,
}

RING_TIE_SCHEMA: dict[str, type[pl.DataType]] = {
    "ring_id": pl.String,
    "thing_kind": pl.String,  # holder, sim, device, ip, batch (opened in a row at one place); of two-card rings handset, calls
    "thing_id": pl.String,
    "strength": pl.String,  # one of TIE_STRENGTHS
    "account_id": pl.String,  # null where the tie is a phone card's
    "kind": pl.String,  # key of the row of table links that says so
    "a_kind": pl.String,
    "a_id": pl.String,
    "b_kind": pl.String,
    "b_id": pl.String,
    "record": pl.Int64,  # record that says so, -1 unknown
}

RING_FLOW_SCHEMA: dict[str, type[pl.DataType]] = {
    "ring_id": pl.String,
    "part": pl.String,  # victim, start (the first payment of a card), inside, exit
    "transaction_id": pl.String,
    "payer_id": pl.String,
    "payee_id": pl.String,
    "channel": pl.String,
    "amount_fen": pl.Int64,
    "relayed_fen": pl.Int64,  # of it: had just come in, and left again within the time asked
    "at_us": pl.Int64,
}

REASON_SCHEMA: dict[str, type[pl.DataType]] = {
    "ring_id": pl.String,
    "rule": pl.String,  # id in the rule table
    "fact": pl.String,
    "fact_zh": pl.String,
    "points": pl.Int64,
}

DOUBT_SCHEMA: dict[str, type[pl.DataType]] = {
    "ring_id": pl.String,
    "if_fact": pl.String,  # what would change the answer
    "if_fact_zh": pl.String,
    "points": pl.Int64,  # the points it would take away
    "score": pl.Int64,  # the score that would be left
    "flagged": pl.Boolean,  # and whether the ring would still be flagged
    "n_loose": pl.Int64,  # members that nothing else binds
}

SHARED_SCHEMA: dict[str, type[pl.DataType]] = {
    "thing_kind": pl.String,
    "thing_id": pl.String,
    "strength": pl.String,  # one of TIE_STRENGTHS
    "look_alike": pl.String,  # innocent reading it has, null where none was recognised
    "n_accounts": pl.Int64,
    "n_sims": pl.Int64,  # phone cards used in the handset or held by the subscriber, where that is the question
    "n_holders": pl.Int64,
    "n_passing": pl.Int64,  # accounts among them that pass money on
    "why": pl.String,
}

HABIT_SCHEMA: dict[str, type[pl.DataType]] = {
    "ring_id": pl.String,
    "habit": pl.String,  # gap, kept, hour, amount
    "bin": pl.Int64,
    "share": pl.Float64,  # of the ring's payments; the bins of one habit sum to 1
}

RING_EVENTS = ("same", "born", "merged", "split", "returned", "resurrected", "gone")

CHANGE_SCHEMA: dict[str, type[pl.DataType]] = {
    "stable_id": pl.String,  # the ring's id through all runs
    "ring_id": pl.String,  # in the current answer, null where it is gone
    "previous_id": pl.String,  # stable id in the previous answer it was in, null where it is born
    "event": pl.String,  # one of RING_EVENTS
    "n_absent": pl.Int64,  # answers in a row that lacked it before this one, where it was absent from some
    "n_stayed": pl.Int64,
    "n_joined": pl.Int64,
    "n_left": pl.Int64,
    "likeness": pl.Float64,  # of habits, 0 to 1, where a ring is recognised by them; else null
}

TURNOVER_SCHEMA: dict[str, type[pl.DataType]] = {
    "stable_id": pl.String,
    "turn": pl.String,  # in or out
    "member_kind": pl.String,  # account or sim
    "member_id": pl.String,
    "other_id": pl.String,  # stable id of the ring it came from or went to, else null
}
"""Members that joined or left a ring since the previous answer."""

ABSENT_SCHEMA: dict[str, type[pl.DataType]] = {
    "stable_id": pl.String,
    "n_absent": pl.Int64,  # answers in a row that lack it, the latest one included
    "score": pl.Int64,  # when it was last there, as the rest
    "flagged": pl.Boolean,
    "last_us": pl.Int64,
    "n_payments": pl.Int64,
}
ABSENT_MEMBER_SCHEMA: dict[str, type[pl.DataType]] = {
    "stable_id": pl.String,
    "member_kind": pl.String,
    "member_id": pl.String,
}
ABSENT_HABIT_SCHEMA: dict[str, type[pl.DataType]] = {
    "stable_id": pl.String,
    **{name: dtype for name, dtype in HABIT_SCHEMA.items() if name != "ring_id"},
}


@dataclass(frozen=True, slots=True)
class AbsentRings:
    """What is kept of rings that are not in the latest answer, so that they can be known again.

    Attributes
    ----------
    rings, members, habits : polars.DataFrame
        With :data:`ABSENT_SCHEMA`, :data:`ABSENT_MEMBER_SCHEMA`, :data:`ABSENT_HABIT_SCHEMA`.
    """

    rings: pl.DataFrame
    members: pl.DataFrame
    habits: pl.DataFrame


NO_ABSENT_RINGS = AbsentRings(
    *(pl.DataFrame(schema=schema) for schema in (ABSENT_SCHEMA, ABSENT_MEMBER_SCHEMA, ABSENT_HABIT_SCHEMA))
)


@dataclass(frozen=True, slots=True)
class Rings:
    """Groups of accounts bound by identity ties and by money passed on. **A ring is not a cycle**; a score is no verdict.

    Attributes
    ----------
    run : Run
    rules_version : str
        Version of the rule table the reasons follow.
    rings, members, ties, flows, reasons, doubts, shared, habits : polars.DataFrame
        With :data:`RING_SCHEMA`, :data:`RING_MEMBER_SCHEMA`, :data:`RING_TIE_SCHEMA`, :data:`RING_FLOW_SCHEMA`,
        :data:`REASON_SCHEMA`, :data:`DOUBT_SCHEMA`, :data:`SHARED_SCHEMA`, :data:`HABIT_SCHEMA`; the highest score first.
    ambiguities : Mapping[str, int]
        ``accounts_with_several_holders``, ``accounts_in_one_table`` (without any payment), ``low_precision_transactions``.
    """

    run: Run
    rules_version: str
    rings: pl.DataFrame
    members: pl.DataFrame
    ties: pl.DataFrame
    flows: pl.DataFrame
    reasons: pl.DataFrame
    doubts: pl.DataFrame
    shared: pl.DataFrame
    habits: pl.DataFrame
    ambiguities: Mapping[str, int] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"Rings({self.rings.height}, {self.rings['flagged'].sum()} flagged; {self.members.height} accounts)"
