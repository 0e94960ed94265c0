"""Money passed on: equal to its twin, and the laws of matching."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from graphfraud.kernels.relay import relay

from ..ledger import frozen
from ..oracles import relay as twin
from .nasty import often

PAYMENTS = st.lists(
    st.tuples(st.integers(0, 5), st.integers(0, 5), st.integers(1, 9), st.integers(0, 4), st.booleans()), max_size=24
)


def columns(payments):
    payer, payee, amount, gap, leaves = ([p[k] for p in payments] for k in range(5))
    at = np.cumsum(np.array(gap, np.int64))
    arrays = (
        np.array(payer, np.int32),
        np.array(payee, np.int32),
        np.array(amount, np.int64),
        at,
        np.array(leaves, np.bool_),
    )
    return tuple(frozen(a) for a in arrays)


@given(payments=PAYMENTS, within=st.integers(0, 12))
@often
def test_equals_its_twin(payments, within) -> None:
    arrays = columns(payments)
    found = relay(*arrays, within, 6)
    wanted = twin.relay(*(a.tolist() for a in arrays), within, 6)
    assert [f.tolist() for f in found] == [list(w) for w in wanted]


@given(payments=PAYMENTS, within=st.integers(0, 12), order=st.permutations(range(6)))
@often
def test_laws(payments, within, order) -> None:
    payer, payee, amount, at, leaves = columns(payments)
    fresh, moved, gap = relay(payer, payee, amount, at, leaves, within, 6)
    assert fresh.sum() == moved.sum()  # conservation: each fen matched once on either side
    for a in range(6):
        assert fresh[payer == a].sum() == moved[payee == a].sum()
    assert (fresh <= amount).all() and (moved <= amount).all() and not moved[leaves].any()
    assert ((gap >= 0) == (fresh > 0)).all() and (gap <= within).all()
    name = np.array(order, np.int32)  # relabelling accounts changes nothing
    again = relay(frozen(name[payer]), frozen(name[payee]), amount, at, leaves, within, 6)
    assert all(np.array_equal(a, b) for a, b in zip((fresh, moved, gap), again, strict=True))
    half = len(payments) // 2  # prefix: what went out by then does not depend on what came after
    first, _, _ = relay(*(frozen(c[:half]) for c in (payer, payee, amount, at, leaves)), within, 6)
    assert np.array_equal(first, fresh[:half])
    wider, _, _ = relay(payer, payee, amount, at, leaves, 10**9, 6)
    assert wider.sum() >= fresh.sum()
