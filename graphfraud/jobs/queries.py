"""Verbs about the shared store: its named queries, and copies between stores."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from graphfraud.errors import QuestionError
from graphfraud.jobs.plan import Outcome, Place, Progress


def queries_list(*, progress: Progress) -> Outcome:
    """Name the look-up queries."""
    from graphfraud.store.cypher import statements

    progress("reading", 0, 0)
    return Outcome({"queries": [{"name": s.name, "purpose": s.purpose} for s in statements("look").values()]})


def queries_show(*, progress: Progress, name: str) -> Outcome:
    """Hand over a query: its purpose, parameters, columns and text."""
    from graphfraud.store.cypher import statement

    progress("reading", 0, 0)
    found = statement("look", name)
    return Outcome(
        {
            "name": found.name,
            "purpose": found.purpose,
            "parameters": [{"name": p.name, "type": "|".join(p.choices) or p.type, "default": p.default} for p in found.params],
            "columns": [{"name": p.name, "type": p.type} for p in found.returns],
            "text": found.text,
        }
    )


def query(*, progress: Progress, store: Place, name: str, parameters: Mapping[str, str]) -> Outcome:
    """Run a named query against a shared store."""
    from graphfraud.store.cypher import statement
    from graphfraud.store.neo4j import Neo4jStore
    from graphfraud.store.open import open_store

    statement("look", name).values(parameters)  # a wrong question is told before a server is asked
    progress("asking", 0, 0)
    with_queries = open_store(store, create=False)
    try:
        if not isinstance(with_queries, Neo4jStore):
            raise QuestionError(
                store, "a store in a folder", "a shared store", "Copy it first: graphfraud copy STORE neo4j://HOST"
            )
        rows = with_queries.query(name, parameters)
    finally:
        with_queries.close()
    return Outcome({"columns": rows.columns, "rows": rows.to_dicts()}, rows)


def copy(*, progress: Progress, store: Place, target: Place) -> Outcome:
    """Copy a store into another, or into files of Neo4j's import tool (``neo4j-import:DIR``)."""
    from graphfraud.store.bulk import COMMAND, PREFIX, write_import
    from graphfraud.store.copy import copy as copy_store
    from graphfraud.store.open import open_store

    source = open_store(store, create=False)
    progress("copying", 0, 0)
    try:
        if target.startswith(PREFIX):
            folder = Path(target.removeprefix(PREFIX))
            write_import(source, folder)
            return Outcome({"command": (folder / COMMAND).read_text(encoding="utf-8").strip(), "folder": str(folder)})
        into = open_store(target)
        try:
            return Outcome({"digest": copy_store(source, into), "counts": into.counts()})
        finally:
            into.close()
    finally:
        source.close()
