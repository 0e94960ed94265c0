"""Who belongs together: accounts or linked entities, divided so that each deals more with its own than with others."""

from fractions import Fraction
from math import isfinite

import numpy as np
import numpy.typing as npt
import polars as pl

from graphfraud.analysis.question import Clock, frozen, whole
from graphfraud.errors import QuestionError
from graphfraud.findings import (
    COMMUNITY_ACCOUNT_SCHEMA,
    COMMUNITY_BOND_SCHEMA,
    COMMUNITY_ENTITY_SCHEMA,
    COMMUNITY_METHODS,
    COMMUNITY_SCHEMA,
    COMMUNITY_WEIGHTS,
    Communities,
)
from graphfraud.graph.flows import FlowGraph
from graphfraud.graph.links import LinkGraph
from graphfraud.kernels import communities as kernels
from graphfraud.kernels.components import components
from graphfraud.kernels.leiden import refine
from graphfraud.kernels.louvain import move_nodes
from graphfraud.kernels.propagation import propagate_labels
from graphfraud.tables import ENTITY_KINDS

Rows = tuple[npt.NDArray[np.int64], npt.NDArray[np.int32], npt.NDArray[np.int64], npt.NDArray[np.int64]]
"""A symmetric weighted graph: start, neighbour_ix, weight, strength, as ``kernels.symmetric_rows`` gives them; read-only."""

Labels = npt.NDArray[np.int32]

_RESOLUTION_MAX = 1e6
_SMALL = 400_000  # entries of rows up to which local moving is tried often, and to its end
_MOVED_SHARE = 0.01  # else it ends with a round that moved fewer: the next level moves them together
_RELABELLED_SHARE = 0.001
_RUN = 64  # positions visited one after the other in large graphs, as their rows lie side by side


def communities(
    graph: FlowGraph | LinkGraph,
    *,
    method: str = "leiden",
    resolution: float = 1.0,
    rng_seed: int = 0,
    weight: str | None = None,
    n_starts: int | None = None,
    n_passes: int | None = None,
) -> Communities:
    """Divide accounts, or linked entities, into communities.

    Direction and time of payments and links do not count, nor do payments to oneself. The same graph, parameters and
    ``rng_seed`` give the same bytes: one thread does the work, so the number of threads cannot matter.

    Parameters
    ----------
    graph : FlowGraph or LinkGraph
    method : str
        ``leiden`` and ``louvain`` raise modularity, and communities of ``leiden`` hang together; ``label_propagation`` lets
        each take the label that weighs most around it; ``components`` are all whom any chain of ties connects.
    resolution : float
        Above 1: more and smaller communities; below 1: fewer and larger. Modularity is stated at this resolution.
    rng_seed : int
        Decides in which order nodes are looked at, and ties of labels.
    weight : str, optional
        ``amount``: fen in both directions between two accounts; ``count``: payments, or links, between two. Default: amount
        for a flow graph; a link graph has counts alone.
    n_starts, n_passes : int, optional
        Of ``louvain`` and ``leiden``: how many orders of the nodes are tried, the best division being kept, and how often each
        is gone through again from where it ended, which never lowers modularity. Default: 5 and 3 up to 400,000 neighbours
        in all, where chance weighs most and costs least; else 1 and 1.

    Returns
    -------
    Communities

    Raises
    ------
    QuestionError
        If there is no such method or weight, or the resolution, the seed or a number is out of its range.
    """
    clock = Clock()
    _choice("method", method, COMMUNITY_METHODS)
    _demand_resolution(resolution)
    whole("rng_seed", rng_seed, 0, 2**62)
    a_ix, b_ix, tie_weight, weight = _ties(graph, weight)
    n_nodes = graph.n_accounts if isinstance(graph, FlowGraph) else graph.n_entities
    rows = _frozen_rows(kernels.symmetric_rows(a_ix, b_ix, tie_weight, n_nodes))
    tries = _tries(rows, n_starts, n_passes)
    if method == "components":
        label = components(a_ix, b_ix, n_nodes)
    elif method == "label_propagation":
        label = label_propagation(rows, rng_seed)
    else:
        label = best_division(method, rows, resolution, rng_seed, *tries)
    number, size, inside, total = _numbered(rows, label)
    if method == "leiden":
        _assert_connected(a_ix, b_ix, number, len(size))
    twice = int(rows[3].sum())
    assert int(total.sum()) == twice, "a community's strength is counted twice or not at all"
    modularity, parts = exact_modularity(inside.tolist(), total.tolist(), twice, resolution)
    asked = {"method": method, "resolution": resolution, "rng_seed": rng_seed, "weight": weight}
    asked |= {"n_starts": tries[0], "n_passes": tries[1]}
    return Communities(
        run=clock.run("communities", asked, graph),
        method=method,
        weight=weight,
        modularity=modularity,
        communities=pl.DataFrame(
            {
                "community": np.arange(len(size)),
                "n_members": size,
                "inside_weight": inside,
                "cut_weight": total - 2 * inside,
                "modularity": parts,
            },
            schema=COMMUNITY_SCHEMA,
        ),
        members=_members(graph, number, size),
        ambiguities={"self_ties": int(np.count_nonzero(a_ix == b_ix))},
    )


def bonds(flows: FlowGraph, found: Communities, top: int) -> pl.DataFrame:
    """Show what binds each account of the largest communities: how much it dealt inside, and its largest payment there.

    Parameters
    ----------
    flows : FlowGraph
        The graph ``found`` was asked of.
    found : Communities
        Of accounts.
    top : int
        How many communities, the largest first.

    Returns
    -------
    polars.DataFrame
        :data:`~graphfraud.findings.COMMUNITY_BOND_SCHEMA`, by community, then ``inside_fen`` from the largest down; an account
        without a payment inside has no row.
    """
    assert found.run.graph_digest == flows.digest, "the communities of another graph"
    of = found.members["community"].to_numpy()
    payer_ix, payee_ix = flows.payer_ix, flows.payee_ix
    inside = (of[payer_ix] == of[payee_ix]) & (of[payer_ix] < whole("top", top, 0, 10**9)) & (payer_ix != payee_ix)
    tx = np.tile(np.flatnonzero(inside), 2)
    account = np.concatenate([payer_ix[inside], payee_ix[inside]])
    legs = pl.DataFrame({"account": account, "tx": tx, "community": of[account], "amount_fen": flows.amount_fen[tx]})
    largest = pl.col("tx").sort_by("amount_fen", "tx", descending=[True, False]).first()
    per = legs.group_by("community", "account").agg(n_transactions=pl.len(), inside_fen=pl.col("amount_fen").sum(), tx=largest)
    per = per.sort("community", "inside_fen", "account", descending=[False, True, False])
    tx = per["tx"].to_numpy()
    shown = per.with_columns(
        account_id=flows.account_id.gather(per["account"]),
        transaction_id=flows.transaction_id.gather(per["tx"]),
        amount_fen=pl.Series(flows.amount_fen[tx]),
        at_us=pl.Series(flows.at_us[tx]),
    )
    return shown.select(pl.col(name).cast(dtype) for name, dtype in COMMUNITY_BOND_SCHEMA.items())


def label_propagation(rows: Rows, rng_seed: int) -> Labels:
    """Return a label for each node, by label propagation."""
    start, neighbour_ix, weight, strength = rows
    tie_order = frozen(kernels.shuffled(len(strength), 1, rng_seed))
    label: Labels = propagate_labels(start, neighbour_ix, weight, _order(rows, rng_seed), tie_order, _RELABELLED_SHARE)
    return label


def best_division(method: str, rows: Rows, resolution: float, rng_seed: int, n_starts: int, n_passes: int) -> Labels:
    """Return the division of highest modularity of several starts, the first of equal ones."""
    divide = louvain if method == "louvain" else leiden
    found = []
    for first in range(rng_seed, rng_seed + n_starts * n_passes, n_passes):
        label = divide(rows, resolution, first)
        for again in range(first + 1, first + n_passes):
            label = divide(rows, resolution, again, label)
        found.append((modularity_of(rows, label, resolution) if n_starts > 1 else 0.0, label))
    return max(found, key=lambda one: one[0])[1]


def usual_tries(rows: Rows) -> tuple[int, int]:
    """Return how many starts and passes a graph of this size gets unless asked otherwise."""
    return (5, 3) if len(rows[1]) <= _SMALL else (1, 1)


def modularity_of(rows: Rows, label: Labels, resolution: float) -> float:
    """Return the modularity of any division."""
    _, _, inside, total = _numbered(rows, label)
    return exact_modularity(inside.tolist(), total.tolist(), int(rows[3].sum()), resolution)[0]


def louvain(rows: Rows, resolution: float, rng_seed: int, begin: Labels | None = None) -> Labels:
    """Return a label for each node: nodes are moved, communities become nodes, until none moves."""
    member: Labels = np.arange(len(rows[3]), dtype=np.int32)
    community = member if begin is None else begin
    while True:
        n_nodes = len(rows[3])
        moved = move_nodes(*rows, frozen(community), _order(rows, rng_seed), resolution, _moved_share(rows))
        group, first = kernels.renumber(frozen(moved))
        member = group[member]
        if len(first) == n_nodes:
            return member
        community = np.arange(len(first), dtype=np.int32)
        rows = _frozen_rows(kernels.aggregate(*rows, frozen(group), len(first)))


def leiden(rows: Rows, resolution: float, rng_seed: int, begin: Labels | None = None) -> Labels:
    """Return a label for each node: like :func:`louvain`, but what becomes a node is a refined part of a community.

    Early ends of local moving could leave a community in pieces; these are set apart, which raises modularity.
    """
    whole_graph = rows
    member = np.arange(len(rows[3]), dtype=np.int32)
    community = member if begin is None else begin
    while True:
        n_nodes = len(rows[3])
        order = _order(rows, rng_seed)
        moved = move_nodes(*rows, frozen(community), order, resolution, _moved_share(rows))
        community, first = kernels.renumber(frozen(moved))
        if len(first) == n_nodes:
            break
        part, first = kernels.renumber(frozen(refine(*rows, frozen(community), order, resolution)))
        if len(first) == n_nodes:
            break
        member = part[member]
        community = community[first]
        rows = _frozen_rows(kernels.aggregate(*rows, frozen(part), len(first)))
    label: Labels = kernels.connected_parts(whole_graph[0], whole_graph[1], frozen(community[member]))
    return label


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


def _ties(
    graph: FlowGraph | LinkGraph, weight: str | None
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32], npt.NDArray[np.int64], str]:
    if isinstance(graph, FlowGraph):
        a_ix, b_ix, weight = graph.payer_ix, graph.payee_ix, weight or "amount"
    else:
        a_ix, b_ix, weight = graph.a_ix, graph.b_ix, weight or "count"
    _choice("weight", weight, COMMUNITY_WEIGHTS)
    if weight == "count":
        return a_ix, b_ix, frozen(np.ones(len(a_ix), np.int64)), weight
    if isinstance(graph, LinkGraph):
        raise QuestionError("weight", "amount, of links", "count", "Links carry no money: weigh them by count.")
    return a_ix, b_ix, graph.amount_fen, weight


def _choice(where: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise QuestionError(where, repr(value), f"one of {', '.join(known)}", "Choose one of them.")


def _demand_resolution(value: float) -> None:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not (number and isfinite(value) and 0 < value <= _RESOLUTION_MAX):
        expected = f"a number above 0, at most {_RESOLUTION_MAX:.0f}"
        raise QuestionError("resolution", repr(value), expected, "1 is the usual one; more gives smaller communities.")


def _tries(rows: Rows, n_starts: int | None, n_passes: int | None) -> tuple[int, int]:
    usual = usual_tries(rows)
    return (
        usual[0] if n_starts is None else whole("n_starts", n_starts, 1, 1000),
        usual[1] if n_passes is None else whole("n_passes", n_passes, 1, 1000),
    )


def _moved_share(rows: Rows) -> float:
    return 0.0 if len(rows[1]) <= _SMALL else _MOVED_SHARE


def _order(rows: Rows, rng_seed: int) -> Labels:
    n_nodes = len(rows[3])
    run = min(max(1, n_nodes // 1024), _RUN)
    return frozen(kernels.shuffled(n_nodes, run, rng_seed))


def _frozen_rows(rows: Rows) -> Rows:
    start, neighbour_ix, weight, strength = (frozen(array) for array in rows)
    return start, neighbour_ix, weight, strength


def _numbered(rows: Rows, label: Labels) -> tuple[Labels, npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Number communities by size, then by smallest position (positions follow ids); return their tallies in that order."""
    group, first = kernels.renumber(frozen(label))
    columns = kernels.tallies(*rows, frozen(group), len(first))
    order = np.lexsort((first, -columns[0]))
    number = np.empty(len(order), np.int32)
    number[order] = np.arange(len(order), dtype=np.int32)
    size, inside, total = (column[order] for column in columns)
    return number[group], size, inside, total


def _assert_connected(a_ix: npt.NDArray[np.int32], b_ix: npt.NDArray[np.int32], number: Labels, n_communities: int) -> None:
    inside = number[a_ix] == number[b_ix]
    part = components(frozen(a_ix[inside]), frozen(b_ix[inside]), len(number))
    n_parts = int(np.count_nonzero(part == np.arange(len(part))))
    assert n_parts == n_communities, f"{n_communities} communities hang together as {n_parts} parts"


def _members(graph: FlowGraph | LinkGraph, number: Labels, size: npt.NDArray[np.int64]) -> pl.DataFrame:
    columns = {"community": number, "n_members": size[number]}
    if isinstance(graph, FlowGraph):
        return pl.DataFrame({"account_id": graph.account_id, **columns}, schema=COMMUNITY_ACCOUNT_SCHEMA)
    kind = pl.Series(ENTITY_KINDS, dtype=pl.String).gather(graph.entity_kind)
    return pl.DataFrame({"entity_kind": kind, "entity_id": graph.entity_id, **columns}, schema=COMMUNITY_ENTITY_SCHEMA)
