"""Rings and two-card rings by the commands a user types, on a made-up city loaded from its raw files."""

import json
from pathlib import Path

import polars as pl
import pytest

from graphfraud.cli.main import main
from graphfraud.findings.rings import RING_SCHEMA
from graphfraud.jobs.steps import load
from graphfraud.synthetic.config import WorldConfig
from graphfraud.synthetic.dialects import write_files
from graphfraud.synthetic.world import make_world


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the raw files of a little city and a store of them."""
    folder = tmp_path_factory.mktemp("rings")
    print("city: rng_seed=61")
    world = make_world(WorldConfig(n_transactions=9_000, n_background=300, days=45, victims=(4, 8)), rng_seed=61)
    written = write_files(world, folder / "raw", mess="plain", rng_seed=61)
    done = load(progress=lambda *_: None, store=str(folder / "store"), files=[str(path) for path in written.paths])
    assert done.exit_code == 0
    world.truth.accounts.write_parquet(folder / "truth.parquet")
    world.truth.sims.write_parquet(folder / "sims.parquet")
    return folder


def _run(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as stop:
        main([str(word) for word in words])
    said = capsys.readouterr()
    return stop.value.code, said.out, said.err


def test_rings_from_raw_files_to_file_and_row(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = _run(capsys, "rings", home / "store", "--out", home / "rings")
    assert code == 0 and "never verdicts" in out and "R03" in out
    rings = pl.read_parquet(home / "rings" / "rings.parquet")
    assert dict(rings.schema) == RING_SCHEMA and rings["flagged"].any()
    members = pl.read_parquet(home / "rings" / "members.parquet")
    truth = pl.read_parquet(home / "truth.parquet")
    found = members.join(truth, on="account_id")
    assert found["culprit"].mean() > 0.9 and not found["decoy"].any()
    cited = pl.read_parquet(home / "rings" / "citations.parquet")
    paid = pl.read_parquet(home / "rings" / "flows.parquet")["transaction_id"].unique()
    assert set(cited.filter(pl.col("evidence") == "transaction")["id"]) == set(paid)
    assert (cited["row"] >= 1).all() and cited["file"].str.len_chars().min() > 0
    assert cited.filter(pl.col("evidence") == "link").height > 0
    assert json.loads((home / "rings" / "run.json").read_text(encoding="utf-8"))["run"]["question"] == "rings"
    for account in members["account_id"]:
        assert account not in out


def test_the_same_question_gives_the_same_bytes(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _run(capsys, "rings", home / "store", "--out", home / "one")
    _run(capsys, "rings", home / "store", "--out", home / "two")
    for file in (home / "one").glob("*.parquet"):
        assert file.read_bytes() == (home / "two" / file.name).read_bytes(), file.name


def test_json_and_chinese(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = _run(capsys, "rings", home / "store", "--json")
    facts = json.loads(out)
    assert code == 0 and facts["n_flagged"] >= 1
    first = facts["rings"][0]
    assert sum(one["points"] for one in first["reasons"]) == first["score"]
    code, out, _ = _run(capsys, "rings", home / "store", "--language", "zh", "--top", 1)
    assert code == 0 and "线索指标" in out and "快进快出" in out


@pytest.mark.parametrize("words", [("--within", "0h"), ("--share-min", "1"), ("--accounts-max", "0")])
def test_wrong_usage(home: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, str]) -> None:
    code, _, said = _run(capsys, "rings", home / "store", *words)
    assert code == 2 and said


def test_a_store_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, said = _run(capsys, "rings", tmp_path / "store")
    assert code == 4 and "store" in said


def test_two_card_rings(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = _run(capsys, "two-card", home / "store", "--out", home / "two-card", "--null-worlds", 49)
    assert code == 0 and "never verdicts" in out and "goip den" in out
    members = pl.read_parquet(home / "two-card" / "members.parquet")
    truth = pl.read_parquet(home / "sims.parquet")
    sims = members.filter(pl.col("member_kind") == "sim").join(truth, left_on="member_id", right_on="sim_id")
    assert sims["culprit"].mean() > 0.9 and not sims["decoy"].any()
    ties = pl.read_parquet(home / "two-card" / "ties.parquet")
    cited = pl.read_parquet(home / "two-card" / "citations.parquet").filter(pl.col("evidence") == "link")
    assert {"handset", "device"} <= set(ties["thing_kind"]) and cited["record"].is_in(ties["record"].implode()).all()
    for number in members.filter(pl.col("member_kind").is_in(["account", "sim", "holder"]))["member_id"]:
        assert number not in out
    code, out, _ = _run(capsys, "two-card", home / "store", "--null-worlds", 0, "--language", "zh", "--json")
    assert code == 0 and json.loads(out)["n_flagged"] >= 1
