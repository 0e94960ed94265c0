"""What accounts share besides money: holders, phone cards, handsets, computers, addresses on the net, places of opening.

A tie binds only where nothing innocent explains it. The innocent readings (a gateway's address, a shop's till, a firm's own
accounts, a family's or a helper's phone) are recognised by facts and said, never silently dropped.
"""

from typing import Any

import polars as pl

from graphfraud.analysis.rule_table import rule_table
from graphfraud.findings.rings import SHARED_SCHEMA
from graphfraud.tables import TABLES, empty
from graphfraud.units import HOUR_US

STRONG_KINDS = ("holder", "sim", "device")
_LINK = ("kind", "a_kind", "a_id", "b_kind", "b_id", "record")
_TIE = ("thing_kind", "thing_id", "account_id", *_LINK)


def optional(tables: Any, name: str) -> pl.DataFrame:
    """Return a table that may be absent, with all of its columns."""
    found = tables.get(name) if tables is not None else None
    if found is None:
        return empty(name)
    missing = [pl.lit(None, dtype).alias(c) for c, dtype in TABLES[name].schema.items() if c not in found.columns]
    frame: pl.DataFrame = found.with_columns(missing)
    return frame


def account_ties(links: pl.DataFrame, accounts: pl.DataFrame) -> pl.DataFrame:
    """List what each account is tied to, with the link that says so.

    Parameters
    ----------
    links, accounts : polars.DataFrame
        Rows of the tables; ``accounts`` may be empty.

    Returns
    -------
    polars.DataFrame
        ``thing_kind`` (holder, sim, device, ip, batch), ``thing_id``, ``account_id`` and the key and record of a link. A
        handset that held an account's phone card is tied to the account; the link is the card's.
    """
    links = links.select(_LINK)
    parts = [
        _tie(links, pl.col("kind") == "holds", thing="a", account="b"),
        _tie(links, (pl.col("kind") == "registered_with") & (pl.col("a_kind") == "account"), thing="b", account="a"),
        _tie(links, (pl.col("kind") == "logged_in_on") & (pl.col("a_kind") == "account"), thing="b", account="a"),
    ]
    bound = parts[1].select("account_id", sim_id="thing_id")
    handset = links.filter(pl.col("kind") == "inserted_in").join(bound, left_on="a_id", right_on="sim_id")
    parts.append(handset.select(pl.lit("device").alias("thing_kind"), pl.col("b_id").alias("thing_id"), "account_id", *_LINK))
    opened = links.filter((pl.col("kind") == "opened_by") & (pl.col("a_kind") == "account"))
    parts.append(_batches(opened, accounts))
    whole = pl.concat([part.select(_TIE) for part in parts])
    return whole.unique(["thing_kind", "thing_id", "account_id"], keep="first", maintain_order=True)


def _tie(links: pl.DataFrame, which: pl.Expr, *, thing: str, account: str) -> pl.DataFrame:
    return links.filter(which).select(
        pl.col(f"{thing}_kind").alias("thing_kind"),
        pl.col(f"{thing}_id").alias("thing_id"),
        pl.col(f"{account}_id").alias("account_id"),
        *_LINK,
    )


def openings(frame: pl.DataFrame, place: str, gap_hours: int) -> pl.DataFrame:
    """Number runs of openings at one place: each at most ``gap_hours`` after the one before.

    ``frame`` has the columns ``place`` and ``opened_us``; added are ``batch`` (a name), ``n_batch`` and ``span_us``.
    """
    dated = frame.filter(pl.col(place).is_not_null() & pl.col("opened_us").is_not_null()).sort(place, "opened_us")
    after = pl.col("opened_us") - pl.col("opened_us").shift(1).over(place)
    dated = dated.with_columns(run=(after.is_null() | (after > gap_hours * HOUR_US)).cum_sum())
    begin = pl.col("opened_us").min().over("run")
    return dated.with_columns(
        batch=pl.col(place) + "@" + begin.cast(pl.String),
        n_batch=pl.len().over("run"),
        span_us=pl.col("opened_us").max().over("run") - begin,
    ).drop("run")


def _batches(opened: pl.DataFrame, accounts: pl.DataFrame) -> pl.DataFrame:
    """Tie the accounts opened at one outlet in a row to their batch."""
    limits = rule_table()["ties"]
    dated = opened.join(accounts.select("account_id", "opened_us"), left_on="a_id", right_on="account_id")
    runs = openings(dated, "b_id", limits["batch_gap_hours"]).filter(pl.col("n_batch") >= limits["batch_accounts_min"])
    return runs.select(
        pl.lit("batch").alias("thing_kind"), pl.col("batch").alias("thing_id"), pl.col("a_id").alias("account_id"), *_LINK
    )


def shared_things(ties: pl.DataFrame, tables: Any, passing: pl.Series, accounts_max: int) -> pl.DataFrame:
    """Judge everything that two accounts or more share.

    Parameters
    ----------
    ties : polars.DataFrame
        As :func:`account_ties` gives them.
    tables : mapping of str to polars.DataFrame, optional
        ``accounts``, ``holders``, ``devices`` where they are held.
    passing : polars.Series
        Ids of the accounts that pass money on.
    accounts_max : int
        A thing that more accounts share binds nobody.

    Returns
    -------
    polars.DataFrame
        :data:`~graphfraud.findings.rings.SHARED_SCHEMA`, by kind and id.
    """
    limits = rule_table()["ties"]
    owner = optional(tables, "accounts").select("account_id", "holder_id").unique("account_id")
    held = ties.filter(pl.col("thing_kind") == "holder").select("account_id", told="thing_id").unique("account_id")
    company = optional(tables, "holders").filter(pl.col("kind") == "company")["holder_id"]
    till = optional(tables, "devices").filter(pl.col("kind") == "terminal")["device_id"]
    shared = (
        ties.join(owner, on="account_id", how="left")
        .join(held, on="account_id", how="left")
        .with_columns(owner=pl.coalesce("told", "holder_id"), passes=pl.col("account_id").is_in(passing.implode()))
        .group_by("thing_kind", "thing_id")
        .agg(
            n_accounts=pl.len().cast(pl.Int64),
            n_sims=pl.lit(0, pl.Int64),
            n_holders=pl.col("owner").n_unique().cast(pl.Int64),
            n_passing=pl.col("passes").sum().cast(pl.Int64),
        )
        .filter(pl.col("n_accounts") > 1)
    )
    kind, n = pl.col("thing_kind"), pl.col("n_accounts")
    idle = pl.col("n_passing") < limits["passing_accounts_share"] * n
    readings = [
        ("firm", (kind == "holder") & pl.col("thing_id").is_in(company.implode()), "accounts of one company"),
        ("shared_till", (kind == "device") & pl.col("thing_id").is_in(till.implode()), "a payment terminal"),
        ("nat", (kind == "ip") & (n >= limits["gateway_accounts"]), "an address so many accounts use is a gateway"),
        ("hub", n > accounts_max, "more accounts than accounts_max share it"),
        ("own_accounts", (kind == "holder") & idle, "one person's own accounts; hardly any passes money on"),
        ("family", kind.is_in(["sim", "device", "ip"]) & idle & (n <= limits["family_accounts_max"]),
         "few accounts, hardly any of which passes money on: a family or a helper's phone"),
        ("dormitory", kind.is_in(["sim", "device", "ip"]) & idle,
         "many accounts, hardly any of which passes money on: a dormitory, office or shop"),
    ]  # fmt: skip
    reading, why = pl.lit(None, pl.String), pl.lit(None, pl.String)
    for name, holds, told in reversed(readings):
        reading = pl.when(holds).then(pl.lit(name)).otherwise(reading)
        why = pl.when(holds).then(pl.lit(told)).otherwise(why)
    strong = kind.is_in(STRONG_KINDS)
    return (
        shared.with_columns(look_alike=reading, why=why)
        .with_columns(
            strength=pl.when(pl.col("look_alike").is_not_null())
            .then(pl.lit("set_aside"))
            .when(strong)
            .then(pl.lit("strong"))
            .otherwise(pl.lit("weak")),
            why=pl.when(pl.col("why").is_not_null())
            .then("why")
            .otherwise(pl.format("{} of {} accounts pass money on", "n_passing", "n_accounts")),
        )
        .sort("thing_kind", "thing_id")
        .select(pl.col(name).cast(dtype) for name, dtype in SHARED_SCHEMA.items())
    )
