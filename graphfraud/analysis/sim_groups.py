"""Phone cards used together: SIM farms, and the innocent who look like them (call centres, fleets, meters, households)."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from graphfraud.analysis.question import frozen
from graphfraud.analysis.rings import ring_name
from graphfraud.analysis.rule_table import reason, rule_table
from graphfraud.analysis.ties import openings
from graphfraud.findings.rings import SHARED_SCHEMA
from graphfraud.kernels.components import components
from graphfraud.units import DAY_US, MINUTE_US, duration_text

DATA_PLAN = "物联网"


def sim_ties(links: pl.DataFrame, sims: pl.DataFrame, holders: pl.DataFrame) -> pl.DataFrame:
    """List which phone card was in which handset: ``sim_id, device_id``, its subscriber, opening, agent and plan."""
    told = links.filter((pl.col("kind") == "registered_with") & (pl.col("a_kind") == "holder"))
    told = told.select(sim_id="b_id", told="a_id").unique("sim_id", keep="first", maintain_order=True)
    company = holders.filter(pl.col("kind") == "company")["holder_id"]
    register = sims.select("sim_id", "holder_id", "opened_us", "closed_us", "agent", "plan").unique("sim_id", keep="first")
    inserted = links.filter(pl.col("kind") == "inserted_in").select("record", sim_id="a_id", device_id="b_id")
    return (
        inserted.join(register, on="sim_id", how="left")
        .join(told, on="sim_id", how="left")
        .with_columns(owner=pl.coalesce("holder_id", "told"), is_data=pl.col("plan").str.contains(DATA_PLAN).fill_null(False))
        .with_columns(is_company=pl.col("owner").is_in(company.implode()).fill_null(False))
        .drop("holder_id", "told")
        .sort("device_id", "sim_id")
    )


def shared_handsets(ties: pl.DataFrame, sims_max: int) -> pl.DataFrame:
    """Judge every handset that several phone cards were used in: SHARED_SCHEMA, ``thing_kind`` handset."""
    limit = rule_table()["sims"]["sims_min"]
    n, company, data = pl.col("n_sims"), pl.col("n_company"), pl.col("n_data")
    counted = (
        ties.group_by(thing_id="device_id")
        .agg(
            n_sims=pl.len().cast(pl.Int64),
            n_holders=pl.col("owner").n_unique().cast(pl.Int64),
            n_company=pl.col("is_company").sum(),
            n_data=pl.col("is_data").sum(),
        )
        .filter(n > 1)
    )
    readings = (
        ("fleet_or_meters", 2 * data > n, "data cards of meters or vehicles"),
        ("call_centre", 2 * company > n, "a company is the subscriber of most of them"),
        ("household", n < limit, "so few cards are a household's, or one person's"),
        ("one_person", pl.col("n_holders") == 1, "one subscriber's own cards"),
        ("repair_shop", n > sims_max, "more cards than accounts_max: a repair shop or test handset"),
    )
    reading, why = pl.lit(None, pl.String), pl.format("{} cards of {} subscribers", "n_sims", "n_holders")
    for name, holds, told in reversed(readings):
        reading = pl.when(holds).then(pl.lit(name)).otherwise(reading)
        why = pl.when(holds).then(pl.lit(told)).otherwise(why)
    return (
        counted.with_columns(look_alike=reading, why=why, thing_kind=pl.lit("handset"), n_accounts=0, n_passing=0)
        .with_columns(strength=pl.when(pl.col("look_alike").is_null()).then(pl.lit("strong")).otherwise(pl.lit("set_aside")))
        .sort("thing_id")
        .select(pl.col(name).cast(dtype) for name, dtype in SHARED_SCHEMA.items())
    )


def sim_groups(ties: pl.DataFrame, shared: pl.DataFrame) -> pl.DataFrame:
    """Bind phone cards through handsets that nothing innocent explains: rows of ``ties`` with ``ring_id`` of their group."""
    strong = shared.filter(pl.col("strength") == "strong")["thing_id"]
    used = ties.filter(pl.col("device_id").is_in(strong.implode()))
    used = used.with_columns(
        s=pl.col("sim_id").rank("dense").cast(pl.Int32) - 1, d=pl.col("device_id").rank("dense").cast(pl.Int32) - 1
    )
    if used.is_empty():
        return used.drop("s", "d").with_columns(ring_id=pl.lit(None, pl.String))
    n_sims = used["s"].n_unique()
    ends = (frozen(used["s"].to_numpy()), frozen((used["d"] + n_sims).to_numpy()))
    named = components(*ends, n_sims + used["d"].n_unique())
    used = used.with_columns(group=pl.Series(named[used["s"].to_numpy()].astype(np.int64)))
    first = used.sort("group", "opened_us", "sim_id", nulls_last=True).unique("group", keep="first", maintain_order=True)
    names = first.select("group", ring_id=pl.Series([ring_name(sim) for sim in first["sim_id"]], dtype=pl.String))
    return used.join(names, on="group", maintain_order="left").drop("s", "d", "group")


def sim_reasons(groups: pl.DataFrame, machines: pl.Series) -> list[dict[str, Any]]:
    """List the reasons of each group of phone cards; ``machines`` are cards whose calls are unlike a person's."""
    rules, found = rule_table()["rings"], []
    for (ring_id,), used in groups.sort("ring_id", "sim_id", "device_id").group_by("ring_id", maintain_order=True):
        cards = used.unique("sim_id", keep="first", maintain_order=True)
        n, owners = cards.height, cards["owner"].n_unique()
        told = [
            reason("rings", "R11", rules["R11"]["points"] * (n - 1), n=n, holders=owners, devices=used["device_id"].n_unique())
        ]
        rotated = used.group_by("sim_id").len().filter(pl.col("len") > 1).height
        if 2 * rotated > n:
            told.append(reason("rings", "R12", rules["R12"]["points"], n=rotated))
        batch = largest_batch(cards)
        if batch is not None:
            told.append(reason("rings", "R13", rules["R13"]["points"], **batch))
        short = cards.filter(pl.col("closed_us") - pl.col("opened_us") <= rules["R14"]["days_max"] * DAY_US).height
        if 2 * short > n:
            told.append(reason("rings", "R14", rules["R14"]["points"], n=short))
        calling = cards.filter(pl.col("sim_id").is_in(machines.implode())).height
        if 2 * calling > n:
            told.append(reason("rings", "R15", rules["R15"]["points"], n=calling))
        row, devices = in_a_row(used["device_id"].unique()), used["device_id"].n_unique()
        if row >= rules["R16"]["handsets_min"]:
            told.append(reason("rings", "R16", rules["R16"]["points"], n=row, devices=devices))
        found += [{"ring_id": ring_id, **one} for one in told]
    return found


def in_a_row(devices: pl.Series) -> int:
    """Return how many handsets the longest row of numbers has that follow each other (type and serial: the first 14 digits)."""
    body = devices.filter(devices.str.contains(r"^[0-9]{15}$")).str.slice(0, 14).cast(pl.Int64).unique().sort()
    if body.is_empty():
        return 0
    return int((body - pl.int_range(body.len(), eager=True)).value_counts()["count"].max())  # type: ignore[arg-type]


def largest_batch(cards: pl.DataFrame) -> Mapping[str, Any] | None:
    """Return the largest run of openings at one agent, where it is large enough to be called one."""
    limits = rule_table()["sims"]
    runs = openings(cards, "agent", limits["batch_gap_hours"]).sort("n_batch", "batch", descending=[True, False])
    if runs.is_empty() or runs["n_batch"][0] < limits["batch_cards_min"]:
        return None
    span_us = int(runs["span_us"][0])
    return {"n": runs["n_batch"][0], "span": duration_text(max(span_us, MINUTE_US))}
