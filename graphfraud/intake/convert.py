"""The verbs a source map may name: how the text of a cell becomes a value.

Every verb goes two ways. The *quick* way is an expression over the whole column for cells that are already clean, and tells
for each cell whether it was sure; the few cells it was not sure of go the *patient* way, which strips what exports add
(blanks, apostrophes, ``="..."``, full-width forms, thousands commas, currency signs) and either gives a value or names the
check the cell does not pass. The two ways agree wherever both give a value.

Blank cells, and the words exports write for "nothing" (``NULLS``), are null and no fault.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import polars as pl

from graphfraud.intake import numbers
from graphfraud.units import DAY_US, HOUR_US, MINUTE_US, SECOND_US

NULLS = ("", "-", "--", "---", "null", "none", "nan", "n/a", "<nil>", "\\n", "无", "空")
"""What exports write where there is nothing (compared in lower case)."""

_ZONE_BEFORE_1992_US = 694_224_000 * SECOND_US
_FIXED_ZONES = {"Asia/Shanghai": 8 * HOUR_US, "UTC": 0}
"""Zones without summer time since 1992, so that a subtraction is enough."""


@dataclass(frozen=True, slots=True)
class Cells:
    """A column converted.

    Attributes
    ----------
    value : Series, as long as the column; null where there is nothing or a fault
    faults : frame ``ix`` (UInt32 position in the column), ``check`` (name of the check not passed)
    extra : Series or None; for times, ``at_precision_us``
    """

    value: pl.Series
    faults: pl.DataFrame
    extra: pl.Series | None = None


@dataclass(frozen=True, slots=True)
class Verb:
    """``quick(cell) -> (value, sure)`` as expressions; ``patient(cleaned cell) -> (value, check or null)``."""

    dtype: type[pl.DataType]
    quick: Callable[[pl.Expr], tuple[pl.Expr, pl.Expr]]
    patient: Callable[[pl.Expr], tuple[pl.Expr, pl.Expr]]
    expected: str


EXPECTED: Mapping[str, str] = MappingProxyType(
    {
        "not_an_amount": "an amount in yuan (digits, at most 2 decimals)",
        "not_a_time": "a time (2024-03-01 09:30:15, 20240301093015, 2024/3/1 and the like)",
        "not_a_clock": "a time of day (093015, 0930, 09:30:15)",
        "damaged_number": "a whole number kept as text; a spreadsheet has cut its digits off",
        "not_a_phone": "a phone number (digits, perhaps +86 in front)",
        "not_an_id_number": "an identity number (letters and digits)",
        "not_an_imei": "a handset number (14 to 16 digits)",
        "not_a_duration": "a duration (seconds, or 00:01:05)",
        "unknown_sign": "a sign the loader knows",
    }
)
"""Check -> what it expects, as a message says it."""


def clean(cell: pl.Expr) -> pl.Expr:
    """Strip what exports add around a value, narrow full-width forms; null for the words that mean nothing."""
    text = cell.str.normalize("NFKC").str.replace_all("[\u200b\ufeff\x00]", "").str.strip_chars()
    text = text.str.replace(r'^="(.*)"$', "${1}").str.replace(r"^['`]", "").str.strip_chars()
    text = text.str.replace(r'^"(.*)"$', "${1}").str.strip_chars()
    return pl.when(~text.str.to_lowercase().is_in(NULLS)).then(text)


def _check(failed: pl.Expr, name: str) -> pl.Expr:
    return pl.when(failed).then(pl.lit(name))


def _quick_text(cell: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    return cell, cell.str.contains(r"^[^\s'`=\"<\\\-nN无空\x{ff00}-\x{ffef}\x{200b}\x{feff}](?:.*\S)?$")


def _patient_text(cell: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    return cell, pl.lit(None, pl.String)


def _quick_account(cell: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    # A cast tells digits from other text four times faster than a pattern; up to 18 digits it is never out of bounds, and
    # a number that is (20 digits) or begins with + goes the patient way.
    return cell, ((cell.cast(pl.Int64, strict=False) > 0) & ~cell.str.starts_with("+")).fill_null(False)


def _patient_account(cell: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    text = cell.str.replace_all(r"\s+", "")
    text = pl.when(text.str.contains(r"^\d[\d-]*\d$")).then(text.str.replace_all("-", "")).otherwise(text)
    text = pl.when(text.str.contains(r"^\d{1,15}\.0+$")).then(text.str.replace(r"\.0+$", "")).otherwise(text)
    damaged = text.str.contains(r"^[+-]?\d(?:\.\d+)?[eE]\+?\d{1,2}$|^\d+\.\d*$|^#+$|^#(?:NUM|VALUE|REF|N/A|DIV/0)!?")
    nobody = text.str.contains(r"^0+$") | text.str.contains(r"\*\*")
    return pl.when(~damaged & ~nobody).then(text), _check(damaged, "damaged_number")


def _quick_phone(cell: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    return cell, cell.str.contains(r"^1[3-9][0-9]{9}$")


def _patient_phone(cell: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    text = cell.str.replace_all(r"[\s()]+", "").str.replace(r"^\d{1,15}\.0+$", cell.str.replace(r"\.0+$", ""))
    text = numbers.national(text).str.replace(r"^(\+?\d+)-(\d+)$", "${1}${2}")
    damaged = text.str.contains(r"^\d(?:\.\d+)?[eE]\+?\d{1,2}$")
    good = text.str.contains(r"^\+?\d{3,20}$")
    return pl.when(good).then(text), pl.when(damaged).then(pl.lit("damaged_number")).otherwise(_check(~good, "not_a_phone"))


def _quick_id_number(cell: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    return cell, cell.str.contains(r"^[1-9][0-9]{16}[0-9X]$")


def _patient_id_number(cell: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    text = cell.str.replace_all(r"\s+", "").str.to_uppercase()
    damaged = text.str.contains(r"^\d(?:\.\d+)?E\+?\d{1,2}$|^\d+\.\d*$")
    masked = text.str.contains(r"\*\*")
    good = text.str.contains(r"^[0-9A-Z()-]{3,32}$")
    fault = pl.when(damaged).then(pl.lit("damaged_number")).otherwise(_check(~good & ~masked, "not_an_id_number"))
    return pl.when(good & ~damaged & ~masked).then(text), fault


def _quick_fen(cell: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    # The pattern comes first: alone, the decimal cast cuts 1.005 to 1.00 and reads 1e5 (a number of fen is exact in 128 bits).
    fen = cell.str.to_decimal(scale=2).to_physical().cast(pl.Int64, strict=False)
    return fen, cell.str.contains(r"^-?[0-9]{1,13}(?:\.[0-9]{1,2})?$")


_AMOUNT = r"^[+-]?(?:\d+|\d{1,3}(?:,\d{3})+)?(?:\.\d{1,2}0*)?$"


def _patient_fen(cell: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    text = cell.str.replace_all(r"\s+", "").str.replace(r"^(?:CNY|RMB|人民币)", "").str.replace(r"(?:元|CNY|RMB)$", "")
    text = text.str.replace(r"^([+-]?)[¥¥](.*)$", "${1}${2}").str.replace(r"^[¥¥]", "")
    good = text.str.contains(_AMOUNT) & text.str.contains(r"\d")
    whole = text.str.extract(r"^[+-]?([\d,]*)").str.replace_all(",", "").str.strip_chars_start("0")
    part = text.str.extract(r"\.(\d{1,2})").fill_null("").str.pad_end(2, "0")
    fits = whole.str.len_bytes() <= 16
    fen = pl.when(good & fits).then(whole + part).replace("", "0").cast(pl.Int64, strict=False)
    fen = pl.when(text.str.starts_with("-")).then(-fen).otherwise(fen)
    # What is too long for 64 bits is out of range all the same; the check of the range names it.
    return pl.when(good & ~fits).then(pl.lit(2**62)).otherwise(fen), _check(~good, "not_an_amount")


_DATE = r"^(\d{4})(?:[-/.]|年)(\d{1,2})(?:[-/.]|月)(\d{1,2})日?"
_CLOCK = r"(?:[ T-]*(\d{1,2})(?:[:.]|时|点)(\d{1,2})(?:(?:[:.]|分)(\d{1,2})秒?(?:[.,](\d{1,9}))?)?分?)?"
_ZONE = r"\s*(Z|[+-]\d{2}:?\d{2})?$"
_COMPACT = r"^(\d{4})(\d{2})(\d{2})(?:[ T-]?(\d{2}):?(\d{2})(?::?(\d{2})(?:[.,]?(\d{1,6}))?)?)?" + _ZONE
_SERIAL = r"^(\d{5})(?:\.(\d+))?$"
_PARTS = ("year", "month", "day", "hour", "minute", "second", "fraction", "zone")


def _quick_micros(form: str, length: int) -> Callable[[pl.Expr], tuple[pl.Expr, pl.Expr]]:
    def quick(cell: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
        naive = cell.str.to_datetime(form, strict=False, time_unit="us", cache=False)
        # A fixed length keeps compact digits from being cut anew; second 60 is left to the patient way, which refuses it.
        return naive, naive.is_not_null() & (cell.str.len_bytes() == length) & ~cell.str.ends_with("60")

    return quick


def _patient_micros(cell: pl.Expr) -> tuple[pl.Expr, pl.Expr, pl.Expr, pl.Expr]:
    """Return naive time, precision, minutes east of UTC where the cell says so, and the check."""
    spelt = cell.str.extract_groups(_DATE + _CLOCK + _ZONE)
    compact = cell.str.extract_groups(_COMPACT)

    def part(name: str) -> pl.Expr:
        at = str(_PARTS.index(name) + 1)
        return pl.coalesce(spelt.struct.field(at), compact.struct.field(at))

    hour, minute, second = part("hour"), part("minute"), part("second")
    two = [p.fill_null("0").str.zfill(2) for p in (part("month"), part("day"), hour, minute, second)]
    micro = part("fraction").fill_null("0").str.slice(0, 6).str.pad_end(6, "0")
    iso = pl.format("{}-{}-{} {}:{}:{}.{}", part("year"), *two, micro)
    naive = pl.when(two[4] < "60").then(iso).str.to_datetime("%Y-%m-%d %H:%M:%S%.f", strict=False, time_unit="us")
    serial = cell.str.extract_groups(_SERIAL)
    day = serial.struct.field("1").cast(pl.Int64, strict=False)
    share = pl.concat_str(pl.lit("0."), serial.struct.field("2").fill_null("0")).cast(pl.Float64, strict=False)
    # A spreadsheet keeps the time of day as a share of the day, right to some microseconds: rounded to the millisecond.
    milli = (share * 86_400_000).round().cast(pl.Int64)
    from_serial = ((day - 25_569) * DAY_US + milli * 1000).cast(pl.Datetime("us"))
    in_range = day.is_between(32_874, 73_050)  # 1990 to 2099
    precision = (
        pl.when(pl.coalesce(second, serial.struct.field("2")).is_not_null())
        .then(SECOND_US)
        .when(minute.is_not_null())
        .then(MINUTE_US)
        .otherwise(DAY_US)
    )
    zone = part("zone").str.replace("Z", "+00:00")
    east = zone.str.slice(1, 2).cast(pl.Int64, strict=False) * 60 + zone.str.slice(-2).cast(pl.Int64, strict=False)
    east = pl.when(zone.str.starts_with("-")).then(-east).otherwise(east)
    value = pl.coalesce(naive, pl.when(in_range).then(from_serial))
    return value, precision, east, _check(value.is_null(), "not_a_time")


def _blank(column: pl.Series) -> pl.Series:
    return (column.str.len_bytes() == 0).fill_null(True)


def _sure_or_null(cell: pl.Expr, sure: pl.Expr) -> pl.Expr:
    return sure | cell.is_null() | (cell == "")


TEXT_VERBS: Mapping[str, Verb] = MappingProxyType(
    {
        "to_text": Verb(pl.String, _quick_text, _patient_text, "a text"),
        "to_account_id": Verb(pl.String, _quick_account, _patient_account, "an account or card number"),
        "to_phone": Verb(pl.String, _quick_phone, _patient_phone, "a phone number"),
        "to_id_number": Verb(pl.String, _quick_id_number, _patient_id_number, "an identity number"),
        "to_imei": Verb(pl.String, numbers.quick_imei, numbers.patient_imei, "a handset number"),
        "to_dialled": Verb(pl.String, numbers.quick_dialled, numbers.patient_dialled, "a number as dialled"),
        "to_duration": Verb(pl.Int64, numbers.quick_duration, numbers.patient_duration, "a duration"),
        "to_cell": Verb(pl.Int64, numbers.quick_cell, numbers.patient_cell, "a location area or cell"),
        "to_fen": Verb(pl.Int64, _quick_fen, _patient_fen, "an amount in yuan"),
    }
)
"""Verbs that need nothing but the cell."""

_REPEATING = ("to_text", "to_phone", "to_id_number", "to_imei", "to_cell")
"""Verbs of columns that say the same over and over: where they do, each different text is looked at once."""

_NO_FAULTS = {"ix": pl.UInt32, "check": pl.String}


def convert(column: pl.Series, verb: str) -> Cells:
    """Convert a text column by one of ``TEXT_VERBS``.

    Parameters
    ----------
    column : Series of String
        Cells; blank is null.
    verb : str
        to_text, to_account_id, to_phone or to_id_number (text), or to_fen (Int64, fen, negative kept negative).
    """
    cell, way = pl.col("cell"), TEXT_VERBS[verb]
    frame = column.alias("cell").to_frame()
    if column.null_count() == column.len():
        return Cells(column.cast(way.dtype), pl.DataFrame(schema=_NO_FAULTS))
    value, sure = way.quick(cell)
    if verb in _REPEATING and _repeats(column.head(10_000)):
        texts = frame.select(cell.unique())
        if way.dtype == pl.String and texts.select(_sure_or_null(cell, sure).all()).item():
            return Cells(frame.select(pl.when(cell != "").then(cell)).to_series(), pl.DataFrame(schema=_NO_FAULTS))
        if texts.height * 4 < column.len():
            return _by_text(frame, texts.to_series(), verb)
    # Lazily, so that what `value` and `sure` have in common is computed once.
    done = frame.lazy().select(value=pl.when(sure).then(value), doubt=~_sure_or_null(cell, sure)).collect()
    return _patiently(frame, done, lambda c: dict(zip(("value", "check"), way.patient(c), strict=True)))


def _by_text(frame: pl.DataFrame, texts: pl.Series, verb: str) -> Cells:
    """Convert each different text once and put the values where the texts stand."""
    once = convert(texts, verb)
    told = pl.DataFrame({"cell": texts, "value": once.value}).with_row_index("ix")
    told = told.join(once.faults, on="ix", how="left").drop("ix")
    whole = frame.join(told, on="cell", how="left", maintain_order="left")
    faults = whole.select("check").with_row_index("ix").filter(pl.col("check").is_not_null())
    return Cells(whole["value"].alias(""), faults)


def _repeats(sample: pl.Series) -> bool:
    return sample.n_unique() * 4 < sample.len()


def _patiently(frame: pl.DataFrame, done: pl.DataFrame, patient: Callable[[pl.Expr], dict[str, pl.Expr]]) -> Cells:
    """Send the cells in doubt the patient way and put the two together."""
    value = done["value"].alias("")
    at = done["doubt"].arg_true()
    if at.is_empty():
        return Cells(value, pl.DataFrame(schema=_NO_FAULTS))
    few = frame.select(pl.col("cell").gather(at))
    cleaned = few.select(clean(pl.col("cell")))
    slow = cleaned.select(**patient(pl.col("cell")), blank=pl.col("cell").is_null())
    slow = slow.with_columns(check=pl.when(~pl.col("blank")).then("check"), value=pl.when(~pl.col("blank")).then("value"))
    value = value.scatter(at, slow["value"].cast(value.dtype))
    faults = slow.select(pl.Series("ix", at, dtype=pl.UInt32), "check").filter(pl.col("check").is_not_null())
    return Cells(value, faults)


def convert_choice(column: pl.Series, signs: Mapping[str, tuple[str, ...]], field: str) -> Cells:
    """Convert signs of a closed vocabulary to their meanings; an unknown sign is null and fails ``unknown_<field>``.

    Of ``currency`` the check is ``foreign_currency``: amounts are yuan, and nothing is converted at a rate.
    """
    if column.null_count() == column.len():
        return Cells(column, pl.DataFrame(schema=_NO_FAULTS))
    meaning = {sign: name for name, group in signs.items() for sign in group}
    cell = pl.col("cell")
    frame = column.alias("cell").to_frame()
    found = cell.replace_strict(meaning, default=None, return_dtype=pl.String)
    value = frame.select(found).to_series()
    if not value.null_count():
        return Cells(value.alias(""), pl.DataFrame(schema=_NO_FAULTS))
    done = pl.DataFrame({"value": value, "doubt": value.is_null() & ~_blank(frame["cell"])})

    def patient(text: pl.Expr) -> dict[str, pl.Expr]:
        value = text.str.to_uppercase().replace_strict(meaning, default=None, return_dtype=pl.String)
        return {
            "value": value,
            "check": _check(value.is_null(), "foreign_currency" if field == "currency" else f"unknown_{field}"),
        }

    return _patiently(frame, done, patient)


_FORMS = (
    ("%Y-%m-%d %H:%M:%S", 19, SECOND_US),
    ("%Y/%m/%d %H:%M:%S", 19, SECOND_US),
    ("%Y-%m-%dT%H:%M:%S", 19, SECOND_US),
    ("%Y%m%d%H%M%S", 14, SECOND_US),
    ("%Y%m%d %H:%M:%S", 17, SECOND_US),
    ("%Y-%m-%d-%H.%M.%S%.6f", 26, SECOND_US),
    ("%Y-%m-%d %H:%M:%S%.6f", 26, SECOND_US),
)
"""Forms with a quick way: format, length, precision."""


def convert_micros(column: pl.Series, time_zone: str) -> Cells:
    """Convert times to microseconds since 1970 UTC; ``extra`` is how precise each is (1 s, 1 min or 1 day).

    Where every time of the column is exactly midnight, the file printed dates: the precision is one day.

    Parameters
    ----------
    column : Series of String
    time_zone : str
        Zone of times that name none.
    """
    frame = column.alias("cell").to_frame()
    n = column.len()
    if column.null_count() == n:
        return Cells(column.cast(pl.Int64), pl.DataFrame(schema=_NO_FAULTS), column.cast(pl.Int64))
    form, length, precision = _form_of(column)
    cell = pl.col("cell")
    value, sure = _quick_micros(form, length)(cell)
    done = frame.lazy().select(value=pl.when(sure.fill_null(False)).then(value), sure=sure.fill_null(False)).collect()
    naive, doubt = done["value"], ~(done["sure"] | _blank(column))
    sharp = pl.select(pl.repeat(precision, n, dtype=pl.Int64)).to_series()
    value_us = _utc(naive, time_zone)
    faults = pl.DataFrame(schema=_NO_FAULTS)
    at = doubt.arg_true()
    if not at.is_empty():
        cleaned = frame.select(clean(cell.gather(at)))
        names = ("value", "precision", "east", "check")
        slow = cleaned.select(**dict(zip(names, _patient_micros(cell), strict=True)), blank=cell.is_null())
        local = _utc(slow["value"], time_zone)
        stated = slow["value"].to_physical() - slow["east"] * MINUTE_US
        both = pl.DataFrame({"local": local, "stated": stated, "blank": slow["blank"]})
        instant = both.select(pl.when(~pl.col("blank")).then(pl.coalesce("stated", "local")))["stated"]
        value_us = value_us.scatter(at, instant)
        sharp = sharp.scatter(at, slow["precision"].cast(pl.Int64))
        naive = naive.scatter(at, slow["value"])
        faults = slow.select(pl.Series("ix", at, dtype=pl.UInt32), check=pl.when(~pl.col("blank")).then("check"))
        faults = faults.filter(pl.col("check").is_not_null())
    if _is_midnight(naive.drop_nulls().head(100)) and _is_midnight(naive):
        sharp = pl.select(pl.repeat(DAY_US, n, dtype=pl.Int64)).to_series()
    return Cells(value_us, faults, sharp)


def _is_midnight(naive: pl.Series) -> bool:
    return bool((naive.to_physical() % DAY_US == 0).all())


def _form_of(column: pl.Series) -> tuple[str, int, int]:
    """Return the quick form that most of the first cells have."""
    sample = column.drop_nulls().head(100).to_frame("cell")
    n_sure = [sample.select(_quick_micros(form, length)(pl.col("cell"))[1].sum()).item() for form, length, _ in _FORMS]
    return _FORMS[n_sure.index(max(n_sure))]


def _utc(naive: pl.Series, time_zone: str) -> pl.Series:
    """Return microseconds since 1970 UTC of naive times in a zone; a time the zone never had is null."""
    us = naive.to_physical()
    offset = _FIXED_ZONES.get(time_zone)
    low = us.min()
    if offset is not None and (low is None or int(low) >= _ZONE_BEFORE_1992_US):  # type: ignore[arg-type]
        return us - offset
    zoned = naive.dt.replace_time_zone(time_zone, ambiguous="earliest", non_existent="null")
    return zoned.dt.convert_time_zone("UTC").dt.replace_time_zone(None).to_physical()


def convert_clock(column: pl.Series) -> Cells:
    """Convert times of day (4 to 6 digits, or with colons) to microseconds since midnight; ``extra`` is the precision."""
    cleaned = column.alias("cell").to_frame().select(clean(pl.col("cell")))
    text = pl.col("cell").str.replace(r"\.0+$", "")
    digits = pl.when(text.str.contains(r"^\d{3}$|^\d{5}$")).then("0" + text).otherwise(text)  # a leading zero lost
    parts = digits.str.extract_groups(r"^(\d{1,2})[:.]?(\d{2})(?:[:.]?(\d{2}))?$")
    hour, minute, second = (parts.struct.field(str(i)).cast(pl.Int64, strict=False) for i in (1, 2, 3))
    good = (hour < 24) & (minute < 60) & (second.fill_null(0) < 60)
    done = cleaned.select(
        value=pl.when(good).then(hour * HOUR_US + minute * MINUTE_US + second.fill_null(0) * SECOND_US),
        precision=pl.when(second.is_null()).then(MINUTE_US).otherwise(SECOND_US).cast(pl.Int64),
        check=_check(~good.fill_null(False) & pl.col("cell").is_not_null(), "not_a_clock"),
    )
    faults = done.with_row_index("ix").filter(pl.col("check").is_not_null()).select(pl.col("ix").cast(pl.UInt32), "check")
    return Cells(done["value"], faults, done["precision"])
