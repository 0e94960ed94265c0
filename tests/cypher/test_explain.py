"""Every statement is planned by a real server, without a cartesian product it did not ask for or a whole scan by key."""

import pytest

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
        store._make_indexes()


@on_servers
def test_every_statement_is_planned(place) -> None:
    make_indexes(place)
    with driver_of(place) as driver, driver.session() as session:
        for folder in FOLDERS:
            for each in statements(folder).values():
                params = {p.name: value(p.type) for p in each.params}
                if folder in SCHEMA:
                    session.run(each.text).consume()  # made before: asked for again, it does no harm
                    continue
                plan = session.run("EXPLAIN " + each.text, params).consume().plan
                assert each.name in SWEEPS or not operators(plan) & set(WHOLE), f"{folder}/{each.name}"


@pytest.mark.parametrize("name", ["transactions_by_transaction_id", "accounts_by_account_id", "links_by_row_key"])
@on_servers
def test_a_key_is_looked_up_in_its_index(place, name) -> None:
    make_indexes(place)
    with driver_of(place) as driver, driver.session() as session:
        plan = session.run("EXPLAIN " + statements("read")[name].text, values=["x"], columns=["x"]).consume().plan
        assert any("IndexSeek" in operator for operator in operators(plan))
