"""Statement legs: what one row of a bank statement or case report says, before both sides of a transfer are joined.

A leg is seen from one account ("own"). :mod:`graphfraud.intake.convert` makes legs, :mod:`graphfraud.intake.reconcile`
turns them into transactions.
"""

import polars as pl

CASHLIKE = ("cash_in", "cash_out", "fee", "interest")
"""Channels whose money reaches no other account's statement: a leg without counterparty number stays alone."""

UNKNOWN = "unknown:"
"""Prefix of the id that stands for a counterparty whose number is not printed: one id per row, never shared."""

INDEX = "ix"
"""Where a leg stands among those matched together; ascends."""

SIDES = ("payer", "payee", "report")
"""Whose statement says so: the payer's, the payee's, or a victim's report (which reads like the payer's)."""

LEG_SCHEMA: dict[str, type[pl.DataType]] = {
    "row": pl.Int64,  # 1 is the first data row under the headings
    "side": pl.String,  # one of SIDES
    "state": pl.String,  # ok, failed, or reversal (the row says it takes another one back)
    "own_id": pl.String,  # account number, else card number
    "own_card": pl.String,  # card number where the row has both
    "own_name": pl.String,
    "cp_id": pl.String,  # counterparty's account or card number; null where the row has none
    "cp_name": pl.String,
    "amount_fen": pl.Int64,  # more than 0
    "balance_fen": pl.Int64,  # own running balance after it
    "at_us": pl.Int64,
    "at_precision_us": pl.Int64,
    "serial": pl.String,
    "channel": pl.String,  # one of tables.CHANNELS
    "memo": pl.String,
    "case_id": pl.String,  # of a report leg
    "ip": pl.String,
    "mac": pl.String,
    "terminal": pl.String,
}

FAULT_SCHEMA: dict[str, type[pl.DataType]] = {
    "row": pl.Int64,
    "column": pl.String,  # heading as the file prints it
    "value": pl.String,  # the cell
    "check": pl.String,  # not_an_amount, not_a_time, damaged_number, zero_amount, unknown_direction, missing_value, ...
    "message": pl.String,  # where, what was found, what is expected, what to do; identifiers masked
}
"""Why a row is rejected; the first fault of a row stands in the ``records`` table, all of them in ``Intake.rejected``."""

RECONCILE_SCHEMA: dict[str, type[pl.DataType]] = {
    "record": pl.Int64,
    "source_id": pl.String,
    "row": pl.Int64,
    "seq": pl.Int64,
    "bucket": pl.String,  # the file; stored legs that were matched before share one
    "side": pl.String,
    "state": pl.String,  # ok or reversal
    "own_id": pl.String,
    "own_name": pl.String,
    "cp_id": pl.String,
    "cp_name": pl.String,
    "amount_fen": pl.Int64,
    "balance_fen": pl.Int64,
    "at_us": pl.Int64,
    "at_precision_us": pl.Int64,
    "serial": pl.String,
    "channel": pl.String,
    "memo": pl.String,
    "case_id": pl.String,
}
"""Legs as they are matched: ids canonical, record numbers given, failed legs left out."""


def ends(unknown: str | None = None) -> tuple[pl.Expr, pl.Expr]:
    """Payer and payee of a leg; ``unknown`` where its counterparty is not printed."""
    theirs = pl.col("side") == "payee"
    cp = pl.col("cp_id") if unknown is None else pl.col("cp_id").fill_null(unknown)
    own = pl.col("own_id")
    return (
        pl.when(theirs).then(cp).otherwise(own).alias("payer_id"),
        pl.when(theirs).then(own).otherwise(cp).alias("payee_id"),
    )


def hashed(frame: pl.DataFrame, *columns: str) -> pl.Series:
    """Return one number for the values of some columns; equal values give equal numbers."""
    return frame.select(pl.sum_horizontal(pl.col(c).hash(seed) for seed, c in enumerate(columns))).to_series()


def legs_of_ends(good: pl.DataFrame, moves: pl.DataFrame, sides: tuple[str, ...]) -> pl.DataFrame:
    """Return the legs that some columns of movements point at."""
    places = pl.concat([moves.get_column(end).drop_nulls() for end in sides])
    return legs_at(good, places) if places.len() else good.clear()


def legs_at(good: pl.DataFrame, places: pl.Series) -> pl.DataFrame:
    """Return the legs whose numbers are among ``places``, as they stand; numbers ascend, so they are marked, not looked up."""
    index = good.get_column(INDEX)
    marked = pl.zeros(int(index[-1]) + 1, pl.Boolean, eager=True).scatter(places, True)
    return good.filter(marked if marked.len() == good.height else marked.gather(index))
