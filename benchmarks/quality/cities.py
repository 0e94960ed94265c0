"""Cities to be judged on: seeds and settings that no threshold was chosen on, and more look-alikes than the city has itself."""

from dataclasses import replace

import numpy as np
import polars as pl

from graphfraud.intake.call_counts import call_counts
from graphfraud.intake.calls import frames
from graphfraud.intake.source_map import load_map
from graphfraud.synthetic.calls import call_rows
from graphfraud.synthetic.config import WorldConfig
from graphfraud.synthetic.world import make_world
from graphfraud.tables import conform
from graphfraud.units import NONE, SECOND_US

BASE = WorldConfig()
CITIES = {
    # name: (settings, seeds, share of log-ins lost)
    "default": (BASE, (101, 102, 103), 0.0),
    "small gangs, few on one computer": (
        replace(BASE, n_transactions=60_000, victims=(4, 10), device_accounts=(3, 8), batch_opening=(2, 4)), (111, 112), 0.0,
    ),
    "mostly runners": (replace(BASE, runner_share=0.6), (121, 122), 0.0),
    "statements and log-ins missing": (
        replace(BASE, held_fraud=0.75, held_victims=0.15, held_background=0.05), (131, 132), 0.3,
    ),
    "slow money, short lives": (replace(BASE, resting=0.15, card_life_days=2, days=90, pooling_minutes=90), (141, 142), 0.0),
    "few culprits": (replace(BASE, n_transactions=150_000, n_background=9_000, victims=(4, 12)), (151,), 0.0),
}  # fmt: skip
SMALLEST = {"smallest": (replace(BASE, n_transactions=9_000, n_background=300, days=45, victims=(4, 8)), (161,), 0.0)}


class City:
    """A world with its truth by item; an item is an account or a phone card."""

    def __init__(self, settings, rng_seed, lost):
        world = make_world(settings, rng_seed=rng_seed)
        rng = np.random.default_rng(rng_seed)
        self.transactions = world.seen()
        more, devices, people = _more_look_alikes(world, rng)
        online = pl.col("kind") == "logged_in_on"
        kept = world.links.filter(~online | pl.Series(rng.random(world.links.height) >= lost))
        self.links = pl.concat([kept, more])
        self.tables = {
            **world.frames,
            "links": self.links,
            "devices": pl.concat([world.devices, devices]),
            "call_counts": _call_counts(world, rng_seed),
        }
        self.true = pl.concat([_account_rings(world), _card_rings(world)])
        accounts, sims = world.truth.accounts, world.truth.sims
        culprit = pl.concat([_ids("account", accounts.filter("culprit")), _ids("sim", sims.filter("culprit"))])
        decoy = pl.concat([_ids("account", accounts.filter("decoy")), _ids("sim", sims.filter("decoy")), people])
        self.culprits = culprit["id"].unique()
        self.look_alikes = decoy.filter(~pl.col("id").is_in(self.culprits.implode()))["id"].unique()
        self.n_items = accounts.height + sims.height


def _call_counts(world, rng_seed):
    """Count the city's calls as loading its call record would."""
    calls = call_rows(world, rng_seed).with_row_index("row", offset=1)
    typed = calls.with_columns(pl.col("row").cast(pl.Int64), at_precision_us=pl.lit(SECOND_US, pl.Int64))
    directions = load_map("call_record").directions
    counted = call_counts(typed, frames(typed)["calls"], directions).rename({"row": "record"})
    return conform(counted.with_columns(source_id=pl.lit("calls")), "call_counts")


def _ids(kind, frame):
    return frame.select(id=pl.lit(f"{kind}:") + pl.col(f"{kind}_id"))


def _account_rings(world):
    ringed = world.truth.accounts.filter(pl.col("ring_id").is_not_null())
    return ringed.select(id=pl.lit("account:") + pl.col("account_id"), ring="ring_id")


def _card_rings(world):
    """A phone card is of the ring whose account it is bound to; a farm's cards share handsets and are a ring too."""
    ringed = world.truth.accounts.filter(pl.col("ring_id").is_not_null()).select("account_id", "ring_id")
    bound = world.accounts.select("account_id", "phone").join(ringed, on="account_id")
    bound = bound.select(id=pl.lit("sim:") + pl.col("phone"), ring="ring_id").unique("id", keep="first", maintain_order=True)
    goip = world.truth.sims.filter(pl.col("role") == "goip")["sim_id"]
    seats = world.links.filter((pl.col("kind") == "inserted_in") & pl.col("a_id").is_in(goip.implode()))
    farm = dict.fromkeys(goip)
    handsets = {}
    for sim, device in seats.select("a_id", "b_id").iter_rows():
        handsets.setdefault(device, []).append(sim)
    for cards in handsets.values():  # every card of a farm is in two handsets of it or more, so that they hang together
        names = {farm[card] for card in cards if farm[card]} | {min(cards)}
        name = min(names)
        for card in farm:
            if farm[card] in names or card in cards:
                farm[card] = name
    rows = {"id": [f"sim:{sim}" for sim in farm], "ring": [f"farm {name}" for name in farm.values()]}
    return pl.concat([bound, pl.DataFrame(rows, schema=bound.schema)])


def _more_look_alikes(world, rng):
    """Return links and devices of gateways, dormitories, households and tills, and the innocent people on them."""
    truth = world.truth.accounts
    people = truth.filter(pl.col("role") == "person")["account_id"].to_list()
    culprits = truth.filter("culprit")["account_id"].to_list()
    people = [people[k] for k in rng.permutation(len(people))]
    rows, innocent, tills = [], set(), []

    def share(kind, name, members):
        rows.extend((member, kind, name) for member in members)
        innocent.update(members)

    for k in range(4):  # a gateway serves gangs too
        share("ip", f"198.18.200.{k}", people[60 * k : 60 * k + 60])
        gang = rng.choice(culprits, min(12, len(culprits)), replace=False)
        rows.extend((culprit, "ip", f"198.18.200.{k}") for culprit in gang)
    at = 0
    for k in range(12):
        n = int(rng.integers(6, 16))
        share("ip", f"198.18.201.{k}", people[at : at + n])
        at += n
    for k in range(60):
        n = int(rng.integers(2, 6))
        share("device", f"home-{k:03d}", people[at % len(people) : at % len(people) + n])
        at += n
    for k in range(6):
        tills.append(f"till-{k}")
        share("device", tills[-1], [people[j] for j in rng.integers(0, len(people), 25)])
        rows.extend((culprit, "device", tills[-1]) for culprit in rng.choice(culprits, min(4, len(culprits)), replace=False))
    frame = pl.DataFrame(rows, schema=["a_id", "b_kind", "b_id"], orient="row").unique(maintain_order=True)
    frame = frame.with_columns(kind=pl.lit("logged_in_on"), a_kind=pl.lit("account"), n_seen=1, record=NONE)
    frame = frame.with_columns(pl.col("n_seen", "record").cast(pl.Int64))
    devices = pl.DataFrame({"device_id": tills, "kind": "terminal"})
    who = pl.DataFrame({"id": [f"account:{name}" for name in sorted(innocent)]})
    return conform(frame, "links"), conform(devices, "devices"), who
