"""The call records of a made-up city: they show the world's own ties, each of them, and read back as they were printed."""

from dataclasses import replace

import polars as pl
import pytest

from graphfraud.analysis.call_rules import call_facts, called_as_machines
from graphfraud.intake.load import load
from graphfraud.store.open import open_store
from graphfraud.synthetic.calls import call_rows
from graphfraud.synthetic.config import sized_config
from graphfraud.synthetic.dialects import Dialect, dialects, write_files
from graphfraud.synthetic.world import make_world
from graphfraud.tables import OUTCOMES
from graphfraud.units import DAY_US

TIE = ["sim_id", "device_id"]


@pytest.fixture(scope="module")
def world():
    return make_world(replace(sized_config(3_000), victims=(3, 4), days=30), rng_seed=8)


@pytest.fixture(scope="module")
def calls(world):
    return call_rows(world, 2)


def inserted(world):
    return world.links.filter(pl.col("kind") == "inserted_in").select(sim_id="a_id", device_id="b_id").sort(TIE)


def test_the_calls_show_every_tie_and_no_other(world, calls):
    assert calls.select(sim_id="own", device_id="imei").unique().sort(TIE).equals(inserted(world))


def test_the_same_seed_gives_the_same_calls(world, calls):
    assert call_rows(world, 2).equals(calls)
    assert not call_rows(world, 3).equals(calls)


def test_calls_are_made_while_the_card_lives(world, calls):
    until_us = world.config.since_us + world.config.days * DAY_US
    both = calls.join(world.sims.select("opened_us", "closed_us", own="sim_id"), on="own")
    assert (both["at"] >= both["opened_us"]).all()
    assert (both["at"] >= world.config.since_us).all()
    assert (both["at"] < both.select(pl.coalesce("closed_us", pl.lit(until_us)) + DAY_US).to_series()).all()


def test_each_kind_of_card_telephones_as_such_cards_do(world, calls):
    own = calls.join(world.truth.sims.select("role", own="sim_id"), on="own")
    by_role = own.group_by("role").agg(
        outgoing=(pl.col("call_type") == "主叫").mean(), spread=pl.struct("own", "peer").n_unique() / pl.len()
    )
    told = {role: (out, spread) for role, out, spread in by_role.iter_rows()}
    assert told["goip"][0] == 1.0
    assert told["goip"][1] > 0.9, "a farm calls strangers"
    assert told["person"][0] < 0.7
    assert told["person"][1] < 0.8, "people call the same few"
    farm = own.filter(pl.col("role") == "goip").sort("own", "at").with_columns(then=pl.col("imei").shift().over("own"))
    assert (farm["imei"] != farm["then"]).mean() > 0.2, "its cards go round the handsets"
    swaps = own.filter(pl.col("role") == "handset_swap").sort("own", "at")
    changes = swaps.group_by("own").agg(
        changes=(pl.col("imei") != pl.col("imei").shift()).sum(), handsets=pl.col("imei").n_unique() - 1
    )
    assert (changes["changes"] == changes["handsets"]).all(), "one handset after the other"


def counted(world, folder):
    written = write_files(world, folder / "raw", rng_seed=2, senders={"calls": dialects("plain")["calls"]})
    store = open_store(folder / "store")
    for path in written:
        load(path, store)
    return store.read("call_counts").join(world.truth.sims.select("sim_id", "role"), on="sim_id")


def test_farms_call_as_machines_and_no_look_alike_does(world, tmp_path):
    counts = counted(world, tmp_path)
    farm = counts.filter(pl.col("role") == "goip")
    assert farm["n_day_peers"].is_between(31, 300).mean() > 0.95
    assert (farm["n_in"] == 0).all() and (farm["n_cells"] == 1).all()
    lives = farm.join(world.sims.select("sim_id", "opened_us"), on="sim_id")
    assert ((lives["first_us"] - lives["opened_us"]) >= DAY_US).all(), "silent on the first day"
    facts = call_facts(counts, world.sims, counts["sim_id"])
    machines = set(called_as_machines(facts))
    assert len(machines & set(farm["sim_id"])) > 0.95 * farm.height
    assert machines <= set(farm["sim_id"])
    shown = facts.join(counts.select("sim_id", "role"), on="sim_id").group_by("role").agg(pl.col("rule").unique())
    rules = {role: set(told) for role, told in shown.iter_rows()}
    assert {"S02", "S04"} <= rules["call_centre"], "its look-alikes are worth their name"
    assert "S02" in rules["rider"]
    assert not rules.keys() & {"iot_meter", "taxi_fleet", "shared_phone", "person", "handset_swap"}


def test_a_farms_cards_go_round_their_handsets_in_turn(world, calls):
    farm = calls.join(world.truth.sims.filter(pl.col("role") == "goip").select(own="sim_id"), on="own").sort("own", "at")
    n = pl.col("imei").n_unique().over("own").cast(pl.Int64)
    place = pl.int_range(pl.len()).over("own")
    turns = farm.with_columns(n=n, place=place).with_columns(turn=pl.col("place") % pl.col("n"))
    same = turns.group_by("own", "turn").agg(pl.col("imei").n_unique())
    assert (same["imei"] == 1).mean() > 0.95  # where two sessions meet, a turn may be lost


def test_other_files_do_not_change_by_the_calls(world, tmp_path):
    with_calls = write_files(world, tmp_path / "a", mess="hard", rng_seed=4)
    others = {name: each for name, each in dialects("hard").items() if name != "calls"}
    without = write_files(world, tmp_path / "b", mess="hard", rng_seed=4, senders=others)
    assert {p.name for p in with_calls} - {p.name for p in without} == {"话单.csv", "话单_补充.csv"}
    assert all((tmp_path / "a" / p.name).read_bytes() == p.read_bytes() for p in without)


@pytest.mark.parametrize("mess", ["plain", "usual", "hard"])
def test_reading_the_files_gives_the_ties_again(world, calls, tmp_path, mess):
    written = write_files(world, tmp_path / "raw", rng_seed=2, senders={"calls": dialects(mess)["calls"]})
    store = open_store(tmp_path / "store")
    for path, row in zip(written, written.audit.iter_rows(named=True), strict=True):
        audit = load(path, store).audit
        assert {name: getattr(audit, name) for name in OUTCOMES} == {name: row[name] for name in OUTCOMES}
    links = store.read("links").select("first_us", "last_us", "n_seen", sim_id="a_id", device_id="b_id").sort(TIE)
    assert links.select(TIE).equals(inserted(world))
    ends = calls.group_by(sim_id="own", device_id="imei").agg(
        first_us=pl.col("at").min(),
        last_us=(pl.col("at") + pl.col("duration") * 1_000_000).max(),
        n_seen=pl.len().cast(pl.Int64),
    )
    assert links.select(ends.columns).equals(ends.sort(TIE))
    sims = ["sim_id", "imsi", "carrier", "region"]
    active = world.sims.join(calls.select(sim_id="own"), on="sim_id", how="semi")
    assert store.read("sims").select(sims).sort("sim_id").equals(active.select(sims).sort("sim_id"))
    assert not [p for p in store.check() if p.kind == "damage"]


def test_registers_and_calls_in_any_order_say_the_same(world, tmp_path):
    senders = {"sims": Dialect("sim_register"), "calls": Dialect("call_record", repeated=0.3)}
    paths = list(write_files(world, tmp_path / "raw", senders=senders))
    said = []
    for n, order in enumerate((paths, paths[::-1])):
        store = open_store(tmp_path / f"s{n}")
        for path in order:
            load(path, store)
        said.append({t: store.read(t).drop("record").sort(pl.all()) for t in ("sims", "devices", "links", "holders")})
    for table in said[0]:
        assert said[0][table].equals(said[1][table]), table
