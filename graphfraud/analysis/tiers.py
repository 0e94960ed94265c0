"""Tiers: how many hops from a victim an account stands, and what it did with the victims' money.

A tier is the fewest hops on the traced path. An account can be tier 1 for one victim and tier 3 for another; transfers to
oneself move nothing and count no hop. Money that leaves by an exit channel reaches no further account: its receiver has no
tier, except where the victim paid it directly (一级卡 is the account the victim paid).
"""

import polars as pl

from graphfraud.findings.trace import BEYOND, EXITED, RESTING, RETURNED, TIER_SCHEMA, UNSEEN, VICTIM_TIER_SCHEMA
from graphfraud.tables import EXIT_CHANNELS


def account_tiers(seeds: pl.DataFrame, steps: pl.DataFrame, lots: pl.DataFrame, held: pl.DataFrame) -> pl.DataFrame:
    """Sum up a trace by account.

    Parameters
    ----------
    seeds, steps, lots : polars.DataFrame
        As :class:`~graphfraud.findings.trace.Trace` holds them.
    held : polars.DataFrame
        ``account_id`` and ``statement_held`` of every account reached.

    Returns
    -------
    polars.DataFrame
        :data:`~graphfraud.findings.trace.TIER_SCHEMA`, by tier, then account. Under every rule but poison
        received = passed + exited + resting + returned + unseen + beyond, in each row.
    """
    arrivals = _arrivals(seeds, steps)
    onward = steps.filter(pl.col("hop") > 1)
    by_state = lots.group_by("account_id").agg(
        _sum_where("state", state).alias(f"{state}_fen") for state in (EXITED, RESTING, RETURNED, UNSEEN, BEYOND)
    )
    frame = (
        arrivals.group_by("account_id")
        .agg(
            tier=pl.col("hop").min(),
            n_victims=pl.col("victim_account_id").n_unique(),
            received_fen=pl.col("traced_fen").sum(),
            first_us=pl.col("at_us").min(),
            last_in_us=pl.col("at_us").max(),
        )
        .join(
            onward.group_by(account_id="payer_id").agg(
                passed_fen=pl.col("traced_fen").filter(~_leaves()).sum(), last_out_us=pl.col("at_us").max()
            ),
            on="account_id",
            how="left",
        )
        .join(by_state, on="account_id", how="left")
        .join(held, on="account_id", how="left")
        .with_columns(last_us=pl.max_horizontal("last_in_us", "last_out_us"))
    )
    return _shaped(frame, TIER_SCHEMA).sort("tier", "account_id")


def victim_tiers(seeds: pl.DataFrame, steps: pl.DataFrame) -> pl.DataFrame:
    """Give each account its tier for each victim whose money reached it.

    Parameters
    ----------
    seeds, steps : polars.DataFrame
        As :class:`~graphfraud.findings.trace.Trace` holds them.

    Returns
    -------
    polars.DataFrame
        :data:`~graphfraud.findings.trace.VICTIM_TIER_SCHEMA`, by victim's account, tier, account.
    """
    frame = (
        _arrivals(seeds, steps)
        .group_by("account_id", "victim_account_id")
        .agg(tier=pl.col("hop").min(), received_fen=pl.col("traced_fen").sum(), first_us=pl.col("at_us").min())
    )
    return _shaped(frame, VICTIM_TIER_SCHEMA).sort("victim_account_id", "tier", "account_id")


def _leaves() -> pl.Expr:
    return pl.col("channel").is_in(EXIT_CHANNELS)


def _sum_where(column: str, value: str) -> pl.Expr:
    return pl.col("traced_fen").filter(pl.col(column) == value).sum()


def _arrivals(seeds: pl.DataFrame, steps: pl.DataFrame) -> pl.DataFrame:
    """Steps by which money came to an account."""
    victims = seeds.select("seed", victim_account_id="payer_id")
    return (
        steps.filter((pl.col("hop") == 1) | ~_leaves()).rename({"payee_id": "account_id"}).join(victims, on="seed", how="left")
    )


def _shaped(frame: pl.DataFrame, schema: dict[str, type[pl.DataType]]) -> pl.DataFrame:
    """Order and type the columns; an amount no row spoke of is 0."""
    return frame.select(
        (pl.col(name).fill_null(0) if name.endswith("_fen") else pl.col(name)).cast(dtype) for name, dtype in schema.items()
    )
