"""What every question about flows asks first: which period, which accounts, which limits; and how the answer came about."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from graphfraud import __version__
from graphfraud.analysis import lots
from graphfraud.errors import QuestionError
from graphfraud.findings.run import Run
from graphfraud.graph.flows import FlowGraph
from graphfraud.graph.index import find
from graphfraud.graph.links import LinkGraph
from graphfraud.mask import mask_id
from graphfraud.tables import CHANNELS
from graphfraud.units import NONE, TIME_US_MAX, TIME_US_MIN, duration_us, time_us


class Clock:
    """Measures one answer and writes its :class:`Run`."""

    def __init__(self) -> None:
        self._started_us = time.time_ns() // 1000
        self._since = time.perf_counter()

    def run(self, question: str, parameters: Mapping[str, object], graph: FlowGraph | LinkGraph) -> Run:
        """Return how the answer came about."""
        digest = graph.digest
        return Run(__version__, question, parameters, digest, self._started_us, time.perf_counter() - self._since)


def duration(where: str, text: str) -> int:
    """Read a limit in time ("24h") as microseconds; QuestionError where it is none, or not longer than zero."""
    try:
        return min(duration_us(text), TIME_US_MAX - TIME_US_MIN)  # no two instants lie further apart
    except (ValueError, AttributeError) as error:
        raise QuestionError(where, repr(text), "a duration longer than zero, such as 90m, 72h or 7d", "Write it so.") from error


def whole(where: str, value: int, least: int, most: int) -> int:
    """Return a number that must be whole and within [least, most]; QuestionError otherwise."""
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise QuestionError(where, repr(value), f"a whole number from {least} to {most}", "Choose one of these.")
    return value


def period(flows: FlowGraph, since: str | int | None, until: str | int | None) -> slice:
    """Return which transactions lie within [since, until)."""
    ends = [_instant(where, value) for where, value in (("since", since), ("until", until))]
    if ends[0] is not None and ends[1] is not None and ends[0] >= ends[1]:
        raise QuestionError("until", repr(until), f"a time after since ({since!r})", "Choose a later end.")
    at = [
        default if end is None else int(np.searchsorted(flows.at_us, end))
        for end, default in zip(ends, (0, flows.n_transactions), strict=True)
    ]
    return slice(*at)


def account_positions(where: str, flows: FlowGraph, ids: Sequence[str]) -> npt.NDArray[np.int64]:
    """Return where the accounts stand; QuestionError if none is named or one has no transaction."""
    if isinstance(ids, str):
        ids = [ids]
    if not ids:
        raise QuestionError(where, "no account", "at least one account number", "Name the accounts.")
    at = find(flows.account_id, pl.Series(list(ids), dtype=pl.String))
    for name in (name for name, place in zip(ids, at.tolist(), strict=True) if place == NONE):
        raise QuestionError(
            where,
            f"{mask_id(name)}, which has no transaction",
            "accounts of the graph",
            "Check the number, or read a longer period.",
        )
    return at


def is_exit(flows: FlowGraph) -> npt.NDArray[np.bool_]:
    """Tell which transactions leave the accounts that can be frozen."""
    return lots.is_exit(flows.channel)


def transaction_rows(flows: FlowGraph, tx: npt.NDArray[Any]) -> dict[str, Any]:
    """Return what a table of transactions shows of each."""
    return {
        "transaction_id": flows.transaction_id.gather(tx),
        "payer_id": flows.account_id.gather(flows.payer_ix[tx]),
        "payee_id": flows.account_id.gather(flows.payee_ix[tx]),
        "channel": pl.Series(CHANNELS, dtype=pl.String).gather(flows.channel[tx]),
        "amount_fen": flows.amount_fen[tx],
        "at_us": flows.at_us[tx],
    }


def frozen(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return the array as a kernel takes it: contiguous and read-only."""
    array = np.ascontiguousarray(array)
    array.setflags(write=False)
    return array


def _instant(where: str, value: str | int | None) -> int | None:
    if value is None or isinstance(value, int):
        return value
    try:
        return time_us(value)
    except ValueError as error:
        raise QuestionError(where, repr(value), "a time such as 2024-03-05 or 2024-03-05 12:00", "Write it so.") from error
