"""Those without whom no gang could work: card dealers, runners, promoters, SIM farms, and the dealers' own trade."""

from dataclasses import dataclass

import numpy as np

from graphfraud.synthetic.actors import KEY_BASE, Gangs, Market
from graphfraud.synthetic.cast import ROLE, Cast
from graphfraud.synthetic.config import WorldConfig
from graphfraud.synthetic.daybook import Daybook
from graphfraud.synthetic.draws import Bools, Draws, Ints
from graphfraud.synthetic.schemes import Moves, Parcels, chain, cycle, fan_in, fan_out
from graphfraud.units import DAY_US, HOUR_US, MINUTE_US, SECOND_US

_TIER_SPAN = (1 << 12) * (1 << 8)


@dataclass(frozen=True, slots=True)
class Cards:
    """The gangs' cards once opened: account position, ring, tier, role and the time they were in use, by card."""

    key: Ints
    account: Ints
    ring: Ints
    tier: Ints
    role: Ints
    first_us: Ints
    last_us: Ints

    def at(self, keys: Ints) -> Ints:
        """Return the account positions of keys; positions that are no keys stay."""
        if not len(self.key):
            return keys
        place = np.minimum(np.searchsorted(self.key, keys), len(self.key) - 1)
        return np.where(keys >= KEY_BASE, self.account[place], keys)

    def of(self, *roles: str) -> Bools:
        """Return which cards have one of these roles."""
        return np.isin(self.role, [ROLE[role] for role in roles])


def open_cards(config: WorldConfig, draws: Draws, cast: Cast, book: Daybook, gangs: list[Gangs]) -> Cards:
    """Open every card the gangs used, in batches as card dealers do, and put its position where its key stands."""
    payer, payee, at_us = book.column("payer"), book.column("payee"), book.column("at_us")
    both, when = np.concatenate([payer, payee]), np.concatenate([at_us, at_us])
    used = both >= KEY_BASE
    key, card = np.unique(both[used], return_inverse=True)
    n = len(key)
    first_us, last_us = np.full(n, 1 << 62, np.int64), np.zeros(n, np.int64)
    np.minimum.at(first_us, card, when[used])
    np.maximum.at(last_us, card, when[used])
    tier, ring = (key - KEY_BASE) // _TIER_SPAN % 16, (key - KEY_BASE) // (_TIER_SPAN * 16)
    company_share = np.zeros(config.n_cases * len(config.kinds) + 1)
    for group in gangs:
        company_share[group.ring] = config.kinds[group.kind].company_share
    shell = (tier == 1) & draws.chance(company_share[ring] if n else 0.0, n)
    runner = (tier > 0) & ~shell & draws.chance(config.runner_share, n)
    role = np.where(shell, ROLE["shell"], np.where(runner, ROLE["runner"], ROLE["money_house"]))
    role = np.where((role == ROLE["money_house"]) & (tier == 1), ROLE["mule"], role)
    cards = Cards(key, np.full(n, -1, np.int64), ring, tier, role, first_us, last_us)
    _open_bought(config, draws, cast, cards)
    for name, kind, floats in (("runner", "personal", (200, 5_000)), ("shell", "company", (100, 3_000))):
        which = np.flatnonzero(cards.of(name))
        opened_us = first_us[which] - draws.integers(10, 80, len(which)) * DAY_US if name == "shell" else None
        cards.account[which] = cast.accounts(
            len(which), name, kind=kind, ring=ring[which], opened_us=opened_us, float_yuan=floats,
            knowing=draws.chance(0.7, len(which)),
        )  # fmt: skip
    book.resolve(cards.at)
    return cards


def _open_bought(config: WorldConfig, draws: Draws, cast: Cast, cards: Cards) -> None:
    """Open the bought cards: a batch of one ring at one outlet within hours, SIMs from one agent, one computer for many."""
    for name in ("mule", "money_house"):
        which = np.flatnonzero(cards.of(name))
        if not len(which):
            continue
        which = which[np.lexsort((cards.first_us[which], cards.ring[which]))]
        n, ring = len(which), cards.ring[which]
        batch = _groups(ring, int(draws.integers(*config.batch_opening, 1)[0]))
        desk = _groups(ring, int(draws.integers(*config.device_accounts, 1)[0]))
        n_batches = int(batch.max()) + 1
        start_us = np.full(n_batches, 1 << 62, np.int64)
        np.minimum.at(start_us, batch, cards.first_us[which])
        start_us = start_us // DAY_US * DAY_US - draws.integers(3, 20, n_batches) * DAY_US + HOUR_US
        place = np.arange(n, dtype=np.int64) - np.searchsorted(batch, np.arange(n_batches))[batch]
        opened_us = start_us[batch] + place * draws.integers(6, 20, n) * MINUTE_US
        holder = cast.holders(n)
        sim = cast.sims(
            n, name, holder=holder, agent=draws.integers(0, 59, n_batches)[batch], opened_us=opened_us - 2 * HOUR_US
        )
        cards.account[which] = cast.accounts(
            n, name, ring=ring, holder=holder, sim=sim, computer=cast.devices(int(desk.max()) + 1, computer=True)[desk],
            outlet=draws.integers(0, 399, n_batches)[batch], opened_us=opened_us, float_yuan=(0, 60),
            knowing=draws.chance(0.8, n),
        )  # fmt: skip


def _groups(ring: Ints, size: int) -> Ints:
    """Number groups of up to ``size`` neighbours of one ring (``ring`` is sorted)."""
    starts = np.flatnonzero(np.r_[True, ring[1:] != ring[:-1]])
    place = np.arange(len(ring)) - np.repeat(starts, np.diff(np.r_[starts, len(ring)]))
    return np.cumsum(place % size == 0).astype(np.int64) - 1


def purses(cards: Cards, n_rings: int) -> Ints:
    """Return each ring's own purse, -1 where it never used one."""
    purse = np.full(n_rings, -1, np.int64)
    own = cards.tier == 0
    purse[cards.ring[own]] = cards.account[own]
    return purse


def try_cards(draws: Draws, cards: Cards, book: Daybook, purse: Ints) -> None:
    """Send a small payment to each card before its first use; let some cards turn money in a circle to look alive."""
    used = np.flatnonzero((cards.tier > 0) & (purse[cards.ring] >= 0))
    n = len(used)
    at_us = cards.first_us[used] - draws.integers(10, 60, n) * MINUTE_US
    moves = Moves(purse[cards.ring[used]], cards.account[used], at_us, draws.integers(1, 100, n) * 100)
    book.add(moves, "测试", ring=cards.ring[used])
    houses = np.flatnonzero(cards.of("money_house") & (cards.tier == 2))
    triples = houses[: len(houses) // 3 * 3].reshape(-1, 3)
    triples = triples[(cards.ring[triples] == cards.ring[triples[:, :1]]).all(axis=1)]
    if not len(triples):
        return
    own = purse[cards.ring[triples[:, 0]]]
    keep = own >= 0
    triples, own = triples[keep], own[keep]
    m = len(triples)
    lying = Parcels(
        own, cards.first_us[triples].min(axis=1) - 6 * HOUR_US, draws.integers(10, 50, m) * 10_000,
        cards.ring[triples[:, 0]], np.zeros(m, np.int64),
    )  # fmt: skip
    stations = [cards.account[triples[:, k]] for k in range(3)]
    moves, _ = cycle(draws, lying, stations, delay_us=lambda n: draws.delay_us(300, 0.5, n))
    book.add(moves, "往来款", ring=np.tile(lying.ring, 4))


def spend_pay(draws: Draws, cards: Cards, gangs: list[Gangs], market: Market, book: Daybook) -> None:
    """Let holders spend most of what they kept, a day or two after their card was laid down."""
    kept = [part for group in gangs for part in group.kept]
    if not kept:
        return
    account = cards.at(np.concatenate([part[0] for part in kept]))
    fen, at_us = np.concatenate([part[2] for part in kept]), np.concatenate([part[1] for part in kept])
    who, place = np.unique(account, return_inverse=True)
    total, last = np.zeros(len(who), np.int64), np.zeros(len(who), np.int64)
    np.add.at(total, place, fen)
    np.maximum.at(last, place, at_us)
    spent = total * draws.integers(50, 90, len(who)) // 10_000 * 100
    buys = np.flatnonzero(spent >= 1_000)
    shop = market.merchants[draws.integers(0, len(market.merchants) - 1, len(buys))]
    later = last[buys] + draws.integers(20 * 3600, 48 * 3600, len(buys)) * SECOND_US
    book.add(Moves(who[buys], shop, later, spent[buys]), "POS消费", channel="merchant")


def run_orders(
    config: WorldConfig, draws: Draws, cast: Cast, cards: Cards, people: Ints, market: Market, book: Daybook
) -> Ints:
    """Send other illegal money through the runners' cards: in from gamblers, out within the hour at 1 to 2 per cent.

    Returns the collecting accounts, which change what they get into virtual assets.
    """
    runners = np.flatnonzero(cards.of("runner"))
    if not len(runners):
        return np.empty(0, np.int64)
    collectors = cast.accounts(max(len(runners) // 25, 2), "money_house", knowing=True, float_yuan=(0, 2_000))
    count = draws.integers(*config.gambling_orders, len(runners))
    who = np.repeat(runners, count)
    n = len(who)
    life = np.maximum(cards.last_us[who] - cards.first_us[who], 8 * HOUR_US)
    at_us = cards.first_us[who] + (draws.uniform(n) * (life // SECOND_US)).astype(np.int64) * SECOND_US
    amount = np.clip(draws.yuan(900.0, 1.1, n, odd=0.0), 20_000, 3_000_000) // 10_000 * 10_000
    gambler = people[draws.integers(0, len(people) - 1, n)]
    account = cards.account[who]
    book.add(Moves(gambler, account, at_us, amount), "转账")
    pay = amount * draws.integers(10, 20, n) // 1_000
    lying = Parcels(account, at_us, amount - pay, cards.ring[who], np.zeros(n, np.int64))
    sink = collectors[cards.ring[who] % len(collectors)]
    moves, lying = chain(draws, lying, [sink], delay_us=lambda k: draws.integers(5, 60, k) * MINUTE_US)
    book.add(moves, "往来款")
    dealer = market.dealers[draws.integers(0, len(market.dealers) - 1, len(lying))]
    out, _ = fan_in(
        draws, lying, lambda parent, _: dealer[parent], delay_us=draws.delay_us(3600, 0.4, len(lying)), window_us=12 * HOUR_US
    )
    book.add(out, "USDT", channel="crypto")
    return collectors


def pay_suppliers(
    config: WorldConfig, draws: Draws, cast: Cast, cards: Cards, purse: Ints, people: Ints, book: Daybook, gangs: list[Gangs]
) -> None:
    """Let each ring pay its card dealer, who pays the holders, and its promoter, who pays for clicks."""
    rings = np.flatnonzero(purse >= 0)
    if not len(rings):
        return
    dealer, promoter = np.full(len(purse), -1, np.int64), np.full(len(purse), -1, np.int64)
    dealer[rings] = cast.accounts(len(rings), "card_dealer", ring=rings, knowing=True, float_yuan=(100, 5_000))
    promoter[rings] = cast.accounts(len(rings), "promoter", ring=rings, knowing=True, float_yuan=(100, 5_000))
    bought = np.flatnonzero(cards.of("mule", "money_house") & (cards.tier > 0) & (purse[cards.ring] >= 0))
    n, ring = len(bought), cards.ring[bought]
    price = draws.integers(3, 10, n) * 10_000
    at_us = cards.first_us[bought] - draws.integers(26 * 3600, 60 * 3600, n) * SECOND_US
    book.add(Moves(purse[ring], dealer[ring], at_us - HOUR_US, price + 50_000), "往来款", ring=ring)
    book.add(Moves(dealer[ring], cards.account[bought], at_us, price), "转账", ring=ring)
    start_us = np.zeros(len(purse), np.int64)
    for group in gangs:
        start_us[group.ring] = group.start_us
    heads = draws.integers(*config.promoter_payments, len(rings))
    lying = Parcels(promoter[rings], start_us[rings] - DAY_US, heads * 2_000, rings, np.zeros(len(rings), np.int64))
    book.add(Moves(purse[rings], promoter[rings], lying.at_us, lying.amount_fen), "往来款", ring=rings)
    total = int(heads.sum())
    clicker = people[draws.integers(0, len(people) - 1, total)]
    moves, paid = fan_out(
        draws, lying, lambda parent, _: clicker[: len(parent)], parts=heads, delay_us=draws.delay_us(3600, 0.5, len(rings)),
        kept_fen=lying.amount_fen // 4,
    )  # fmt: skip
    book.add(moves, "提成", ring=paid.ring)


def farm_sims(config: WorldConfig, draws: Draws, cast: Cast, gangs: list[Gangs]) -> None:
    """Set up the SIM farms of the rings that telephone: sequential handset numbers, each SIM in two to four of them."""
    for group in gangs:
        if config.kinds[group.kind].calls[1] == 0:
            continue
        for start_us in group.start_us:
            n = int(draws.integers(*config.goip_sims, 1)[0])
            opened_us = start_us - draws.integers(1, 3, n) * DAY_US
            pool = cast.devices(max(n // 8, 4))
            sims = cast.sims(
                n, "goip", device=pool[np.arange(n) % len(pool)], agent=np.full(n, int(start_us // DAY_US) % 60),
                opened_us=opened_us, closed_us=opened_us + draws.integers(2, 7, n) * DAY_US,
            )  # fmt: skip
            for turn in range(1, int(draws.integers(2, 4, 1)[0])):
                cast.insert(sims, pool[(np.arange(n) + turn) % len(pool)])


def trade(draws: Draws, dealers: Ints, suppliers: Ints, book: Daybook) -> None:
    """Let dealers buy anew what they sold, within hours, at a margin of some fen a coin."""
    payee, at_us, amount = book.column("payee"), book.column("at_us"), book.column("amount_fen")
    sales = np.flatnonzero(np.isin(payee, dealers))
    zero = np.zeros(len(sales), np.int64)
    lying = Parcels(payee[sales], at_us[sales], amount[sales], zero, zero)
    supplier = suppliers[draws.integers(0, len(suppliers) - 1, len(sales))]
    moves, _ = fan_in(
        draws, lying, lambda parent, _: supplier[parent], delay_us=draws.delay_us(2400, 0.5, len(sales)), window_us=2 * HOUR_US,
        kept_fen=np.zeros(len(sales), np.int64),
    )  # fmt: skip
    margin = moves.amount_fen * draws.integers(1, 6, len(moves.payer)) // 720
    paid = np.maximum(moves.amount_fen - margin, 1)
    book.add(Moves(moves.payer, moves.payee, moves.at_us, paid), "货款")
