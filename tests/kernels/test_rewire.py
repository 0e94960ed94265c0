"""Worlds of chance: equal to their twin, every account and thing keeps its ties, and chance is even."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from graphfraud.kernels.rewire import rewire

from ..ledger import frozen
from ..oracles import rewire as twin
from .nasty import often

N = 7


def arguments(ties, groups):
    ties = sorted(ties)
    account = np.array([a for a, _ in ties], np.int32)
    start = np.concatenate(([0], np.cumsum(np.bincount(account, minlength=N)))).astype(np.int64)
    members = [[k for k, (a, _) in enumerate(ties) if a in group] for group in groups]
    group_start = np.concatenate(([0], np.cumsum([len(m) for m in members]))).astype(np.int64)
    group_tie = np.array([k for m in members for k in m], np.int64)
    thing = np.array([t for _, t in ties], np.int32)
    return ties, tuple(frozen(a) for a in (start, account, thing, group_start, group_tie))


@given(
    ties=st.sets(st.tuples(st.integers(0, N - 1), st.integers(0, 4)), max_size=14),
    groups=st.lists(st.sets(st.integers(0, N - 1)), max_size=3),
    rng_seed=st.integers(0, 2**62),
)
@often
def test_equals_its_twin(ties, groups, rng_seed) -> None:
    ties, arrays = arguments(ties, groups)
    found = rewire(*arrays, 5, 3, 12, rng_seed)
    assert found.tolist() == twin.rewire(ties, groups, 3, 12, rng_seed)


@given(
    ties=st.sets(st.tuples(st.integers(0, N - 1), st.integers(0, 11)), max_size=20),
    groups=st.lists(st.sets(st.integers(0, N - 1)), min_size=1, max_size=3),
    rng_seed=st.integers(0, 2**62),
)
@often
def test_equals_its_twin_where_most_things_are_one_accounts(ties, groups, rng_seed) -> None:
    """More swaps than are drawn ahead at a time, and things that one account has: which of them it has makes no difference."""
    ties, arrays = arguments(ties, groups)
    found = rewire(*arrays, 12, 2, 150, rng_seed)
    assert found.tolist() == twin.rewire(ties, groups, 2, 150, rng_seed)


def test_chance_is_even() -> None:
    """Four accounts with one tie each to two things of two ties: a given pair meets in one of three worlds."""
    _, arrays = arguments({(0, 0), (1, 0), (2, 1), (3, 1)}, [{0, 1}])
    pairs = rewire(*arrays, 2, 6_000, 9, 7)[1:, 0]
    assert abs(pairs.mean() - 1 / 3) < 0.03


def test_the_members_order_does_not_matter() -> None:
    _, arrays = arguments({(0, 0), (1, 0), (2, 0), (3, 1)}, [{0, 1, 2}, set(range(N))])
    assert rewire(*arrays, 2, 0, 0, 1).tolist() == [[3, 3]]
