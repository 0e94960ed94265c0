"""Fen and microseconds: the only two quantities of the house, and their text forms.

Money is ``int64`` fen (name ends ``_fen``); time is ``int64`` microseconds since 1970 UTC (name ends ``_us``).
Nothing here or anywhere else passes money through a float.
"""

import re
from datetime import UTC, datetime, timedelta, timezone

NONE = -1
"""The unknown position or record number."""

AMOUNT_FEN_MAX = 10**15
"""Largest amount of one transaction, in fen (10 trillion yuan)."""

TOTAL_FEN_MAX = 2**62
"""A graph's amounts sum to less than this, so that no int64 sum can wrap."""

SECOND_US = 1_000_000
MINUTE_US = 60 * SECOND_US
HOUR_US = 60 * MINUTE_US
DAY_US = 24 * HOUR_US

TIME_US_MIN = 631_152_000 * SECOND_US
"""1990-01-01T00:00Z; nothing earlier is a time of a transfer."""

TIME_US_MAX = 4_102_444_800 * SECOND_US
"""2100-01-01T00:00Z."""

CHINA = timezone(timedelta(hours=8), "UTC+8")
"""The zone times are shown in; China has had one zone without summer time since 1992."""

_YUAN = re.compile(r"^(?P<sign>-?)(?P<whole>\d+|\d{1,3}(?:,\d{3})+)(?:\.(?P<part>\d{1,2})0*)?$", re.ASCII)
_DURATION = re.compile(r"^(?P<n>\d+)(?P<unit>us|s|m|h|d)$", re.ASCII)
_DURATION_US = {"us": 1, "s": SECOND_US, "m": MINUTE_US, "h": HOUR_US, "d": DAY_US}
_TIME_FORMATS = ("%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S")


def fen_from_yuan(text: str) -> int:
    """Read an amount in yuan ("1,204.50") as fen, exactly.

    Raises
    ------
    ValueError
        If the text is not digits, optional grouping commas and at most two significant decimals.
    """
    match = _YUAN.match(text)
    if match is None:
        raise ValueError(f"{text!r} is not an amount in yuan (digits, at most 2 decimals)")
    fen = int(match["whole"].replace(",", "")) * 100 + int((match["part"] or "0").ljust(2, "0"))
    return -fen if match["sign"] else fen


def yuan_text(fen: int) -> str:
    """Write fen as yuan with grouping and two decimals: 8400000 -> "84,000.00"."""
    sign = "-" if fen < 0 else ""
    whole, part = divmod(abs(fen), 100)
    return f"{sign}{whole:,}.{part:02d}"


def duration_us(text: str) -> int:
    """Read "90s", "30m", "72h" or "7d" as microseconds.

    Raises
    ------
    ValueError
        If the text is not a whole number followed by us, s, m, h or d, or is zero.
    """
    match = _DURATION.match(text.strip())
    if match is None or int(match["n"]) == 0:
        raise ValueError(f"{text!r} is not a duration (a positive whole number and s, m, h or d: 72h)")
    return int(match["n"]) * _DURATION_US[match["unit"]]


def duration_text(us: int) -> str:
    """Write microseconds in the largest unit that divides them: 259200000000 -> "3d"."""
    for unit in ("d", "h", "m", "s"):
        if us and us % _DURATION_US[unit] == 0:
            return f"{us // _DURATION_US[unit]}{unit}"
    return f"{us}us"


def time_us(text: str) -> int:
    """Read a China-time instant ("2024-03-01", "2024-03-01 09:30[:15]") as microseconds since 1970 UTC.

    Raises
    ------
    ValueError
        If the text has none of these forms.
    """
    for form in _TIME_FORMATS:
        try:
            moment = datetime.strptime(text.strip(), form).replace(tzinfo=CHINA)
        except ValueError:
            continue
        return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    raise ValueError(f"{text!r} is not a time (2024-03-01, 2024-03-01 09:30 or 2024-03-01 09:30:15)")


def time_text(us: int) -> str:
    """Write an instant in China time, to the second unless it has a finer part."""
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=us)
    return moment.astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S.%f" if us % SECOND_US else "%Y-%m-%d %H:%M:%S")
