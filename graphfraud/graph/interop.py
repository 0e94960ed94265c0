"""To and from networkx, for both graphs and without loss: the door for questions the engine does not answer itself."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import networkx as nx
import polars as pl

from graphfraud.errors import TableError
from graphfraud.graph.flows import FlowGraph, flow_graph
from graphfraud.graph.links import LinkGraph, link_graph, links_of
from graphfraud.tables import CHANNELS, TABLES
from graphfraud.units import SECOND_US, TOTAL_FEN_MAX

_ACCOUNT = {"opening_fen": pl.Int64, "opening_known": pl.Boolean, "opening_raised_fen": pl.Int64, "held": pl.Boolean}
_TRANSACTION = {
    "amount_fen": pl.Int64,
    "at_us": pl.Int64,
    "seq": pl.Int64,
    "channel": pl.String,
    "low_precision": pl.Boolean,
}
_LINK = {"first_us": pl.Int64, "last_us": pl.Int64, "n_seen": pl.Int64, "record": pl.Int64}


def flows_to_networkx(flows: FlowGraph) -> nx.MultiDiGraph:
    """Give a flow graph to networkx.

    Returns
    -------
    networkx.MultiDiGraph
        Nodes are account ids with ``opening_fen``, ``opening_known``, ``opening_raised_fen``, ``held``; an edge from payer to
        payee has the transaction id as its key and ``amount_fen``, ``at_us``, ``seq``, ``channel`` (its name) and
        ``low_precision``. All values are plain Python ones.
    """
    graph = nx.MultiDiGraph()
    accounts = pl.DataFrame({"account_id": flows.account_id, **{name: getattr(flows, name) for name in _ACCOUNT}})
    graph.add_nodes_from((row.pop("account_id"), row) for row in accounts.iter_rows(named=True))
    columns = {name: getattr(flows, name) for name in _TRANSACTION if name != "channel"}
    rows = pl.DataFrame({**columns, "channel": pl.Series(CHANNELS, dtype=pl.String).gather(flows.channel)}).select(
        list(_TRANSACTION)
    )
    account = flows.account_id.to_list()
    graph.add_edges_from(
        (account[payer], account[payee], key, row)
        for payer, payee, key, row in zip(
            flows.payer_ix, flows.payee_ix, flows.transaction_id, rows.iter_rows(named=True), strict=True
        )
    )
    return graph


def flows_from_networkx(graph: nx.MultiDiGraph) -> FlowGraph:
    """Take a flow graph back from networkx; what :func:`flows_to_networkx` gave comes back equal.

    Raises
    ------
    TableError
        If the graph is not directed or has no parallel edges' keys, an attribute is missing or of a wrong type, an account has
        no transaction or an opening balance that lets it go below zero, or the transactions break what
        :func:`~graphfraud.graph.flows.flow_graph` demands.
    """
    _demand_multi(graph)
    edges = _frame(
        "edge", _TRANSACTION, ((payer, payee, key, data) for payer, payee, key, data in graph.edges(keys=True, data=True))
    )
    bare = flow_graph(
        edges.rename({"a": "payer_id", "b": "payee_id", "key": "transaction_id"}).with_columns(
            at_precision_us=pl.when("low_precision").then(SECOND_US + 1).otherwise(SECOND_US).cast(pl.Int64)
        )
    )
    nodes = _frame("node", _ACCOUNT, ((name, "", "", data) for name, data in graph.nodes(data=True))).sort("a")
    if nodes.height != bare.n_accounts:
        raise TableError("networkx graph", f"{nodes.height - bare.n_accounts} nodes without an edge", "none", "Remove them.")
    opening: dict[str, Any] = {name: nodes[name].to_numpy().copy() for name in _ACCOUNT}
    if (opening["opening_fen"] < bare.opening_fen).any() or int(nodes["opening_fen"].cast(pl.Int128).sum()) >= TOTAL_FEN_MAX:
        raise TableError(
            "networkx graph, opening_fen",
            "a balance that lets its account go below zero, or a sum of 2^62 or more",
            "at least what the account pays out before it receives it",
            "Leave opening_fen as flows_to_networkx gave it.",
        )
    for array in opening.values():
        array.setflags(write=False)
    return replace(bare, **opening)


def links_to_networkx(links: LinkGraph) -> nx.MultiDiGraph:
    """Give a link graph to networkx.

    Returns
    -------
    networkx.MultiDiGraph
        Nodes are (kind, id); an edge has the link's kind as its key and ``first_us``, ``last_us`` (None where unknown),
        ``n_seen`` and ``record``.
    """
    graph = nx.MultiDiGraph()
    for row in links_of(links).iter_rows(named=True):
        ends = (row["a_kind"], row["a_id"]), (row["b_kind"], row["b_id"])
        graph.add_edge(*ends, key=row["kind"], **{name: row[name] for name in _LINK})
    return graph


def links_from_networkx(graph: nx.MultiDiGraph) -> LinkGraph:
    """Take a link graph back from networkx; what :func:`links_to_networkx` gave comes back equal.

    Raises
    ------
    TableError
        If the graph is not directed or has no parallel edges' keys, an attribute is missing or of a wrong type, a node is not
        a pair of kind and id or has no edge, or the links break the requirements of their table.
    """
    _demand_multi(graph)
    odd = [node for node, degree in graph.degree() if not degree or not isinstance(node, tuple) or len(node) != 2]
    if odd:
        raise TableError("networkx graph", f"{len(odd)} nodes that are no (kind, id) or have no edge", "none", "Remove them.")
    edges = _frame(
        "edge", _LINK, ((f"{n}", "", kind, data) for n, (_, _, kind, data) in enumerate(graph.edges(keys=True, data=True)))
    )
    ends = pl.DataFrame(
        [(*a, *b) for a, b in graph.edges()],
        schema=dict.fromkeys(("a_kind", "a_id", "b_kind", "b_id"), pl.String),
        orient="row",
    )
    return link_graph(
        pl.concat([edges.rename({"key": "kind"}).drop("a", "b"), ends], how="horizontal").select(list(TABLES["links"].schema))
    )


def _demand_multi(graph: nx.MultiDiGraph) -> None:
    if not isinstance(graph, nx.MultiDiGraph):
        found = type(graph).__name__
        raise TableError("networkx graph", found, "a MultiDiGraph", "Two transfers between the same accounts are two edges.")


def _frame(
    what: str, schema: Mapping[str, Any], rows: Iterable[tuple[object, object, object, dict[str, object]]]
) -> pl.DataFrame:
    """Lay names and attributes out as columns a, b, key and those of the schema."""
    named: list[tuple[object, ...]] = []
    for a, b, key, data in rows:
        missing = [name for name in schema if name not in data]
        if missing:
            raise TableError(f"networkx graph, a {what}", f"no attribute {missing[0]}", ", ".join(schema), "Add it.")
        named.append((a, b, key, *(data[name] for name in schema)))
    columns: dict[str, Any] = {"a": pl.String, "b": pl.String, "key": pl.String, **schema}
    try:
        return pl.DataFrame(named, schema=columns, orient="row", strict=True)
    except (TypeError, OverflowError, pl.exceptions.PolarsError) as error:
        raise TableError(
            f"networkx graph, a {what}", "a value of another type", f"text ids and {', '.join(schema)}", "Convert the values."
        ) from error
