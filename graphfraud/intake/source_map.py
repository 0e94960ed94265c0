"""Source maps: which heading of a file is which field, and how its text becomes a value.

A map is data (``loaders/NAME/map.toml``), never code. Everything a map may say is checked here, so that a mistake in it is
one clear :class:`LoaderError` before any file is read.
"""

import hashlib
import re
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from graphfraud import shipped
from graphfraud.errors import LoaderError
from graphfraud.tables import CHANNELS

VERBS: Mapping[str, str] = MappingProxyType(
    {
        "to_fen": "money",
        "to_micros": "time",
        "to_clock": "clock",
        "to_choice": "choice",
        "to_text": "text",
        "to_account_id": "text",
        "to_phone": "text",
        "to_id_number": "text",
        "to_imei": "text",
        "to_dialled": "text",
        "to_duration": "duration",
        "to_cell": "cell",
    }
)
"""Verb -> kind of value it gives; the verbs themselves live in :mod:`graphfraud.intake.convert`."""

_STATEMENT = {
    "own_account": "text",
    "own_card": "text",
    "own_name": "text",
    "own_holder": "text",  # identity number of the account's holder
    "at": "time",
    "clock": "clock",  # time of day, where the date stands in a column of its own
    "amount": "money",
    "debit": "money",  # where money out and money in have a column each
    "credit": "money",
    "balance": "money",
    "direction": "choice",
    "cp_account": "text",
    "cp_card": "text",
    "cp_name": "text",
    "cash": "choice",
    "memo": "text",
    "note": "text",
    "kind": "text",
    "merchant": "text",
    "currency": "choice",
    "success": "choice",
    "reversal": "choice",
    "serial": "text",
    "terminal": "text",
    "ip": "text",
    "mac": "text",
}
_CASE_REPORT = {
    "case_id": "text",
    "case_kind": "text",
    "reported_at": "time",
    "occurred_at": "time",
    "unit": "text",
    "brief": "text",
    "victim_name": "text",
    "victim_id": "text",
    "victim_phone": "text",
    "victim_address": "text",
    "loss": "money",
    "returned": "money",
    "payer_account": "text",
    "payer_name": "text",
    "payer_bank": "text",
    "payee_account": "text",
    "payee_name": "text",
    "payee_bank": "text",
    "amount": "money",
    "at": "time",
    "clock": "clock",
    "serial": "text",
    "currency": "choice",
    "memo": "text",
    "ip": "text",
    "mac": "text",
}
_ACCOUNT_REGISTER = {
    "account": "text",
    "card": "text",
    "kind": "choice",
    "bank": "text",
    "outlet": "text",
    "holder_name": "text",
    "holder_id": "text",
    "id_kind": "text",
    "holder_kind": "choice",
    "phone": "text",
    "address": "text",
    "opened_at": "time",
    "closed_at": "time",
    "status": "choice",
    "balance": "money",
    "currency": "choice",
}
_SIM_REGISTER = {
    "phone": "text",
    "holder_name": "text",
    "holder_id": "text",
    "id_kind": "text",
    "address": "text",
    "opened_at": "time",
    "closed_at": "time",
    "carrier": "text",
    "region": "text",
    "plan": "text",
    "iccid": "text",
    "imsi": "text",
    "imei": "text",
    "agent": "text",
    "status": "text",
}
_CALL_RECORD = {
    "own": "text",  # the phone card whose record it is
    "peer": "text",  # the other end, as dialled
    "call_type": "text",
    "at": "time",
    "clock": "clock",
    "duration": "duration",
    "imei": "text",
    "imsi": "text",
    "carrier": "text",
    "region": "text",
    "lac": "cell",  # location area and cell in which the call began
    "ci": "cell",
    "place": "text",  # region in which the card was then
}
FIELDS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "statement": _STATEMENT,
        "case_report": _CASE_REPORT,
        "account_register": _ACCOUNT_REGISTER,
        "sim_register": _SIM_REGISTER,
        "call_record": _CALL_RECORD,
    }
)
"""Document -> field -> kind of value."""

NEEDED: Mapping[str, tuple[tuple[str, ...], ...]] = MappingProxyType(
    {
        "statement": (("own_account", "own_card"), ("at",), ("amount", "debit"), ("direction", "debit")),
        "case_report": (("case_id",),),
        "account_register": (("account", "card"),),
        "sim_register": (("phone",),),
        "call_record": (("own",), ("at",)),
    }
)
"""Document -> groups of fields; a map must bind one field of each group, and so must a file."""

MEANINGS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "direction": ("in", "out"),
        "cash": ("cash", "other"),
        "success": ("ok", "failed"),
        "reversal": ("yes", "no"),
        "currency": ("CNY",),
        "status": ("normal", "frozen", "stopped", "closed"),
        "kind": ("personal", "company", "merchant", "payment"),
        "holder_kind": ("person", "company"),
    }
)
"""Choice field -> what a sign may mean."""

REVERSAL = "reversal"
"""Key of ``[channels]`` that is not a channel: words by which a row says that it takes another row back."""

DIRECTIONS = ("neither", "out", "in")
"""Keys of ``[directions]``: words by which a call record says which way a call went; messages and data go neither way."""

_KEYS = {"title", "document", "version", "time_zone", "signature", "columns", "choices", "channels", "directions"}
_OPTIONAL = {"choices", "channels", "directions"}
_SPACE = re.compile(r"[\s\u200b\ufeff*]+")


@dataclass(frozen=True, slots=True)
class FieldMap:
    """How one field is filled: the headings it may stand under in order of preference, the verb, whether a row needs it."""

    field: str
    headings: tuple[str, ...]
    verb: str
    required: bool = False


@dataclass(frozen=True, slots=True)
class SourceMap:
    """One loader: ``name`` is its folder; ``columns`` maps field to :class:`FieldMap`; headings are cleaned.

    ``choices`` maps field -> meaning -> signs; ``channels`` maps channel (or ``reversal``) -> words, in order of preference;
    ``directions`` maps each of :data:`DIRECTIONS` -> words of ``call_type``, a sign of one character standing alone.
    ``sha256`` is the digest of the map.toml's bytes.
    """

    name: str
    title: str
    document: str
    version: int
    time_zone: str
    signature: tuple[str, ...]
    columns: Mapping[str, FieldMap]
    choices: Mapping[str, Mapping[str, tuple[str, ...]]]
    channels: Mapping[str, tuple[str, ...]]
    directions: Mapping[str, tuple[str, ...]]
    sha256: str

    @property
    def headings(self) -> frozenset[str]:
        """Every heading the map knows."""
        return frozenset(h for column in self.columns.values() for h in column.headings) | frozenset(self.signature)


def clean_heading(text: str) -> str:
    """Bring a heading to its plain form: no BOM, blanks or asterisks, full-width forms narrow, Latin letters upper case.

    >>> clean_heading("\ufeff* 交易金额（元） ")
    '交易金额(元)'
    """
    return _SPACE.sub("", unicodedata.normalize("NFKC", text)).upper()


def loaders() -> dict[str, SourceMap]:
    """Return the shipped loaders by name.

    Raises
    ------
    LoaderError
        If the installation lacks them or one of them is wrong.
    """
    folder = shipped.folder("loaders")
    return {path.parent.name: load_map(path.parent) for path in sorted(folder.glob("*/map.toml"))}


def load_map(path_or_name: str | Path) -> SourceMap:
    """Read a loader: the name of a shipped one, a folder that holds a map.toml, or the path of a map.toml.

    Raises
    ------
    LoaderError
        If there is no such loader, or its map is not TOML or breaks a rule; names the file and the key.
    """
    path = Path(path_or_name)
    if path.is_dir():
        path = path / "map.toml"
    if not path.is_file():
        folder = shipped.folder("loaders")
        if (folder / str(path_or_name) / "map.toml").is_file():
            path = folder / str(path_or_name) / "map.toml"
        else:
            names = ", ".join(sorted(p.parent.name for p in folder.glob("*/map.toml")))
            raise LoaderError(
                f"loader {str(path_or_name)!r}",
                "no loader of that name and no map.toml at that path",
                f"one of {names}, or a folder with a map.toml",
                "See `graphfraud loaders list`.",
            )
    data = path.read_bytes()
    where = f"{path.parent.name}/{path.name}"
    try:
        table = tomllib.loads(data.decode("utf-8-sig"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as cause:
        raise LoaderError(
            where, f"text that is not TOML ({cause})", "a TOML file in UTF-8", "Correct the line named."
        ) from cause
    return _Checker(where).checked(table, path.parent.name, hashlib.sha256(data).hexdigest())


class _Checker:
    """Turns the parsed TOML of one file into a SourceMap; every complaint names the file and the key."""

    def __init__(self, where: str) -> None:
        self.where = where

    def fail(self, key: str, found: str, expected: str) -> LoaderError:
        return LoaderError(
            f"{self.where}, {key}", found, expected, "Correct that key of the map; CONTRIBUTING.md shows a whole map."
        )

    def checked(self, table: dict[str, Any], name: str, sha256: str) -> SourceMap:
        missing = sorted(_KEYS - _OPTIONAL - table.keys())
        if missing:
            raise self.fail(missing[0], "no such key", f"the keys {', '.join(sorted(_KEYS - _OPTIONAL))}")
        unknown = sorted(table.keys() - _KEYS)
        if unknown:
            raise self.fail(unknown[0], "a key that no map has", f"only {', '.join(sorted(_KEYS))}")
        document = self._text(table, "document")
        if document not in FIELDS:
            raise self.fail("document", repr(document), f"one of {', '.join(FIELDS)}")
        version = table["version"]
        if not isinstance(version, int) or isinstance(version, bool) or version < 1:
            raise self.fail("version", repr(version), "a whole number from 1")
        columns = self._columns(table["columns"], document)
        signature = tuple(clean_heading(h) for h in self._texts("signature", table["signature"]))
        bound = {h for column in columns.values() for h in column.headings}
        stray = [h for h in signature if h not in bound]
        if stray and not any(h in bound for h in signature):
            raise self.fail(
                "signature", f"only headings that no column reads ({', '.join(stray)})", "at least one that a column reads"
            )
        return SourceMap(
            name=name,
            title=self._text(table, "title"),
            document=document,
            version=version,
            time_zone=self._zone(table),
            signature=signature,
            columns=MappingProxyType(columns),
            choices=self._choices(table.get("choices", {}), columns),
            channels=self._channels(table.get("channels", {}), document),
            directions=self._directions(table.get("directions", {}), document),
            sha256=sha256,
        )

    def _text(self, table: dict[str, Any], key: str) -> str:
        value = table[key]
        if not isinstance(value, str) or not value.strip():
            raise self.fail(key, repr(value), "a text")
        return value

    def _texts(self, key: str, value: object) -> tuple[str, ...]:
        if not isinstance(value, list) or not value or not all(isinstance(v, str) and v.strip() for v in value):
            raise self.fail(key, repr(value), 'a list of texts, such as ["交易金额", "发生额"]')
        return tuple(value)

    def _zone(self, table: dict[str, Any]) -> str:
        zone = self._text(table, "time_zone")
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as cause:
            raise self.fail("time_zone", repr(zone), "a time zone such as Asia/Shanghai") from cause
        return zone

    def _columns(self, table: object, document: str) -> dict[str, FieldMap]:
        if not isinstance(table, dict) or not table:
            raise self.fail("columns", repr(table), "a table of fields")
        fields, owner, columns = FIELDS[document], dict[str, str](), dict[str, FieldMap]()
        for field, entry in table.items():
            key = f"columns.{field}"
            if field not in fields:
                raise self.fail(key, f"a field that document {document!r} does not have", f"one of {', '.join(fields)}")
            if not isinstance(entry, dict) or not {"from", "verb"} <= entry.keys() <= {"from", "verb", "required"}:
                raise self.fail(key, repr(entry), '{ from = ["heading"], verb = "to_text" } and perhaps required = true')
            verb, required = entry["verb"], entry.get("required", False)
            if verb not in VERBS or VERBS[verb] != fields[field]:
                fitting = ", ".join(v for v, kind in VERBS.items() if kind == fields[field])
                raise self.fail(f"{key}.verb", repr(verb), f"a verb that gives {fields[field]}: {fitting}")
            if not isinstance(required, bool):
                raise self.fail(f"{key}.required", repr(required), "true or false")
            headings = tuple(dict.fromkeys(clean_heading(h) for h in self._texts(f"{key}.from", entry["from"])))
            for heading in headings:
                if heading in owner:
                    raise self.fail(
                        f"{key}.from", f"heading {heading} that {owner[heading]} already reads", "each heading in one column"
                    )
                owner[heading] = field
            columns[field] = FieldMap(field, headings, verb, required)
        for group in NEEDED[document]:
            if not any(field in columns for field in group):
                raise self.fail("columns", f"no {' or '.join(group)}", f"document {document!r} to have {' or '.join(group)}")
        return columns

    def _choices(self, table: object, columns: Mapping[str, FieldMap]) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
        if not isinstance(table, dict):
            raise self.fail("choices", repr(table), "a table of fields")
        asked = [field for field, column in columns.items() if column.verb == "to_choice"]
        for field in asked:
            if field not in table:
                raise self.fail(
                    f"choices.{field}",
                    "no such key",
                    f"the signs of {', '.join(MEANINGS[field])}, since {field} is a to_choice",
                )
        choices: dict[str, Mapping[str, tuple[str, ...]]] = {}
        for field, meanings in table.items():
            key = f"choices.{field}"
            if field not in asked:
                raise self.fail(key, "a vocabulary that no column uses", f"one of {', '.join(asked) or 'none'}")
            if not isinstance(meanings, dict) or not meanings or not meanings.keys() <= set(MEANINGS[field]):
                raise self.fail(key, repr(meanings), f"signs for {', '.join(MEANINGS[field])}")
            signs = {m: tuple(clean_sign(s) for s in self._texts(f"{key}.{m}", v)) for m, v in meanings.items()}
            every = [s for group in signs.values() for s in group]
            twice = [s for s in every if every.count(s) > 1]
            if twice:
                raise self.fail(key, f"sign {twice[0]!r} twice", "each sign with one meaning")
            choices[field] = MappingProxyType(signs)
        return MappingProxyType(choices)

    def _channels(self, table: object, document: str) -> Mapping[str, tuple[str, ...]]:
        if not isinstance(table, dict):
            raise self.fail("channels", repr(table), "a table of channels")
        if table and document not in ("statement", "case_report"):
            raise self.fail("channels", f"channels in document {document!r}", "none, as it has no transactions")
        for channel in table:
            if channel not in (*CHANNELS, REVERSAL):
                raise self.fail(
                    f"channels.{channel}", "a channel that does not exist", f"one of {', '.join((*CHANNELS, REVERSAL))}"
                )
        return MappingProxyType({c: self._texts(f"channels.{c}", words) for c, words in table.items()})

    def _directions(self, table: object, document: str) -> Mapping[str, tuple[str, ...]]:
        if not isinstance(table, dict):
            raise self.fail("directions", repr(table), "a table of directions")
        if table and document != "call_record":
            raise self.fail("directions", f"directions in document {document!r}", "none, as it has no calls")
        for direction in table:
            if direction not in DIRECTIONS:
                raise self.fail(f"directions.{direction}", "a direction that does not exist", f"one of {', '.join(DIRECTIONS)}")
        return MappingProxyType(
            {d: tuple(clean_sign(word) for word in self._texts(f"directions.{d}", table[d])) for d in DIRECTIONS if d in table}
        )


def clean_sign(text: str) -> str:
    """Bring a sign of a closed vocabulary to its plain form: narrow, upper case, no blanks around.

    >>> clean_sign(" ｃ")
    'C'
    """
    return unicodedata.normalize("NFKC", text).strip().upper()
