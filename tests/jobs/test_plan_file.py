"""Plan files: what is wrong is refused before anything is done, with file, step, what was found and what to do."""

from pathlib import Path
from typing import Annotated, get_args, get_origin

import pytest

from graphfraud.errors import PlanError
from graphfraud.jobs.plan import PLACE
from graphfraud.jobs.plan_file import parameters_of, read_plan
from graphfraud.jobs.verbs import VERBS

from .conftest import PLAN


def plan(folder: Path, text: str) -> Path:
    path = folder / "plan.toml"
    path.write_text(text, encoding="utf-8")
    return path


STEP = '[[step]]\ndo = "check"\n[step.with]\nstore = "s"\n'

CHECK = '[[step]]\ndo = "check"\n[step.with]\n'
WRONG = {
    "no toml": ("name = \n", "no TOML in UTF-8"),
    "an unknown key": (f"steps = 3\n{STEP}", "the key 'steps'"),
    "a key of another type": (f"keep = '3'\n{STEP}", "keep = '3'; expected a whole number"),
    "true is no number": (f"keep = true\n{STEP}", "keep = True; expected a whole number"),
    "too few kept": (f"keep = 1\n{STEP}", "keep = 1; expected at least 2"),
    "no step": ("name = 'x'\n", "found no step"),
    "a step that is no table": ("step = [3]\n", "step 1: found 3"),
    "a parameter beside the verb": ('[[step]]\ndo = "check"\nstore = "s"\n', "the key 'store'; expected for a step"),
    "no verb": ("[[step]]\nname = 'x'\n", "step 1: found no verb"),
    "an unknown verb": ('[[step]]\ndo = "chek"\n', "step 1 (chek): found the verb 'chek'; expected one of anything_new"),
    "an unknown parameter": (STEP + 'sotre = "s"\n', "step 1 (check): found the parameter 'sotre'; expected one of store"),
    "a missing parameter": ('[[step]]\ndo = "trace"\n[step.with]\nstore = "s"\n', "(trace): found no case"),
    "tiers is asked as trace is": ('[[step]]\ndo = "tiers"\n[step.with]\nstore = "s"\n', "(tiers): found no case"),
    "a number for text": (CHECK + "store = 3\n", "store: found 3; expected a path as text in quotes"),
    "text for a number": (
        '[[step]]\ndo = "two_card"\n[step.with]\nstore = "s"\naccounts_max = "200"\n',
        "accounts_max: found '200'; expected a whole number",
    ),
    "one file for a list": ('[[step]]\ndo = "load"\n[step.with]\nstore = "s"\nfiles = "f"\n', "expected a list of a path"),
    "the progress of a verb": (CHECK + 'store = "s"\nprogress = "p"\n', "the parameter 'progress'"),
    "two steps of one name": (STEP + STEP, "step 2: found a second step named 'check'"),
    "a name of several lines": (f'name = "a\\nb"\n{STEP}', "found the name"),
    "a place nobody knows": (CHECK + 'store = "{reslt}/s"\n', "expected {result}/... or {latest}/..."),
    "a way out of the result": (
        'results = "r"\n[[step]]\ndo = "check"\n[step.with]\nstore = "{result}/../../s"\n',
        "expected {result}/... or {latest}/...",
    ),
    "a result of a plan without results": (CHECK + 'store = "{result}/s"\n', "a plan without results"),
    "yesterday where there must be something": (
        'results = "r"\n[[step]]\ndo = "check"\n[step.with]\nstore = "{latest}/s"\n',
        "expected a place that is there on the first night too",
    ),
    "an empty place": ('[[step]]\ndo = "check"\n[step.with]\nstore = ""\n', "expected a path"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_named(tmp_path: Path, name: str) -> None:
    text, said = WRONG[name]
    with pytest.raises(PlanError) as told:
        read_plan(plan(tmp_path, text))
    assert said in str(told.value) and "plan.toml" in str(told.value)
    assert told.value.exit_code == 2 and told.value.remedy


def test_a_plan_that_is_not_there_or_not_utf8(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="cannot be read"):
        read_plan(tmp_path / "none.toml")
    (tmp_path / "gbk.toml").write_bytes("name = '夜间任务'\n".encode("gbk"))
    with pytest.raises(PlanError, match="UTF-8"):
        read_plan(tmp_path / "gbk.toml")


def test_places_are_relative_to_the_plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (
        'results = "out/results"\nlog = "n.log"\n'
        '[[step]]\ndo = "load"\n[step.with]\nstore = "neo4j://127.0.0.1"\nfiles = ["in", "/abs/x.csv"]\nmax_rejected = "1%"\n'
        '[[step]]\ndo = "copy"\n[step.with]\nstore = "s"\ntarget = "neo4j-import:i"\n'
        '[[step]]\ndo = "ring_changes"\n[step.with]\nanswer = "{result}/a"\nout = "{result}"\nprevious = "{latest}/a"\n'
    )
    path = plan(tmp_path, text)
    monkeypatch.chdir(tmp_path.parent)
    read = read_plan(path.relative_to(tmp_path.parent))
    home = tmp_path.resolve()
    assert read.results == home / "out" / "results" and read.log == home / "n.log" and read.name == "plan"
    load, copy, changes = (step.parameters for step in read.steps)
    assert load == {"store": "neo4j://127.0.0.1", "files": [str(home / "in"), "/abs/x.csv"], "max_rejected": "1%"}
    assert copy == {"store": str(home / "s"), "target": "neo4j-import:" + str(home / "i")}
    assert changes == {"answer": "{result}/a", "out": "{result}", "previous": "{latest}/a"}


def test_every_place_of_every_verb_is_known_as_one() -> None:
    """A verb that took a path as mere text would look for it beside the shell's folder, not the plan's."""
    places = {
        "store",
        "files",
        "out",
        "answer",
        "inbox",
        "previous",
        "previous_changes",
        "changes",
        "rejected",
        "folder",
        "config",
    }
    for name, verb in VERBS.items():
        hints, _ = parameters_of(verb)
        for parameter in places & hints.keys():
            options = get_args(hints[parameter]) or (hints[parameter],)
            found = [o for o in (*options, hints[parameter]) if get_origin(o) is Annotated and PLACE in get_args(o)]
            assert found or PLACE in get_args(hints[parameter]), f"{name}, {parameter} is no Place"


def test_the_nightly_plan_is_read() -> None:
    read = read_plan(PLAN)
    assert [step.name for step in read.steps] == ["load", "new", "rings", "changes", "flagged", "pages"]
    assert read.keep == 30 and read.results is not None
