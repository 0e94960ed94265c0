"""Who belongs together: accounts or linked entities, divided so that each deals more with its own than with others."""

from math import isfinite

import numpy as np
import numpy.typing as npt
import polars as pl

from graphfraud.analysis.division import (
    best_division,
    exact_modularity,
    label_propagation,
    numbered,
    rows_of,
    usual_tries,
)
from graphfraud.analysis.question import Clock, frozen, whole
from graphfraud.analysis.rounds import Labels, Rows
from graphfraud.errors import QuestionError
from graphfraud.findings.communities import (
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
from graphfraud.kernels.components import components
from graphfraud.tables import ENTITY_KINDS

_RESOLUTION_MAX = 1e6


def communities(
    graph: FlowGraph | LinkGraph,
    *,
    method: str = "leiden",
    resolution: float = 1.0,
    rng_seed: int = 0,
    weight: str | None = None,
    n_starts: int | None = None,
    n_passes: int | None = None,
    n_threads: int | None = None,
) -> Communities:
    """Divide accounts, or linked entities, into communities.

    Direction and time of payments and links do not count, nor do payments to oneself. The same graph, parameters and
    ``rng_seed`` give the same bytes, whatever the number of threads.

    Parameters
    ----------
    graph : FlowGraph or LinkGraph
    method : str
        ``leiden`` and ``louvain`` raise modularity, and communities of ``leiden`` hang together; ``label_propagation`` lets
        each take the label that weighs most around it, beginning with that of the best connected of its heaviest
        neighbours; ``components`` are all whom any chain of ties connects.
    resolution : float
        Above 1: more and smaller communities; below 1: fewer and larger. Modularity is stated at this resolution.
    rng_seed : int
        Decides in which order nodes are looked at, and ties of labels.
    weight : str, optional
        ``amount``: fen in both directions between two accounts; ``count``: payments, or links, between two. Default: amount
        for a flow graph; a link graph has counts alone.
    n_starts, n_passes : int, optional
        Of ``louvain`` and ``leiden``: how many orders of the nodes are tried, and how often each is gone through again from
        where it ended; the best division is kept. Default: 100 and 3 up to 40,000 neighbours in all, where chance weighs
        most and costs least; 5 and 3 up to 400,000; else 1 and 1.
    n_threads : int, optional
        Of large graphs; as many as there are processors unless given.

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
    rows = rows_of((a_ix, b_ix, tie_weight), n_nodes)
    tries = _tries(rows, n_starts, n_passes)
    n_threads = None if n_threads is None else whole("n_threads", n_threads, 1, 1024)
    if method == "components":
        label = components(a_ix, b_ix, n_nodes)
    elif method == "label_propagation":
        label = label_propagation(rows, rng_seed, n_threads)
    else:
        label = best_division(method, rows, resolution, rng_seed, *tries, n_threads)
    number, size, inside, total = numbered(rows, label)
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
        :data:`~graphfraud.findings.communities.COMMUNITY_BOND_SCHEMA`, by community, then ``inside_fen`` from the
        largest down; an account without a payment inside has no row.
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
