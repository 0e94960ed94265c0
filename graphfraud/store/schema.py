"""The shared store's schema: which servers and versions are known, its keys, its indexes, each change noted in the database."""

import hashlib
from collections.abc import Mapping
from functools import cache

from graphfraud.errors import StoreError
from graphfraud.store.bolt import Bolt
from graphfraud.store.cypher import Statement, statement, statements

SERVER_MIN = (5, 26)


def know_server(bolt: Bolt) -> None:
    """Refuse a server, or a store, that this program does not know."""
    kernel = next(row for row in bolt.ask(statement("read", "components")) if row["name"] == "Neo4j Kernel")
    release = tuple(int(part) for part in kernel["version"].split(".")[:2] if part.isdigit())
    if release < SERVER_MIN:
        raise StoreError(
            bolt.location,
            f"Neo4j {kernel['version']}",
            "Neo4j 5.26 or newer",
            "Use a newer server, or a store in a folder.",
        )
    for row in bolt.ask(statement("read", "ledger_migrations")):
        known = _versions().get(row["version"])
        if known is None or (known[1] != row["checksum"] and row["version"] != "keys"):
            raise StoreError(
                bolt.location,
                f"a store of another version (migration {row['version']})",
                f"migrations up to {max(name for name in _versions() if name != 'keys')}",
                "Use the graphfraud that wrote it, or a newer one.",
            )


def make_keys(bolt: Bolt) -> None:
    """Make the uniqueness constraints, where the noted ones are not today's.

    A store that came by the import tool has rows and no keys: its indexes are asked for first, as the server fills them
    on one core while it makes the constraints on the other. (Asked for in turns, neither keeps two cores busy.)
    """
    noted = {row["version"]: row["checksum"] for row in bolt.ask(statement("read", "ledger_migrations"))}
    parts, checksum = _versions()["keys"]
    if noted.get("keys") != checksum:
        imported = bool(bolt.state()["version"]) and not noted
        indexes = [tuple(statements("migrations").values())] if imported else []
        bolt.change_schema(*indexes, *((part,) for part in parts))
        bolt.put("ledger_migration", version="keys", checksum=checksum)


def make_indexes(bolt: Bolt) -> None:
    """Make what helps only questions; left to the end of the first load, which is quicker without it."""
    noted = {row["version"] for row in bolt.ask(statement("read", "ledger_migrations"))}
    lacking = {version: made for version, made in _versions().items() if version not in noted}
    if lacking:
        bolt.change_schema(tuple(part for parts, _ in lacking.values() for part in parts))
        for version, (_, checksum) in lacking.items():
            bolt.put("ledger_migration", version=version, checksum=checksum)


@cache
def _versions() -> Mapping[str, tuple[tuple[Statement, ...], str]]:
    """Return what is noted of the schema: the constraints as one, then each migration; with a checksum of their text."""
    parts = {"keys": tuple(statements("constraints").values())}
    parts |= {name: (part,) for name, part in statements("migrations").items()}
    return {name: (some, hashlib.sha256("\n".join(s.text for s in some).encode()).hexdigest()) for name, some in parts.items()}
