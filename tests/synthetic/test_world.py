import hashlib
import subprocess
import sys

import numpy as np
import polars as pl
import pytest

from graphfraud import tables
from graphfraud.errors import QuestionError
from graphfraud.synthetic.config import WorldConfig, closed_config, sized_config
from graphfraud.synthetic.identities import luhn_digit
from graphfraud.synthetic.world import make_scheme, make_world


def digest(world):
    whole = hashlib.sha256()
    truth = world.truth
    frames = [*world.frames.values(), world.cards, truth.transactions, truth.shares, truth.lots, truth.accounts, truth.victims,
              truth.sims]  # fmt: skip
    for frame in frames:
        whole.update(frame.write_csv().encode())
    return whole.hexdigest()


SMALL = "from tests.synthetic.test_world import digest, make_world, sized_config; "
SMALL += "print(digest(make_world(sized_config(4000), rng_seed=11)))"


def test_the_same_seed_gives_the_same_world_in_every_process():
    own = digest(make_world(sized_config(4000), rng_seed=11))
    assert own == digest(make_world(sized_config(4000), rng_seed=11))
    assert own != digest(make_world(sized_config(4000), rng_seed=12))
    for hash_seed, threads in (("1", "1"), ("2", "2")):
        env = {"PYTHONHASHSEED": hash_seed, "POLARS_MAX_THREADS": threads, "PYTHONPATH": ":".join(p for p in sys.path if p)}
        other = subprocess.run([sys.executable, "-c", SMALL], env=env, capture_output=True, text=True, check=True)
        assert other.stdout.strip() == own


def test_cities_of_other_serials_share_no_number():
    one, other = (make_world(sized_config(4000), rng_seed=11, first_serial=first) for first in (0, 1_000_000))
    for name, column in (("accounts", "account_id"), ("holders", "holder_id"), ("sims", "sim_id"), ("devices", "device_id")):
        ids, others = one.frames[name][column], other.frames[name][column]
        assert len(ids) == len(others) and not set(ids) & set(others)
    assert one.transactions["amount_fen"].equals(other.transactions["amount_fen"])


def test_every_table_meets_the_constitution(demo_world):
    for name, frame in demo_world.frames.items():
        if name != "transactions":
            tables.check(frame, name)
    tables.check(demo_world.seen(), "transactions")
    assert demo_world.transactions["transaction_id"].is_unique().all()
    assert demo_world.transactions["amount_fen"].min() > 0


def test_nobody_ever_pays_what_he_has_not(closed_world):
    balances = closed_world.transactions.select("payer_balance_fen", "payee_balance_fen")
    assert balances.min().row(0)[0] >= 0
    assert balances.min().row(0)[1] >= 0


def test_running_balances_run(closed_world):
    t = closed_world.transactions
    legs = pl.concat(
        t.filter(pl.col(f"{side}_balance_fen").is_not_null()).select(
            account=f"{side}_id", seq="seq", signed=pl.col("amount_fen") * sign, balance=f"{side}_balance_fen"
        )
        for side, sign in (("payer", -1), ("payee", 1))
    ).sort("account", "seq")
    step = (pl.col("balance") - pl.col("balance").shift(1).over("account") == pl.col("signed")).drop_nulls()
    assert legs.select(step.all()).item()
    last = legs.group_by("account").agg(pl.col("balance").last())
    register = closed_world.accounts.select(account="account_id", said="balance_fen").join(last, on="account")
    assert (register["said"] == register["balance"]).all()


def test_the_innocent_are_at_least_as_many_as_the_culprits(demo_world):
    for frame in (demo_world.truth.accounts, demo_world.truth.sims):
        assert frame["decoy"].sum() >= frame["culprit"].sum() > 0
    roles = set(demo_world.truth.accounts["role"]) | set(demo_world.truth.sims["role"])
    assert {"mule", "runner", "money_house", "shell", "dealer", "card_dealer", "promoter", "goip"} <= roles
    assert {"shop", "landlord", "rider", "treasurer", "wedding", "iot_meter", "call_centre", "taxi_fleet"} <= roles


def test_numbers_are_nobodys(demo_world):
    cards = demo_world.cards["card"].cast(pl.Int64).to_numpy()
    assert (cards // 10**13 == 629998).all()
    assert np.array_equal(luhn_digit(cards // 10, 18), cards % 10)
    people = demo_world.holders.filter(pl.col("kind") == "person")["holder_id"]
    weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
    for number in people.head(300):
        right = "10X98765432"[sum(int(d) * w for d, w in zip(number[:17], weights, strict=True)) % 11]
        assert number.startswith("99")
        assert number[17] != right
    assert demo_world.sims["sim_id"].str.contains("^(154[0-9]{8}|14490?[0-9]{8,9})$").all()
    for frame, key in ((demo_world.holders, "holder_id"), (demo_world.sims, "sim_id"), (demo_world.devices, "device_id")):
        assert frame[key].is_unique().all()


def paid_by(world, kind):
    truth = world.truth
    victims = truth.victims.filter(pl.col("kind") == kind)
    own = truth.transactions.select("transaction_id", "victim_id").drop_nulls()
    paid = world.transactions.join(own, on="transaction_id").join(victims.select("victim_id"), on="victim_id", how="semi")
    return paid.sort("victim_id", "seq")


@pytest.mark.parametrize("name", WorldConfig().kinds)
def test_victims_pay_as_the_table_says(name):
    kind = WorldConfig().kinds[name]
    world = make_world(closed_config(3000, victims=(40, 40), kinds={name: kind}, days=180), rng_seed=5)
    each = paid_by(world, name).group_by("victim_id", maintain_order=True)
    found = each.agg(
        n=pl.len(),
        first=pl.col("amount_fen").first() / 100,
        span_h=(pl.col("at_us").max() - pl.col("at_us").min()) / 3.6e9,
        cards=pl.col("payee_id").n_unique(),
        total=pl.col("amount_fen").sum() / 100,
    )
    assert found["n"].is_between(max(kind.payments[0], 1), kind.payments[1]).all()
    assert found["first"].is_between(*kind.first_yuan).all()
    assert found["span_h"].max() <= kind.span_hours[1] + kind.payments[1] / 60
    if not kind.parcel_share:
        assert found["cards"].max() <= kind.tier1_accounts[1]
    assert kind.loss_median_yuan / 2.2 < found["total"].median() < kind.loss_median_yuan * 2.2
    truth = world.truth.transactions.filter(pl.col("refund_to").is_not_null())
    assert truth.group_by("refund_to").len()["len"].max() in (None, *range(kind.refunds[1] + 1))
    assert (truth.height > 0) == (kind.refunds[1] > 0)


def test_cards_live_a_few_days_and_are_opened_in_batches(demo_world):
    used = demo_world.truth.accounts.filter(pl.col("role") == "mule")
    account = demo_world.accounts.join(used.select("account_id", "ring_id"), on="account_id")
    batches = account.group_by("ring_id", "outlet").agg(
        pl.len(), hours=(pl.col("opened_us").max() - pl.col("opened_us").min()) / 3.6e9
    )
    assert batches["len"].max() >= 3
    assert batches.filter(pl.col("len") > 1)["hours"].median() < 6


def test_a_farms_sims_share_handsets_and_die_young(demo_world):
    farm = demo_world.truth.sims.filter(pl.col("role") == "goip")
    assert farm.group_by("device_id").len()["len"].max() >= 4
    life = demo_world.sims.join(farm.select("sim_id"), on="sim_id")
    assert ((life["closed_us"] - life["opened_us"]) / 8.64e10).is_between(1, 7).all()


def test_money_houses_share_computers(demo_world):
    houses = demo_world.truth.accounts.filter(pl.col("role") == "money_house")["account_id"]
    logins = demo_world.links.filter((pl.col("kind") == "logged_in_on") & pl.col("a_id").is_in(houses.implode()))
    assert logins.group_by("b_id").len()["len"].max() >= 8


def test_a_world_has_about_the_size_asked_for():
    world = make_world(transactions=120_000, rng_seed=1)
    assert 0.9 < world.transactions.height / 120_000 < 1.1


def test_settings_and_size_together_are_refused():
    with pytest.raises(QuestionError, match="transactions"):
        make_world(sized_config(1000), transactions=1000)


def test_a_world_without_any_crime_can_be_made():
    world = make_world(closed_config(4000, n_cases=0), rng_seed=1)
    assert world.truth.shares.is_empty()
    assert not world.truth.transactions["fraud"].any()
    assert world.cases.is_empty()


def test_bare_schemes_are_small():
    assert make_scheme("chain", depth=2).transactions.height == 2
