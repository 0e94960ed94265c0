"""The whole road by the commands a user types, on the demo's city."""

import json
import shutil
from pathlib import Path

import polars as pl
import pytest

from graphfraud.cli.main import main


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's folder."""
    folder = tmp_path_factory.mktemp("demo") / "一案 #1"
    with pytest.raises(SystemExit) as stop:
        main(["demo", str(folder), "--rng-seed", "7"])
    assert stop.value.code == 0
    return folder


def _run(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as stop:
        main([str(word) for word in words])
    said = capsys.readouterr()
    return stop.value.code, said.out, said.err


def _case(home: Path) -> str:
    return json.loads((home / "answer" / "run.json").read_text(encoding="utf-8"))["run"]["parameters"]["cases"][0]


def test_the_demo_leaves_what_it_says(home: Path) -> None:
    assert (home / "trace.html").stat().st_size < 2_500_000
    assert {p.name for p in (home / "answer").iterdir()} == {
        "run.json",
        *(f"{n}.parquet" for n in ("seeds", "steps", "lots", "tiers", "victim_tiers", "citations", "accounts")),
    }
    assert (home / "tables" / "tiers.csv").read_bytes().startswith(b"\xef\xbb\xbf")


def test_the_demo_finds_rings_with_their_reasons(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for do, question in (("rings", "rings"), ("two_card", "two_card")):
        assert json.loads((home / do / "run.json").read_text(encoding="utf-8"))["run"]["question"] == question
        found, reasons = (pl.read_parquet(home / do / f"{name}.parquet") for name in ("rings", "reasons"))
        assert found["flagged"].any()
        points = dict(reasons.group_by("ring_id").agg(pl.col("points").sum()).iter_rows())
        assert points == dict(found.filter(pl.col("score") > 0).select("ring_id", "score").iter_rows())
        assert (pl.read_parquet(home / do / "citations.parquet")["row"] >= 1).all()
    code, out, _ = _run(capsys, "demo", tmp_path / "again", "--rng-seed", 7)
    assert code == 0 and "R03" in out and "points in all; evidence: " in out and "never verdicts" in out
    assert "call_centre" in out.split("binding nobody: ")[-1]
    members = pl.read_parquet(tmp_path / "again" / "two_card" / "members.parquet")
    assert members.equals(pl.read_parquet(home / "two_card" / "members.parquet"))
    for number in members.filter(pl.col("member_kind") != "device")["member_id"]:
        assert number not in out


def test_no_identifier_in_full_where_it_was_not_asked_for(home: Path) -> None:
    answer = pl.read_parquet(home / "answer" / "tiers.parquet")
    page = (home / "trace.html").read_text(encoding="utf-8")
    tables = "".join(p.read_text(encoding="utf-8") for p in (home / "tables").iterdir())
    for account in answer["account_id"]:
        if not account.startswith("unknown:"):
            assert account not in page
            assert account not in tables


def test_loading_again_changes_nothing(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = json.loads(_run(capsys, "check", home / "store", "--json")[1])
    code, out, _ = _run(capsys, "load", home / "store", home / "raw", "--json")
    files = json.loads(out)["files"]
    assert code == 0
    assert files and all(row["already_loaded"] for row in files)
    after = json.loads(_run(capsys, "check", home / "store", "--json")[1])
    assert after == before
    assert not [p for p in after["problems"] if p["kind"] == "damage"]


def test_files_in_another_order_give_the_same_trace(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = sorted((home / "raw").iterdir(), reverse=True)
    assert _run(capsys, "load", tmp_path / "store", *files)[0] == 0
    case = _case(home)
    first, second = (
        json.loads(_run(capsys, "trace", store, "--case", case, "--json")[1]) for store in (home / "store", tmp_path / "store")
    )
    for facts in (first, second):
        assert facts["lost_fen"] == sum(part["traced_fen"] for part in facts["ended"])
    assert {k: first[k] for k in ("lost_fen", "n_payments")} == {k: second[k] for k in ("lost_fen", "n_payments")}


@pytest.mark.parametrize("rule", ["fifo", "lifo", "pro_rata", "poison", "libr"])
def test_every_rule_counts_every_fen(home: Path, rule: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = _run(capsys, "trace", home / "store", "--case", _case(home), "--rule", rule, "--json")
    facts = json.loads(out)
    assert code == 0
    assert facts["lost_fen"] + facts["mixed_fen"] == sum(part["traced_fen"] for part in facts["ended"])


def test_trace_in_words_in_both_languages(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, english, _ = _run(capsys, "trace", home / "store", "--case", _case(home))
    _, chinese, _ = _run(capsys, "trace", home / "store", "--case", _case(home), "--language", "zh")
    assert "can still be frozen" in english
    assert "仍可冻结" in chinese


def test_tiers_masks_unless_asked(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    account = pl.read_parquet(home / "answer" / "tiers.parquet")["account_id"][0]
    _, masked, _ = _run(capsys, "tiers", home / "store", "--case", _case(home))
    _, full, _ = _run(capsys, "tiers", home / "store", "--case", _case(home), "--unmask")
    assert account not in masked
    assert account in full


def test_a_cap_is_said_and_strict_makes_it_an_exit_code(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("trace", home / "store", "--case", _case(home), "--hops-max", 1)
    code, out, _ = _run(capsys, *words)
    assert code == 0
    assert "A limit cut this answer short." in out
    assert _run(capsys, *words, "--strict")[0] == 5


def test_cite_leads_to_a_row_that_can_be_looked_up(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = _run(capsys, "cite", home / "answer", "--step", 0, "--json")
    (row, *_) = json.loads(out)
    assert code == 0
    assert any(path.name == row["file"] for path in (home / "raw").iterdir())
    assert row["row"] >= 1
    assert _run(capsys, "cite", home / "answer", "--step", 10**6)[0] == 2


def test_a_file_named_after_an_account_is_masked_everywhere(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    number = "6299980000000001234"
    for path in (home / "raw").iterdir():
        shutil.copy(path, tmp_path / f"{number} {path.name}")
    store, answer = tmp_path / "store", tmp_path / "answer"
    asked = [
        ("load", store, *tmp_path.glob("*.csv")),
        ("load", store, *tmp_path.glob("*.csv"), "--json"),
        ("loaders", "try", "bank_statement", next(tmp_path.glob("*交易明细.csv"))),
        ("check", store),
        ("trace", store, "--case", _case(home), "--out", answer),
        ("cite", answer),
        ("cite", answer, "--json"),
    ]
    for words in asked:
        code, out, said = _run(capsys, *words)
        assert code == 0 and number not in out + said, words
    code, out, _ = _run(capsys, "cite", answer, "--step", 0, "--unmask")
    assert code == 0 and number in out


@pytest.mark.parametrize("form", ["csv", "xlsx", "parquet", "graphml", "gexf"])
def test_export(home: Path, form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = _run(capsys, "export", home / "answer", "--to", form, "--out", tmp_path / "out")
    assert code == 0
    assert all(Path(line).stat().st_size for line in out.split("\n") if line)


def test_draw_the_same_page_twice(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("a.html", "b.html"):
        assert _run(capsys, "draw", home / "answer", "--to", tmp_path / name, "--language", "en")[0] == 0
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes() == (home / "trace.html").read_bytes()


def test_loaders_by_name(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "bank_statement" in _run(capsys, "loaders", "list")[1]
    assert "交易对手账卡号" in _run(capsys, "loaders", "show", "bank_statement")[1]
    file = next((home / "raw").glob("*案件*"))
    code, out, _ = _run(capsys, "loaders", "try", "case_report", file)
    assert code == 0
    assert "legs:" in out
    assert _run(capsys, "loaders", "show", "no_such_bank")[0] == 2


def test_bad_files_are_named_and_the_good_ones_loaded(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = next((home / "raw").glob("*案件*"))
    shutil.copy(good, tmp_path / "good.csv")
    (tmp_path / "empty.csv").write_bytes(b"")
    (tmp_path / "odd.csv").write_text("red,green\n1,2\n", encoding="utf-8")
    code, out, err = _run(
        capsys, "load", tmp_path / "store", tmp_path / "empty.csv", tmp_path / "odd.csv", tmp_path / "good.csv"
    )
    assert code == 2
    assert "good.csv" in out
    assert "empty.csv" in err
    assert "odd.csv" in err
    assert _run(capsys, "load", tmp_path / "store", tmp_path / "missing.csv")[0] == 2


def test_too_many_rejected_keeps_nothing(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = next((home / "raw").glob("*案件*"))
    lines = good.read_bytes().decode("utf-8-sig", errors="strict" if good.read_bytes()[:3] == b"\xef\xbb\xbf" else "replace")
    damaged = tmp_path / "damaged.csv"
    head, *rows = [line for line in lines.splitlines() if line.strip()]
    damaged.write_text("\n".join([head, *[row.replace("-", "x") for row in rows]]), encoding="utf-8")
    words = ("load", tmp_path / "store", damaged, "--max-rejected", "0")
    code, _, err = _run(capsys, *words)
    if "headings" not in err:  # the headings may stand lower in this dialect
        assert code == 3, err
        assert "Nothing was kept" in err


def test_rejected_rows_can_be_had_as_a_table(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, _ = _run(capsys, "load", tmp_path / "store", home / "raw", "--rejected", tmp_path / "rejected.csv")
    rows = pl.read_csv(tmp_path / "rejected.csv", infer_schema=False)
    assert code == 0
    assert rows.columns == ["source", "row", "column", "value", "check", "message"]
    assert rows.height > 0


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("trace", "{tmp}/nowhere", "--case", "A"), 4),
        (("check", "{tmp}/nowhere"), 4),
        (("trace", "{home}/store", "--case", "no such case"), 2),
        (("trace", "{home}/store", "--case", "{case}", "--within", "soon"), 2),
        (("trace", "{home}/store", "--case", "{case}", "--until", "1999-01-01"), 2),
        (("draw", "{tmp}", "--to", "x.html"), 2),
        (("demo", "{home}/raw"), 2),
        (("load", "{home}/raw/", "{home}/raw"), 4),
    ],
)
def test_what_cannot_be_done_is_said(
    home: Path, tmp_path: Path, words: tuple[str, ...], code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    filled = [word.format(home=home, tmp=tmp_path, case=_case(home)) for word in words]
    got, _, err = _run(capsys, *filled)
    assert got == code, err
    assert err.startswith("graphfraud: ")
    assert "expected" in err


def test_synth_by_scheme(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = _run(capsys, "synth", "--scheme", "cycle", "--out", tmp_path / "w", "--mess", "plain")
    assert code == 0
    assert "1 cases" in out
    assert _run(capsys, "load", tmp_path / "s", tmp_path / "w" / "raw")[0] == 0
