"""What really happened to each fen: a simulation of its own, from the rule's definition, sharing no code with the kernels.

Money lies in an account as lots; a lot is (victim payment, hop, fen), victim payment -1 for everybody else's money. Payments
are taken in their order. A victim's payment is the victim's own money: it takes other people's untainted money at the payer and
arrives whole as a new lot. Any other payment takes lots by the rule. What leaves by an exit channel ends there.
"""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import polars as pl

from graphfraud.synthetic.draws import Bools, Ints
from graphfraud.units import NONE

Piece = tuple[int, int, int]
"""(victim payment or -1, hop, fen)."""


@dataclass(frozen=True, slots=True)
class Truth:
    """Who did it, exactly.

    Attributes
    ----------
    rule : str
        Rule the shares are stated under.
    transactions : polars.DataFrame
        ``transaction_id, fraud`` (made for a scam), ``role`` (of the payer; of the payee where nobody pays), ``ring_id``,
        ``victim_id`` (of a victim's own payment), ``refund_to`` (victim a refund goes to), ``tainted_fen``, ``tier`` (fewest
        hops of the victims' money in it, null if there is none), ``exit_channel``, ``mirrored`` (both statements are held).
    shares : polars.DataFrame
        ``transaction_id, seed_transaction_id, hop, fen``: victims' money in each transaction, by victim payment.
    lots : polars.DataFrame
        ``account_id, seed_transaction_id, hop, state`` (resting or exited)``, channel, transaction_id, fen``: where it ended.
    accounts : polars.DataFrame
        ``account_id, role, ring_id, culprit, decoy, knowing, held, since_us, until_us, tier``.
    victims : polars.DataFrame
        ``victim_id, account_id, case_id, ring_id, kind, reported, paid_fen, refunded_fen, loss_fen, occurred_us, last_us,
        reported_us, report_delay_us``.
    sims : polars.DataFrame
        ``sim_id, role, culprit, decoy, device_id``.
    """

    rule: str
    transactions: pl.DataFrame
    shares: pl.DataFrame
    lots: pl.DataFrame
    accounts: pl.DataFrame
    victims: pl.DataFrame
    sims: pl.DataFrame


class _Fifo:
    """Lots of one account, oldest first."""

    __slots__ = ("lots", "tainted")

    def __init__(self, untainted: int) -> None:
        self.lots: deque[Piece] = deque()
        self.tainted = 0
        self.put(NONE, 0, untainted)

    def put(self, seed: int, hop: int, fen: int) -> None:
        if not fen:
            return
        if seed >= 0:
            self.tainted += fen
        if self.lots and self.lots[-1][:2] == (seed, hop):
            fen += self.lots.pop()[2]
        self.lots.append((seed, hop, fen))

    def take(self, amount: int) -> list[Piece]:
        taken = []
        while amount and self.lots:
            seed, hop, fen = self.lots.popleft()
            part = min(fen, amount)
            if part < fen:
                self.lots.appendleft((seed, hop, fen - part))
            if seed >= 0:
                self.tainted -= part
            taken.append((seed, hop, part))
            amount -= part
        return taken

    def take_untainted(self, amount: int) -> None:
        kept: deque[Piece] = deque()
        for seed, hop, fen in self.lots:
            part = min(fen, amount) if seed < 0 else 0
            amount -= part
            if part < fen:
                kept.append((seed, hop, fen - part))
        self.lots = kept

    def pieces(self) -> Iterator[Piece]:
        return (piece for piece in self.lots if piece[0] >= 0)


class _ProRata:
    """Parts of one account, by (victim payment, hop); the untainted part is (-1, 0)."""

    __slots__ = ("parts", "tainted")

    def __init__(self, untainted: int) -> None:
        self.parts: dict[tuple[int, int], int] = {(NONE, 0): untainted}
        self.tainted = 0

    def put(self, seed: int, hop: int, fen: int) -> None:
        if seed >= 0:
            self.tainted += fen
        self.parts[seed, hop] = self.parts.get((seed, hop), 0) + fen

    def take(self, amount: int) -> list[Piece]:
        balance = sum(self.parts.values())
        if balance <= 0:
            return []
        amount = min(amount, balance)
        keys = sorted(self.parts)
        given = {key: amount * self.parts[key] // balance for key in keys}
        spare = amount - sum(given.values())
        by_remainder = sorted(keys, key=lambda key: (-(amount * self.parts[key] % balance), key))
        for key in by_remainder[:spare]:
            given[key] += 1
        taken = []
        for key in keys:
            part = given[key]
            self.parts[key] -= part
            if not self.parts[key] and key[0] >= 0:
                del self.parts[key]
            if key[0] >= 0:
                self.tainted -= part
            if part:
                taken.append((*key, part))
        return taken

    def take_untainted(self, amount: int) -> None:
        self.parts[NONE, 0] -= min(amount, self.parts[NONE, 0])

    def pieces(self) -> Iterator[Piece]:
        return ((*key, fen) for key, fen in sorted(self.parts.items()) if key[0] >= 0 and fen)


_MONEY: dict[str, Callable[[int], "_Fifo | _ProRata"]] = {"fifo": _Fifo, "pro_rata": _ProRata}

SHARE_SCHEMA = {"transaction": pl.Int64, "seed": pl.Int64, "hop": pl.Int64, "fen": pl.Int64}
LOT_SCHEMA = {"account": pl.Int64, "seed": pl.Int64, "hop": pl.Int64, "transaction": pl.Int64, "fen": pl.Int64}


def follow(
    rule: str, payer: Ints, payee: Ints, amount_fen: Ints, is_seed: Bools, is_exit: Bools, payee_after: Ints
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Follow victims' money through payments in their order.

    Only accounts that hold victims' money at the moment are simulated: before it comes, what lies there is one untainted sum,
    the running balance.

    Parameters
    ----------
    rule : str
        fifo or pro_rata.
    payer, payee : int64[n]
        Account positions; -1 is nobody (cash, fees), who never pays on.
    amount_fen : int64[n], fen
    is_seed : bool[n]
        A victim's own payment.
    is_exit : bool[n]
    payee_after : int64[n], fen
        The payee's running balance after the payment.

    Returns
    -------
    shares, lots : polars.DataFrame
        With :data:`SHARE_SCHEMA` and :data:`LOT_SCHEMA`; seeds and transactions are positions; a lot's transaction is the
        one by which it left, -1 where it rests. A lot that left stands with the account it left; one that left by the victim's
        own payment stands with the payee, the first it reached.
    """
    money = _MONEY[rule]
    tainted: dict[int, _Fifo | _ProRata] = {}
    shares: list[tuple[int, int, int, int]] = []
    lots: list[tuple[int, int, int, int, int]] = []
    columns = (payer, payee, amount_fen, is_seed, is_exit, payee_after)
    for i, (a, b, fen, seed, leaves, b_after) in enumerate(zip(*(c.tolist() for c in columns), strict=True)):
        if a == b or not (seed or a in tainted or b in tainted):
            continue
        pieces: list[Piece] = [(NONE, 0, fen)]
        at_payer = tainted.get(a)
        if seed:
            pieces = [(i, 0, fen)]
            if at_payer is not None:
                at_payer.take_untainted(fen)
        elif at_payer is not None:
            pieces = at_payer.take(fen)
        if at_payer is not None and not at_payer.tainted:
            del tainted[a]
        dirty = [(s, hop + 1, part) for s, hop, part in pieces if s >= 0]
        shares += [(i, s, hop, part) for s, hop, part in dirty]
        if leaves:
            lots += [(b if seed else a, s, hop, i, part) for s, hop, part in dirty]
            pieces = [(NONE, 0, fen)]
        if b < 0:
            assert leaves, "nobody is paid only by a way out"
            continue
        at_payee = tainted.get(b)
        if at_payee is None:
            if leaves or not dirty:
                continue
            at_payee = tainted[b] = money(b_after - fen)
        for s, hop, part in pieces:
            at_payee.put(s, hop + (s >= 0), part)
    for account in sorted(tainted):
        lots += [(account, s, hop, NONE, part) for s, hop, part in tainted[account].pieces()]
    return (
        pl.DataFrame(shares, schema=SHARE_SCHEMA, orient="row"),
        pl.DataFrame(lots, schema=LOT_SCHEMA, orient="row"),
    )
