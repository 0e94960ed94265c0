"""Paths and arrivals as an investigator asks for them."""

import polars as pl
import pytest

from graphfraud.analysis.paths import arrivals, paths
from graphfraud.analysis.trace import seeds
from graphfraud.errors import QuestionError
from graphfraud.findings.paths import ARRIVAL_SCHEMA, PATH_SCHEMA, PATH_STEP_SCHEMA
from graphfraud.graph.flows import flow_graph
from graphfraud.tables import TABLES
from tests.ledger import ledger

STORY = """
victim has 5,000.00
09:00 victim -> a 1,000.00 seed
09:10 a -> b 990.00
09:12 a -> c 10.00
09:20 c -> d 10.00
09:20 b -> d 985.00
09:30 d -> atm 980.00 cash_out
11:00 d -> atm 15.00 cash_out
"""


def flows():
    return flow_graph(ledger(STORY).transactions())


def way(answer):
    return [
        [f"{payer}>{payee}" for payer, payee in part.select("payer_id", "payee_id").rows()]
        for part in answer.steps.partition_by("path", maintain_order=True)
    ]


def test_each_kind_of_best():
    graph = flows()
    ask = lambda best, **more: paths(graph, from_ids=["a"], to_ids=["atm"], best=best, **more)  # noqa: E731
    assert way(ask("earliest")) == [["a>c", "c>d", "d>atm"]] or way(ask("earliest")) == [["a>b", "b>d", "d>atm"]]
    assert ask("earliest").paths["end_us"].to_list() == ask("fewest").paths["end_us"].to_list()
    assert way(ask("widest")) == [["a>b", "b>d", "d>atm"]]
    assert ask("widest").paths["width_fen"].to_list() == [98_000]
    assert way(ask("shortest")) == [["a>c", "c>d", "d>atm"]]
    answer = ask("earliest", n_paths_max=10)
    assert answer.paths.height == 4 and not answer.truncated
    assert dict(answer.paths.schema) == PATH_SCHEMA and dict(answer.steps.schema) == PATH_STEP_SCHEMA
    assert answer.run.graph_digest == graph.digest and answer.run.question == "paths"


def test_from_the_victim_payment_to_cash_under_limits():
    graph, paid = flows(), seeds(ledger(STORY).transactions(), "A-001")
    whole = paths(graph, seeds=paid, n_paths_max=10, retain_permille=(900, 1000), gap="20m")
    assert way(whole) == [["victim>a", "a>b", "b>d", "d>atm"]]
    assert paths(graph, seeds=paid, hops_max=3).paths.is_empty()
    assert paths(graph, seeds=paid, n_paths_max=10, within="1h").paths.height == 2
    assert paths(graph, seeds=paid, n_paths_max=10, until="2024-03-01 09:30").paths.is_empty()


def test_ties_are_counted_or_refused():
    told = ledger("09:00 a -> b 5.00\n09:00 b -> c 5.00\n")
    graph = flow_graph(told.transactions())
    loose = paths(graph, from_ids=["a"], to_ids=["c"])
    assert loose.ambiguities["tied_steps"] == 1
    assert paths(graph, from_ids=["a"], to_ids=["c"], strict=True).paths.is_empty()


def test_arrivals_name_the_payment_that_came_first():
    answer = arrivals(flows(), ["a", "c"])
    assert dict(answer.arrivals.schema) == ARRIVAL_SCHEMA
    got = [(a, b) for a, b in answer.arrivals.select("first_account_id", "account_id").rows()]
    assert got == [("a", "b"), ("a", "c"), ("a", "d"), ("a", "atm"), ("c", "d"), ("c", "atm")]
    many = arrivals(flows(), ["a", "b", "c", "d", "victim"] * 15)
    assert many.arrivals.height == 15 * arrivals(flows(), ["a", "b", "c", "d", "victim"]).arrivals.height


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"from_ids": ["nobody"]},
        {"from_ids": ["a"], "to_ids": ["nobody"]},
        {"from_ids": ["a"], "gap": "0h"},
        {"from_ids": ["a"], "gap": "-5m"},
        {"from_ids": ["a"], "within": "soon"},
        {"from_ids": ["a"], "best": "nicest"},
        {"from_ids": ["a"], "hops_max": 0},
        {"from_ids": ["a"], "n_paths_max": 0},
        {"from_ids": ["a"], "retain_permille": (1000, 800)},
        {"from_ids": ["a"], "since": "2024-03-02", "until": "2024-03-01"},
        {"from_ids": ["a"], "since": "2024-03-01", "until": "2024-03-01"},
        {"from_ids": ["a"], "since": "yesterday"},
    ],
)
def test_questions_that_cannot_be_asked(asked):
    with pytest.raises(QuestionError):
        paths(flows(), **asked)


def test_odd_graphs_have_plain_answers():
    empty = flow_graph(pl.DataFrame(schema=TABLES["transactions"].schema))
    with pytest.raises(QuestionError, match="which has no transaction"):
        paths(empty, from_ids=["a"])
    with pytest.raises(QuestionError):
        arrivals(empty, ["a"])
    alone = flow_graph(ledger("09:00 a -> a 5.00\n09:00 a -> a 6.00\n").transactions())
    assert paths(alone, from_ids=["a"], to_ids=["a"]).paths.is_empty()
    assert arrivals(alone, ["a"]).arrivals.is_empty()
    at_once = flow_graph(ledger("09:00 a -> b 5.00\n09:00 b -> a 5.00\n09:00 b -> c 5.00\n").transactions())
    assert paths(at_once, from_ids=["a"], to_ids=["c"], n_paths_max=9).paths.height == 1
    with pytest.raises(QuestionError):
        arrivals(at_once, [])
