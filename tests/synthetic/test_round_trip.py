"""A world written as raw files and loaded into a store is the world again, to the fen and the row."""

from dataclasses import replace

import polars as pl
import pytest

from graphfraud.analysis.trace import trace
from graphfraud.findings.trace import EXITED, SEED_SCHEMA
from graphfraud.graph.flows import flow_graph
from graphfraud.intake.load import load
from graphfraud.store.open import open_store
from graphfraud.synthetic.config import closed_config, sized_config
from graphfraud.synthetic.dialects import write_files
from graphfraud.synthetic.world import make_scheme, make_world
from graphfraud.tables import OUTCOMES


@pytest.fixture(scope="module")
def world():
    return make_world(replace(sized_config(3_000), victims=(3, 4), days=30), rng_seed=8)


def loaded(paths, folder):
    store = open_store(folder)
    return store, {path.name: load(path, store) for path in paths}


def numbered(store, written):
    """Loaded transactions with the world's number of each, found by the file and row of any of its legs."""
    sources = store.read("sources").select("source_id", file="name")
    records = store.read("records").select("record", "source_id", "row").join(sources, on="source_id")
    rows = records.join(written.rows, on=["file", "row"]).select("record", world="transaction_id").drop_nulls()
    t = store.read("transactions")
    legs = pl.concat(
        t.select("transaction_id", record=f"{side}_record").filter(pl.col("record") >= 0)
        for side in ("payer", "payee", "report")
    ).join(rows, on="record", how="left")
    assert legs["world"].null_count() == 0
    pairs = legs.select("transaction_id", "world").unique()
    assert pairs["transaction_id"].is_unique().all(), "one transaction, one payment of the world"
    assert pairs["world"].is_unique().all(), "one payment of the world, one transaction"
    return t.join(pairs, on="transaction_id")


def assert_the_world_again(world, store, written):
    seen = world.seen()
    t = numbered(store, written)
    assert t.height == seen.height
    both = t.join(seen, left_on="world", right_on="transaction_id", suffix="_true")
    nobody = {side: pl.col(f"{side}_true").str.starts_with("unknown:") for side in ("payer_id", "payee_id")}
    for side, none in nobody.items():
        fits = pl.when(none).then(pl.col(side).str.starts_with("unknown:")).otherwise(pl.col(side) == pl.col(f"{side}_true"))
        assert both.select(fits.all()).item(), side
    equal = ("amount_fen", "channel", "memo", "case_id", "payer_name", "payee_name", "payer_balance_fen", "payee_balance_fen")
    for column in equal:
        wrong = both.filter(~pl.col(column).eq_missing(pl.col(f"{column}_true")))
        assert wrong.is_empty(), (column, wrong.head(2).select(column, f"{column}_true").rows())
    for side in ("payer", "payee", "report"):
        held = pl.col(f"{side}_record") >= 0
        assert both.select((held == (pl.col(f"{side}_record_true") >= 0)).all()).item()
    printed = written.rows.filter(pl.col("outcome").is_in(["kept", "mirrored"]))
    for side in ("payer", "payee"):
        times = printed.filter(pl.col("side") == side).select(world="transaction_id", printed="at_us")
        shown = t.filter(pl.col(f"{side}_record") >= 0).join(times, on="world", how="left")
        assert (shown[f"{side}_at_us"] == shown["printed"]).all()
    said = pl.coalesce("payer_at_us", "payee_at_us", "at_us")
    assert t.select((pl.col("at_us") == said).all()).item()


def assert_the_tables_again(world, store):
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
    accounts = store.read("accounts").join(held, on="account_id", how="semi").select(columns).sort("account_id")
    assert accounts.equals(world.accounts.join(held, on="account_id", how="semi").select(columns).sort("account_id"))
    columns = [c for c in world.sims.columns if c != "record"]
    assert store.read("sims").select(columns).sort("sim_id").equals(world.sims.select(columns).sort("sim_id"))
    columns = [c for c in world.cases.columns if c != "record"]
    keys = ["case_id", "victim_id"]
    assert store.read("cases").select(columns).sort(keys).equals(world.cases.select(columns).sort(keys))
    holders = store.read("holders").join(world.holders, on="holder_id", how="left", suffix="_true")
    assert (holders["name"] == holders["name_true"]).all()
    key = ["kind", "a_kind", "a_id", "b_kind", "b_id"]
    links = store.read("links").select(key)
    true = world.links.select(key)
    assert links.filter(pl.col("b_kind") != "ip").join(true, on=key, how="anti").is_empty()
    of_sims = (pl.col("a_kind") == "sim") | ((pl.col("a_kind") == "holder") & (pl.col("b_kind") == "sim"))
    own = (pl.col("a_kind") == "account") & pl.col("a_id").is_in(held["account_id"].implode())
    assert true.filter(of_sims | own).join(links, on=key, how="anti").is_empty()


@pytest.mark.parametrize("mess", ["usual", "hard"])
def test_loading_the_files_gives_the_world_again(world, tmp_path, mess):
    written = write_files(world, tmp_path / "raw", mess=mess, rng_seed=2)
    store, intakes = loaded(written, tmp_path / "store")
    for row in written.audit.iter_rows(named=True):
        audit = intakes[row["file"]].audit
        assert {name: getattr(audit, name) for name in ("read", *OUTCOMES)} == {n: row[n] for n in ("read", *OUTCOMES)}, row[
            "file"
        ]
    sources = store.read("sources").select("source_id", file="name")
    records = store.read("records").join(sources, on="source_id").select("file", "row", "outcome")
    both = written.rows.select("file", "row", "outcome").join(records, on=["file", "row"], how="left", suffix="_read")
    assert (both["outcome"] == both["outcome_read"]).all(), "the outcome of every single row"
    assert_the_world_again(world, store, written)
    assert_the_tables_again(world, store)


def test_the_order_of_loading_does_not_matter(world, tmp_path):
    written = write_files(world, tmp_path / "raw", mess="usual", rng_seed=2)
    store, _ = loaded(list(written)[::-1], tmp_path / "store")
    assert_the_world_again(world, store, written)
    assert_the_tables_again(world, store)


def test_workbooks_give_the_world_again(world, tmp_path):
    pytest.importorskip("xlsxwriter")
    few = make_world(replace(sized_config(3_000), victims=(3, 3), days=14, held_decoys=0.0, held_background=0.0), rng_seed=5)
    written = write_files(few, tmp_path / "raw", mess="hard", xlsx=True)
    assert {path.suffix for path in written} >= {".xlsx", ".csv"}
    store, _ = loaded(written, tmp_path / "store")
    assert_the_world_again(few, store, written)


def test_a_trace_of_the_loaded_files_finds_the_truth_to_the_fen(tmp_path):
    world = make_world(closed_config(3_000, victims=(3, 4), days=30), rng_seed=6)
    written = write_files(world, tmp_path / "raw", mess="plain")
    store, _ = loaded(written, tmp_path / "store")
    t = numbered(store, written)
    paid = t.filter(pl.col("case_id").is_not_null()).sort("at_us", "seq").with_row_index("seed")
    seeds = paid.select(pl.col(name).cast(dtype) for name, dtype in SEED_SCHEMA.items())
    found = trace(flow_graph(t.drop("world")), seeds)
    names = paid.select(pl.col("seed").cast(pl.Int64), seed_transaction_id="world")
    key = ["account_id", "seed_transaction_id", "hop", "state", "channel"]
    known = ~pl.col("account_id").str.starts_with("unknown:")
    lots = found.lots.join(names, on="seed").with_columns(
        state=pl.when(pl.col("state") == EXITED).then("state").otherwise(pl.lit("resting"))
    )
    lots = lots.filter(known).group_by(key).agg(fen=pl.col("traced_fen").sum()).sort(key)
    truth = world.truth.lots.filter(known).group_by(key).agg(pl.col("fen").sum()).sort(key)
    assert lots.equals(truth)


def test_a_bare_scheme_goes_all_the_way(tmp_path):
    world = make_scheme("stack", width=3, depth=2)
    written = write_files(world, tmp_path / "raw", mess="usual")
    store, _ = loaded(written, tmp_path / "store")
    assert_the_world_again(world, store, written)
