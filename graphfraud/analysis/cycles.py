"""Money that comes back to where it started, by payments that follow each other in time."""

import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from graphfraud.analysis.pattern_kinds import Found
from graphfraud.analysis.pattern_world import Positions, World
from graphfraud.analysis.question import Clock, duration, frozen, period, transaction_rows, whole
from graphfraud.analysis.surprise import SIGNS, compare, shares_as_large, typical
from graphfraud.findings.paths import CYCLE_SCHEMA, CYCLE_STEP_SCHEMA, Cycles
from graphfraud.graph.flows import FlowGraph
from graphfraud.kernels.cycles import cycle_roots, temporal_cycles
from graphfraud.kernels.order import by_account

Signs = npt.NDArray[np.float64]
Chance = tuple[Signs, ...]
"""p_value, n_expected, payer_share and graph_share of each cycle, see ``surprise.py``."""
Instances = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], bool]
"""Where each begins in the second array, positions of transactions, whether a cap bit."""


def cycles(
    flows: FlowGraph,
    *,
    within: str = "24h",
    length_max: int = 10,
    strict: bool = True,
    since: str | int | None = None,
    until: str | int | None = None,
    cycles_max: int = 1_000_000,
    steps_max: int = 10_000_000,
    n_threads: int | None = None,
    null_worlds: int = 0,
    rng_seed: int = 0,
) -> Cycles:
    """Find every simple temporal cycle within a window and a length.

    A cycle is a sequence of payments, each by the payee of the one before and later than it, that visits no account twice and
    ends at the first one's payer.

    Parameters
    ----------
    flows : FlowGraph
    within : str
        Longest time from the first payment to the last.
    length_max : int
        Most payments of a cycle, 2 to 64.
    strict : bool
        Each payment must be of a later instant than the one before; else a later place in the total order is enough.
    since, until : str or int, optional
        Period of the payments, [since, until).
    cycles_max, steps_max : int
        Caps: cycles in all, payments walked from one first payment.
    n_threads : int, optional
        Threads that share the work; the answer does not depend on it. Default: one for each processor.

    null_worlds, rng_seed : int
        Worlds of chance to rank the cycles by, and chance's seed; see ``surprise.py``. 0: no ranking.

    Returns
    -------
    Cycles
        In the order of their payments; where ranked, the most surprising first. If not ``truncated``, there is no other.

    Raises
    ------
    QuestionError
        If a limit is out of its range or the period is empty.
    """
    clock = Clock()
    inside = period(flows, since, until)
    limits: dict[str, Any] = {
        "within_us": duration("within", within),
        "length_max": whole("length_max", length_max, 2, 64),
        "strict": strict,
        "cycles_max": whole("cycles_max", cycles_max, 1, 10**9),
        "steps_max": whole("steps_max", steps_max, 1, 10**12),
        "n_threads": whole("n_threads", n_threads or os.cpu_count() or 1, 1, 1024),
    }

    def find(world: World) -> Found:
        start, tx, cut = find_cycles(world.payer_ix, world.payee_ix, world.at_us, world.n_accounts, **limits)
        first = world.payer_ix[tx[start[:-1]]].astype(np.int64)
        return Found(start, tx, np.zeros(len(tx), np.int8), first, first, int(cut))

    world = World(
        flows.payer_ix[inside], flows.payee_ix[inside], flows.amount_fen[inside], flows.at_us[inside], flows.n_accounts
    )
    found = find(world)
    if whole("null_worlds", null_worlds, 0, 10_000):
        signs = compare(world, found, "cycle", find, null_worlds, rng_seed)
        start, tx, chance = _surprising_first(
            found, (*signs, *(typical(found, share, "cycle") for share in shares_as_large(world)))
        )
    else:
        start, tx, chance = found.start, found.tx, None
    tx = tx + inside.start
    asked = {"within": within, "length_max": length_max, "strict": strict, "since": since, "until": until}
    caps = {"cycles_max": cycles_max, "steps_max": steps_max}
    return Cycles(
        run=clock.run("cycles", {**asked, **caps, "null_worlds": null_worlds, "rng_seed": rng_seed}, flows),
        cycles=_cycle_rows(flows, start, tx, chance),
        steps=_step_rows(flows, start, tx),
        ambiguities=_ambiguities(flows, start, tx),
        truncated=found.n_cut > 0,
    )


def find_cycles(
    payer_ix: npt.NDArray[np.int32],
    payee_ix: npt.NDArray[np.int32],
    at_us: npt.NDArray[np.int64],
    n_accounts: int,
    *,
    within_us: int,
    length_max: int,
    strict: bool,
    cycles_max: int,
    steps_max: int,
    n_threads: int,
) -> Instances:
    """Run the kernels over arrays in total order; several threads take consecutive shares of the first payments."""
    root, last = cycle_roots(payer_ix, payee_ix, at_us, within_us, n_accounts)
    rank = np.cumsum(np.diff(at_us, prepend=at_us[:1]) > 0) if strict else np.arange(len(at_us))
    rank = frozen(rank.astype(np.int64))
    lists = [frozen(array) for side in (payer_ix, payee_ix) for array in by_account(side, n_accounts)]
    limits = frozen(np.array([length_max, steps_max, cycles_max], np.int64))

    def share(k: int) -> Instances:
        part = slice(len(root) * k // n_threads, len(root) * (k + 1) // n_threads)
        roots, lasts = frozen(root[part]), frozen(last[part])
        found: Instances = temporal_cycles(payer_ix, payee_ix, rank, *lists, roots, lasts, limits)  # type: ignore[call-arg]
        return found

    if n_threads == 1:
        shares = [share(0)]
    else:
        with ThreadPoolExecutor(n_threads) as pool:
            shares = list(pool.map(share, range(n_threads)))
    length = np.concatenate([np.diff(start) for start, _, _ in shares])
    start = np.concatenate(([0], np.cumsum(length)))
    tx = np.concatenate([tx for _, tx, _ in shares])
    cut = any(n_cut for *_, n_cut in shares) or len(length) > cycles_max
    return start[: cycles_max + 1], tx[: start[: cycles_max + 1][-1]], cut


def _surprising_first(found: Found, signs: Chance) -> tuple[Positions, Positions, Chance]:
    """Order cycles by p_value x payer_share x graph_share, then as they were."""
    p_value, _, payer_share, graph_share = signs
    order = np.argsort(p_value * payer_share * graph_share, kind="stable")
    length = np.diff(found.start)[order]
    start = np.concatenate(([0], np.cumsum(length)))
    place = np.arange(start[-1]) + np.repeat(found.start[:-1][order] - start[:-1], length)
    return start, found.tx[place], tuple(sign[order] for sign in signs)


def _cycle_rows(flows: FlowGraph, start: Positions, tx: Positions, chance: Chance | None) -> pl.DataFrame:
    first, last, amount = tx[start[:-1]], tx[start[1:] - 1], flows.amount_fen[tx]
    least, most = _extremes(start, amount)
    return pl.DataFrame(
        {
            "cycle": np.arange(len(first)),
            "account_id": flows.account_id.gather(flows.payer_ix[first]),
            "n_transactions": np.diff(start),
            "amount_fen_min": least,
            "amount_fen_max": most,
            "first_fen": flows.amount_fen[first],
            "last_fen": flows.amount_fen[last],
            "begin_us": flows.at_us[first],
            "end_us": flows.at_us[last],
            **{name: chance[k] if chance else [None] * len(first) for k, name in enumerate(SIGNS)},
        },
        schema=CYCLE_SCHEMA,
    )


def _extremes(start: Positions, amount_fen: Positions) -> tuple[Positions, Positions]:
    """Return the smallest and the largest amount of each cycle."""
    if not len(amount_fen):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    return np.minimum.reduceat(amount_fen, start[:-1]), np.maximum.reduceat(amount_fen, start[:-1])


def _step_rows(flows: FlowGraph, start: npt.NDArray[np.int64], tx: npt.NDArray[np.int64]) -> pl.DataFrame:
    cycle = np.repeat(np.arange(len(start) - 1), np.diff(start))
    hop = np.arange(len(tx)) - start[cycle] + 1
    return pl.DataFrame({"cycle": cycle, "hop": hop, **transaction_rows(flows, tx)}, schema=CYCLE_STEP_SCHEMA)


def _ambiguities(flows: FlowGraph, start: npt.NDArray[np.int64], tx: npt.NDArray[np.int64]) -> dict[str, int]:
    later = np.ones(len(tx), np.bool_)
    later[start[:-1]] = False
    at = flows.at_us[tx]
    tied = later[1:] & (at[1:] == at[:-1])
    return {"tied_steps": int(tied.sum()), "low_precision_transactions": int(flows.low_precision[np.unique(tx)].sum())}
