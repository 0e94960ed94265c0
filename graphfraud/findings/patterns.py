"""Instances of patterns."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from graphfraud.findings.run import Run

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
    "payer_share": pl.Float64,  # share of their payers' payments at least as large as its transactions; null where not ranked
    "graph_share": pl.Float64,  # share of all payments at least as large as its transactions; null where not ranked
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
