"""The gangs' cards, those who supply and serve them, and the ways by which money leaves the banks."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from graphfraud.synthetic.cast import Cast
from graphfraud.synthetic.config import WorldConfig
from graphfraud.synthetic.daybook import CHANNEL, MEMO, NOBODY, Daybook
from graphfraud.synthetic.draws import Bools, Draws, Ints
from graphfraud.synthetic.schemes import Moves, Parcels
from graphfraud.units import SECOND_US

KEY_BASE = 1 << 40
"""A position from here on is a card of a gang that is not opened yet: ring, tier, period of use and slot in one number."""

_TIERS, _PERIODS, _SLOTS = 16, 1 << 12, 1 << 8
_FLOAT_SHARE = 0.02
WAYS = ("cash_out", "merchant", "crypto", "wallet", "cross_border")
_ATM_FEN, _COUNTER_FEN, _WALLET_FEN, _TEST_FEN = 500_000, 6_000_000, 500_000, 10_000


@dataclass(frozen=True, slots=True)
class Gangs:
    """The rings of one kind of scam, and the cards each uses in each tier and period.

    A card is used for ``life_us``, then another takes its place. Tier 0 is the gang's own purse, from which it pays refunds,
    card dealers and promoters.
    """

    kind: str
    ring: Ints
    start_us: Ints
    n_victims: Ints
    until_us: int
    life_us: int
    kept: list[tuple[Ints, Ints, Ints]] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.ring)

    def width(self, tier: int) -> Ints:
        """Return the number of cards in use at a time, per ring."""
        most = self.n_victims // 2 if tier == 1 else self.n_victims // 5
        return np.clip(most + 3, 4, _SLOTS - 1)

    def key(self, gang: Ints, tier: int, at_us: Ints, slot: Ints) -> Ints:
        """Return the card in use at an instant."""
        period = np.clip((at_us - self.start_us[gang]) // self.life_us, 0, _PERIODS - 1) if tier else np.zeros_like(gang)
        return KEY_BASE + ((self.ring[gang] * _TIERS + tier) * _PERIODS + period) * _SLOTS + slot

    def choose(self, draws: Draws, gang: Ints, tier: int, at_us: Ints) -> Ints:
        """Return a card of the tier by chance, or now and then the purse."""
        slot = draws.integers(0, 1 << 20, len(gang)) % self.width(tier)[gang]
        purse = draws.chance(_FLOAT_SHARE, len(gang))
        return np.where(purse, self.purse(gang), self.key(gang, tier, at_us, slot))

    def purse(self, gang: Ints) -> Ints:
        """Return the gang's own purse."""
        return self.key(gang, 0, self.start_us[gang], np.zeros_like(gang))

    @staticmethod
    def is_float(account: Ints) -> Bools:
        """Return which cards are purses."""
        purse: Bools = (account >= KEY_BASE) & ((account - KEY_BASE) // (_PERIODS * _SLOTS) % _TIERS == 0)
        return purse

    def keep(self, parcels: Parcels, kept_fen: Ints) -> None:
        """Remember the pay a card's holder keeps of each parcel; it is spent when the card is laid down."""
        self.kept.append((parcels.account, parcels.at_us, kept_fen))


@dataclass(frozen=True, slots=True)
class Market:
    """Where money leaves: shops, gold shops, payment firms, dealers in virtual assets, companies that pay abroad."""

    merchants: Ints
    gold_shops: Ints
    firms: Ints
    dealers: Ints
    traders: Ints
    abroad: Ints

    @staticmethod
    def channel_of(way: Ints) -> Ints:
        """Return the channel of each way out."""
        return np.array([CHANNEL[name] for name in WAYS], np.int64)[way]

    def payee_of_parcel(self, draws: Draws, way: Ints) -> Ints:
        """Return whom a victim pays who hands goods over: nobody for cash, a gold shop, a dealer, a firm or a company."""
        n = len(way)
        options = [np.full(n, NOBODY, np.int64)]
        options += [_one_of(draws, group, n) for group in (self.gold_shops, self.dealers, self.firms, self.abroad)]
        return np.choose(way, options)

    @staticmethod
    def memo_of_parcel(way: Ints) -> Ints:
        """Return what the statement says of it."""
        words = ("柜台取款", "黄金首饰", "USDT", "财付通充值", "跨境汇款")
        return np.array([MEMO[word] for word in words], np.int64)[way]

    def take_out(self, draws: Draws, book: Daybook, parcels: Parcels, weights: Sequence[float], gangs: Gangs) -> None:
        """Let parcels leave at their instant by the ways of a scam: drawn in cash, spent, changed or sent abroad."""
        way = draws.pick(weights, len(parcels))
        way = np.where((way == 0) & (parcels.amount_fen < 10_000), 3, way)
        steps = (self._cash, self._spend, self._change, self._top_up, self._send_abroad)
        for number, step in enumerate(steps):
            chosen = parcels.take(way == number)
            if len(chosen):
                step(draws, book, chosen, gangs.ring[chosen.ring])

    def _cash(self, draws: Draws, book: Daybook, parcels: Parcels, ring: Ints) -> None:
        amount = parcels.amount_fen // 10_000 * 10_000
        counter = amount > _COUNTER_FEN
        parent, part, at_us = _portions(draws, parcels, np.where(counter, amount, _ATM_FEN), amount)
        moves = Moves(parcels.account[parent], np.full(len(parent), NOBODY, np.int64), at_us, part)
        memo = np.where(counter[parent], MEMO["柜台取款"], MEMO["ATM取款"])
        book.add(moves, memo, channel="cash_out", fraud=True, ring=ring[parent])

    def _spend(self, draws: Draws, book: Daybook, parcels: Parcels, ring: Ints) -> None:
        n = len(parcels)
        gold = (parcels.amount_fen > 500_000) & draws.chance(0.6, n)
        payee = np.where(gold, _one_of(draws, self.gold_shops, n), _one_of(draws, self.merchants, n))
        moves = Moves(parcels.account, payee, parcels.at_us, parcels.amount_fen)
        book.add(moves, np.where(gold, MEMO["黄金首饰"], MEMO["POS消费"]), channel="merchant", fraud=True, ring=ring)

    def _change(self, draws: Draws, book: Daybook, parcels: Parcels, ring: Ints) -> None:
        n = len(parcels)
        own = self.dealers[(ring * 7 + draws.integers(0, 2, n)) % len(self.dealers)]
        payee = np.where(draws.chance(0.25, n), _one_of(draws, self.traders, n), own)
        test = np.flatnonzero(parcels.amount_fen > 2_000_000)
        small = Moves(parcels.account[test], payee[test], parcels.at_us[test], np.full(len(test), _TEST_FEN, np.int64))
        book.add(small, "USDT", channel="crypto", fraud=True, ring=ring[test])
        rest_fen = parcels.amount_fen.copy()
        rest_fen[test] -= _TEST_FEN
        moves = Moves(parcels.account, payee, parcels.at_us + draws.integers(120, 900, n) * SECOND_US, rest_fen)
        book.add(moves, "USDT", channel="crypto", fraud=True, ring=ring)

    def _top_up(self, draws: Draws, book: Daybook, parcels: Parcels, ring: Ints) -> None:
        portion = np.maximum(parcels.amount_fen // 8 + 1, _WALLET_FEN)
        parent, part, at_us = _portions(draws, parcels, portion, parcels.amount_fen)
        moves = Moves(parcels.account[parent], _one_of(draws, self.firms, len(parent)), at_us, part)
        words = np.array([MEMO[word] for word in ("微信红包", "财付通充值", "话费充值")], np.int64)
        book.add(moves, words[draws.integers(0, 2, len(parent))], channel="wallet", fraud=True, ring=ring[parent])

    def _send_abroad(self, draws: Draws, book: Daybook, parcels: Parcels, ring: Ints) -> None:
        payee = self.abroad[(ring + draws.integers(0, 1, len(ring))) % len(self.abroad)]
        moves = Moves(parcels.account, payee, parcels.at_us, parcels.amount_fen)
        book.add(moves, "跨境汇款", channel="cross_border", fraud=True, ring=ring)


def _one_of(draws: Draws, group: Ints, n: int) -> Ints:
    return group[draws.integers(0, len(group) - 1, n)]


def _portions(draws: Draws, parcels: Parcels, portion_fen: Ints | np.ndarray, amount_fen: Ints) -> tuple[Ints, Ints, Ints]:
    """Cut each amount into portions with the rest last, some 40 to 120 seconds apart; return parcel, amount, instant."""
    portion = np.broadcast_to(portion_fen, len(parcels))
    count = -(-amount_fen // portion)
    parent = np.repeat(np.arange(len(parcels), dtype=np.int64), count)
    step = np.arange(len(parent), dtype=np.int64) - (np.cumsum(count) - count)[parent]
    part = np.minimum(portion[parent], amount_fen[parent] - step * portion[parent])
    return parent, part, parcels.at_us[parent] + step * draws.integers(40, 120, len(parent)) * SECOND_US


def open_market(config: WorldConfig, draws: Draws, cast: Cast, n_rings: int) -> Market:
    """Open the shops, firms and dealers everybody uses."""
    n = config.n_background
    n_dealers = max(int(draws.integers(*config.dealers, max(n_rings, 1)).sum()) // 2, 2)
    return Market(
        merchants=cast.accounts(max(n // 60, 10), "merchant", kind="merchant", float_yuan=(5_000, 200_000)),
        gold_shops=cast.accounts(max(n // 1_000, 3), "gold_shop", kind="merchant", float_yuan=(50_000, 500_000)),
        firms=cast.accounts(3, "payment_firm", kind="payment", float_yuan=(5_000_000, 20_000_000)),
        dealers=cast.accounts(n_dealers, "dealer", knowing=draws.chance(0.8, n_dealers), float_yuan=(20_000, 200_000)),
        traders=cast.accounts(max(n // 400, 3), "usdt_trader", float_yuan=(20_000, 200_000)),
        abroad=cast.accounts(max(n_rings, 2), "shell", kind="company", knowing=True, float_yuan=(100, 5_000)),
    )
