"""Every tracing kernel equals its twin, row by row."""

import numpy as np
import pytest
from hypothesis import given

from ..ledger import frozen
from .nasty import RULES, World, often, rows, worlds


@pytest.mark.parametrize("rule", RULES)
@given(world=worlds())
@often
def test_equals_its_twin(rule: str, world: World) -> None:
    kernel, twin = RULES[rule]
    steps, lots, totals = rows(kernel(*world.arrays()))
    told = twin(*world.lists())
    assert steps == told.steps
    assert lots == told.lots
    assert totals == told.totals


def _crowd(rng: np.random.Generator) -> World:
    """Return a world large enough for stores to grow, blocks to be given back and remainders to be selected."""
    n, n_accounts, n_seeds = 1_500, 12, 40
    seeds = np.sort(rng.choice(n // 2, n_seeds, replace=False))
    seed_of = np.full(n, -1)
    seed_of[seeds] = np.arange(n_seeds)
    payer, payee = rng.integers(0, n_accounts, n), rng.integers(0, n_accounts, n)
    payee[seeds] = (payer[seeds] + 1) % n_accounts
    amount = rng.integers(1, 10**9, n)
    amount[seeds] *= 50
    flow = np.zeros((n, n_accounts), np.int64)
    np.add.at(flow, (np.arange(n), payee), amount)
    np.subtract.at(flow, (np.arange(n), payer), amount)
    opening = np.maximum(0, -flow.cumsum(axis=0).min(axis=0))
    at = np.sort(rng.integers(0, 700, n))
    columns = (payer, payee, amount, at, seed_of, rng.random(n) < 0.02, opening, at[seeds] + 400)
    return World(*(column.tolist() for column in columns), hops_max=9)


@pytest.mark.parametrize("rule", RULES)
def test_equals_its_twin_in_a_crowd(rule: str) -> None:
    kernel, twin = RULES[rule]
    world = _crowd(np.random.default_rng(20240301))
    told = twin(*world.lists())
    assert rows(kernel(*world.arrays())) == (told.steps, told.lots, told.totals)
    assert len(told.steps) > 5 * len(world.deadline_us), "stolen money must have spread"


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("seed", [-1, 0])
def test_an_account_below_zero_is_refused(rule: str, seed: int) -> None:
    world = World([0, 0], [1, 1], [5, 1], [0, 1], [seed, -1], [False, False], [5, 0], [9] if seed == 0 else [], 3)
    with pytest.raises(AssertionError, match="position 1"):
        RULES[rule][0](*world.arrays())


@pytest.mark.parametrize("rule", RULES)
def test_sums_that_could_wrap_are_refused(rule: str) -> None:
    world = World([0], [1], [2**61], [0], [-1], [False], [2**61, 2**61], [], 3)
    with pytest.raises(AssertionError, match=r"2\*\*63"):
        RULES[rule][0](*world.arrays())


@pytest.mark.parametrize("rule", RULES)
def test_an_empty_world_has_an_empty_answer(rule: str) -> None:
    answer = RULES[rule][0](*World([], [], [], [], [], [], [], [], 1).arrays())
    assert [array.size for array in answer] == [0] * 10 + [4]
    assert [str(array.dtype) for array in answer] == (
        ["int64", "int32", "int32", "int64", "int32", "int32", "int32", "int8", "int64", "int64", "int64"]
    )


def test_inputs_stay_as_they_were() -> None:
    world = World([0, 1], [1, 2], [5, 4], [0, 1], [0, -1], [False, True], [5, 0, 0], [9], 3)
    for kernel, _ in RULES.values():
        arrays = tuple(frozen(a.copy()) if isinstance(a, np.ndarray) else a for a in world.arrays())
        kernel(*arrays)
        assert all(np.array_equal(a, b) for a, b in zip(arrays, world.arrays(), strict=True))
