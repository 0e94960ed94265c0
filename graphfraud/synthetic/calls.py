"""The call records of a made-up city: who telephoned from which handset when, made from the world's own ties.

The world knows which phone card was in which handsets; what is drawn here, from a stream of its own so that nothing else of the
world changes, is the calls that show it. Each tie is shown by at least one call, and no call shows another tie.

- Ordinary people keep one handset for the whole time and telephone a few people.
- Who changes handsets (a second-hand phone, a swap) uses one after the other: the time is cut in as many spells as handsets.
- Cards of a SIM farm live some days, call strangers only, take no calls, and go round their handsets call by call.
- Data cards of meters and fleets send messages to one number.
"""

import numpy as np
import polars as pl

from graphfraud.synthetic.draws import Draws, Ints
from graphfraud.synthetic.world import World
from graphfraud.units import DAY_US, SECOND_US

STREAM = 2000
_CALLS = {"person": (2, 8), "goip": (10, 20), "call_centre": (4, 12), "taxi_fleet": (2, 5), "iot_meter": (1, 3)}
"""Calls drawn for each tie, by the card's role; other roles as a person."""

_KINDS = ("主叫", "被叫", "短信发送", "短信接收")
_HOTLINES = ("95588", "10086", "96110", "110")


def call_rows(world: World, rng_seed: int) -> pl.DataFrame:
    """Return one row for each call, in order of time: ``own, peer, call_type, at, duration, imei`` and the card's register.

    Parameters
    ----------
    world : World
    rng_seed : int
        Same world and seed give the same calls.

    Returns
    -------
    polars.DataFrame
        ``at`` in microseconds since 1970 UTC, ``duration`` in seconds.
    """
    draws, start_us = Draws(rng_seed, STREAM), world.config.since_us
    until_us = start_us + world.config.days * DAY_US
    ties = _spells(world, start_us, until_us)
    role = ties["role"]
    low, high = (role.replace_strict({r: c[i] for r, c in _CALLS.items()}, default=_CALLS["person"][i]) for i in (0, 1))
    n_calls = draws.integers(low.to_numpy().astype(np.int64), high.to_numpy().astype(np.int64), ties.height)
    tie = np.repeat(np.arange(ties.height, dtype=np.int64), n_calls)
    n = len(tie)
    since, until = (ties[end].to_numpy()[tie] for end in ("since_us", "until_us"))
    at = since + (draws.uniform(n) * ((until - since) // SECOND_US)).astype(np.int64) * SECOND_US
    farm, data = ((role == name).to_numpy()[tie] for name in ("goip", "iot_meter"))
    data |= (role == "taxi_fleet").to_numpy()[tie]
    kind = np.where(farm, 0, np.where(data, 2, draws.pick((0.45, 0.4, 0.05, 0.1), n)))
    rings = draws.integers(5, 900, n)
    seconds = np.where(kind >= 2, 0, np.where(farm, rings % 40, rings))
    rows = pl.DataFrame(
        {
            "own": ties["sim_id"].gather(tie),
            "peer": _peers(world, draws, tie, farm, data, n),
            "call_type": pl.Series(_KINDS).gather(kind),
            "at": at,
            "duration": seconds,
            "imei": ties["device_id"].gather(tie),
        }
    ).unique(["own", "peer", "call_type", "at", "imei"], keep="first", maintain_order=True)
    register = world.sims.select("imsi", "carrier", "region", own="sim_id")
    return rows.join(register, on="own", how="left", maintain_order="left").sort("at", "own", "imei", "peer")


def _spells(world: World, start_us: int, until_us: int) -> pl.DataFrame:
    """Return when each card was in each of its handsets: ``sim_id, device_id, role, handset, since_us, until_us``."""
    ties = world.links.filter(pl.col("kind") == "inserted_in").select(sim_id="a_id", device_id="b_id")
    cards = world.sims.select("sim_id", "opened_us", "closed_us").join(
        world.truth.sims.select("sim_id", "role"), on="sim_id", how="left", maintain_order="left"
    )
    ties = ties.join(cards, on="sim_id", how="left", maintain_order="left").with_columns(
        handset=pl.int_range(pl.len(), dtype=pl.Int64).over("sim_id"), n=pl.len().over("sim_id").cast(pl.Int64)
    )
    since = pl.max_horizontal(pl.lit(start_us), "opened_us")
    until = pl.max_horizontal(pl.min_horizontal(pl.lit(until_us), pl.col("closed_us")), since + DAY_US)
    life = ties.with_columns(since_us=since, until_us=until)
    spell = (pl.col("until_us") - pl.col("since_us")) // pl.col("n")
    farm = pl.col("role") == "goip"  # it goes round its handsets all the time
    begins = pl.col("since_us") + spell * pl.col("handset")
    return life.with_columns(
        since_us=pl.when(farm).then("since_us").otherwise(begins),
        until_us=pl.when(farm).then("until_us").otherwise(begins + spell),
    )


def _peers(world: World, draws: Draws, tie: Ints, farm: np.ndarray, data: np.ndarray, n: int) -> pl.Series:
    """Draw who is at the other end: strangers for a farm, one number for a data card, else four people and a hotline."""
    numbers = world.sims["sim_id"]
    friend = (tie * 7 + draws.integers(0, 3, n) * 131) % numbers.len()
    stranger = draws.integers(0, numbers.len() - 1, n)
    place = np.where(farm, stranger, np.where(data, tie // 40 % numbers.len(), friend))
    hotline = pl.Series(_HOTLINES).gather(draws.integers(0, len(_HOTLINES) - 1, n))
    rare = pl.Series(draws.chance(0.05, n) & ~farm & ~data)
    both = pl.DataFrame({"person": numbers.gather(place), "hotline": hotline, "rare": rare})
    return both.select(pl.when("rare").then("hotline").otherwise("person").alias("peer")).to_series()
