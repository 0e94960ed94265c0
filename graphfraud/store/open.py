"""Opens a store by its address."""

from pathlib import Path

from graphfraud.errors import StoreError
from graphfraud.store.contract import Store

BOLT_SCHEMES = ("neo4j", "bolt")
"""Address schemes of the shared store, each also with ``+s`` (encrypted) or ``+ssc`` (encrypted, own certificate)."""


def open_store(location: str | Path, *, create: bool = True) -> Store:
    """Open the store at ``location``: a folder, or ``neo4j://HOST`` or ``bolt://HOST`` for the shared one.

    Parameters
    ----------
    location : str or Path
        A folder (one that does not exist becomes a store with the first load) or a Bolt address.
    create : bool
        False refuses a folder that holds no store yet.

    Raises
    ------
    StoreError
        If the address is not one of these, the store is out of reach, damaged or of a newer version, or there is none.
    """
    scheme, mark, _ = str(location).partition("://")
    if not mark:
        from graphfraud.store.folder import FolderStore

        return FolderStore.open(location, create=create)
    if scheme.split("+")[0] not in BOLT_SCHEMES:
        raise StoreError(
            f"{scheme}://...",
            "an address of an unknown kind",
            "a folder, neo4j://HOST or bolt://HOST",
            "Correct the address of the store.",
        )
    from graphfraud.store.neo4j import Neo4jStore

    return Neo4jStore.open(str(location))
