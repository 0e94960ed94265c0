"""Patterns: kernels against their definitions."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphfraud.analysis.pattern_kinds import find_all
from graphfraud.analysis.pattern_world import World
from graphfraud.findings.patterns import PATTERN_ROLES
from graphfraud.kernels import bursts, close, patterns, patterns_layers
from graphfraud.kernels import climbs as climbing
from graphfraud.kernels import patterns_handed as handed
from graphfraud.kernels.sides import amounts_between, by_side, chosen_by_side, days_between, in_ranges
from graphfraud.kernels.sides import marks as places_marked
from graphfraud.units import DAY_US
from tests.ledger import frozen
from tests.oracles import patterns as oracle
from tests.oracles import sides as sides_oracle

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


def sides(world):
    """Payments out and in as the kernels take them."""
    payer, payee, amount, at = arrays(world)
    both = [by_side(*pair, amount, at, world[0], False) for pair in ((payer, payee), (payee, payer))]
    return [(frozen(start), frozen(row)) for start, row in both]


def plain(world):
    """The same as the twins take them."""
    m, payer, payee, _, _ = world
    return sides_oracle.by_side(payer, payee, m, False), sides_oracle.by_side(payee, payer, m, False)


def crowded(rows, m, within, n_min):
    """The stretches of a side's payments by, or to, many accounts."""
    start, row = rows
    return [frozen(found) for found in bursts.crowds(start[:-1], start[1:], row["at_us"], row["other_ix"], m, within, n_min)]


def instances(found):
    """(account, positions) of each instance of kernels that return account, start and positions."""
    account, start, tx = found
    return [(a, tx[low:high].tolist()) for a, (low, high) in zip(account.tolist(), pairwise(start.tolist()), strict=True)]


@many
@given(worlds(), st.booleans(), st.integers(1, 6), st.integers(1, 12))
def test_sides(world, selfs, low, high):
    m, payer, payee, amount, _ = world
    payer_ix, payee_ix, amount_fen, at_us = arrays(world)
    start, row = (frozen(a) for a in by_side(payer_ix, payee_ix, amount_fen, at_us, m, selfs))
    lists = sides_oracle.by_side(payer, payee, m, selfs)
    cut = lambda start, row: [row["tx"][a:b].tolist() for a, b in pairwise(start.tolist())]  # noqa: E731
    assert cut(start, row) == lists
    whole = list(zip(row["at_us"].tolist(), row["amount_fen"].tolist(), row["other_ix"].tolist(), strict=True))
    assert whole == [(world[4][i], amount[i], payee[i]) for i in row["tx"].tolist()]
    assert cut(*amounts_between(start, row, low, high)) == [[i for i in tx if low <= amount[i] <= high] for tx in lists]
    mark = places_marked(row["tx"], start[:-1][::2], start[1:][::2], len(payer))
    assert np.flatnonzero(mark).tolist() == sorted(i for tx in lists[::2] for i in tx)
    ranges, tx = in_ranges(row["tx"], start[:-1], start[1:])
    assert ranges.tolist() == start.tolist() and tx.tolist() == row["tx"].tolist()


@many
@given(worlds(), st.sets(st.integers(0, 25)))
def test_chosen_by_side(world, chosen):
    m, _, payee, _, at = world
    payer_ix, payee_ix, _, at_us = arrays(world)
    few = np.array(sorted(i for i in chosen if i < len(at)), np.int64)
    start, end, row = chosen_by_side(payer_ix, payee_ix, at_us, frozen(few), m)
    assert np.diff(start).tolist() == np.bincount(payer_ix[few], minlength=m).tolist() and start[0] == 0
    lists = [[i for i in tx if i in chosen] for tx in plain(world)[0]]
    places = list(zip(start[:-1].tolist(), end.tolist(), strict=True))
    assert [row["tx"][low:high].tolist() for low, high in places] == lists
    listed = [tuple(one) for low, high in places for one in row[low:high].tolist()]
    assert listed == [(at[i], i, payee[i]) for tx in lists for i in tx]


busier = st.one_of(worlds(), worlds(n_max=90, m_max=6, t_max=60))
"""The second with lists in which the same few accounts come again and again."""


@many
@given(busier, st.integers(0, 30), st.integers(1, 6))
def test_crowds(world, within, n_min):
    m, payer, _, _, at = world
    rows = sides(world)[1]
    found = crowded(rows, m, within, n_min)
    start = rows[0].tolist()
    got = [(a, low - start[a], high - start[a]) for a, low, high in zip(*(f.tolist() for f in found), strict=True)]
    assert got == oracle.crowds(plain(world)[1], payer, at, within, n_min)


@many
@given(busier, st.integers(0, 30), st.integers(1, 6), st.sampled_from([1, 2**19, 2**40]))
def test_fans(world, within, n_min, unit):
    """In units of time from one to many, with remainders."""
    m, payer, _, _, at = world
    payer_ix, payee_ix, _, at_us = arrays(world)
    rest = 1 if unit == 1 else 3  # of the unit: no time is a whole number of it
    found = close.fans(payee_ix, payer_ix, frozen(at_us * unit + at_us % rest), m, within * unit, n_min)
    into, moved = plain(world)[1], [t * unit + t % rest for t in at]
    wanted = oracle.crowds(into, payer, moved, within * unit, n_min)
    assert instances(found) == [(a, into[a][low:high]) for a, low, high in wanted]


@pytest.mark.parametrize("n_min", [126, 127, 128, 254, 255, 300, 301])
@pytest.mark.parametrize("gap", [0, 1, 5])
def test_fans_larger_than_a_slot_counts(n_min, gap):
    """300 pay one account, some of them in the same window; 3 others pay another, and one themselves."""
    payer = np.array([*range(1, 301), 1, 2, 301, 3], np.int32)
    payee = np.array([0] * 300 + [301] * 4, np.int32)
    at_us = np.array([k * gap for k in range(300)] + [300 * gap] * 4)
    found = close.fans(frozen(payee), frozen(payer), frozen(at_us), 302, 299, n_min)
    into, _ = plain((302, payee.tolist(), payer.tolist(), None, None))
    wanted = oracle.crowds(into, payer.tolist(), at_us.tolist(), 299, n_min)
    assert instances(found) == [(a, into[a][low:high]) for a, low, high in wanted]
    assert bool(wanted) == (n_min <= (300 if gap < 2 else 299 // gap + 1))


@many
@given(worlds(), st.integers(1, 3), st.sampled_from([1, 2]), st.booleans())
def test_the_same_is_found_with_and_without_lists(world, n_min, n_threads, one_side):
    asked = {kind: {"within": 5, "n_min": n_min} for kind in ("fan_in", "fan_out")}
    asked["scatter_gather"] = {"within": 8, "n_min": min(n_min, 2), "wedges_max": 1000}
    found = []
    for listed in (False, True):
        lists = World(*arrays(world), world[0])
        assert not listed or (len(lists.into) == 2 and (one_side or len(lists.out) == 2))
        found.append(find_all(lists, asked, n_threads))
    for kind in asked:
        for name in ("start", "tx", "role", "account", "other"):
            short, long = (getattr(one[kind], name) for one in found)
            assert short.dtype == long.dtype and short.tolist() == long.tolist(), (kind, name)


@many
@given(worlds(), st.integers(0, 8), st.integers(1, 3), st.sampled_from([(0, -1), (800, 1200)]), st.booleans())
def test_build_ups(world, within, n_min, share, crossed):
    (_, amount, at), (out, into), (plain_out, plain_into) = world[2:], sides(world), plain(world)
    larges, plain_larges = (out, plain_out) if crossed else (into, plain_into)
    found = bursts.build_ups(*into, *larges, frozen(np.array([5, 6])), within, n_min, *share)
    small = [[i for i in tx if amount[i] <= 5] for tx in plain_into]
    large = [[i for i in tx if amount[i] >= 6] for tx in plain_larges]
    wanted = oracle.build_ups(small, large, amount, at, within, n_min, *share)
    assert instances(found) == [(a, [*near, j]) for a, near, j in wanted]


@many
@given(worlds(t_max=40), st.integers(1, 12), st.integers(0, 9), st.integers(1, 3))
def test_awakenings(world, dormant, within, n_min):
    m, payer, payee, _, at = world
    payer_ix, payee_ix, amount_fen, at_us = arrays(world)
    own = [frozen(a) for a in by_side(payer_ix, payee_ix, amount_fen, at_us, m, True)]
    out, into = sides(world)
    found = bursts.awakenings(*out, *into, *own, dormant, within, n_min)
    mine = [[i for i in range(len(at)) if a in {payer[i], payee[i]}] for a in range(m)]
    assert instances(found) == oracle.awakenings(mine, at, dormant, within, n_min)


@many
@given(worlds(t_max=60), st.integers(0, 24), st.integers(1, 12), st.integers(1, 3), st.sampled_from([0, 300, 700]))
def test_nights_and_days(world, shift, night, n_min, share_min):
    hour = DAY_US // 24
    world = (*world[:4], [t * hour for t in world[4]])
    m, payer, payee, amount, at = world
    payer_ix, payee_ix, amount_fen, at_us = arrays(world)
    own = [frozen(a) for a in by_side(payer_ix, payee_ix, amount_fen, at_us, m, True)]
    out, into = sides(world)
    start, row = bursts.nightly(*out, *into, *own, shift * hour, night * hour, n_min, share_min)
    got = [row["tx"][a:b].tolist() for a, b in pairwise(start.tolist())]
    assert got == sides_oracle.nightly(payer, payee, at, m, shift * hour, night * hour, n_min, share_min)
    start, row = days_between(*out, shift * hour, 6, 14)
    got = [row["tx"][a:b].tolist() for a, b in pairwise(start.tolist())]
    assert got == sides_oracle.days_between(plain(world)[0], amount, at, shift * hour, 6, 14)


STEPS = st.tuples(st.integers(0, 9), st.sampled_from([1000, 1500, 3000]), st.integers(2, 4), st.integers(0, 3))
"""gap, growth, n_min, between."""


def climbs(world, floor, steps, known=10**6):
    return instances(climbing.staircases(*sides(world)[0], floor, *steps, known))


@many
@given(worlds(n_max=18, m_max=3), STEPS, st.integers(0, 12))
def test_staircases(world, steps, known):
    _, _, payee, amount, at = world
    assert climbs(world, 3, steps, known) == oracle.staircases(plain(world)[0], payee, amount, at, 3, *steps, known)


@many
@given(worlds(m_max=3), STEPS)
def test_staircases_with_nothing_between_are_runs_of_steps_up(world, steps):
    _, _, _, amount, at = world
    listed = [[i for i in tx if amount[i] >= 3] for tx in plain(world)[0]]
    assert climbs(world, 3, (*steps[:3], 0)) == oracle.runs_up(listed, amount, at, *steps[:3])


@many
@given(worlds(m_max=3), STEPS, st.integers(0, 25), st.integers(0, 2), st.integers(1, 12))
def test_another_payment_breaks_no_staircase(world, steps, place, payer, fen):
    m, *columns = world
    place = min(place, len(columns[0]))
    at = columns[3][place - 1] if place else 0
    more = m + 1, *([*c[:place], one, *c[place:]] for c, one in zip(columns, (payer % m, m, fen, at), strict=True))
    before, after = climbs(world, 1, steps), climbs(more, 1, (*steps[:3], steps[3] + 1))
    for account in range(m):
        longest = [max((len(tx) for a, tx in found if a == account), default=0) for found in (before, after)]
        assert longest[0] <= longest[1]


@many
@given(worlds(m_max=3), STEPS, st.integers(0, 12))
def test_staircases_climb_and_share_nothing(world, steps, known):
    _, payer, payee, amount, at = world
    gap, growth, n_min, between = steps
    found = climbs(world, 3, steps, known)
    listed = [(account, i) for account, tx in found for i in tx]
    assert listed == sorted(set(listed))
    for account, tx in found:
        assert len(tx) >= n_min and {payer[i] for i in tx} == {account}
        for i, j in pairwise(tx):
            assert at[j] - at[i] <= gap and 1000 * amount[j] >= growth * amount[i]
            other = [k for k in range(i + 1, j) if payer[k] == account != payee[k] and amount[k] >= 3]
            assert len(other) <= between


def marked(world, side, mark):
    payer, payee, _, at = arrays(world)
    pair = (payee, payer) if side else (payer, payee)
    chosen = np.flatnonzero(np.asarray(mark) & (payer != payee))
    start, _, row = chosen_by_side(*pair, at, frozen(chosen), world[0])
    return [frozen(start), frozen(row)]


def scatter(world, within, n_min, marks=(None, None), wedges_max=10**9):
    rows = [a for mark in marks for a in marked(world, 0, np.ones(len(world[1]), np.bool_) if mark is None else mark)]
    start, first, second, payer, payee, n_cut = patterns.scatter_gathers(*rows, within, n_min, wedges_max)
    wedges = list(zip(first.tolist(), second.tolist(), strict=True))
    found = [wedges[a:b] for a, b in pairwise(start.tolist())]
    assert payer.tolist() == [world[1][w[0][0]] for w in found] and payee.tolist() == [world[2][w[0][1]] for w in found]
    return sorted(found), n_cut


def dense(world, marks, within, n_min):
    """Mark the payments that are in a crowd of marked ones: those of the first mark by payer, of the second by payee."""
    found = []
    for side, mark in enumerate(marks):
        left = marked(world, side, mark)
        _, low, high = crowded(left, world[0], within, n_min[side])
        found.append(places_marked(left[1]["tx"], low, high, len(world[1])))
    return found


@many
@given(worlds(n_max=34), st.integers(0, 12), st.integers(1, 3))
def test_scatter_gathers(world, within, n_min):
    _, payer, payee, _, at = world
    wanted = oracle.scatter_gathers(payer, payee, at, within, n_min)
    assert scatter(world, within, n_min) == (wanted, 0)
    marks = [np.ones(len(at), np.bool_)] * 2
    out, into = sides(world)
    for _ in range(2):
        marks = [frozen(mark) for mark in dense(world, marks, within, (n_min, n_min))]
        ends = patterns.wedge_ends(*into, *out, *marks, within)
        assert tuple(set(np.flatnonzero(end).tolist()) for end in ends) == oracle.wedge_ends(payer, payee, at, *marks, within)
        marks = ends
        assert scatter(world, within, n_min, marks) == (wanted, 0)


def test_scatter_gather_cap_says_so():
    world = (5, [0, 0, 0, 1, 2, 3], [1, 2, 3, 4, 4, 4], [1] * 6, list(range(6)))
    assert scatter(world, 10, 3) == ([[(0, 3), (1, 4), (2, 5)]], 0)
    found, n_cut = scatter(world, 10, 3, wedges_max=2)
    assert found == [] and n_cut == 1


@many
@given(worlds(n_max=40, m_max=4, t_max=30), st.integers(0, 6), st.integers(0, 9), st.integers(1, 3), st.integers(1, 3))
def test_gather_scatters(world, within, gap, paid_min, paying_min):
    m, payer, payee, _, at = world
    (out, into), (plain_out, plain_into) = sides(world), plain(world)
    ins, outs = (tuple(crowded(rows, m, within, n_min)) for rows, n_min in ((into, paid_min), (out, paying_min)))
    account, start, tx, inward = patterns.gather_scatters(ins, into[1], outs, out[1], gap, paid_min, paying_min, m)
    crowds = (
        [(a, lists[a][low:high]) for a, low, high in oracle.crowds(lists, key, at, within, n_min)]
        for lists, key, n_min in ((plain_into, payer, paid_min), (plain_out, payee, paying_min))
    )
    found = instances((account, start, tx))
    assert found == oracle.gather_scatters(*crowds, payer, payee, at, gap, paid_min, paying_min)
    whose = np.repeat(account, np.diff(start))
    assert inward.tolist() == [payee[i] == a for i, a in zip(tx.tolist(), whose.tolist(), strict=True)]


@many
@given(worlds(n_max=40, m_max=4, t_max=40), st.integers(4, 12), st.integers(0, 9), st.integers(1, 3), st.integers(1, 3))
def test_tight_gather_scatters_stand_beside_the_wide_ones(world, within, gap, paid_min, paying_min):
    m, payer, payee, _, at = world

    def gathered(into, out, within):
        crowds = (
            [(a, lists[a][low:high]) for a, low, high in oracle.crowds(lists, key, at, within, n_min)]
            for lists, key, n_min in ((into, payer, paid_min), (out, payee, paying_min))
        )
        return oracle.gather_scatters(*crowds, payer, payee, at, gap, paid_min, paying_min)

    out, into = plain(world)
    wide = gathered(into, out, within)
    ins = {i for a, tx in wide for i in tx if payee[i] == a}
    outs = {i for a, tx in wide for i in tx if payer[i] == a}
    tight = gathered([[i for i in tx if i in ins] for tx in into], [[i for i in tx if i in outs] for tx in out], within // 4)
    inside = [next(k for k, (a, tx) in enumerate(wide) if a == payee[one[0]] and one[0] in tx) for _, one in tight]
    wanted = wide + [one for one, k in zip(tight, inside, strict=True) if inside.count(k) <= 3 and one != wide[k]]
    asked = {"within": within, "gap": gap, "paid_min": paid_min, "paying_min": paying_min}
    found = find_all(World(*arrays(world), m), {"gather_scatter": asked}, 1)["gather_scatter"]
    assert instances((found.account, found.start, found.tx)) == wanted
    whose = np.repeat(found.account, np.diff(found.start)).tolist()
    assert [PATTERN_ROLES[role] for role in found.role] == [
        "in" if payee[i] == a else "out" for i, a in zip(found.tx.tolist(), whose, strict=True)
    ]


@many
@given(worlds(), st.integers(0, 9), st.sampled_from([0, 500, 900]), st.integers(0, 9))
def test_pass_throughs(world, gap, share_min, floor):
    _, _, _, amount, at = world
    (out, into), (plain_out, plain_into) = sides(world), plain(world)
    account, taken, start, tx, inward = handed.pass_throughs(*into, *out, gap, share_min, floor)
    got = [
        (a, [i for i, comes in legs if comes], [i for i, comes in legs if not comes], fen)
        for a, fen, legs in (
            (a, fen, list(zip(tx[low:high].tolist(), inward[low:high], strict=True)))
            for a, fen, (low, high) in zip(account.tolist(), taken.tolist(), pairwise(start.tolist()), strict=True)
        )
    ]
    assert all(tx[low:high].tolist() == sorted(tx[low:high].tolist()) for low, high in pairwise(start.tolist()))
    assert sorted(got) == sorted(oracle.pass_throughs(plain_into, plain_out, amount, at, gap, share_min, floor))


@many
@given(worlds(), st.integers(0, 9), st.sampled_from([0, 500, 900]), st.integers(2, 4))
def test_chains(world, gap, share_min, n_min):
    _, _, _, amount, at = world
    (out, into), (plain_out, plain_into) = sides(world), plain(world)
    start, tx = handed.chains(*into, *out, gap, share_min, n_min, len(at))
    found = [tx[a:b].tolist() for a, b in pairwise(start.tolist())]
    assert found == oracle.chains(plain_into, plain_out, amount, at, gap, share_min, n_min)


def peel(world, within, n_layers, paid_min, paying_min, accounts_max=10**9, may=None):
    payer, payee, _, at = arrays(world)
    may = frozen(np.full(len(at), 3, np.int8)) if may is None else may
    start, tx, layer, n_cut = patterns_layers.layers(
        payer, payee, at, may, at[0] if len(at) else 0, within, n_layers, paid_min, paying_min, accounts_max, world[0]
    )
    edges = list(zip(layer.tolist(), tx.tolist(), strict=True))
    return [edges[a:b] for a, b in pairwise(start.tolist())], n_cut


@many
@given(worlds(n_max=40, m_max=8), st.integers(2, 16), st.integers(1, 2), st.integers(1, 3), st.integers(1, 3))
def test_layers(world, within, n_layers, paid_min, paying_min):
    found, n_cut = peel(world, within, n_layers, paid_min, paying_min)
    wanted = oracle.layers(world[1], world[2], world[4], within, n_layers, paid_min, paying_min)
    assert sorted(found) == sorted(wanted) and n_cut == 0
    out, into = sides(world)
    can = np.logical_and(*dense(world, [np.ones(len(world[1]), np.bool_)] * 2, within, (paying_min, paid_min)))
    ends = patterns.wedge_ends(*into, *out, frozen(can), frozen(can), within) if n_layers == 2 else [can]
    may = sum(
        np.int8(1 << k) * np.logical_and(*dense(world, [end] * 2, within, (paying_min, paid_min))) for k, end in enumerate(ends)
    )
    assert peel(world, within, n_layers, paid_min, paying_min, may=frozen(np.asarray(may, np.int8))) == (found, 0)


def test_layers_that_are_too_large_are_counted():
    world = (6, [0, 0, 1, 1], [2, 3, 2, 3], [1] * 4, [1, 2, 3, 4])
    assert peel(world, 10, 1, 2, 2) == ([[(0, 0), (0, 1), (0, 2), (0, 3)]], 0)
    assert peel(world, 10, 1, 2, 2, accounts_max=3) == ([], 1)
    stack = (7, [0, 0, 1, 1, 2, 2, 3, 3], [2, 3, 2, 3, 4, 5, 4, 5], [1] * 8, list(range(8)))
    assert len(peel(stack, 20, 2, 2, 2)[0][0]) == 8
    turned = (7, stack[1][4:] + stack[1][:4], stack[2][4:] + stack[2][:4], [1] * 8, list(range(8)))
    assert peel(turned, 20, 2, 2, 2) == ([], 0)
