"""What the page is made of: folding keeps every sum, the layout keeps order, the file keeps no identifier."""

import base64
import json
import os
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import graphfraud.report.picture.fold as folding
from graphfraud.analysis.trace import seeds
from graphfraud.analysis.trace import trace as ask
from graphfraud.errors import QuestionError
from graphfraud.findings.trace import LOT_STATES, RULES
from graphfraud.graph.flows import flow_graph
from graphfraud.mask import mask_id
from graphfraud.report.picture.case import ENDS, case_of
from graphfraud.report.picture.draw import draw
from graphfraud.report.picture.fold import EDGES_MAX, NODES_MAX, fold
from graphfraud.report.picture.layout import heights
from graphfraud.tables import CHANNELS

from ...ledger import ledger
from .cases import make_case


def data_of(path: Path) -> Any:
    match = re.search(r'<script type="application/json" id="data">(.*?)</script>', path.read_text("utf-8"), re.S)
    assert match is not None
    return json.loads(match[1])


def rows_of(data: Any) -> list[list[int]]:
    parts = [part for edge in data["edges"] for part in edge["parts"]] + data["page"]["inside"]
    return [row for *_, rows in parts for row in rows]


@settings(deadline=None, derandomize=True, max_examples=25)
@given(n_accounts=st.integers(12, 400), rng_seed=st.integers(0, 99), top=st.integers(1, 120))
def test_folding_changes_no_sum_and_loses_no_node(n_accounts: int, rng_seed: int, top: int) -> None:
    case = case_of(make_case(n_accounts, rng_seed)[0])
    folded = fold(case, top)
    edges = folded.edges(case.rows)
    assert edges["traced_fen"].sum() == case.rows["traced_fen"].sum()
    assert edges["n"].sum() == case.rows.height
    assert folded.shown["node"].to_list() == case.nodes.filter(~pl.col("isolated"))["node"].to_list()
    assert folded.shown["shown"].n_unique() <= NODES_MAX
    assert edges.filter(pl.col("a") != pl.col("b")).height <= EDGES_MAX
    one_by_one = case.nodes.join(folded.shown.filter(pl.col("node") == pl.col("shown")), on="node")
    for name in ("lost_fen", "received_fen", *(f"{end}_fen" for end in ENDS)):
        assert one_by_one[name].sum() + folded.folds[name].sum() == case.nodes.filter(~pl.col("isolated"))[name].sum()
    assert one_by_one.height + folded.folds["n"].sum() == folded.shown.height
    assert (folded.folds["n"] > 1).all()


def test_a_large_case_stays_within_what_people_can_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folding, "EDGES_MAX", 120)
    case = case_of(make_case(1500)[0])
    folded = fold(case, 300)
    edges = folded.edges(case.rows)
    assert edges.filter(pl.col("a") != pl.col("b")).height <= 120
    assert edges["traced_fen"].sum() == case.rows["traced_fen"].sum()


def test_the_fullest_accounts_and_ten_victims_stay_on_their_own() -> None:
    case = case_of(make_case(300)[0])
    shown = dict(fold(case, 300).shown.iter_rows())
    accounts = case.nodes.filter(pl.col("role") == "account")
    for node in accounts.sort("resting_fen", descending=True)["node"].head(20):
        assert shown[node] == node
    victims = case.nodes.filter(pl.col("role") == "victim").sort("lost_fen", descending=True)["node"]
    assert all(shown[node] == node for node in victims.head(10))
    assert any(shown[node] != node for node in victims[10:])


@settings(deadline=None, derandomize=True, max_examples=40)
@given(st.data())
def test_heights_are_inside_the_picture_and_a_gap_apart(data: st.DataObject) -> None:
    columns = dict(enumerate(data.draw(st.lists(st.integers(0, 4), min_size=1, max_size=40))))
    ends = st.integers(0, len(columns) - 1)
    edges = data.draw(st.lists(st.tuples(ends, ends, st.floats(0.1, 1e6)), max_size=60))
    at = heights(columns, edges)
    assert at == heights(columns, edges)
    for column in set(columns.values()):
        lane = sorted(at[node] for node in columns if columns[node] == column)
        gap = min(0.94 / len(lane), 0.16)
        assert all(0 <= height <= 1 for height in lane)
        assert all(low + gap <= high + 1e-9 for low, high in pairwise(lane))


def test_a_straight_chain_is_drawn_straight() -> None:
    at = heights({0: 0, 1: 0, 2: 1, 3: 1}, [(0, 3, 5.0), (1, 2, 5.0)])
    assert (at[0] - at[1]) * (at[3] - at[2]) > 0


def test_the_file_holds_every_fen_and_counts_the_loss_once(tmp_path: Path) -> None:
    trace, citations, accounts = make_case(300)
    data = data_of(draw(trace, tmp_path / "page.html", citations=citations, accounts=accounts))
    page = data["page"]
    assert page["loss"] == trace.seeds["amount_fen"].sum() == sum(page["ends"].values())
    assert sum(page["exits"].values()) == page["ends"]["exited"]
    assert sum(row[1] for row in rows_of(data)) == trace.steps["traced_fen"].sum()
    assert sum(edge["value"] for edge in data["edges"]) + sum(row[1] for *_, rows in page["inside"] for row in rows) == sum(
        row[1] for row in rows_of(data)
    )
    drawn = sum(1 for node in data["nodes"] if not node.get("fold") and node["group"] != "exit")
    assert drawn + sum(node.get("fold", 0) for node in data["nodes"]) + page["n_isolated"] == page["n_nodes"]


def test_each_transaction_names_its_files_and_rows(tmp_path: Path) -> None:
    trace, citations, accounts = make_case(60)
    data = data_of(draw(trace, tmp_path / "page.html", citations=citations, accounts=accounts))
    files = data["page"]["files"]
    found = {(row[0], row[2], files[row[ix]][1], row[ix + 1]) for row in rows_of(data) for ix in range(6, len(row), 2)}
    steps = trace.steps.select("transaction_id", "at_us", "amount_fen").unique().join(
        citations.select("transaction_id", "sha256", "row").unique(), on="transaction_id"
    )  # fmt: skip
    assert found == {(at // 10**6, fen, sha256, row) for _, at, fen, sha256, row in steps.iter_rows()}


def test_beyond_the_limits_small_transactions_are_summed_and_accounts_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("graphfraud.report.picture.content.ROWS_IN_FILE", 50)
    monkeypatch.setattr("graphfraud.report.picture.content.MEMBERS_IN_FILE", 20)
    trace, citations, accounts = make_case(400)
    data = data_of(draw(trace, tmp_path / "page.html", citations=citations, accounts=accounts))
    rows = rows_of(data)
    assert sum(row[1] for row in rows) == trace.steps["traced_fen"].sum()
    assert sum(row[3] for row in rows) == trace.steps["transaction_id"].n_unique()
    assert sum(len(row) > 6 for row in rows) <= 50
    assert sum(len(node.get("members", [])) for node in data["nodes"]) == 20


def test_a_victims_own_money_back_is_returned_and_a_victim_used_as_a_mule_is_named(tmp_path: Path) -> None:
    trace, citations, accounts = make_case(60)
    data = data_of(draw(trace, tmp_path / "page.html", citations=citations, accounts=accounts, top=1000))
    at = {end: ix for ix, end in enumerate(("lost", "received", *ENDS))}
    nodes = [node for drawn in data["nodes"] for node in (drawn, *drawn.get("members", [])) if not node.get("fold")]
    returned = trace.lots.filter(pl.col("state") == "returned")["traced_fen"].sum()
    assert returned > 0 and data["page"]["ends"]["returned"] == returned
    homes = [node for node in nodes if node["fen"][at["returned"]]]
    assert sum(node["fen"][at["returned"]] for node in homes) == returned
    assert all(node["fen"][at["lost"]] and not node["fen"][at["resting"]] and "others" not in node for node in homes)
    used = [node for node in nodes if "others" in node]
    assert len(used) == 1 and used[0]["group"] == "victim" and used[0]["others"][:2] == [2, 1]
    received, passed, resting = (used[0]["fen"][at[name]] for name in ("received", "passed", "resting"))
    assert used[0]["others"][2] == received == passed + resting and passed and resting
    own = [(row[1], own) for edge in data["edges"] for a, _, own, rows in edge["parts"] if a == used[0]["id"] for row in rows]
    assert sum(fen for fen, mine in own if mine) == used[0]["fen"][at["lost"]]
    assert sum(fen for fen, mine in own if not mine) == passed


def words() -> dict[str, set[str]]:
    """Language -> keys of the page's words, as its script has them."""
    text = (Path(draw.__code__.co_filename).parent / "page" / "words.js").read_text("utf-8")
    _, zh, en = re.split(r"^  (?:zh|en): \{$", text.split("\n};\n")[0], flags=re.M)
    bare = [re.sub(r'"(?:[^"\\]|\\.)*"', "", part) for part in (zh, en)]
    return {name: set(re.findall(r"(\w+):", part)) for name, part in zip(("zh", "en"), bare, strict=True)}


def test_both_languages_have_a_word_for_all_that_an_answer_can_say(story: pl.DataFrame) -> None:
    known = words()
    assert known["zh"] == known["en"]
    found = ask(flow_graph(story), seeds(story, "A-001"))
    account_words = ("personal", "company", "merchant", "payment", "normal", "frozen", "stopped", "closed")
    assert {*found.assumptions, *found.ambiguities} <= known["zh"]
    assert {*LOT_STATES, *ENDS, *(f"{end}_s" for end in ENDS), *RULES, *CHANNELS, *account_words} <= known["zh"]


@pytest.mark.parametrize("rule", RULES)
def test_a_real_trace_with_a_rebate_adds_up_under_every_rule(tmp_path: Path, rule: str) -> None:
    paid = ledger(
        """
        victim1 has 1,000.00
        victim2 has 500.00
        b not held
        09:00 victim1 -> a 1,000.00 seed
        09:30 a -> victim1 100.00
        10:00 victim2 -> a 500.00 seed
        11:00 a -> victim2 1,300.00
        11:30 victim2 -> b 200.00
        12:00 victim2 -> shop 50.00 merchant
        """
    ).transactions()
    found = ask(flow_graph(paid), seeds(paid, "A-001"), rule=rule)
    page = data_of(draw(found, tmp_path / "page.html"))["page"]
    assert sum(page["ends"].values()) == page["loss"] + page["mixed"]
    assert page["ends"]["returned"] > 0


def forms(secret: str) -> list[bytes]:
    """The ways a secret could hide: plain, escaped for JSON, and each of base64's three alignments without its ends."""
    raw = secret.encode("utf-8")
    plain = [raw, json.dumps(secret)[1:-1].encode()]
    return plain + [base64.b64encode(b"\0" * pad + raw)[4:-4] for pad in range(3) if len(raw) > 10]


def test_no_identifier_in_any_byte_unless_asked_for(tmp_path: Path) -> None:
    trace, citations, accounts = make_case(60)
    name, number = accounts["holder_name"][0], accounts["account_id"][1]
    citations = citations.with_columns(file=pl.lit(f"{name}_{number}.csv"))
    accounts = accounts.with_columns(bank=pl.concat_str(pl.col("bank"), pl.col("account_id")))
    masked = draw(trace, tmp_path / "m.html", citations=citations, accounts=accounts).read_bytes()
    for secret in [*accounts["account_id"], *accounts["holder_name"].unique()]:
        assert not any(form in masked for form in forms(secret)), "an identifier is in the file in full"
    assert mask_id(number).encode() in masked
    full = draw(trace, tmp_path / "f.html", citations=citations, accounts=accounts, unmask=True).read_bytes()
    drawn = [secret for secret in accounts["account_id"] if secret.encode() in full]
    assert len(drawn) > 10


def test_equal_input_gives_equal_bytes(tmp_path: Path) -> None:
    trace, citations, accounts = make_case(120)
    first = draw(trace, tmp_path / "a.html", citations=citations, accounts=accounts).read_bytes()
    shuffled = citations.sample(fraction=1, shuffle=True, seed=1), accounts.sample(fraction=1, shuffle=True, seed=2)
    again = draw(trace, tmp_path / "b.html", citations=shuffled[0], accounts=shuffled[1]).read_bytes()
    assert first == again
    assert b"\r" not in first
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.html", "b.html"]


@pytest.mark.parametrize(
    "surroundings",
    [
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONHASHSEED": "1"},
        {"LC_ALL": "zh_CN.GBK", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONHASHSEED": "2"},
        {"LC_ALL": "C.UTF-8", "PYTHONUTF8": "1", "PYTHONHASHSEED": "3"},
    ],
)
def test_no_locale_changes_a_byte(tmp_path: Path, surroundings: dict[str, str]) -> None:
    trace, citations, accounts = make_case(40)
    here = draw(trace, tmp_path / "here.html", citations=citations, accounts=accounts, title="青岛 案件").read_bytes()
    script = (
        "import sys; from pathlib import Path; from tests.report.picture.cases import make_case;"
        "from graphfraud.report.picture.draw import draw; trace, citations, accounts = make_case(40);"
        "draw(trace, Path(sys.argv[1]), citations=citations, accounts=accounts, title='\\u9752\\u5c9b \\u6848\\u4ef6')"
    )
    root = Path(__file__).parents[3]
    done = subprocess.run(
        [sys.executable, "-X", "warn_default_encoding", "-c", script, str(tmp_path / "there.html")],
        cwd=root,
        env={**os.environ, **surroundings},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode("utf-8", "replace")
    # Nothing of ours opens a file in the locale's encoding: under Chinese Windows that encoding is GBK.
    assert b"graphfraud/report" not in done.stderr
    assert (tmp_path / "there.html").read_bytes() == here


def test_a_page_of_300_accounts_is_at_most_800_kb(tmp_path: Path) -> None:
    trace, citations, accounts = make_case(400)
    assert trace.tiers.height > 250
    assert draw(trace, tmp_path / "page.html", citations=citations, accounts=accounts).stat().st_size <= 800_000


def test_a_trace_without_accounts_or_citations_is_drawn(tmp_path: Path) -> None:
    data = data_of(draw(make_case(20)[0], tmp_path / "page.html"))
    assert data["page"]["files"] == []


def test_bad_arguments_are_named(tmp_path: Path) -> None:
    trace = make_case(20)[0]
    with pytest.raises(QuestionError, match="zh or en"):
        draw(trace, tmp_path / "x.html", language="fr")
    with pytest.raises(QuestionError, match="a number from 1"):
        draw(trace, tmp_path / "x.html", top=0)
    with pytest.raises(QuestionError, match="cannot be written"):
        draw(trace, tmp_path / "nowhere" / "x.html")
    assert list(tmp_path.iterdir()) == []


def test_the_library_keeps_its_licence_and_the_page_names_no_host(tmp_path: Path) -> None:
    text = draw(make_case(20)[0], tmp_path / "page.html").read_text("utf-8")
    assert "http://www.apache.org/licenses/LICENSE-2.0" in text
    assert "sourceMappingURL" not in text
    assert not re.search(r'(?:src|href)=["\']?(?:https?:)?//', text.split('id="data"')[0])
