"""Answers: frozen nouns that hold frames; they neither draw, write nor ask again.

Each frame has the schema stated beside it. A finding is worded as a fact under a rule, and carries its :class:`Run`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

RULES = ("fifo", "lifo", "pro_rata", "poison", "libr")
"""Tracing rules: first in first out, last in first out, proportional, full contamination, lowest intermediate balance."""

RESTING = "resting"
EXITED = "exited"
RETURNED = "returned"
UNSEEN = "unseen"
BEYOND = "beyond"
LOT_STATES = (RESTING, EXITED, RETURNED, UNSEEN, BEYOND)
"""Where a lot ended: resting in an account whose statement is held; left by an exit channel; back in
the account it was stolen from (a rebate: nobody's to freeze); lost to sight, in an account of
which no statement is held; beyond the limit of hops or time asked for (it was still in that account when the limit was met)."""


@dataclass(frozen=True, slots=True)
class Run:
    """How an answer came about: enough to get the same bytes again."""

    version: str
    question: str
    parameters: Mapping[str, object]
    graph_digest: str
    started_us: int
    seconds: float


SEED_SCHEMA: dict[str, type[pl.DataType]] = {
    "seed": pl.Int64,  # 0, 1, ... in the order of (at_us, seq)
    "transaction_id": pl.String,
    "case_id": pl.String,
    "payer_id": pl.String,  # the victim's account
    "payee_id": pl.String,  # a tier-1 account
    "amount_fen": pl.Int64,
    "at_us": pl.Int64,
}

STEP_SCHEMA: dict[str, type[pl.DataType]] = {
    "step": pl.Int64,  # 0, 1, ... in the order of (at_us, seq), then seed, then hop
    "transaction_id": pl.String,
    "seed": pl.Int64,
    "hop": pl.Int64,  # 1 for the victim's own payment
    "payer_id": pl.String,
    "payee_id": pl.String,
    "channel": pl.String,
    "amount_fen": pl.Int64,  # the whole transaction
    "traced_fen": pl.Int64,  # the part of it that is this seed's money
    "at_us": pl.Int64,
}

LOT_SCHEMA: dict[str, type[pl.DataType]] = {
    "account_id": pl.String,  # where it is, or which it left; where a victim paid by an exit channel, whom the victim paid
    "seed": pl.Int64,
    "hop": pl.Int64,
    "state": pl.String,  # one of LOT_STATES
    "channel": pl.String,  # exit channel of an exited lot, else null
    "transaction_id": pl.String,  # the exit transaction of an exited lot, else null
    "traced_fen": pl.Int64,
    "since_us": pl.Int64,  # when it came to rest, left or was lost to sight
}

TIER_SCHEMA: dict[str, type[pl.DataType]] = {
    "account_id": pl.String,
    "tier": pl.Int64,  # fewest hops from any victim: 1 is the account a victim paid
    "n_victims": pl.Int64,  # victim accounts whose money reached it
    "received_fen": pl.Int64,  # victims' money that reached it
    "passed_fen": pl.Int64,  # victims' money it paid on to other accounts
    "exited_fen": pl.Int64,  # victims' money that left from it by an exit channel
    "resting_fen": pl.Int64,  # victims' money still there: what can be frozen
    "returned_fen": pl.Int64,  # a victim's own money, back in that victim's account
    "unseen_fen": pl.Int64,  # victims' money lost to sight there: no statement is held
    "beyond_fen": pl.Int64,  # victims' money there when a limit was met
    "first_us": pl.Int64,  # when victims' money first reached it
    "last_us": pl.Int64,  # when victims' money last reached or left it
    "statement_held": pl.Boolean,
}

VICTIM_TIER_SCHEMA: dict[str, type[pl.DataType]] = {
    "account_id": pl.String,
    "victim_account_id": pl.String,
    "tier": pl.Int64,  # fewest hops from this victim
    "received_fen": pl.Int64,
    "first_us": pl.Int64,
}


CITATION_SCHEMA: dict[str, type[pl.DataType]] = {
    "step": pl.Int64,
    "transaction_id": pl.String,
    "side": pl.String,  # whose row says so: payer, payee (their statements) or report (the victim's)
    "file": pl.String,  # file name
    "sheet": pl.String,  # sheet of a workbook, else null
    "row": pl.Int64,  # row 1 is the first data row under the headings
    "record": pl.Int64,  # number of the row in the store
    "sha256": pl.String,  # digest of the file's bytes
}


EVIDENCE_SCHEMA: dict[str, type[pl.DataType]] = {
    "evidence": pl.String,  # transaction or link
    "id": pl.String,  # transaction_id; of a link its kind and its two ends
    "side": pl.String,  # payer, payee or report of a transaction; link
    "file": pl.String,
    "sheet": pl.String,
    "row": pl.Int64,
    "record": pl.Int64,
    "sha256": pl.String,
}
"""Citations of every answer but a trace, whose steps have :data:`CITATION_SCHEMA`."""


@dataclass(frozen=True, slots=True)
class Trace:
    """All lots from a case's victim payments under one rule.

    Attributes
    ----------
    run : Run
    rule : str
        One of :data:`RULES`.
    seeds, steps, lots, tiers, victim_tiers : polars.DataFrame
        With :data:`SEED_SCHEMA`, :data:`STEP_SCHEMA`, :data:`LOT_SCHEMA`, :data:`TIER_SCHEMA`, :data:`VICTIM_TIER_SCHEMA`.
    until_us : int
        End of observation, excluded.
    mixed_fen : int
        Under ``poison`` the other money that contamination added; 0 under every other rule. Conservation, asserted on every
        answer: seeds + mixed = the sum of all lots; per seed under the rules that conserve.
    assumptions, ambiguities : Mapping[str, int]
        What was assumed of the accounts reached (``opening_assumed_accounts``, ``opening_assumed_fen``,
        ``opening_raised_accounts``, ``opening_raised_fen``, ``accounts_without_statement``), and what the data left open on
        the traced path (``simultaneous_transactions``, ``low_precision_transactions``, ``seed_shortfall_fen``,
        ``seeds_after_until``); a key is always there, 0 where there is nothing to say.
    truncated : bool
        True where the cap on hops cut the answer short. ``within`` and ``until`` are part of the question and do not.
    """

    run: Run
    rule: str
    seeds: pl.DataFrame
    steps: pl.DataFrame
    lots: pl.DataFrame
    tiers: pl.DataFrame
    victim_tiers: pl.DataFrame
    until_us: int
    mixed_fen: int
    assumptions: Mapping[str, int] = field(default_factory=dict)
    ambiguities: Mapping[str, int] = field(default_factory=dict)
    truncated: bool = False

    def __repr__(self) -> str:
        held = self.lots.group_by("state").agg(pl.col("traced_fen").sum()).sort("state")
        where = ", ".join(f"{state} {fen} fen" for state, fen in held.iter_rows())
        return f"Trace({self.rule}: {self.seeds.height} seeds, {self.seeds['amount_fen'].sum()} fen; {where})"


# Paths, cycles and patterns: instances with their transactions

BESTS = ("earliest", "fewest", "shortest", "widest")
"""What makes a path best: first to arrive, fewest payments, least time under way, largest smallest amount."""

PATH_SCHEMA: dict[str, type[pl.DataType]] = {
    "path": pl.Int64,  # 0, 1, ... best first
    "first_account_id": pl.String,
    "last_account_id": pl.String,
    "n_transactions": pl.Int64,
    "width_fen": pl.Int64,  # the smallest amount on the way
    "begin_us": pl.Int64,
    "end_us": pl.Int64,
}

PATH_STEP_SCHEMA: dict[str, type[pl.DataType]] = {
    "path": pl.Int64,
    "hop": pl.Int64,  # 1 for the first payment
    "transaction_id": pl.String,
    "payer_id": pl.String,
    "payee_id": pl.String,
    "channel": pl.String,
    "amount_fen": pl.Int64,
    "at_us": pl.Int64,
}

ARRIVAL_SCHEMA: dict[str, type[pl.DataType]] = {
    "first_account_id": pl.String,  # where the money started
    "account_id": pl.String,  # where it could have arrived
    "transaction_id": pl.String,  # the first payment that can have brought it
    "at_us": pl.Int64,
}


@dataclass(frozen=True, slots=True)
class Paths:
    """Simple time-respecting paths, best first.

    Attributes
    ----------
    run : Run
    best : str
        One of :data:`BESTS`.
    paths, steps : polars.DataFrame
        With :data:`PATH_SCHEMA` and :data:`PATH_STEP_SCHEMA`.
    ambiguities : Mapping[str, int]
        ``tied_steps``: payments of the same instant as the one before, ordered by ``seq`` alone;
        ``low_precision_transactions``: payments on a path whose instant is not known to the second.
    truncated : bool
        True where a cap (arrivals looked back at, unfinished paths held) bit: a better path may exist.
    """

    run: Run
    best: str
    paths: pl.DataFrame
    steps: pl.DataFrame
    ambiguities: Mapping[str, int] = field(default_factory=dict)
    truncated: bool = False

    def __repr__(self) -> str:
        return f"Paths({self.paths.height}, {self.best} first{', truncated' if self.truncated else ''})"


@dataclass(frozen=True, slots=True)
class Arrivals:
    """Whom the money of some accounts could have reached, and when first; ``arrivals`` has :data:`ARRIVAL_SCHEMA`."""

    run: Run
    arrivals: pl.DataFrame

    def __repr__(self) -> str:
        return f"Arrivals({self.arrivals.height} from {self.arrivals['first_account_id'].n_unique()} accounts)"


CYCLE_SCHEMA: dict[str, type[pl.DataType]] = {
    "cycle": pl.Int64,  # 0, 1, ... in the order of their payments; where ranked, the most surprising first
    "account_id": pl.String,  # payer of the first payment, payee of the last
    "n_transactions": pl.Int64,
    "amount_fen_min": pl.Int64,
    "amount_fen_max": pl.Int64,
    "first_fen": pl.Int64,  # what left the account
    "last_fen": pl.Int64,  # what came back to it
    "begin_us": pl.Int64,
    "end_us": pl.Int64,
    "p_value": pl.Float64,  # null where not ranked
    "n_expected": pl.Float64,  # as long ones about accounts as busy that one null world holds; null where not ranked
}

CYCLE_STEP_SCHEMA: dict[str, type[pl.DataType]] = {
    "cycle": pl.Int64,
    "hop": pl.Int64,  # 1 for the first payment
    "transaction_id": pl.String,
    "payer_id": pl.String,
    "payee_id": pl.String,
    "channel": pl.String,
    "amount_fen": pl.Int64,
    "at_us": pl.Int64,
}


@dataclass(frozen=True, slots=True)
class Cycles:
    """Money that came back to where it started; every simple cycle within the limits, once.

    Attributes
    ----------
    run : Run
    cycles, steps : polars.DataFrame
        With :data:`CYCLE_SCHEMA` and :data:`CYCLE_STEP_SCHEMA`.
    ambiguities : Mapping[str, int]
        ``tied_steps``: payments of the same instant as the one before, ordered by ``seq`` alone;
        ``low_precision_transactions``: payments of a cycle whose instant is not known to the second.
    truncated : bool
        True where a cap bit: further cycles may exist.
    """

    run: Run
    cycles: pl.DataFrame
    steps: pl.DataFrame
    ambiguities: Mapping[str, int] = field(default_factory=dict)
    truncated: bool = False

    def __repr__(self) -> str:
        return f"Cycles({self.cycles.height}{', truncated' if self.truncated else ''})"


PATTERNS = (
    "fan_in",
    "fan_out",
    "gather_scatter",
    "scatter_gather",
    "bipartite",
    "stack",
    "chain",
    "pass_through",
    "probe",
    "pooling",
    "staircase",
    "limit_hugging",
    "daily_limit_hugging",
    "awakening",
    "night",
)
"""Kinds of patterns; each is defined where it is asked, in ``analysis/patterns.py``. Cycles are a finding of their own."""

PATTERN_ROLES = ("in", "out", "first", "second", "step", "small", "large", "event")
"""What a payment is to its pattern: into or out of the account it is about; of the first or second of two legs or layers; a
step of a chain or staircase; a small one before the large one; else an event."""

PATTERN_SCHEMA: dict[str, type[pl.DataType]] = {
    "pattern": pl.Int64,  # 0, 1, ... the most surprising first, where ranked
    "kind": pl.String,  # one of PATTERNS
    "account_id": pl.String,  # the account it is about, or where it begins
    "other_account_id": pl.String,  # where it ends, of scatter_gather and chain; else null
    "n_accounts": pl.Int64,
    "n_transactions": pl.Int64,
    "amount_fen": pl.Int64,  # sum of its transactions
    "begin_us": pl.Int64,
    "end_us": pl.Int64,
    "p_value": pl.Float64,  # null where not ranked
    "n_expected": pl.Float64,  # as large ones about accounts as busy that one null world holds; null where not ranked
}

PATTERN_TRANSACTION_SCHEMA: dict[str, type[pl.DataType]] = {
    "pattern": pl.Int64,
    "role": pl.String,  # one of PATTERN_ROLES
    "transaction_id": pl.String,
    "payer_id": pl.String,
    "payee_id": pl.String,
    "channel": pl.String,
    "amount_fen": pl.Int64,
    "at_us": pl.Int64,
}

PATTERN_ACCOUNT_SCHEMA: dict[str, type[pl.DataType]] = {
    "pattern": pl.Int64,
    "account_id": pl.String,
    "n_transactions": pl.Int64,
    "received_fen": pl.Int64,
    "paid_fen": pl.Int64,
}


@dataclass(frozen=True, slots=True)
class Patterns:
    """Instances of patterns, each with its transactions and accounts.

    Attributes
    ----------
    run : Run
    patterns, transactions, accounts : polars.DataFrame
        With :data:`PATTERN_SCHEMA`, :data:`PATTERN_TRANSACTION_SCHEMA` and :data:`PATTERN_ACCOUNT_SCHEMA`.
    null_worlds : int
        Worlds of chance the instances were compared with; 0: they are not ranked.
    truncated : Mapping[str, int]
        Kind -> how often a cap bit; empty where the answer is whole.
    """

    run: Run
    patterns: pl.DataFrame
    transactions: pl.DataFrame
    accounts: pl.DataFrame
    null_worlds: int = 0
    truncated: Mapping[str, int] = field(default_factory=dict)

    def __repr__(self) -> str:
        kinds = ", ".join(f"{n} {kind}" for kind, n in self.patterns["kind"].value_counts().sort("kind").iter_rows())
        return f"Patterns({kinds or 'none'}{', truncated' if self.truncated else ''})"


# Rings and two-card rings: indicators with their reasons, never verdicts

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
    "thing_kind": pl.String,  # holder, sim, device, ip, or batch (opened at one place in a row)
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

RING_EVENTS = ("same", "born", "merged", "split", "resurrected", "gone")

CHANGE_SCHEMA: dict[str, type[pl.DataType]] = {
    "stable_id": pl.String,  # the ring's id through all runs
    "ring_id": pl.String,  # in the current answer, null where it is gone
    "previous_id": pl.String,  # stable id in the previous answer, null where it is born
    "event": pl.String,  # one of RING_EVENTS
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


RING_TYPES = ("goip_den", "money_house", "runner_team", "card_dealer", "mule_group")
"""GOIP窝点; 水房; 跑分车队; 卡商; 卡农团伙: what a two-card ring looks most like, by the fact given with it."""

TWO_CARD_RING_SCHEMA: dict[str, type[pl.DataType]] = {
    "ring_id": pl.String,
    "ring_type": pl.String,  # one of RING_TYPES
    "type_fact": pl.String,
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
}

INDICATOR_SCHEMA: dict[str, type[pl.DataType]] = {
    "member_kind": pl.String,  # account or sim
    "member_id": pl.String,
    "rule": pl.String,  # A01 ... A21, S01 ... S11
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


COMMUNITY_METHODS = ("components", "label_propagation", "louvain", "leiden")
COMMUNITY_WEIGHTS = ("amount", "count")
"""What binds two members: the fen that went between them, in both directions; or how often, or by how many links."""

COMMUNITY_SCHEMA: dict[str, type[pl.DataType]] = {
    "community": pl.Int64,  # 0, 1, ... the largest first; of equal size the one with the smallest id
    "n_members": pl.Int64,
    "inside_weight": pl.Int64,  # between members, fen or counts
    "cut_weight": pl.Int64,  # between members and others
    "modularity": pl.Float64,  # its part of the whole
}

COMMUNITY_ACCOUNT_SCHEMA: dict[str, type[pl.DataType]] = {
    "account_id": pl.String,
    "community": pl.Int64,
    "n_members": pl.Int64,
}

COMMUNITY_ENTITY_SCHEMA: dict[str, type[pl.DataType]] = {
    "entity_kind": pl.String,
    "entity_id": pl.String,
    "community": pl.Int64,
    "n_members": pl.Int64,
}


COMMUNITY_BOND_SCHEMA: dict[str, type[pl.DataType]] = {
    "community": pl.Int64,
    "account_id": pl.String,
    "n_transactions": pl.Int64,  # with other members, in and out
    "inside_fen": pl.Int64,  # their sum
    "transaction_id": pl.String,  # the largest of them, of equal ones the first
    "amount_fen": pl.Int64,
    "at_us": pl.Int64,
}
"""What binds an account to its community: who deals most inside it stands first."""


@dataclass(frozen=True, slots=True)
class Communities:
    """A division of accounts, or of linked entities, into groups that deal more with each other than with others.

    Attributes
    ----------
    run : Run
    method : str
        One of :data:`COMMUNITY_METHODS`.
    weight : str
        One of :data:`COMMUNITY_WEIGHTS`.
    modularity : float
        Of the whole division, at the resolution asked; 0 where nothing binds anybody.
    communities : polars.DataFrame
        With :data:`COMMUNITY_SCHEMA`.
    members : polars.DataFrame
        With :data:`COMMUNITY_ACCOUNT_SCHEMA`, or :data:`COMMUNITY_ENTITY_SCHEMA` for a link graph; in the graph's order.
    ambiguities : Mapping[str, int]
        ``self_ties``: payments to the payer itself, or links of an entity with itself, which bind nobody and are left out.
    """

    run: Run
    method: str
    weight: str
    modularity: float
    communities: pl.DataFrame
    members: pl.DataFrame
    ambiguities: Mapping[str, int] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"Communities({self.communities.height} of {self.members.height}, {self.method}, Q {self.modularity:.4f})"
