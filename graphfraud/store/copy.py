"""Copies a store into another, whatever keeps either, and proves that nothing was lost."""

from graphfraud.errors import StoreError
from graphfraud.store.contract import Batch, Store
from graphfraud.store.digest import content_digest
from graphfraud.tables import TABLES


def copy(source: Store, target: Store) -> str:
    """Put every row of ``source`` into the empty store ``target``, in one batch; return the digest both have.

    A copy that was done before is done: the same rows are not written again.

    Parameters
    ----------
    source, target : Store
        Open stores, of one kind or of two.

    Raises
    ------
    StoreError
        If the target holds other rows, if either is out of reach, or if the target does not give the rows back as they are.
    """
    rows = {name: source.read(name) for name in TABLES}
    digest = content_digest(rows.__getitem__)
    with target.writing():
        held = sum(target.counts().values())
        if held and target.digest() == digest:
            return digest
        if held:
            raise StoreError(
                target.location,
                f"a store with {held} rows of its own",
                "an empty store",
                "Copy into a folder or database of its own.",
            )
        target.commit(Batch(f"copy:{digest}", rows))
        arrived = target.digest()
    if arrived != digest:
        raise StoreError(
            target.location,
            f"digest {arrived[:16]}",
            f"{digest[:16]}, as in {source.location}",
            "Empty the target and copy again.",
        )
    return digest
