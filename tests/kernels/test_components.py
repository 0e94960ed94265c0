"""Components equal their twin, on small and on large random worlds, from any number of threads."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphfraud.analysis import components as shared
from graphfraud.kernels.components import apart, components, joined

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


@given(pairs=st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11)), max_size=20), known=st.integers(0, 20))
@often
def test_what_is_apart_and_what_joins_it_equal_their_twins(pairs, known: int) -> None:
    payer, payee = (np.array([pair[side] for pair in pairs], np.int32) for side in (0, 1))
    label = twin.components(payer[:known].tolist(), payee[:known].tolist(), 13)
    left = apart(frozen(payer), frozen(payee), frozen(np.array(label, np.int32)))
    assert tuple(side.tolist() for side in left) == twin.apart(payer.tolist(), payee.tolist(), label)
    whole = joined(*map(frozen, left), frozen(np.array(label, np.int32)))
    assert whole.dtype == np.int32
    assert whole.tolist() == twin.joined(*(side.tolist() for side in left), label)
    assert whole.tolist() == twin.components(payer.tolist(), payee.tolist(), 13)


@given(pairs=st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=60), n_threads=st.integers(1, 5))
@often
def test_any_number_of_threads_gives_the_same_bytes(pairs, n_threads: int) -> None:
    payer, payee = (frozen(np.array([pair[side] for pair in pairs], np.int32)) for side in (0, 1))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shared, "_SMALL", 0)
        found = shared.components(payer, payee, 31, n_threads)
    assert found.dtype == np.int32
    assert found.tobytes() == components(payer, payee, 31).tobytes()


def test_a_large_world_is_shared_among_threads() -> None:
    rng = np.random.default_rng(5)
    payer, payee = (frozen(side) for side in rng.integers(0, 1_500_000, (2, 2_500_000)).astype(np.int32))
    alone = shared.components(payer, payee, 1_500_000, 1)
    assert len(np.unique(alone)) > 1_000
    for n_threads in (2, 3):
        assert shared.components(payer, payee, 1_500_000, n_threads).tobytes() == alone.tobytes()


@pytest.mark.parametrize("n_payments", [300, 900, 3_000])
def test_equals_its_twin_near_the_birth_of_the_giant(n_payments: int) -> None:
    rng = np.random.default_rng(n_payments)
    payer, payee = rng.integers(0, 2_000, (2, n_payments)).astype(np.int32)
    assert components(frozen(payer), frozen(payee), 2_000).tolist() == twin.components(payer.tolist(), payee.tolist(), 2_000)


@pytest.mark.parametrize("step", [1, -1])
def test_a_long_chain_is_one_component(step: int) -> None:
    way = np.arange(5_000, dtype=np.int32)[::step]
    assert not components(frozen(way[:-1]), frozen(way[1:]), 5_000).any()
