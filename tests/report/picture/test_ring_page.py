"""The page of one ring: every sum and tie is in it, no number is, and it is the same engine as a case's page."""

import dataclasses
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from graphfraud.errors import QuestionError
from graphfraud.findings.two_card import CALLS
from graphfraud.mask import mask_id
from graphfraud.report.picture.ring import draw_ring
from graphfraud.report.ring_answer import RingAnswer

from .rings import ring_answer
from .test_page_content import data_of, forms, rows_of


@pytest.fixture(scope="module")
def whole() -> RingAnswer:
    return ring_answer()


def parts_of(data: Any, own: tuple[int, ...]) -> list[list[Any]]:
    parts = [part for edge in data["edges"] for part in edge["parts"]] + data["page"]["inside"]
    return [row for *_, mine, rows in parts for row in rows if mine in own]


@pytest.mark.parametrize("ring", range(3))
def test_the_file_holds_every_payment_and_tie_of_the_ring(whole: RingAnswer, tmp_path: Path, ring: int) -> None:
    name = whole.answer.rings["ring_id"][ring]
    data = data_of(draw_ring(whole, name, tmp_path / "x.html"))
    flows = whole.answer.flows.filter(ring_id=name)
    assert sum(row[1] for row in parts_of(data, (0, 1))) == flows["amount_fen"].sum()
    assert sum(row[3] for row in parts_of(data, (0, 1))) == flows.height
    ties = whole.answer.ties.filter(ring_id=name)
    drawn = {node["mask"] for node in data["nodes"] if node["group"] == "thing"}
    assert len(parts_of(data, (2,))) >= len(drawn) and all(row[:2] == [None, 0] for row in parts_of(data, (2,)))
    assert ties.is_empty() or drawn or "r_sims" in data["page"]["columns"]
    page = data["page"]
    assert sum(points for _, points, *_ in page["reasons"]) == page["score"] == whole.answer.rings["score"][ring]
    assert [row[1] for row in page["doubts"]] == [page["score"] - row[0] for row in page["doubts"]]
    assert page["columns"] == [
        name for name in page["columns"] if any(n["x"] == page["columns"].index(name) for n in data["nodes"])
    ]
    inside = [member for node in data["nodes"] for member in (node, *node.get("members", []))]
    members = whole.answer.members.filter(ring_id=name)
    roles = dict(members.filter(member_kind="account")["role"].value_counts().iter_rows())
    for role, n in roles.items():
        column = page["columns"].index(f"r_{role}")
        assert (
            sum(node.get("fold", 0) for node in data["nodes"] if node["x"] == column)
            + sum(1 for node in data["nodes"] if node["x"] == column and not node.get("fold"))
            == n
        )
    assert all(node["fact"] for node in inside if node.get("group") == "account" and not node.get("fold"))


def test_each_payment_and_tie_names_its_files_and_rows(whole: RingAnswer, tmp_path: Path) -> None:
    data = data_of(draw_ring(whole, None, tmp_path / "x.html"))
    name = whole.answer.rings["ring_id"][0]
    files = data["page"]["files"]
    shown = {
        (files[row[ix]][1], row[ix + 1]) for own in (0, 1, 2) for row in parts_of(data, (own,)) for ix in range(6, len(row), 2)
    }
    used = set(whole.answer.flows.filter(ring_id=name)["transaction_id"])
    paid = whole.citations.filter(pl.col("id").is_in(list(used)))
    assert set(paid.select("sha256", "row").iter_rows()) <= shown
    assert any(len(row) > 6 for row in parts_of(data, (2,)))


def test_a_file_of_call_records_is_evidence_and_no_thing_that_cards_share(whole: RingAnswer, tmp_path: Path) -> None:
    name = whole.answer.rings["ring_id"][2]
    seats = whole.answer.ties.filter(ring_id=name)
    told = {"thing_kind": CALLS, "kind": "called_in", "b_kind": "source", "thing_id": "cdr", "b_id": "cdr"}
    calls = seats.unique("a_id", keep="first", maintain_order=True).with_columns(pl.lit(v).alias(k) for k, v in told.items())
    more = dataclasses.replace(whole.answer, ties=pl.concat([whole.answer.ties, calls]))
    with_calls = data_of(draw_ring(RingAnswer(more, whole.citations), name, tmp_path / "a.html"))
    assert with_calls["nodes"] == data_of(draw_ring(whole, name, tmp_path / "b.html"))["nodes"]
    assert calls.height > 3


def test_no_identifier_in_any_byte_unless_asked_for(whole: RingAnswer, tmp_path: Path) -> None:
    accounts = pl.DataFrame(
        {"account_id": whole.answer.members.filter(member_kind="account")["member_id"].unique().sort()}
    ).with_columns(bank=pl.lit("江海银行"), holder_name=pl.lit("欧阳某某"), kind=pl.lit("personal"), status=pl.lit("normal"))
    secrets = [*whole.answer.members["member_id"].unique(), *whole.answer.flows["payer_id"].unique(), "欧阳某某"]
    for ring in whole.answer.rings["ring_id"].head(3):
        masked = draw_ring(whole, ring, tmp_path / "m.html", accounts=accounts).read_bytes()
        assert not any(form in masked for secret in secrets for form in forms(secret))
        members = whole.answer.members.filter(ring_id=ring)["member_id"]
        full = draw_ring(whole, ring, tmp_path / "f.html", accounts=accounts, unmask=True).read_bytes()
        assert sum(member.encode() in full for member in members) > 3
        assert any(mask_id(member).encode() in masked for member in members)


def test_equal_input_gives_equal_bytes(whole: RingAnswer, tmp_path: Path) -> None:
    first = draw_ring(whole, None, tmp_path / "a.html").read_bytes()
    assert draw_ring(ring_answer(), None, tmp_path / "b.html").read_bytes() == first and b"\r" not in first


def test_what_cannot_be_drawn_is_said(whole: RingAnswer, tmp_path: Path) -> None:
    for words, said in (({"language": "fr"}, "zh or en"), ({"top": 0}, "a number from 1")):
        with pytest.raises(QuestionError, match=said):
            draw_ring(whole, None, tmp_path / "x.html", **words)
    with pytest.raises(QuestionError, match="a ring of the answer"):
        draw_ring(whole, "ring-none", tmp_path / "x.html")
    none = RingAnswer(type(whole.answer)(**{n: getattr(whole.answer, n) for n in whole.answer.__slots__} | {
        "rings": whole.answer.rings.clear()}), whole.citations)  # fmt: skip
    with pytest.raises(QuestionError, match="without rings"):
        draw_ring(none, None, tmp_path / "x.html")
    assert list(tmp_path.iterdir()) == []


def test_a_large_ring_is_folded_and_keeps_its_sums(whole: RingAnswer, tmp_path: Path) -> None:
    data = data_of(draw_ring(whole, None, tmp_path / "x.html", top=3))
    folds = [node for node in data["nodes"] if node.get("fold")]
    assert folds and sum(row[1] for row in rows_of(data)) == whole.answer.flows.filter(
        ring_id=whole.answer.rings["ring_id"][0]
    )["amount_fen"].sum()  # fmt: skip
    ids = {node["id"] for node in data["nodes"]}
    assert all(edge["from"] in ids and edge["to"] in ids for edge in data["edges"])
