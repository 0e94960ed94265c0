"""Two statement legs of one transfer, and a victim's report of it, become one transaction.

:func:`reconcile` is a function of the *set* of legs. As :func:`graphfraud.intake.retelling.legs_of` takes transactions apart
again exactly, a later file's legs are matched together with those they touch, and loading files in any order gives the same
transactions (up to record numbers, ``seq``, and which of several equal rows stands for an event).

The steps, each on what the steps before it left:

1. **Duplicates.** Rows equal in own account, side, counterparty, amount, time, balance and serial are one event if they have
   a balance or a serial. Rows with neither may be separate payments: those of one file all count, and over several files the
   largest number found in one.
2. **Reversals.** A reversal row, in order of time, takes back the latest earlier row of the same account, amount and side that
   has its serial, else its counterparty, else its serial on whichever side. One that takes nothing back is rejected.
3. **Pairs.** A payer's and a payee's leg with equal payer, payee and amount, close in time; equal serials first. Then legs
   that print no counterparty number, against legs of the other side whose numbers agree. Names never decide.
4. **Reversed transfers.** A leg taken back that has a partner on the other side takes it along.
5. **Reports** join the transaction they speak of; one that speaks of none stands as a transaction by itself.
"""

from dataclasses import dataclass

import polars as pl

from graphfraud.intake.legs import INDEX, hashed, legs_of_ends
from graphfraud.intake.movements import paired, with_reports
from graphfraud.intake.retelling import transactions_of
from graphfraud.units import DAY_US, MINUTE_US

SKEW_US = MINUTE_US
"""Two banks' clocks may differ by this much."""

REPORT_TOLERANCE_US = 10 * MINUTE_US
"""A victim remembers the time of a payment to within this much."""

REVERSAL_WINDOW_US = 7 * DAY_US
"""A reversal follows what it takes back within this time."""

OUTCOME_SCHEMA: dict[str, type[pl.DataType]] = {"record": pl.Int64, "outcome": pl.String, "check": pl.String}

_EVENT = ("own_id", "side", "state", "cp_id", "amount_fen", "at_us", "balance_fen", "serial")
_TELLING = ("amount_fen", "at_us", "balance_fen", "serial")
_TAKEN_BY = (("serial", "side"), ("cp_id", "side"), ("serial",))


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What a set of legs says.

    Attributes
    ----------
    transactions : frame of table ``transactions``
    outcomes : frame of OUTCOME_SCHEMA
        One row per leg. Among the legs of a transaction the one of the smallest record number is kept, the others are
        mirrored.
    """

    transactions: pl.DataFrame
    outcomes: pl.DataFrame


def reconcile(
    legs: pl.DataFrame,
    *,
    skew_us: int = SKEW_US,
    report_tolerance_us: int = REPORT_TOLERANCE_US,
    reversal_window_us: int = REVERSAL_WINDOW_US,
) -> Reconciled:
    """Match legs as this module's text says.

    Parameters
    ----------
    legs : frame of RECONCILE_SCHEMA
        All legs that may touch each other: those of a file, and those of the store's transactions they touch.
    skew_us : int, microseconds
        Most that the two sides' times of one transfer differ.
    report_tolerance_us : int, microseconds
        Most that a report's time and the statement's differ.
    reversal_window_us : int, microseconds
        Most that lies between a row and the reversal that takes it back.
    """
    legs = legs.rechunk()  # polars 2.1 panics where pl.format meets columns cut differently
    duplicate = duplicates(legs)
    live = legs.with_row_index(INDEX).filter(~duplicate) if duplicate.any() else legs.with_row_index(INDEX)
    reversals = live.filter(pl.col("state") == "reversal")
    good = live.filter(pl.col("state") == "ok") if reversals.height else live
    statement = good.filter(pl.col("side") != "report") if (good["side"] == "report").any() else good
    taken = taken_back(reversals, statement, reversal_window_us)
    moves = paired(statement, taken["ok"], skew_us)
    moves = with_reports(moves, good, report_tolerance_us)
    kept = moves.filter(~pl.col("gone")).drop("gone")
    outcomes = [
        legs.filter(duplicate).select("record", outcome=pl.lit("duplicate"), check=pl.lit("duplicate")),
        _outcomes_kept(kept, good),
        legs_of_ends(good, moves.filter("gone"), ("p", "q", "r")).select(
            "record", outcome=pl.lit("reversed"), check=pl.lit("reversed")
        ),
        reversals.select(
            "record",
            outcome=pl.when(pl.col(INDEX).is_in(taken["reversal"].implode()))
            .then(pl.lit("reversed"))
            .otherwise(pl.lit("rejected")),
        ).with_columns(
            check=pl.when(pl.col("outcome") == "reversed").then(pl.lit("reversed")).otherwise(pl.lit("reversal_unmatched"))
        ),
    ]
    return Reconciled(transactions_of(kept, good), pl.concat(outcomes))


def duplicates(legs: pl.DataFrame) -> pl.Series:
    """Tell which legs say what an earlier record says (step 1); Boolean, one per leg."""
    # Most rows differ in few of the columns already, and whether all of them differ is told faster than which do not.
    if hashed(legs, *_TELLING).n_unique() == legs.height:
        return pl.zeros(legs.height, pl.Boolean, eager=True)
    suspect = hashed(legs, *_EVENT).is_duplicated()
    if not suspect.any():
        return suspect
    told = (
        legs.with_row_index(INDEX)
        .filter(suspect)
        .sort("record")
        .with_columns(
            nth=pl.when(pl.col("serial").is_null() & pl.col("balance_fen").is_null())
            .then(pl.int_range(pl.len()).over(*_EVENT, "bucket"))
            .otherwise(0)
        )
    )
    again = told.filter(~pl.struct(*_EVENT, "nth").is_first_distinct()).get_column(INDEX)
    return pl.Series(pl.int_range(legs.height, eager=True).is_in(again.cast(pl.Int64).implode()))


def taken_back(reversals: pl.DataFrame, good: pl.DataFrame, window_us: int) -> pl.DataFrame:
    """Match reversals with the legs they take back (step 2): columns ``reversal`` and ``ok`` (UInt32, positions)."""
    found: list[tuple[int, int]] = []
    keys = ("own_id", "amount_fen")
    if reversals.height:
        good = good.join(reversals.select(keys).unique(), on=keys, how="semi")
        for further in _TAKEN_BY:
            free_r = reversals.filter(~pl.col(INDEX).is_in([r for r, _ in found]))
            free_g = good.filter(~pl.col(INDEX).is_in([g for _, g in found]))
            if "serial" in further:
                free_r, free_g = free_r.drop_nulls("serial"), free_g.drop_nulls("serial")
            found += _latest_before(free_r, free_g, (*keys, *further), window_us)
    return pl.DataFrame(found, schema={"reversal": pl.UInt32, "ok": pl.UInt32}, orient="row")


def _latest_before(reversals: pl.DataFrame, good: pl.DataFrame, keys: tuple[str, ...], window_us: int) -> list[tuple[int, int]]:
    """Give each reversal, in order of time, the latest leg of equal keys before it that is left."""
    order = ("when", "turn", "balance_fen", "source_id", "row")
    both = pl.concat(
        [
            good.with_columns(when=pl.col("at_us"), turn=pl.lit(0)),
            reversals.with_columns(when=pl.col("at_us") + pl.col("at_precision_us") - 1, turn=pl.lit(1)),
        ]
    ).sort(*order)
    waiting: dict[tuple[object, ...], list[tuple[int, int]]] = {}
    found = []
    for *key, when, turn, at_us, index in both.select(*keys, "when", "turn", "at_us", INDEX).iter_rows():
        stack = waiting.setdefault(tuple(key), [])
        if turn == 0:
            stack.append((when, index))
        elif stack and at_us - stack[-1][0] <= window_us:
            found.append((index, stack.pop()[1]))
    return found


def _outcomes_kept(kept: pl.DataFrame, good: pl.DataFrame) -> pl.DataFrame:
    several = kept.filter(pl.sum_horizontal(pl.col("p", "q", "r").is_not_null()) > 1).with_row_index("move")
    legs = pl.concat([several.select("move", ix=end) for end in ("p", "q", "r")]).drop_nulls()
    records = legs.join(good.select(INDEX, "record"), on=INDEX)
    mirrored = records.filter(pl.col("record") != pl.col("record").min().over("move")).get_column("record")
    gone_or_kept = legs_of_ends(good, kept, ("p", "q", "r")) if kept.height < good.height else good
    return gone_or_kept.select(
        "record",
        outcome=pl.when(pl.col("record").is_in(mirrored.implode())).then(pl.lit("mirrored")).otherwise(pl.lit("kept"))
        if mirrored.len()
        else pl.lit("kept"),
        check=pl.lit(None, pl.String),
    )
