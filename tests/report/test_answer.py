import hashlib
import json
from dataclasses import fields, replace

import pytest

from graphfraud.analysis.trace import seeds, trace
from graphfraud.errors import QuestionError, StoreError
from graphfraud.findings.trace import Trace
from graphfraud.graph.flows import flow_graph
from graphfraud.report.answer import TRACE_FRAMES, Answer, read_answer, write_answer
from graphfraud.report.cite import cite


@pytest.fixture
def answer(story, evidence, every_column):
    found = trace(flow_graph(story), seeds(story, "A-001"), within="72h", hops_max=5)
    return Answer(found, cite(found, evidence), every_column["accounts"])


def _bytes(folder):
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in folder.iterdir()}


def test_an_answer_comes_back_as_it_was(answer, tmp_path):
    back = read_answer(write_answer(answer, tmp_path / "out" / "deep"))
    for field in fields(Trace):
        mine, kept = getattr(answer.trace, field.name), getattr(back.trace, field.name)
        assert kept.equals(mine) and kept.schema == mine.schema if field.name in TRACE_FRAMES else kept == mine, field.name
    assert back.citations.equals(answer.citations)
    assert back.accounts.equals(answer.accounts.sort("account_id"))


def test_the_same_answer_is_the_same_bytes(answer, story, tmp_path):
    again = trace(flow_graph(story.reverse()), seeds(story.reverse(), "A-001"), within="72h", hops_max=5)
    first = _bytes(write_answer(answer, tmp_path / "a"))
    second = _bytes(write_answer(replace(answer, trace=again), tmp_path / "b"))
    assert {n: d for n, d in first.items() if n != "run.json"} == {n: d for n, d in second.items() if n != "run.json"}
    one, two = (json.loads((tmp_path / name / "run.json").read_text("utf-8")) for name in "ab")
    for facts in (one, two):
        del facts["run"]["started_us"], facts["run"]["seconds"]
    assert one == two
    assert set(first) == {"run.json", *(f"{name}.parquet" for name in (*TRACE_FRAMES, "citations", "accounts"))}


def test_a_bare_trace_takes_the_place_of_a_whole_answer(answer, tmp_path):
    write_answer(answer, tmp_path)
    back = read_answer(write_answer(answer.trace, tmp_path))
    assert back.citations.is_empty() and back.accounts.is_empty()
    assert set(_bytes(tmp_path)) == {"run.json", *(f"{name}.parquet" for name in TRACE_FRAMES)}


def test_an_interrupted_writing_is_no_answer(answer, tmp_path, monkeypatch):
    write_answer(answer, tmp_path)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("polars.DataFrame.write_parquet", full)
    with pytest.raises(QuestionError, match="No space left on device"):
        write_answer(answer, tmp_path)
    with pytest.raises(QuestionError, match=r"no run\.json"):
        read_answer(tmp_path)
    assert not [name for name in _bytes(tmp_path) if name.startswith(".")]


def test_a_folder_that_cannot_be_made(answer, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(QuestionError, match="cannot be written"):
        write_answer(answer, tmp_path / "file" / "out")


def test_damage_is_noticed(answer, tmp_path):
    with pytest.raises(QuestionError, match=r"no run\.json"):
        read_answer(tmp_path / "nowhere")
    write_answer(answer, tmp_path)
    file = tmp_path / "lots.parquet"
    whole = file.read_bytes()
    file.write_bytes(whole[:-1] + b"?")
    with pytest.raises(StoreError, match=r"lots\.parquet"):
        read_answer(tmp_path)
    file.unlink()
    with pytest.raises(StoreError, match=r"lots\.parquet"):
        read_answer(tmp_path)
    file.write_bytes(whole)
    facts = json.loads((tmp_path / "run.json").read_text("utf-8"))
    for text, says in (
        ("{", "damaged"),
        ("[]", "damaged"),
        (json.dumps({**facts, "format": 2}), "a newer graphfraud"),
        (json.dumps({**facts, "run": {}}), "damaged"),
        (json.dumps({n: v for n, v in facts.items() if n != "until_us"}), "damaged"),
    ):
        (tmp_path / "run.json").write_text(text, "utf-8")
        with pytest.raises(StoreError, match=says):
            read_answer(tmp_path)
