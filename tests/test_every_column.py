import pytest

from graphfraud.tables import TABLES


@pytest.mark.parametrize("name", TABLES)
def test_no_column_is_without_a_value(every_column, name):
    frame = every_column[name]
    assert frame.height >= 20
    assert frame.null_count().sum_horizontal().item() == 0
    assert frame.columns == [column.name for column in TABLES[name].columns]


def test_references_resolve(every_column):
    accounts = set(every_column["accounts"]["account_id"])
    transactions = every_column["transactions"]
    assert {*transactions["payer_id"], *transactions["payee_id"]} <= accounts
    assert set(transactions["case_id"]) <= set(every_column["cases"]["case_id"])
    assert set(every_column["cases"]["victim_id"]) <= set(every_column["holders"]["holder_id"])
    assert set(every_column["records"]["source_id"]) <= set(every_column["sources"]["source_id"])
