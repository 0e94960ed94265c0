"""Where victims' money went under a rule."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from graphfraud.findings.run import Run

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
