import csv

import networkx as nx
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphfraud.analysis.trace import seeds, trace
from graphfraud.errors import QuestionError
from graphfraud.graph.flows import flow_graph
from graphfraud.mask import mask_id
from graphfraud.report.answer import Answer, frames_of
from graphfraud.report.cite import cite
from graphfraud.report.export import FORMATS, export
from graphfraud.report.network import gexf, graphml
from graphfraud.units import fen_from_yuan

from ..worlds import often

CARDS = {"a": "6222029900000000011", "b": "6222029911110000011", "c": "6222029922220000011", "victim1": "13900000001"}


@pytest.fixture
def answer(story, evidence, every_column):
    story = story.with_columns(pl.col("payer_id", "payee_id").replace(CARDS))
    evidence.tables["transactions"] = story
    found = trace(flow_graph(story), seeds(story, "A-001"))
    accounts = every_column["accounts"].with_columns(account_id=pl.col("account_id").str.replace("6222", "6333"))
    return Answer(found, cite(found, evidence), accounts)


def _read(file):
    text = file.read_bytes()
    assert text.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(text.decode("utf-8-sig").splitlines()))


def test_csv_keeps_every_digit_and_says_yuan(answer, tmp_path):
    files = export(answer, tmp_path, unmask=True)
    assert [file.name for file in files] == [f"{name}.csv" for name in frames_of(answer)]
    steps = _read(tmp_path / "steps.csv")
    assert steps[1]["payer_id"] == f'="{CARDS["a"]}"' and steps[1]["payee_id"] == f'="{CARDS["b"]}"'
    assert (steps[1]["traced_fen"], steps[1]["traced_yuan"], steps[1]["at_time"]) == ("60000", "600.00", "2024-03-01 09:05:00")


@pytest.mark.parametrize("to", FORMATS)
def test_nothing_is_unmasked_unless_asked(answer, tmp_path, to):
    (tmp_path / "x").mkdir()
    secrets = [
        *CARDS.values(),
        *answer.accounts["holder_name"],
        "6222029912345678901",
        *answer.accounts["account_id"],
        *answer.accounts["phone"],
    ]
    secrets = [secret for secret in secrets if len(secret) > 1 and secret not in ("a", "b", "c")]
    for file in export(answer, tmp_path / "x", to=to):
        text = _text(file)
        assert not [secret for secret in secrets if secret in text], file.name
    shown = "".join(_text(file) for file in export(answer, tmp_path / "y", to=to, unmask=True))
    assert all(card in shown for card in CARDS.values())


def _text(file):
    if file.suffix == ".parquet":
        return pl.read_parquet(file).write_csv()
    if file.suffix == ".xlsx":
        return "".join(frame.write_csv() for frame in pl.read_excel(file, sheet_id=0).values())
    return file.read_text("utf-8")


def test_masked_numbers_that_look_alike_stay_apart_and_join(answer, tmp_path):
    export(answer, tmp_path)
    tiers = [row["account_id"] for row in _read(tmp_path / "tiers.csv")]
    assert len(set(tiers)) == len(tiers) and {
        mask_id(CARDS["a"]),
        f"{mask_id(CARDS['a'])}#2",
        f"{mask_id(CARDS['a'])}#3",
    } <= set(tiers)
    assert {row["account_id"] for row in _read(tmp_path / "lots.csv")} == set(tiers)


def test_xlsx_has_a_sheet_per_frame_and_text_stays_text(answer, tmp_path):
    files = [export(answer, tmp_path / name / "case.xlsx", to="xlsx", unmask=True)[0] for name in "ab"]
    assert files[0].read_bytes() == files[1].read_bytes()
    sheets = pl.read_excel(files[0], sheet_id=0)
    assert list(sheets) == list(frames_of(answer))
    assert sheets["steps"]["payer_id"].to_list() == answer.trace.steps["payer_id"].to_list()
    assert sheets["steps"]["traced_fen"].to_list() == answer.trace.steps["traced_fen"].to_list()


def test_figures_a_spreadsheet_would_round_become_text(tmp_path):
    frame = pl.DataFrame({"total_fen": [2**53 + 1, -5], "memo": ["=1+1", None]})
    (file,) = export(frame, tmp_path, to="xlsx")
    back = pl.read_excel(file)
    assert back["total_fen"].to_list() == [str(2**53 + 1), "-5"]
    assert back["total_yuan"].to_list() == ["90071992547409.93", "-0.05"]
    assert back["memo"].to_list() == ["=1+1", None]


@often
@given(st.lists(st.text(max_size=6) | st.sampled_from(("=1", "+1", "-1", "@x", "\t=1", "\r=1", "\n=1", "＝1")), min_size=1))
def test_no_cell_of_a_csv_is_a_formula(tmp_path_factory, texts):
    frame = pl.DataFrame({"memo": texts}, schema={"memo": pl.String})
    (file,) = export(frame, tmp_path_factory.mktemp("csv"), unmask=True)
    with file.open(newline="", encoding="utf-8-sig") as opened:
        cells = [row["memo"] for row in csv.DictReader(opened)]
    for cell, text in zip(cells, texts, strict=True):
        assert cell in (text, f"'{text}", f'="{text}"')
        assert not cell.startswith(("+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"))
        assert not cell.startswith("=") or cell[2:-1].isdigit()


@often
@given(st.lists(st.integers(-(10**15), 10**15), min_size=1))
def test_yuan_is_exact(tmp_path_factory, amounts):
    (file,) = export(pl.DataFrame({"x_fen": amounts}), tmp_path_factory.mktemp("csv"))
    assert [fen_from_yuan(row["x_yuan"]) for row in _read(file)] == amounts


@pytest.mark.parametrize(("to", "read"), [("graphml", nx.read_graphml), ("gexf", nx.read_gexf)])
def test_networkx_reads_the_graphs(answer, tmp_path, to, read):
    (file,) = export(answer, tmp_path, to=to, unmask=True)
    graph = read(file)
    steps, tiers = answer.trace.steps, answer.trace.tiers
    assert graph.number_of_edges() == steps.height and graph.is_directed()
    label = {node: data["label"] for node, data in graph.nodes(data=True)}
    assert set(label.values()) == {*steps["payer_id"], *steps["payee_id"]}
    edges = {(label[a], label[b], d["step"], d["traced_fen"], d["channel"]) for a, b, d in graph.edges(data=True)}
    assert edges == set(steps.select("payer_id", "payee_id", "step", "traced_fen", "channel").iter_rows())
    told = {label[n]: (d["tier"], d["resting_fen"], d["statement_held"]) for n, d in graph.nodes(data=True) if "tier" in d}
    assert told == {row[0]: row[1:] for row in tiers.select("account_id", "tier", "resting_fen", "statement_held").iter_rows()}


def test_ids_that_xml_cannot_hold(answer, tmp_path):
    def spoilt(frame):
        return frame.with_columns(pl.col("^(payer_id|payee_id|account_id)$").str.replace("b", "<&\"\x00\x0b'>"))

    for write, read in ((graphml, nx.read_graphml), (gexf, nx.read_gexf)):
        (tmp_path / "x").write_bytes(write(spoilt(answer.trace.steps), spoilt(answer.trace.tiers)))
        assert read(tmp_path / "x").number_of_edges() == answer.trace.steps.height


def test_one_frame_goes_to_one_file(tmp_path):
    frame = pl.DataFrame({"x": ["1"]})
    assert export(frame, tmp_path / "deep" / "x.csv") == [tmp_path / "deep" / "x.csv"]
    assert export({"one": frame, "two": frame}, tmp_path, to="parquet") == [tmp_path / "one.parquet", tmp_path / "two.parquet"]


def test_what_cannot_be_exported(answer, tmp_path, monkeypatch):
    frame = pl.DataFrame({"x": ["1"]})
    for what, path, to, says in (
        (frame, tmp_path, "pdf", "found 'pdf'"),
        (frame, tmp_path, "gexf", "expected a trace"),
        (answer, tmp_path / "x.csv", "csv", "one file for 7 frames"),
    ):
        with pytest.raises(QuestionError, match=says):
            export(what, path, to=to)
    (tmp_path / "file").write_text("")
    with pytest.raises(QuestionError, match="cannot be written"):
        export(frame, tmp_path / "file" / "x")
    monkeypatch.setattr("graphfraud.report.export.find_spec", lambda name: None)
    with pytest.raises(QuestionError, match=r"pip install graphfraud\[excel\]"):
        export(frame, tmp_path, to="xlsx")
