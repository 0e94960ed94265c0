"""What a person may see of an identifier unless ``--unmask`` was asked.

A card keeps its first six and last four digits, a phone its first three and last four, an identity number its first three
and last four, a name its first character (the forms police notices use).
"""

import re
from collections.abc import Callable

_ANY = re.compile(r"[0-9]{7,}[Xx]?|(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}")  # a number, or a network card's address
_PHONE = re.compile(r"^1[3-9][0-9]{9}$")
_PART = re.compile(r"(?:^|\|)((?:[^|\\]|\\.)*)", re.DOTALL)  # of the id of a tie
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_PERSON = re.compile(r"^[1-9][0-9]{16}[0-9Xx]$")


def mask_id(value: str) -> str:
    """Mask one account, card, phone, identity or device number; short values keep their last two characters.

    >>> mask_id("6222021234567891234")
    '622202******1234'
    """
    if _PHONE.match(value):
        return f"{value[:3]}****{value[-4:]}"
    if _PERSON.match(value):
        return f"{value[:3]}***********{value[-4:]}"
    if len(value) >= 12:
        return f"{value[:6]}******{value[-4:]}"
    if len(value) >= 7:
        return f"{value[:2]}****{value[-2:]}"
    return "*" * max(len(value) - 2, 0) + value[-2:] if len(value) > 2 else "*" * len(value)


def mask_name(value: str) -> str:
    """Mask a person's or company's name: the first character, then one star for each further one, at most three."""
    return value[:1] + "*" * min(len(value) - 1, 3)


def mask_text(text: str) -> str:
    """Mask every run of seven or more digits, and every MAC address, inside free text (memos, values quoted in a message).

    >>> mask_text("6222021234567891234 on 02:00:00:00:09:EA")
    '622202******1234 on 02:00:******9:EA'

    Names inside free text cannot be recognised; callers leave such text out of logs and errors.
    """
    return _ANY.sub(lambda match: mask_id(match.group()), text)


def mask_tie(text: str, mask: Callable[[str], str] = mask_id) -> str:
    r"""Mask the two ends in the id of a cited tie (:func:`graphfraud.findings.run.link_id`).

    >>> mask_tie("logged_in_on|account|6222021234567891234|device|020000000001")
    'logged_in_on|account|622202******1234|device|020000******0001'
    """
    kind, a_kind, a_id, b_kind, b_id = _PART.findall(text)
    return "|".join((kind, a_kind, mask(_ESCAPED.sub(r"\1", a_id)), b_kind, mask(_ESCAPED.sub(r"\1", b_id))))
