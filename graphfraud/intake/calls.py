"""Call records (话单): rows that say when a phone card was in which handset.

No table holds calls: a call is evidence that its phone card was in its handset, so each row becomes the card, the handset, and
a share in the one link between them (first and last seen, how often); :mod:`graphfraud.intake.call_counts` counts what a file
says of each card. A call that several exports print counts once: what
stays of each counted call is its *mark*, 64 bits made of what the row says of it (:mod:`graphfraud.intake.counted` keeps
them). The probability that of 20 million calls any two share a mark is 1 in 90,000; one sighting less would then be counted.
"""

import hashlib

import polars as pl

from graphfraud.units import SECOND_US

DOCUMENT = "call_record"

CALL_SCHEMA: dict[str, type[pl.DataType]] = {
    "row": pl.Int64,
    "sim_id": pl.String,
    "device_id": pl.String,  # null where the row names no handset
    "at_us": pl.Int64,
    "until_us": pl.Int64,  # end of the call
    "mark": pl.UInt64,
}
"""Calls of a source, repetitions included."""

PAGE_SCHEMA: dict[str, type[pl.DataType]] = {"row": pl.Int64, "leg": pl.String}

_MARK_FIELDS = ("own", "peer", "call_type", "imei")
_DIGITS_MAX = 17
_ODD, _MIX_1, _MIX_2 = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB


def frames(typed: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Return the calls of a typed frame and the cards, handsets and links they tell of, as if no other file were there."""
    told = typed.select(
        "row",
        pl.col("own").alias("sim_id"),
        pl.col("imei").alias("device_id"),
        pl.col("at").alias("at_us"),
        (pl.col("at") + pl.col("duration").fill_null(0) * SECOND_US).alias("until_us"),
    ).with_columns(marks(typed).alias("mark"))
    return {"calls": told, "sims": _sims(typed), "devices": _devices(told), "links": links(told)}


def _sims(typed: pl.DataFrame) -> pl.DataFrame:
    """Return what the rows say of their cards; of several values that of the latest call."""
    said = ["imsi", "carrier", "region"]
    several = typed.select("own", *said, "at", "row").sort("at", "row")
    newest = several.unique(["own", *said], keep="last", maintain_order=True)
    return newest.group_by(sim_id="own", maintain_order=True).agg(pl.col("row").max(), pl.col(said).drop_nulls().last())


def _devices(told: pl.DataFrame) -> pl.DataFrame:
    seen = told.drop_nulls("device_id").group_by("device_id", maintain_order=True).agg(pl.col("row").max())
    return seen.with_columns(kind=pl.lit("imei"))


def links(told: pl.DataFrame, counted: pl.Series | None = None) -> pl.DataFrame:
    """Return one link for each card and handset: first and last seen, calls counted, and the row of the first sighting.

    Parameters
    ----------
    told : frame of CALL_SCHEMA
    counted : Series of Boolean, optional
        The calls that count; by default the first of equal ones. The others still say when the card was seen.
    """
    counts = told["mark"].is_first_distinct() if counted is None else counted
    seen = told.select("row", "sim_id", "device_id", "at_us", "until_us", counts=counts).drop_nulls("device_id")
    if not seen["at_us"].is_sorted():
        seen = seen.sort("at_us", "row")
    found = seen.group_by("sim_id", "device_id", maintain_order=True).agg(
        first_us=pl.col("at_us").first(),
        last_us=pl.col("until_us").max(),
        n_seen=pl.col("counts").sum().cast(pl.Int64),
        row=pl.col("row").first(),
    )
    ends = {"kind": "inserted_in", "a_kind": "sim", "b_kind": "device"}
    return found.select(
        *(pl.lit(value).alias(name) for name, value in ends.items()),
        *("first_us", "last_us", "n_seen", "row"),
        a_id="sim_id",
        b_id="device_id",
    )


# --- marks


def marks(typed: pl.DataFrame) -> pl.Series:
    """Return the mark of each call (UInt64): equal calls have equal marks, on every machine and in every version.

    A call is its card, the other end, its kind, its handset and its start. Starts known only to the minute or the day do not
    tell calls apart, so there the first, second, ... equal row of a file count as different calls.
    """
    parts = [text_numbers(typed[field]) for field in _MARK_FIELDS]
    parts.append(typed["at"].cast(pl.UInt64, wrap_numerical=True))
    coarse = typed.get_column("at_precision_us") > SECOND_US
    if coarse.any():
        rank = pl.when(coarse).then(pl.int_range(pl.len()).over(*_MARK_FIELDS, "at")).otherwise(0)
        parts.append(typed.select(rank.cast(pl.UInt64)).to_series())
    mark = pl.Series([_ODD], dtype=pl.UInt64)
    for part in parts:
        mark = _mixed(mark * _constant(_ODD) ^ part)
    return mark.alias("mark")


def _mixed(number: pl.Series) -> pl.Series:
    """Spread numbers over 64 bits (the finalizer of SplitMix64; Steele, Lea and Flood, OOPSLA 2014)."""
    for shift, factor in ((30, _MIX_1), (27, _MIX_2)):
        number = (number ^ (number // _constant(1 << shift))) * _constant(factor)
    return number ^ (number // _constant(1 << 31))


def _constant(number: int) -> pl.Series:
    return pl.Series([number], dtype=pl.UInt64)


def text_numbers(text: pl.Series) -> pl.Series:
    """Return a number (UInt64) for each text: exact for up to 17 digits, a digest for other texts, 0 for null."""
    cell = pl.col("text")
    frame = text.alias("text").to_frame()
    if text.null_count() == text.len():
        return pl.select(pl.repeat(0, text.len(), dtype=pl.UInt64)).to_series()
    number, length = cell.cast(pl.Int64, strict=False), cell.str.len_bytes()
    exact = (number >= 0) & (length <= _DIGITS_MAX) & ~cell.str.starts_with("+") & ~cell.str.starts_with("-")
    plain = number.cast(pl.UInt64, strict=False) * 32 + length.cast(pl.UInt64)
    numbers = frame.select(pl.when(exact).then(plain)).to_series()
    at = (numbers.is_null() & text.is_not_null()).arg_true()
    if at.len():
        others = text.gather(at).unique()
        digests = [int.from_bytes(hashlib.blake2b(t.encode(), digest_size=8).digest()) | 1 << 63 for t in others]
        told = pl.DataFrame({"text": others, "number": pl.Series(digests, dtype=pl.UInt64)})
        few = text.gather(at).alias("text").to_frame().join(told, on="text", how="left", maintain_order="left")
        numbers = numbers.scatter(at, few["number"])
    return numbers.fill_null(0)


def no_calls() -> pl.DataFrame:
    """Return no calls."""
    return pl.DataFrame(schema=CALL_SCHEMA)


def no_pages() -> pl.DataFrame:
    """Return no pages."""
    return pl.DataFrame(schema=PAGE_SCHEMA)
