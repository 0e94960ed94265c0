"""Earliest arrival and fewest hops equal a walk over every time-respecting path."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from graphfraud.kernels.reach import earliest_arrival, fewest_hops

from ..ledger import frozen
from ..oracles import reach as twin
from .nasty import often

account = st.integers(0, 5)


@given(
    payments=st.lists(st.tuples(account, account, st.sampled_from([0, 0, 1, 2])), max_size=12),
    sources=st.lists(st.tuples(account, st.integers(0, 6)), max_size=3),
    until_us=st.integers(0, 20),
    strict=st.booleans(),
    hops_max=st.sampled_from([0, 1, 2, 3, 100]),
)
@often
def test_equals_its_twin(payments, sources, until_us, strict, hops_max) -> None:
    payer, payee = [p for p, _, _ in payments], [p for _, p, _ in payments]
    at = np.cumsum([gap for _, _, gap in payments], dtype=np.int64).tolist()
    source_ix, source_us = [a for a, _ in sources], [us for _, us in sources]
    lists = (payer, payee, at, source_ix, source_us)
    dtypes = (np.int32, np.int32, np.int64, np.int32, np.int64)
    arrays = tuple(frozen(np.array(c, t)) for c, t in zip(lists, dtypes, strict=True))
    assert earliest_arrival(*arrays, until_us, strict, 6).tolist() == twin.earliest_arrival(*lists, until_us, strict, 6)
    assert fewest_hops(*arrays, until_us, strict, hops_max, 6).tolist() == (
        twin.fewest_hops(*lists, until_us, strict, hops_max, 6)
    )
