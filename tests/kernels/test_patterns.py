"""Patterns: kernels against their definitions."""

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from graphfraud.kernels import bursts, patterns, patterns_layers
from graphfraud.kernels.order import by_account
from tests.ledger import frozen
from tests.oracles import patterns as oracle

many = settings(deadline=None, derandomize=True, max_examples=120)


@st.composite
def worlds(draw, n_max=26, m_max=6, t_max=14):
    m = draw(st.integers(1, m_max))
    n = draw(st.integers(0, n_max))
    column = lambda low, high: draw(st.lists(st.integers(low, high), min_size=n, max_size=n))  # noqa: E731
    return m, column(0, m - 1), column(0, m - 1), column(1, 12), sorted(column(0, t_max))


def arrays(world):
    _, payer, payee, amount, at = world
    columns = (payer, np.int32), (payee, np.int32), (amount, np.int64), (at, np.int64)
    return tuple(frozen(np.array(values, dtype)) for values, dtype in columns)


def lists(account, keep):
    """The listed transactions of each account, as the kernels and as the twins take them."""
    m, chosen = max(account, default=0) + 1, [i for i, good in enumerate(keep) if good]
    start, place = by_account(frozen(np.array([account[i] for i in chosen], np.int32)), m)
    tx = np.array(chosen, np.int64)[place]
    return (frozen(start), frozen(tx)), [[i for i in chosen if account[i] == a] for a in range(m)]


@many
@given(worlds(), st.integers(0, 8), st.integers(1, 4))
def test_crowds(world, within, n_min):
    m, payer, payee, _, at = world
    key = [a if a != b else -1 for a, b in zip(payer, payee, strict=True)]
    listed, plain = lists(payee, [True] * len(at))
    found = bursts.crowds(*listed, frozen(np.array(key, np.int32)), arrays(world)[3], within, n_min, m)
    start = listed[0].tolist()
    got = [(a, low - start[a], high - start[a]) for a, low, high in zip(*(f.tolist() for f in found), strict=True)]
    assert got == oracle.crowds(plain, key, at, within, n_min)


@many
@given(worlds(), st.integers(0, 8), st.integers(1, 3), st.sampled_from([(0, -1), (800, 1200)]))
def test_build_ups(world, within, n_min, share):
    _, _, payee, amount, at = world
    small, plain_small = lists([*payee, 6], [a <= 5 for a in amount])
    large, plain_large = lists([*payee, 6], [a > 5 for a in amount])
    found = bursts.build_ups(*small, *large, *arrays(world)[2:], within, n_min, *share)
    got = [(a, small[1][low:high].tolist(), j) for a, low, high, j in zip(*(f.tolist() for f in found), strict=True)]
    n = max(len(plain_small), len(plain_large))
    plain_small, plain_large = (plain + [[]] * (n - len(plain)) for plain in (plain_small, plain_large))
    assert got == oracle.build_ups(plain_small, plain_large, amount, at, within, n_min, *share)


@many
@given(worlds(t_max=40), st.integers(1, 12), st.integers(0, 9), st.integers(1, 3))
def test_awakenings(world, dormant, within, n_min):
    listed, plain = lists(world[1], [True] * len(world[4]))
    found = bursts.awakenings(*listed, arrays(world)[3], dormant, within, n_min)
    got = [(a, listed[1][low:high].tolist()) for a, low, high in zip(*(f.tolist() for f in found), strict=True)]
    assert got == oracle.awakenings(plain, world[4], dormant, within, n_min)


@many
@given(worlds(m_max=3), st.integers(0, 9), st.sampled_from([1000, 1500, 3000]), st.integers(2, 4))
def test_staircases(world, gap, growth, n_min):
    listed, plain = lists(world[1], [a > 2 for a in world[3]])
    found = bursts.staircases(*listed, *arrays(world)[2:], gap, growth, n_min)
    got = [(a, listed[1][low:high].tolist()) for a, low, high in zip(*(f.tolist() for f in found), strict=True)]
    assert got == oracle.staircases(plain, world[3], world[4], gap, growth, n_min)


def scatter(world, within, n_min, scatters=None, gathers=None, wedges_max=10**9):
    m, n = world[0], len(world[1])
    _, payee, _, at = arrays(world)
    flags = [frozen(np.ones(n, np.bool_)) if flag is None else flag for flag in (scatters, gathers)]
    rows = [row for flag in flags for row in lists([*world[1], m], flag)[0]]
    start, first, second, n_cut = patterns.scatter_gathers(payee, at, *rows, within, n_min, wedges_max)
    wedges = list(zip(first.tolist(), second.tolist(), strict=True))
    return sorted(wedges[a:b] for a, b in pairwise(start.tolist())), n_cut


@many
@given(worlds(n_max=34), st.integers(0, 12), st.integers(1, 3))
def test_scatter_gathers(world, within, n_min):
    m, payer, payee, _, at = world
    wanted = oracle.scatter_gathers(payer, payee, at, within, n_min)
    assert scatter(world, within, n_min) == (wanted, 0)
    flags = []
    for side, other in ((payer, payee), (payee, payer)):
        key = [o if o != s else -1 for s, o in zip(side, other, strict=True)]
        (start, tx), _ = lists(side, [True] * len(at))
        _, low, high = bursts.crowds(start, tx, frozen(np.array(key, np.int32)), arrays(world)[3], within, n_min, m)
        flag = np.zeros(len(at), np.bool_)
        for a, b in zip(low, high, strict=True):
            flag[tx[a:b]] = True
        flags.append(frozen(flag))
    assert scatter(world, within, n_min, *flags) == (wanted, 0)


def test_scatter_gather_cap_says_so():
    world = (5, [0, 0, 0, 1, 2, 3], [1, 2, 3, 4, 4, 4], [1] * 6, list(range(6)))
    assert scatter(world, 10, 3) == ([[(0, 3), (1, 4), (2, 5)]], 0)
    found, n_cut = scatter(world, 10, 3, wedges_max=2)
    assert found == [] and n_cut == 1


@many
@given(worlds(), st.integers(0, 9), st.sampled_from([0, 500, 900]), st.integers(0, 9))
def test_pass_throughs(world, gap, share_min, floor):
    _, payer, payee, amount, at = world
    moves = [a != b for a, b in zip(payer, payee, strict=True)]
    side = lambda ids: lists([*ids, world[0]], [*moves])  # noqa: E731
    (into, plain_into), (out, plain_out) = side(payee), side(payer)
    *found, touched = patterns.pass_throughs(*arrays(world)[2:], *into, *out, gap, share_min, floor)
    got = sorted(
        (a, into[1][il:ih][touched[il:ih]].tolist(), out[1][ol:oh].tolist(), taken)
        for a, il, ih, ol, oh, taken in zip(*(f.tolist() for f in found), strict=True)
    )
    assert got == sorted(oracle.pass_throughs(plain_into, plain_out, amount, at, gap, share_min, floor))


@many
@given(worlds(), st.integers(0, 9), st.sampled_from([0, 500, 900]), st.integers(2, 4))
def test_chains(world, gap, share_min, n_min):
    _, payer, payee, amount, at = world
    moves = [a != b for a, b in zip(payer, payee, strict=True)]
    (into, plain_into), (out, plain_out) = (lists([*ids, world[0]], [*moves]) for ids in (payee, payer))
    start, tx = patterns.chains(*arrays(world)[2:], *into, *out, gap, share_min, n_min)
    found = [tx[a:b].tolist() for a, b in pairwise(start.tolist())]
    assert found == oracle.chains(plain_into, plain_out, amount, at, gap, share_min, n_min)


def peel(world, within, n_layers, paid_min, paying_min, accounts_max=10**9):
    payer, payee, _, at = arrays(world)
    start, tx, layer, n_cut = patterns_layers.layers(
        payer, payee, at, at[0] if len(at) else 0, within, n_layers, paid_min, paying_min, accounts_max, world[0]
    )
    edges = list(zip(layer.tolist(), tx.tolist(), strict=True))
    return [edges[a:b] for a, b in pairwise(start.tolist())], n_cut


@many
@given(worlds(n_max=40, m_max=8), st.integers(2, 16), st.integers(1, 2), st.integers(1, 3), st.integers(1, 3))
def test_layers(world, within, n_layers, paid_min, paying_min):
    found, n_cut = peel(world, within, n_layers, paid_min, paying_min)
    wanted = oracle.layers(world[1], world[2], world[4], within, n_layers, paid_min, paying_min)
    assert sorted(found) == sorted(wanted) and n_cut == 0


def test_layers_that_are_too_large_are_counted():
    world = (6, [0, 0, 1, 1], [2, 3, 2, 3], [1] * 4, [1, 2, 3, 4])
    assert peel(world, 10, 1, 2, 2) == ([[(0, 0), (0, 1), (0, 2), (0, 3)]], 0)
    assert peel(world, 10, 1, 2, 2, accounts_max=3) == ([], 1)
    stack = (7, [0, 0, 1, 1, 2, 2, 3, 3], [2, 3, 2, 3, 4, 5, 4, 5], [1] * 8, list(range(8)))
    assert len(peel(stack, 20, 2, 2, 2)[0][0]) == 8
    turned = (7, stack[1][4:] + stack[1][:4], stack[2][4:] + stack[2][:4], [1] * 8, list(range(8)))
    assert peel(turned, 20, 2, 2, 2) == ([], 0)
