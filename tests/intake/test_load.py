"""A file into a store: every row accounted for, in whatever order files come, all of a file or nothing of it."""

import json
from collections import Counter

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphfraud.errors import LoaderError, SourceError, TableError
from graphfraud.intake import load as load_module
from graphfraud.intake.load import Audit, load, positions
from graphfraud.store.open import open_store
from graphfraud.tables import OUTCOMES
from tests.statements import register, reports, row, several, statement

A, B, C = "6222029900000001", "6222029900000002", "6222029900000003"


@pytest.fixture
def store(tmp_path):
    opened = open_store(tmp_path / "store")
    yield opened
    assert not [p for p in opened.check() if p.kind == "damage"]
    opened.close()


def transfers(store):
    return sorted(store.read("transactions").select("payer_id", "payee_id", "amount_fen").rows())


def outcomes(store):
    return Counter(store.read("records")["outcome"])


# --- what comes back


def test_the_line_a_person_reads(store, tmp_path):
    intake = load(statement(tmp_path / "a.csv", [row(A, "出", B), row(A, "出", C, amount="x")]), store)
    assert repr(intake) == "a.csv: 2 read, 1 accepted, 1 rejected"
    assert intake.audit == Audit(read=2, kept=1, rejected=1)
    assert intake.accepted["transactions"].height == 1
    assert intake.rejected.select("source", "row", "column", "value", "check").rows() == [
        ("a.csv", 2, "交易金额", "x", "not_an_amount")
    ]
    assert intake.sources["name"].to_list() == ["a.csv"]


def test_the_audit_must_add_up():
    with pytest.raises(AssertionError, match="accounted for"):
        Audit(read=3, kept=1)


def test_the_same_file_twice_changes_nothing(store, tmp_path):
    path = statement(tmp_path / "a.csv", [row(A, "出", B)])
    load(path, store)
    before = store.digest()
    path = path.rename(tmp_path / "renamed.csv")
    again = load(path, store)
    assert again.already_loaded
    assert repr(again) == "renamed.csv: already loaded, nothing changed"
    assert store.digest() == before
    assert store.version() == 1


def test_every_row_leads_back_to_its_file(store, tmp_path):
    several(tmp_path / "many")
    for path in several(tmp_path / "many"):
        load(path, store)
    records, sources = store.read("records"), store.read("sources")
    placed = records.join(sources, on="source_id")
    assert (placed["record"] == placed["record_first"] + placed["row"] - 1).all()
    t = store.read("transactions")
    own = t.filter(pl.col("payer_record") >= 0).join(records, left_on="payer_record", right_on="record")
    assert (own["transaction_id"] == own["source_id"] + ":" + own["row"].cast(pl.String)).all()


def test_rows_set_apart_are_kept_whole(store, tmp_path):
    rows = [
        row(A, "出", B, memo="x", success="失败"),
        row(A, "出", "", amount="1,00"),
        row(A, "出", B, serial="S1"),
        row(A, "进", B, serial="S1", memo="冲正", at="2024-03-01 12:00:05"),
    ]
    load(statement(tmp_path / "a.csv", [r.replace("1,00", '"1,0x"') for r in rows]), store)
    kept = store.read("records").sort("row")
    assert kept["outcome"].to_list() == ["failed", "rejected", "reversed", "reversed"]
    assert [json.loads(raw)["交易账号"] for raw in kept["raw"]] == [A] * 4
    assert json.loads(kept["raw"][0])["摘要说明"] == "x"
    assert transfers(store) == []


# --- limits


@pytest.mark.parametrize(("limit", "passes"), [("50%", True), (0.5, True), ("2", True), (2, True), ("49%", False), (1, False)])
def test_too_many_rejected_rows_keep_nothing(store, tmp_path, limit, passes):
    bad = row(A, "出", C, amount="6222029912345678")
    path = statement(tmp_path / "a.csv", [row(A, "出", B), row(A, "出", C), bad.replace("6222029912345678", "a"), bad[:-1]])
    if passes:
        assert load(path, store, max_rejected=limit).audit.rejected == 2
        return
    with pytest.raises(TableError, match="2 of 4 rows rejected") as caught:
        load(path, store, max_rejected=limit)
    assert caught.value.exit_code == 3
    assert "a.csv row 3" in str(caught.value)
    assert "loaders try" in caught.value.remedy
    assert sum(store.counts().values()) == 0


@pytest.mark.parametrize("limit", ["some", "-1", "101%", "1.5"])
def test_a_limit_that_is_none(store, tmp_path, limit):
    with pytest.raises(TableError, match="max_rejected") as caught:
        load(statement(tmp_path / "a.csv", [row(A, "出", B)]), store, max_rejected=limit)
    assert caught.value.exit_code == 2


def test_progress_is_told(store, tmp_path):
    told = []
    load(statement(tmp_path / "a.csv", [row(A, "出", B)]), store, progress=lambda *step: told.append(step))
    assert told == [("reading", 0, 4), ("checking", 1, 4), ("matching", 2, 4), ("writing", 3, 4)]


def test_files_that_cannot_be_loaded_leave_the_store_alone(store, tmp_path):
    load(statement(tmp_path / "a.csv", [row(A, "出", B)]), store)
    before = store.digest()
    (tmp_path / "empty.csv").write_bytes(b"")
    (tmp_path / "other.csv").write_text("一,二\n1,2\n", encoding="utf-8")
    for name, error in (("empty.csv", SourceError), ("none.csv", SourceError), ("other.csv", LoaderError)):
        with pytest.raises(error):
            load(tmp_path / name, store)
    assert store.digest() == before


def test_ctrl_c_in_the_middle_leaves_the_store_as_it_was(store, tmp_path, monkeypatch):
    load(statement(tmp_path / "a.csv", [row(A, "出", B)]), store)
    before = store.digest()

    def interrupted(*_args, **_kwargs):
        raise KeyboardInterrupt

    path = statement(tmp_path / "b.csv", [row(B, "进", A)])
    for name in ("reconcile", "touched", "Audit"):
        with monkeypatch.context() as patched:
            patched.setattr(load_module, name, interrupted)
            with pytest.raises(KeyboardInterrupt):
                load(path, store)
        if name != "Audit":  # by then the commit is done, and stays done
            store.refresh()
            assert store.digest() == before
    assert load(path, store).already_loaded
    assert transfers(store) == [(A, B, 10000)]


# --- two sides, several files


def test_the_second_statement_completes_the_first(store, tmp_path):
    load(statement(tmp_path / "b.csv", [row(B, "进", A, at="2024-03-01 12:00:30", balance="100.00")]), store)
    first = store.read("transactions")
    intake = load(statement(tmp_path / "a.csv", [row(A, "出", B, balance="0.00")]), store)
    assert intake.audit == Audit(read=1, mirrored=1)
    t = store.read("transactions")
    assert t.height == 1
    assert t["transaction_id"][0] != first["transaction_id"][0]  # the payer's leg names it
    assert t.select("payer_balance_fen", "payee_balance_fen").row(0) == (0, 10000)
    assert (t["payee_at_us"] - t["payer_at_us"]).item() == 30_000_000
    assert outcomes(store) == {"kept": 1, "mirrored": 1}


def test_an_overlapping_export_adds_nothing(store, tmp_path):
    rows = [row(A, "出", B, at=f"2024-03-01 12:{i:02d}:00", balance=f"{i}.00") for i in range(10)]
    load(statement(tmp_path / "a.csv", rows[:7]), store)
    assert load(statement(tmp_path / "b.csv", rows[4:]), store).audit == Audit(read=6, kept=3, duplicate=3)
    assert len(transfers(store)) == 10


def test_a_repeated_export_of_a_row_without_number_finds_its_completed_transaction(store, tmp_path):
    bare = row(A, "出", "", balance="7.00")
    load(statement(tmp_path / "a.csv", [bare]), store)
    load(statement(tmp_path / "b.csv", [row(B, "进", A)]), store)
    assert transfers(store) == [(A, B, 10000)]
    assert load(statement(tmp_path / "c.csv", [bare, row(C, "出", A)]), store).audit.duplicate == 1
    assert transfers(store) == [(A, B, 10000), (C, A, 10000)]


def test_a_late_reversal_takes_back_what_was_kept(store, tmp_path):
    load(statement(tmp_path / "a.csv", [row(A, "出", B, serial="S1")]), store)
    load(statement(tmp_path / "b.csv", [row(B, "进", A)]), store)
    intake = load(statement(tmp_path / "c.csv", [row(A, "进", B, serial="S1", memo="冲正", at="2024-03-02 09:00:00")]), store)
    assert intake.audit == Audit(read=1, reversed=1)
    assert transfers(store) == []
    assert outcomes(store) == {"reversed": 3}


def test_a_reversal_before_its_row_waits_for_it(store, tmp_path):
    path = statement(tmp_path / "c.csv", [row(A, "进", B, serial="S1", memo="冲正", at="2024-03-02 09:00:00")])
    early = load(path, store)
    assert early.rejected["check"].to_list() == ["reversal_unmatched"]
    assert load(statement(tmp_path / "a.csv", [row(A, "出", B, serial="S1")]), store).audit == Audit(read=1, reversed=1)
    assert outcomes(store) == {"reversed": 2}
    assert load(statement(tmp_path / "d.csv", [row(A, "出", B, serial="S1"), row(C, "出", B)]), store).audit.duplicate == 1


def test_a_victims_report_joins_the_statement(store, tmp_path):
    report = "A-017,2024-03-02,张三,110101190001010011," + f"{A},{B},100.00,2024-03-01 12:05:00"
    load(reports(tmp_path / "r.csv", [report]), store)
    assert [p.n for p in store.check() if "only a victim" in p.message] == [1]
    load(statement(tmp_path / "b.csv", [row(B, "进", A)]), store)
    t = store.read("transactions")
    assert t.select("case_id", "payer_id", "payee_id").rows() == [("A-017", A, B)]
    assert t.select(pl.col("payer_record", "payee_record", "report_record") >= 0).row(0) == (False, True, True)


# --- one account, several numbers


def test_card_and_account_number_are_one_account(store, tmp_path):
    card = "6222029900000009"
    load(statement(tmp_path / "a.csv", [row(A, "出", card)]), store)
    load(statement(tmp_path / "b.csv", [row(B, "进", A, card=card)]), store)
    assert transfers(store) == [(A, B, 10000)]


@pytest.mark.parametrize("late", [True, False])
def test_a_late_register_joins_what_stands_under_two_numbers(store, tmp_path, late):
    card = "6222029900000009"
    known = register(tmp_path / "r.csv", [f"{card},{B},李四,110101190001010022,2020-01-01,某支行,正常,某银行"])
    files = [
        statement(tmp_path / "a.csv", [row(A, "出", card)]),
        statement(tmp_path / "b.csv", [row(B, "进", A), row(B, "出", C, at="2024-03-01 12:01:00")]),
        statement(tmp_path / "c.csv", [row(card, "出", C, at="2024-03-01 12:01:00", ip="10.0.0.8")]),
    ]
    for path in [*files, known] if late else [known, *files]:
        load(path, store)
    assert transfers(store) == [(A, B, 10000), (B, C, 10000)]
    accounts = store.read("accounts")
    assert card not in accounts["account_id"].to_list()
    assert accounts.filter(account_id=B)["holder_name"].to_list() == ["李四"]
    links = store.read("links").filter(pl.col("kind") == "logged_in_on")
    assert links.select("a_id", "b_id").rows() in ([(B, "10.0.0.8")], [])
    assert outcomes(store)["duplicate"] == 1


def test_links_count_how_often_they_were_seen(store, tmp_path):
    for k in range(2):
        rows = [row(A, "出", B, at=f"2024-03-0{1 + k} 12:0{i}:00", ip="10.0.0.8") for i in range(3)]
        load(statement(tmp_path / f"{k}.csv", rows), store)
    link = store.read("links").filter(kind="logged_in_on").row(0, named=True)
    assert link["n_seen"] == 6
    assert (link["last_us"] - link["first_us"]) // 60_000_000 == 24 * 60 + 2


def test_the_newest_value_of_an_account_holds(store, tmp_path):
    load(register(tmp_path / "r.csv", [f",{A},张三,110101190001010011,2020-01-01,某支行,正常,某银行"]), store)
    load(register(tmp_path / "s.csv", [f",{A},,,,,冻结,"]), store)
    account = store.read("accounts").row(0, named=True)
    assert (account["status"], account["bank"], account["holder_name"]) == ("frozen", "某银行", "张三")


# --- in any order


@st.composite
def file_sets(draw):
    """Up to three files of rows over few accounts, amounts and instants, card numbers among them."""
    rows = []
    for _ in range(draw(st.integers(1, 12))):
        own, cp = draw(st.sampled_from([(A, B), (B, A), (A, C), (C, A), (A, ""), (B, ""), (A, "CARD"), ("CARD", A)]))
        bare = draw(st.booleans())
        rows.append(
            (
                draw(st.integers(0, 2)),
                row(
                    own,
                    draw(st.sampled_from("进出")),
                    cp,
                    amount=draw(st.sampled_from(["100.00", "100.00", "20.00"])),
                    at=draw(
                        st.sampled_from(["2024-03-01 12:00:00", "2024-03-01 12:00:40", "2024-03-01 12:01:30", "2024-03-01"])
                    ),
                    balance="" if bare else draw(st.sampled_from(["", "5.00", "6.00"])),
                    serial="" if bare else draw(st.sampled_from(["", "1", "2"])),
                    memo=draw(st.sampled_from(["转账", "转账", "转账", "冲正"])),
                    success=draw(st.sampled_from(["成功", "成功", "成功", "失败"])),
                ).replace("CARD", "6222029900000009"),
            )
        )
    files = [[text for k, text in rows if k == n] for n in range(3)]
    aliased = draw(st.booleans())
    return [(statement, f) for f in files if f] + ([(register, [f"6222029900000009,{B},李四,,,,,"])] if aliased else [])


def content(store):
    """What the transactions say, without record numbers, seq, ids of rows and which of equal rows stands."""
    t = store.read("transactions")
    sides = [pl.col(c).str.replace("^unknown:.*", "?") for c in ("payer_id", "payee_id")]
    facts = [f"{s}_{c}" for c in ("at_us", "balance_fen", "serial") for s in ("payer", "payee")]
    held = [pl.col(c) >= 0 for c in ("payer_record", "payee_record", "report_record")]
    chosen = t.select(*sides, "amount_fen", "at_us", "at_precision_us", *facts, *held)
    return sorted(chosen.rows(), key=repr)


@settings(deadline=None, derandomize=True, max_examples=25)
@given(file_sets(), st.randoms(use_true_random=False))
def test_files_in_any_order_give_the_same_transactions(tmp_path_factory, files, random):
    folder = tmp_path_factory.mktemp("orders")
    paths = [write(folder / f"{n}.csv", rows) for n, (write, rows) in enumerate(files)]
    seen = []
    for turn in range(2):
        store = open_store(folder / f"store{turn}")
        totals = Counter()
        for path in paths:
            audit = load(path, store).audit
            totals += Counter({o: getattr(audit, o) for o in OUTCOMES})
        assert not [p for p in store.check() if p.kind == "damage"]
        records = store.read("records")
        assert records.height == sum(totals.values()) == sum(len(rows) for _, rows in files)
        apart = Counter(records["outcome"])
        seen.append((content(store), {o: apart[o] for o in ("reversed", "failed", "rejected")}))
        random.shuffle(paths)
    assert seen[0] == seen[1]


# --- order inside a file


def order(*rows):
    legs = [{"row": n, "at_us": at, "serial": serial} for n, (at, serial) in enumerate(rows, 1)]
    return positions(pl.DataFrame(legs, schema={"row": pl.Int64, "at_us": pl.Int64, "serial": pl.String})).to_list()


def test_rows_keep_their_order_inside_one_instant():
    assert order((1, None), (1, None), (2, None)) == [0, 1, 2]
    assert order((2, None), (1, None), (1, None), (3, None), (4, None)) == [2, 0, 1, 3, 4]


def test_a_file_from_the_newest_on_is_turned_round():
    assert order((3, None), (2, None), (2, None), (1, None)) == [3, 2, 1, 0]


@pytest.mark.parametrize("zeros", ["", "0" * 20])
def test_the_banks_serials_decide_inside_one_instant(zeros):
    assert order((1, zeros + "12"), (1, zeros + "11"), (2, zeros + "10")) == [1, 0, 2]
    assert order((1, zeros + "12"), (1, zeros + "9"), (2, zeros + "10")) == [0, 1, 2]  # of several lengths: they do not count
    assert order((1, zeros + "-2"), (1, zeros + "-3"), (2, zeros + "10")) == [0, 1, 2]
    assert order((1, zeros + "12"), (1, None), (2, zeros + "10")) == [0, 1, 2]
