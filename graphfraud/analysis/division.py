"""How a graph is divided: label propagation, Louvain and Leiden, with the same bytes from any number of threads.

Small graphs and coarse levels are gone through node by node, in one thread, large ones block by block. Refining and aggregating
are shared by communities, which do not touch each other. So threads decide who computes, never what.
"""

from collections.abc import Callable
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from graphfraud.analysis.question import frozen
from graphfraud.analysis.rounds import Changed, Chosen, Labels, Rows, Team, is_short, is_small, order_of, rounds, team_for
from graphfraud.kernels import communities as kernels
from graphfraud.kernels.leiden import refine
from graphfraud.kernels.levels import aggregate
from graphfraud.kernels.louvain import choose_communities, move_nodes, settle_communities
from graphfraud.kernels.propagation import choose_labels, follow_neighbours, propagate_labels

_TINY = 40_000  # entries of rows up to which many starts cost nobody a second
_MOVED_SHARE = 0.02  # else it ends with a round that moved fewer: the next level moves them together
_RELABELLED_SHARE = 0.00001
_MOVE_BLOCKS, _LABEL_BLOCKS = 16, 8  # of all nodes; more: fresher choices, and threads that meet more often
_MOVE_RUN, _LABEL_RUN = 64, 256  # longer: fewer waits for memory, and less left to chance
_FEW_SHARE = 0.06  # nodes of which there are fewer are sooner relabelled one by one than shared out
_MURKY = 0.5  # share of weight inside communities below which a second pass is worth its time


def label_propagation(rows: Rows, rng_seed: int, n_threads: int | None = None) -> Labels:
    """Return a label for each node, by label propagation."""
    order = order_of(rows, rng_seed, _LABEL_RUN)
    lead = np.zeros(len(order), np.int64)
    with team_for(n_threads, rows) as team:
        label = _leaders(rows, team)
        if not is_small(rows):
            seen = frozen(label.view())

            def choose(k: int, node: Labels, with_next: bool) -> Chosen:
                chosen: Chosen = choose_labels(*rows, seen, lead, node, rng_seed, with_next, team.scratch[k])
                return chosen

            def settle(_: Labels, chosen: Chosen) -> Changed:
                changed, best = chosen
                was = label[changed]
                label[changed] = best
                return changed, was

            order = rounds(rows, label, lead, order, _LABEL_BLOCKS, _RELABELLED_SHARE, _FEW_SHARE, team, choose, settle)
    if len(order):
        propagate_labels(*rows, label, lead, order, rng_seed, _RELABELLED_SHARE)
    return label


def _leaders(rows: Rows, team: Team) -> Labels:
    """Return the labels to begin with: whom each node follows; in a large graph, whom that one follows."""
    cuts = np.searchsorted(rows[0], rows[0][-1] * np.arange(1, team.n_threads) // team.n_threads)
    ends = [0, *cuts.tolist(), len(rows[3])]
    degree = np.empty(len(rows[3]), np.int32)
    np.subtract(rows[0][1:], rows[0][:-1], out=degree, casting="unsafe")
    degree = frozen(degree)

    def ask(_: int, share: int) -> Labels:
        followed: Labels = follow_neighbours(*rows[:3], degree, ends[share], ends[share + 1])
        return followed

    followed = np.concatenate(team.each(ask, range(team.n_threads)))
    if is_small(rows):
        return followed
    numbered: Labels = kernels.renumber(frozen(followed[followed]))[0]
    return numbered


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
    if len(rows[1]) <= _TINY:
        return 100, 3
    return (5, 3) if is_short(rows) else (1, 1)


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
    with team_for(n_threads, rows) as team:
        label, inside = levels(rows, resolution, rng_seed, begin, team)
        if inside < _MURKY and begin is None and not is_small(rows):
            label, _ = levels(rows, resolution, rng_seed + 1, kernels.renumber(frozen(label))[0], team)
    return label


def _louvain(rows: Rows, resolution: float, rng_seed: int, begin: Labels | None, team: Team) -> tuple[Labels, float]:
    """Return the labels, and the share of all weight that lies inside communities."""
    twice = int(rows[3].sum())
    member: Labels = np.arange(len(rows[3]), dtype=np.int32)
    community = member if begin is None else begin
    while True:
        n_nodes = len(rows[3])
        moved = _moved(rows, community, order_of(rows, rng_seed, _MOVE_RUN), resolution, team)
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
        order = order_of(rows, rng_seed, _MOVE_RUN)
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
    if not is_small(rows):
        community = community.copy()
        strength, twice = rows[3], float(rows[3].sum())
        total = kernels.strength_of(strength, frozen(community.view()))
        lead = np.empty(len(community), np.int64)
        seen, seen_total = frozen(community.view()), frozen(total.view())

        def choose(k: int, node: Labels, _: bool) -> Chosen:
            chosen: Chosen = choose_communities(*rows, seen, seen_total, node, team.scratch[k], resolution, twice)
            return chosen

        def settle(node: Labels, chosen: Chosen) -> Changed:
            best, more, ahead = chosen
            moved: Changed = settle_communities(strength, community, total, lead, node, best, more, ahead, resolution, twice)
            return moved

        order = rounds(rows, community, lead, order, _MOVE_BLOCKS, stop_share, 0.0, team, choose, settle)
    if len(order):
        community = move_nodes(*rows, frozen(community), order, resolution, stop_share)
    return community


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


def _moved_share(rows: Rows) -> float:
    return 0.0 if is_short(rows) else _MOVED_SHARE
