"""Reconciliation: what two banks and a victim say about one transfer becomes one transaction, whatever the order of files."""

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from graphfraud import tables
from graphfraud.intake.legs import RECONCILE_SCHEMA, UNKNOWN
from graphfraud.intake.reconcile import REPORT_TOLERANCE_US, REVERSAL_WINDOW_US, SKEW_US, reconcile
from graphfraud.intake.retelling import legs_of
from graphfraud.units import DAY_US, MINUTE_US, SECOND_US, time_us
from tests.oracles.reconcile import reconcile as twin

NOON = time_us("2024-03-01 12:00")
MIDNIGHT = time_us("2024-03-01")


def leg(record, side, own, cp, amount=100, at=0, **more):
    values = {
        "record": record,
        "source_id": "f1",
        "row": record + 1,
        "seq": record,
        "bucket": more.get("source_id", "f1"),
        "side": side,
        "state": "ok",
        "own_id": own,
        "own_name": None,
        "cp_id": cp,
        "cp_name": None,
        "amount_fen": amount,
        "balance_fen": None,
        "at_us": NOON + at * SECOND_US,
        "at_precision_us": SECOND_US,
        "serial": None,
        "channel": "transfer",
        "memo": None,
        "case_id": None,
    }
    if more.pop("day", False):
        values |= {"at_us": MIDNIGHT, "at_precision_us": DAY_US}
    return values | more


def frame(*legs):
    return pl.DataFrame(list(legs), schema=RECONCILE_SCHEMA, orient="row")


def run(*legs):
    done = reconcile(frame(*legs))
    tables.check(done.transactions, "transactions")
    outcome = dict(done.outcomes.select("record", "outcome").iter_rows())
    assert len(outcome) == done.outcomes.height == len(legs)  # every leg has exactly one outcome
    moves = done.transactions.select("payer_record", "payee_record", "report_record").rows()
    return sorted(moves), outcome


def test_two_legs_of_one_transfer_become_one_transaction():
    moves, outcome = run(leg(0, "payer", "A", "B", at=0), leg(1, "payee", "B", "A", at=45))
    assert moves == [(0, 1, -1)]
    assert outcome == {0: "kept", 1: "mirrored"}


def test_clocks_further_apart_than_the_skew_are_two_transfers():
    assert run(leg(0, "payer", "A", "B", at=0), leg(1, "payee", "B", "A", at=60))[0] == [(0, 1, -1)]
    assert run(leg(0, "payer", "A", "B", at=0), leg(1, "payee", "B", "A", at=61))[0] == [(-1, 1, -1), (0, -1, -1)]


def test_k_pairs_give_k_transactions():
    legs = [leg(n, "payer", "A", "B", balance_fen=1000 - 100 * n) for n in range(3)]
    legs += [leg(3 + n, "payee", "B", "A", balance_fen=100 * n) for n in range(3)]
    assert run(*legs)[0] == [(0, 3, -1), (1, 4, -1), (2, 5, -1)]


def test_as_many_pairs_as_possible_come_before_the_nearest_pair():
    legs = [leg(0, "payer", "A", "B", at=0), leg(1, "payer", "A", "B", at=50)]
    legs += [leg(2, "payee", "B", "A", at=40), leg(3, "payee", "B", "A", at=100)]
    assert run(*legs)[0] == [(0, 2, -1), (1, 3, -1)]


def test_the_nearest_is_taken_where_one_is_left_over():
    legs = [leg(0, "payer", "A", "B", at=0), leg(1, "payee", "B", "A", at=-50), leg(2, "payee", "B", "A", at=5)]
    assert run(*legs)[0] == [(-1, 1, -1), (0, 2, -1)]


def test_equal_serials_come_before_nearness():
    legs = [leg(0, "payer", "A", "B", at=0, serial="S9")]
    legs += [leg(1, "payee", "B", "A", at=1, serial="S1"), leg(2, "payee", "B", "A", at=50, serial="S9")]
    assert run(*legs)[0] == [(-1, 1, -1), (0, 2, -1)]


def test_a_leg_known_to_the_day_matches_inside_its_day():
    day = leg(1, "payee", "B", "A", day=True)
    assert run(leg(0, "payer", "A", "B", at=11 * 3600), day)[0] == [(0, 1, -1)]
    assert len(run(leg(0, "payer", "A", "B", at=13 * 3600), day)[0]) == 2
    assert len(run(leg(0, "payer", "A", "B", at_us=MIDNIGHT - DAY_US, at_precision_us=DAY_US), day)[0]) == 2


def test_a_missing_counterparty_number_is_found_on_the_other_side():
    moves, _ = run(leg(0, "payer", "A", None, cp_name="李四"), leg(1, "payee", "B", "A", own_name="王五", at=3))
    assert moves == [(0, 1, -1)]
    done = reconcile(frame(leg(0, "payer", "A", None), leg(1, "payee", "B", "A"))).transactions
    assert done.select("payer_id", "payee_id").row(0) == ("A", "B")


def test_names_never_decide():
    legs = (leg(0, "payer", "A", None, cp_name="李四"), leg(1, "payee", "B", "C", own_name="李四"))
    done = reconcile(frame(*legs)).transactions.sort("payer_record")
    assert done["payee_id"].to_list() == ["B", UNKNOWN + "f1:1"]


def test_cash_has_no_other_side():
    legs = (leg(0, "payer", "A", None, channel="cash_out"), leg(1, "payee", "B", "A"))
    assert len(run(*legs)[0]) == 2


def test_each_missing_counterparty_is_one_of_its_own():
    done = reconcile(frame(leg(0, "payer", "A", None), leg(1, "payer", "A", None, at=500))).transactions
    assert done["payee_id"].n_unique() == 2


def test_equal_rows_with_a_balance_or_serial_are_one_event():
    moves, outcome = run(leg(0, "payer", "A", "B", balance_fen=5), leg(1, "payer", "A", "B", balance_fen=5))
    assert moves == [(0, -1, -1)]
    assert outcome == {0: "kept", 1: "duplicate"}


def test_equal_bare_rows_count_as_often_as_one_file_has_them():
    one = [leg(n, "payer", "A", "B") for n in range(2)]
    two = [leg(2 + n, "payer", "A", "B", source_id="f2") for n in range(3)]
    assert list(run(*one, *two)[1].values()).count("duplicate") == 2


def test_a_reversal_takes_its_row_and_its_mirror_back():
    legs = (
        leg(0, "payer", "A", "B", serial="S1"),
        leg(1, "payee", "B", "A"),
        leg(2, "payee", "A", None, at=600, serial="S1", state="reversal"),
    )
    assert run(*legs) == ([], {0: "reversed", 1: "reversed", 2: "reversed"})


def test_a_reversed_attempt_leaves_the_second_attempt_whole():
    legs = (
        leg(0, "payer", "A", "B", balance_fen=0),
        leg(1, "payer", "A", "B", at=10, state="reversal", balance_fen=100),
        leg(2, "payer", "A", "B", at=30, balance_fen=0),
        leg(3, "payee", "B", "A", at=2),
    )
    assert run(*legs) == ([(2, 3, -1)], {0: "reversed", 1: "reversed", 2: "kept", 3: "mirrored"})


def test_a_reversal_of_nothing_is_rejected():
    done = reconcile(frame(leg(0, "payer", "A", "B", state="reversal")))
    assert done.outcomes.rows() == [(0, "rejected", "reversal_unmatched")]
    late = REVERSAL_WINDOW_US // SECOND_US + 1
    assert run(leg(0, "payer", "A", "B"), leg(1, "payer", "A", "B", at=late, state="reversal"))[1] == {0: "kept", 1: "rejected"}


def test_a_report_joins_the_transaction_it_speaks_of():
    legs = (leg(0, "payer", "A", "B"), leg(1, "payee", "B", "A"), leg(2, "report", "A", "B", at=500, case_id="C1"))
    moves, outcome = run(*legs)
    assert moves == [(0, 1, 2)]
    assert outcome[2] == "mirrored"
    assert reconcile(frame(*legs)).transactions["case_id"].to_list() == ["C1"]


def test_a_report_of_nothing_known_stands_alone():
    done = reconcile(frame(leg(0, "report", "A", "B", case_id="C1"))).transactions
    assert done.select("transaction_id", "report_record", "case_id").rows() == [("f1:1", 0, "C1")]


def test_a_report_of_a_reversed_payment_goes_with_it():
    legs = (
        leg(0, "payer", "A", "B", serial="S"),
        leg(1, "payer", "A", "B", serial="S", state="reversal", at=9),
        leg(2, "report", "A", "B", case_id="C1"),
    )
    assert run(*legs) == ([], {0: "reversed", 1: "reversed", 2: "reversed"})


# --- against the naive twin ------------------------------------------------------------------------------------------

moments = st.one_of(
    st.tuples(
        st.sampled_from([0, 1, 30, 59, 60, 61, 90, 120, 150, 600, 660]).map(lambda s: NOON + s * SECOND_US), st.just(SECOND_US)
    ),
    st.tuples(st.sampled_from([NOON, NOON + MINUTE_US]), st.just(MINUTE_US)),
    st.tuples(st.sampled_from([MIDNIGHT, MIDNIGHT + DAY_US]), st.just(DAY_US)),
)


@st.composite
def leg_sets(draw, n_max=8, mixed=True):
    """Few accounts, amounts and instants, so that everything collides with everything."""
    n = draw(st.integers(0, n_max))
    legs = []
    for record in range(n):
        side = draw(st.sampled_from(["payer", "payer", "payee", "payee", "report"]))
        own, cp = draw(st.sampled_from(["AB", "BA", "AC", "A-", "B-", "AA"]))
        if side == "payee":
            own, cp = (cp, own) if cp != "-" else (own, cp)
        at_us, precision = draw(moments) if mixed else (NOON + draw(st.integers(0, 200)) * SECOND_US, SECOND_US)
        bare = draw(st.booleans()) or side == "report"
        legs.append(
            leg(
                record,
                side,
                own,
                None if cp == "-" else cp,
                amount=draw(st.sampled_from([100, 100, 100, 200])),
                at_us=at_us,
                at_precision_us=precision,
                serial=None if bare else draw(st.sampled_from(["S1", "S2", None])),
                balance_fen=None if bare else draw(st.sampled_from([0, 100, 200])),
                state="reversal" if side != "report" and draw(st.integers(0, 5)) == 0 else "ok",
                channel=draw(st.sampled_from(["transfer", "transfer", "cash_out"])),
                case_id="C1" if side == "report" else None,
                memo=draw(st.sampled_from([None, "m1", "m2"])),
                own_name=draw(st.sampled_from([None, "张三"])),
                source_id=draw(st.sampled_from(["f1", "f2", "f3"])),
                seq=100 - record,
            )
        )
    for record, value in enumerate(legs):
        value["bucket"] = value["source_id"]
        value["row"] = record + 1
    return legs


@settings(deadline=None, derandomize=True, max_examples=200)
@given(leg_sets())
def test_twin(legs):
    moves, outcome = run(*legs)
    expected, expected_outcome = twin(legs, SKEW_US, REPORT_TOLERANCE_US, REVERSAL_WINDOW_US)
    assert moves == sorted(tuple(-1 if r is None else r for r in move) for move in expected)
    assert outcome == expected_outcome


@settings(deadline=None, derandomize=True, max_examples=50)
@given(leg_sets(n_max=12), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(legs, random):
    shuffled = legs[:]
    random.shuffle(shuffled)
    assert run(*legs) == run(*shuffled)


@settings(deadline=None, derandomize=True, max_examples=80)
@given(leg_sets(n_max=12))
def test_transactions_come_apart_into_their_legs(legs):
    sources = pl.DataFrame({"source_id": ["f1"], "record_first": [0]})
    for value in legs:
        value |= {"source_id": "f1", "row": value["record"] + 1}
    done = reconcile(frame(*legs))
    parts = legs_of(done.transactions, sources)
    stays = done.outcomes.filter(pl.col("outcome").is_in(["kept", "mirrored"]))["record"]
    expected = frame(*legs).filter(pl.col("record").is_in(stays.implode())).sort("record")
    assert parts.drop("bucket").rows() == expected.drop("bucket").rows()
    again = reconcile(parts)
    assert again.transactions.sort("transaction_id").rows() == done.transactions.sort("transaction_id").rows()


def test_many_equal_legs_do_not_take_for_ever():
    n = 3000
    legs = [leg(i, "payer", "A", "B", balance_fen=-i) for i in range(n)]
    legs += [leg(n + i, "payee", "B", "A", balance_fen=i, at=i % 30) for i in range(n - 1)]
    moves, _ = run(*legs)
    assert sum(p >= 0 and q >= 0 for p, q, _ in moves) == n - 1
