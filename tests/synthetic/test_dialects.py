from dataclasses import replace

import polars as pl
import pytest

from graphfraud.errors import QuestionError
from graphfraud.intake.detect import choose
from graphfraud.intake.read import read_sources
from graphfraud.intake.source_map import load_map, loaders
from graphfraud.intake.validate import converted
from graphfraud.synthetic.config import closed_config, sized_config
from graphfraud.synthetic.dialects import TIME_FORMS, Dialect, dialects, write_files
from graphfraud.synthetic.identities import BANKS
from graphfraud.synthetic.papers import Extras
from graphfraud.synthetic.world import make_world
from graphfraud.units import NONE


@pytest.fixture(scope="module")
def world():
    return make_world(replace(sized_config(4_000), victims=(3, 5), days=60), rng_seed=21)


def read_back(path):
    (raw,) = read_sources(path)
    return raw, converted(raw, choose(raw.headings, loaders().values(), where=path.name))


def sides_of(world):
    """What each leg of the world says: transaction, side -> own, counterparty, amount, balance, channel, memo."""
    t, canonical = world.transactions, {}
    del canonical
    parts = []
    for side, own, other in (("payer", "payer", "payee"), ("payee", "payee", "payer"), ("report", "payer", "payee")):
        parts.append(
            t.select(
                "transaction_id",
                side=pl.lit(side),
                own_id=f"{own}_id",
                cp_id=pl.when(~pl.col(f"{other}_id").str.starts_with("unknown:")).then(f"{other}_id"),
                own_name=f"{own}_name",
                cp_name=f"{other}_name",
                amount_fen="amount_fen",
                balance_fen=f"{own}_balance_fen" if side != "report" else pl.lit(None, pl.Int64),
                channel="channel",
                memo="memo",
            )
        )
    return pl.concat(parts)


def assert_says_the_world(world, written, date_only=False):
    accounts_of = world.cards.select(cp_id="card", account="account_id")
    told = sides_of(world)
    for path in written:
        audit = written.audit.filter(pl.col("file") == path.name).row(0, named=True)
        _, found = read_back(path)
        assert found.n_read == audit["read"]
        assert found.faults["row"].n_unique() == audit["rejected"]
        legs = found.legs
        if not legs.height:
            continue
        rows = written.rows.filter(pl.col("file") == path.name)
        rejected = rows.filter(pl.col("outcome") == "rejected")["row"]
        assert sorted(found.faults["row"].unique()) == rejected.to_list()
        assert legs.filter(pl.col("state") == "failed").height == audit["failed"]
        assert legs.filter(pl.col("state") == "reversal").height == audit["reversed"] / 2
        good = rows.filter(pl.col("outcome").is_in(["kept", "mirrored", "duplicate"]))
        both = good.join(told, on=["transaction_id", "side"], how="left").join(legs, on="row", how="left", suffix="_read")
        both = both.join(accounts_of, left_on="cp_id_read", right_on="cp_id", how="left")
        both = both.with_columns(cp_id_read=pl.coalesce("account", "cp_id_read"))
        for column in (
            "side",
            "own_id",
            "cp_id",
            "own_name",
            "cp_name",
            "amount_fen",
            "balance_fen",
            "at_us",
            "channel",
            "memo",
        ):
            wrong = both.filter(~pl.col(column).eq_missing(pl.col(f"{column}_read")))
            assert wrong.is_empty(), (path.name, column, wrong.head(3).select(column, f"{column}_read").rows())
        assert date_only or (both["at_precision_us"] == 1_000_000).all()


@pytest.mark.parametrize("mess", ["plain", "usual", "hard"])
def test_every_leg_reads_back_as_the_world_has_it(world, tmp_path, mess):
    assert_says_the_world(world, write_files(world, tmp_path, mess=mess, rng_seed=4))


def test_payments_without_time_of_day_read_back_as_such(world, tmp_path):
    written = write_files(world, tmp_path, mess="hard", date_only=0.1, rng_seed=4)
    assert_says_the_world(world, written, date_only=True)


HABITS = {
    "utf-8-sig": {"encoding": "utf-8-sig", "title_lines": 1},
    "gb18030": {"encoding": "gb18030", "title_lines": 3, "newest_first": True},
    "tsv": {"suffix": "tsv", "thousands": True},
    "apostrophe": {"wrap": "apostrophe", "yuan_sign": True},
    "formula": {"wrap": "formula"},
    "tab": {"wrap": "tab", "full_width": True, "alternative": 1},
    "clock": {"skew_us": 3_000_000, "alternative": 2, "serials": False},
    "cards": {"card_share": 1.0},
    **{form: {"time_form": form} for form in TIME_FORMS},
}


@pytest.mark.parametrize("loader", ["bank_statement", "court_statement"])
@pytest.mark.parametrize("habit", HABITS)
def test_each_habit_alone_reads_back(world, tmp_path, loader, habit):
    extras = Extras(duplicate=0.02, failed=0.02, reversed=0.02, rejected=0.02)
    sender = Dialect(loader, extras=extras, **HABITS[habit])
    written = write_files(world, tmp_path, senders={BANKS[0]: sender}, rng_seed=1)
    assert len(written) == 1
    assert_says_the_world(world, written)


def test_workbooks_read_back(world, tmp_path):
    pytest.importorskip("xlsxwriter")
    senders = {
        BANKS[1]: Dialect("bank_statement", suffix="xlsx", time_form="serial", title_lines=2),
        BANKS[2]: Dialect("court_statement", suffix="xlsx", thousands=True),
    }
    assert_says_the_world(world, write_files(world, tmp_path, senders=senders))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("alternative", [0, 1])
def test_registers_and_cases_read_back(world, tmp_path, encoding, alternative):
    habits = {"encoding": encoding, "alternative": alternative, "title_lines": alternative * 2}
    senders = {
        "accounts": Dialect("account_register", wrap="tab", **habits),
        "sims": Dialect("sim_register", time_form="slashes", **habits),
        "reports": Dialect("case_report", thousands=True, **habits),
    }
    accounts, sims, reports = (read_back(path)[1] for path in write_files(world, tmp_path, senders=senders))

    held = world.truth.accounts.filter("held").select("account_id")
    columns = [
        "account_id",
        "kind",
        "bank",
        "outlet",
        "holder_id",
        "holder_name",
        "phone",
        "opened_us",
        "status",
        "balance_fen",
    ]
    want = world.accounts.join(held, on="account_id", how="semi").select(columns).sort("account_id")
    assert accounts.accounts.select(columns).sort("account_id").equals(want)
    key = ["kind", "a_kind", "a_id", "b_kind", "b_id"]
    kinds = ("card_of", "holds", "opened_by", "registered_with")
    told = world.links.filter(pl.col("kind").is_in(kinds)).select(key)
    of_held = pl.any_horizontal(
        pl.col(end).is_in(want["account_id"].implode()) & (pl.col(f"{end[0]}_kind") == "account") for end in ("a_id", "b_id")
    )
    assert accounts.links.select(key).sort(key).equals(told.filter(of_held).sort(key))

    columns = ["sim_id", "iccid", "imsi", "carrier", "region", "plan", "agent", "holder_id", "opened_us", "closed_us", "status"]
    assert sims.sims.select(columns).unique().sort("sim_id").equals(world.sims.select(columns).sort("sim_id"))
    kinds = (pl.col("kind") == "inserted_in") | (pl.col("a_kind") == "sim") | (pl.col("b_kind") == "sim")
    told = world.links.filter(kinds & (pl.col("a_kind") != "account")).select(key)
    assert sims.links.select(key).unique().sort(key).equals(told.sort(key))

    columns = [c for c in world.cases.columns if c != "record"]
    assert reports.cases.select(columns).sort("victim_id").equals(world.cases.select(columns).sort("victim_id"))
    paid = world.transactions.filter(pl.col("report_record") > NONE)
    assert reports.legs["amount_fen"].sum() == paid["amount_fen"].sum()


def test_the_same_seed_writes_the_same_bytes(world, tmp_path):
    one, two = (write_files(world, tmp_path / name, mess="hard", rng_seed=9) for name in "ab")
    assert [p.read_bytes() for p in one] == [p.read_bytes() for p in two]
    assert one.rows.equals(two.rows)
    three = write_files(world, tmp_path / "c", mess="hard", rng_seed=10)
    assert [p.read_bytes() for p in one] != [p.read_bytes() for p in three]


def test_every_habit_stands_somewhere_in_the_hard_world():
    senders = dialects("hard").values()
    assert {s.wrap for s in senders} == {"none", "tab", "apostrophe", "formula"}
    assert {s.encoding for s in senders} == {"utf-8", "utf-8-sig", "gb18030"}
    assert {s.time_form for s in senders} >= set(TIME_FORMS)
    assert any(s.full_width for s in senders)
    assert any(s.repeated for s in senders)


def test_files_are_found_out_by_their_headings(world, tmp_path):
    written = write_files(world, tmp_path, mess="usual")
    for path, loader in zip(written, written.audit["loader"], strict=True):
        (raw,) = read_sources(path)
        assert choose(raw.headings, loaders().values()).name == load_map(loader).name


def test_the_audit_adds_up(world, tmp_path):
    audit = write_files(world, tmp_path, mess="hard").audit
    outcomes = [c for c in audit.columns if c not in ("file", "loader", "read")]
    assert (audit["read"] == audit.select(pl.sum_horizontal(outcomes)).to_series()).all()
    assert audit.select(pl.col(outcomes).sum() > 0).row(0) == (True,) * 6


def test_an_unknown_level_of_mess_is_named(world, tmp_path):
    with pytest.raises(QuestionError, match="usual"):
        write_files(world, tmp_path, mess="awful")


def test_a_world_of_which_nothing_is_held_writes_nothing(tmp_path):
    config = closed_config(3000, n_cases=0, held_fraud=0.0, held_decoys=0.0, held_background=0.0, held_victims=0.0, days=14)
    written = write_files(
        make_world(config), tmp_path, senders={"reports": Dialect("case_report"), BANKS[0]: Dialect("bank_statement")}
    )
    assert len(written) == 0
    assert written.audit.is_empty()
