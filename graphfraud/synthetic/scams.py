"""The six scams: victims who pay, money that runs through the gang's cards, and the ways it leaves."""

from dataclasses import dataclass

import numpy as np

from graphfraud.synthetic.actors import Gangs, Market
from graphfraud.synthetic.cast import Cast
from graphfraud.synthetic.config import ScamKind, WorldConfig
from graphfraud.synthetic.daybook import MEMO, Daybook
from graphfraud.synthetic.draws import Bools, Draws, Floats, Ints
from graphfraud.synthetic.schemes import Moves, Parcels, fan_out, pool
from graphfraud.units import DAY_US, HOUR_US, MINUTE_US, SECOND_US

_CANDIDATES = 48
_SIGMA_P95 = 1.6448536269514722
_LOCAL_US = 8 * HOUR_US

_WORDS = {"brushing": "任务款", "investment": "投资款", "shopping": "定金", "service": "转账", "authority": "保证金"}


@dataclass(frozen=True, slots=True)
class Victims:
    """Who was cheated, by victim number: account position, ring, times and the report."""

    account: Ints
    ring: Ints
    kind: Ints
    occurred_us: Ints
    last_us: Ints
    report_delay_us: Ints
    reported: Bools


@dataclass(frozen=True, slots=True)
class Payments:
    """What victims pay, in order of victim and then time; ``first`` says which payment of its victim it is."""

    victim: Ints
    nth: Ints
    at_us: Ints
    amount_fen: Ints


def _plans(draws: Draws, kind: ScamKind, n: int) -> tuple[Ints, list[Ints]]:
    """Return how many payments each victim makes and matrices of their amounts in fen (victim x payment).

    A loss is drawn from the law of the kind; of several plans (number of payments, growth per step) that pay it, one whose
    first payment lies in the kind's range is taken; if none does, the first payment is brought to the range's nearer end.
    """
    sigma = float(np.log(kind.loss_p95_yuan / kind.loss_median_yuan)) / _SIGMA_P95
    loss = draws.lognormal(float(kind.loss_median_yuan), round(sigma, 6), n)
    lowest = max(kind.payments[0], 1)
    steps = draws.integers(lowest, kind.payments[1], n * _CANDIDATES).reshape(n, _CANDIDATES)
    growth = draws.between(kind.growth[0], kind.growth[1], n * _CANDIDATES).reshape(n, _CANDIDATES)
    weight = np.ones_like(growth)
    power = np.ones_like(growth)
    for step in range(1, kind.payments[1]):
        power = np.minimum(power * growth, 1e12)
        weight = weight + np.where(steps > step, power, 0.0)
    first = loss[:, None] / weight
    low, high = kind.first_yuan
    miss = np.maximum(low / first, first / high)
    best = np.argmin(np.where(miss <= 1.0, 1.0, miss), axis=1)
    row = np.arange(n)
    return steps[row, best], _amounts(first[row, best].clip(low, high), growth[row, best], loss, steps[row, best], kind)


def _amounts(first: Floats, growth: Floats, loss: Floats, steps: Ints, kind: ScamKind) -> list[Ints]:
    """Return for each place in the order the amounts of all victims, in fen, whole yuan; the last pays what is left."""
    amounts, power, paid = [], np.ones_like(growth), np.zeros(len(first), np.int64)
    lowest = max(kind.first_yuan[0], 1)
    for step in range(kind.payments[1]):
        yuan = np.maximum((first * power).astype(np.int64), lowest)
        if step:
            yuan = np.where(yuan >= 2_000, yuan // 100 * 100, yuan)
        left = loss.astype(np.int64) - paid
        last = (steps == step + 1) & (steps > 1) & (left > yuan // 2) & (left < yuan * 2)
        yuan = np.where(last, left, yuan)
        paid += np.where(steps > step, yuan, 0)
        amounts.append(yuan * 100)
        power = np.minimum(power * growth, 1e12)
    return amounts


def _daytime(draws: Draws, at_us: Ints) -> Ints:
    """Move instants into waking hours (8 to 22 o'clock) of their own day."""
    midnight = (at_us + _LOCAL_US) // DAY_US * DAY_US - _LOCAL_US
    return midnight + draws.integers(8 * 3600, 22 * 3600, len(at_us)) * SECOND_US


def _schedule(draws: Draws, kind: ScamKind, start_us: Ints, steps: Ints, until_us: int) -> tuple[Ints, Payments]:
    """Return each victim's span and payments without amounts, spread over the span of the kind, at least a minute apart."""
    n = len(start_us)
    span = (draws.between(kind.span_hours[0], kind.span_hours[1], n) * 3600).astype(np.int64) * SECOND_US
    span = np.clip(span, 0, np.maximum(until_us - DAY_US - start_us, HOUR_US))
    victim = np.repeat(np.arange(n, dtype=np.int64), steps)
    nth = np.arange(len(victim), dtype=np.int64) - (np.cumsum(steps) - steps)[victim]
    free = np.maximum(span - (steps - 1) * MINUTE_US, 0)[victim]
    offset = (draws.uniform(len(victim)) * (free / SECOND_US)).astype(np.int64) * SECOND_US
    offset = np.where(nth == 0, 0, offset)
    order = np.lexsort((offset, victim))
    at_us = start_us[victim] + offset[order] + nth * MINUTE_US
    return span, Payments(victim, nth, at_us, np.zeros(len(victim), np.int64))


def cheat(
    config: WorldConfig,
    name: str,
    draws: Draws,
    cast: Cast,
    book: Daybook,
    gangs: Gangs,
    market: Market,
    numbers: tuple[int, int],
) -> Victims:
    """Let every gang of one kind cheat its victims.

    Parameters
    ----------
    config : WorldConfig
    name : str
        Kind of scam.
    draws, cast, book
        Chance, people, payments.
    gangs : Gangs
        The rings of this kind.
    market : Market
        Who takes money out of the banks.
    numbers : (int, int)
        Number of this kind and of its first victim.
    """
    kind, until_us = config.kinds[name], gangs.until_us
    ring = np.repeat(np.arange(len(gangs), dtype=np.int64), gangs.n_victims)
    n = len(ring)
    start_us = gangs.start_us[ring] + draws.integers(0, kind.campaign_days * 86_400, n) * SECOND_US
    start_us = np.minimum(_daytime(draws, start_us), until_us - 2 * DAY_US)
    account = cast.accounts(n, "victim", float_yuan=(100, 60_000))
    steps, amounts = _plans(draws, kind, n)
    _, plan = _schedule(draws, kind, start_us, steps, until_us)
    amount_fen = np.stack(amounts, axis=1)[plan.victim, plan.nth]
    plan = Payments(plan.victim, plan.nth, plan.at_us, amount_fen)
    parcel = draws.chance(kind.parcel_share, n)
    parcels = _pay(kind, name, draws, book, gangs, market, plan, account, ring, parcel, steps, numbers[1])
    _refund(kind, draws, book, gangs, plan, account, ring, steps, numbers[1])
    _layer(config, kind, draws, book, gangs, market, parcels)
    delay_us = draws.delay_us(kind.report_delay_median_hours * 3600, 0.8, n, lowest_s=600)
    last_us = np.zeros(n, np.int64)
    np.maximum.at(last_us, plan.victim, plan.at_us)
    return Victims(
        account, gangs.ring[ring], np.full(n, numbers[0], np.int64), start_us, last_us, delay_us,
        ~draws.chance(config.unreported, n),
    )  # fmt: skip


def _pay(
    kind: ScamKind, name: str, draws: Draws, book: Daybook, gangs: Gangs, market: Market, plan: Payments, account: Ints,
    ring: Ints, parcel: Bools, steps: Ints, first_victim: int,
) -> Parcels:  # fmt: skip
    """Enter the victims' payments; return what lies in tier-1 accounts. Those of a parcel buy gold or draw cash instead."""
    n, who, gang = len(account), plan.victim, ring[plan.victim]
    n_cards = np.clip(draws.integers(max(kind.tier1_accounts[0], 1), max(kind.tier1_accounts[1], 1), n), 1, steps)
    base = draws.integers(0, 1 << 20, n)
    card = plan.nth * n_cards[who] // steps[who]
    starts = np.flatnonzero(np.r_[True, (who[1:] != who[:-1]) | (card[1:] != card[:-1])][: len(who)])
    given_us = np.repeat(plan.at_us[starts], np.diff(np.r_[starts, len(who)]))
    tier1 = gangs.key(gang, 1, given_us, (base[who] + card) % gangs.width(1)[gang])
    by_parcel = parcel[who]
    way = draws.pick(kind.exits, n)[who]
    payee = np.where(by_parcel, market.payee_of_parcel(draws, way), tier1)
    channel = np.where(by_parcel, market.channel_of(way), 0)
    memo = np.where(by_parcel, market.memo_of_parcel(way), MEMO[_WORDS.get(name, "转账")])
    memo = np.where(~by_parcel & (name == "shopping") & (plan.nth > 0), MEMO["尾款"], memo)
    moves = Moves(account[who], payee, plan.at_us, plan.amount_fen)
    book.add(moves, memo, channel=channel, fraud=True, ring=gangs.ring[gang], victim=first_victim + who)
    depth = draws.integers(max(kind.tiers[0], 1), kind.tiers[1], len(who))
    return Parcels(tier1, plan.at_us, plan.amount_fen, gang, depth - 1).take(~by_parcel)


def _refund(
    kind: ScamKind, draws: Draws, book: Daybook, gangs: Gangs, plan: Payments, account: Ints, ring: Ints, steps: Ints,
    first: int,
) -> None:  # fmt: skip
    """Let the gang win trust: the first small payments come back, with a little more or about as much."""
    n = len(account)
    n_back = np.minimum(draws.integers(*kind.refunds, n), steps - 1)
    back = np.flatnonzero(plan.nth < n_back[plan.victim])
    if not len(back):
        return
    who = plan.victim[back]
    share = draws.between(kind.refund_share[0], kind.refund_share[1], len(back))
    amount_fen = np.maximum((plan.amount_fen[back] * share).astype(np.int64), 100)
    at_us = plan.at_us[back] + draws.delay_us(min(kind.hop_delay_median_s * 3, 7200), 0.6, len(back), 120)
    moves = Moves(gangs.key(ring[who], 0, at_us, np.zeros(len(back), np.int64)), account[who], at_us, amount_fen)
    book.add(moves, "佣金返还", fraud=True, ring=gangs.ring[ring[who]], refund_to=first + who)


def _layer(
    config: WorldConfig, kind: ScamKind, draws: Draws, book: Daybook, gangs: Gangs, market: Market, parcels: Parcels
) -> None:
    """Pass money from tier to tier until it leaves; here and there it stays, and a little is kept at each hop."""
    smallest_fen = max(kind.loss_median_yuan // 20, 500) * 100
    window_us = config.pooling_minutes * MINUTE_US
    tier = 1
    while len(parcels):
        parcels = pool(parcels, window_us)
        parcels = parcels.take(~draws.chance(config.resting, len(parcels)))
        kept_fen = (parcels.amount_fen * draws.between(kind.kept[0], kind.kept[1], len(parcels))).astype(np.int64)
        gangs.keep(parcels, kept_fen)
        delay_us = draws.delay_us(kind.hop_delay_median_s, kind.hop_delay_sigma, len(parcels))
        leave = parcels.left <= 0
        going = Parcels(parcels.account, parcels.at_us + delay_us, parcels.amount_fen - kept_fen, parcels.ring, parcels.left)
        market.take_out(draws, book, going.take(leave), kind.exits, gangs)
        parcels, delay_us, kept_fen = parcels.take(~leave), delay_us[~leave], kept_fen[~leave]
        n = len(parcels)
        parts = np.clip(draws.integers(*kind.fan_out, n), 1, np.maximum(parcels.amount_fen // smallest_fen, 1))
        rings, level = parcels.ring, tier + 1

        def payees(parent: Ints, at_us: Ints, rings: Ints = rings, level: int = level) -> Ints:
            return gangs.choose(draws, rings[parent], level, at_us)

        moves, lying = fan_out(draws, parcels, payees, parts=parts, delay_us=delay_us, kept_fen=kept_fen)
        book.add(moves, "往来款" if tier > 1 else "转账", fraud=True, ring=gangs.ring[lying.ring])
        parcels = lying.take(~gangs.is_float(lying.account))
        tier += 1


def together(groups: list[Victims]) -> Victims:
    """Put the victims of all kinds in one row, in the order of their numbers."""
    names = Victims.__slots__
    if not groups:
        return Victims(*(np.empty(0, bool if name == "reported" else np.int64) for name in names))
    return Victims(*(np.concatenate([getattr(group, name) for group in groups]) for name in names))
