"""Paths, arrivals and cycles: money in order of time."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from graphfraud.findings.run import Run

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
    "n_expected": pl.Float64,  # as large ones about accounts as busy that one null world holds; null where not ranked
    "payer_share": pl.Float64,  # share of their payers' payments at least as large as its transactions; null where not ranked
    "graph_share": pl.Float64,  # share of all payments at least as large as its transactions; null where not ranked
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
