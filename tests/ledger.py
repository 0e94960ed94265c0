"""A tiny notation in which a test reads as a story.

::

    a has 100.00                                opening balance; an account without one has the least that suffices
    b not held                                  no statement of b is held
    09:00:00 victim -> a 1,000.00 seed          the victim's payment; the first seed is number 0
    09:05    a -> b 600.00                      an ordinary transfer; lines of one instant keep their order
    09:30    b -> shop 50.00 merchant           by another channel; channels of tables.EXIT_CHANNELS are exits
    day 2 08:00 a -> c 10.00 low                on the second day; known to the day only
    day 2 09:00 v -> a 5.00 seed case:A-002     a seed of another case than A-001

Blank lines and what follows ``#`` are for the reader. Day 1 is 2024-03-01 in China time.
"""

import re
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
import polars as pl

from graphfraud.tables import CHANNELS, EXIT_CHANNELS, check
from graphfraud.units import DAY_US, NONE, SECOND_US, fen_from_yuan, time_us, yuan_text

DAY_1_US = time_us("2024-03-01")
NO_DEADLINE_US = np.iinfo(np.int64).max

_OPENING = re.compile(r"^(?P<account>\S+) has (?P<yuan>\S+)$")
_NOT_HELD = re.compile(r"^(?P<account>\S+) not held$")
_PAYMENT = re.compile(
    r"^(?:day (?P<day>\d+) )?(?P<h>\d\d):(?P<m>\d\d)(?::(?P<s>\d\d))? "
    r"(?P<payer>\S+) -> (?P<payee>\S+) (?P<yuan>\S+)(?P<words>(?: \S+)*)$"
)


@dataclass(frozen=True)
class Payment:
    """One line of the story."""

    line: int
    at_us: int
    payer: str
    payee: str
    amount_fen: int
    channel: str = "transfer"
    case_id: str | None = None
    low: bool = False


@dataclass(frozen=True)
class Ledger:
    """A story: its payments in total order, the opening balances told, and whose statements are held."""

    payments: tuple[Payment, ...]
    told_fen: dict[str, int]
    not_held: frozenset[str]

    @property
    def account_id(self) -> tuple[str, ...]:
        """Names in sorted order: the position of a name is the ``_ix`` of its account."""
        return tuple(sorted({*self.told_fen, *self.not_held, *(n for p in self.payments for n in (p.payer, p.payee))}))

    def ix(self, name: str) -> int:
        """Return the position of an account."""
        return self.account_id.index(name)

    def _column(self, values, dtype) -> np.ndarray:
        return frozen(np.array(list(values), dtype=dtype))

    @property
    def payer_ix(self) -> np.ndarray:
        return self._column((self.ix(p.payer) for p in self.payments), np.int32)

    @property
    def payee_ix(self) -> np.ndarray:
        return self._column((self.ix(p.payee) for p in self.payments), np.int32)

    @property
    def amount_fen(self) -> np.ndarray:
        return self._column((p.amount_fen for p in self.payments), np.int64)

    @property
    def at_us(self) -> np.ndarray:
        return self._column((p.at_us for p in self.payments), np.int64)

    @property
    def seq(self) -> np.ndarray:
        return self._column((p.line for p in self.payments), np.int64)

    @property
    def seed_of(self) -> np.ndarray:
        """Seeds are numbered in the order they happen."""
        running = accumulate(p.case_id is not None for p in self.payments)
        return self._column((n - 1 if p.case_id else NONE for p, n in zip(self.payments, running, strict=True)), np.int32)

    @property
    def is_exit(self) -> np.ndarray:
        return self._column((p.channel in EXIT_CHANNELS for p in self.payments), np.bool_)

    @property
    def opening_fen(self) -> np.ndarray:
        """As told, else the least that keeps the account from going below zero."""
        balance = dict.fromkeys(self.account_id, 0)
        least = dict.fromkeys(self.account_id, 0)
        for p in self.payments:
            if p.payer != p.payee:
                balance[p.payer] -= p.amount_fen
                balance[p.payee] += p.amount_fen
                least[p.payer] = max(least[p.payer], -balance[p.payer])
        return self._column((self.told_fen.get(name, least[name]) for name in self.account_id), np.int64)

    def arrays(self, *, within_us: int | None = None, hops_max: int = 100) -> tuple:
        """Return the arguments of a tracing kernel, in its order."""
        seed_at = self.at_us[self.seed_of >= 0]
        deadline = np.full(seed_at.size, NO_DEADLINE_US) if within_us is None else seed_at + within_us
        return (
            self.payer_ix,
            self.payee_ix,
            self.amount_fen,
            self.at_us,
            self.seed_of,
            self.is_exit,
            self.opening_fen,
            frozen(deadline.astype(np.int64)),
            hops_max,
        )

    def transactions(self) -> pl.DataFrame:
        """Return the story as table ``transactions``: source ``ledger``, row and record from the line number.

        A held side has a record and a running balance. Seeds also have a report record.
        """
        opening = dict(zip(self.account_id, self.opening_fen.tolist(), strict=True))
        rows = []
        for p in self.payments:
            if p.payer != p.payee:
                opening[p.payer] -= p.amount_fen
                opening[p.payee] += p.amount_fen
            row: dict[str, object] = {
                "transaction_id": f"ledger:{p.line}",
                "payer_id": p.payer,
                "payee_id": p.payee,
                "amount_fen": p.amount_fen,
                "at_us": p.at_us,
                "seq": p.line,
                "at_precision_us": DAY_US if p.low else SECOND_US,
                "channel": p.channel,
                "case_id": p.case_id,
                "report_record": 3 * p.line + 2 if p.case_id else NONE,
            }
            for k, (side, name) in enumerate((("payer", p.payer), ("payee", p.payee))):
                held = name not in self.not_held
                row[f"{side}_record"] = 3 * p.line + k if held else NONE
                row[f"{side}_at_us"] = p.at_us if held else None
                row[f"{side}_balance_fen"] = opening[name] if held else None
            if max(row["payer_record"], row["payee_record"], row["report_record"]) == NONE:  # type: ignore[type-var]
                raise ValueError(f"line {p.line}: no record would tell of this payment")
            rows.append(row)
        return check(pl.DataFrame(rows, infer_schema_length=None), "transactions")


def ledger(text: str) -> Ledger:
    """Read a story (see the head of this module).

    Raises
    ------
    ValueError
        Naming the first line that is none of the forms.
    """
    payments: list[Payment] = []
    told_fen: dict[str, int] = {}
    not_held: set[str] = set()
    for line, raw in enumerate(text.splitlines(), 1):
        said = " ".join(raw.split("#")[0].split())
        if not said:
            continue
        if match := _OPENING.match(said):
            told_fen[match["account"]] = fen_from_yuan(match["yuan"])
        elif match := _NOT_HELD.match(said):
            not_held.add(match["account"])
        elif match := _PAYMENT.match(said):
            payments.append(_payment(line, match))
        else:
            raise ValueError(f"line {line}: {said!r} is no line of a ledger")
    return Ledger(tuple(sorted(payments, key=lambda p: (p.at_us, p.line))), told_fen, frozenset(not_held))


def _payment(line: int, match: re.Match[str]) -> Payment:
    second = int(match["h"]) * 3600 + int(match["m"]) * 60 + int(match["s"] or 0)
    channel, case_id, low, seed = "transfer", None, False, False
    for word in match["words"].split():
        if word in CHANNELS:
            channel = word
        elif word == "seed":
            seed = True
        elif word.startswith("case:"):
            case_id = word.removeprefix("case:")
        elif word == "low":
            low = True
        else:
            raise ValueError(f"line {line}: {word!r} is neither a channel nor seed, case:NAME or low")
    return Payment(
        line,
        DAY_1_US + (int(match["day"] or 1) - 1) * DAY_US + second * SECOND_US,
        match["payer"],
        match["payee"],
        fen_from_yuan(match["yuan"]),
        channel,
        (case_id or "A-001") if seed else None,
        low,
    )


def frozen(array: np.ndarray) -> np.ndarray:
    """Return the array made read-only, as a graph hands its arrays to a kernel."""
    array = np.ascontiguousarray(array)
    array.flags.writeable = False
    return array


def story(steps: tuple, world: Ledger) -> list[str]:
    """Write the steps of a trace as lines: ``0.1 victim -> a 100.00`` is seed 0, hop 1, 100 yuan."""
    return [
        f"{seed}.{hop} {world.payments[tx].payer} -> {world.payments[tx].payee} {yuan_text(int(fen))}"
        for tx, seed, hop, fen in zip(*(array.tolist() for array in steps[:4]), strict=True)
    ]


def resting(answer: tuple, world: Ledger) -> list[str]:
    """Write the lots of a trace (all a kernel returns) as sorted lines: ``a 0.1 rests 40.00``, or ``left``, or ``beyond``."""
    _, _, _, _, account, seed, hop, end, _, fen, _ = (array.tolist() for array in answer)
    return sorted(
        f"{world.account_id[a]} {s}.{h} {('rests', 'left', 'beyond')[e]} {yuan_text(f)}"
        for a, s, h, e, f in zip(account, seed, hop, end, fen, strict=True)
    )
