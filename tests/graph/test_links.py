import networkx as nx
import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphfraud.errors import TableError
from graphfraud.graph.flows import flow_graph
from graphfraud.graph.interop import flows_from_networkx, flows_to_networkx, links_from_networkx, links_to_networkx
from graphfraud.graph.links import entity_position, link_graph, links_of
from graphfraud.tables import ENTITY_KINDS, LINK_KINDS, check, empty

from ..worlds import often, worlds
from .test_flows import same

_LINK_ARRAYS = (
    "entity_kind", "kind", "a_ix", "b_ix", "first_us", "last_us", "n_seen", "record", "start", "neighbour_ix", "link_ix",
)  # fmt: skip


@st.composite
def ties(draw: st.DrawFn) -> pl.DataFrame:
    """Rows of ``links``: every kind, ids that several kinds share, ties of a thing with itself, unknown times."""
    name = st.sampled_from(("1", "10", "a", "张三"))
    key = st.tuples(st.sampled_from(LINK_KINDS), st.sampled_from(ENTITY_KINDS), name, st.sampled_from(ENTITY_KINDS), name)
    times = st.none() | st.integers(0, 5)
    rows = [
        (*row, draw(times), draw(times), draw(st.integers(1, 3)), draw(st.integers(-1, 9)))
        for row in draw(st.lists(key, unique=True, max_size=12))
    ]
    return check(pl.DataFrame(rows, schema=empty("links").schema, orient="row"), "links")


def alike(a, b) -> bool:
    arrays = all(np.array_equal(getattr(a, name), getattr(b, name)) for name in _LINK_ARRAYS)
    return arrays and a.entity_id.equals(b.entity_id) and a.digest == b.digest


@often
@given(ties(), st.randoms(use_true_random=False))
def test_links_in_any_order_make_one_graph_and_come_back(frame, random):
    order = list(range(frame.height))
    random.shuffle(order)
    links = link_graph(frame)
    assert alike(links, link_graph(frame[order]))
    key = ["kind", "a_kind", "a_id", "b_kind", "b_id"]
    assert links_of(links).sort(key).equals(frame.sort(key))
    assert alike(links, links_from_networkx(links_to_networkx(links)))
    for name in _LINK_ARRAYS:
        array = getattr(links, name)
        assert array.flags.c_contiguous and not array.flags.writeable, name


@often
@given(ties())
def test_neighbours_are_those_of_the_rows(frame):
    links = link_graph(frame)
    for e in range(links.n_entities):
        around = slice(links.start[e], links.start[e + 1])
        told = [(links.b_ix[i], i) for i in range(links.n_links) if links.a_ix[i] == e]
        told += [(links.a_ix[i], i) for i in range(links.n_links) if links.b_ix[i] == e]
        assert sorted(zip(links.neighbour_ix[around], links.link_ix[around], strict=True)) == sorted(told)


def test_an_entity_is_its_kind_and_its_id(every_column):
    links = link_graph(every_column["links"])
    row = every_column["links"].row(3, named=True)
    at = entity_position(links, row["a_kind"], row["a_id"])
    assert links.entity_id[at] == row["a_id"] and ENTITY_KINDS[links.entity_kind[at]] == row["a_kind"]
    assert entity_position(links, "sim", "nowhere") == -1
    with pytest.raises(TableError, match="entity kind"):
        entity_position(links, "pigeon", "1")
    assert repr(link_graph(empty("links"))) == "LinkGraph(0 links between 0 entities)"


@often
@given(worlds())
def test_flows_come_back_from_networkx(frame):
    flows = flow_graph(frame)
    graph = flows_to_networkx(flows)
    assert graph.number_of_edges() == flows.n_transactions and graph.number_of_nodes() == flows.n_accounts
    assert all(type(value) in (int, str, bool) for *_, data in graph.edges(data=True) for value in data.values())
    assert same(flows, flows_from_networkx(graph))


def test_the_empty_graphs_come_back():
    assert same(flow_graph(empty("transactions")), flows_from_networkx(flows_to_networkx(flow_graph(empty("transactions")))))
    assert alike(link_graph(empty("links")), links_from_networkx(links_to_networkx(link_graph(empty("links")))))


def _without(graph, name):
    for *_, data in graph.edges(data=True):
        data.pop(name)
    return graph


def _with(graph, **values):
    for *_, data in graph.edges(data=True):
        data.update(values)
    return graph


def _poor(graph):
    nx.set_node_attributes(graph, 0, "opening_fen")
    return graph


def _lonely(graph):
    graph.add_node("z", opening_fen=0, opening_known=False, opening_raised_fen=0, held=False)
    return graph


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (nx.DiGraph, "found DiGraph"),
        (lambda g: _without(g, "amount_fen"), "no attribute amount_fen"),
        (lambda g: _with(g, amount_fen="much"), "a value of another type"),
        (lambda g: _with(g, amount_fen=-1), "-1"),
        (lambda g: _with(g, seq=1), "whose number another row has"),
        (lambda g: _with(g, channel="pigeon"), "pigeon"),
        (_poor, "below zero"),
        (_lonely, "1 nodes without an edge"),
    ],
)
def test_a_networkx_graph_that_is_no_flow_graph_is_refused(story, change, says):
    with pytest.raises(TableError, match=says):
        flows_from_networkx(change(flows_to_networkx(flow_graph(story))))


def test_a_networkx_graph_that_is_no_link_graph_is_refused(every_column):
    graph = links_to_networkx(link_graph(every_column["links"]))
    graph.add_node("alone")
    with pytest.raises(TableError, match="1 nodes"):
        links_from_networkx(graph)
    graph.remove_node("alone")
    graph.add_edge(("pigeon", "1"), ("sim", "2"), key="holds", first_us=None, last_us=None, n_seen=1, record=1)
    with pytest.raises(TableError, match="a_kind"):
        links_from_networkx(graph)
