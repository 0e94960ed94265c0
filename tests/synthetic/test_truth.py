import numpy as np
import polars as pl
import pytest

from graphfraud.analysis.trace import trace
from graphfraud.findings.trace import EXITED, RESTING, SEED_SCHEMA
from graphfraud.graph.flows import flow_graph
from graphfraud.synthetic.config import closed_config
from graphfraud.synthetic.truth import follow
from graphfraud.synthetic.world import make_world


def told(rule, rows, opening=()):
    """Rows: (payer, payee, fen, is_seed, is_exit) -> shares and lots as lists."""
    payer, payee, fen, seed, leaves = (list(column) for column in zip(*rows, strict=True))
    balance, payee_after = dict(opening), []
    for a, b, amount in zip(payer, payee, fen, strict=True):
        balance[a] = balance.get(a, 0) - amount
        balance[b] = balance.get(b, 0) + amount
        payee_after.append(balance[b])
    ints = [np.array(column, np.int64) for column in (payer, payee, fen)]
    bools = [np.array(column, bool) for column in (seed, leaves)]
    shares, lots = follow(rule, *ints, *bools, np.array(payee_after, np.int64))
    return shares.rows(), sorted(lots.rows())


def test_fifo_takes_the_oldest_money_first():
    # A has 50 of its own, gets 100 of the victim; of 120 paid on, 70 are the victim's.
    shares, lots = told("fifo", [(0, 1, 100, True, False), (1, 2, 120, False, False)], {0: 100, 1: 50})
    assert shares == [(0, 0, 1, 100), (1, 0, 2, 70)]
    assert lots == [(1, 0, 1, -1, 30), (2, 0, 2, -1, 70)]


def test_pro_rata_takes_of_each_its_share_and_the_spare_fen_by_remainder():
    shares, _ = told("pro_rata", [(0, 1, 100, True, False), (1, 2, 100, False, False)], {0: 100, 1: 50})
    assert shares == [(0, 0, 1, 100), (1, 0, 2, 67)]  # 66.67 of the victim, 33.33 of the rest


def test_what_leaves_ends_and_what_a_victim_pays_by_a_way_out_ends_with_its_payee():
    shares, lots = told("fifo", [(0, 1, 100, True, False), (1, -1, 40, False, True), (0, 3, 20, True, True)], {0: 200})
    assert shares == [(0, 0, 1, 100), (1, 0, 2, 40), (2, 2, 1, 20)]
    assert lots == [(1, 0, 1, -1, 60), (1, 0, 2, 1, 40), (3, 2, 1, 2, 20)]


def test_a_victim_pays_with_his_own_money_and_keeps_the_refund():
    # 30 of another victim's money came back to 0; 0 then pays 100 of his own.
    rows = [(5, 1, 30, True, False), (1, 0, 30, False, False), (0, 1, 100, True, False)]
    shares, lots = told("fifo", rows, {5: 30, 0: 100})
    assert shares[-1] == (2, 2, 1, 100)
    assert (0, 0, 2, -1, 30) in lots


def test_every_victims_fen_is_somewhere(demo_world):
    truth = demo_world.truth
    paid = demo_world.transactions.select("transaction_id", "amount_fen").join(
        truth.transactions.filter(pl.col("victim_id").is_not_null()).select("transaction_id"), on="transaction_id", how="semi"
    )
    lots = truth.lots.group_by("seed_transaction_id").agg(pl.col("fen").sum())
    both = paid.join(lots, left_on="transaction_id", right_on="seed_transaction_id", how="full")
    assert both.null_count().row(0) == (0, 0, 0, 0)
    assert (both["amount_fen"] == both["fen"]).all()
    assert truth.victims["paid_fen"].sum() == paid["amount_fen"].sum() == truth.lots["fen"].sum()


def test_shares_never_exceed_their_transaction_and_losses_are_net_of_refunds(demo_world):
    truth = demo_world.truth
    assert (truth.transactions["tainted_fen"] <= demo_world.transactions["amount_fen"]).all()
    assert truth.shares["fen"].min() > 0
    per = truth.shares.group_by("transaction_id").agg(pl.col("fen").sum())
    shown = truth.transactions.filter(pl.col("tainted_fen") > 0).join(per, on="transaction_id", how="left")
    assert (shown["tainted_fen"] == shown["fen"]).all()
    victims = truth.victims
    assert (victims["paid_fen"] - victims["refunded_fen"] == victims["loss_fen"]).all()
    assert (victims["reported_us"] == victims["last_us"] + victims["report_delay_us"]).all()
    stated = demo_world.cases.join(victims, on=["case_id", "victim_id"])
    assert (stated["loss_fen"] == stated["loss_fen_right"]).all()
    assert stated["reported"].all()


def test_the_demonstration_has_all_that_makes_a_good_picture(demo_world):
    truth = demo_world.truth
    ended = truth.lots.group_by("state").agg(pl.col("fen").sum())
    resting = ended.filter(pl.col("state") == RESTING)["fen"].item() / truth.lots["fen"].sum()
    assert 0.05 < resting < 0.5
    assert set(truth.lots["channel"].drop_nulls()) == {"cash_out", "merchant", "wallet", "crypto", "cross_border"}
    reached = truth.accounts.filter(pl.col("tier").is_not_null() & pl.col("culprit"))
    assert 0 < (~reached["held"]).sum() < reached.height / 5
    assert truth.accounts["tier"].max() >= 4
    assert 20_000 <= demo_world.transactions.height <= 60_000
    assert demo_world.cases.group_by("case_id").len()["len"].is_between(8, 40).all()


@pytest.mark.parametrize(("rule", "rng_seed"), [("fifo", 0), ("fifo", 1), ("pro_rata", 2)])
def test_the_trace_finds_the_truth_to_the_fen(rule, rng_seed):
    world = make_world(closed_config(6_000, rule=rule, victims=(4, 8)), rng_seed=rng_seed)
    paid = world.transactions.filter(pl.col("case_id").is_not_null()).sort("at_us", "seq").with_row_index("seed")
    seeds = paid.select(pl.col(name).cast(dtype) for name, dtype in SEED_SCHEMA.items())
    found = trace(flow_graph(world.transactions), seeds, rule=rule)
    names = seeds.select("seed", seed_transaction_id="transaction_id")

    key = ["account_id", "seed_transaction_id", "hop", "state", "channel", "transaction_id"]
    lots = found.lots.join(names, on="seed").with_columns(
        transaction_id=pl.when(pl.col("state") == EXITED).then("transaction_id"),
        # Where nobody's statement exists (an account without any payment of its own) the product says it lost sight.
        state=pl.when(pl.col("state") == EXITED).then("state").otherwise(pl.lit(RESTING)),
    )
    lots = lots.group_by(key).agg(fen=pl.col("traced_fen").sum()).sort(key)
    assert lots.equals(world.truth.lots.group_by(key).agg(pl.col("fen").sum()).sort(key))

    key = ["transaction_id", "seed_transaction_id", "hop"]
    steps = found.steps.join(names, on="seed").group_by(key).agg(fen=pl.col("traced_fen").sum()).sort(key)
    assert steps.equals(world.truth.shares.group_by(key).agg(pl.col("fen").sum()).sort(key))
