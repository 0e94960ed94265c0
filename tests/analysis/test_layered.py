"""Bipartites and stacks that hang together: each against its definition, and as an investigator would draw them."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphfraud.analysis import layered as module
from graphfraud.analysis.layered import Payments, layered
from tests.oracles import patterns as oracle

Row = tuple[int, int, int]
"""(payer, payee, instant)."""


def _found(rows: list[Row], within: int, n_layers: int, paid_min: int, paying_min: int, accounts_max: int = 10**9):
    """Return the instances, each a set of (layer, position), and how many were too large."""
    payer, payee, at = (np.array(column, np.int64) for column in zip(*rows, strict=True))
    may = np.full(len(rows), (1 << n_layers) - 1, np.int8)
    payments = Payments(payer.astype(np.int32), payee.astype(np.int32), at, may, int(max(payer.max(), payee.max())) + 1)
    parts, n_cut = layered(payments, int(at[0]), within, n_layers, paid_min, paying_min, accounts_max)
    edges = list(zip(parts.layer.tolist(), parts.tx.tolist(), strict=True))
    found = [frozenset(edges[a:b]) for a, b in pairwise(parts.start.tolist())]
    assert len(found) == len(set(found))
    return found, n_cut


def _block(payers: range, payees: range, since: int) -> list[Row]:
    return [(a, b, since) for a in payers for b in payees]


@st.composite
def _blocks(draw: st.DrawFn) -> list[Row]:
    """Two groups that pay two others, most of the pairs there, and some payments between anybody."""
    rows = [
        row for k in (0, 4) for row in _block(range(k, k + 4), range(8 + k, 12 + k), k) if draw(st.integers(0, 9)) > 0
    ] + _block(range(8, 10), range(16, 18), 6) * draw(st.integers(0, 1))
    glue = st.tuples(st.integers(0, 15), st.integers(8, 19), st.integers(0, 9)).filter(lambda row: row[0] != row[1])
    return sorted(rows + draw(st.lists(glue, min_size=1, max_size=8)), key=lambda row: row[2])


@settings(derandomize=True, deadline=None, max_examples=120)
@given(_blocks(), st.integers(6, 30), st.integers(1, 2), st.integers(1, 3), st.integers(1, 3))
def test_instances_are_those_of_the_definition(
    rows: list[Row], within: int, n_layers: int, paid_min: int, paying_min: int
) -> None:
    found, n_cut = _found(rows, within, n_layers, paid_min, paying_min)
    payer, payee, at = zip(*rows, strict=True)
    assert set(found) == oracle.layered(payer, payee, at, within, n_layers, paid_min, paying_min) and n_cut == 0


@settings(derandomize=True, deadline=None, max_examples=120)
@given(_blocks(), st.integers(6, 30), st.integers(1, 2), st.integers(4, 30))
def test_a_cap_hides_nothing_that_fits(rows: list[Row], within: int, n_layers: int, accounts_max: int) -> None:
    def n_places(instance: frozenset[tuple[int, int]]) -> int:
        return len({(layer + side, rows[k][side]) for layer, k in instance for side in (0, 1)})

    whole, _ = _found(rows, within, n_layers, 2, 2)
    shown, n_cut = _found(rows, within, n_layers, 2, 2, accounts_max)
    assert all(n_places(instance) <= accounts_max for instance in shown)
    assert (n_cut > 0) == any(n_places(instance) > accounts_max for instance in whole)
    if all(n_places(instance) <= 2 * accounts_max for instance in whole):
        assert {instance for instance in whole if n_places(instance) <= accounts_max} <= set(shown)


def test_two_groups_of_one_day_are_told_apart() -> None:
    one, two = _block(range(4), range(8, 12), 1), _block(range(4, 8), range(12, 16), 2)
    rows = [*one, (0, 12, 1), (4, 8, 1), (5, 8, 1), *two]
    found, _ = _found(rows, 10, 1, 3, 3)
    sizes = sorted(len(instance) for instance in found)
    assert sizes == [16, 16, 35]
    assert frozenset((0, k) for k in range(16)) in found and frozenset((0, k) for k in range(19, 35)) in found


def test_one_group_alone_is_one_instance() -> None:
    found, _ = _found(_block(range(6), range(6, 13), 1), 10, 1, 3, 3)
    assert [len(instance) for instance in found] == [42]


def test_too_large_ones_are_counted_and_huge_ones_left_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [*_block(range(4), range(8, 12), 1), (0, 12, 1), *_block(range(4, 8), range(12, 16), 2)]
    assert _found(rows, 10, 1, 3, 3, accounts_max=7) == ([], 1)
    shown, n_cut = _found(rows, 10, 1, 3, 3, accounts_max=15)
    assert {len(instance) for instance in shown} == {16} and len(shown) == 2 and n_cut == 1
    assert len(_found(rows, 10, 1, 3, 3, accounts_max=16)[0]) == 3
    monkeypatch.setattr(module, "TAKEN_APART_MAX", 15)
    assert len(_found(rows, 10, 1, 3, 3, accounts_max=16)[0]) == 1
