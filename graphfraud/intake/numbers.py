"""Numbers of telephones and handsets: the verbs that read them, each a quick and a patient way as in :mod:`.convert`."""

import polars as pl

Way = tuple[pl.Expr, pl.Expr]

_DAMAGED = r"^[+-]?\d(?:\.\d+)?[eE]\+?\d{1,2}$|^\d+\.\d*$|^#+$"
_NOBODY_IMEI = r"^0+$|^[fF]+$|\*\*"
_MEID = r"^[0-9A-F]{14}$"


def national(text: pl.Expr) -> pl.Expr:
    """Take China's country code off a mobile number (11 digits, data cards 13); other countries' 00 becomes +."""
    text = text.str.replace(r"^(?:\+|00)?86-?(1\d{10}|14\d{11})$", "${1}")
    return text.str.replace(r"^00([1-9]\d{6,14})$", "+${1}")


def quick_dialled(cell: pl.Expr) -> Way:
    """Digits that carry no country code."""
    # A cast tells digits from other text several times faster than a pattern.
    sure = (cell.cast(pl.Int64, strict=False) >= 0) & ~cell.str.contains(r"^(?:[+-]|86|00)")
    return cell, sure.fill_null(False)


def patient_dialled(cell: pl.Expr) -> Way:
    """Whatever was dialled or sent: numbers, service codes, names of senders, masked numbers; only a cut-off one is a fault."""
    text = cell.str.replace_all(r"[\s()]+", "")
    text = pl.when(text.str.contains(r"^\d{1,15}\.0+$")).then(text.str.replace(r"\.0+$", "")).otherwise(text)
    damaged = text.str.contains(_DAMAGED)
    return pl.when(~damaged).then(national(text)), pl.when(damaged).then(pl.lit("damaged_number"))


def luhn(digits: pl.Expr) -> pl.Expr:
    """Return the digit (Int64) that makes 14 digits and it pass the Luhn check."""
    number, total = digits.cast(pl.Int64, strict=False), pl.lit(0, pl.Int64)
    for place in range(14):
        digit = number // 10**place % 10
        if place % 2 == 0:
            digit = digit * 2
            digit = digit // 10 + digit % 10
        total = total + digit
    return (10 - total % 10) % 10


def quick_imei(cell: pl.Expr) -> Way:
    """15 digits with the right check digit."""
    whole = cell.str.contains(r"^[0-9]{15}$")
    digits = pl.when(whole).then(cell)
    right = digits.str.slice(14).cast(pl.Int64, strict=False) == luhn(digits.str.slice(0, 14))
    return cell, (whole & right & (cell != "0" * 15)).fill_null(False)


def patient_imei(cell: pl.Expr) -> Way:
    """Bring a handset number to 15 digits.

    Networks print 14 digits (no check digit), 15 with the check digit or with the spare digit 0 in its place, or 16 (two
    digits of software version in its place): 3GPP TS 23.003, 6.2. The first 14 name the handset, so all of these become
    14 and the check digit. 15 digits with another wrong digit stay as printed: nobody can tell which digit is wrong.
    """
    text = cell.str.replace_all(r"[\s/-]+", "").str.to_uppercase()
    text = pl.when(text.str.contains(r"^\d{14,16}\.0$")).then(text.str.replace(r"\.0$", "")).otherwise(text)
    damaged, nobody = text.str.contains(_DAMAGED), text.str.contains(_NOBODY_IMEI)
    body = text.str.extract(r"^(\d{14})\d{0,2}$")
    check = luhn(body).cast(pl.String)
    spare = (text.str.len_chars() != 15) | (text.str.slice(14) == "0")
    meid = text.str.contains(_MEID)
    good = body.is_not_null() | meid
    number = pl.when(body.is_not_null() & spare).then(body + check).when(good).then(text)
    fault = pl.when(damaged).then(pl.lit("damaged_number")).when(~good & ~nobody).then(pl.lit("not_an_imei"))
    return pl.when(~damaged & ~nobody).then(number), fault


def check_digit_fails(imei: pl.Expr) -> pl.Expr:
    """Tell which handset numbers of 15 digits do not pass the Luhn check: a doubt, since many networks do not keep it."""
    digits = pl.when(imei.str.contains(r"^[0-9]{15}$")).then(imei)
    return (digits.str.slice(14).cast(pl.Int64, strict=False) != luhn(digits.str.slice(0, 14))).fill_null(False)


def quick_duration(cell: pl.Expr) -> Way:
    """Whole seconds."""
    return cell.cast(pl.Int64, strict=False), cell.str.contains(r"^[0-9]{1,6}$")


def patient_duration(cell: pl.Expr) -> Way:
    """Seconds, hh:mm:ss, mm:ss, or 1小时2分3秒, as seconds."""
    text = cell.str.replace_all(r"\s+", "").str.replace(r"\.0+$", "").str.replace(r"^(\d{1,6})(?:秒|[sS])$", "${1}")
    clock = text.str.extract_groups(r"^(?:(\d{1,3}):)?(\d{1,3}):(\d{1,2})$")
    words = text.str.extract_groups(r"^(?:(\d{1,3})(?:小时|时))?(?:(\d{1,3})(?:分钟|分))?(?:(\d{1,2})秒)?$")
    seconds = text.str.extract(r"^(\d{1,6})$").cast(pl.Int64, strict=False)
    for groups in (clock, words):
        parts = [groups.struct.field(str(i)).cast(pl.Int64, strict=False) for i in (1, 2, 3)]
        told = pl.sum_horizontal(part.fill_null(0) * unit for part, unit in zip(parts, (3600, 60, 1), strict=True))
        seconds = pl.coalesce(seconds, pl.when(pl.any_horizontal(part.is_not_null() for part in parts)).then(told))
    return seconds, pl.when(seconds.is_null()).then(pl.lit("not_a_duration"))


_HEX_DIGITS = 9
"""A cell of the fifth generation has 36 bits."""


def quick_cell(cell: pl.Expr) -> Way:
    """Decimal digits."""
    return cell.cast(pl.Int64, strict=False), cell.str.contains(r"^[0-9]{1,11}$") & ~cell.str.contains(r"^0")


def patient_cell(cell: pl.Expr) -> Way:
    """Location area or cell as a number; letters make it hexadecimal. What is no number, or 0, names none and is no fault."""
    text = cell.str.to_uppercase().str.replace(r"^0X", "").str.replace(r"\.0+$", "")
    decimal = pl.when(text.str.contains(r"^[0-9]{1,11}$")).then(text).cast(pl.Int64, strict=False)
    hexadecimal = pl.when(text.str.contains(rf"^[0-9A-F]{{1,{_HEX_DIGITS}}}$")).then(text)
    number = pl.coalesce(decimal, hexadecimal.str.to_integer(base=16, strict=False, dtype=pl.Int64))
    return pl.when(number > 0).then(number), pl.lit(None, pl.String)
