"""Every statement under ``cypher/``: its head fits its body, and a head that does not is refused."""

import re
from pathlib import Path

import pytest

from graphfraud.errors import QuestionError, StoreError
from graphfraud.store.cypher import FOLDERS, Statement, parse, statement, statements
from graphfraud.tables import TABLES

ALL = [each for folder in FOLDERS for each in statements(folder).values()]
FILE = Path("look/x.cypher")
HEAD = "// What for.\n// params: {params}\n// returns: n INTEGER\n"


@pytest.mark.parametrize("each", ALL, ids=lambda s: f"{s.folder}/{s.name}")
def test_a_statement_keeps_the_house_rules(each: Statement) -> None:
    assert each.purpose.endswith(".")
    if each.folder == "look":
        assert "limit" in {p.name for p in each.params}
        assert "LIMIT $limit" in each.text
    assert not re.search(r"\*\d*\.\.(\D|$)", each.text), "an unbounded hop"
    assert "IS NODE KEY" not in each.text
    assert "IS NOT NULL" not in each.text or each.folder != "constraints"


def test_transfers_are_written_with_every_column() -> None:
    named = {p.name.removeprefix("lists.") for p in statement("write", "transactions").params}
    assert named - {"ids", "payer", "payee"} == set(TABLES["transactions"].schema) - {"payer_id", "payee_id"}


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("MATCH (n) RETURN count(n) AS n", "no full head"),
        (HEAD.format(params="none") + "MATCH (n {id: $id}) RETURN count(n) AS n", r"\$id used but not declared"),
        (HEAD.format(params="id STRING") + "MATCH (n) RETURN count(n) AS n", "id declared but not used"),
        (HEAD.format(params="id STRING") + "MATCH (n {id: '$id'}) RETURN count(n) AS n", "id declared but not used"),
        (HEAD.format(params="none") + "RETURN 1 AS n; RETURN 2 AS n", "semicolon"),
        (HEAD.format(params="id string") + "RETURN $id AS n", "in the head"),
    ],
)
def test_a_file_that_breaks_them_is_refused(text: str, fault: str) -> None:
    with pytest.raises(StoreError, match=fault):
        parse(text, FILE)


def test_words_in_quotes_and_comments_are_not_parameters() -> None:
    read = parse(HEAD.format(params="id STRING") + "RETURN $id + '$a' + \"$b\" AS n // $c\n/* $d */", FILE)
    assert [p.name for p in read.params] == ["id"]


def test_values_come_from_text_or_default() -> None:
    asked = statement("look", "neighbours")
    given = asked.values({"account_id": "x", "since_us": "2024-03-01", "limit": "7"})
    assert given["since_us"] == 1709222400_000_000
    assert given["limit"] == 7
    assert given["direction"] == "both"
    assert statement("look", "two_hops").values({"account_id": "x", "gap_us": "72h"})["gap_us"] == 72 * 3600 * 1_000_000


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({}, "no account_id"),
        ({"account_id": "x", "limt": "3"}, "'limt'"),
        ({"account_id": "x", "limit": "many"}, "INTEGER"),
        ({"account_id": "x", "direction": "sideways"}, "'sideways'; expected one of both, in, out"),
    ],
)
def test_values_that_do_not_fit_are_refused(given: dict[str, str], fault: str) -> None:
    with pytest.raises(QuestionError, match=fault):
        statement("look", "neighbours").values(given)


def test_an_unknown_query_is_told_the_known_ones() -> None:
    with pytest.raises(QuestionError, match="one of account, case, evidence"):
        statement("look", "nothing")
