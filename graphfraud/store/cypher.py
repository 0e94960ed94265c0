"""The statements under ``cypher/``: one a file, a three-line head, parameters only.

The head says what the statement is for, which parameters it takes (name, type, perhaps the values it may have and a default)
and what it returns::

    // Newest transfers of the store.
    // params: direction STRING(in|out) = "out", limit INTEGER = 20
    // returns: transaction_id STRING, payer_id STRING

A list travels inside the one map ``$lists`` (in the head ``lists.rows LIST<MAP>``): the server plans a statement anew for each
magnitude of a list parameter's length, which costs a small load more than its rows do, but never for a list within a map.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from graphfraud import shipped
from graphfraud.errors import QuestionError, StoreError
from graphfraud.units import duration_us, time_us

FOLDERS = ("constraints", "migrations", "write", "read", "look")

_NAME = re.compile(
    r"^(?P<name>(?:lists\.)?[a-z_][a-z0-9_]*) (?P<type>[A-Z][A-Z<>]*)(?:\((?P<choices>[a-z_|]+)\))?(?: = (?P<default>.+))?$"
)
_NOT_CODE = re.compile(r"//[^\n]*|/\*.*?\*/|'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"|`[^`]*`", re.S)
_PARAMETER = re.compile(r"\$(lists\.\w+|\w+)")


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter as the head declares it; ``default`` is None where it must be given, ``choices`` empty where all goes."""

    name: str
    type: str
    default: Any = None
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement: folder and name of its file, the three lines of its head, its text."""

    folder: str
    name: str
    purpose: str
    params: tuple[Parameter, ...]
    returns: tuple[Parameter, ...]
    text: str

    def values(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return a value for each parameter: given, else its default.

        Raises
        ------
        QuestionError
            If one is missing, unknown, or of another type or value than the head says.
        """
        declared = {p.name: p for p in self.params}
        if unknown := sorted(set(given) - set(declared)):
            raise QuestionError(
                f"query {self.name}",
                f"parameter {unknown[0]!r}",
                f"only {', '.join(declared) or 'none'}",
                f"See: graphfraud queries show {self.name}",
            )
        lacking = [p.name for p in self.params if p.default is None and p.name not in given]
        if lacking:
            raise QuestionError(
                f"query {self.name}",
                f"no {lacking[0]}",
                f"--param {lacking[0]}=...",
                f"See: graphfraud queries show {self.name}",
            )
        return {p.name: _typed(self.name, p, given.get(p.name, p.default)) for p in self.params}

    def sent(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return values as they go to the server: lists within ``lists``."""
        within = {name: value for name, value in values.items() if any(p.name == f"lists.{name}" for p in self.params)}
        return {name: value for name, value in values.items() if name not in within} | ({"lists": within} if within else {})


def statement(folder: str, name: str) -> Statement:
    """Return the statement ``cypher/<folder>/<name>.cypher``.

    Raises
    ------
    QuestionError
        If there is no such file.
    StoreError
        If the file's head and body do not agree.
    """
    try:
        return statements(folder)[name]
    except KeyError:
        raise QuestionError(
            f"query {name}", "no such query", f"one of {', '.join(sorted(statements(folder)))}", "See: graphfraud queries list"
        ) from None


@cache
def statements(folder: str) -> Mapping[str, Statement]:
    """Return the statements of one folder of ``cypher/`` by name, sorted."""
    files = sorted((shipped.folder("cypher") / folder).glob("*.cypher"))
    return {file.stem: parse(file.read_text(encoding="utf-8"), file) for file in files}


def parse(text: str, file: Path) -> Statement:
    """Read a statement file, refusing one whose body uses a parameter its head does not declare, or declares one unused.

    Raises
    ------
    StoreError
        Naming the file and what is wrong with it.
    """
    where = f"cypher/{file.parent.name}/{file.name}"
    lines = text.splitlines()
    heads = ("// ", "// params: ", "// returns: ")
    if len(lines) < 4 or not all(
        line.startswith(head) and line[len(head) :].strip() for line, head in zip(lines, heads, strict=False)
    ):
        raise StoreError(where, "no full head", "three lines: // purpose, // params: ..., // returns: ...", "Write its head.")
    params = _declared(lines[1].removeprefix(heads[1]), where)
    returns = _declared(lines[2].removeprefix(heads[2]), where)
    body = "\n".join(lines[3:]).strip()
    code = _NOT_CODE.sub(" ", body)
    used, named = set(_PARAMETER.findall(code)), {p.name for p in params}
    if used != named:
        odd = sorted(used ^ named)[0]
        found = f"${odd} used but not declared" if odd in used else f"{odd} declared but not used"
        raise StoreError(where, found, "the same parameters in head and body", "Correct the head or the body.")
    if ";" in code:
        raise StoreError(where, "a semicolon", "one statement a file, without an end mark", "Split the file.")
    return Statement(file.parent.name, file.stem, lines[0].removeprefix(heads[0]).strip(), params, returns, body)


def _declared(text: str, where: str) -> tuple[Parameter, ...]:
    if text.strip() == "none":
        return ()
    found = []
    for part in text.split(","):
        match = _NAME.match(part.strip())
        if match is None:
            raise StoreError(where, f"{part.strip()!r} in the head", "name TYPE or name TYPE = default", "Correct its head.")
        default = json.loads(match["default"]) if match["default"] else None
        choices = tuple(match["choices"].split("|")) if match["choices"] else ()
        found.append(Parameter(match["name"], match["type"], default, choices))
    return tuple(found)


def _typed(query: str, parameter: Parameter, value: Any) -> Any:
    """Turn text from a command line into the declared type; leave what has it already."""
    if parameter.choices and value not in parameter.choices:
        where, expected = f"query {query}, parameter {parameter.name}", f"one of {', '.join(parameter.choices)}"
        raise QuestionError(where, repr(value), expected, f"See: graphfraud queries show {query}")
    try:
        if parameter.type == "INTEGER" and isinstance(value, str):
            return _integer(parameter.name, value)
        if parameter.type == "FLOAT" and isinstance(value, str):
            return float(value)
        if parameter.type == "BOOLEAN" and isinstance(value, str):
            return {"true": True, "false": False}[value]
        if parameter.type.startswith("LIST<") and isinstance(value, str):
            return [_typed(query, Parameter(parameter.name, parameter.type[5:-1]), part) for part in value.split(",")]
    except (ValueError, KeyError) as cause:
        raise QuestionError(
            f"query {query}, parameter {parameter.name}",
            f"{value!r}",
            parameter.type + (" (a time, or a duration such as 72h)" if parameter.name.endswith("_us") else ""),
            f"See: graphfraud queries show {query}",
        ) from cause
    return value


def _integer(name: str, text: str) -> int:
    """Read digits; for microseconds also a time in China time or a duration."""
    if not name.endswith("_us") or re.fullmatch(r"-?\d+", text):
        return int(text)
    try:
        return duration_us(text)
    except ValueError:
        return time_us(text)
