"""Paths: kernels against walking in every way, and the laws of paths."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphfraud.kernels import paths
from graphfraud.kernels.order import by_account
from tests.ledger import frozen
from tests.oracles import paths as oracle

BESTS = (paths.EARLIEST, paths.FEWEST, paths.SHORTEST, paths.WIDEST)


@st.composite
def worlds(draw, n_max=22, m_max=7):
    m = draw(st.integers(1, m_max))
    n = draw(st.integers(0, n_max))
    column = lambda low, high: draw(st.lists(st.integers(low, high), min_size=n, max_size=n))  # noqa: E731
    return m, column(0, m - 1), column(0, m - 1), column(1, 12), sorted(column(0, 15))


def arrays(world):
    _, payer, payee, amount, at = world
    return (
        frozen(np.array(payer, np.int32)),
        frozen(np.array(payee, np.int32)),
        frozen(np.array(amount, np.int64)),
        frozen(np.array(at, np.int64)),
    )


def limits(strict=False, gap=None, low=0, high=None, within=None, hops_max=None, arrivals_max=None):
    never = [paths.ANY if value is None else value for value in (gap, high, within, hops_max, arrivals_max)]
    return frozen(np.array([strict, never[0], low, never[1], never[2], never[3], never[4]], np.int64))


def ask(world, begins, ends, best, k=1000, n_partial=1_000_000, **asked):
    payer, payee, amount, at = arrays(world)
    role = frozen((np.array(begins, np.int8) * paths.BEGIN + np.array(ends, np.int8) * paths.END).astype(np.int8))
    into = [frozen(a) for a in by_account(payee, world[0])]
    start, tx, n_cut = paths.best_paths(payer, payee, amount, at, role, *into, limits(**asked), best, k, n_partial)
    return [tuple(tx[a:b].tolist()) for a, b in itertools.pairwise(start)], n_cut


@settings(deadline=None, derandomize=True, max_examples=150)
@given(
    worlds(),
    st.booleans(),
    st.sampled_from([None, 0, 2, 5]),
    st.sampled_from([(0, None), (800, 1000), (500, 2000), (0, 900)]),
    st.sampled_from([None, 3, 8]),
    st.sampled_from([None, 1, 2, 4]),
    st.sampled_from(BESTS),
    st.integers(1, 5),
)
def test_best_paths_are_the_best_there_are(world, strict, gap, band, within, hops_max, best, k):
    m, payer, payee, amount, at = world
    begins, ends = [a == 0 for a in payer], [b == m - 1 for b in payee]
    asked = {"strict": strict, "gap": gap, "low": band[0], "high": band[1], "within": within, "hops_max": hops_max}
    found, n_cut = ask(world, begins, ends, best, k, **asked)
    every = oracle.all_paths(payer, payee, amount, at, begins, ends, **asked)
    wanted = sorted(oracle.cost(path, amount, at, best) for path in every)
    assert n_cut == 0
    assert set(found) <= set(every) and len(set(found)) == len(found)
    assert [oracle.cost(path, amount, at, best) for path in found] == wanted[:k]


@settings(deadline=None, derandomize=True, max_examples=80)
@given(worlds(), st.booleans(), st.data())
def test_from_payments_to_exits(world, strict, data):
    n = len(world[1])
    begins, ends = (data.draw(st.lists(st.booleans(), min_size=n, max_size=n)) for _ in range(2))
    found, _ = ask(world, begins, ends, paths.EARLIEST, strict=strict)
    assert set(found) == set(oracle.all_paths(*world[1:], begins, ends, strict))


@settings(deadline=None, derandomize=True, max_examples=150)
@given(worlds(n_max=40, m_max=10), st.booleans(), st.integers(1, 64))
def test_lanes_reach_what_each_source_reaches(world, strict, n_sources):
    m, payer, payee, _, at = world
    sources = np.arange(n_sources) % m
    reached, event_tx, event_new = paths.reach_lanes(*arrays(world)[:2], arrays(world)[3], frozen(sources), strict, m)
    for k, source in enumerate(sources.tolist()):
        first = oracle.reach(payer, payee, at, source, strict)
        lane = np.uint64(1) << np.uint64(k)
        assert {a for a in range(m) if reached[a] & lane} == {source, *first}
        events = [i for i, new in zip(event_tx.tolist(), event_new, strict=True) if new & lane]
        assert {payee[i]: i for i in events} == first and len(events) == len(first)


@settings(deadline=None, derandomize=True, max_examples=60)
@given(worlds(), st.sampled_from(BESTS))
def test_relabelling_accounts_changes_no_path(world, best):
    m, payer, payee, amount, at = world
    begins, ends = [a == 0 for a in payer], [b == m - 1 for b in payee]
    turned = (m, [m - 1 - a for a in payer], [m - 1 - b for b in payee], amount, at)
    assert ask(world, begins, ends, best) == ask(turned, begins, ends, best)


def test_caps_say_so_and_give_what_was_found():
    world = (4, [0, 0, 0, 1, 1, 2], [1, 1, 1, 3, 3, 3], [5] * 6, [1, 2, 3, 4, 5, 6])
    begins, ends = [a == 0 for a in world[1]], [b == 3 for b in world[2]]
    whole, n_cut = ask(world, begins, ends, paths.EARLIEST)
    assert len(whole) == 6 and n_cut == 0
    some, n_cut = ask(world, begins, ends, paths.EARLIEST, n_partial=6)
    assert n_cut > 0 and set(some) < set(whole)
    some, n_cut = ask(world, begins, ends, paths.EARLIEST, gap=100, arrivals_max=1)
    assert n_cut > 0 and set(some) <= set(whole)


@pytest.mark.parametrize("best", BESTS)
def test_empty_and_self_transfers(best):
    assert ask((1, [], [], [], []), [], [], best) == ([], 0)
    assert ask((2, [0, 0], [0, 0], [1, 1], [1, 1]), [True] * 2, [True] * 2, best) == ([], 0)
