import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphfraud.analysis.trace import seeds, trace
from graphfraud.errors import QuestionError
from graphfraud.findings.run import CITATION_SCHEMA, link_id
from graphfraud.graph.flows import flow_graph
from graphfraud.mask import mask_tie
from graphfraud.report.cite import cite

from ..conftest import Rows


@pytest.fixture
def found(story):
    return trace(flow_graph(story), seeds(story, "A-001"))


def test_every_step_leads_to_a_file_and_a_row(found, evidence, story):
    cited = cite(found, evidence)
    assert dict(cited.schema) == CITATION_SCHEMA
    assert cited["step"].unique().to_list() == list(range(found.steps.height))
    first = cited.filter(pl.col("step") == 0)
    assert first["side"].to_list() == ["payer", "payee", "report"]
    row = story.filter(pl.col("transaction_id") == found.steps["transaction_id"][0]).row(0, named=True)
    assert first["record"].to_list() == [row["payer_record"], row["payee_record"], row["report_record"]]
    assert first["row"].to_list() == [record + 1 for record in first["record"]]
    assert set(cited["file"]) == {"victim1_6222029912345678901.xlsx"} and set(cited["sha256"]) == {"ab" * 32}
    assert set(cited["sheet"]) == {"sheet"}
    to_b = found.steps.filter(pl.col("payee_id") == "b")["step"][0]  # b's statement is not held
    assert cited.filter(pl.col("step") == to_b)["side"].to_list() == ["payer"]


def test_one_step_is_part_of_all(found, evidence):
    assert cite(found, evidence, step=3).equals(cite(found, evidence).filter(pl.col("step") == 3))
    for step in (-1, found.steps.height):
        with pytest.raises(QuestionError, match=f"step {step}"):
            cite(found, evidence, step=step)


@pytest.mark.parametrize("table", ["transactions", "records", "sources"])
def test_another_store_is_told_apart(found, evidence, table):
    lacking = Rows({**evidence.tables, table: evidence.tables[table].clear()})
    with pytest.raises(QuestionError, match=f"table {table}.*missing"):
        cite(found, lacking)


def test_a_step_without_a_record_is_an_internal_fault(found, evidence, story):
    blank = story.with_columns(pl.col("payer_record", "payee_record", "report_record") * 0 - 1)
    with pytest.raises(AssertionError, match="8 steps without a citation"):
        cite(found, Rows({**evidence.tables, "transactions": blank}))


ENDS = st.text("|\\a1张", min_size=1, max_size=6)


@given(a=ENDS, b=ENDS, c=ENDS, d=ENDS)
@settings(derandomize=True, deadline=None)
def test_two_ties_never_share_an_id_and_both_ends_are_masked(a, b, c, d):
    ends = pl.DataFrame({"kind": "holds", "a_kind": "holder", "a_id": [a, c], "b_kind": "account", "b_id": [b, d]})
    one, other = ends.select(link_id()).to_series()
    assert (one == other) == ((a, b) == (c, d))
    seen = []
    assert mask_tie(one, lambda part: seen.append(part) or "*") == "holds|holder|*|account|*"
    assert seen == [a, b]
