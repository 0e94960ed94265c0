"""The runner: a result counts whole or not at all, whatever happens in which step."""

from pathlib import Path
from typing import Any

import pytest

from graphfraud.errors import PlanError, SourceError, StoreError
from graphfraud.jobs.plan import Outcome, Place, Plan, Progress
from graphfraud.jobs.plan_file import read_plan
from graphfraud.jobs.results import Results
from graphfraud.jobs.run import run
from graphfraud.jobs.verbs import VERBS

TEXT = """
results = "results"
log = "n.log"
keep = 2
[[step]]
do = "stand"
[step.with]
store = "basis"
[[step]]
name = "one"
do = "write"
[step.with]
out = "{result}/one"
text = "1"
[[step]]
name = "two"
do = "write"
[step.with]
out = "{result}/two"
text = "2"
before = "{latest}/two"
"""


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A plan of verbs that can be told to fail; ``calls`` says what was done."""
    made: dict[str, Any] = {"calls": [], "fail": None, "exit_code": 0}

    def stand(*, progress: Progress, store: Place) -> Outcome:
        return Outcome({"n_rows": 1_234}, basis=Path(store).read_text(encoding="utf-8"))

    def write(*, progress: Progress, out: Place, text: str, before: Place | None = None) -> Outcome:
        made["calls"].append(text)
        if made["fail"] == text:
            raise made.get("fault") or SourceError("card 6222021234567890123\nof 张三", "nothing", "something", "Help.")
        Path(out).write_text(text + (Path(before).read_text(encoding="utf-8") if before else ""), encoding="utf-8")
        return Outcome({"n_bytes": 1, "card": "6222021234567890123"}, exit_code=made["exit_code"])

    monkeypatch.setitem(VERBS, "stand", stand)
    monkeypatch.setitem(VERBS, "write", write)
    (tmp_path / "plan.toml").write_text(TEXT, encoding="utf-8")
    (tmp_path / "basis").write_text("a", encoding="utf-8")
    made["home"] = tmp_path
    return made


def plan_of(made: dict[str, Any]) -> Plan:
    return read_plan(made["home"] / "plan.toml")


def content(result: Path | None) -> dict[str, str]:
    assert result is not None
    return {path.name: path.read_text(encoding="utf-8") for path in result.iterdir()}


def latest(made: dict[str, Any]) -> str:
    return (made["home"] / "results" / "latest").read_text(encoding="utf-8").strip()


def turned(made: dict[str, Any], basis: str) -> None:
    (made["home"] / "basis").write_text(basis, encoding="utf-8")


def test_night_after_night(made: dict[str, Any]) -> None:
    first = run(plan_of(made))
    assert content(first.result)["two"] == "2" and first.exit_code == 0 and not first.nothing_new
    again = run(plan_of(made))
    assert again.nothing_new and again.result == first.result and made["calls"] == ["1", "2"]
    turned(made, "b")
    second = run(plan_of(made))
    assert content(second.result)["two"] == "22" and latest(made) == second.result.name != first.result.name
    turned(made, "c")
    third = run(plan_of(made))
    assert content(third.result)["two"] == "222"
    assert sorted(p.name for p in (made["home"] / "results").iterdir() if p.is_dir()) == sorted(
        [second.result.name, third.result.name]  # keep = 2
    )


def test_a_failed_step_leaves_yesterday_and_the_next_run_does_the_rest(made: dict[str, Any]) -> None:
    first = run(plan_of(made))
    before = content(first.result)
    turned(made, "b")
    made["fail"] = "2"
    lines: list[str] = []
    with pytest.raises(SourceError):
        run(plan_of(made), log=lines.append)
    assert latest(made) == first.result.name and content(first.result) == before
    assert "failed" in lines[-1] and "622202******0123" in lines[-1] and "6222021234567890123" not in lines[-1]
    made["fail"] = None
    resumed = run(plan_of(made), resume=True)
    assert resumed.resumed == 1 and made["calls"] == ["1", "2", "1", "2", "2"]  # the first step is not done again
    assert content(resumed.result)["two"] == "22"
    assert not list((made["home"] / "results").rglob("UNFINISHED"))


def test_without_resume_it_begins_anew_and_comes_to_the_same(made: dict[str, Any]) -> None:
    made["fail"] = "2"
    for _ in range(3):
        with pytest.raises(SourceError):
            run(plan_of(made))
    made["fail"] = None
    done = run(plan_of(made))
    assert done.resumed == 0 and made["calls"] == ["1", "2"] * 4
    assert [path.name for path in (made["home"] / "results").iterdir() if path.is_dir()] == [done.result.name]


@pytest.mark.parametrize("change", ["basis", "plan"])
def test_what_was_done_on_other_ground_is_not_relied_on(made: dict[str, Any], change: str) -> None:
    made["fail"] = "2"
    with pytest.raises(SourceError):
        run(plan_of(made))
    made["fail"] = None
    if change == "basis":
        turned(made, "b")
    else:
        (made["home"] / "plan.toml").write_text(TEXT.replace('text = "1"', 'text = "1!"'), encoding="utf-8")
    lines: list[str] = []
    done = run(plan_of(made), resume=True, log=lines.append)
    assert done.resumed == 0 and len(made["calls"]) == 4 and any("beginning anew" in line for line in lines)
    assert content(done.result)["two"] == "2"


def test_another_plan_is_no_yesterday_that_nothing_new_can_be_said_of(made: dict[str, Any]) -> None:
    run(plan_of(made))
    (made["home"] / "plan.toml").write_text(TEXT.replace('text = "1"', 'text = "1!"'), encoding="utf-8")
    assert not run(plan_of(made)).nothing_new


def test_the_end_is_one_rename(made: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed between the rename and the removal of the mark, the result is whole; before it, it is not there."""
    plan = plan_of(made)
    first = run(plan).result
    assert first is not None
    (first / "UNFINISHED").touch()
    with Results.alone(plan) as results:
        assert results.unfinished() is None and results.latest() == first
        begun = results.begin()
        assert results.unfinished() == begun and results.latest() == first
    turned(made, "b")
    assert run(plan).result not in (None, first) and content(first)["two"] == "2"


def test_one_runner_at_a_time(made: dict[str, Any]) -> None:
    plan = plan_of(made)
    with Results.alone(plan), pytest.raises(StoreError, match="another process at work"):
        run(plan)
    assert run(plan).exit_code == 0


def test_a_lost_pointer_is_said(made: dict[str, Any]) -> None:
    run(plan_of(made))
    for text in ("../..", "2024-01-01", ""):
        (made["home"] / "results" / "latest").write_text(text, encoding="utf-8")
        with pytest.raises(StoreError, match="the name of no result"):
            run(plan_of(made))


def test_strangers_in_the_results_folder_stay(made: dict[str, Any]) -> None:
    strange = made["home"] / "results" / "2020-01-01"
    strange.mkdir(parents=True)
    (strange / "mine.txt").write_text("x", encoding="utf-8")
    for basis in "abcd":
        turned(made, basis)
        run(plan_of(made))
    assert (strange / "mine.txt").read_text(encoding="utf-8") == "x"


def test_faults_that_do_not_end_the_plan_give_its_exit_code_unless_strict(made: dict[str, Any]) -> None:
    made["exit_code"] = 3
    done = run(plan_of(made))
    assert done.exit_code == 3 and done.result is not None
    (made["home"] / "plan.toml").write_text(TEXT.replace('name = "one"', 'name = "one"\nstrict = true'), encoding="utf-8")
    with pytest.raises(PlanError, match=r"step one.*code 3") as told:
        run(plan_of(made))
    assert told.value.exit_code == 3 and latest(made) == done.result.name


def test_the_log_has_one_masked_line_a_step(made: dict[str, Any]) -> None:
    run(plan_of(made))
    made["fail"], made["fault"] = "1", RuntimeError("622202 1234567890123 6222021234567890123")
    turned(made, "b")
    with pytest.raises(RuntimeError):
        run(plan_of(made))
    lines = (made["home"] / "n.log").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 6 and all(" plan: " in line for line in lines)
    assert "stand: stand" in lines[0] and "n_rows 1,234" in lines[0] and "n_bytes 1" in lines[1] and "card" not in lines[1]
    assert "RuntimeError" in lines[-1] and "6222021234567890123" not in lines[-1]


def test_resume_is_refused_of_a_plan_without_results(made: dict[str, Any]) -> None:
    (made["home"] / "plan.toml").write_text('[[step]]\ndo = "stand"\n[step.with]\nstore = "basis"\n', encoding="utf-8")
    assert run(plan_of(made)).result is None
    with pytest.raises(PlanError, match="without results"):
        run(plan_of(made), resume=True)
