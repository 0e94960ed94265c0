"""A plan: named steps in order, each a verb and its parameters."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is (0 where that is not known)."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step: ``do`` names a function of :mod:`graphfraud.jobs.verbs`, ``parameters`` are its keywords."""

    do: str
    parameters: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a step did.

    Attributes
    ----------
    facts : mapping
        Figures and words that JSON can hold; money in fen, times in microseconds. Identifiers as they are: whoever shows
        them masks them.
    answer : object
        The finding or frames the step produced, for the step or the person that asked.
    truncated : bool
        A limit cut the answer short.
    exit_code : int
        0, or the code of a fault the step reported without stopping the plan.
    """

    facts: Mapping[str, Any]
    answer: Any = None
    truncated: bool = False
    exit_code: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """Steps to run in order."""

    name: str
    steps: tuple[Step, ...]
