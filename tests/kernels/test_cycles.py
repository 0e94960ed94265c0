"""Cycles: kernels against walking in every way, and the laws of cycles."""

from itertools import pairwise

import networkx as nx
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from graphfraud.kernels import cycles
from graphfraud.kernels.order import by_account
from tests.ledger import frozen
from tests.oracles import cycles as oracle


@st.composite
def worlds(draw, n_max=26, m_max=6, t_max=12):
    m = draw(st.integers(1, m_max))
    n = draw(st.integers(0, n_max))
    column = lambda high: draw(st.lists(st.integers(0, high), min_size=n, max_size=n))  # noqa: E731
    return m, column(m - 1), column(m - 1), sorted(column(t_max))


def find(world, within, length_max, strict, steps_max=10**9, cycles_max=10**9):
    m, payer, payee, at = world
    payer, payee = (frozen(np.array(side, np.int32)) for side in (payer, payee))
    at = frozen(np.array(at, np.int64))
    rank = np.cumsum(np.diff(at, prepend=0) > 0) if strict else np.arange(len(at))
    root, last = cycles.cycle_roots(payer, payee, at, within, m)
    lists = [frozen(a) for side in (payer, payee) for a in by_account(side, m)]
    limits = frozen(np.array([length_max, steps_max, cycles_max], np.int64))
    start, tx, n_cut = cycles.temporal_cycles(
        payer, payee, frozen(rank.astype(np.int64)), *lists, frozen(root), frozen(last), limits
    )
    return [tuple(tx[a:b].tolist()) for a, b in pairwise(start.tolist())], n_cut


@settings(deadline=None, derandomize=True, max_examples=400)
@given(worlds(), st.integers(0, 13), st.integers(2, 7), st.booleans())
def test_every_cycle_once_and_in_order(world, within, length_max, strict):
    found, n_cut = find(world, within, length_max, strict)
    assert found == oracle.cycles(*world[1:], within, length_max, strict)
    assert n_cut == 0


def test_every_cycle_in_thicker_worlds():
    rng = np.random.default_rng(5)
    n_found = 0
    for _ in range(60):
        m, n = int(rng.integers(4, 14)), int(rng.integers(20, 70))
        world = (m, *(rng.integers(0, m, n).tolist() for _ in range(2)), np.sort(rng.integers(0, 40, n)).tolist())
        strict, length = bool(rng.integers(2)), int(rng.integers(2, 9))
        wanted = oracle.cycles(*world[1:], 25, length, strict)
        assert find(world, 25, length, strict)[0] == wanted
        n_found += len(wanted)
    assert n_found > 1000


@settings(deadline=None, derandomize=True, max_examples=100)
@given(worlds(), st.integers(0, 13))
def test_roots_are_the_payments_with_a_way_on_and_a_way_back(world, within):
    m, payer, payee, at = world
    arrays = [frozen(np.array(c, d)) for c, d in ((payer, np.int32), (payee, np.int32), (at, np.int64))]
    root, last = cycles.cycle_roots(*arrays, within, m)
    assert root.tolist() == oracle.roots(payer, payee, at, within)
    assert last.tolist() == [max(k for k in range(len(at)) if at[k] - at[i] <= within) for i in root.tolist()]


@settings(deadline=None, derandomize=True, max_examples=100)
@given(worlds(), st.booleans())
def test_relabelling_accounts_changes_no_cycle_and_windows_only_add(world, strict):
    m, payer, payee, at = world
    found, _ = find(world, 6, 6, strict)
    turned = (m, [m - 1 - a for a in payer], [m - 1 - b for b in payee], at)
    assert find(turned, 6, 6, strict)[0] == found
    assert set(found) <= set(find(world, 9, 6, strict)[0]) and set(found) <= set(find(world, 6, 7, strict)[0])
    assert set(find(world, 6, 6, True)[0]) <= set(found)


def test_with_time_to_spare_cycles_are_those_of_networkx():
    rng = np.random.default_rng(11)
    pairs = [(int(a), int(b)) for a, b in rng.integers(0, 7, (18, 2)) if a != b]
    static = nx.DiGraph(pairs)
    pairs = sorted(static.edges) * 7  # as many rounds as a cycle can be long: every static cycle closes in order
    world = (7, [a for a, _ in pairs], [b for _, b in pairs], list(range(len(pairs))))
    met = {frozenset((world[1][i], world[2][i]) for i in path) for path in find(world, 10**6, 7, True)[0]}
    assert met == {frozenset(zip(c, c[1:] + c[:1], strict=True)) for c in nx.simple_cycles(static) if len(c) > 1}


def test_caps_say_so():
    world = (2, [0, 1] * 6, [1, 0] * 6, list(range(12)))
    whole, n_cut = find(world, 100, 2, True)
    assert len(whole) == 36 and n_cut == 0
    some, n_cut = find(world, 100, 2, True, cycles_max=5)
    assert some == whole[:5] and n_cut > 0
    some, n_cut = find(world, 100, 2, True, steps_max=2)
    assert set(some) < set(whole) and n_cut > 0
