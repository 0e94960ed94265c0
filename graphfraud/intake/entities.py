"""Accounts, holders, SIMs, devices and the links between them: what many rows say becomes one row for each thing.

Of several values the newest that is not null holds; a link counts how often it was seen, and from when to when.
"""

import polars as pl

from graphfraud.intake import aliases
from graphfraud.store.contract import Store
from graphfraud.tables import TABLES, conform

_DEVICES = (("mac", "device"), ("terminal", "device"), ("ip", "ip"))
"""Columns of a leg that tell where its account was used, and the kind of thing they name."""

_FIRST_SIGHTING = pl.col("record").filter(pl.col("first_us") == pl.col("first_us").min()).min()


def shaped(frame: pl.DataFrame, table: str) -> pl.DataFrame:
    """Give a frame the columns of a table in their order, absent ones null; others are left out."""
    schema = TABLES[table].schema
    return frame.select((pl.col(c) if c in frame.columns else pl.lit(None)).cast(t).alias(c) for c, t in schema.items())


def spoken(legs: pl.DataFrame) -> pl.DataFrame:
    """Return each account, card and name that statement legs print for their own side, with when and how often."""
    own = legs.filter(pl.col("side") != "report") if (legs["side"] == "report").any() else legs
    return own.group_by("own_id", "own_card", "own_name").agg(
        row=pl.col("row").max(), first_us=pl.col("at_us").min(), last_us=pl.col("at_us").max(), n_seen=pl.len().cast(pl.Int64)
    )


def own_accounts(said: pl.DataFrame) -> pl.DataFrame:
    """Return the accounts of :func:`spoken`."""
    return said.select("row", account_id="own_id", holder_name="own_name")


def card_links(said: pl.DataFrame) -> pl.DataFrame:
    """Return the ``card_of`` links of :func:`spoken`."""
    return said.drop_nulls("own_card").select(
        "row",
        "first_us",
        "last_us",
        "n_seen",
        kind=pl.lit("card_of"),
        a_kind=pl.lit("account"),
        a_id="own_card",
        b_kind=pl.lit("account"),
        b_id="own_id",
    )


def logins(legs: pl.DataFrame, alive: pl.Series | None) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return where accounts were used: links, and the devices they name.

    Parameters
    ----------
    legs : frame of legs with ``record``
    alive : Series of record numbers, optional
        Only these rows count; all by default.
    """
    links, devices = [], []
    for column, kind in _DEVICES:
        used = legs.drop_nulls(column) if legs[column].null_count() < legs.height else legs.clear()
        used = used if alive is None or not used.height else used.filter(pl.col("record").is_in(alive.implode()))
        seen = used.group_by("own_id", column).agg(
            first_us=pl.col("at_us").min(),
            last_us=pl.col("at_us").max(),
            n_seen=pl.len().cast(pl.Int64),
            record=pl.col("record").max(),
        )
        names = {"kind": "logged_in_on", "a_kind": "account", "b_kind": kind}
        links.append(
            seen.select(
                *(pl.lit(v).alias(k) for k, v in names.items()),
                *("first_us", "last_us", "n_seen", "record"),
                a_id="own_id",
                b_id=column,
            )
        )
        if kind == "device":
            devices.append(
                seen.group_by(column).agg(pl.col("record").max()).select("record", device_id=column, kind=pl.lit(column))
            )
    return pl.concat(links), pl.concat(devices)


def merged(frame: pl.DataFrame, table: str) -> pl.DataFrame:
    """Return one row for each key; of several values the one of the highest record number that is not null."""
    key = TABLES[table].key
    frame = conform(frame, table)
    twice = pl.struct(key).is_duplicated() if len(key) > 1 else pl.col(key[0]).is_duplicated()
    several = frame.filter(twice)
    if not several.height:
        return frame
    others = [c for c in frame.columns if c not in key]
    newest = several.sort("record").group_by(key, maintain_order=True).agg(pl.col(others).drop_nulls().last())
    return pl.concat([frame.filter(~twice), newest.select(frame.columns)])


def merged_links(frame: pl.DataFrame) -> pl.DataFrame:
    """Return one row for each link: first and last time seen, times seen summed.

    Its record is the newest; of a phone card in a handset that of the first dated sighting, as calls are many and the first
    of them is what a reader asks for.
    """
    frame, inserted = conform(frame, "links"), pl.col("kind") == "inserted_in"
    if not (frame["kind"] == "inserted_in").any():
        return _summed(frame, pl.col("record").max())
    # Cards in handsets are many, and mostly each stands there once.
    several = inserted & pl.struct(TABLES["links"].key).is_duplicated()
    cards = _summed(frame.filter(several), pl.coalesce(_FIRST_SIGHTING, pl.col("record").max()))
    others = _summed(frame.filter(~inserted), pl.col("record").max())
    return pl.concat([others, frame.filter(inserted & ~several), cards])


def _summed(links: pl.DataFrame, record: pl.Expr) -> pl.DataFrame:
    seen = (pl.col("first_us").min(), pl.col("last_us").max(), pl.col("n_seen").sum())
    return conform(links.group_by(TABLES["links"].key, maintain_order=True).agg(*seen, record), "links")


def with_stored(new: pl.DataFrame, table: str, store: Store, *, stays: pl.DataFrame) -> pl.DataFrame:
    """Merge new rows with those of the store that have their keys; ``stays`` are stored rows under changed keys."""
    if not new.height and not stays.height:
        return conform(new, table)
    key = TABLES[table].key
    rows = pl.concat([conform(new, table), conform(stays, table)])
    by = "a_id" if table == "links" else key[0]
    there = store.find(table, by, rows.get_column(by).unique()).join(rows.select(key).unique(), on=key, how="semi")
    everything = pl.concat([there, rows])
    return merged_links(everything) if table == "links" else merged(everything, table)


def rekeyed(table: str, store: Store, changed: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the stored rows that name an account by an id no longer canonical, corrected; and the keys they had."""
    old = changed.get_column("id")
    if table != "links":
        rows = store.find(table, "account_id", old)
        return aliases.apply(rows, changed, "account_id"), rows.select(TABLES[table].key)
    ends = [store.find("links", end, old).filter(pl.col(f"{end[0]}_kind") == "account") for end in ("a_id", "b_id")]
    rows = pl.concat(ends).unique().filter(pl.col("kind") != "card_of")
    return canonical_links(rows, changed), rows.select(TABLES["links"].key)


def canonical_links(links: pl.DataFrame, names: pl.DataFrame) -> pl.DataFrame:
    """Put canonical ids in links; ``card_of`` keeps the numbers as printed, since it says what is canonical."""
    for end in ("a", "b"):
        links = aliases.apply(
            links, names, f"{end}_id", where=(pl.col(f"{end}_kind") == "account") & (pl.col("kind") != "card_of")
        )
    return links
