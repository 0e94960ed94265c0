"""Call counts (话单统计): what one file of call records says of each phone card, each call counted once by its mark.

A pure function of the file, so the order of loading cannot change it; exports that overlap each keep their own row. Whatever
20 million calls are grouped by is a whole number here, never a text.
"""

from collections.abc import Mapping

import polars as pl

from graphfraud.intake.calls import text_numbers
from graphfraud.intake.source_map import DIRECTIONS
from graphfraud.tables import PAUSE_US, SHORT_CALL_US, TOP_PEERS, WOKEN_US
from graphfraud.units import DAY_US, HOUR_US, MINUTE_US, SECOND_US

_CHINA_US = 8 * HOUR_US
_NEITHER, _OUT, _IN = range(len(DIRECTIONS))


def call_counts(typed: pl.DataFrame, told: pl.DataFrame, directions: Mapping[str, tuple[str, ...]]) -> pl.DataFrame:
    """Count the calls of each phone card.

    Parameters
    ----------
    typed : frame
        Typed fields of the rows that passed, as a call record has them.
    told : frame of CALL_SCHEMA
        The same rows as calls, with their marks.
    directions : mapping
        Words of ``call_type`` by direction (see :class:`graphfraud.intake.source_map.SourceMap`).

    Returns
    -------
    frame
        The columns of table ``call_counts`` but ``source_id`` and ``record``, and ``row`` of the first call; by card number.
    """
    calls = _sorted(typed, told, directions)
    card = calls.select("card", "ix").filter(pl.col("card").is_first_distinct())  # its first call
    counts = card.with_columns(row=typed["row"].gather(card["ix"]), sim_id=typed["own"].gather(card["ix"])).drop("ix")
    out = calls.filter(pl.col("direction") == _OUT)
    for part in (
        _all(calls),
        _silence(calls),
        _made(out),
        _peers(out),
        _busiest_day(out),
        _cells(calls),
        _places(calls, typed),
    ):
        counts = counts.join(part, on="card", how="left", maintain_order="left")
    told_any = pl.col("n_told") > 0  # a card without a call made has made 0, if the file says which way calls went
    none_made = told_any & (pl.col("n_out") == 0)
    zero = ("n_peers", "n_top_peers", "n_unanswered", "n_short", "n_no_pause")
    return (
        counts.with_columns(
            pl.when(told_any).then(pl.col("n_out", "n_in")),
            pl.when(told_any & pl.col("woken_us").is_not_null()).then(pl.col("n_woken").fill_null(0)).alias("n_woken"),
            *(pl.when(none_made).then(0).otherwise(name).alias(name) for name in zero),
            pl.col("n_located", "n_placed").fill_null(0),
        )
        .drop("card", "n_told")
        .sort("sim_id")
    )


def _sorted(typed: pl.DataFrame, told: pl.DataFrame, directions: Mapping[str, tuple[str, ...]]) -> pl.DataFrame:
    """Return counted calls by card and time, as numbers: ``card`` (0, 1, ...), ``ix`` (place in ``typed``), ``at``, ``end``,
    ``sharp`` (its start is known to the minute), ``direction``, ``seconds``, ``peer``, ``cell``, ``place``; 0 or null unknown.
    """
    unlike = 0x9E3779B97F4A7C15
    cell = pl.when(pl.col("ci").is_not_null()).then(
        pl.col("lac").fill_null(0).cast(pl.UInt64).hash(unlike) ^ pl.col("ci").cast(pl.UInt64)
    )
    calls = typed.select(
        pl.int_range(pl.len(), dtype=pl.UInt32).alias("ix"),
        "at",
        (pl.col("at") + pl.col("duration").fill_null(0) * SECOND_US).alias("end"),
        (pl.col("at_precision_us") <= MINUTE_US).alias("sharp"),
        pl.col("duration").alias("seconds"),
        cell.alias("cell"),
    ).with_columns(
        text_numbers(typed["own"]).alias("own"),
        text_numbers(typed["peer"]).alias("peer"),
        text_numbers(typed["place"]).alias("place"),
        _directions(typed["call_type"], directions).alias("direction"),
    )
    calls = calls.filter(told["mark"].is_first_distinct()).sort("own", "at", "ix")
    begins = (pl.col("own") != pl.col("own").shift(1)).fill_null(True)
    return calls.with_columns(card=begins.cast(pl.UInt32).cum_sum() - 1).drop("own").with_columns(pl.col("card").set_sorted())


def _directions(call_type: pl.Series, directions: Mapping[str, tuple[str, ...]]) -> pl.Series:
    """Return which way each call went (Int8: a place in DIRECTIONS), null where its kind is unknown or blank."""
    kinds = call_type.unique().to_frame("kind")
    plain = pl.col("kind").str.normalize("NFKC").str.strip_chars().str.to_uppercase()
    way = pl.lit(None, pl.Int8)
    for place, name in reversed(list(enumerate(DIRECTIONS))):
        words = directions.get(name, ())
        within = [word for word in words if len(word) > 1]
        says = plain.is_in(list(words)) | (plain.str.contains_any(within) if within else pl.lit(False))
        way = pl.when(says).then(pl.lit(place, pl.Int8)).otherwise(way)
    known = kinds.with_columns(way=way)
    return call_type.to_frame("kind").join(known, on="kind", how="left", maintain_order="left")["way"]


def _n(condition: pl.Expr) -> pl.Expr:
    return condition.sum().cast(pl.Int64)


def _day() -> pl.Expr:
    return (pl.col("at") + _CHINA_US) // DAY_US


def _all(calls: pl.DataFrame) -> pl.DataFrame:
    """Count what every row tells."""
    day = _day()
    new_day = (pl.col("card") != pl.col("card").shift(1)) | (day != day.shift(1))
    way = pl.col("direction")
    marked = calls.with_columns(
        new_day=new_day.fill_null(True), made=way == _OUT, taken=way == _IN, in_us=pl.when(way == _IN).then("at")
    )
    return marked.group_by("card", maintain_order=True).agg(
        n_calls=pl.len().cast(pl.Int64),
        n_days=_n(pl.col("new_day")),
        first_us=pl.col("at").first(),
        last_us=pl.col("at").last(),
        n_told=pl.col("direction").count(),
        n_out=_n(pl.col("made")),
        n_in=_n(pl.col("taken")),
        first_in_us=pl.col("in_us").min(),
    )


def _silence(calls: pl.DataFrame) -> pl.DataFrame:
    """Find the longest time without any call, the earliest of equals, and count the calls made right after it."""
    same = pl.col("card") == pl.col("card").shift(1)
    gaps = calls.select("card", "at", "direction", gap=pl.when(same).then(pl.col("at") - pl.col("at").shift(1)))
    longest = gaps.group_by("card", maintain_order=True).agg(pl.col("gap").max())["gap"]
    gaps = gaps.with_columns(longest=longest.gather(gaps["card"]))
    ends = gaps.filter(pl.col("gap") == pl.col("longest")).unique("card", keep="first", maintain_order=True)
    ends = ends.select("card", silence_us="gap", woken_us="at")
    after = gaps.filter(pl.col("direction") == _OUT).select("card", "at").join(ends, on="card")
    in_time = (pl.col("at") >= pl.col("woken_us")) & (pl.col("at") < pl.col("woken_us") + WOKEN_US)
    after = after.filter(in_time).group_by("card").agg(n_woken=pl.len().cast(pl.Int64))
    return ends.join(after, on="card", how="left")


def _made(out: pl.DataFrame) -> pl.DataFrame:
    """Count how the calls made went; null where no row prints a duration, or a start is known to the day only."""
    seconds, same = pl.col("seconds"), pl.col("card") == pl.col("card").shift(1)
    told = out.with_columns(
        silent=seconds == 0,
        short=(seconds > 0) & (seconds * SECOND_US <= SHORT_CALL_US),
        at_once=(same & (pl.col("at") - pl.col("end").shift(1) < PAUSE_US)).fill_null(False),
    )
    counted = told.group_by("card").agg(
        lasted=seconds.count(),
        sharp=pl.col("sharp").all(),
        n_unanswered=_n(pl.col("silent")),
        n_short=_n(pl.col("short")),
        n_no_pause=_n(pl.col("at_once")),
    )
    lasted = pl.when(pl.col("lasted") > 0)
    return counted.select(
        "card",
        lasted.then(pl.col("n_unanswered", "n_short")),
        pl.when((pl.col("lasted") > 0) & pl.col("sharp")).then("n_no_pause"),
    )


def _peers(out: pl.DataFrame) -> pl.DataFrame:
    """Count the other ends, and the calls to those most called."""
    pairs = out.filter(pl.col("peer") != 0).group_by("card", "peer").agg(n=pl.len().cast(pl.Int64))
    pairs = pairs.sort("card", "n", descending=[False, True])
    begins = (pl.col("card") != pl.col("card").shift(1)).fill_null(True)
    place = pl.int_range(pl.len(), dtype=pl.Int64)
    nth = place - pl.when(begins).then(place).forward_fill()
    top = pairs.with_columns(top=pl.when(nth < TOP_PEERS).then("n").otherwise(0))
    return top.group_by("card").agg(n_peers=pl.len().cast(pl.Int64), n_top_peers=pl.col("top").sum())


def _busiest_day(out: pl.DataFrame) -> pl.DataFrame:
    """Find the day on which most other ends were called, the earliest of equals."""
    met = out.filter(pl.col("peer") != 0).select("card", "peer", day=_day()).unique()
    days = met.group_by("card", "day").agg(n=pl.len().cast(pl.Int64)).sort("card", "n", "day", descending=[False, True, False])
    best = days.unique("card", keep="first", maintain_order=True)
    return best.select("card", n_day_peers="n", day_us=pl.col("day") * DAY_US - _CHINA_US)


def _cells(calls: pl.DataFrame) -> pl.DataFrame:
    """Count the cells."""
    seen = calls.filter(pl.col("cell").is_not_null()).group_by("card", "cell").agg(n=pl.len())
    return seen.group_by("card").agg(n_located=pl.col("n").sum().cast(pl.Int64), n_cells=pl.len().cast(pl.Int64))


def _places(calls: pl.DataFrame, typed: pl.DataFrame) -> pl.DataFrame:
    """Find the place most calls were made at, the first seen of equals."""
    seen = calls.filter(pl.col("place") != 0).group_by("card", "place", maintain_order=True)
    per = seen.agg(n_at_place=pl.len().cast(pl.Int64), ix=pl.col("ix").first())
    per = per.sort("card", "n_at_place", descending=[False, True], maintain_order=True)
    most = per.group_by("card", maintain_order=True).agg(
        n_placed=pl.col("n_at_place").sum(), n_at_place=pl.col("n_at_place").first(), ix=pl.col("ix").first()
    )
    return most.with_columns(place=typed["place"].gather(most["ix"])).drop("ix")
