"""The look-up queries over a world small enough to answer by hand.

09:00 victim -> a 1000.00 (case K)    09:10 a -> b 600.00     09:20 a -> c 390.00
09:30 b -> d 590.00                   09:40 c -> d 380.00     10:00 d -> shop 900.00
08:00 b -> a 5.00                     a and b log in on one handset; Mo holds a and c; one SIM is bound to b and c
"""

import polars as pl
import pytest

from graphfraud.errors import QuestionError
from graphfraud.store.contract import Batch
from graphfraud.store.open import open_store
from graphfraud.tables import check
from graphfraud.units import MINUTE_US, time_us
from tests.neo4j_server import on_servers, wipe

pytestmark = on_servers

DAY = time_us("2024-03-01")
STEPS = [
    ("s:0", "b", "a", 500, "08:00"),
    ("s:1", "victim", "a", 100000, "09:00"),
    ("s:2", "a", "b", 60000, "09:10"),
    ("s:3", "a", "c", 39000, "09:20"),
    ("s:4", "b", "d", 59000, "09:30"),
    ("s:5", "c", "d", 38000, "09:40"),
    ("s:6", "d", "shop", 90000, "10:00"),
]
TIES = [
    ("logged_in_on", "account", "a", "device", "phone1"),
    ("logged_in_on", "account", "b", "device", "phone1"),
    ("holds", "holder", "mo", "account", "a"),
    ("holds", "holder", "mo", "account", "c"),
    ("registered_with", "account", "b", "sim", "13900000001"),
    ("registered_with", "account", "c", "sim", "13900000001"),
    ("registered_with", "holder", "mo", "sim", "13900000001"),
    ("inserted_in", "sim", "13900000001", "device", "pool1"),
    ("inserted_in", "sim", "13900000002", "device", "pool1"),
]


def at(clock: str) -> int:
    hour, minute = map(int, clock.split(":"))
    return DAY + (hour * 60 + minute) * MINUTE_US


def world() -> dict[str, pl.DataFrame]:
    transactions = pl.DataFrame(
        [
            {
                "transaction_id": name, "payer_id": payer, "payee_id": payee, "amount_fen": fen, "at_us": at(clock), "seq": n,
                "at_precision_us": 1, "channel": "merchant" if payee == "shop" else "transfer", "payer_record": n,
                "case_id": "K" if payer == "victim" else None,
            }
            for n, (name, payer, payee, fen, clock) in enumerate(STEPS)
        ]
    )  # fmt: skip
    columns = ["kind", "a_kind", "a_id", "b_kind", "b_id"]
    links = pl.DataFrame(TIES, schema=columns, orient="row").with_columns(n_seen=pl.lit(1, pl.Int64))
    source = {
        "source_id": "s", "name": "march.csv", "sha256": "ab" * 32, "bytes": 10, "loader": "bank_statement",
        "loader_sha256": "00", "document": "statement", "encoding": "utf-8", "header_row": 1, "record_first": 0, "n_read": 7,
        "loaded_us": DAY,
    }  # fmt: skip
    tables = {
        "sources": pl.DataFrame([source]),
        "transactions": transactions,
        "links": links,
        "accounts": pl.DataFrame([{"account_id": "a", "bank": "made-up bank", "holder_id": "mo", "status": "frozen"}]),
        "holders": pl.DataFrame([{"holder_id": "mo", "name": "莫某"}]),
        "cases": pl.DataFrame([{"case_id": "K", "victim_id": "vera", "loss_fen": 100000, "occurred_us": at("09:00")}]),
        "call_counts": pl.DataFrame(
            [
                {
                    "source_id": "s",
                    "sim_id": "13900000001",
                    "n_calls": 40,
                    "n_days": 2,
                    "first_us": at("08:00"),
                    "last_us": at("09:00"),
                    "n_out": 38,
                    "n_in": 0,
                    "n_peers": 37,
                    "n_located": 40,
                    "n_cells": 1,
                    "n_placed": 0,
                }
            ]
        ),
        "measures": pl.DataFrame([{"measure_id": "f1", "kind": "freeze", "account_id": "a", "since_us": at("11:00")}]),
        "judgements": pl.DataFrame(
            [{"judgement_id": "j1", "a_id": "mo", "b_id": "mu", "verdict": "same", "by": "officer 1", "at_us": at("12:00")}]
        ),
    }
    return {name: check(frame, name) for name, frame in tables.items()}


@pytest.fixture(scope="module")
def store(place):
    wipe(place)
    with open_store(place.uri) as opened:
        with opened.writing():
            opened.commit(Batch("world", world()))
        yield opened


def rows(store, name, *columns, **params):
    found = store.query(name, params)
    return found.select(columns).rows() if columns else found.rows()


def test_account(store) -> None:
    (card,) = store.query("account", {"account_id": "a"}).to_dicts()
    assert card["bank"] == "made-up bank"
    assert (card["n_in"], card["in_fen"], card["n_out"], card["out_fen"]) == (2, 100500, 2, 99000)
    assert (card["first_us"], card["last_us"]) == (at("08:00"), at("09:20"))
    assert card["n_measures"] == 1
    assert card["counterparties"] == ["b", "c", "victim"]


@pytest.mark.parametrize(
    ("params", "expected", "left_out"),
    [
        ({}, ["s:0", "s:1", "s:2", "s:3"], 0),
        ({"direction": "out"}, ["s:2", "s:3"], 0),
        ({"direction": "in", "amount_min_fen": 1000}, ["s:1"], 0),
        ({"since_us": at("09:00"), "until_us": at("09:20")}, ["s:1", "s:2"], 0),
        ({"limit": 1}, ["s:0"], 3),
    ],
)
def test_neighbours(store, params, expected, left_out) -> None:
    found = store.query("neighbours", {"account_id": "a", **params})
    assert found["transaction_id"].to_list() == expected
    assert set(found["left_out"]) == {left_out}


def test_neighbours_tell_direction_and_counterparty(store) -> None:
    assert rows(store, "neighbours", "direction", "counterparty_id", account_id="d") == [
        ("in", "b"),
        ("in", "c"),
        ("out", "shop"),
    ]


def test_two_hops(store) -> None:
    assert rows(store, "two_hops", account_id="a") == [("d", 2, 97000, ["b", "c"])]
    assert rows(store, "two_hops", account_id="a", gap_us=MINUTE_US) == []


def test_paths(store) -> None:
    found = rows(store, "paths", "hops", "transaction_ids", from_id="victim", to_id="d", kept_min_percent=30)
    assert found == [(3, ["s:1", "s:2", "s:4"]), (3, ["s:1", "s:3", "s:5"])]
    assert rows(store, "paths", "transaction_ids", from_id="victim", to_id="d") == [(["s:1", "s:2", "s:4"],)]  # c got 39 %
    assert rows(store, "paths", "hops", from_id="victim", to_id="shop", kept_min_percent=30, kept_max_percent=300) == [
        (4,),
        (4,),
    ]
    assert rows(store, "paths", from_id="victim", to_id="d", hops_max=2) == []
    assert rows(store, "paths", from_id="victim", to_id="d", gap_us=5 * MINUTE_US) == []
    assert rows(store, "paths", from_id="d", to_id="a") == []
    (one,) = store.query("paths", {"from_id": "a", "to_id": "b"}).to_dicts()
    assert one["account_ids"] == ["a", "b"]
    assert one["amounts_fen"] == [60000]
    assert one["times_us"] == [at("09:10")]


def test_fan_in_and_out(store) -> None:
    assert rows(store, "fan_in", "account_id", "n_payers", "amount_fen", limit=2) == [("a", 2, 100500), ("d", 2, 97000)]
    assert rows(store, "fan_out", "account_id", "n_payees", "n_transfers") == [
        ("a", 2, 2), ("b", 2, 2), ("victim", 1, 1), ("d", 1, 1), ("c", 1, 1),
    ]  # fmt: skip
    assert rows(store, "fan_in", "account_id", until_us=at("09:00")) == [("a",)]


def test_pass_through(store) -> None:
    found = rows(store, "pass_through", "account_id", "in_fen", "out_fen", "n_quick", in_min_fen=1000)
    assert found == [("a", 100500, 99000, 2), ("d", 97000, 90000, 2), ("b", 60000, 59500, 1), ("c", 39000, 38000, 1)]
    assert rows(store, "pass_through", in_min_fen=1000, within_us=MINUTE_US) == []


def test_sharing(store) -> None:
    assert rows(store, "sharing") == [("a", "b", 1, ["device phone1"]), ("b", "c", 1, ["sim 13900000001"])]
    assert rows(store, "sharing", users_max=1) == []


def test_person(store) -> None:
    assert rows(store, "person", "what", "kind", "id", "via", holder_id="mo") == [
        ("holds", "account", "a", None),
        ("holds", "account", "c", None),
        ("inserted_in", "device", "pool1", "13900000001"),
        ("judged same", "holder", "mu", "j1"),
        ("logged_in_on", "device", "phone1", "a"),
        ("registered_with", "account", "b", "13900000001"),
        ("registered_with", "account", "c", "13900000001"),
        ("registered_with", "sim", "13900000001", "c"),
        ("registered_with", "sim", "13900000001", None),
    ]
    assert rows(store, "person", "what", "kind", "id", holder_id="vera") == [("victim_of", "case", "K")]


def test_sim(store) -> None:
    counted = rows(store, "sim", "first_us", "last_us", "n_calls", "n_out", "n_in", "n_peers", "n_cells", sim_id="13900000001")
    assert counted[0] == (at("08:00"), at("09:00"), 40, 38, 0, 37, 1)
    assert rows(store, "sim", "what", "kind", "id", "via", sim_id="13900000001") == [
        ("called_in", "source", "s", None),
        ("inserted_in", "device", "pool1", None),
        ("inserted_in", "sim", "13900000002", "pool1"),
        ("registered_with", "account", "b", None),
        ("registered_with", "account", "c", None),
        ("registered_with", "holder", "mo", None),
    ]


def test_two_card(store) -> None:
    assert rows(store, "two_card", "what", "kind", "id", "via", account_id="a") == [
        ("holds", "account", "c", "mo"),
        ("holds", "holder", "mo", None),
        ("logged_in_on", "account", "b", "phone1"),
        ("logged_in_on", "device", "phone1", None),
        ("registered_with", "sim", "13900000001", "mo"),
    ]


def test_case(store) -> None:
    (first,) = store.query("case", {"case_id": "K"}).to_dicts()
    assert (first["account_id"], first["n_payments"], first["received_fen"]) == ("a", 1, 100000)
    assert first["measures"] == ["freeze f1"]
    assert (first["n_victims"], first["loss_fen"]) == (1, 100000)


def test_newest(store) -> None:
    assert rows(store, "newest", "transaction_id", "payee_id", limit=2) == [("s:6", "shop"), ("s:5", "d")]


def test_evidence(store) -> None:
    assert rows(store, "evidence", transaction_id="s:3") == [("payer", 3, "march.csv", 4, "ab" * 32, "bank_statement")]


def test_nothing_known_gives_no_rows(store) -> None:
    found = store.query("account", {"account_id": "nobody"})
    assert found.height == 0
    assert found.schema["in_fen"] == pl.Int64


def test_a_missing_parameter_is_told(store) -> None:
    with pytest.raises(QuestionError, match="no account_id"):
        store.query("account", {})
