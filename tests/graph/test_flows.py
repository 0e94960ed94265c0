import hashlib
import os
import subprocess
import sys

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphfraud.errors import TableError
from graphfraud.graph.flows import FlowGraph, flow_graph
from graphfraud.graph.index import encode, find, text_bytes
from graphfraud.kernels.codes import dense_codes
from graphfraud.kernels.opening import UNPRINTED, opening_balances
from graphfraud.tables import empty
from graphfraud.units import AMOUNT_FEN_MAX, DAY_US

from ..ledger import ledger
from ..oracles import codes as codes_twin
from ..oracles import opening as opening_twin
from ..worlds import often, worlds

ARRAYS = (
    "payer_ix",
    "payee_ix",
    "amount_fen",
    "at_us",
    "seq",
    "channel",
    "low_precision",
    "opening_fen",
    "opening_known",
    "held",
)


def same(a: FlowGraph, b: FlowGraph) -> bool:
    arrays = all(
        np.array_equal(getattr(a, name), getattr(b, name)) and getattr(a, name).dtype == getattr(b, name).dtype
        for name in ARRAYS
    )
    return arrays and a.account_id.equals(b.account_id) and a.transaction_id.equals(b.transaction_id) and a.digest == b.digest


def test_a_graph_as_promised(story):
    flows = flow_graph(story)
    dtypes = {name: getattr(flows, name).dtype.name for name in ARRAYS}
    assert dtypes == {
        "payer_ix": "int32", "payee_ix": "int32", "amount_fen": "int64", "at_us": "int64", "seq": "int64", "channel": "int8",
        "low_precision": "bool", "opening_fen": "int64", "opening_known": "bool", "held": "bool",
    }  # fmt: skip
    for name in (*ARRAYS, "opening_raised_fen"):
        array = getattr(flows, name)
        assert array.flags.c_contiguous and not array.flags.writeable, name
    assert flows.account_id.to_list() == ["a", "b", "c", "shop", "victim1", "victim2", "wallet"]
    assert flows.held.tolist() == [True, False, True, True, True, True, True]
    assert repr(flows) == "FlowGraph(7 transactions, 7 accounts, 6 statements held)"


def test_an_empty_frame_is_an_empty_graph():
    flows = flow_graph(empty("transactions"))
    assert flows.n_transactions == flows.n_accounts == flows.n_opening_assumed == flows.opening_assumed_fen == 0
    assert flows.payer_ix.dtype == np.int32 and len(flows.digest) == 64


@often
@given(worlds(), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(frame, random):
    order = list(range(frame.height))
    random.shuffle(order)
    assert same(flow_graph(frame), flow_graph(frame[order]))


@often
@given(worlds())
def test_ids_as_text_category_enum_or_code_give_one_graph(frame):
    flows = flow_graph(frame)
    ids = pl.concat([frame["payer_id"], frame["payee_id"].alias("payer_id")]).unique().sort(descending=True)
    assert same(flows, flow_graph(frame.with_columns(pl.col("payer_id", "payee_id", "channel").cast(pl.Categorical))))
    assert same(flows, flow_graph(frame.with_columns(pl.col("payer_id", "payee_id").cast(pl.Enum(ids)))))
    assert same(flows, flow_graph(frame.with_columns(pl.col("payer_id").cast(pl.Categorical))))
    code = {value: n for n, value in enumerate(ids)}
    coded = frame.with_columns(pl.col("payer_id", "payee_id").replace_strict(code, return_dtype=pl.UInt32))
    assert same(flows, flow_graph(coded, dictionary=ids))
    assert flows.account_id.gather(flows.payer_ix).to_list() == frame.sort("at_us", "seq")["payer_id"].to_list()
    assert flows.account_id.to_list() == sorted(ids.to_list(), key=str.encode)


@often
@given(worlds())
def test_relabelling_accounts_permutes_the_graph(frame):
    flows, other = flow_graph(frame), flow_graph(frame.with_columns(pl.col("payer_id", "payee_id").str.reverse()))
    place = find(other.account_id, flows.account_id.str.reverse())
    assert (place[flows.payer_ix] == other.payer_ix).all() and (place[flows.payee_ix] == other.payee_ix).all()
    for name in ("opening_fen", "opening_known", "opening_raised_fen", "held"):
        assert (getattr(flows, name) == getattr(other, name)[place]).all(), name


@often
@given(worlds())
def test_no_account_goes_below_zero(frame):
    flows = flow_graph(frame)
    balance = flows.opening_fen.copy()
    for payer, payee, fen in zip(flows.payer_ix, flows.payee_ix, flows.amount_fen, strict=True):
        if payer != payee:
            balance[payer] -= fen
            balance[payee] += fen
            assert balance[payer] >= 0
    assert not (flows.opening_assumed & flows.opening_known).any()
    assert (flows.opening_raised_fen[~flows.opening_known] == 0).all()


@often
@given(worlds())
def test_opening_balances_are_their_twins(frame):
    frame = frame.sort("at_us", "seq")
    (payer, payee), ids = encode(frame["payer_id"], frame["payee_id"])
    columns = [frame[name].fill_null(UNPRINTED).to_numpy() for name in ("amount_fen", "payer_balance_fen", "payee_balance_fen")]
    kernel = opening_balances(payer, payee, *columns, len(ids))
    twin = opening_twin.opening_balances(payer.tolist(), payee.tolist(), *(c.tolist() for c in columns), len(ids), UNPRINTED)
    assert tuple(array.tolist() for array in kernel) == twin


@often
@given(st.lists(st.tuples(st.integers(0, 3) | st.integers(0, 2**64 - 1), st.integers(0, 1))), st.integers(0, 3000))
def test_codes_are_their_twins(pairs, n_more):
    pairs += [(n << 40, 0) for n in range(n_more)] + pairs  # enough to make the table grow, all probing one neighbourhood
    key, check = (np.array([pair[side] for pair in pairs], np.uint64) for side in (0, 1))
    kernel = dense_codes(key, check)
    assert tuple(array.tolist() for array in kernel) == codes_twin.dense_codes(key.tolist(), check.tolist())


def test_an_opening_balance_is_printed_assumed_or_raised():
    world = ledger("a has 100.00\nb not held\n09:00 a -> b 40.00\n09:01 b -> a 90.00\n09:02 c -> a 1.00")
    flows = flow_graph(world.transactions())
    assert dict(zip(flows.account_id, flows.opening_fen.tolist(), strict=True)) == {"a": 10_000, "b": 5_000, "c": 100}
    assert (flows.n_opening_assumed, flows.opening_assumed_fen, flows.n_opening_raised) == (1, 5_000, 0)
    frame = world.transactions().with_columns(
        pl.when(pl.col("seq") == 3).then(0).otherwise("payer_balance_fen").alias("payer_balance_fen")
    )
    flows = flow_graph(frame)  # a statement that begins with 40.00 paid out of 40.00, then goes on
    assert flows.opening_fen[0] == 4_000 and flows.n_opening_raised == 0
    flows = flow_graph(
        frame.with_columns(payer_balance_fen=pl.when(pl.col("seq") == 3).then(-1_000).otherwise("payer_balance_fen"))
    )
    assert flows.opening_fen[0] == 4_000 and flows.opening_raised_fen[0] == 1_000 and flows.n_opening_raised == 1


def test_a_balance_printed_later_is_walked_back():
    frame = ledger("a has 100.00\n09:00 a -> b 40.00\n09:01 a -> b 10.00").transactions()
    frame = frame.with_columns(payer_balance_fen=pl.when(pl.col("seq") == 2).then(None).otherwise("payer_balance_fen"))
    flows = flow_graph(frame)
    assert flows.opening_fen[0] == 10_000 and flows.opening_known[0]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda f: f.drop("payer_id"), "no column payer_id"),
        (lambda f: f.with_columns(amount_fen=pl.lit(0, pl.Int64)), "0 to 0"),
        (lambda f: f.with_columns(amount_fen=pl.lit(AMOUNT_FEN_MAX + 1, pl.Int64)), f"to {AMOUNT_FEN_MAX + 1}"),
        (lambda f: f.with_columns(at_us=pl.lit(0, pl.Int64)), "at_us: found 0 to 0"),
        (lambda f: f.with_columns(amount_fen=pl.col("amount_fen").cast(pl.Float64)), "type Float64"),
        (lambda f: f.with_columns(payer_id=pl.lit(7)), "type Int32"),
        (lambda f: f.with_columns(payee_id=pl.lit(None, pl.String)), "7 rows without a value"),
        (lambda f: f.with_columns(seq=pl.lit(None, pl.Int64)), "7 rows without a value"),
        (lambda f: f.with_columns(seq=pl.lit(1, pl.Int64)), "6 rows whose number another row has"),
        (lambda f: f.with_columns(channel=pl.lit("pigeon")), "pigeon"),
    ],
)
def test_a_bad_frame_is_refused(story, change, says):
    with pytest.raises(TableError, match=says):
        flow_graph(change(story))


def test_a_total_that_could_wrap_is_refused():
    n = 2**62 // AMOUNT_FEN_MAX + 1
    row = ledger("09:00 a -> b 1.00").transactions().with_columns(amount_fen=pl.lit(AMOUNT_FEN_MAX, pl.Int64))
    frame = pl.concat([row] * n).with_columns(
        seq=pl.int_range(n, dtype=pl.Int64), payer_balance_fen=None, payee_balance_fen=None
    )
    frame = frame.with_columns(pl.col("payer_balance_fen", "payee_balance_fen").cast(pl.Int64))
    with pytest.raises(TableError, match="fen in all"):
        flow_graph(frame)


def test_low_precision_is_coarser_than_a_second(story):
    assert not flow_graph(story).low_precision.any()
    assert flow_graph(story.with_columns(at_precision_us=pl.lit(DAY_US, pl.Int64))).low_precision.all()


def test_the_digest_tells_graphs_apart(story):
    digest = flow_graph(story).digest
    assert digest != flow_graph(story.with_columns(pl.col("amount_fen") + 1)).digest
    assert digest != flow_graph(story.with_columns(transaction_id=pl.col("transaction_id") + "0")).digest
    assert digest == flow_graph(story.with_columns(pl.col("seq") + 1_000)).digest  # record numbers differ, the order does not


def test_the_digest_does_not_depend_on_the_process(story, tmp_path):
    story.write_parquet(tmp_path / "story.parquet")
    words = "import polars, sys; from graphfraud import flow_graph; print(flow_graph(polars.read_parquet(sys.argv[1])).digest)"
    env = {**os.environ, "PYTHONHASHSEED": "7", "POLARS_MAX_THREADS": "1"}
    run = [sys.executable, "-c", words, str(tmp_path / "story.parquet")]
    assert subprocess.run(run, capture_output=True, text=True, check=True, env=env).stdout.strip() == flow_graph(story).digest


def test_text_bytes_tell_where_an_id_ends():
    blocks = [b"".join(text_bytes(pl.Series(ids, dtype=pl.String))) for ids in (["ab", "c"], ["a", "bc"], ["abc", ""], [])]
    assert len({hashlib.sha256(block).hexdigest() for block in blocks}) == 4
    ids = pl.Series(["é", "b", "支付"])
    assert b"".join(text_bytes(ids, rows=2)).endswith("支付".encode())


def test_every_column_becomes_a_graph(every_column):
    flows = flow_graph(every_column["transactions"])
    assert flows.n_transactions == 24 and flows.held.all()
