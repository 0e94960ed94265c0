"""Plan files: TOML held against the signatures of the verbs, before anything is done.

::

    name = "two-card nightly"
    results = "results"                # optional: dated results, and a file `latest` that names the last whole one
    log = "nightly.log"                # optional: one line per step
    keep = 30                          # optional: so many results stay

    [[step]]
    name = "rings"                     # optional: the verb's name
    do = "two_card"                    # a verb
    strict = true                      # optional: a fault the step reports, or a limit that cut its answer, ends the plan
    [step.with]                        # the verb's parameters
    store = "store"                    # files, folders and stores: relative to the plan file
    out = "{result}/two_card"          # {result} is the result being made, {latest} the last whole one
"""

import hashlib
import inspect
import re
import tomllib
import types
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from graphfraud.errors import PlanError
from graphfraud.jobs.plan import PLACE, Plan, Step
from graphfraud.jobs.verbs import VERBS

RESULT, LATEST = "{result}", "{latest}"
KEEP_MIN = 2

_PLAN_KEYS = {"name": str, "results": str, "log": str, "keep": int, "step": list}
_STEP_KEYS = {"name": str, "do": str, "strict": bool, "with": dict}
_WORDS = {
    str: "text in quotes", int: "a whole number", float: "a number", bool: "true or false", dict: "a table", list: "a list",
}  # fmt: skip
_IMPORT = "neo4j-import:"
_PLACEHOLDER = re.compile(r"\{\w*\}")
_STEP_NAME = re.compile(r"^[\w .-]{1,60}$")


def read_plan(path: Path | str) -> Plan:
    """Read a plan file.

    Raises
    ------
    PlanError
        If it cannot be read, has a key nobody knows, a verb there is none of, or a parameter its verb does not take or that is
        of another type; naming file, step, what was found, what is expected and what to do.
    """
    path = Path(path)
    try:
        data = path.read_bytes()
        told = tomllib.loads(data.decode("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as fault:
        why = f"a file that cannot be read ({fault.strerror})" if isinstance(fault, OSError) else f"no TOML in UTF-8 ({fault})"
        raise PlanError(path.name, why, "a plan file", "Check the path and the file; examples/jobs has one.") from fault
    where = path.name
    _known(told, _PLAN_KEYS, where, "the plan")
    home = path.resolve().parent
    name, listed = told.get("name", path.stem), told.get("step", [])
    if not _STEP_NAME.match(name):
        raise PlanError(where, f"the name {name!r}", "1 to 60 letters, digits, spaces, - or .", "Give it a plain name.")
    if "keep" in told and told["keep"] < KEEP_MIN:
        raise PlanError(
            where, f"keep = {told['keep']}", f"at least {KEEP_MIN}", "Yesterday's result is what changes are told by."
        )
    if not listed:
        raise PlanError(where, "no step", "at least one [[step]]", "Add the steps.")
    results = home / told["results"] if "results" in told else None
    steps = [_step(one, f"{where}, step {n}", home, results is not None) for n, one in enumerate(listed, start=1)]
    for n, step in enumerate(steps, start=1):
        if step.name in [before.name for before in steps[: n - 1]]:
            raise PlanError(
                f"{where}, step {n}", f"a second step named {step.name!r}", "names of their own", 'Add name = "..." to one.'
            )
    log = home / told["log"] if "log" in told else None
    return Plan(name, tuple(steps), results, log, told.get("keep"), hashlib.sha256(data).hexdigest())


def _known(told: Mapping[str, Any], keys: Mapping[str, type], where: str, what: str) -> None:
    for key, value in told.items():
        if key not in keys:
            raise PlanError(where, f"the key {key!r}", f"for {what} one of {', '.join(keys)}", "Correct or remove it.")
        if type(value) is not keys[key]:
            raise PlanError(where, f"{key} = {value!r}", _WORDS[keys[key]], "Correct the plan.")


def _step(told: object, where: str, home: Path, has_results: bool) -> Step:
    if not isinstance(told, dict):
        raise PlanError(where, repr(told), "a table: [[step]]", "Correct the plan.")
    _known(told, _STEP_KEYS, where, "a step (the verb's parameters go under [step.with])")
    if "do" not in told:
        raise PlanError(where, "no verb", f'do = "..." with one of {", ".join(sorted(VERBS))}', "Say what the step does.")
    do = told["do"]
    name = str(told.get("name", do))
    where = f"{where} ({name})"
    if do not in VERBS:
        raise PlanError(where, f"the verb {do!r}", f"one of {', '.join(sorted(VERBS))}", "Correct the plan.")
    if not _STEP_NAME.match(name):
        raise PlanError(where, "that name", "1 to 60 letters, digits, spaces, - or .", "Give it a plain name.")
    hints, required = parameters_of(VERBS[do])
    given = told.get("with", {})
    for key in given:
        if key not in hints:
            raise PlanError(where, f"the parameter {key!r}", f"one of {', '.join(sorted(hints))}", f"See the verb {do}.")
    missing = [key for key in required if key not in given]
    if missing:
        raise PlanError(where, f"no {', '.join(missing)}", f"what {do} cannot do without", "Add it under [step.with].")
    placed = {key: _value(value, hints[key], f"{where}, {key}", home, has_results) for key, value in given.items()}
    return Step(do, placed, name, told.get("strict", False))


def parameters_of(verb: Callable[..., object]) -> tuple[dict[str, Any], list[str]]:
    """Return a verb's parameters with their types, ``progress`` apart, and the names of those it cannot do without."""
    verb = inspect.unwrap(verb)
    hints = get_type_hints(verb, include_extras=True)
    signature = inspect.signature(verb).parameters
    names = [name for name in signature if name != "progress"]
    return {name: hints[name] for name in names}, [name for name in names if signature[name].default is inspect.Parameter.empty]


def _value(value: Any, hint: Any, where: str, home: Path, has_results: bool) -> object:
    """Return the value with its places made absolute; refuse one that its parameter does not take."""
    options = get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,)
    for option in options:
        kind = get_origin(option) or option
        if kind is Annotated and PLACE in get_args(option) and isinstance(value, str):
            placed = _placed(value, where, home, has_results)
            if placed.startswith(LATEST) and type(None) not in options:
                raise PlanError(where, repr(value), "a place that is there on the first night too", "Name another place.")
            return placed
        if kind in (list, Sequence) and isinstance(value, list):
            return [_value(one, get_args(option)[0], where, home, has_results) for one in value]
        if kind in (dict, Mapping) and isinstance(value, dict):
            return {key: _value(one, get_args(option)[1], where, home, has_results) for key, one in value.items()}
        if kind is float and type(value) is int:
            return float(value)
        if kind in (str, int, float, bool) and type(value) is kind:
            return value
    words = " or ".join(dict.fromkeys(_words(option) for option in options if option is not type(None)))
    raise PlanError(where, repr(value), words, "Correct the plan.")


def _words(option: Any) -> str:
    kind = get_origin(option) or option
    if kind is Annotated:
        return "a path as text in quotes"
    if kind in (list, Sequence):
        return f"a list of {_words(get_args(option)[0])}"
    return "a table" if kind in (dict, Mapping) else _WORDS.get(kind, str(kind))


def _placed(value: str, where: str, home: Path, has_results: bool) -> str:
    """Make a place absolute; addresses of stores and the result's own places stay as they are."""
    mark = _PLACEHOLDER.match(value)
    if mark:
        rest = value.removeprefix(mark[0])
        if mark[0] not in (RESULT, LATEST) or (rest and rest[0] != "/") or ".." in rest.split("/"):
            raise PlanError(where, repr(value), f"{RESULT}/... or {LATEST}/...", "Correct the place.")
        if not has_results:
            raise PlanError(
                where, f"{value!r} in a plan without results", "a folder for results", 'Add results = "..." to the plan.'
            )
        return value
    if "://" in value:
        return value
    if not value or "\x00" in value:
        raise PlanError(where, repr(value), "a path", "Name a file or folder.")
    kind, path = (_IMPORT, value.removeprefix(_IMPORT)) if value.startswith(_IMPORT) else ("", value)
    return kind + str(home / path)
