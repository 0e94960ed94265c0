"""``muldiv`` is exact over the whole range of int64."""

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from graphfraud.kernels.muldiv import muldiv, muldiv_each, muldivmod

from ..ledger import frozen
from ..oracles import muldiv as twin
from .nasty import often

MAX = 2**63 - 1
EDGES = sorted(
    {min(MAX, max(0, 2**k + d)) for k in range(64) for d in (-1, 0, 1)} | {3_037_000_499, 3_037_000_500, 92 * 10**17}
)
number = st.one_of(st.sampled_from(EDGES), st.integers(0, MAX), st.integers(0, 63).flatmap(lambda k: st.integers(0, 2**k - 1)))


@given(a=number, b=number, c=number)
@example(a=MAX, b=MAX, c=MAX)
@example(a=MAX, b=MAX - 1, c=MAX)
@example(a=2**62 - 1, b=MAX, c=2**62)
@example(a=2**62, b=MAX, c=2**62 + 1)
@example(a=MAX - 1, b=2**62 - 1, c=MAX)
@example(a=MAX, b=2**31 - 1, c=2**31)
@example(a=2**63 - 2**31, b=2**63 - 2**31, c=2**63 - 2**31 + 1)
@often
def test_equals_its_twin(a: int, b: int, c: int) -> None:
    assume(c > 0 and a * b // c <= MAX)
    assert muldivmod(a, b, c) == twin.muldivmod(a, b, c)
    assert muldiv(a, b, c) == twin.muldiv(a, b, c)


@pytest.mark.parametrize("c_max", [2**31, 2**47 - 1, 2**47, 2**62, MAX])
def test_every_edge_against_every_edge(c_max: int) -> None:
    cells = [
        (a, b, c)
        for a in EDGES[::3]
        for b in EDGES[::4]
        for c in (c_max, c_max - 1, max(a, 1), max(b, 1))
        if c <= c_max and a * b // c <= MAX
    ]
    columns = [frozen(np.array(column, np.int64)) for column in zip(*cells, strict=True)]
    assert muldiv_each(*columns).tolist() == [twin.muldiv(*cell) for cell in cells]


def test_shares_of_a_balance() -> None:
    """As tracing asks for them: a part of a balance, a payment out of it."""
    rng = np.random.default_rng(7)
    balance = rng.integers(1, 2 ** rng.integers(1, 63, 20_000))
    part = (balance * rng.random(balance.size)).astype(np.int64).clip(0, balance)
    paid = (balance * rng.random(balance.size)).astype(np.int64).clip(0, balance)
    told = [twin.muldiv(*cell) for cell in zip(part.tolist(), paid.tolist(), balance.tolist(), strict=True)]
    assert muldiv_each(frozen(part), frozen(paid), frozen(balance)).tolist() == told
