"""Two statement legs of one transfer, and a victim's report of it, become one transaction.

:func:`reconcile` is a function of the *set* of legs: :func:`legs_of` takes transactions apart again exactly, so a later file's
legs are matched together with those they touch, and loading files in any order gives the same transactions (up to record
numbers, ``seq``, and which of several equal rows stands for an event).

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

from graphfraud.intake.pairs import PAIR_SCHEMA, pairs_near, pairs_of_day
from graphfraud.tables import empty
from graphfraud.units import DAY_US, MINUTE_US, NONE

SKEW_US = MINUTE_US
"""Two banks' clocks may differ by this much."""

REPORT_TOLERANCE_US = 10 * MINUTE_US
"""A victim remembers the time of a payment to within this much."""

REVERSAL_WINDOW_US = 7 * DAY_US
"""A reversal follows what it takes back within this time."""

CASHLIKE = ("cash_in", "cash_out", "fee", "interest")
"""Channels whose money reaches no other account's statement: a leg without counterparty number stays alone."""

UNKNOWN = "unknown:"
"""Prefix of the id that stands for a counterparty whose number is not printed: one id per row, never shared."""

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

OUTCOME_SCHEMA: dict[str, type[pl.DataType]] = {"record": pl.Int64, "outcome": pl.String, "check": pl.String}

_SIDE = pl.Struct(
    {
        "printed": pl.Boolean,  # the leg prints its counterparty's number; stands first, as `touched` looks for it there
        "seq": pl.Int64,
        "at_precision_us": pl.Int64,
        "channel": pl.String,
        "memo": pl.String,
        "own_name": pl.String,
        "cp_name": pl.String,
    }
)
_REPORT = pl.Struct(
    {
        "seq": pl.Int64,
        "at_us": pl.Int64,
        "at_precision_us": pl.Int64,
        "serial": pl.String,
        "channel": pl.String,
        "memo": pl.String,
        "own_id": pl.String,
        "own_name": pl.String,
        "cp_id": pl.String,
        "cp_name": pl.String,
    }
)
LEGS_DTYPE = pl.Struct({"payer": _SIDE, "payee": _SIDE, "report": _REPORT})
"""What stands as JSON in ``transactions.legs``."""

_EVENT = ("own_id", "side", "state", "cp_id", "amount_fen", "at_us", "balance_fen", "serial")
_TELLING = ("amount_fen", "at_us", "balance_fen", "serial")
_TAKEN_BY = (("serial", "side"), ("cp_id", "side"), ("serial",))
_INDEX = "ix"


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
    live = legs.with_row_index(_INDEX).filter(~duplicate) if duplicate.any() else legs.with_row_index(_INDEX)
    reversals = live.filter(pl.col("state") == "reversal")
    good = live.filter(pl.col("state") == "ok") if reversals.height else live
    statement = good.filter(pl.col("side") != "report") if (good["side"] == "report").any() else good
    taken = taken_back(reversals, statement, reversal_window_us)
    moves = _moves(statement, taken["ok"], skew_us)
    moves = _reported(moves, good, report_tolerance_us)
    kept = moves.filter(~pl.col("gone")).drop("gone")
    outcomes = [
        legs.filter(duplicate).select("record", outcome=pl.lit("duplicate"), check=pl.lit("duplicate")),
        _outcomes_kept(kept, good),
        _legs_at(good, moves.filter("gone"), ("p", "q", "r")).select(
            "record", outcome=pl.lit("reversed"), check=pl.lit("reversed")
        ),
        reversals.select(
            "record",
            outcome=pl.when(pl.col(_INDEX).is_in(taken["reversal"].implode()))
            .then(pl.lit("reversed"))
            .otherwise(pl.lit("rejected")),
        ).with_columns(
            check=pl.when(pl.col("outcome") == "reversed").then(pl.lit("reversed")).otherwise(pl.lit("reversal_unmatched"))
        ),
    ]
    return Reconciled(_transactions(kept, good), pl.concat(outcomes))


def legs_of(transactions: pl.DataFrame, sources: pl.DataFrame) -> pl.DataFrame:
    """Take transactions apart: the legs they were made of, exactly; the inverse of :func:`reconcile`.

    Parameters
    ----------
    transactions : frame of table ``transactions``
    sources : frame of table ``sources``
        Those the transactions' records stand in.

    Returns
    -------
    frame of RECONCILE_SCHEMA
    """
    t = transactions.with_columns(
        spoken=pl.col("legs").str.json_decode(LEGS_DTYPE),
        bucket=pl.format("{}>{}", "payer_id", "payee_id"),
        own_payer=pl.col("payer_id"),
        own_payee=pl.col("payee_id"),
    ).with_columns(pl.when(~pl.col(end).str.starts_with(UNKNOWN)).then(end).alias(end) for end in ("payer_id", "payee_id"))
    legs = pl.concat([_side_legs(t, "payer", "payee"), _side_legs(t, "payee", "payer"), _report_legs(t)])
    places = sources.select("source_id", "record_first").sort("record_first")
    return (
        legs.sort("record")
        .join_asof(places, left_on="record", right_on="record_first", strategy="backward")
        .with_columns(row=pl.col("record") - pl.col("record_first") + 1)
        .select(*RECONCILE_SCHEMA)
    )


def _side_legs(t: pl.DataFrame, side: str, other: str) -> pl.DataFrame:
    said = pl.col("spoken").struct.field(side).struct
    has = pl.col("spoken").is_not_null()

    def told(field: str, column: str) -> pl.Expr:
        return pl.when(has).then(said.field(field)).otherwise(column).alias(field)

    leads = pl.col("payer_record") == NONE if side == "payee" else pl.lit(True)
    return t.filter(pl.col(f"{side}_record") > NONE).select(
        pl.col(f"{side}_record").alias("record"),
        pl.when(has).then(said.field("seq")).when(leads).then("seq").otherwise(f"{side}_record").alias("seq"),
        "bucket",
        pl.lit(side).alias("side"),
        pl.lit("ok").alias("state"),
        pl.col(f"own_{side}").alias("own_id"),
        told("own_name", f"{side}_name"),
        pl.when(~has | said.field("printed")).then(f"{other}_id").alias("cp_id"),
        told("cp_name", f"{other}_name"),
        "amount_fen",
        pl.col(f"{side}_balance_fen").alias("balance_fen"),
        pl.col(f"{side}_at_us").alias("at_us"),
        told("at_precision_us", "at_precision_us"),
        pl.col(f"{side}_serial").alias("serial"),
        told("channel", "channel"),
        told("memo", "memo"),
        pl.lit(None, pl.String).alias("case_id"),
    )


def _report_legs(t: pl.DataFrame) -> pl.DataFrame:
    said = pl.col("spoken").struct.field("report").struct
    return t.filter(pl.col("report_record") > NONE).select(
        pl.col("report_record").alias("record"),
        said.field("seq"),
        "bucket",
        pl.lit("report").alias("side"),
        pl.lit("ok").alias("state"),
        *(said.field(c) for c in ("own_id", "own_name", "cp_id", "cp_name")),
        "amount_fen",
        pl.lit(None, pl.Int64).alias("balance_fen"),
        *(said.field(c) for c in ("at_us", "at_precision_us", "serial", "channel", "memo")),
        "case_id",
    )


def duplicates(legs: pl.DataFrame) -> pl.Series:
    """Tell which legs say what an earlier record says (step 1); Boolean, one per leg."""
    # Most rows differ in few of the columns already, and whether all of them differ is told faster than which do not.
    if hashed(legs, *_TELLING).n_unique() == legs.height:
        return pl.zeros(legs.height, pl.Boolean, eager=True)
    suspect = hashed(legs, *_EVENT).is_duplicated()
    if not suspect.any():
        return suspect
    told = (
        legs.with_row_index(_INDEX)
        .filter(suspect)
        .sort("record")
        .with_columns(
            nth=pl.when(pl.col("serial").is_null() & pl.col("balance_fen").is_null())
            .then(pl.int_range(pl.len()).over(*_EVENT, "bucket"))
            .otherwise(0)
        )
    )
    again = told.filter(~pl.struct(*_EVENT, "nth").is_first_distinct()).get_column(_INDEX)
    return pl.Series(pl.int_range(legs.height, eager=True).is_in(again.cast(pl.Int64).implode()))


def taken_back(reversals: pl.DataFrame, good: pl.DataFrame, window_us: int) -> pl.DataFrame:
    """Match reversals with the legs they take back (step 2): columns ``reversal`` and ``ok`` (UInt32, positions)."""
    found: list[tuple[int, int]] = []
    keys = ("own_id", "amount_fen")
    if reversals.height:
        good = good.join(reversals.select(keys).unique(), on=keys, how="semi")
        for further in _TAKEN_BY:
            free_r = reversals.filter(~pl.col(_INDEX).is_in([r for r, _ in found]))
            free_g = good.filter(~pl.col(_INDEX).is_in([g for _, g in found]))
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
    for *key, when, turn, at_us, index in both.select(*keys, "when", "turn", "at_us", _INDEX).iter_rows():
        stack = waiting.setdefault(tuple(key), [])
        if turn == 0:
            stack.append((when, index))
        elif stack and at_us - stack[-1][0] <= window_us:
            found.append((index, stack.pop()[1]))
    return found


def _moves(statement: pl.DataFrame, gone: pl.Series, skew_us: int) -> pl.DataFrame:
    """Pair the statement legs (steps 3 and 4).

    Returns
    -------
    frame
        One row per movement of money: ``p`` and ``q`` (UInt32, position of the payer's and the payee's leg or null), and
        ``gone`` (it was taken back).
    """
    pairs = pl.DataFrame(schema=PAIR_SCHEMA)
    candidates = _candidates(statement)
    if candidates.height:
        was = pl.col(_INDEX).is_in(gone.implode())
        payer, payee = (candidates.filter(pl.col("side") == side) for side in ("payer", "payee"))
        for side_p, side_q in ((~was, ~was), (was, was), (~was, was), (was, ~was)):
            free_p = payer.filter(side_p & ~pl.col("number").is_in(pairs["left"].implode()))
            free_q = payee.filter(side_q & ~pl.col("number").is_in(pairs["right"].implode()))
            pairs = pl.concat([pairs, _pairs(free_p, free_q, skew_us)])
        legs_of_number = candidates.sort("number").get_column(_INDEX)
        pairs = pl.DataFrame({end: legs_of_number.gather(pairs[end]) for end in ("left", "right")})
    together = pairs.select(p="left", q="right")
    paired = pl.concat([pairs["left"], pairs["right"]])
    alone = statement.select(_INDEX, "side")
    alone = alone.filter(~pl.col(_INDEX).is_in(paired.implode())) if paired.len() else alone
    none = pl.lit(None, pl.UInt32)
    moves = pl.concat(
        [
            together,
            alone.filter(pl.col("side") == "payer").select(p=_INDEX, q=none),
            alone.filter(pl.col("side") == "payee").select(p=none, q=_INDEX),
        ]
    )
    taken = pl.col("p").is_in(gone.implode()).fill_null(False) | pl.col("q").is_in(gone.implode()).fill_null(False)
    return moves.with_columns(gone=taken if gone.len() else pl.lit(False))


def _candidates(statement: pl.DataFrame) -> pl.DataFrame:
    """Return the legs that may have a partner, numbered by what they say: time, running balance in the order money moves."""
    seen = statement.select(
        _INDEX,
        "side",
        "amount_fen",
        "at_us",
        "at_precision_us",
        "balance_fen",
        "serial",
        "channel",
        "source_id",
        "row",
        *ends(),
    )
    unprinted = (pl.col("payer_id").is_null() | pl.col("payee_id").is_null()) & ~pl.col("channel").is_in(CASHLIKE)
    loose = seen.filter(unprinted)
    whole = hashed(seen, "payer_id", "payee_id", "amount_fen")
    on_payer = seen.get_column("side") == "payer"
    meets = whole.is_in(whole.filter(~on_payer).unique().implode()) & on_payer
    meets |= whole.is_in(whole.filter(meets).unique().implode()) & ~on_payer
    for end in ("payer_id", "payee_id"):  # a leg that prints no number may meet any leg with the other end and the amount
        wanted = hashed(loose.drop_nulls(end), end, "amount_fen").unique()
        if wanted.len():
            meets |= hashed(seen, end, "amount_fen").is_in(wanted.implode())
    towards = pl.when(pl.col("side") == "payer").then(-pl.col("balance_fen")).otherwise("balance_fen")
    return (
        seen.filter(meets)
        .sort("at_us", towards, "serial", "source_id", "row")
        .drop("source_id", "row", "balance_fen")
        .with_row_index("number")
    )


def _pairs(payer: pl.DataFrame, payee: pl.DataFrame, skew_us: int) -> pl.DataFrame:
    """Match payers' and payees' legs: by both numbers, then where one of them prints no counterparty."""
    found = pl.DataFrame(schema=PAIR_SCHEMA)
    if not payer.height or not payee.height:
        return found
    known = pl.col("payer_id").is_not_null() & pl.col("payee_id").is_not_null()
    loose_p = pl.col("payee_id").is_null() & ~pl.col("channel").is_in(CASHLIKE)
    loose_q = pl.col("payer_id").is_null() & ~pl.col("channel").is_in(CASHLIKE)
    for which_p, which_q, keys in (
        (known, known, ("payer_id", "payee_id", "amount_fen")),
        (loose_p, known, ("payer_id", "amount_fen")),
        (known, loose_q, ("payee_id", "amount_fen")),
    ):
        found = _pairs_by(payer.filter(which_p), payee.filter(which_q), keys, skew_us, found)
    return found


def _pairs_by(
    left: pl.DataFrame, right: pl.DataFrame, keys: tuple[str, ...], tolerance_us: int, found: pl.DataFrame
) -> pl.DataFrame:
    """Add pairs of equal ``keys``: near in time and to the day, each with equal serials first."""
    dated = any((frame["at_precision_us"] >= DAY_US).any() for frame in (left, right))
    numbered = all(frame["serial"].null_count() < frame.height for frame in (left, right))
    for near in (True, False) if dated else (True,):
        for further in (("serial",), ()) if numbered else ((),):
            free_l = left.filter(~pl.col("number").is_in(found["left"].implode())) if found.height else left
            free_r = right.filter(~pl.col("number").is_in(found["right"].implode())) if found.height else right
            if not free_l.height or not free_r.height:
                return found
            sides = [_keyed(frame, (*keys, *further)) for frame in (free_l, free_r)]
            pairs = pairs_near(sides[0], sides[1], tolerance_us) if near else pairs_of_day(sides[0], sides[1])
            found = pl.concat([found, pairs])
    return found


def _keyed(frame: pl.DataFrame, keys: tuple[str, ...]) -> pl.DataFrame:
    frame = frame.drop_nulls(keys)
    return frame.select("at_us", "at_precision_us", ix="number", key=hashed(frame, *keys))


def _reported(moves: pl.DataFrame, good: pl.DataFrame, tolerance_us: int) -> pl.DataFrame:
    """Join reports to the movements they speak of (step 5); adds ``r``."""
    reports = good.filter(pl.col("side") == "report")
    moves = moves.with_columns(r=pl.lit(None, pl.UInt32)).select("p", "q", "r", "gone")
    if not reports.height:
        return moves
    numbered = moves.with_row_index("move")
    told = reports.sort("at_us", "serial", "source_id", "row").with_columns(*ends()).with_row_index("number")
    seen = _seen_moves(numbered, good, told)
    found = pl.DataFrame(schema=PAIR_SCHEMA)
    for gone in (False, True):
        of_state = seen.filter(pl.col("gone") == gone)
        for keys in (("payer_id", "payee_id", "amount_fen"), ("payer_id", "amount_fen"), ("payee_id", "amount_fen")):
            whole = len(keys) == 3
            third = "payee_id" if keys[0] == "payer_id" else "payer_id"
            if whole:
                found = _pairs_by(of_state, told, keys, tolerance_us, found)
            else:
                found = _pairs_by(of_state, told.filter(pl.col(third).is_null()), keys, tolerance_us, found)
                found = _pairs_by(of_state.filter(pl.col(third).is_null()), told, keys, tolerance_us, found)
    by_move = pl.DataFrame(
        {
            "move": seen.sort("number")["move"].gather(found["left"]),
            "r": told.sort("number")[_INDEX].gather(found["right"]),
        }
    )
    alone = told.filter(~pl.col("number").is_in(found["right"].implode()))
    none = pl.lit(None, pl.UInt32)
    return pl.concat(
        [
            numbered.drop("r").join(by_move, on="move", how="left").select("p", "q", "r", "gone"),
            alone.select(p=none, q=none, r=_INDEX, gone=pl.lit(False)),
        ]
    )


def _seen_moves(numbered: pl.DataFrame, good: pl.DataFrame, told: pl.DataFrame) -> pl.DataFrame:
    """Return the movements whose amount a report names, seen as legs are."""
    amounts = told.get_column("amount_fen").unique().implode()
    legs = good.filter((pl.col("side") != "report") & pl.col("amount_fen").is_in(amounts)).with_columns(*ends())
    move_of = pl.concat([numbered.select("move", "gone", ix=end) for end in ("p", "q")]).drop_nulls()
    return (
        legs.join(move_of, on=_INDEX)
        .sort("move", "side", descending=[False, True])  # payer before payee
        .group_by("move", maintain_order=True)
        .agg(
            pl.first("gone", "at_us", "at_precision_us", "amount_fen", "channel"),
            pl.col("payer_id", "payee_id").drop_nulls().first(),
            pl.col("serial").drop_nulls().first(),
            pl.first("source_id", "row"),
        )
        .sort("at_us", "serial", "source_id", "row")
        .with_row_index("number")
    )


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


def _legs_at(good: pl.DataFrame, moves: pl.DataFrame, sides: tuple[str, ...]) -> pl.DataFrame:
    places = pl.concat([moves.get_column(end).drop_nulls() for end in sides])
    return _at(good, places) if places.len() else good.clear()


def _at(good: pl.DataFrame, places: pl.Series) -> pl.DataFrame:
    """Return the legs whose numbers are among ``places``, as they stand; numbers ascend, so they are marked, not looked up."""
    index = good.get_column(_INDEX)
    marked = pl.zeros(int(index[-1]) + 1, pl.Boolean, eager=True).scatter(places, True)
    return good.filter(marked if marked.len() == good.height else marked.gather(index))


def _outcomes_kept(kept: pl.DataFrame, good: pl.DataFrame) -> pl.DataFrame:
    several = kept.filter(pl.sum_horizontal(pl.col("p", "q", "r").is_not_null()) > 1).with_row_index("move")
    legs = pl.concat([several.select("move", ix=end) for end in ("p", "q", "r")]).drop_nulls()
    records = legs.join(good.select(_INDEX, "record"), on=_INDEX)
    mirrored = records.filter(pl.col("record") != pl.col("record").min().over("move")).get_column("record")
    gone_or_kept = _legs_at(good, kept, ("p", "q", "r")) if kept.height < good.height else good
    return gone_or_kept.select(
        "record",
        outcome=pl.when(pl.col("record").is_in(mirrored.implode())).then(pl.lit("mirrored")).otherwise(pl.lit("kept"))
        if mirrored.len()
        else pl.lit("kept"),
        check=pl.lit(None, pl.String),
    )


def _transactions(kept: pl.DataFrame, good: pl.DataFrame) -> pl.DataFrame:
    """Write movements as rows of table ``transactions``."""
    n_legs = pl.sum_horizontal(pl.col("p", "q", "r").is_not_null())
    frames = []
    for end in ("p", "q", "r"):
        single = kept.filter((n_legs == 1) & pl.col(end).is_not_null()).get_column(end)
        if single.len():
            legs = good if single.len() == good.height else _at(good, single)
            frames.append(_written(_beside(legs, end), spoken=_spoken() if end == "r" else pl.lit(None, pl.String)))
    several = kept.filter(n_legs > 1)
    if several.height:
        for end in ("p", "q", "r"):
            legs = _beside(_legs_at(good, several, (end,)), end).drop([f"{o}_{c}" for o in "pqr" if o != end for c in _OF_LEG])
            several = several.join(legs, left_on=end, right_on=f"{end}_{_INDEX}", how="left")
        frames.append(_written(several, spoken=_spoken()))
    return pl.concat(frames) if frames else empty("transactions")


_OF_LEG = (_INDEX, *RECONCILE_SCHEMA)


def _beside(legs: pl.DataFrame, end: str) -> pl.DataFrame:
    """Rename a leg's columns to those of one end, the other ends' columns null."""
    schema: dict[str, type[pl.DataType]] = {_INDEX: pl.UInt32, **RECONCILE_SCHEMA}
    return legs.select(
        pl.col(c).alias(f"{o}_{c}") if o == end else pl.lit(None, schema[c]).alias(f"{o}_{c}") for o in "pqr" for c in _OF_LEG
    )


def _first(column: str, order: str = "pqr") -> pl.Expr:
    return pl.coalesce(f"{o}_{column}" for o in order)


def _written(m: pl.DataFrame, spoken: pl.Expr) -> pl.DataFrame:
    """Write movements with columns ``p_*``, ``q_*``, ``r_*`` (what the legs say) as transactions."""
    name = pl.format("{}:{}", _first("source_id"), _first("row"))
    channels = [pl.when(pl.col(f"{o}_channel") != "transfer").then(f"{o}_channel") for o in "pqr"]
    payer = pl.coalesce("p_own_id", "q_cp_id", "r_own_id")
    payee = pl.coalesce("q_own_id", "p_cp_id", "r_cp_id")
    m = m.rechunk().with_columns(transaction_id=name, payer_id=payer, payee_id=payee)
    return m.select(
        "transaction_id",
        *(
            pl.col(end).fill_null(pl.format(UNKNOWN + "{}", "transaction_id"))
            if m.get_column(end).null_count()
            else pl.col(end)
            for end in ("payer_id", "payee_id")
        ),
        _first("amount_fen").alias("amount_fen"),
        _first("at_us").alias("at_us"),
        _first("seq").alias("seq"),
        _first("at_precision_us").alias("at_precision_us"),
        pl.coalesce(*channels, pl.lit("transfer")).alias("channel"),
        _first("memo").alias("memo"),
        pl.coalesce("p_own_name", "q_cp_name", "r_own_name").alias("payer_name"),
        pl.coalesce("q_own_name", "p_cp_name", "r_cp_name").alias("payee_name"),
        pl.col("p_at_us").alias("payer_at_us"),
        pl.col("q_at_us").alias("payee_at_us"),
        pl.col("p_balance_fen").alias("payer_balance_fen"),
        pl.col("q_balance_fen").alias("payee_balance_fen"),
        pl.col("p_serial").alias("payer_serial"),
        pl.col("q_serial").alias("payee_serial"),
        pl.col("p_record").fill_null(NONE).alias("payer_record"),
        pl.col("q_record").fill_null(NONE).alias("payee_record"),
        pl.col("r_record").fill_null(NONE).alias("report_record"),
        pl.col("r_case_id").alias("case_id"),
        spoken.alias("legs"),
    )


def _spoken() -> pl.Expr:
    """What the columns of a transaction would not give back of its legs, as JSON; null for nearly all."""

    def same(a: str, b: str) -> pl.Expr:
        return pl.col(a).eq_missing(pl.col(b))

    single = pl.col("r_record").is_null() & (pl.col("p_record").is_null() | pl.col("q_record").is_null())
    plain = (
        pl.col("r_record").is_null()
        & (pl.col("q_seq") == pl.col("q_record"))
        & pl.all_horizontal(same(f"p_{c}", f"q_{c}") for c in ("at_precision_us", "channel", "memo"))
        & same("p_own_name", "q_cp_name")
        & same("p_cp_name", "q_own_name")
        & pl.col("p_cp_id").is_not_null()
        & pl.col("q_cp_id").is_not_null()
    )
    sides = [
        pl.when(pl.col(f"{o}_record").is_not_null())
        .then(
            pl.struct(
                pl.col(f"{o}_cp_id").is_not_null().alias("printed"),
                *(pl.col(f"{o}_{f.name}").alias(f.name) for f in _SIDE.fields[1:]),
            )
        )
        .alias(end)
        for o, end in (("p", "payer"), ("q", "payee"))
    ]
    report = pl.when(pl.col("r_record").is_not_null()).then(
        pl.struct(pl.col(f"r_{f.name}").alias(f.name) for f in _REPORT.fields)
    )
    return pl.when(~single & ~plain.fill_null(False)).then(pl.struct(*sides, report=report).struct.json_encode())
