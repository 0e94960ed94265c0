"""Cycles as an investigator asks for them."""

import numpy as np
import polars as pl
import pytest

from graphfraud.analysis.cycles import cycles
from graphfraud.errors import QuestionError
from graphfraud.findings.paths import CYCLE_SCHEMA, CYCLE_STEP_SCHEMA
from graphfraud.graph.flows import flow_graph
from graphfraud.tables import TABLES
from tests.ledger import ledger

STORY = """
09:00 a -> b 100.00
09:10 b -> c 99.00
09:10 c -> a 98.00
09:30 b -> a 50.00
day 2 10:00 c -> b 10.00
"""


def flows(story=STORY):
    return flow_graph(ledger(story).transactions())


def test_instances_with_their_payments():
    answer = cycles(flows())
    assert dict(answer.cycles.schema) == CYCLE_SCHEMA and dict(answer.steps.schema) == CYCLE_STEP_SCHEMA
    assert answer.steps.select("payer_id", "payee_id").rows() == [("a", "b"), ("b", "a")]
    row = answer.cycles.row(0, named=True)
    assert (row["account_id"], row["first_fen"], row["last_fen"]) == ("a", 10_000, 5_000)
    loose = cycles(flows(), strict=False)
    assert loose.cycles["n_transactions"].to_list() == [3, 2] and loose.ambiguities["tied_steps"] == 1
    longer = cycles(flows(), within="3d")
    assert longer.cycles.height == 2 and not longer.truncated
    assert cycles(flows(), strict=False, length_max=2).cycles.height == 1
    assert cycles(flows(), until="2024-03-01 09:20").cycles.is_empty()


def test_ranking_keeps_the_cycles_and_is_repeatable():
    rng = np.random.default_rng(8)
    lines = [
        f"day {rng.integers(1, 20)} {rng.integers(24):02d}:{rng.integers(60):02d} t{a} -> t{b} 5.00"
        for a, b in (rng.choice(20, 2, replace=False) for _ in range(300))
    ]
    lines += [f"day 9 11:{k:02d} m{k} -> m{(k + 1) % 6} 900.00" for k in range(6)]
    graph = flows("\n".join(lines))
    plain, ranked = cycles(graph), cycles(graph, null_worlds=10, rng_seed=4)
    assert plain.cycles["p_value"].null_count() == plain.cycles.height == ranked.cycles.height > 3
    assert ranked.cycles["p_value"].is_sorted() and ranked.cycles["account_id"][0] == "m0"
    members = lambda answer: set(  # noqa: E731
        answer.steps.group_by("cycle", maintain_order=True)
        .agg("transaction_id")["transaction_id"]
        .map_elements(tuple, pl.Object)
    )
    assert members(plain) == members(ranked)
    assert cycles(graph, null_worlds=10, rng_seed=4, n_threads=3).cycles.equals(ranked.cycles)


def test_caps_and_threads():
    story = "\n".join(f"09:{minute:02d} {'a -> b' if minute % 2 else 'b -> a'} 1.00" for minute in range(40))
    whole = cycles(flows(story), length_max=2)
    for n_threads in (1, 2, 5):
        again = cycles(flows(story), length_max=2, n_threads=n_threads)
        assert again.steps.equals(whole.steps) and not again.truncated
        cut = cycles(flows(story), length_max=2, cycles_max=7, n_threads=n_threads)
        assert cut.steps.equals(whole.steps.filter(pl.col("cycle") < 7)) and cut.truncated


@pytest.mark.parametrize(
    "asked",
    [{"within": "0h"}, {"within": "-1h"}, {"within": "long"}, {"length_max": 1}, {"cycles_max": 0}, {"since": 5, "until": 5}],
)
def test_questions_that_cannot_be_asked(asked):
    with pytest.raises(QuestionError):
        cycles(flows(), **asked)


def test_odd_graphs_have_plain_answers():
    empty = flow_graph(pl.DataFrame(schema=TABLES["transactions"].schema))
    assert cycles(empty).cycles.is_empty()
    assert cycles(flows("09:00 a -> a 5.00\n09:01 a -> a 5.00\n")).cycles.is_empty()
    at_once = flows("09:00 a -> b 5.00\n09:00 b -> a 5.00\n09:00 a -> b 5.00\n")
    assert cycles(at_once).cycles.is_empty() and cycles(at_once, strict=False).cycles.height == 2


def test_a_star_of_a_million_is_no_trouble():
    n = 1_000_000
    hub, at = np.zeros(n, np.int32), np.sort(np.random.default_rng(1).integers(0, 86_400, n)) * 1_000_000
    leaf, inward = np.arange(1, n + 1, dtype=np.int32), np.arange(n) < n // 2
    from graphfraud.analysis.cycles import find_cycles
    from tests.ledger import frozen

    payer, payee = frozen(np.where(inward, leaf, hub)), frozen(np.where(inward, hub, leaf))
    limits = {"length_max": 10, "strict": True, "cycles_max": 10, "steps_max": 10**6, "n_threads": 2}
    start, tx, cut = find_cycles(payer, payee, frozen(at), n + 1, within_us=86_400_000_000, **limits)
    assert start.tolist() == [0] and len(tx) == 0 and not cut
