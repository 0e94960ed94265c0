"""By which payments money could have gone from here to there, in the order of time, and which way is best."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from graphfraud.analysis.question import (
    Clock,
    account_positions,
    duration,
    frozen,
    is_exit,
    period,
    transaction_rows,
    whole,
)
from graphfraud.errors import QuestionError
from graphfraud.findings.paths import ARRIVAL_SCHEMA, BESTS, PATH_SCHEMA, PATH_STEP_SCHEMA, Arrivals, Paths
from graphfraud.graph.flows import FlowGraph
from graphfraud.graph.index import find
from graphfraud.kernels import paths as kernels
from graphfraud.kernels.order import by_account
from graphfraud.units import NONE

_SHARE_MAX = 9000  # thousandths; an amount of 10^15 fen times this still fits int64


def paths(
    flows: FlowGraph,
    *,
    from_ids: Sequence[str] = (),
    seeds: pl.DataFrame | None = None,
    to_ids: Sequence[str] = (),
    best: str = "earliest",
    n_paths_max: int = 1,
    each: bool = False,
    strict: bool = False,
    gap: str | None = None,
    retain_permille: tuple[int, int] | None = None,
    within: str | None = None,
    hops_max: int | None = None,
    since: str | int | None = None,
    until: str | int | None = None,
    arrivals_max: int = 10_000,
    partial_max: int = 2_000_000,
) -> Paths:
    """Find the best simple time-respecting paths between accounts, or from victim payments to exits.

    Parameters
    ----------
    flows : FlowGraph
    from_ids : sequence of str
        Accounts the first payment is made by.
    seeds : polars.DataFrame, optional
        Instead of ``from_ids``: payments the path begins with, by ``transaction_id`` (as :func:`~graphfraud.seeds` gives them).
    to_ids : sequence of str
        Accounts the last payment arrives at, by any channel. None: the path ends with a payment by an exit channel (cash,
        merchant, crypto, ...) and passes no other.
    best : str
        One of :data:`~graphfraud.findings.paths.BESTS`. Equal paths: fewest payments first (earliest first under ``fewest``).
    n_paths_max : int
        How many paths, best first. Two paths differ in at least one payment.
    each : bool
        So many for each of ``from_ids`` or ``seeds`` rather than in all: those of the first named first. Each is looked for by
        itself, in the payments from its own first one on.
    strict : bool
        The next payment must be of a later instant; else a later place in the total order is enough.
    gap : str, optional
        Longest wait between a payment and the next ("2h").
    retain_permille : (int, int), optional
        Least and most of a payment, in thousandths, that the next may be: (800, 1000).
    within : str, optional
        Longest time from the first payment to the last.
    hops_max : int, optional
        Most payments.
    since, until : str or int, optional
        Period of the payments, [since, until).
    arrivals_max, partial_max : int
        Caps on work: arrivals looked back at before one payment (with ``gap`` or ``retain_permille``), unfinished paths held.

    Returns
    -------
    Paths
        If it is not ``truncated``, no better path exists.

    Raises
    ------
    QuestionError
        If a limit is out of its range, an account or payment is not in the graph, or no beginning is named.
    """
    clock = Clock()
    if best not in BESTS:
        raise QuestionError("best", repr(best), f"one of {', '.join(BESTS)}", "Choose one of them.")
    limits = _limits(strict, gap, retain_permille, within, hops_max, arrivals_max)
    inside = period(flows, since, until)
    begins, ends = _begins(flows, from_ids, seeds, each), _ends(flows, to_ids)
    caps = whole("n_paths_max", n_paths_max, 1, 1_000_000), whole("partial_max", partial_max, 1, 100_000_000)
    found = [_best(flows, inside, begin, ends, limits, BESTS.index(best), caps) for begin in begins]
    tx = np.concatenate([one for _, one, _ in found])
    start = np.concatenate(([0], np.cumsum(np.concatenate([np.diff(starts) for starts, _, _ in found]))))
    n_cut = sum(cut for *_, cut in found)
    asked = {
        "from_ids": list(from_ids),
        "seeds": [] if seeds is None else seeds["transaction_id"].to_list(),
        "to_ids": list(to_ids),
        "best": best,
        "n_paths_max": n_paths_max,
        "each": each,
        "strict": strict,
        "gap": gap,
        "retain_permille": retain_permille,
        "within": within,
        "hops_max": hops_max,
        "since": since,
        "until": until,
    }
    return Paths(
        run=clock.run("paths", asked, flows),
        best=best,
        paths=_path_rows(flows, start, tx),
        steps=_step_rows(flows, start, tx),
        ambiguities=_ambiguities(flows, start, tx),
        truncated=n_cut > 0,
    )


def arrivals(
    flows: FlowGraph,
    from_ids: Sequence[str],
    *,
    strict: bool = False,
    since: str | int | None = None,
    until: str | int | None = None,
) -> Arrivals:
    """Find for each of some accounts whom its money could have reached, and by which payment first.

    Parameters
    ----------
    flows : FlowGraph
    from_ids : sequence of str
        Accounts where money starts; 64 of them cost one pass over the transactions of the period.
    strict : bool
        The next payment must be of a later instant; else a later place in the total order is enough.
    since, until : str or int, optional
        Period of the payments, [since, until).

    Returns
    -------
    Arrivals
        One row for each account and each account reached from it, in the order of ``from_ids``, then of arrival.

    Raises
    ------
    QuestionError
        If no account is named, one has no transaction, or the period is empty.
    """
    clock = Clock()
    source_ix = account_positions("from_ids", flows, from_ids)
    inside = period(flows, since, until)
    payer_ix, payee_ix, at_us = flows.payer_ix[inside], flows.payee_ix[inside], flows.at_us[inside]
    parts = []
    for first in range(0, len(source_ix), kernels.LANES):
        group = source_ix[first : first + kernels.LANES]
        _, tx, new = kernels.reach_lanes(payer_ix, payee_ix, at_us, frozen(group), strict, flows.n_accounts)
        for lane in range(len(group)):
            brought = tx[(new >> np.uint64(lane)) & np.uint64(1) == 1]
            parts.append((np.full(len(brought), group[lane]), brought + inside.start))
    source, tx = (np.concatenate(column) for column in zip(*parts, strict=True))
    frame = pl.DataFrame(
        {
            "first_account_id": flows.account_id.gather(source),
            "account_id": flows.account_id.gather(flows.payee_ix[tx]),
            "transaction_id": flows.transaction_id.gather(tx),
            "at_us": flows.at_us[tx],
        },
        schema=ARRIVAL_SCHEMA,
    )
    asked = {"from_ids": list(from_ids), "strict": strict, "since": since, "until": until}
    return Arrivals(run=clock.run("arrivals", asked, flows), arrivals=frame)


def _limits(
    strict: bool,
    gap: str | None,
    retain_permille: tuple[int, int] | None,
    within: str | None,
    hops_max: int | None,
    arrivals_max: int,
) -> npt.NDArray[np.int64]:
    low, high = retain_permille or (0, kernels.ANY)
    if retain_permille is not None and not 0 <= low <= high <= _SHARE_MAX:
        raise QuestionError(
            "retain_permille",
            repr(retain_permille),
            f"two numbers from 0 to {_SHARE_MAX}, the smaller first",
            "800, 1000 means 80 to 100 %.",
        )
    limits = np.full(7, kernels.ANY)
    limits[kernels.STRICT] = strict
    limits[kernels.RETAIN_MIN], limits[kernels.RETAIN_MAX] = low, high
    limits[kernels.ARRIVALS_MAX] = whole("arrivals_max", arrivals_max, 1, 10**12)
    if gap is not None:
        limits[kernels.GAP_US] = duration("gap", gap)
    if within is not None:
        limits[kernels.WITHIN_US] = duration("within", within)
    if hops_max is not None:
        limits[kernels.HOPS_MAX] = whole("hops_max", hops_max, 1, 10**6)
    return frozen(limits)


def _begins(flows: FlowGraph, from_ids: Sequence[str], seeds: pl.DataFrame | None, each: bool) -> list[npt.NDArray[np.int64]]:
    """Return the transactions a path may begin with, ascending: of each account or seed, or of all together."""
    if (seeds is None) == (len(from_ids) == 0):
        found = "neither of them" if seeds is None else "both of them"
        raise QuestionError("from_ids and seeds", found, "accounts or victim payments to start from", "Name one of the two.")
    if seeds is None:
        accounts = account_positions("from_ids", flows, from_ids)
        return [np.flatnonzero(np.isin(flows.payer_ix, some)) for some in (accounts if each else [accounts])]
    tx = find(flows.transaction_id, seeds["transaction_id"])
    if not len(tx) or (tx == NONE).any():
        found = f"{(tx == NONE).sum()} of {len(tx)} payments that are not in the graph" if len(tx) else "no payment"
        raise QuestionError("seeds", found, "transactions of the graph", "Build the graph from a period that covers them.")
    return [np.array([one]) for one in tx] if each else [np.unique(tx)]


def _ends(flows: FlowGraph, to_ids: Sequence[str]) -> npt.NDArray[np.bool_]:
    """Tell which transactions a path may end with."""
    return np.isin(flows.payee_ix, account_positions("to_ids", flows, to_ids)) if len(to_ids) else is_exit(flows)


def _best(
    flows: FlowGraph,
    inside: slice,
    begin: npt.NDArray[np.int64],
    ends: npt.NDArray[np.bool_],
    limits: npt.NDArray[np.int64],
    best: int,
    caps: tuple[int, int],
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], int]:
    """Return the best paths from some beginnings: where each path begins, its transactions, how often a cap bit."""
    begin = begin[(begin >= inside.start) & (begin < inside.stop)]
    if not len(begin):
        return np.zeros(1, np.int64), np.zeros(0, np.int64), 0
    stop = inside.stop
    if limits[kernels.WITHIN_US] != kernels.ANY:  # the last beginning's paths have ended by then
        stop = min(stop, int(np.searchsorted(flows.at_us, flows.at_us[begin[-1]] + limits[kernels.WITHIN_US], "right")))
    part = slice(int(begin[0]), stop)
    role = ends[part] * np.int8(kernels.END)
    role[begin - part.start] += np.int8(kernels.BEGIN)
    payee_ix = flows.payee_ix[part]
    into = [frozen(rows) for rows in by_account(payee_ix, flows.n_accounts)]
    columns = flows.payer_ix[part], payee_ix, flows.amount_fen[part], flows.at_us[part]
    start, tx, n_cut = kernels.best_paths(*columns, frozen(role), *into, limits, best, *caps)  # type: ignore[call-arg]
    return start, tx + part.start, int(n_cut)


def _path_rows(flows: FlowGraph, start: npt.NDArray[np.int64], tx: npt.NDArray[np.int64]) -> pl.DataFrame:
    first, last = tx[start[:-1]], tx[start[1:] - 1]
    width = np.minimum.reduceat(flows.amount_fen[tx], start[:-1]) if len(tx) else np.zeros(0, np.int64)
    return pl.DataFrame(
        {
            "path": np.arange(len(first)),
            "first_account_id": flows.account_id.gather(flows.payer_ix[first]),
            "last_account_id": flows.account_id.gather(flows.payee_ix[last]),
            "n_transactions": np.diff(start),
            "width_fen": width,
            "begin_us": flows.at_us[first],
            "end_us": flows.at_us[last],
        },
        schema=PATH_SCHEMA,
    )


def _step_rows(flows: FlowGraph, start: npt.NDArray[np.int64], tx: npt.NDArray[np.int64]) -> pl.DataFrame:
    path = np.repeat(np.arange(len(start) - 1), np.diff(start))
    hop = np.arange(len(tx)) - start[path] + 1
    return pl.DataFrame({"path": path, "hop": hop, **transaction_rows(flows, tx)}, schema=PATH_STEP_SCHEMA)


def _ambiguities(flows: FlowGraph, start: npt.NDArray[np.int64], tx: npt.NDArray[np.int64]) -> dict[str, int]:
    later = np.ones(len(tx), np.bool_)
    later[start[:-1]] = False  # the first payment of a path has none before it
    at = flows.at_us[tx]
    tied = later[1:] & (at[1:] == at[:-1])
    return {"tied_steps": int(tied.sum()), "low_precision_transactions": int(flows.low_precision[np.unique(tx)].sum())}
