"""Every statement is planned by a real server, without a cartesian product it did not ask for or a whole scan by key."""

import pytest

from graphfraud.store import schema
from graphfraud.store.contract import Batch
from graphfraud.store.cypher import FOLDERS, statements
from graphfraud.store.open import open_store
from tests.neo4j_server import driver_of, on_servers, wipe

SCHEMA = ("constraints", "migrations")
VALUES = {"INTEGER": 1, "STRING": "x", "BOOLEAN": True, "BYTES": b"x", "MAP": {}}
SWEEPS = ("sweep_all",)  # undoing a first load that never ended: there is nothing to look up by
WHOLE = ("AllNodesScan", "DirectedAllRelationshipsScan", "UndirectedAllRelationshipsScan")


def value(kind: str):
    return [value(kind[5:-1])] if kind.startswith("LIST<") else VALUES[kind]


def operators(plan: dict) -> set[str]:
    return {plan["operatorType"].split("@")[0]}.union(*(operators(child) for child in plan.get("children", ())))


def make_indexes(place) -> None:
    wipe(place)
    with open_store(place.uri) as store, store.writing():
        schema.make_indexes(store._bolt)


@on_servers
def test_every_statement_is_planned(place) -> None:
    make_indexes(place)
    with driver_of(place) as driver, driver.session() as session:
        for folder in FOLDERS:
            for each in statements(folder).values():
                params = each.sent({p.name.removeprefix("lists."): value(p.type) for p in each.params})
                if folder in SCHEMA:
                    session.run(each.text).consume()  # made before: asked for again, it does no harm
                    continue
                plan = session.run("EXPLAIN " + each.text, params).consume().plan
                assert each.name in SWEEPS or not operators(plan) & set(WHOLE), f"{folder}/{each.name}"


@pytest.mark.parametrize(
    "name", ["transactions_by_transaction_id", "accounts_by_account_id", "links_by_row_key", "call_counts_by_row_key"]
)
@on_servers
def test_a_key_is_looked_up_in_its_index(place, name) -> None:
    make_indexes(place)
    with driver_of(place) as driver, driver.session() as session:
        plan = session.run("EXPLAIN " + statements("read")[name].text, lists={"values": ["x"], "columns": ["x"]}).consume().plan
        assert any("IndexSeek" in operator for operator in operators(plan))


@on_servers
def test_pages_of_transfers_come_from_the_index_of_time_and_ids_from_their_nodes(place) -> None:
    make_indexes(place)
    with driver_of(place) as driver, driver.session() as session:
        text = statements("read")["transactions"].text
        plan = session.run("EXPLAIN " + text, since_us=1, until_us=2, lists={"columns": ["seq"]}).consume().plan
        assert "DirectedRelationshipIndexSeekByRange" in operators(plan)
        plan = session.run("EXPLAIN " + statements("read")["account_ids"].text, lists={"nodes": [1]}).consume().plan
        assert "NodeByIdSeek" in operators(plan)


@on_servers
def test_no_plan_scans_what_a_first_load_just_filled(place, every_column) -> None:
    """Statistics lag behind a first load; whatever they say, keys and windows are looked up by index."""
    wipe(place)
    with open_store(place.uri) as store, store.writing():
        store.commit(Batch("all", every_column))
    names = ("transactions_by_transaction_id", "transactions_by_case_id", "transactions", "transaction_windows", "cases")
    many = {"values": [str(i) for i in range(10_000)], "columns": ["seq"]}
    with driver_of(place) as driver, driver.session() as session:
        keyed = [("read", name) for name in (*names, "links", "links_by_row_key", "cases_by_row_key", "transactions_between")]
        for folder, name in (*keyed, ("write", "remove_transactions"), ("write", "remove_links"), ("write", "transactions")):
            each = statements(folder)[name]
            values = {p.name.removeprefix("lists."): value(p.type) for p in each.params}
            values |= {name: many[name] for name in values if name in many}
            plan = session.run("EXPLAIN " + each.text, each.sent(values)).consume().plan
            by_page = name in ("links", "cases", "transactions", "transaction_windows")
            way = "Index" if by_page else "IndexSeek"  # a page may also be a walk along its index
            assert any(way in operator for operator in operators(plan)), f"{folder}/{name}: {sorted(operators(plan))}"
            whole = [found for found in operators(plan) if found.endswith("Scan") and "Index" not in found]
            assert not whole, f"{folder}/{name}: {whole}"


def test_lists_travel_in_a_map() -> None:
    """For a list of its own the server would plan the statement anew at 1, 2, 11, 101 and 1001 values."""
    for folder in FOLDERS:
        for each in statements(folder).values():
            assert not [p.name for p in each.params if p.type.startswith("LIST") and not p.name.startswith("lists.")]
