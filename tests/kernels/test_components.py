"""Components equal their twin, on small and on large random worlds."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphfraud.kernels.components import components

from ..ledger import frozen
from ..oracles import components as twin
from .nasty import often


@given(pairs=st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11)), max_size=20))
@often
def test_equals_its_twin(pairs) -> None:
    payer, payee = [a for a, _ in pairs], [b for _, b in pairs]
    found = components(frozen(np.array(payer, np.int32)), frozen(np.array(payee, np.int32)), 13)
    assert found.dtype == np.int32
    assert found.tolist() == twin.components(payer, payee, 13)


@pytest.mark.parametrize(
    ("n_payments", "n_accounts"), [(300, 2_000), (900, 2_000), (3_000, 2_000), (10_000, 19_000), (50_000, 9_000)]
)
def test_equals_its_twin_before_and_after_the_birth_of_the_giant(n_payments: int, n_accounts: int) -> None:
    rng = np.random.default_rng(n_payments)
    payer, payee = rng.integers(0, n_accounts, (2, n_payments)).astype(np.int32)
    found = components(frozen(payer), frozen(payee), n_accounts)
    assert found.tolist() == twin.components(payer.tolist(), payee.tolist(), n_accounts)


@pytest.mark.parametrize("step", [1, -1])
def test_a_long_chain_is_one_component(step: int) -> None:
    way = np.arange(5_000, dtype=np.int32)[::step]
    assert not components(frozen(way[:-1]), frozen(way[1:]), 5_000).any()
