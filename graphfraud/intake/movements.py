"""Which legs speak of one movement of money: the pairing of :mod:`graphfraud.intake.reconcile` (steps 3 to 5).

A movement is a row with ``p``, ``q`` and ``r``: where the payer's leg, the payee's leg and the report stand, null for none.
"""

import polars as pl

from graphfraud.intake.legs import CASHLIKE, INDEX, ends, hashed
from graphfraud.intake.pairs import PAIR_SCHEMA, pairs_near, pairs_of_day
from graphfraud.units import DAY_US


def paired(statement: pl.DataFrame, gone: pl.Series, skew_us: int) -> pl.DataFrame:
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
        was = pl.col(INDEX).is_in(gone.implode())
        payer, payee = (candidates.filter(pl.col("side") == side) for side in ("payer", "payee"))
        for side_p, side_q in ((~was, ~was), (was, was), (~was, was), (was, ~was)):
            free_p = payer.filter(side_p & ~pl.col("number").is_in(pairs["left"].implode()))
            free_q = payee.filter(side_q & ~pl.col("number").is_in(pairs["right"].implode()))
            pairs = pl.concat([pairs, _pairs(free_p, free_q, skew_us)])
        legs_of_number = candidates.sort("number").get_column(INDEX)
        pairs = pl.DataFrame({end: legs_of_number.gather(pairs[end]) for end in ("left", "right")})
    together = pairs.select(p="left", q="right")
    placed = pl.concat([pairs["left"], pairs["right"]])
    alone = statement.select(INDEX, "side")
    alone = alone.filter(~pl.col(INDEX).is_in(placed.implode())) if placed.len() else alone
    none = pl.lit(None, pl.UInt32)
    moves = pl.concat(
        [
            together,
            alone.filter(pl.col("side") == "payer").select(p=INDEX, q=none),
            alone.filter(pl.col("side") == "payee").select(p=none, q=INDEX),
        ]
    )
    taken = pl.col("p").is_in(gone.implode()).fill_null(False) | pl.col("q").is_in(gone.implode()).fill_null(False)
    return moves.with_columns(gone=taken if gone.len() else pl.lit(False))


def with_reports(moves: pl.DataFrame, good: pl.DataFrame, tolerance_us: int) -> pl.DataFrame:
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
            "r": told.sort("number")[INDEX].gather(found["right"]),
        }
    )
    alone = told.filter(~pl.col("number").is_in(found["right"].implode()))
    none = pl.lit(None, pl.UInt32)
    return pl.concat(
        [
            numbered.drop("r").join(by_move, on="move", how="left").select("p", "q", "r", "gone"),
            alone.select(p=none, q=none, r=INDEX, gone=pl.lit(False)),
        ]
    )


def _candidates(statement: pl.DataFrame) -> pl.DataFrame:
    """Return the legs that may have a partner, numbered by what they say: time, running balance in the order money moves."""
    seen = statement.select(
        INDEX,
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


def _seen_moves(numbered: pl.DataFrame, good: pl.DataFrame, told: pl.DataFrame) -> pl.DataFrame:
    """Return the movements whose amount a report names, seen as legs are."""
    amounts = told.get_column("amount_fen").unique().implode()
    legs = good.filter((pl.col("side") != "report") & pl.col("amount_fen").is_in(amounts)).with_columns(*ends())
    move_of = pl.concat([numbered.select("move", "gone", ix=end) for end in ("p", "q")]).drop_nulls()
    return (
        legs.join(move_of, on=INDEX)
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
