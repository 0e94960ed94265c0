"""The innocent: ordinary people's payments, and those who look like culprits and are none."""

from dataclasses import dataclass

import numpy as np

from graphfraud.synthetic.actors import Market
from graphfraud.synthetic.cast import CULPRITS, DECOYS, ROLE, Cast
from graphfraud.synthetic.config import WorldConfig
from graphfraud.synthetic.daybook import CHANNEL, MEMO, NOBODY, Daybook
from graphfraud.synthetic.draws import Draws, Ints
from graphfraud.synthetic.schemes import Moves, Parcels, fan_in
from graphfraud.units import DAY_US, HOUR_US, SECOND_US

_ACCOUNT_DECOYS = {
    "employer": 3, "shop": 25, "landlord": 6, "purchasing_agent": 8, "rider": 18, "treasurer": 6, "couple": 12, "wedding": 6,
    "taxi_driver": 10, "shared_phone": 6,
}  # fmt: skip
_SIM_DECOYS = {"call_centre": 40, "taxi_fleet": 20, "iot_meter": 25, "handset_swap": 15}
_HOURS = (1, 1, 1, 1, 1, 2, 6, 14, 20, 24, 26, 28, 30, 24, 20, 20, 22, 26, 30, 30, 26, 20, 10, 4)
_EVERYDAY = (
    # channel, memo, weight, median yuan, sigma
    ("merchant", "POS消费", 34, 60.0, 1.1),
    ("merchant", "网上购物", 12, 110.0, 1.0),
    ("wallet", "财付通充值", 14, 150.0, 0.9),
    ("wallet", "微信红包", 8, 60.0, 0.9),
    ("transfer", "转账", 10, 600.0, 1.2),
    ("transfer", "生活费", 4, 900.0, 0.7),
    ("transfer", "还款", 4, 1_200.0, 0.9),
    ("cash_out", "ATM取款", 5, 800.0, 0.8),
    ("cash_in", "现金存入", 2, 1_500.0, 0.9),
    ("fee", "转账手续费", 1, 3.0, 0.4),
    ("interest", "结息", 1, 4.0, 0.8),
    ("crypto", "USDT", 1, 1_500.0, 0.9),
)
_SHOP_VISITS = 0.45
SWEEP_DAYS = 3
"""A shop pays its takings on every so many days."""

SHOP_SHARE = _SHOP_VISITS * sum(row[2] for row in _EVERYDAY if row[0] == "merchant") / sum(row[2] for row in _EVERYDAY)
"""Share of everyday payments that reach a shop which pays its takings on."""


@dataclass(frozen=True, slots=True)
class Town:
    """The people and firms everybody deals with."""

    people: Ints
    family: Ints
    suppliers: Ints
    market: Market
    since_us: int
    days: int


def clock(draws: Draws, town: Town, n: int, hours: tuple[int, ...] = _HOURS) -> Ints:
    """Return n instants of the observed time, spread over the day as people live."""
    second = draws.pick(hours, n) * 3600 + draws.integers(0, 3599, n)
    return town.since_us + draws.integers(0, town.days - 1, n) * DAY_US + second * SECOND_US


def _daily(draws: Draws, town: Town, n: int, hours: tuple[int, int]) -> Ints:
    """Return one instant on each day for n actors, as int64[n, days]."""
    seconds = draws.integers(hours[0] * 3600, hours[1] * 3600 - 1, n * town.days).reshape(n, town.days)
    return town.since_us + np.arange(town.days, dtype=np.int64) * DAY_US + seconds * SECOND_US


def _at(draws: Draws, group: Ints, n: int) -> Ints:
    return group[draws.integers(0, len(group) - 1, n)]


def open_decoys(config: WorldConfig, cast: Cast) -> dict[str, Ints]:
    """Open the look-alikes' accounts and SIMs, at least ``decoys_per_culprit`` for each culprit; return accounts by role."""
    culprit, decoy = [ROLE[name] for name in CULPRITS], [ROLE[name] for name in DECOYS]
    roles = cast.column("account.role")
    needed = int(np.isin(roles, culprit).sum() * config.decoys_per_culprit) + 1 - int(np.isin(roles, decoy).sum())
    needed = max(needed, 40)
    total = sum(_ACCOUNT_DECOYS.values())
    accounts = {}
    for name, weight in _ACCOUNT_DECOYS.items():
        n = max(-(-needed * weight // total), 2) // 2 * 2 + 2 * (name == "couple")
        if name == "shared_phone":
            holder, pair = cast.holders(n), np.arange(n) // 2
            sim, computer = cast.sims(-(-n // 2), name)[pair], cast.devices(-(-n // 2), computer=True)[pair]
            accounts[name] = cast.accounts(n, name, holder=holder, sim=sim, computer=computer)
        else:
            kind = "company" if name == "employer" else "personal"
            accounts[name] = cast.accounts(n, name, kind=kind, float_yuan=(500, 40_000))
    _open_sim_decoys(config, cast, culprit, decoy)
    return accounts


def _open_sim_decoys(config: WorldConfig, cast: Cast, culprit: list[int], decoy: list[int]) -> None:
    roles = cast.column("sim.role")
    needed = int(np.isin(roles, culprit).sum() * config.decoys_per_culprit) + 1 - int(np.isin(roles, decoy).sum())
    needed = max(needed, 40)
    total = sum(_SIM_DECOYS.values())
    for name, weight in _SIM_DECOYS.items():
        n = max(-(-needed * weight // total), 2)
        if name == "handset_swap":
            sims = cast.sims(n, name)
            for _ in range(2):
                cast.insert(sims, cast.devices(n))
            continue
        firm = cast.holders(max(n // 40, 1), company=True)
        boxes = cast.devices(max(n // 16, 1)) if name == "call_centre" else None
        cast.sims(
            n, name, holder=firm[np.arange(n) % len(firm)], agent=np.arange(n) % len(firm),
            device=None if boxes is None else boxes[np.arange(n) % len(boxes)], iot=name in ("taxi_fleet", "iot_meter"),
        )  # fmt: skip


def live(draws: Draws, town: Town, decoys: dict[str, Ints], book: Daybook) -> None:
    """Enter what the look-alikes pay and get."""
    _payroll(draws, town, decoys["employer"], book)
    _rents(draws, town, decoys["landlord"], book)
    _agents(draws, town, decoys["purchasing_agent"], book)
    _earners(draws, town, decoys["rider"], decoys["taxi_driver"], book)
    _collections(draws, town, decoys["treasurer"], decoys["wedding"], book)
    _couples(draws, town, decoys["couple"], decoys["shared_phone"], decoys["employer"], book)


def _payroll(draws: Draws, town: Town, employers: Ints, book: Daybook) -> None:
    n = len(town.people)
    boss = _at(draws, employers, n)
    salary = draws.yuan(6_000.0, 0.45, n, odd=0.5)
    for month in range(town.days // 30 + 1):
        day_us = town.since_us + (9 + 30 * month + np.searchsorted(employers, boss) % 6) * DAY_US
        at_us = day_us + draws.integers(9 * 3600, 10 * 3600, n) * SECOND_US
        book.add(Moves(boss, town.people, at_us, salary), "工资")


def _rents(draws: Draws, town: Town, landlords: Ints, book: Daybook) -> None:
    tenants = np.repeat(landlords, draws.integers(5, 20, len(landlords)))
    n = len(tenants)
    who, rent = _at(draws, town.people, n), draws.yuan(1_800.0, 0.4, n, odd=0.0)
    for month in range(town.days // 30 + 1):
        at_us = town.since_us + (1 + 30 * month) * DAY_US + draws.integers(0, 3 * 86_400, n) * SECOND_US
        book.add(Moves(who, tenants, at_us, rent), "房租")


def _agents(draws: Draws, town: Town, agents: Ints, book: Daybook) -> None:
    orders = np.repeat(agents, draws.integers(15, 60, len(agents)))
    n = len(orders)
    at_us, amount = clock(draws, town, n), draws.yuan(900.0, 0.8, n)
    book.add(Moves(_at(draws, town.people, n), orders, at_us, amount), "代购款")
    zero = np.zeros(n, np.int64)
    lying = Parcels(orders, at_us, amount, zero, zero)
    moves, _ = fan_in(
        draws,
        lying,
        lambda p, _: np.full(len(p), NOBODY, np.int64),
        delay_us=draws.delay_us(4 * 3600, 0.4, n),
        window_us=DAY_US,
    )
    paid = np.maximum(moves.amount_fen * 9 // 10, 1)
    book.add(Moves(moves.payer, moves.payee, moves.at_us, paid), "跨境汇款", channel="cross_border")


def _earners(draws: Draws, town: Town, riders: Ints, drivers: Ints, book: Daybook) -> None:
    at_us = _daily(draws, town, len(riders), (22, 24))
    work = draws.chance(0.3, at_us.size).reshape(at_us.shape)
    who = np.broadcast_to(riders[:, None], at_us.shape)[work]
    pay = draws.yuan(240.0, 0.3, len(who), odd=0.8)
    book.add(Moves(_at(draws, town.market.firms, len(who)), who, at_us[work], pay), "零钱提现", channel="wallet")
    home = town.family[who % len(town.family)]
    later = at_us[work] + draws.integers(8, 40, len(who)) * HOUR_US
    book.add(Moves(who, home, later, np.maximum(pay * 6 // 1000 * 100, 100)), "生活费")
    fares = np.repeat(drivers, draws.integers(20, 40, len(drivers)))
    n = len(fares)
    book.add(Moves(_at(draws, town.people, n), fares, clock(draws, town, n), draws.yuan(28.0, 0.5, n)), "车费")
    at_us = _daily(draws, town, len(drivers), (20, 22))[:, 6::7]
    who = np.broadcast_to(drivers[:, None], at_us.shape).ravel()
    home = town.family[who % len(town.family)]
    book.add(Moves(who, home, at_us.ravel(), draws.yuan(300.0, 0.3, len(who), odd=0.0)), "生活费")


def _collections(draws: Draws, town: Town, treasurers: Ints, weddings: Ints, book: Daybook) -> None:
    for hosts, guests, days, yuan, memo, onward in (
        (treasurers, (20, 50), 3, 120.0, "班费", town.suppliers),
        (weddings, (25, 80), 2, 600.0, "礼金", town.family),
    ):
        host = np.repeat(np.arange(len(hosts)), draws.integers(*guests, len(hosts)))
        n = len(host)
        start_us = clock(draws, town, len(hosts))
        same = draws.yuan(yuan, 0.4, len(hosts), odd=0.0)
        amount = same[host] if memo == "班费" else draws.integers(2, 20, n) * 10_000
        at_us = start_us[host] + draws.integers(0, days * 86_400, n) * SECOND_US
        book.add(Moves(_at(draws, town.people, n), hosts[host], at_us, amount), memo)
        total = np.zeros(len(hosts), np.int64)
        np.add.at(total, host, amount)
        pay_us = start_us + days * DAY_US + draws.integers(1, 30, len(hosts)) * HOUR_US
        payee = _at(draws, onward, len(hosts))
        book.add(Moves(hosts, payee, pay_us, total * 9 // 10), "货款" if memo == "班费" else "转账")


def _couples(draws: Draws, town: Town, couples: Ints, elderly: Ints, employers: Ints, book: Daybook) -> None:
    one, two = couples[0::2], couples[1::2]
    n = len(two)
    one = one[:n]
    for month in range(town.days // 30 + 1):
        pay_us = town.since_us + (9 + 30 * month) * DAY_US + draws.integers(10 * 3600, 11 * 3600, n) * SECOND_US
        salary = draws.yuan(7_000.0, 0.3, n, odd=0.5)
        book.add(Moves(_at(draws, employers, n), one, pay_us, salary), "工资")
        given_us = pay_us + draws.integers(5, 90, n) * 60 * SECOND_US
        book.add(Moves(one, two, given_us, salary * 8 // 1000 * 100), "转账")
        back_us = given_us + draws.integers(1, 12, n) * HOUR_US
        book.add(Moves(two, one, back_us, salary * 3 // 1000 * 100), "生活费")
        m = len(elderly)
        pension_us = town.since_us + (14 + 30 * month) * DAY_US + draws.integers(9 * 3600, 10 * 3600, m) * SECOND_US
        pension = draws.yuan(2_600.0, 0.3, m, odd=0.8)
        book.add(Moves(_at(draws, employers, m), elderly, pension_us, pension), "工资")
        cash_us = pension_us + draws.integers(24, 96, m) * HOUR_US
        drawn = np.maximum(pension // 20_000 * 10_000, 10_000)
        book.add(Moves(elderly, np.full(m, NOBODY, np.int64), cash_us, drawn), "ATM取款", channel="cash_out")


def everyday(draws: Draws, town: Town, shops: Ints, n: int, book: Daybook) -> None:
    """Enter n everyday payments of ordinary people: shopping, wallets, friends, cash, fees and interest."""
    if n <= 0:
        return
    kind = draws.pick([row[2] for row in _EVERYDAY], n)
    channel = np.array([CHANNEL[row[0]] for row in _EVERYDAY], np.int64)[kind]
    memo = np.array([MEMO[row[1]] for row in _EVERYDAY], np.int64)[kind]
    median, sigma = (np.array([row[k] for row in _EVERYDAY], np.float64)[kind] for k in (3, 4))
    amount = draws.yuan(median, sigma, n)  # type: ignore[arg-type]
    cash = channel == CHANNEL["cash_out"]
    amount = np.where(cash, np.maximum(amount // 10_000 * 10_000, 10_000), amount)
    place = draws.integers(0, len(town.people) - 1, n)
    who, nobody = town.people[place], np.full(n, NOBODY, np.int64)
    near = (place + draws.integers(1, 12, n)) % len(town.people)
    friend = np.where(
        draws.chance(0.9, n), town.people[near], town.people[(place + draws.integers(1, 1 << 20, n)) % len(town.people)]
    )
    friend = np.where(friend == who, town.family[place % len(town.family)], friend)
    shop = np.where(draws.chance(_SHOP_VISITS, n), _at(draws, shops, n), _at(draws, town.market.merchants, n))
    sellers = np.concatenate([town.market.dealers, town.market.traders])
    payee = np.select(
        [channel == CHANNEL[name] for name in ("merchant", "wallet", "transfer", "crypto", "interest", "cash_in")],
        [shop, _at(draws, town.market.firms, n), friend, _at(draws, sellers, n), who, who],
        nobody,
    )
    payer = np.where((channel == CHANNEL["interest"]) | (channel == CHANNEL["cash_in"]), nobody, who)
    book.add(Moves(payer, payee, clock(draws, town, n), amount), memo, channel=channel)


def sweep_shops(draws: Draws, town: Town, shops: Ints, book: Daybook) -> None:
    """Let each shop pay its day's takings on in the evening: much in small sums, one sum out."""
    payee, at_us, amount = book.column("payee"), book.column("at_us"), book.column("amount_fen")
    sold = np.flatnonzero(np.isin(payee, shops))
    zero = np.zeros(len(sold), np.int64)
    lying = Parcels(payee[sold], at_us[sold], amount[sold], zero, zero)
    delay_us = draws.integers(30, 90, len(sold)) * 60 * SECOND_US
    moves, _ = fan_in(
        draws, lying, lambda p, _: town.suppliers[p % len(town.suppliers)], delay_us=delay_us, window_us=SWEEP_DAYS * DAY_US
    )
    paid = np.maximum(moves.amount_fen * 95 // 100, 1)
    book.add(Moves(moves.payer, moves.payee, moves.at_us, paid), "货款")
