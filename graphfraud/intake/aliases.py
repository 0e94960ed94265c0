"""Card and account numbers of one account: every id at rest is the canonical one of its union."""

import polars as pl

MAP_SCHEMA = {"id": pl.String, "canonical": pl.String}


def canonical_ids(pairs: pl.DataFrame) -> pl.DataFrame:
    """Return ``id`` and ``canonical`` for every number that is not its own canonical id.

    The canonical id of a union is its smallest account number. A union has one, as every pair names one.

    Parameters
    ----------
    pairs : frame with ``a_id`` (card number) and ``b_id`` (account number)
        The ends of all ``card_of`` links.
    """
    pairs = pairs.select("a_id", "b_id").unique().filter(pl.col("a_id") != pl.col("b_id"))
    accounts = pairs.get_column("b_id").unique()
    plain = pl.struct("a_id").is_unique() & ~pl.col("a_id").is_in(accounts.implode())
    marked = pairs.with_columns(plain=plain)
    joined = _smallest(marked.filter(~pl.col("plain")).select("a_id", "b_id").rows(), set(accounts))
    tangled = pl.DataFrame(list(joined.items()), schema=MAP_SCHEMA, orient="row")
    # A card of one account follows that account, wherever other pairs take it.
    simple = (
        marked.filter("plain")
        .select(id="a_id", account="b_id")
        .join(tangled.rename({"id": "account"}), on="account", how="left")
        .select("id", canonical=pl.coalesce("canonical", "account"))
    )
    return pl.concat([simple, tangled]).filter(pl.col("id") != pl.col("canonical")).sort("id")


def _smallest(pairs: list[tuple[str, str]], accounts: set[str]) -> dict[str, str]:
    """Union-find over pairs; every number -> the smallest account number of its union."""
    parent: dict[str, str] = {}

    def root(number: str) -> str:
        parent.setdefault(number, number)
        while parent[number] != number:
            parent[number] = parent[parent[number]]
            number = parent[number]
        return number

    def rank(number: str) -> tuple[bool, str]:
        return (number not in accounts, number)

    for a, b in pairs:
        one, other = sorted((root(a), root(b)), key=rank)
        parent[other] = one
    return {number: root(number) for number in parent}


def apply(frame: pl.DataFrame, names: pl.DataFrame, *columns: str, where: pl.Expr | None = None) -> pl.DataFrame:
    """Put canonical ids in the place of others in some columns (only in rows that meet ``where``)."""
    if not names.height or not frame.height:
        return frame
    replaced = [pl.col(c).replace(names["id"], names["canonical"]) for c in columns]
    if where is not None:
        replaced = [pl.when(where).then(new).otherwise(c).alias(c) for c, new in zip(columns, replaced, strict=True)]
    return frame.with_columns(replaced)
