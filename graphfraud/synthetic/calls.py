"""The call records of a made-up city: who telephoned from which handset and cell when, made from the world's own ties.

The world knows which phone card was in which handsets; what is drawn here, from a stream of its own so that nothing else of the
world changes, is the calls that show it. Each tie is shown by at least one call, and no call shows another tie.

- Ordinary people keep one handset for the whole time, telephone a few people, and move between a few cells.
- Who changes handsets (a second-hand phone, a swap) uses one after the other: the time is cut in as many spells as handsets.
- Cards of a SIM farm are silent for a day, then call strangers only, one after the other for hours on two days, take no calls,
  stay in one cell away from home, and go round their handsets call by call.
- Look-alikes: a call centre calls as many, from one cell, but is called back and lets its agents breathe; riders and drivers
  call strangers all over town and are called by them; data cards of meters and fleets send messages to one number.
"""

import numpy as np
import polars as pl

from graphfraud.synthetic.draws import Draws, Ints
from graphfraud.synthetic.identities import CITIES
from graphfraud.synthetic.world import World
from graphfraud.units import DAY_US, HOUR_US, SECOND_US

STREAM = 2000
_CALLS = {
    "person": (2, 8), "goip": (70, 120), "call_centre": (40, 80), "rider": (40, 80), "taxi_driver": (20, 40),
    "taxi_fleet": (2, 5), "iot_meter": (1, 3), "shared_phone": (2, 4),
}  # fmt: skip
"""Calls drawn for each tie, by the card's role (of a farm: for each card); other roles as a person."""

_BUSY_US = {"call_centre": 2 * DAY_US, "rider": 3 * DAY_US, "taxi_driver": 3 * DAY_US}
"""Roles whose calls are asked for only so long, as there are so many."""

_KINDS = ("主叫", "被叫", "短信发送", "短信接收")
_HOTLINES = ("95588", "10086", "96110", "110")
_WAYS = {"trade": (0.6, 0.35, 0.02, 0.03), "person": (0.45, 0.4, 0.05, 0.1)}
_CELLS = {"rider": 24, "taxi_driver": 24, "call_centre": 1, "goip": 1, "iot_meter": 1, "shared_phone": 1}
"""Cells a card moves between, by its role; other roles between :data:`_CELLS_PERSON`."""

_CELLS_PERSON = 5


def call_rows(world: World, rng_seed: int) -> pl.DataFrame:
    """Return one row for each call, in order of time.

    Parameters
    ----------
    world : World
    rng_seed : int
        Same world and seed give the same calls.

    Returns
    -------
    polars.DataFrame
        ``own, peer, call_type, at, duration, imei, lac, ci, place`` and the card's register; ``at`` in microseconds since 1970
        UTC, ``duration`` in seconds.
    """
    draws, start_us = Draws(rng_seed, STREAM), world.config.since_us
    until_us = start_us + world.config.days * DAY_US
    ties = _spells(world, draws, start_us, until_us)
    role = ties["role"]
    low, high = (role.replace_strict({r: c[i] for r, c in _CALLS.items()}, default=_CALLS["person"][i]) for i in (0, 1))
    n_calls = draws.integers(low.to_numpy().astype(np.int64), high.to_numpy().astype(np.int64), ties.height)
    n_calls = np.where((role == "goip").to_numpy(), -(-n_calls // ties["n"].to_numpy()), n_calls)
    tie = np.repeat(np.arange(ties.height, dtype=np.int64), n_calls)
    n = len(tie)
    since, until = (ties[end].to_numpy()[tie] for end in ("since_us", "until_us"))
    at = since + (draws.uniform(n) * ((until - since) // SECOND_US)).astype(np.int64) * SECOND_US
    farm, data, trade, desk = (
        role.is_in(names).to_numpy()[tie]
        for names in (["goip"], ["iot_meter", "taxi_fleet"], ["call_centre", "rider", "taxi_driver"], ["call_centre"])
    )
    ways = np.where(trade, draws.pick(_WAYS["trade"], n), draws.pick(_WAYS["person"], n))
    kind = np.where(farm, 0, np.where(data, 2, ways))
    talk = draws.integers(5, 900, n)
    seconds = np.where(kind >= 2, 0, np.where(farm, np.where(draws.chance(0.5, n), 0, 3 + talk % 26), talk))
    peer = _peers(world, draws, tie, farm | trade, data, n)
    rows = pl.DataFrame(
        {
            "tie": tie,
            "own": ties["sim_id"].gather(tie),
            "peer": peer,
            "call_type": pl.Series(_KINDS).gather(kind),
            "at": at,
            "duration": seconds,
            "pause": draws.integers(4, 45, n),
            "imei": ties["device_id"].gather(tie),
            **_cells(draws, ties, tie, desk, n),
        }
    )
    rows = pl.concat([rows.filter(~pl.Series(farm)), _in_turn(rows.filter(pl.Series(farm)), ties)]).drop("tie", "pause")
    rows = rows.unique(["own", "peer", "call_type", "at", "imei"], keep="first", maintain_order=True)
    register = world.sims.select("imsi", "carrier", "region", own="sim_id")
    return rows.join(register, on="own", how="left", maintain_order="left").sort("at", "own", "imei", "peer")


def _spells(world: World, draws: Draws, start_us: int, until_us: int) -> pl.DataFrame:
    """Say when each card was in each of its handsets: ``sim_id, device_id, role, region, handset, n, since_us, until_us``."""
    ties = world.links.filter(pl.col("kind") == "inserted_in").select(sim_id="a_id", device_id="b_id")
    cards = world.sims.select("sim_id", "region", "opened_us", "closed_us").join(
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
    life = life.with_columns(
        since_us=pl.when(farm).then("since_us").otherwise(begins),
        until_us=pl.when(farm).then("until_us").otherwise(begins + spell),
    )
    busy = pl.col("role").replace_strict(_BUSY_US, default=None, return_dtype=pl.Int64)
    room = pl.max_horizontal(pl.col("until_us") - pl.col("since_us") - busy, pl.lit(0))
    later = (room * pl.lit(pl.Series(draws.uniform(life.height)))).cast(pl.Int64) // SECOND_US * SECOND_US
    return life.with_columns(
        since_us=pl.when(busy.is_not_null()).then(pl.col("since_us") + later).otherwise("since_us"),
        until_us=pl.when(busy.is_not_null())
        .then(pl.min_horizontal("until_us", pl.col("since_us") + later + busy))
        .otherwise("until_us"),
    )


def _in_turn(rows: pl.DataFrame, ties: pl.DataFrame) -> pl.DataFrame:
    """Let the cards of farms call one number after the other, half on the second day of their life and half on the third, the
    handsets in turn call by call.
    """
    seats = ties.select("sim_id", "device_id", turn="handset")
    lives = ties.select("sim_id", "n", begins="since_us", ends="until_us").unique("sim_id", keep="first", maintain_order=True)
    own = rows.join(lives, left_on="own", right_on="sim_id", maintain_order="left")
    own = own.sort("own", "at", "tie", maintain_order=True)
    place, whole = pl.int_range(pl.len(), dtype=pl.Int64).over("own"), pl.len().over("own").cast(pl.Int64)
    own = own.with_columns(turn=place % pl.col("n"), second=place * 2 >= whole)
    took = (pl.col("duration") + pl.col("pause")) * SECOND_US
    after = took.cum_sum().over("own", "second") - took
    # China's office hours of the day after the first 24 hours, and of the day after that where the card still lives
    day = (pl.col("begins") + 8 * HOUR_US) // DAY_US * DAY_US - 8 * HOUR_US
    first = pl.max_horizontal(day + DAY_US + 9 * HOUR_US, pl.col("begins") + DAY_US)
    third = pl.min_horizontal(day + 2 * DAY_US + 9 * HOUR_US, pl.col("ends") - 3 * HOUR_US)
    late = (pl.col("at") - pl.col("begins")) % (30 * 60 * SECOND_US)  # cards do not begin all at once
    begin = pl.when("second").then(pl.max_horizontal(third, first + 4 * HOUR_US)).otherwise(first)
    late = late.first().over("own")
    own = own.with_columns(at=begin + late + after)
    told = own.join(seats, left_on=["own", "turn"], right_on=["sim_id", "turn"], how="left", maintain_order="left")
    return told.with_columns(imei="device_id").select(rows.columns)


def _cells(draws: Draws, ties: pl.DataFrame, tie: Ints, desk: np.ndarray, n: int) -> dict[str, pl.Series]:
    """Draw in which cell and place each call began: of a farm's and a call centre's handsets the one where they stand."""
    n_cells = ties["role"].replace_strict(_CELLS, default=_CELLS_PERSON, return_dtype=pl.Int64).to_numpy()[tie]
    sim = ties["sim_id"].rank("dense").cast(pl.Int64).to_numpy()[tie]
    farm = (ties["role"] == "goip").to_numpy()[tie]
    # The handsets of a farm stand side by side and their numbers follow each other.
    near = ties["device_id"].str.slice(0, 13).cast(pl.Int64, strict=False).fill_null(0).to_numpy()[tie] // 100
    base = np.where(farm, near * 977, np.where(desk, near * 389, sim * 31))
    cell = base % 2_000_003 + draws.integers(0, n_cells - 1, n) * 17
    home = (
        ties["region"].replace_strict({city: k for k, city in enumerate(CITIES)}, default=0, return_dtype=pl.Int64).to_numpy()
    )
    city = np.where(
        farm, (home[tie] + 1 + near % 3) % len(CITIES), np.where(draws.chance(0.04, n), sim % len(CITIES), home[tie])
    )
    return {
        "lac": pl.Series(6_000 + cell // 64 % 900),
        "ci": pl.Series(cell + 1),
        "place": pl.Series(CITIES).gather(city),
    }


def _peers(world: World, draws: Draws, tie: Ints, strangers: np.ndarray, data: np.ndarray, n: int) -> pl.Series:
    """Draw the other end: strangers for a farm or a trade, one number for a data card, else four people and a hotline."""
    numbers = world.sims["sim_id"]
    friend = (tie * 7 + draws.integers(0, 3, n) * 131) % numbers.len()
    stranger = draws.integers(0, numbers.len() - 1, n)
    place = np.where(strangers, stranger, np.where(data, tie // 40 % numbers.len(), friend))
    hotline = pl.Series(_HOTLINES).gather(draws.integers(0, len(_HOTLINES) - 1, n))
    rare = pl.Series(draws.chance(0.05, n) & ~strangers & ~data)
    both = pl.DataFrame({"person": numbers.gather(place), "hotline": hotline, "rare": rare})
    return both.select(pl.when("rare").then("hotline").otherwise("person").alias("peer")).to_series()
