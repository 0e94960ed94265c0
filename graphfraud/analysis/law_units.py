"""Thresholds of the law, per person, with the units counted: each a card that a ring used.

That a card was used by a ring does not say that it was sold, rented or lent; stolen, lost and own-use cards are out, and only
people can find that out. So each unit is listed.
"""

from typing import Any

import polars as pl

from graphfraud.analysis.rule_table import rule_table
from graphfraud.analysis.ties import optional
from graphfraud.findings.two_card import UNIT_SCHEMA


def law_units(members: pl.DataFrame, tables: Any, links: pl.DataFrame) -> pl.DataFrame:
    """Count, for each person, the accounts and phone cards in his name that rings used: UNIT_SCHEMA, a row for each unit."""
    held = [
        links.filter(pl.col("kind") == "holds").select(holder_id="a_id", unit_id="b_id", unit_kind=pl.lit("account")),
        links.filter((pl.col("kind") == "registered_with") & (pl.col("a_kind") == "holder")).select(
            holder_id="a_id", unit_id="b_id", unit_kind=pl.lit("sim")
        ),
        optional(tables, "accounts").select("holder_id", unit_id="account_id", unit_kind=pl.lit("account")),
        optional(tables, "sims").select("holder_id", unit_id="sim_id", unit_kind=pl.lit("sim")),
    ]
    owned = pl.concat(held).filter(pl.col("holder_id").is_not_null()).unique()
    company = optional(tables, "holders").filter(pl.col("kind") == "company")["holder_id"]
    owned = owned.filter(~pl.col("holder_id").is_in(company.implode()))
    used = members.select("ring_id", unit_kind="member_kind", unit_id="member_id")
    units = owned.join(used, on=["unit_kind", "unit_id"])
    counted = pl.struct("unit_kind", "unit_id").n_unique().over("holder_id")
    parts = [
        units.filter(pl.col("unit_kind").is_in(law["kinds"])).with_columns(
            rule=pl.lit(rule), threshold=pl.lit(law["threshold"]), n_units=counted
        )
        for rule, law in rule_table()["law"].items()
    ]
    whole = pl.concat(parts).with_columns(reached=pl.col("n_units") >= pl.col("threshold"))
    whole = whole.filter(pl.col("n_units") > 1)
    return whole.sort(
        "n_units", "holder_id", "rule", "unit_kind", "unit_id", descending=[True, False, False, False, False]
    ).select(pl.col(name).cast(dtype) for name, dtype in UNIT_SCHEMA.items())
