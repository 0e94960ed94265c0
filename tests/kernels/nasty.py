"""Small nasty worlds: self-transfers, ties, hubs, parallel payments, empty accounts, exits, deadlines, hop limits, several
seeds at one account, seeds paid out of accounts that already hold stolen money, amounts whose products pass 2**63.
"""

import os
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st

from graphfraud.kernels.lots import trace_fifo, trace_libr, trace_lifo
from graphfraud.kernels.poison import trace_poison
from graphfraud.kernels.shares import trace_pro_rata

from ..ledger import NO_DEADLINE_US, frozen
from ..oracles import lots, poison, shares

RULES = {
    "fifo": (trace_fifo, partial(lots.trace, "fifo")),
    "lifo": (trace_lifo, partial(lots.trace, "lifo")),
    "libr": (trace_libr, partial(lots.trace, "libr")),
    "pro_rata": (trace_pro_rata, shares.trace),
    "poison": (trace_poison, poison.trace),
}

often = settings(deadline=None, derandomize=True, max_examples=int(os.environ.get("KERNEL_EXAMPLES", "150")))
"""How often a property is tried; tests/kernels/test_modes.py turns it down."""


@dataclass(frozen=True)
class World:
    """The arguments of a tracing kernel as lists."""

    payer_ix: list
    payee_ix: list
    amount_fen: list
    at_us: list
    seed_of: list
    is_exit: list
    opening_fen: list
    deadline_us: list
    hops_max: int

    def lists(self):
        return tuple(self.__dict__.values())

    def arrays(self):
        dtypes = (np.int32, np.int32, np.int64, np.int64, np.int32, np.bool_, np.int64, np.int64)
        return (*(frozen(np.array(c, t)) for c, t in zip(self.lists()[:8], dtypes, strict=True)), self.hops_max)

    def head(self, n):
        """Return the same world seen up to its n-th transaction."""
        cut = {name: getattr(self, name)[:n] for name in ("payer_ix", "payee_ix", "amount_fen", "at_us", "seed_of", "is_exit")}
        return replace(self, **cut)


def rows(answer):
    """Return a kernel's answer in the twin's form: steps, lots, totals."""
    columns = [array.tolist() for array in answer]
    steps = [list(step) for step in zip(*columns[:4], strict=True)]
    return steps, [list(lot) for lot in zip(*columns[4:10], strict=True)], columns[10]


@st.composite
def worlds(draw, n_max=16):
    n_accounts = draw(st.integers(1, 5))
    account = st.integers(0, n_accounts - 1)
    scale = draw(st.sampled_from([1, 1, 7, 10**12 + 39]))
    payments = draw(
        st.lists(
            st.tuples(
                account,
                account,
                st.integers(1, 30),
                st.sampled_from([0, 0, 1, 2, 5]),
                st.sampled_from("....sse"),
                st.integers(0, 2),
            ),
            max_size=n_max,
        )
    )
    extra = draw(st.lists(st.sampled_from([0, 0, 3, 40]), min_size=n_accounts, max_size=n_accounts))
    columns: dict[str, list] = {name: [] for name in ("payer_ix", "payee_ix", "amount_fen", "at_us", "seed_of", "is_exit")}
    at, balance, least, n_seeds = 0, [0] * n_accounts, [0] * n_accounts, 0
    for payer, payee, amount, gap, kind, odd in payments:
        at += gap
        fen = amount * scale + odd
        if payer != payee:
            balance[payer] -= fen
            balance[payee] += fen
        least[payer] = max(least[payer], -balance[payer])
        columns["payer_ix"].append(payer)
        columns["payee_ix"].append(payee)
        columns["amount_fen"].append(fen)
        columns["at_us"].append(at)
        columns["seed_of"].append(n_seeds if kind == "s" else -1)
        columns["is_exit"].append(kind == "e" or (kind == "s" and odd == 2 and amount % 3 == 0))
        n_seeds += kind == "s"
    seed_at = [t for t, s in zip(columns["at_us"], columns["seed_of"], strict=True) if s >= 0]
    within = draw(st.sampled_from([None, None, 0, 2, 6]))
    return World(
        **columns,
        opening_fen=[a + b * scale for a, b in zip(least, extra, strict=True)],
        deadline_us=[NO_DEADLINE_US if within is None else t + within for t in seed_at],
        hops_max=draw(st.sampled_from([1, 2, 3, 100])),
    )
