"""Runs a plan: step after step, each with its log line; one with results goes on where an interrupted run stopped."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from graphfraud.errors import EXIT_TRUNCATED, GraphFraudError, PlanError
from graphfraud.jobs.plan import Outcome, Plan, Progress, Step
from graphfraud.jobs.results import Finished, Results
from graphfraud.jobs.verbs import VERBS
from graphfraud.mask import mask_text
from graphfraud.report.place import folder_at
from graphfraud.units import CHINA

Log = Callable[[str], None]
"""Given one line of the log, without the moment."""

FAULTS_SAID = 5
"""Faults a step reported that its line of the log spells out."""

_RESULT, _LATEST = "{result}", "{latest}"


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run of a plan ended.

    Attributes
    ----------
    plan : str
    steps : tuple of Finished
    exit_code : int
        0, or the code of the first fault a step reported without ending the plan.
    result : Path, optional
        The last whole result, made by this run or, where nothing was new, by the one before.
    nothing_new : bool
    resumed : int
        Steps an interrupted run had behind it.
    """

    plan: str
    steps: tuple[Finished, ...]
    exit_code: int = 0
    result: Path | None = None
    nothing_new: bool = False
    resumed: int = 0


@dataclass(slots=True)
class _Running:
    """A run under way: the steps behind it, and what later ones may rely on."""

    plan: Plan
    log: Log
    progress: Progress
    done: list[Finished] = field(default_factory=list)
    result: Path | None = None
    latest: Path | None = None
    resumed: int = 0


def silent(_what: str, _done: int, _total: int) -> None:
    """Show no progress."""


def _unsaid(_line: str) -> None:
    """Keep no log."""


def ask(do: str, *, progress: Progress = silent, **parameters: object) -> Outcome:
    """Run a plan of one step: what every command does."""
    return _do(Step(do, parameters), f"plan {do}", progress)


def run(plan: Plan, *, resume: bool = False, progress: Progress = silent, log: Log | None = None) -> Ended:
    """Run every step in order.

    A plan with results builds them in a folder apart and makes it the last result with its last act. After a kill the next
    run does all that is missing: with ``resume`` it goes on behind the last step that was done, as long as what those steps
    stand on is as it was; without, it begins anew. Both come to the same bytes.

    Parameters
    ----------
    plan : Plan
    resume : bool
        Go on where an interrupted run stopped.
    progress : callable
        Told what is under way.
    log : callable, optional
        Given one line per step: name, verb, seconds, counts; identifiers masked. The plan's own log file gets the same.

    Raises
    ------
    PlanError
        If a verb is unknown, or ``resume`` is asked of a plan without results.
    StoreError
        If another process runs the plan.
    GraphFraudError
        Whatever a step raises ends the plan there; the last result stays as it was.
    """
    said = _logging(plan, log or _unsaid)
    if plan.results is None:
        if resume:
            raise PlanError(
                f"plan {plan.name}", "--resume of a plan without results", "a folder for results", 'Add results = "..." to it.'
            )
        running = _Running(plan, said, progress)
        for step in plan.steps:
            _take(running, step)
        return Ended(plan.name, tuple(running.done), _code(running.done))
    with Results.alone(plan) as results:
        return _build(results, _Running(plan, said, progress, latest=results.latest()), resume)


def _build(results: Results, running: _Running, resume: bool) -> Ended:
    plan, left = running.plan, results.unfinished()
    before: list[Finished] = []
    if left is not None and resume:
        before = results.finished_steps(left)
        said = f"going on with result {left.name}, {len(before)} steps done"
        running.log(
            said if before else f"result {left.name} is of another plan or program, or has no step done: beginning anew"
        )
    if left is not None and before:
        results.go_on(left)
        running.result = left
    else:
        running.result = results.begin()
    for n, step in enumerate(plan.steps):
        there = before[n] if n < len(before) else None
        if there is not None and not there.basis:
            running.done.append(there)
            running.resumed += 1
            running.log(f"{step.name}: done before the interruption")
            continue
        outcome = _take(running, step)
        if there is not None and there.basis != outcome.basis:
            running.log(f"{step.name}: not what the interrupted run stood on; beginning anew")
            results.drop(running.result)
            return _build(results, _Running(plan, running.log, running.progress, latest=running.latest), False)
        results.note(running.result, running.done)
        if outcome.basis and outcome.basis == _basis(results.facts(running.latest), step.name):
            results.drop(running.result)
            running.log(f"nothing new since {running.latest.name if running.latest else ''}")
            code = _code(running.done)
            return Ended(plan.name, tuple(running.done), code, running.latest, nothing_new=True, resumed=running.resumed)
    results.publish(running.result)
    running.log(f"result {running.result.name}")
    for name in results.sweep():
        running.log(f"result {name} is to go, but some program has it open")
    return Ended(plan.name, tuple(running.done), _code(running.done), running.result, resumed=running.resumed)


def _basis(facts: Mapping[str, Sequence[Mapping[str, str]]], name: str) -> str:
    """Return what a step of an earlier result stood on, empty where it is not known."""
    return next((step["basis"] for step in facts.get("steps", []) if step["name"] == name), "")


def _take(running: _Running, step: Step) -> Outcome:
    """Do one step and log it; a strict one must be without a fault."""
    name, began = step.name or step.do, time.perf_counter()
    where = f"plan {running.plan.name}, step {name}"
    ready = Step(step.do, {key: _resolved(value, running, f"{where}, {key}") for key, value in step.parameters.items()})
    try:
        outcome = _do(ready, where, running.progress)
    except BaseException as fault:
        why = str(fault) if isinstance(fault, GraphFraudError) else f"{type(fault).__name__}: {fault}"
        running.log(f"{name}: {step.do} {time.perf_counter() - began:.2f} s, failed: {mask_text(why)}")
        raise
    counts = {key: value for key, value in outcome.facts.items() if type(value) is int}
    done = Finished(name, step.do, counts, outcome.exit_code, outcome.truncated, outcome.basis)
    faults = [f"fault {done.exit_code}"] if done.exit_code else []
    faults += ["truncated"] if done.truncated else []
    said = [mask_text(str(fault)) for fault in outcome.facts.get("faults", [])]
    faults += [*said[:FAULTS_SAID], *([f"and {len(said) - FAULTS_SAID} more"] if len(said) > FAULTS_SAID else [])]
    told = [f"{key} {value:,}" for key, value in counts.items()] + faults
    running.log(f"{name}: {step.do} {time.perf_counter() - began:.2f} s" + "".join(f", {text}" for text in told))
    if step.strict and (done.exit_code or done.truncated):
        raise PlanError(
            where,
            "a limit that cut the answer short" if not done.exit_code else f"a fault it reported (code {done.exit_code})",
            "none, as the step is strict",
            "See the log above; correct the cause, or take strict out of the step.",
            exit_code=done.exit_code or EXIT_TRUNCATED,
        )
    running.done.append(done)
    return outcome


def _do(step: Step, where: str, progress: Progress) -> Outcome:
    if step.do not in VERBS:
        raise PlanError(where, f"the verb {step.do!r}", f"one of {', '.join(sorted(VERBS))}", "Correct the plan.")
    return VERBS[step.do](progress=progress, **step.parameters)


def _resolved(value: object, running: _Running, where: str) -> object:
    """Put the result's own folder, and the last one's, in place of their names; null where there is no last one."""
    if isinstance(value, list):
        return [_resolved(one, running, where) for one in value]
    if not isinstance(value, str):
        return value
    if value == _RESULT or value.startswith(f"{_RESULT}/"):
        return str(running.result) + value.removeprefix(_RESULT)
    if value == _LATEST or value.startswith(f"{_LATEST}/"):
        return None if running.latest is None else str(running.latest) + value.removeprefix(_LATEST)
    return value


def _code(done: Sequence[Finished]) -> int:
    return next((step.exit_code for step in done if step.exit_code), 0)


def _logging(plan: Plan, log: Log) -> Log:
    """Say each line to ``log``, and with its moment to the plan's log file; a line stays one line."""
    if plan.log is not None:
        folder_at(plan.log.parent)

    def said(line: str) -> None:
        line = " ".join(line.split())
        log(line)
        if plan.log is not None:
            moment = datetime.now(CHINA).strftime("%Y-%m-%d %H:%M:%S")
            try:
                with plan.log.open("a", encoding="utf-8", newline="\n") as file:
                    file.write(f"{moment} {plan.name}: {line}\n")
            except OSError as fault:
                raise PlanError(
                    f"plan {plan.name}, log {plan.log.name}",
                    f"a file that cannot be written ({fault.strerror})",
                    "a file this user may write",
                    "Choose another log.",
                ) from fault

    return said
