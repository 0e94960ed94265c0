import polars as pl
import pytest

from graphfraud import tables
from graphfraud.errors import GraphFraudError, StoreError, TableError


def _transaction(**change: object) -> pl.DataFrame:
    row = {
        "transaction_id": "0123456789abcdef:1",
        "payer_id": "a",
        "payee_id": "b",
        "amount_fen": 100,
        "at_us": 1_700_000_000_000_000,
        "seq": 0,
        "at_precision_us": 1_000_000,
        "channel": "transfer",
        "payer_record": 0,
        **change,
    }
    return pl.DataFrame([row])


def test_there_are_twelve_tables_and_each_accepts_no_rows() -> None:
    assert len(tables.TABLES) == 12
    for name in tables.TABLES:
        assert tables.check(tables.empty(name), name).schema == tables.empty(name).schema


def test_conform_fills_what_may_be_absent() -> None:
    frame = tables.check(_transaction(), "transactions")
    assert frame.columns == list(tables.TABLES["transactions"].schema)
    assert frame["payee_record"].item() == -1
    assert frame["memo"].item() is None


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"amount_fen": 0}, "amount_in_range"),
        ({"amount_fen": 10**15 + 1}, "amount_in_range"),
        ({"at_us": 0}, "at_us_in_range"),
        ({"channel": "pigeon"}, "channel_known"),
        ({"payer_record": -1}, "has_a_record"),
        ({"payer_id": ""}, "payer_id_not_blank"),
        ({"payer_id": None}, "without a value"),
        ({"colour": "red"}, "colour"),
        ({"amount_fen": 1.5}, "Float64"),
    ],
)
def test_a_row_that_breaks_a_requirement(change: dict[str, object], says: str) -> None:
    with pytest.raises(TableError, match=says):
        tables.check(_transaction(**change), "transactions")


def test_a_key_stands_once() -> None:
    with pytest.raises(TableError, match="two rows of one key"):
        tables.check(pl.concat([_transaction(), _transaction()]), "transactions")


def test_a_required_column_is_missed() -> None:
    with pytest.raises(TableError, match="seq"):
        tables.check(_transaction().drop("seq"), "transactions")


def test_errors_have_one_wording_and_an_exit_code() -> None:
    error = StoreError("stores/x", "nothing", "a folder", "Create it.")
    assert str(error) == "stores/x: found nothing; expected a folder. Create it."
    assert error.exit_code == 4
    assert TableError("f", "9", "1", "Look.", exit_code=3).exit_code == 3
    assert len(GraphFraudError.__subclasses__()) == 6
