"""A ring's habits: how fast, how much, how large and when it passes money on, and how alike two rings are in that."""

import numpy as np
import polars as pl

from graphfraud.findings.rings import HABIT_SCHEMA
from graphfraud.units import DAY_US, HOUR_US, MINUTE_US

_GAPS_US = [m * MINUTE_US for m in (1, 2, 5, 10, 20, 30, 60, 120, 360, 1440)]
_AMOUNTS_FEN = [y * 100 for y in (100, 300, 1_000, 3_000, 10_000, 30_000, 100_000, 300_000)]
_KEPT = [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.3]
_CHINA_US = 8 * HOUR_US


def habit_rows(payments: pl.DataFrame, members: pl.DataFrame) -> pl.DataFrame:
    """Count a ring's habits: time to the next hop, share kept, hour of the day, amount; HABIT_SCHEMA with ``ring``."""
    own = payments.filter(pl.col("part").is_in(["inside", "exit"]))
    hour = (pl.col("at_us") + _CHINA_US) % DAY_US // HOUR_US
    kept = members.filter((pl.col("received_fen") > 0) & (pl.col("moved_fen") > 0)).select(
        "ring", value=1 - pl.col("moved_fen") / pl.col("received_fen")
    )
    parts = [
        _binned(own.filter(pl.col("gap_us") >= 0).select("ring", value="gap_us"), "gap", _GAPS_US),
        _binned(own.select("ring", value="amount_fen"), "amount", _AMOUNTS_FEN),
        _binned(kept, "kept", _KEPT),
        own.select("ring", pl.lit("hour").alias("habit"), bin=hour),
    ]
    counted = pl.concat([part.select("ring", "habit", pl.col("bin").cast(pl.Int64)) for part in parts])
    counted = counted.group_by("ring", "habit", "bin").len()
    return counted.with_columns(share=pl.col("len") / pl.col("len").sum().over("ring", "habit")).drop("len")


def _binned(frame: pl.DataFrame, habit: str, edges: list[int] | list[float]) -> pl.DataFrame:
    place = np.searchsorted(np.array(edges), frame["value"].to_numpy(), side="right")
    return frame.select("ring").with_columns(pl.lit(habit).alias("habit"), pl.Series("bin", place))


def likeness(habits: pl.DataFrame, others: pl.DataFrame) -> pl.DataFrame:
    """Compare rings by habits: ``ring_id``, ``other_id``, ``likeness`` from 0 to 1 for every pair.

    The mean over the habits of the Bhattacharyya coefficient (Bulletin of the Calcutta Mathematical Society 35, 1943).
    """
    schema = [pl.col(name) for name in HABIT_SCHEMA]
    met = habits.select(schema).join(others.select(schema), on=["habit", "bin"], suffix="_other")
    n_habits = 4
    return (
        met.group_by("ring_id", other_id="ring_id_other")
        .agg(likeness=(pl.col("share") * pl.col("share_other")).sqrt().sum() / n_habits)
        .sort("ring_id", "other_id")
    )
