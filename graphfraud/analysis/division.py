"""How a graph is divided: label propagation, Louvain and Leiden, with the same bytes from any number of threads.

Small graphs and coarse levels are gone through node by node, in one thread. Large ones are gone through block by block: the
nodes of a block choose together from what stands still, each thread for a share of them, and what they chose is settled in
order. Refining and aggregating are shared by communities, which do not touch each other. So threads decide who computes,
never what.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from graphfraud.analysis.question import frozen
from graphfraud.kernels import communities as kernels
from graphfraud.kernels.leiden import refine
from graphfraud.kernels.levels import aggregate, use_up_leads
from graphfraud.kernels.louvain import choose_communities, move_nodes, settle_communities
from graphfraud.kernels.propagation import choose_labels, propagate_labels, settle_labels

Rows = tuple[npt.NDArray[np.int64], npt.NDArray[np.int32], npt.NDArray[np.int64], npt.NDArray[np.int64]]
"""A symmetric weighted graph: start, neighbour_ix, weight, strength, as ``kernels.symmetric_rows`` gives them; read-only."""

Labels = npt.NDArray[np.int32]
Chosen = tuple[npt.NDArray[Any], ...]
"""What nodes chose, and the figures that settling it needs."""

Changed = tuple[Labels, Labels]
"""Nodes that changed, and their labels before."""

_SMALL = 400_000  # entries of rows up to which local moving is tried often, and to its end
_SMALL_NODES = 16_384  # nodes up to which blocks would be too small to be worth a second thread
_MOVED_SHARE = 0.02  # else it ends with a round that moved fewer: the next level moves them together
_RELABELLED_SHARE = 0.0002
_RUN = 64  # positions visited one after the other in large graphs, as their rows lie side by side
_MOVE_BLOCKS, _LABEL_BLOCKS = 16, 32  # of all nodes; more: fresher choices, and threads that meet more often
_BLOCKS_MIN = 4  # where fewer nodes are awake
_FEW_SHARE = 0.06  # nodes of which there are fewer are sooner relabelled one by one than shared out
_ROUNDS_MAX = 20  # then node by node, which is sure to end
_MURKY = 0.5  # share of weight inside communities below which a second pass is worth its time


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
def _team(n_threads: int | None, rows: Rows) -> Iterator[Team]:
    n_threads = 1 if _is_small(rows) else n_threads or os.cpu_count() or 1
    if n_threads == 1:
        yield Team(1, len(rows[3]), None)
        return
    with ThreadPoolExecutor(n_threads - 1) as pool:
        yield Team(n_threads, len(rows[3]), pool)


def label_propagation(rows: Rows, rng_seed: int, n_threads: int | None = None) -> Labels:
    """Return a label for each node, by label propagation."""
    n_nodes = len(rows[3])
    order = _order(rows, rng_seed)
    label, lead = np.empty(n_nodes, np.int32), np.zeros(n_nodes, np.int64)
    label[order] = np.arange(n_nodes, dtype=np.int32)
    if not _is_small(rows):
        seen = frozen(label.view())
        with _team(n_threads, rows) as team:

            def choose(k: int, node: Labels) -> Chosen:
                chosen: Chosen = choose_labels(*rows[:3], seen, node, team.scratch[k])
                return chosen

            def settle(node: Labels, chosen: Chosen, since: int) -> Changed:
                best, ahead = chosen
                changed: Changed = settle_labels(label, lead, node, best, ahead, since)
                return changed

            order = _rounds(rows, label, lead, order, _LABEL_BLOCKS, _RELABELLED_SHARE, _FEW_SHARE, team, choose, settle)
    if len(order):
        label = propagate_labels(*rows[:3], frozen(label), order, frozen(lead), _RELABELLED_SHARE)
    return label


def best_division(
    method: str, rows: Rows, resolution: float, rng_seed: int, n_starts: int, n_passes: int, n_threads: int | None = None
) -> Labels:
    """Return the division of highest modularity of several starts and all their passes, the first of equal ones."""
    divide = louvain if method == "louvain" else leiden
    if n_starts == n_passes == 1:
        return divide(rows, resolution, rng_seed, None, n_threads)
    found = []
    for first in range(rng_seed, rng_seed + n_starts * n_passes, n_passes):
        label = None
        for again in range(first, first + n_passes):
            label = divide(rows, resolution, again, label, n_threads)
            found.append((modularity_of(rows, label, resolution), label))
    return max(found, key=lambda one: one[0])[1]


def usual_tries(rows: Rows) -> tuple[int, int]:
    """Return how many starts and passes a graph of this size gets unless asked otherwise."""
    return (5, 3) if len(rows[1]) <= _SMALL else (1, 1)


def louvain(rows: Rows, resolution: float, rng_seed: int, begin: Labels | None = None, n_threads: int | None = None) -> Labels:
    """Return a label for each node: nodes are moved, communities become nodes, until none moves.

    A large graph with most of its weight between communities is gone through a second time from where it ended.
    """
    return _divided(_louvain, rows, resolution, rng_seed, begin, n_threads)


def leiden(rows: Rows, resolution: float, rng_seed: int, begin: Labels | None = None, n_threads: int | None = None) -> Labels:
    """Return a label for each node: like :func:`louvain`, but what becomes a node is a refined part of a community.

    Early ends of local moving could leave a community in pieces; these are set apart, which raises modularity.
    """
    return _divided(_leiden, rows, resolution, rng_seed, begin, n_threads)


def _divided(
    levels: Callable[..., tuple[Labels, float]],
    rows: Rows,
    resolution: float,
    rng_seed: int,
    begin: Labels | None,
    n_threads: int | None,
) -> Labels:
    with _team(n_threads, rows) as team:
        label, inside = levels(rows, resolution, rng_seed, begin, team)
        if inside < _MURKY and begin is None and not _is_small(rows):
            label, _ = levels(rows, resolution, rng_seed + 1, kernels.renumber(frozen(label))[0], team)
    return label


def _louvain(rows: Rows, resolution: float, rng_seed: int, begin: Labels | None, team: Team) -> tuple[Labels, float]:
    """Return the labels, and the share of all weight that lies inside communities."""
    twice = int(rows[3].sum())
    member: Labels = np.arange(len(rows[3]), dtype=np.int32)
    community = member if begin is None else begin
    while True:
        n_nodes = len(rows[3])
        moved = _moved(rows, community, _order(rows, rng_seed), resolution, team)
        group, first = kernels.renumber(frozen(moved))
        member = group[member]
        if len(first) == n_nodes:
            return member, 1 - int(rows[2].sum()) / max(twice, 1)
        community = np.arange(len(first), dtype=np.int32)
        rows = _aggregated(rows, frozen(group), len(first), team)


def _leiden(rows: Rows, resolution: float, rng_seed: int, begin: Labels | None, team: Team) -> tuple[Labels, float]:
    """Return the labels, and the share of all weight that lies inside communities."""
    twice = int(rows[3].sum())
    member: Labels = np.arange(len(rows[3]), dtype=np.int32)
    community = member if begin is None else begin
    while True:
        n_nodes = len(rows[3])
        order = _order(rows, rng_seed)
        moved = _moved(rows, community, order, resolution, team)
        community, first = kernels.renumber(frozen(moved))
        if len(first) == n_nodes:
            break
        part, first = kernels.renumber(frozen(_refined(rows, frozen(community), len(first), order, resolution, team)))
        if len(first) == n_nodes:
            break
        member = part[member]
        community = community[first]
        rows = _aggregated(rows, frozen(part), len(first), team)
    hanging = kernels.connected_parts(rows[0], rows[1], frozen(community))  # parts do, so their communities show it
    return hanging[member], 1 - int(rows[2].sum()) / max(twice, 1)


def _moved(rows: Rows, community: Labels, order: Labels, resolution: float, team: Team) -> Labels:
    """Move the nodes of one level."""
    stop_share = _moved_share(rows)
    if not _is_small(rows):
        community = community.copy()
        strength, twice = rows[3], float(rows[3].sum())
        total = kernels.strength_of(strength, frozen(community.view()))
        lead = np.empty(len(community), np.int64)
        seen, seen_total = frozen(community.view()), frozen(total.view())

        def choose(k: int, node: Labels) -> Chosen:
            chosen: Chosen = choose_communities(*rows, seen, seen_total, node, team.scratch[k], resolution, twice)
            return chosen

        def settle(node: Labels, chosen: Chosen, _: int) -> Changed:
            best, more, ahead = chosen
            moved: Changed = settle_communities(strength, community, total, lead, node, best, more, ahead, resolution, twice)
            return moved

        order = _rounds(rows, community, lead, order, _MOVE_BLOCKS, stop_share, 0.0, team, choose, settle)
    if len(order):
        community = move_nodes(*rows, frozen(community), order, resolution, stop_share)
    return community


def _rounds(
    rows: Rows,
    label: Labels,
    lead: npt.NDArray[np.int64],
    order: Labels,
    n_blocks: int,
    stop_share: float,
    few_share: float,
    team: Team,
    choose: Callable[[int, Labels], Chosen],
    settle: Callable[[Labels, Chosen, int], Changed],
) -> Labels:
    """Go through the nodes block by block while many change; return who should still be looked at, in order."""
    turn = np.empty(len(label), np.int8)
    seen, seen_turn = frozen(label.view()), frozen(turn.view())
    awake = order
    for n_round in range(_ROUNDS_MAX):
        turn[:] = -1
        settled = []
        since = 0
        n_now = max(_BLOCKS_MIN, -(-n_blocks * len(awake) // len(label)))
        for k, block in enumerate(np.array_split(awake, n_now)):
            turn[block] = k
            chosen = tuple(map(_joined, zip(*team.each(choose, team.shares(block)), strict=True)))
            settled.append(settle(frozen(block), chosen, len(label) if n_round else since))
            since += len(block)
        changed, was = map(_joined, zip(*settled, strict=True))
        if len(changed) <= stop_share * len(label):
            return order[:0]
        if n_round:  # after the first nearly all would be awake
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


def _refined(rows: Rows, community: Labels, n_communities: int, order: Labels, resolution: float, team: Team) -> Labels:
    """Refine communities, each thread a share of them."""
    cuts = _cuts(rows, community, n_communities, team)
    home = community[order]

    def ask(_: int, share: int) -> tuple[Labels, Labels]:
        nodes = order if team.n_threads == 1 else frozen(order[(home >= cuts[share]) & (home < cuts[share + 1])])
        return nodes, refine(*rows, community, nodes, resolution)

    parts = team.each(ask, range(team.n_threads))
    out: Labels = parts[0][1]
    for nodes, part in parts[1:]:
        out[nodes] = part[nodes]
    return out


def _aggregated(rows: Rows, group: Labels, n_groups: int, team: Team) -> Rows:
    """Make one node of each group, each thread a share of the groups."""
    cuts = _cuts(rows, group, n_groups, team)

    def ask(_: int, share: int) -> Rows:
        made: Rows = aggregate(*rows, group, cuts[share], cuts[share + 1])
        return made

    n_neighbours, *columns = (
        made[0] if team.n_threads == 1 else np.concatenate(made)
        for made in zip(*team.each(ask, range(team.n_threads)), strict=True)
    )
    neighbour_ix, weight, strength = (frozen(column) for column in columns)
    return frozen(np.concatenate(([0], np.cumsum(n_neighbours)))), neighbour_ix, weight, strength


def _cuts(rows: Rows, group: Labels, n_groups: int, team: Team) -> list[int]:
    """Return where consecutive groups are cut into shares of about equal numbers of entries."""
    if team.n_threads == 1:
        return [0, n_groups]
    until = np.cumsum(np.bincount(group, weights=np.diff(rows[0]), minlength=n_groups))
    wanted = until[-1] * np.arange(1, team.n_threads) / team.n_threads
    return [0, *np.searchsorted(until, wanted).tolist(), n_groups]


def modularity_of(rows: Rows, label: Labels, resolution: float) -> float:
    """Return the modularity of any division."""
    _, _, inside, total = numbered(rows, label)
    return exact_modularity(inside.tolist(), total.tolist(), int(rows[3].sum()), resolution)[0]


def numbered(rows: Rows, label: Labels) -> tuple[Labels, npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Number communities by size, then by smallest position (positions follow ids); return their tallies in that order."""
    group, first = kernels.renumber(frozen(label))
    columns = kernels.tallies(*rows, frozen(group), len(first))
    order = np.lexsort((first, -columns[0]))
    number = np.empty(len(order), np.int32)
    number[order] = np.arange(len(order), dtype=np.int32)
    size, inside, total = (column[order] for column in columns)
    return number[group], size, inside, total


def exact_modularity(inside: list[int], total: list[int], twice: int, resolution: float) -> tuple[float, list[float]]:
    """Return modularity and each community's part of it, computed in whole numbers and rounded once.

    Parameters
    ----------
    inside, total : list of int
        Weight within each community; strength of its members.
    twice : int
        Strength of all: twice the weight of the graph.
    resolution : float
        Taken as the fraction it is.
    """
    if twice == 0:
        return 0.0, [0.0] * len(total)
    gamma = Fraction(resolution)
    p, q = gamma.numerator, gamma.denominator
    parts = [2 * q * twice * i - p * t * t for i, t in zip(inside, total, strict=True)]
    below = q * twice * twice
    return sum(parts) / below, [part / below for part in parts]


def rows_of(ties: tuple[Labels, Labels, npt.NDArray[np.int64]], n_nodes: int) -> Rows:
    """Collapse ties (a_ix, b_ix, weight) into the rows everything here stands on."""
    start, neighbour_ix, weight, strength = (frozen(array) for array in kernels.symmetric_rows(*ties, n_nodes))
    return start, neighbour_ix, weight, strength


def _is_small(rows: Rows) -> bool:
    return len(rows[1]) <= _SMALL or len(rows[3]) <= _SMALL_NODES


def _moved_share(rows: Rows) -> float:
    return 0.0 if len(rows[1]) <= _SMALL else _MOVED_SHARE


def _order(rows: Rows, rng_seed: int) -> Labels:
    n_nodes = len(rows[3])
    run = min(max(1, n_nodes // 1024), _RUN)
    return frozen(kernels.shuffled(n_nodes, run, rng_seed))
