"""Every payment of the world as it is made: grows by whole arrays, then is put in order and given balances."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from graphfraud.synthetic.draws import Ints
from graphfraud.synthetic.schemes import Moves
from graphfraud.tables import CHANNELS
from graphfraud.units import NONE

CHANNEL = {name: position for position, name in enumerate(CHANNELS)}

MEMOS = (
    "转账", "手机银行转账", "往来款", "货款", "工资", "房租", "生活费", "还款", "代付款", "班费", "礼金", "提成", "佣金返还",
    "ATM取款", "柜台取款", "现金存入", "POS消费", "网上购物", "黄金首饰", "微信红包", "财付通充值", "话费充值", "零钱提现",
    "USDT", "跨境汇款", "转账手续费", "结息", "测试", "定金", "尾款", "投资款", "任务款", "保证金", "车费", "代购款",
)  # fmt: skip
MEMO = {text: position for position, text in enumerate(MEMOS)}

NOBODY = NONE
"""Position of the far side of a payment that has none on any statement (cash, fees, interest)."""


@dataclass(frozen=True, slots=True)
class Page:
    """The whole daybook in order of time: arrays of one length; ``victim`` and ``refund_to`` are victim numbers or -1."""

    payer: Ints
    payee: Ints
    at_us: Ints
    amount_fen: Ints
    channel: Ints
    memo: Ints
    fraud: Ints
    ring: Ints
    victim: Ints
    refund_to: Ints

    def __len__(self) -> int:
        return len(self.payer)


class Daybook:
    """Collects payments; positions of accounts are those of the cast."""

    def __init__(self) -> None:
        self._parts: dict[str, list[Ints]] = {name: [] for name in Page.__slots__}
        self.n = 0

    def add(
        self, moves: Moves, memo: str | Ints, *, channel: str | Ints = "transfer", fraud: bool = False, ring: int | Ints = NONE,
        victim: int | Ints = NONE, refund_to: int | Ints = NONE,
    ) -> None:  # fmt: skip
        """Enter payments; single values hold for all of them."""
        n = len(moves.payer)
        values: dict[str, object] = {
            "payer": moves.payer, "payee": moves.payee, "at_us": moves.at_us, "amount_fen": moves.amount_fen,
            "channel": CHANNEL[channel] if isinstance(channel, str) else channel,
            "memo": MEMO[memo] if isinstance(memo, str) else memo,
            "fraud": int(fraud), "ring": ring, "victim": victim, "refund_to": refund_to,
        }  # fmt: skip
        for name, value in values.items():
            self._parts[name].append(np.broadcast_to(np.asarray(value, np.int64), n))
        self.n += n

    def column(self, name: str) -> Ints:
        """Return one column in the order of entry."""
        return np.concatenate([np.empty(0, np.int64), *self._parts[name]])

    def resolve(self, at: Callable[[Ints], Ints]) -> None:
        """Put account positions in the place of keys."""
        for name in ("payer", "payee"):
            self._parts[name] = [at(self.column(name))]

    def page(self, since_us: int, until_us: int) -> Page:
        """Return the payments of the observed time in order; equal instants stay in the order of entry."""
        at_us = self.column("at_us")
        order = np.argsort(at_us, kind="stable")
        order = order[(at_us[order] >= since_us) & (at_us[order] < until_us)]
        return Page(**{name: self.column(name)[order] for name in Page.__slots__})


def balances(page: Page, float_fen: Ints) -> tuple[Ints, Ints, Ints, Ints]:
    """Return what lay in each account, so that nobody ever pays what he has not.

    Parameters
    ----------
    page : Page
    float_fen : int64[n_accounts]
        What lies in an account at its lowest, in fen.

    Returns
    -------
    opening_fen, closing_fen : int64[n_accounts]
    payer_balance_fen, payee_balance_fen : int64[n_transactions]
        Balance after the payment; -1 where the side is nobody. Of a payment to oneself, both are the balance after it.
    """
    n, m = len(page), len(float_fen)
    account = np.concatenate([page.payer, page.payee])
    signed = np.concatenate([-page.amount_fen, page.amount_fen])
    position = np.concatenate([np.arange(n) * 2, np.arange(n) * 2 + 1])
    order = np.lexsort((position, account))
    owner, total = account[order], np.cumsum(signed[order])
    starts = np.flatnonzero(np.r_[True, owner[1:] != owner[:-1]]) if len(owner) else np.empty(0, np.int64)
    length = np.diff(np.r_[starts, len(owner)])
    running = total - np.repeat(total[starts] - signed[order][starts], length)
    lowest, last = np.zeros(m, np.int64), np.zeros(m, np.int64)
    if len(starts):
        whose, ends = owner[starts], starts + length - 1
        real = whose >= 0
        lowest[whose[real]] = np.minimum(np.minimum.reduceat(running, starts), 0)[real]
        last[whose[real]] = running[ends][real]
    opening = float_fen - lowest
    after = np.empty(2 * n, np.int64)
    after[order] = running + np.where(owner >= 0, opening[owner], 0)
    after[account < 0] = NONE
    return opening, opening + last, after[:n], after[n:]
