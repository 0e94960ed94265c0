"""Seeded worlds of payments to measure on: the same arrays on every machine.

Activity is Zipf-like (weight ~ rank^-0.85), 70 % of payments stay inside communities of log-normal size, amounts are
log-normal, times are whole seconds of 90 days with a daily rhythm, so ties are common. About 1.5 % of the payments are
planted: fans in and out, time-respecting cycles, and layered chains that begin with a victim's payment.
"""

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from graphfraud.kernels.opening import UNPRINTED, opening_balances
from graphfraud.units import DAY_US, HOUR_US, SECOND_US

SIZES = {"S": 10**4, "M": 10**6, "L": 10**7}
START_US = 1_709_222_400 * SECOND_US  # 2024-03-01 00:00 in China
N_DAYS = 90
_ZIPF = 0.85
_FLAT = 10  # without it the first account alone would make 3 % of all payments
_INSIDE = 0.7
_PLANTED = 0.015


@dataclass(frozen=True)
class Payments:
    """Arrays in total order, read-only; ``chain_tx`` are the victims' payments that begin the planted chains."""

    payer_ix: np.ndarray
    payee_ix: np.ndarray
    amount_fen: np.ndarray
    at_us: np.ndarray
    is_exit: np.ndarray
    chain_tx: np.ndarray
    n_accounts: int

    @cached_property
    def opening_fen(self) -> np.ndarray:
        """The least opening balances that keep every account from going below zero."""
        unprinted = _frozen(np.full(self.amount_fen.size, UNPRINTED))
        return _frozen(
            opening_balances(self.payer_ix, self.payee_ix, self.amount_fen, unprinted, unprinted, self.n_accounts)[1]
        )

    def asked(self, n_seeds: int, within_us: int, hops_max: int, rng_seed: int = 1) -> tuple:
        """Return the arguments of a tracing kernel: so many planted chains (then any payments) are followed."""
        rng = np.random.default_rng(rng_seed)
        others = np.setdiff1d(rng.choice(self.amount_fen.size // 2, min(n_seeds, self.amount_fen.size // 4)), self.chain_tx)
        tx = np.sort(np.concatenate((rng.permutation(self.chain_tx), others))[:n_seeds])
        seed_of = np.full(self.amount_fen.size, -1, np.int32)
        seed_of[tx] = np.arange(tx.size)
        return (
            self.payer_ix,
            self.payee_ix,
            self.amount_fen,
            self.at_us,
            _frozen(seed_of),
            self.is_exit,
            self.opening_fen,
            _frozen(self.at_us[tx] + within_us),
            hops_max,
        )


def payments(size: str | int, rng_seed: int = 1) -> Payments:
    """Return a world of a named size, or of about ``size`` payments, with a tenth as many accounts."""
    n = SIZES[size] if isinstance(size, str) else size
    rng = np.random.default_rng(rng_seed)
    n_accounts = max(10, n // 10)
    planted = _planted(rng, int(n * _PLANTED), n_accounts)
    n_plain = n - planted[0].size
    payer, payee = _ends(rng, n_plain, n_accounts)
    columns = (
        np.concatenate((payer, planted[0])).astype(np.int32),
        np.concatenate((payee, planted[1])).astype(np.int32),
        np.concatenate((_amounts(rng, n_plain), planted[2])),
        np.concatenate((_times(rng, n_plain), planted[3])),
        np.concatenate((rng.random(n_plain) < 0.05, np.zeros(planted[0].size, np.bool_))),
        np.concatenate((np.zeros(n_plain, np.bool_), planted[4])),
    )
    order = np.argsort(columns[3], kind="stable")
    payer, payee, amount, at, is_exit, begins = (_frozen(column[order]) for column in columns)
    return Payments(payer, payee, amount, at, is_exit, np.flatnonzero(begins), n_accounts)


def _ends(rng, n, n_accounts):
    """Payer by rank; payee inside the payer's community, more often an active one, or by rank."""
    account_of_rank = rng.permutation(n_accounts)
    weight = np.cumsum((np.arange(n_accounts) + _FLAT) ** -_ZIPF)
    size = np.maximum(3, rng.lognormal(3.5, 1.0, n_accounts // 8 + 2).astype(np.int64))
    begin = np.concatenate(([0], np.cumsum(size)))
    begin = np.append(begin[begin < n_accounts - 3], n_accounts)  # so every community has at least 3 members
    seat_of_rank = rng.permutation(n_accounts)  # ranks are scattered over communities
    rank_of_seat = np.argsort(seat_of_rank)
    community = np.repeat(np.arange(begin.size - 1), np.diff(begin))
    inside = np.lexsort((rank_of_seat, community))  # seats by community, the most active first
    rank_of_place = rank_of_seat[inside]
    payer_rank = np.searchsorted(weight, rng.random(n) * weight[-1])
    payee_rank = np.searchsorted(weight, rng.random(n) * weight[-1])
    at_home = rng.random(n) < _INSIDE
    home = community[seat_of_rank[payer_rank[at_home]]]
    place = begin[home] + (np.diff(begin)[home] * rng.random(home.size) ** 2).astype(np.int64)
    payee_rank[at_home] = rank_of_place[place]
    payee_rank = np.where(payee_rank == payer_rank, (payee_rank + 1) % n_accounts, payee_rank)
    return account_of_rank[payer_rank], account_of_rank[payee_rank]


def _amounts(rng, n):
    return np.minimum(rng.lognormal(10.5, 1.8, n), 5e9).astype(np.int64) + 1  # median about 360 yuan


def _times(rng, n):
    hour = rng.choice(24, n, p=_HOURS)
    second = rng.integers(0, N_DAYS, n) * 86_400 + hour * 3_600 + rng.integers(0, 3_600, n)
    return START_US + second * SECOND_US


_HOURS = np.array([1, 1, 1, 1, 1, 1, 2, 4, 6, 9, 10, 10, 8, 8, 9, 9, 9, 8, 7, 7, 7, 6, 4, 2], np.float64)
_HOURS /= _HOURS.sum()


def _planted(rng, n, n_accounts):
    """Return payer, payee, amount, time, and whether it begins a chain, of about ``n`` planted payments."""
    rows: list[tuple[int, int, int, int, bool]] = []
    while len(rows) < n:
        at = START_US + int(rng.integers(0, (N_DAYS - 5) * 86_400)) * SECOND_US
        amount = int(rng.integers(100_000, 50_000_000))
        width = int(rng.integers(3, min(12, n_accounts // 2)))
        member = rng.choice(n_accounts, width, replace=False).tolist() if n_accounts < 1_000 else _few(rng, n_accounts, width)
        gap = [at + int(g) * SECOND_US for g in np.cumsum(rng.integers(1, 2 * HOUR_US // SECOND_US, width))]
        kind = rng.choice(["fan_in", "fan_out", "cycle", "chain", "chain"])
        hub, rest = member[0], member[1:]
        if kind == "fan_in":
            rows += [(a, hub, amount // width, t, False) for a, t in zip(rest, gap, strict=False)]
        elif kind == "fan_out":
            rows += [(hub, a, amount // width, t, False) for a, t in zip(rest, gap, strict=False)]
        elif kind == "cycle":
            rows += [(a, b, amount - k, t, False) for k, (a, b, t) in enumerate(zip(member, [*rest, hub], gap, strict=True))]
        else:  # the victim pays the first mule; each tier keeps a little and pays on in two
            tiers = [member[k : k + 2] for k in range(1, width, 2)]
            rows.append((hub, tiers[0][0], amount, at, True))
            for k, (above, below) in enumerate(pairwise(tiers)):
                for a in above:
                    share = max(1, int(amount * 0.98 ** (k + 1)) // (len(above) * len(below)))
                    rows += [(a, b, share, gap[k] + j * SECOND_US, False) for j, b in enumerate(below)]
    columns = zip(*rows, strict=True)
    return tuple(np.array(column, dtype) for column, dtype in zip(columns, (np.int64,) * 4 + (np.bool_,), strict=True))


def _few(rng, n_accounts, width):
    """Return distinct accounts, cheaply where there are many to choose from."""
    while len(chosen := set(rng.integers(0, n_accounts, width).tolist())) < width:
        pass
    return sorted(chosen, key=hash)


def _frozen(array):
    array = np.ascontiguousarray(array)
    array.flags.writeable = False
    return array


WITHIN_US = {"72h": 72 * HOUR_US, "30d": 30 * DAY_US}
