"""Total order, and grouping by account, equal their twins."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from graphfraud.kernels.order import by_account, is_ordered, total_order

from ..ledger import frozen
from ..oracles import order as twin
from .nasty import often

moment = st.one_of(st.integers(0, 3), st.integers(-(2**52), 2**52))


@given(rows=st.lists(st.tuples(moment, st.one_of(st.integers(0, 3), st.integers(0, 2**62))), max_size=30))
@often
def test_order_equals_its_twin(rows) -> None:
    at, seq = [row[0] for row in rows], [row[1] for row in rows]
    arrays = frozen(np.array(at, np.int64)), frozen(np.array(seq, np.int64))
    told = twin.total_order(at, seq)
    assert total_order(*arrays).tolist() == told
    assert is_ordered(*arrays) == twin.is_ordered(at, seq)
    arranged = [frozen(column[told]) for column in arrays]
    assert is_ordered(*arranged) == (len(set(rows)) == len(rows))


@given(account=st.lists(st.integers(0, 6), max_size=30))
@often
def test_grouping_equals_its_twin(account) -> None:
    start, tx = by_account(frozen(np.array(account, np.int32)), 8)
    assert (start.tolist(), tx.tolist()) == twin.by_account(account, 8)
