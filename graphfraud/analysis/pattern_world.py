"""Payments as pattern finders ask for them: listed by account, chosen, or in stretches by and to many accounts."""

from collections.abc import Iterable
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from graphfraud.analysis.question import frozen
from graphfraud.kernels.bursts import crowds
from graphfraud.kernels.close import fans
from graphfraud.kernels.sides import by_side, chosen_by_side, marks

Positions = npt.NDArray[np.int64]
Marks = npt.NDArray[np.bool_]
Rows = tuple[Positions, npt.NDArray[Any]]
"""Payments by one side: where each account begins, and they, see ``sides.by_side``."""


class World:
    """Payments in total order, and their lists by account as far as they are asked for."""

    def __init__(
        self,
        payer_ix: npt.NDArray[np.int32],
        payee_ix: npt.NDArray[np.int32],
        amount_fen: Positions,
        at_us: Positions,
        n_accounts: int,
    ) -> None:
        self.payer_ix, self.payee_ix = frozen(payer_ix), frozen(payee_ix)
        self.amount_fen, self.at_us, self.n_accounts = frozen(amount_fen), frozen(at_us), n_accounts
        self._crowds: dict[tuple[str, int, int], tuple[Positions, ...]] = {}
        self._crowded: dict[tuple[str, int, int], Marks] = {}

    @cached_property
    def out(self) -> Rows:
        """Payments out, by payer."""
        return self._side(self.payer_ix, self.payee_ix, selfs=False)

    @cached_property
    def into(self) -> Rows:
        """Payments in, by payee."""
        return self._side(self.payee_ix, self.payer_ix, selfs=False)

    @cached_property
    def own(self) -> Rows:
        """Self-transfers."""
        return self._side(self.payer_ix, self.payee_ix, selfs=True)

    def has_lists(self, side: str) -> bool:
        """Tell whether payments ``in``, or ``out``, have been listed by account."""
        return ("into" if side == "in" else "out") in vars(self)

    def crowds(self, side: str, within_us: int, n_min: int) -> tuple[Positions, ...]:
        """Return the stretches of payments ``in`` by, or ``out`` to, many accounts; found once."""
        asked = side, within_us, n_min
        if asked not in self._crowds:
            self._crowds[asked] = frozen_all(crowds_of(self, self.into if side == "in" else self.out, within_us, n_min))
        return self._crowds[asked]

    def fans(self, side: str, within_us: int, n_min: int) -> tuple[Positions, Positions, Positions]:
        """Return such stretches without lists: accounts, where each begins, positions."""
        ends = (self.payee_ix, self.payer_ix) if side == "in" else (self.payer_ix, self.payee_ix)
        found: tuple[Positions, Positions, Positions] = fans(*ends, self.at_us, self.n_accounts, within_us, n_min)
        return found

    def crowded(self, side: str, within_us: int, n_min: int) -> Marks:
        """Tell which payments are in such a stretch; found once."""
        asked = side, within_us, n_min
        if asked not in self._crowded:
            if self.has_lists(side):
                mark = in_stretches(self, self.into if side == "in" else self.out, self.crowds(*asked))
            else:
                mark = np.zeros(len(self.at_us), np.bool_)
                mark[self.fans(*asked)[2]] = True
            self._crowded[asked] = frozen(mark)
        return self._crowded[asked]

    def _side(self, account_ix: npt.NDArray[np.int32], other_ix: npt.NDArray[np.int32], selfs: bool) -> Rows:
        rows: Rows = frozen_all(by_side(account_ix, other_ix, self.amount_fen, self.at_us, self.n_accounts, selfs))
        return rows


def frozen_all(arrays: Iterable[npt.NDArray[Any]]) -> Any:
    """Return a tuple of arrays as a kernel takes them."""
    return tuple(frozen(array) for array in arrays)


def crowds_of(world: World, rows: Rows, within_us: int, n_min: int) -> tuple[Positions, ...]:
    """Return the stretches of listed payments by, or to, many accounts."""
    start, row = rows
    found: tuple[Positions, ...] = crowds(
        start[:-1], start[1:], row["at_us"], row["other_ix"], world.n_accounts, within_us, n_min
    )
    return found


def in_stretches(world: World, rows: Rows, found: tuple[Positions, ...]) -> Marks:
    """Tell which payments are in stretches of listed ones."""
    mark: Marks = marks(rows[1]["tx"], *frozen_all(found[1:]), len(world.at_us))  # type: ignore[call-arg]
    return mark


def marked(world: World, side: str, mark: Marks) -> Rows:
    """Return the marked payments, none of them a self-transfer, by one side."""
    ends = (world.payer_ix, world.payee_ix) if side == "out" else (world.payee_ix, world.payer_ix)
    chosen = frozen(np.flatnonzero(mark))
    start, _, row = frozen_all(chosen_by_side(*ends, world.at_us, chosen, world.n_accounts))
    return start, row  # a crowd has no self-transfer, so each list ends where the next begins


def crowded_among(world: World, side: str, mark: Marks, within_us: int, n_min: int) -> Marks:
    """Tell which of the marked payments are in a crowd of marked ones: much less than the marked ones in a crowd of any."""
    left = marked(world, side, mark)
    return frozen(in_stretches(world, left, crowds_of(world, left, within_us, n_min)))
