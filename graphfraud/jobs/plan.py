"""A plan: named steps in order, each a verb and its parameters."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is (0 where that is not known)."""

PLACE = "place"
Place = Annotated[str, PLACE]
"""Text that names a file, a folder or a store: in a plan file it is relative to that file."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step: ``do`` names a function of :mod:`graphfraud.jobs.verbs`, ``parameters`` are its keywords.

    ``name`` tells steps of one plan apart; ``strict`` ends the plan where the step reports a fault or a limit cut its answer.
    """

    do: str
    parameters: Mapping[str, object] = field(default_factory=dict)
    name: str = ""
    strict: bool = False


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
    basis : str
        What the steps after it stand on, such as the digest of a store. Where the last result of the same plan stands on the
        same, nothing is new and the plan ends.
    """

    facts: Mapping[str, Any]
    answer: Any = None
    truncated: bool = False
    exit_code: int = 0
    basis: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """Steps to run in order.

    Attributes
    ----------
    name : str
    steps : tuple of Step
    results : Path, optional
        Folder of the dated results (:mod:`graphfraud.jobs.results`); without it the steps keep what they keep, and a run that
        was interrupted begins anew.
    log : Path, optional
        File that gets one line per step.
    keep : int, optional
        Results kept; by default all.
    digest : str
        sha256 of the plan file: a result made by another plan is not this plan's yesterday.
    """

    name: str
    steps: tuple[Step, ...]
    results: Path | None = None
    log: Path | None = None
    keep: int | None = None
    digest: str = ""
