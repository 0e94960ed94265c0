"""Communities as an investigator asks for them; their quality beside networkx; bad input."""

import os
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import networkx as nx
import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graphfraud.analysis import division as rooms
from graphfraud.analysis import rounds
from graphfraud.analysis.communities import communities
from graphfraud.errors import QuestionError
from graphfraud.findings.communities import (
    COMMUNITY_ACCOUNT_SCHEMA,
    COMMUNITY_ENTITY_SCHEMA,
    COMMUNITY_METHODS,
    COMMUNITY_SCHEMA,
)
from graphfraud.graph.flows import flow_graph
from graphfraud.graph.links import link_graph
from graphfraud.kernels import communities as kernels
from graphfraud.tables import check, empty

from ..ledger import frozen, ledger
from ..oracles import communities as twin

TWO_GROUPS = """
09:00 a -> b 100.00
09:01 b -> c 100.00
09:02 c -> a 100.00
09:03 d -> e 100.00
09:04 e -> f 100.00
09:05 f -> d 100.00
09:06 g -> d 90.00
09:07 c -> d 1.00
09:08 a -> a 5000.00
"""


def flows(story=TWO_GROUPS):
    return flow_graph(ledger(story).transactions())


def links(*pairs):
    rows = [("registered_with", "account", a, "sim", b, None, None, 1, -1) for a, b in pairs]
    return link_graph(check(pl.DataFrame(rows, schema=empty("links").schema, orient="row"), "links"))


def rows_of(pairs, n_nodes):
    a, b = (frozen(np.array(side, np.int32)) for side in (zip(*pairs, strict=True) if pairs else ((), ())))
    return tuple(frozen(array) for array in kernels.symmetric_rows(a, b, frozen(np.ones(len(a), np.int64)), n_nodes))


@pytest.mark.parametrize("method", ["leiden", "louvain", "label_propagation"])
def test_two_groups_with_their_figures(method):
    answer = communities(flows(), method=method)
    assert dict(answer.communities.schema) == COMMUNITY_SCHEMA
    assert dict(answer.members.schema) == COMMUNITY_ACCOUNT_SCHEMA
    assert answer.members.rows() == [*((name, 1, 3) for name in "abc"), *((name, 0, 4) for name in "defg")]
    assert answer.communities.select("n_members", "inside_weight", "cut_weight").rows() == [(4, 39_000, 100), (3, 30_000, 100)]
    # 2W = 138,200; strengths 78,100 and 60,100: 138,000 / 138,200 - (78,100^2 + 60,100^2) / 138,200^2
    assert answer.modularity == float(Fraction(138_000, 138_200) - Fraction(78_100**2 + 60_100**2, 138_200**2))
    assert answer.communities["modularity"].sum() == pytest.approx(answer.modularity, abs=1e-15)
    assert answer.ambiguities == {"self_ties": 1}
    assert answer.run.parameters["weight"] == "amount" and answer.run.question == "communities"
    assert repr(answer).startswith("Communities(2 of 7, ")


def test_components_are_all_whom_any_chain_connects():
    answer = communities(flows(TWO_GROUPS + "10:00 x -> y 1.00\n"), method="components")
    assert answer.communities["n_members"].to_list() == [7, 2]
    assert answer.communities["cut_weight"].to_list() == [0, 0]


def test_equal_sizes_are_numbered_by_their_smallest_id():
    answer = communities(flows("09:00 z -> c 1.00\n09:01 b -> y 1.00\n09:02 a -> x 1.00"))
    assert answer.members["community"].to_list() == [0, 1, 2, 0, 1, 2]


def test_weight_by_amount_or_by_count():
    story = "09:00 a -> b 9.00\n09:01 b -> c 1.00\n09:02 b -> c 1.00\n09:03 c -> d 9.00\n09:04 b -> c 1.00"
    by_amount, by_count = communities(flows(story)), communities(flows(story), weight="count")
    assert by_amount.members["community"].to_list() == [0, 0, 1, 1]
    assert by_count.communities["inside_weight"].sum() + by_count.communities["cut_weight"].sum() // 2 == 5
    assert by_count.members["community"].to_list() != by_amount.members["community"].to_list()


def test_resolution_makes_communities_smaller_or_larger():
    sizes = [communities(flows(), resolution=r).communities.height for r in (0.001, 1.0, 10.0)]
    assert sizes == [1, 2, 7]


def test_links_are_counted():
    graph = links(("6222-a", "138-1"), ("6222-b", "138-1"), ("6222-c", "138-2"), ("6222-d", "138-2"))
    answer = communities(graph)
    assert dict(answer.members.schema) == COMMUNITY_ENTITY_SCHEMA
    assert answer.members.filter(pl.col("community") == 0)["entity_id"].to_list() == ["6222-a", "6222-b", "138-1"]
    assert answer.weight == "count" and answer.run.graph_digest == graph.digest
    with pytest.raises(QuestionError, match="no money"):
        communities(graph, weight="amount")


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"method": "infomap"}, "method"),
        ({"weight": "fen"}, "weight"),
        ({"resolution": 0.0}, "resolution"),
        ({"resolution": -1}, "resolution"),
        ({"resolution": float("nan")}, "resolution"),
        ({"resolution": float("inf")}, "resolution"),
        ({"resolution": "1"}, "resolution"),
        ({"rng_seed": -1}, "rng_seed"),
        ({"rng_seed": 0.5}, "rng_seed"),
        ({"n_starts": 0}, "n_starts"),
        ({"n_passes": 0}, "n_passes"),
        ({"n_threads": 0}, "n_threads"),
    ],
)
def test_what_cannot_be_asked_is_said(asked, says):
    with pytest.raises(QuestionError, match=says):
        communities(flows(), **asked)


@pytest.mark.parametrize("method", COMMUNITY_METHODS)
def test_poor_graphs_are_answered(method):
    nobody = communities(flow_graph(empty("transactions")), method=method)
    assert nobody.members.is_empty() and nobody.communities.is_empty() and nobody.modularity == 0.0
    assert communities(links(), method=method).members.is_empty()
    alone = communities(flows("09:00 a -> a 1.00\n09:00 a -> a 1.00"), method=method)
    assert alone.members.rows() == [("a", 0, 1)] and alone.ambiguities == {"self_ties": 2}
    assert alone.communities.rows() == [(0, 1, 0, 0, 0.0)]
    pair = communities(flows("09:00 a -> b 1.00\n09:00 b -> a 1.00"), method=method)
    assert pair.communities.rows() == [(0, 2, 200, 0, 0.0)]


EDGES = st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11)), max_size=40)


@given(pairs=EDGES, rng_seed=st.integers(0, 5), resolution=st.sampled_from([0.5, 1.0, 1.7]), n_passes=st.integers(1, 3))
@settings(deadline=None, derandomize=True, max_examples=100)
def test_laws_of_leiden_and_louvain(pairs, rng_seed, resolution, n_passes):
    rows = rows_of(pairs, 12)
    plain = twin.symmetric(*(zip(*pairs, strict=True) if pairs else ((), ())), [1] * len(pairs), 12)
    for divide in (rooms.leiden, rooms.louvain):
        label, before = None, twin.modularity(plain, list(range(12)), resolution)
        for again in range(n_passes):
            label = divide(rows, resolution, rng_seed + again, label)
            now = twin.modularity(plain, label.tolist(), resolution)
            assert now >= before  # from all alone on, and from pass to pass
            assert rooms.modularity_of(rows, label, resolution) == float(now)
            before = now
        if divide is rooms.leiden:
            assert len(set(twin.connected_parts(plain, label.tolist()))) == len(set(label.tolist()))


@pytest.fixture
def in_blocks(monkeypatch):
    """Let small graphs be gone through as large ones are."""
    monkeypatch.setattr(rounds, "_SMALL", -1)
    monkeypatch.setattr(rounds, "_SMALL_NODES", -1)


@given(pairs=EDGES, rng_seed=st.integers(0, 5), resolution=st.sampled_from([0.5, 1.0, 1.7]))
@settings(deadline=None, derandomize=True, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_laws_of_divisions_in_blocks(in_blocks, pairs, rng_seed, resolution):
    rows = rows_of(pairs, 12)
    plain = twin.symmetric(*(zip(*pairs, strict=True) if pairs else ((), ())), [1] * len(pairs), 12)
    piece = twin.connected_parts(plain, [0] * 12)
    asked = (
        lambda n: rooms.leiden(rows, resolution, rng_seed, None, n),
        lambda n: rooms.louvain(rows, resolution, rng_seed, None, n),
        lambda n: rooms.label_propagation(rows, rng_seed, n),
    )
    for k, divide in enumerate(asked):
        label = divide(1)
        assert {divide(n).tobytes() for n in (2, 3)} == {label.tobytes()}
        assert all(piece[v] == piece[u] for v in range(12) for u in range(12) if label[v] == label[u])
        if k == 0:
            assert len(set(twin.connected_parts(plain, label.tolist()))) == len(set(label.tolist()))
        if k < 2:
            assert twin.modularity(plain, label.tolist(), resolution) >= twin.modularity(plain, list(range(12)), resolution)


def test_pairs_side_by_side_do_not_change_places_for_ever(in_blocks):
    rows = rows_of([(2 * k, 2 * k + 1) for k in range(500)], 1000)
    for divide in (rooms.label_propagation, lambda r, s: rooms.louvain(r, 1.0, s), lambda r, s: rooms.leiden(r, 1.0, s)):
        label = divide(rows, 3)
        assert np.array_equal(label[::2], label[1::2]) and len(set(label.tolist())) == 500


@pytest.mark.parametrize("mixing", [0.1, 0.5, 0.7])
def test_divisions_in_blocks_are_as_good(in_blocks, mixing):
    graph = planted(mixing, 9)
    rows = rows_of(list(graph.edges), len(graph))
    theirs = nx.community.modularity(graph, nx.community.louvain_communities(graph, seed=9))
    for method in ("leiden", "louvain"):
        label = rooms.best_division(method, rows, 1.0, 0, 5, 3, 2)
        assert rooms.modularity_of(rows, label, 1.0) >= theirs * 0.999


def lfr(mixing, rng_seed):
    """Return an LFR graph, or a planted partition of the same mixing where networkx finds none."""
    try:
        return nx.LFR_benchmark_graph(
            400, 2.5, 1.5, mixing, average_degree=12, max_degree=40, min_community=20, max_community=60, seed=rng_seed
        )
    except nx.ExceededMaxIterations:
        return planted(mixing, rng_seed)


def planted(mixing, rng_seed):
    return nx.planted_partition_graph(12, 35, 14 * (1 - mixing) / 34, 14 * mixing / 385, seed=rng_seed)


@pytest.mark.parametrize("make", [lfr, planted])
@pytest.mark.parametrize("mixing", [0.1, 0.3, 0.5, 0.7])
@pytest.mark.parametrize("rng_seed", [3, 4])
def test_modularity_is_within_a_thousandth_of_that_of_networkx(make, mixing, rng_seed):
    graph = make(mixing, rng_seed)
    graph.remove_edges_from(list(nx.selfloop_edges(graph)))
    rows = rows_of(list(graph.edges), len(graph))
    theirs = nx.community.modularity(graph, nx.community.louvain_communities(graph, seed=rng_seed))
    for method in ("leiden", "louvain"):
        label = rooms.best_division(method, rows, 1.0, 0, *rooms.usual_tries(rows))
        found = [set(np.flatnonzero(label == c).tolist()) for c in np.unique(label)]
        q = nx.community.modularity(graph, found)
        assert q == pytest.approx(rooms.modularity_of(rows, label, 1.0), abs=1e-12)
        assert q >= theirs * 0.999


def test_label_propagation_finds_what_is_plainly_planted():
    graph = planted(0.02, 1)
    label = rooms.label_propagation(rows_of(list(graph.edges), len(graph)), 0)
    assert all(len(set(label[k : k + 35].tolist())) == 1 for k in range(0, 420, 35))
    assert len(set(label.tolist())) == 12


@pytest.mark.parametrize("mixing", [0.2, 0.3, 0.4])
@pytest.mark.parametrize("rng_seed", [3, 4])
def test_labels_do_not_flood_mixed_communities(mixing, rng_seed):
    graph = planted(mixing, rng_seed)
    rows = rows_of(list(graph.edges), len(graph))
    ours = [rooms.modularity_of(rows, rooms.label_propagation(rows, s), 1.0) for s in range(3)]
    found = [nx.community.fast_label_propagation_communities(graph, seed=s) for s in range(3)]
    theirs = [nx.community.modularity(graph, list(one)) for one in found]
    assert np.median(ours) >= 0.9 * np.median(theirs)


def test_a_seed_decides_the_labels_too():
    graph = planted(0.4, 2)
    rows = rows_of(list(graph.edges), len(graph))
    assert len({rooms.label_propagation(rows, s).tobytes() for s in range(5)}) > 1


def test_a_seed_decides_and_row_order_does_not():
    graph = planted(0.6, 2)
    pairs = list(graph.edges)
    asked = [rooms.leiden(rows_of(p, len(graph)), 1.0, 5).tobytes() for p in (pairs, pairs[::-1], [(b, a) for a, b in pairs])]
    assert len(set(asked)) == 1
    assert len({rooms.leiden(rows_of(pairs, len(graph)), 1.0, s).tobytes() for s in range(5)}) > 1


_ASK = """
import hashlib, numpy as np
from graphfraud.analysis import division as rooms
from graphfraud.kernels import communities as kernels
def frozen(a):
    a.setflags(write=False)
    return a
ends = np.random.default_rng(8).integers(0, 20_000, (2, 250_000)).astype(np.int32)
rows = rooms.rows_of((frozen(ends[0].copy()), frozen(ends[1].copy()), frozen(np.ones(250_000, np.int64))), 20_000)
digest = hashlib.sha256()
for n in (1, 2, 3):
    digest.update(rooms.leiden(rows, 1.0, 1, None, n).tobytes())
    digest.update(rooms.louvain(rows, 1.0, 1, None, n).tobytes())
    digest.update(rooms.label_propagation(rows, 1, n).tobytes())
    print(digest.hexdigest())
    digest = hashlib.sha256()
"""


def test_one_thread_and_two_give_the_same_bytes():
    said = [
        subprocess.run(
            [sys.executable, "-c", _ASK],
            env={**os.environ, "NUMBA_NUM_THREADS": n, "POLARS_MAX_THREADS": n},
            cwd=Path(__file__).parents[2],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for n in ("1", "2")
    ]
    assert said[0] == said[1]
    assert len(set(said[0].split())) == 1
