"""Rounds of choosing and settling: large graphs are gone through block by block, by as many threads as there are.

The nodes of a block choose together from what stands still, each thread for a share of them; what they chose is settled in
order. After a round only those nodes are looked at again whose leads the changes around them have used up.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt

from graphfraud.analysis.question import frozen
from graphfraud.kernels.communities import shuffled
from graphfraud.kernels.levels import use_up_leads

Rows = tuple[npt.NDArray[np.int64], npt.NDArray[np.int32], npt.NDArray[np.int64], npt.NDArray[np.int64]]
"""A symmetric weighted graph: start, neighbour_ix, weight, strength, as ``kernels.symmetric_rows`` gives them; read-only."""

Labels = npt.NDArray[np.int32]
Chosen = tuple[npt.NDArray[Any], ...]
"""What nodes chose, and the figures that settling it needs."""

Changed = tuple[Labels, Labels]
"""Nodes that changed, and their labels before."""

_SMALL = 400_000  # entries of rows up to which local moving is tried often, and to its end
_SMALL_NODES = 16_384  # nodes up to which blocks would be too small to be worth a second thread
_BLOCKS_MIN = 4  # where fewer nodes are awake
_ROUNDS_MAX = 20  # then node by node, which is sure to end


def is_short(rows: Rows) -> bool:
    """Say whether local moving is cheap enough to be tried often, and to its end."""
    return len(rows[1]) <= _SMALL


def is_small(rows: Rows) -> bool:
    """Say whether a graph is sooner gone through node by node."""
    return is_short(rows) or len(rows[3]) <= _SMALL_NODES


def order_of(rows: Rows, rng_seed: int, run_max: int) -> Labels:
    """Return the nodes in the order of chance in which they are looked at.

    In large graphs runs of positions, up to ``run_max``, are visited one after the other, as their rows lie side by side.
    """
    n_nodes = len(rows[3])
    run = min(max(1, n_nodes // 1024), run_max)
    return frozen(shuffled(n_nodes, run, rng_seed))


class Team:
    """Threads that take equal shares of one task; the answers come in the order of the shares."""

    def __init__(self, n_threads: int, n_nodes: int, pool: ThreadPoolExecutor | None) -> None:
        self.n_threads = n_threads
        self._pool = pool
        self.scratch = [np.zeros(n_nodes, np.int64) for _ in range(n_threads)]

    def each(self, ask: Callable[..., Any], shares: Sequence[Any]) -> list[Any]:
        """Ask about every share, with the number of its thread; the caller's thread takes the first."""
        others = [self._pool.submit(ask, k, share) for k, share in enumerate(shares[1:], 1)] if self._pool else []
        return [ask(0, shares[0]), *(other.result() for other in others)]

    def shares(self, array: npt.NDArray[Any]) -> list[npt.NDArray[Any]]:
        """Cut an array into consecutive shares."""
        return [frozen(share) for share in np.array_split(array, self.n_threads)]


@contextmanager
def team_for(n_threads: int | None, rows: Rows) -> Iterator[Team]:
    """Give a team for a graph: one thread where it is small, else as many as asked for, or as there are."""
    n_threads = 1 if is_small(rows) else n_threads or os.cpu_count() or 1
    if n_threads == 1:
        yield Team(1, len(rows[3]), None)
        return
    with ThreadPoolExecutor(n_threads - 1) as pool:
        yield Team(n_threads, len(rows[3]), pool)


def rounds(
    rows: Rows,
    label: Labels,
    lead: npt.NDArray[np.int64],
    order: Labels,
    n_blocks: int,
    stop_share: float,
    few_share: float,
    team: Team,
    choose: Callable[[int, Labels, bool], Chosen],
    settle: Callable[[Labels, Chosen], Changed],
) -> Labels:
    """Go through the nodes block by block while many change; return who should still be looked at, in order.

    After the first round nearly all would be awake, so all are looked at again: its leads are not wanted.
    """
    turn = np.empty(len(label), np.int8)
    seen, seen_turn = frozen(label.view()), frozen(turn.view())
    awake = order

    def ask(k: int, node: Labels) -> Chosen:
        return choose(k, node, n_round > 0)

    for n_round in range(_ROUNDS_MAX):
        turn[:] = -1
        settled = []
        n_now = max(_BLOCKS_MIN, -(-n_blocks * len(awake) // len(label)))
        for k, block in enumerate(np.array_split(awake, n_now)):
            turn[block] = k
            chosen = tuple(map(_joined, zip(*team.each(ask, team.shares(block)), strict=True)))
            settled.append(settle(frozen(block), chosen))
        changed, was = map(_joined, zip(*settled, strict=True))
        if len(changed) <= stop_share * len(label):
            return order[:0]
        if n_round:
            _use_up_leads(rows, seen, seen_turn, lead, changed, was, team)
            awake = frozen(order[lead[order] < 0])
            if len(awake) <= few_share * len(label):
                break
    return awake


def _use_up_leads(
    rows: Rows,
    label: Labels,
    turn: npt.NDArray[np.int8],
    lead: npt.NDArray[np.int64],
    changed: Labels,
    was: Labels,
    team: Team,
) -> None:
    """Let each thread deal with a share of the changed nodes; whole numbers add up to the same in any order."""
    sums = [lead, *(zeros[: len(lead)] for zeros in team.scratch[1:])]

    def ask(k: int, share: tuple[Labels, Labels]) -> None:
        use_up_leads(*rows[:3], label, turn, sums[k], *share)

    team.each(ask, list(zip(team.shares(changed), team.shares(was), strict=True)))
    for more in sums[1:]:
        lead += more
        more[:] = 0


def _joined(parts: Sequence[npt.NDArray[Any]]) -> npt.NDArray[Any]:
    return frozen(parts[0] if len(parts) == 1 else np.concatenate(parts))
