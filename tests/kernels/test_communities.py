"""The steps of community detection equal their twins; laws of the graph they stand on."""

import itertools
from concurrent.futures import ThreadPoolExecutor

import numba
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphfraud.kernels import communities as kernels
from graphfraud.kernels import propagation as labels
from graphfraud.kernels.leiden import refine
from graphfraud.kernels.levels import aggregate, use_up_leads
from graphfraud.kernels.louvain import choose_communities, move_nodes, settle_communities

from ..ledger import frozen
from ..oracles import communities as twin
from .nasty import often

N = 9
TIES = st.lists(st.tuples(st.integers(0, N - 1), st.integers(0, N - 1), st.sampled_from([1, 1, 2, 5, 10**4])), max_size=30)
GROUPS = st.lists(st.integers(0, N - 1), min_size=N, max_size=N)
RESOLUTIONS = st.sampled_from([0.25, 1.0, 1.0, 2.0])
STOPS = st.sampled_from([0.0, 0.0, 0.25])
ORDERS = st.permutations(range(N))
SOME = st.integers(0, N).flatmap(lambda n: ORDERS.map(lambda order: order[:n]))
SEEDS = st.sampled_from([0, 1, 2, 3, 2**62])
LEADS = st.lists(st.integers(0, 12), min_size=N, max_size=N)
TURNS = st.lists(st.integers(-1, 2), min_size=N, max_size=N)


def int32(values):
    return frozen(np.array(values, np.int32))


def built(ties):
    """Return the rows of the kernel, read-only, and those of the twin."""
    a, b, w = ([tie[k] for tie in ties] for k in range(3))
    rows = kernels.symmetric_rows(int32(a), int32(b), frozen(np.array(w, np.int64)), N)
    return tuple(frozen(array) for array in rows), twin.symmetric(a, b, w, N)


def shuffled(n_nodes, run, rng_seed):
    """Call the kernel; its source of chance wraps on purpose, which plain numpy would warn of."""
    with np.errstate(over="ignore"):
        return kernels.shuffled(n_nodes, run, rng_seed)


def dicts(start, neighbour, weight):
    pairs = list(zip(neighbour.tolist(), weight.tolist(), strict=True))
    return [dict(pairs[a:b]) for a, b in itertools.pairwise(start)]


def aggregated(rows, group, n_groups, cut=0):
    """Return the graph of groups, made in two shares."""
    shares = [aggregate(*rows, frozen(group), *ends) for ends in ((0, cut), (cut, n_groups))]
    n_neighbours, neighbour, weight, strength = (np.concatenate(side) for side in zip(*shares, strict=True))
    return tuple(map(frozen, (np.concatenate(([0], np.cumsum(n_neighbours))), neighbour, weight, strength)))


@given(ties=TIES)
@often
def test_the_symmetric_graph_equals_its_twin(ties) -> None:
    rows, wanted = built(ties)
    found = dicts(*rows[:3])
    assert found == wanted
    assert [list(row) for row in found] == [list(row) for row in wanted]  # ascending too
    assert rows[3].tolist() == twin.strengths(wanted)
    assert [array.dtype for array in rows] == [np.int64, np.int32, np.int64, np.int64]


@given(ties=TIES, label=GROUPS)
@often
def test_aggregation_numbering_and_tallies_equal_their_twins(ties, label) -> None:
    rows, wanted = built(ties)
    group, first = kernels.renumber(int32(label))
    assert [group.tolist(), first.tolist()] == list(twin.renumber(label))
    above = aggregated(rows, group, len(first))
    above_wanted, strength = twin.aggregate(wanted, twin.strengths(wanted), group.tolist(), len(first))
    assert [list(row.items()) for row in dicts(*above[:3])] == [list(row.items()) for row in above_wanted]
    assert above[3].tolist() == strength
    assert kernels.strength_of(rows[3], int32(label)).tolist() == twin.strength_of(twin.strengths(wanted), label)
    tallies = kernels.tallies(*rows, frozen(group), len(first))
    assert [column.tolist() for column in tallies] == list(
        twin.tallies(wanted, twin.strengths(wanted), group.tolist(), len(first))
    )
    assert kernels.connected_parts(*rows[:2], int32(label)).tolist() == twin.connected_parts(wanted, label)


@given(n=st.integers(0, 40), run=st.integers(1, 9), rng_seed=st.integers(0, 2**62))
@often
def test_an_order_of_chance_equals_its_twin(n, run, rng_seed) -> None:
    order = shuffled(n, run, rng_seed)
    assert order.tolist() == twin.shuffled(n, run, rng_seed)
    assert sorted(order.tolist()) == list(range(n))


@given(ties=TIES, label=GROUPS, cut=st.integers(0, N))
@often
def test_groups_made_nodes_in_shares_are_those_made_at_once(ties, label, cut) -> None:
    rows, _ = built(ties)
    group, first = kernels.renumber(int32(label))
    one, two = (aggregated(rows, group, len(first), min(at, len(first))) for at in (0, cut))
    assert [array.tobytes() for array in one] == [array.tobytes() for array in two]


def follow_neighbours(rows, cut):
    """Call the kernel for all nodes, in two shares."""
    degree = int32(np.diff(rows[0]))
    return np.concatenate([labels.follow_neighbours(*rows[:3], degree, *ends) for ends in ((0, cut), (cut, len(degree)))])


def propagate_labels(rows, label, order, lead, rng_seed, stop):
    """Call the kernel; its source of chance wraps on purpose."""
    label, lead = np.array(label, np.int32), np.array(lead, np.int64)
    with np.errstate(over="ignore"):
        assert labels.propagate_labels(*rows, label, lead, int32(order), rng_seed, stop) is None
    return label


def choose_labels(rows, label, nodes, rng_seed, with_next):
    """Call the kernel; return the label that each of the nodes takes, and all leads."""
    scratch, lead = np.zeros(N, np.int64), np.full(N, -7)
    with np.errstate(over="ignore"):
        changed, taken = labels.choose_labels(*rows, int32(label), lead, int32(nodes), rng_seed, with_next, scratch)
    assert not scratch.any()
    assert (changed.dtype, taken.dtype) == (np.int32, np.int32)
    now = np.array(label)
    now[changed] = taken
    assert [v for v in nodes if now[v] != label[v]] == changed.tolist()
    return now[nodes].tolist(), lead


@given(ties=TIES, cut=st.integers(0, N))
@often
def test_whom_nodes_follow_equals_its_twin_and_leads_upward(ties, cut) -> None:
    rows, wanted = built(ties)
    followed = follow_neighbours(rows, cut)
    assert followed.dtype == np.int32
    assert followed.tolist() == twin.follow_neighbours(wanted)
    assert all(u == v or (len(wanted[u]), u) > (len(wanted[v]), v) for v, u in enumerate(followed.tolist()))


@given(ties=TIES, label=GROUPS, order=SOME, lead=LEADS, rng_seed=SEEDS, stop=STOPS)
@often
def test_label_propagation_equals_its_twin(ties, label, order, lead, rng_seed, stop) -> None:
    rows, wanted = built(ties)
    found = propagate_labels(rows, label, order, lead, rng_seed, stop)
    assert found.tolist() == twin.propagate_labels(wanted, label, lead, order, rng_seed, stop)


@given(ties=TIES, label=GROUPS, order=ORDERS, rng_seed=SEEDS)
@often
def test_labels_end_where_each_node_has_the_one_it_would_take(ties, label, order, rng_seed) -> None:
    rows, wanted = built(ties)
    found = propagate_labels(rows, label, order, [0] * N, rng_seed, 0.0).tolist()
    assert twin.choose_labels(wanted, found, range(N), rng_seed)[0] == found  # though leads left most nodes alone


@given(ties=TIES, label=GROUPS, nodes=SOME, rng_seed=SEEDS, with_next=st.booleans())
@often
def test_labels_chosen_equal_their_twin(ties, label, nodes, rng_seed, with_next) -> None:
    rows, wanted = built(ties)
    best, lead = choose_labels(rows, label, nodes, rng_seed, with_next)
    assert (best, lead[nodes].tolist()) == twin.choose_labels(wanted, label, nodes, rng_seed, with_next)
    assert all(lead[v] == -7 for v in set(range(N)) - set(nodes))


@given(ties=TIES, label=GROUPS, before=GROUPS, turn=TURNS, lead=LEADS, nodes=SOME, cut=st.integers(0, N))
@often
def test_leads_used_up_in_shares_equal_their_twin(ties, label, before, turn, lead, nodes, cut) -> None:
    rows, wanted = built(ties)
    was = [before[v] if before[v] != label[v] else (label[v] + 1) % N for v in nodes]
    left = np.array(lead, np.int64)
    for share in (slice(cut), slice(cut, None)):
        use_up_leads(*rows[:3], int32(label), frozen(np.array(turn, np.int8)), left, int32(nodes[share]), int32(was[share]))
    assert left.tolist() == twin.use_up_leads(wanted, label, turn, lead, nodes, was)


@given(ties=TIES, label=GROUPS, steps=st.lists(GROUPS, min_size=1, max_size=3), rng_seed=SEEDS)
@often
def test_a_lead_not_used_up_means_the_same_choice(ties, label, steps, rng_seed) -> None:
    rows, wanted = built(ties)
    for u in range(N):
        (best,), (ahead,) = twin.choose_labels(wanted, label, [u], rng_seed)
        lead = np.full(N, ahead)
        before = [best if v == u else c for v, c in enumerate(label)]
        for after in steps:  # what is left of a lead is one too
            now = [best if v == u else c for v, c in enumerate(after)]
            changed = [v for v in range(N) if before[v] != now[v]]
            was = int32([before[v] for v in changed])
            use_up_leads(*rows[:3], int32(now), frozen(np.zeros(N, np.int8)), lead, int32(changed), was)
            if lead[u] < 0:
                break
            assert twin.choose_labels(wanted, now, [u], rng_seed)[0] == [best]
            before = now


@given(ties=TIES, community=GROUPS | st.just(list(range(N))), nodes=SOME, resolution=RESOLUTIONS)
@often
def test_communities_chosen_and_settled_equal_their_twins(ties, community, nodes, resolution) -> None:
    rows, wanted = built(ties)
    strength, scratch = twin.strengths(wanted), np.zeros(N + 2, np.int64)
    total = kernels.strength_of(rows[3], int32(community))
    asked = (int32(community), frozen(total.copy()), int32(nodes))
    best, more, ahead = choose_communities(*rows, *asked, scratch, resolution, float(sum(strength)))
    chosen = twin.choose_communities(wanted, strength, community, nodes, resolution)
    assert (best.tolist(), more.tolist(), ahead.tolist()) == chosen
    assert not scratch.any()
    now, lead = np.array(community, np.int32), np.arange(N)
    moved, was = settle_communities(
        rows[3], now, total, lead, int32(nodes), frozen(best), frozen(more), frozen(ahead), resolution, float(sum(strength))
    )
    expected = twin.settle_communities(strength, community, range(N), nodes, *chosen, resolution)
    assert tuple(array.tolist() for array in (now, lead, moved, was)) == expected
    assert total.tolist() == twin.strength_of(strength, now.tolist())
    if len(nodes) == 1:
        assert twin.modularity(wanted, now.tolist(), resolution) >= twin.modularity(wanted, community, resolution)


@given(ties=TIES, community=GROUPS, order=SOME, resolution=RESOLUTIONS, stop=STOPS)
@often
def test_local_moving_equals_its_twin_and_never_lowers_modularity(ties, community, order, resolution, stop) -> None:
    rows, wanted = built(ties)
    found = move_nodes(*rows, int32(community), int32(order), resolution, stop).tolist()
    assert found == twin.move_nodes(wanted, twin.strengths(wanted), community, order, resolution, stop)
    assert twin.modularity(wanted, found, resolution) >= twin.modularity(wanted, community, resolution)


@given(ties=TIES, label=GROUPS, community=GROUPS, order=st.permutations(range(N)), resolution=RESOLUTIONS)
@often
def test_local_moving_of_groups_equals_its_twin(ties, label, community, order, resolution) -> None:
    rows, wanted = built(ties)
    group, first = kernels.renumber(int32(label))
    n = len(first)
    above = aggregated(rows, group, n)
    plain, strength = twin.aggregate(wanted, twin.strengths(wanted), group.tolist(), n)
    order, community = [v for v in order if v < n], [c % n for c in community[:n]]
    found = move_nodes(*above, int32(community), int32(order), resolution, 0.0).tolist()
    plain = [{u: row[u] for u in above[1][a:b].tolist()} for row, a, b in zip(plain, above[0][:-1], above[0][1:], strict=True)]
    assert found == twin.move_nodes(plain, strength, community, order, resolution, 0.0)
    assert refine(*above, int32(found), int32(order), resolution).tolist() == twin.refine(
        plain, strength, found, order, resolution
    )


@given(ties=TIES, community=GROUPS, order=st.permutations(range(N)), resolution=RESOLUTIONS)
@often
def test_refinement_equals_its_twin_and_its_parts_hang_together(ties, community, order, resolution) -> None:
    rows, wanted = built(ties)
    part = refine(*rows, int32(community), int32(order), resolution).tolist()
    assert part == twin.refine(wanted, twin.strengths(wanted), community, order, resolution)
    assert all(community[v] == community[c] for v, c in enumerate(part))
    assert len(set(twin.connected_parts(wanted, part))) == len(set(part))


@given(ties=TIES, community=GROUPS, order=ORDERS, resolution=RESOLUTIONS)
@often
def test_communities_refined_apart_are_those_refined_together(ties, community, order, resolution) -> None:
    rows, _ = built(ties)
    whole = refine(*rows, int32(community), int32(order), resolution)
    for c in set(community):
        nodes = [v for v in order if community[v] == c]
        part = refine(*rows, int32(community), int32(nodes), resolution)
        assert part[nodes].tolist() == whole[nodes].tolist()
        assert all(part[v] == v for v in set(order) - set(nodes))


@pytest.mark.parametrize("n_leaves", [0, 1, 3_000 if numba.config.DISABLE_JIT else 300_000])
def test_a_star_is_one_community(n_leaves: int) -> None:
    hub, leaf = np.zeros(n_leaves, np.int32), np.arange(1, n_leaves + 1, dtype=np.int32)
    ones = frozen(np.ones(n_leaves, np.int64))
    rows = tuple(map(frozen, kernels.symmetric_rows(frozen(leaf), frozen(hub), ones, n_leaves + 1)))
    order = frozen(shuffled(n_leaves + 1, 64, 3))
    alone = int32(np.arange(n_leaves + 1))
    assert len(set(propagate_labels(rows, alone, order, alone * 0, 0, 0.0).tolist())) == 1
    assert set(follow_neighbours(rows, n_leaves).tolist()) == ({0} if n_leaves != 1 else {1})
    assert len(set(move_nodes(*rows, int32(np.arange(n_leaves + 1)), order, 1.0, 0.0).tolist())) == 1


def test_the_heaviest_weights_allowed_do_not_wrap() -> None:
    ties = [(0, 1, 2**61 - 5), (1, 0, 1), (2, 3, 2**60), (1, 2, 1)]
    rows, wanted = built(ties)
    assert rows[3].tolist() == twin.strengths(wanted)
    found = move_nodes(*rows, int32(range(N)), int32(range(N)), 1.0, 0.0)
    assert found[0] == found[1] != found[2] == found[3]


def test_two_threads_at_once_give_the_same_bytes() -> None:
    rng = np.random.default_rng(20)
    n = 200 if numba.config.DISABLE_JIT else 2_000
    a, b = rng.integers(0, n, (2, 10 * n)).astype(np.int32)
    rows = tuple(map(frozen, kernels.symmetric_rows(frozen(a), frozen(b), frozen(np.ones(10 * n, np.int64)), n)))
    alone, order = int32(np.arange(n)), frozen(shuffled(n, 1, 0))

    def answer(_: int) -> bytes:
        moved = move_nodes(*rows, alone, order, 1.0, 0.0)
        return moved.tobytes() + refine(*rows, frozen(moved), order, 1.0).tobytes()

    with ThreadPoolExecutor(2) as pool:
        together = list(pool.map(answer, range(4)))
    assert set(together) == {answer(0)}
