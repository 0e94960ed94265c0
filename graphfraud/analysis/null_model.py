"""How surprising it is that a money ring shares so much: worlds of chance in which everybody shares as much as he does."""

import numpy as np
import numpy.typing as npt
import polars as pl

from graphfraud.analysis.binding import Groups
from graphfraud.analysis.question import frozen
from graphfraud.analysis.ties import STRONG_KINDS
from graphfraud.kernels.rewire import rewire

SWAPS_A_TIE = 2
_SCHEMA = {"ring_id": pl.String, "n_shared": pl.Int64, "n_expected": pl.Float64, "p_value": pl.Float64}


def chance_of_sharing(
    groups: Groups, ties: pl.DataFrame, members: pl.DataFrame, *, accounts_max: int, null_worlds: int, rng_seed: int
) -> pl.DataFrame:
    """Compare what each ring's money group shares with worlds of chance.

    The money group is the group that most of the ring's members fall into when accounts are joined by the money they pass on
    *alone*, blind to phones, devices and holders: so what it shares is not what it was chosen for. In a world of chance every
    account keeps its number of things and every thing its number of accounts (up to ``accounts_max``).

    Parameters
    ----------
    groups, ties
        As :func:`graphfraud.analysis.rings.material` gives them.
    members : polars.DataFrame
        ``ring_id, account_id``.
    accounts_max, null_worlds, rng_seed : int

    Returns
    -------
    polars.DataFrame
        ``ring_id``; ``n_shared`` pairs of the money group's accounts that meet at a holder, phone card or device;
        ``n_expected`` of them in the mean world of chance; ``p_value`` = (1 + worlds with as many) / (1 + worlds). Null where
        the money group has fewer than two accounts, or no world was asked for.
    """
    place = pl.DataFrame(
        {"account_id": groups.account_id, "ix": np.arange(len(groups.account_id)), "money": groups.money_group}
    )
    chosen = (
        members.join(place, on="account_id")
        .group_by("ring_id", "money")
        .len()
        .sort("ring_id", "len", "money", descending=[False, True, False])
        .unique("ring_id", keep="first", maintain_order=True)
    )
    sizes = place.group_by("money").agg(n=pl.len())
    chosen = chosen.join(sizes.filter(pl.col("n") > 1), on="money").sort("ring_id")
    pairs = (
        ties.filter(pl.col("thing_kind").is_in(STRONG_KINDS))
        .with_columns(thing=pl.struct("thing_kind", "thing_id").rank("dense").cast(pl.Int32) - 1)
        .filter(pl.len().over("thing") <= accounts_max)
        .join(place, on="account_id")
        .select(pl.col("ix").cast(pl.Int32), "thing", "money")
        .unique()
        .sort("ix", "thing")
    )
    if null_worlds == 0 or chosen.is_empty() or pairs.is_empty():
        return pl.DataFrame(schema=_SCHEMA)
    counted = _worlds(pairs, chosen["money"].to_list(), len(place), null_worlds, rng_seed)
    real, chance = counted[0], counted[1:]
    return pl.DataFrame(
        {
            "ring_id": chosen["ring_id"],
            "n_shared": real,
            "n_expected": chance.mean(axis=0),
            "p_value": (1 + (chance >= real).sum(axis=0)) / (1 + null_worlds),
        },
        schema=_SCHEMA,
    )


def _worlds(pairs: pl.DataFrame, money: list[int], n_accounts: int, null_worlds: int, rng_seed: int) -> npt.NDArray[np.int64]:
    """Count the pairs that meet, by world (the first is real) and money group."""
    account = pairs["ix"].to_numpy()
    start = np.searchsorted(account, np.arange(n_accounts + 1)).astype(np.int64)
    group = pairs["money"].to_numpy()
    ties_of = [np.flatnonzero(group == name) for name in money]
    ends = np.concatenate(([0], np.cumsum([len(part) for part in ties_of]))).astype(np.int64)
    thing = pairs["thing"].to_numpy()
    columns = (start, account, thing, ends, np.concatenate(ties_of).astype(np.int64))
    counted: npt.NDArray[np.int64] = rewire(  # type: ignore[call-arg]
        *(frozen(column) for column in columns), int(thing.max()) + 1, null_worlds, SWAPS_A_TIE * len(thing), rng_seed
    )
    return counted
