"""Runs a plan: step after step, each with its log line."""

import json
import time
from collections.abc import Callable

from graphfraud.errors import PlanError
from graphfraud.jobs.plan import Outcome, Plan, Progress, Step
from graphfraud.jobs.verbs import VERBS


def silent(_what: str, _done: int, _total: int) -> None:
    """Show no progress."""


def run(plan: Plan, *, progress: Progress = silent, log: Callable[[str], None] | None = None) -> list[Outcome]:
    """Run every step in order and return their outcomes.

    Parameters
    ----------
    plan : Plan
    progress : callable
        Told what is under way.
    log : callable, optional
        Given one line per step: name, seconds, and its counts.

    Raises
    ------
    PlanError
        If a step's verb is unknown.
    GraphFraudError
        Whatever a step raises ends the plan there.
    """
    outcomes = []
    for step in plan.steps:
        if step.do not in VERBS:
            raise PlanError(
                f"plan {plan.name}", f"the step {step.do!r}", f"one of {', '.join(sorted(VERBS))}", "Correct the plan."
            )
        began = time.perf_counter()
        outcome = VERBS[step.do](progress=progress, **step.parameters)
        outcomes.append(outcome)
        if log is not None:
            counts = {key: value for key, value in outcome.facts.items() if isinstance(value, int)}
            log(f"{step.do} {time.perf_counter() - began:.2f}s {json.dumps(counts)}")
    return outcomes


def ask(do: str, *, progress: Progress = silent, **parameters: object) -> Outcome:
    """Run a plan of one step: what every command does."""
    return run(Plan(do, (Step(do, parameters),)), progress=progress)[0]
