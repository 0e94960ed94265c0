"""Statement legs: what one row of a bank statement or case report says, before both sides of a transfer are joined.

A leg is seen from one account ("own"). :mod:`graphfraud.intake.convert` makes legs, :mod:`graphfraud.intake.reconcile`
turns them into transactions.
"""

import polars as pl

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
