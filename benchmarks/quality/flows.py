"""Worlds for judging patterns: an innocent city, more look-alikes of every family, and labelled instances put in.

The city is that of ``graphfraud.synthetic`` with every payment of a culprit taken out; what is left of it are people, shops
and the look-alikes it has itself (payrolls, landlords, couriers, collections, weddings, couples). Look-alikes added here do
what a family looks like for innocent reasons: hubs that settle every day, people who move their wages to their other card,
night-shift workers, firms that pay just under a round price, seasonal accounts. Instances use the people of the city, so
that their everyday payments lie among those of the pattern.
"""

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import polars as pl

from graphfraud.graph.flows import COLUMNS
from graphfraud.synthetic.config import WorldConfig
from graphfraud.synthetic.world import make_world
from graphfraud.tables import conform
from graphfraud.units import DAY_US, HOUR_US, MINUTE_US, SECOND_US

CITY = WorldConfig(n_transactions=150_000, n_background=4_000, days=300, decoys_per_culprit=1.0)


@dataclass(frozen=True)
class Setting:
    """What a world is like; pairs are ranges, both ends included.

    ``n_each`` instances of each family; ``width`` accounts side by side; ``haste``: an instance lasts this share of the window
    it is looked for in; ``kept`` thousandths kept at each hop; ``steps`` of a chain or staircase; ``decoys``: how many times
    the usual number of added look-alikes.
    """

    city: WorldConfig = CITY
    n_each: int = 12
    width: tuple[int, int] = (6, 14)
    haste: tuple[float, float] = (0.1, 0.7)
    kept: tuple[int, int] = (0, 40)
    steps: tuple[int, int] = (4, 7)
    decoys: float = 1.0


WORLDS = {
    # name: (setting, seeds), five each, as one long list decides little; the ranking was worked on with seeds 1 to 10 of all
    "default": (Setting(), range(501, 506)),
    "small and quick": (Setting(width=(5, 8), haste=(0.02, 0.2), steps=(4, 5)), range(511, 516)),
    "wide and slow": (Setting(width=(8, 25), haste=(0.5, 0.95), kept=(10, 48), steps=(5, 9)), range(521, 526)),
    "few among many": (
        Setting(city=replace(CITY, n_transactions=400_000, n_background=8_000), n_each=5, decoys=2.0), range(531, 536),
    ),
    "busy people": (Setting(city=replace(CITY, n_transactions=300_000, n_background=2_500)), range(541, 546)),
}  # fmt: skip
SMALLEST = {
    "smallest": (
        Setting(city=replace(CITY, n_transactions=20_000, n_background=600, days=240), n_each=3, decoys=0.3), (551,),
    )
}  # fmt: skip

Row = tuple[int, int, int, int]
"""(payer, payee, fen, instant in us); accounts are numbers of the world."""


class FlowCity:
    """Payments of one world in total order, with the truth of every one.

    Attributes
    ----------
    transactions : polars.DataFrame
        As a flow graph is made of.
    family, instance : by transaction
        Family of the planted instance it belongs to (null: innocent) and the instance's number, -1.
    n_instances : dict[str, int]
    prevalence : float
        Share of payments that are planted.
    """

    def __init__(self, setting: Setting, rng_seed: int) -> None:
        city = make_world(setting.city, rng_seed=rng_seed)
        culprits = city.truth.accounts.filter("culprit")["account_id"].implode()
        fraud = city.truth.transactions.filter("fraud")["transaction_id"].implode()
        innocent = city.transactions.filter(
            ~pl.col("transaction_id").is_in(fraud) & ~pl.col("payer_id").is_in(culprits) & ~pl.col("payee_id").is_in(culprits)
        )
        self.people = city.truth.accounts.filter(pl.col("role") == "person")["account_id"].to_list()
        self.fresh: list[str] = []
        self.setting, self.rng = setting, np.random.default_rng([rng_seed, 77])
        self.since_us = setting.city.since_us
        self.days = setting.city.days
        rows: list[Row] = []
        labels: list[tuple[str | None, int]] = []
        number = 0
        self.n_instances = dict.fromkeys(PLANTS, setting.n_each)
        for family, plant in PLANTS.items():
            for _ in range(setting.n_each):
                mine, extra = plant(self)
                rows += mine + extra
                labels += [(family, number)] * len(mine) + [(None, -1)] * len(extra)
                number += 1
        decoys = _look_alikes(self)
        rows += decoys
        labels += [(None, -1)] * len(decoys)
        names = [*self.people, *self.fresh]
        payer, payee, amount, at = (np.array(column, np.int64) for column in zip(*rows, strict=True))
        planted = pl.DataFrame(
            {
                "transaction_id": [f"planted:{k}" for k in range(len(rows))],
                "payer_id": pl.Series(names).gather(payer),
                "payee_id": pl.Series(names).gather(payee),
                "amount_fen": amount,
                "at_us": at // SECOND_US * SECOND_US,
                "seq": 10**12 + np.arange(len(rows)),
                "at_precision_us": np.full(len(rows), SECOND_US),
                "channel": "transfer",
                "family": pl.Series([family for family, _ in labels], dtype=pl.String),
                "instance": pl.Series([instance for _, instance in labels], dtype=pl.Int64),
            }
        )
        kept = innocent.select(COLUMNS).with_columns(family=pl.lit(None, pl.String), instance=pl.lit(-1, pl.Int64))
        truth = planted.select("transaction_id", "family", "instance")
        whole = pl.concat([conform(kept.drop("family", "instance"), "transactions"), _conformed(planted)])
        whole = whole.join(truth, on="transaction_id", how="left", maintain_order="left").sort("at_us", "seq")
        self.family, self.instance = whole["family"], whole["instance"].fill_null(-1).to_numpy()
        self.transactions = whole.drop("family", "instance")
        self.prevalence = float(self.family.is_not_null().mean() or 0.0)

    def some(self, n: int) -> list[int]:
        """Return n different people."""
        return self.rng.choice(len(self.people), n, replace=False).tolist()

    def new(self) -> int:
        """Return an account nobody else uses."""
        self.fresh.append(f"62220000{len(self.fresh):011d}")
        return len(self.people) + len(self.fresh) - 1

    def width(self, least: int = 1, most: int = 10**6) -> int:
        return int(np.clip(self.rng.integers(self.setting.width[0], self.setting.width[1] + 1), least, most))

    def start(self, room_us: int = 8 * DAY_US, from_day: int = 3) -> int:
        """Return an instant of waking hours with room for an instance after it."""
        day = int(self.rng.integers(from_day, self.days - room_us // DAY_US - 2))
        return self.since_us + day * DAY_US + int(self.rng.integers(8 * 3600, 20 * 3600)) * SECOND_US

    def within(self, window_us: int) -> int:
        """Return how long an instance lasts that is looked for in a window."""
        return int(window_us * self.rng.uniform(*self.setting.haste))

    def times(self, n: int, since_us: int, lasting_us: int) -> list[int]:
        return sorted((since_us + self.rng.integers(0, max(lasting_us, n * SECOND_US), n)).tolist())

    def yuan(self, median: float, n: int, sigma: float = 0.7) -> list[int]:
        """Return sums in fen, whole yuan."""
        return (np.maximum(self.rng.lognormal(np.log(median), sigma, n), 1).astype(np.int64) * 100).tolist()

    def left(self, fen: int) -> int:
        """Return what is passed on of a sum."""
        return fen - fen * int(self.rng.integers(self.setting.kept[0], self.setting.kept[1] + 1)) // 1000

    def steps(self) -> int:
        return int(self.rng.integers(self.setting.steps[0], self.setting.steps[1] + 1))


def _conformed(planted: pl.DataFrame) -> pl.DataFrame:
    return conform(planted.drop("family", "instance"), "transactions")


Planted = tuple[list[Row], list[Row]]
"""Payments of the instance; payments that only set the scene."""


def _fan_in(w: FlowCity) -> Planted:
    hub, *many = w.some(w.width(5) + 1)
    at = w.times(len(many), w.start(), w.within(DAY_US))
    return list(zip(many, [hub] * len(many), w.yuan(3_000, len(many)), at, strict=True)), []


def _fan_out(w: FlowCity) -> Planted:
    rows, _ = _fan_in(w)
    return [(b, a, fen, at) for a, b, fen, at in rows], []


def _gather_scatter(w: FlowCity) -> Planted:
    n, m = w.width(4, 12), w.width(4, 12)
    hub, *far = w.some(n + m + 1)
    begin = w.start()
    into = w.times(n, begin, w.within(DAY_US))
    out = w.times(m, into[-1] + 10 * MINUTE_US, w.within(DAY_US))
    sums = w.yuan(5_000, n)
    part = w.left(sum(sums)) // m
    return [(a, hub, fen, at) for a, fen, at in zip(far[:n], sums, into, strict=True)] + [
        (hub, b, part, at) for b, at in zip(far[n:], out, strict=True)
    ], []


def _scatter_gather(w: FlowCity) -> Planted:
    n = w.width(4, 10)
    first, last, *middle = w.some(n + 2)
    lasting, total = w.within(DAY_US), w.yuan(60_000, 1)[0]
    begin = w.start()
    out = w.times(n, begin, lasting // 2)
    back = [t + int(w.rng.integers(2 * MINUTE_US, max(lasting // 2, 3 * MINUTE_US))) for t in out]
    part = total // n
    return [(first, a, part, t) for a, t in zip(middle, out, strict=True)] + [
        (a, last, w.left(part), t) for a, t in zip(middle, back, strict=True)
    ], []


def _bipartite(w: FlowCity) -> Planted:
    n, m = w.width(3, 7), w.width(3, 7)
    far = w.some(n + m)
    pairs = [(a, b) for a in far[:n] for b in far[n:]]
    w.rng.shuffle(pairs)
    at = w.times(len(pairs), w.start(), w.within(DAY_US))
    return [(a, b, fen, t) for (a, b), fen, t in zip(pairs, w.yuan(4_000, len(pairs)), at, strict=True)], []


def _stack(w: FlowCity) -> Planted:
    n = w.width(3, 5)
    far = w.some(3 * n)
    begin, half = w.start(), w.within(2 * DAY_US) // 2
    rows: list[Row] = []
    for layer in range(2):
        pairs = [(a, b) for a in far[layer * n : layer * n + n] for b in far[layer * n + n : layer * n + 2 * n]]
        w.rng.shuffle(pairs)
        at = w.times(len(pairs), begin + layer * half, half)
        rows += [(a, b, fen, t) for (a, b), fen, t in zip(pairs, w.yuan(8_000, len(pairs)), at, strict=True)]
    return rows, []


def _chain(w: FlowCity) -> Planted:
    stations = w.some(w.steps() + 1)
    fen, at, rows = w.yuan(30_000, 1)[0], w.start(), []
    for a, b in pairwise(stations):
        rows.append((a, b, fen, at))
        fen = w.left(fen)
        at += int(w.rng.integers(3 * MINUTE_US, 4 * MINUTE_US + w.within(2 * HOUR_US)))
    return rows, []


def _pass_through(w: FlowCity) -> Planted:
    hub, *far = w.some(6)
    n, m = int(w.rng.integers(1, 4)), int(w.rng.integers(1, 3))
    begin, lasting = w.start(), w.within(2 * HOUR_US)
    into = w.times(n, begin, lasting // 2)
    sums = [fen + 1_000_000 for fen in w.yuan(20_000, n)]
    total = w.left(sum(sums))
    out = [into[-1] + MINUTE_US + k * max(lasting // 3, MINUTE_US) for k in range(m)]
    cut = [total // m] * (m - 1)
    return [(a, hub, fen, t) for a, fen, t in zip(far[:n], sums, into, strict=True)] + [
        (hub, b, fen, t) for b, fen, t in zip(far[3:], [*cut, total - sum(cut)], out, strict=False)
    ], []


def _probe(w: FlowCity) -> Planted:
    hub, one, *victims = w.some(6)
    n, begin, lasting = int(w.rng.integers(2, 5)), w.start(), w.within(HOUR_US)
    small = w.times(n, begin, lasting)
    rows = [(one, hub, int(fen) * 100, t) for fen, t in zip(w.rng.integers(1, 500, n), small, strict=True)]
    return [*rows, (victims[0], hub, 500_000 + w.yuan(20_000, 1)[0], small[-1] + 2 * MINUTE_US)], []


def _pooling(w: FlowCity) -> Planted:
    n = 2 * w.width(6, 20)
    hub, last, *far = w.some(n + 2)
    at = w.times(n, w.start(), w.within(DAY_US))
    sums = [int(fen) * 100 for fen in w.rng.integers(30, 1_000, n)]
    rows = [(a, hub, fen, t) for a, fen, t in zip(far, sums, at, strict=True)]
    return [*rows, (hub, last, w.left(sum(sums)), at[-1] + 5 * MINUTE_US)], []


def _staircase(w: FlowCity) -> Planted:
    payer, *far = w.some(w.steps() + 1)
    yuan, at, rows = float(w.rng.integers(500, 2_000)), w.start(room_us=28 * DAY_US), []
    for b in far:
        rows.append((payer, b, int(yuan) * 100, at))
        yuan *= float(w.rng.uniform(2.1, 4.0))
        at += MINUTE_US + w.within(3 * DAY_US)
    return rows, []


def _limit_hugging(w: FlowCity) -> Planted:
    n = w.width(4, 12)
    payer, *far = w.some(n + 1)
    at = w.times(n, w.start(), w.within(7 * DAY_US))
    return [(payer, b, int(fen), t) for b, fen, t in zip(far, w.rng.integers(950_000, 1_000_000, n), at, strict=True)], []


def _daily_limit_hugging(w: FlowCity) -> Planted:
    n = w.width(4, 12)
    payer = w.new()  # an account of its own: other payments of the day would change the sum
    far = w.some(3 * n)
    begin = w.start(room_us=40 * DAY_US) // DAY_US * DAY_US + 2 * HOUR_US
    days = np.sort(w.rng.choice(max(int(30 * w.rng.uniform(*w.setting.haste)), n) + 1, n, replace=False)).tolist()
    rows = []
    for k, day in enumerate(days):
        total, parts = int(w.rng.integers(952_000, 1_000_000)), int(w.rng.integers(1, 4))
        cut = [total // parts] * (parts - 1)
        for j, fen in enumerate([*cut, total - sum(cut)]):
            rows.append((payer, far[3 * k + j], fen, begin + day * DAY_US + int(w.rng.integers(0, 10 * HOUR_US))))
    return rows, []


def _awakening(w: FlowCity) -> Planted:
    hub, n = w.new(), 2 * w.width(5, 20)
    far = w.some(n + 3)
    begin = w.start(from_day=210)
    early = w.times(3, w.since_us + 2 * DAY_US, 15 * DAY_US)
    scene = [(far[n + k], hub, fen, t) for k, (fen, t) in enumerate(zip(w.yuan(300, 3), early, strict=True))]
    at, rows = w.times(n, begin, w.within(3 * DAY_US)), []
    for k, t in enumerate(at):
        fen = w.yuan(4_000, 1)[0]
        rows.append((far[k], hub, fen, t) if k % 2 == 0 else (hub, far[k], fen, t))
    return rows, scene


def _night(w: FlowCity) -> Planted:
    hub, n = w.new(), w.width(5, 14)
    far = w.some(4 * n)
    midnight = w.start(room_us=40 * DAY_US) // DAY_US * DAY_US + 16 * HOUR_US
    nights = np.sort(w.rng.choice(max(int(30 * w.rng.uniform(*w.setting.haste)), n) + 1, n, replace=False)).tolist()
    rows, scene = [], []
    for k, night in enumerate(nights):
        for j in range(int(w.rng.integers(2, 4))):
            t = midnight + night * DAY_US + int(w.rng.integers(10 * MINUTE_US, 290 * MINUTE_US))
            rows.append(
                (far[4 * k + j], hub, w.yuan(2_000, 1)[0], t) if j % 2 else (hub, far[4 * k + j], w.yuan(2_000, 1)[0], t)
            )
        if k % 3 == 0:
            scene.append((far[4 * k + 3], hub, w.yuan(200, 1)[0], midnight + night * DAY_US + 10 * HOUR_US))
    return rows, scene


PLANTS = {
    "fan_in": _fan_in,
    "fan_out": _fan_out,
    "gather_scatter": _gather_scatter,
    "scatter_gather": _scatter_gather,
    "bipartite": _bipartite,
    "stack": _stack,
    "chain": _chain,
    "pass_through": _pass_through,
    "probe": _probe,
    "pooling": _pooling,
    "staircase": _staircase,
    "limit_hugging": _limit_hugging,
    "daily_limit_hugging": _daily_limit_hugging,
    "awakening": _awakening,
    "night": _night,
}


def _look_alikes(w: FlowCity) -> list[Row]:
    """Return the payments of innocent accounts that look like the families, most of them as a habit."""
    rng, rows = w.rng, []
    times = w.setting.decoys

    def many(n: int) -> range:
        return range(max(int(n * times), 1))

    def day(k: int, low: int, high: int) -> int:
        return w.since_us + k * DAY_US + int(rng.integers(low * 3600, high * 3600)) * SECOND_US

    for _ in many(4):  # a platform takes in customers' money every day and settles with its shops in the evening
        hub, shops, regulars = w.new(), w.some(12), w.some(150)
        for k in range(w.days - 1):
            who = rng.choice(regulars, int(rng.integers(15, 40)), replace=False).tolist()
            sums = w.yuan(120, len(who))
            rows += [(a, hub, fen, day(k, 0, 12)) for a, fen in zip(who, sums, strict=True)]
            rows += [(hub, b, sum(sums) * 95 // 100 // len(shops), day(k, 13, 15)) for b in shops]
    for _ in many(40):  # wages go on to the other card, or to the wife, within the hour, every month
        one, other = w.some(2)
        boss = w.new()
        for month in range(w.days // 30):
            at, fen = day(30 * month + 8, 1, 9), w.yuan(11_000, 1, 0.2)[0]
            rows += [(boss, one, fen, at), (one, other, fen * 97 // 100, at + int(rng.integers(5, 80)) * MINUTE_US)]
    for _ in many(10):  # a trader passes each order on to the maker, who buys the material: short chains, the same every week
        stations = [w.new() for _ in range(5)]
        for week in range(w.days // 7 - 1):
            at, fen = day(7 * week + int(rng.integers(0, 5)), 1, 8), w.yuan(20_000, 1)[0]
            for a, b in pairwise(stations):
                rows.append((a, b, fen, at))
                at, fen = at + int(rng.integers(20, 100)) * MINUTE_US, fen * 93 // 100
    for _ in many(30):  # shops of the night, and people who work at night and shop on the way
        one = w.new()
        for k in range(w.days - 1):
            if rng.random() < 0.4:
                rows.append((one, int(rng.integers(len(w.people))), w.yuan(60, 1)[0], day(k, 16, 21)))
    for _ in many(15):  # a firm buys goods priced just under ten thousand, every week
        one, maker = w.new(), w.some(3)
        for k in range(0, w.days - 1, 2):
            rows.append((one, maker[k % 3], int(rng.integers(960_000, 999_900)) // 100 * 100, day(k, 1, 10)))
    for _ in many(60):  # seasonal accounts: used for a few days, left for most of a year, used again
        one = w.new()
        for since in (3, w.days - int(rng.integers(10, 60))):
            n = int(rng.integers(4, 8))
            far = w.some(n)
            rows += [
                (one, b, fen, day(since + k % 3, 1, 13)) for k, (b, fen) in enumerate(zip(far, w.yuan(200, n), strict=True))
            ]
    for _ in many(30):  # a club collects the same dues from the same members every month and pays the hall
        hub, hall, members = w.new(), w.some(1)[0], w.some(int(rng.integers(15, 40)))
        for month in range(w.days // 30):
            rows += [(a, hub, 20_000, day(30 * month + 2, 1, 14)) for a in members]
            rows.append((hub, hall, 19_000 * len(members), day(30 * month + 2, 15, 16)))
    for _ in many(20):  # market stalls: small sums all day, now and then a large order
        stall = w.new()
        for k in range(w.days - 1):
            n = int(rng.integers(3, 9))
            rows += [
                (int(a), stall, fen, day(k, 1, 12))
                for a, fen in zip(rng.integers(len(w.people), size=n), w.yuan(40, n), strict=True)
            ]
            if rng.random() < 0.15:
                rows.append((int(rng.integers(len(w.people))), stall, 500_000 + w.yuan(3_000, 1)[0], day(k, 1, 12)))
    for _ in many(40):  # people who furnish a house: each bill larger than the last
        payer, *far = w.some(5)
        yuan, at = float(rng.integers(500, 1_500)), w.start(room_us=20 * DAY_US)
        for b in far:
            rows.append((payer, b, int(yuan) * 100, at))
            yuan, at = yuan * float(rng.uniform(1.6, 2.6)), at + int(rng.integers(6, 60)) * HOUR_US
    return rows
