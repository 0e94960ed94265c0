"""Which accounts belong together: first by what they share, then by the money they pass on to each other."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from graphfraud.analysis.question import frozen, is_exit
from graphfraud.analysis.rule_table import rule_table
from graphfraud.graph.flows import FlowGraph
from graphfraud.graph.index import find
from graphfraud.kernels.components import components
from graphfraud.kernels.relay import relay

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Passing:
    """Money passed on within a time: what each payment relayed, and which accounts live by it.

    ``relayed_fen`` (int64[n_transactions]) is the lesser of what the payer had just got and what the payee soon passed on.
    """

    fresh_fen: Ints
    moved_fen: Ints
    gap_us: Ints
    relayed_fen: Ints
    is_exit: npt.NDArray[np.bool_]
    received_fen: Ints  # by account, exits left out
    account_moved_fen: Ints  # of it paid on within the time
    passes: npt.NDArray[np.bool_]  # its statement is held, most of what came in went out within the time, and most of
    # what went out had just come in (a victim whose refunds go back into the fraud pays mostly money of his own)


def passing(flows: FlowGraph, within_us: int) -> Passing:
    """Match what came in with what went out, for every account of the graph."""
    leaves = frozen(is_exit(flows))
    ends = (flows.payer_ix, flows.payee_ix, flows.amount_fen, flows.at_us)
    fresh, moved, gap = relay(*ends, leaves, within_us, flows.n_accounts)
    arrives = ~leaves & (flows.payer_ix != flows.payee_ix)
    received, onward = np.zeros(flows.n_accounts, np.int64), np.zeros(flows.n_accounts, np.int64)
    np.add.at(received, flows.payee_ix[arrives], flows.amount_fen[arrives])
    np.add.at(onward, flows.payee_ix[arrives], moved[arrives])
    paid, fresh_paid = np.zeros(flows.n_accounts, np.int64), np.zeros(flows.n_accounts, np.int64)
    moves = flows.payer_ix != flows.payee_ix
    np.add.at(paid, flows.payer_ix[moves], flows.amount_fen[moves])
    np.add.at(fresh_paid, flows.payer_ix, fresh)
    times = np.bincount(flows.payer_ix[fresh > 0], minlength=flows.n_accounts)
    share = rule_table()["ties"]["passing_share"]
    lives = flows.held & (onward > 0) & (times >= 2) & (onward >= share * received) & (fresh_paid >= share * paid)
    return Passing(fresh, moved, gap, np.minimum(fresh, moved), leaves, received, onward, lives)


def _hang_together(here: Ints, there: Ints, n_accounts: int, n_things: int) -> npt.NDArray[np.int32]:
    """Name, for each account, the smallest account it hangs together with, by way of accounts or things (numbered after)."""
    ends = (frozen(side.astype(np.int32)) for side in (here, there))
    whole: npt.NDArray[np.int32] = components(*ends, n_accounts + n_things)[:n_accounts]  # type: ignore[call-arg]
    return whole


def join_partners(
    group: npt.NDArray[np.int32], a_ix: Ints, b_ix: Ints, weight: Ints, *, share_min: float
) -> npt.NDArray[np.int32]:
    """Join each group to the group with which it shares most of the money it passes on, until none has such a partner.

    Parameters
    ----------
    group : int32[n_accounts], smallest account of each account's group
    a_ix, b_ix : int64[n_pairs], accounts
    weight : int64[n_pairs], fen relayed between them
    share_min : float
        Least share of a group's relayed money, that inside it included, which its main partner must have.

    Returns
    -------
    int32[n_accounts]

    Source
    ------
    Boruvka's rounds (Nesetril, Milkova and Nesetrilova, Discrete Mathematics 233, 2001), with a floor on the edge taken.
    """
    group, n = group.copy(), len(group)
    while True:
        pairs = pl.DataFrame({"c": np.concatenate([group[a_ix], group[b_ix]]), "d": np.concatenate([group[b_ix], group[a_ix]])})
        between = pairs.with_columns(fen=np.tile(weight, 2)).group_by("c", "d").agg(pl.col("fen").sum())
        best = (
            between.with_columns(total=pl.col("fen").sum().over("c"))
            .filter((pl.col("c") != pl.col("d")) & (pl.col("fen") >= share_min * pl.col("total")))
            .sort("c", "fen", "d", descending=[False, True, False])
            .unique("c", keep="first", maintain_order=True)
        )
        if best.is_empty():
            return group
        joined = components(frozen(best["c"].to_numpy()), frozen(best["d"].to_numpy()), n)
        group = joined[group]


def relay_pairs(flows: FlowGraph, money: Passing, may_join: npt.NDArray[np.bool_]) -> tuple[Ints, Ints, Ints]:
    """Return pairs of accounts (positions of the graph) and the fen they relayed to each other."""
    use = (money.relayed_fen > 0) & ~money.is_exit & may_join[flows.payer_ix] & may_join[flows.payee_ix]
    a, b = flows.payer_ix[use], flows.payee_ix[use]
    pairs = (
        pl.DataFrame({"a": np.minimum(a, b), "b": np.maximum(a, b), "fen": money.relayed_fen[use]})
        .group_by("a", "b")
        .agg(pl.col("fen").sum())
        .sort("a", "b")
    )
    return pairs["a"].to_numpy().astype(np.int64), pairs["b"].to_numpy().astype(np.int64), pairs["fen"].to_numpy()


def starting_payments(flows: FlowGraph, money: Passing) -> Ints:
    """Return the payments that set accounts going: the first of an account that passes money on, by one who so starts several.

    A purse that tries each new card with a small sum, or a dealer who pays for it, starts many cards and little else; an
    employer starts accounts too, but pays mostly people who pass nothing on.
    """
    n = flows.n_transactions
    number = np.arange(n, dtype=np.int64)
    first_in, first_out = np.full(flows.n_accounts, n, np.int64), np.full(flows.n_accounts, n, np.int64)
    arrives = ~money.is_exit & (flows.payer_ix != flows.payee_ix)
    np.minimum.at(first_in, flows.payee_ix[arrives], number[arrives])
    np.minimum.at(first_out, flows.payer_ix, number)
    started = np.flatnonzero(money.passes & (first_in < first_out))
    begin = first_in[started]
    paid = (
        pl.DataFrame({"a": flows.payer_ix[arrives], "b": flows.payee_ix[arrives]})
        .unique()
        .with_columns(passes=pl.lit(pl.Series(money.passes)).gather("b") if n else pl.lit(False))
        .group_by("a")
        .agg(mostly=pl.col("passes").mean() >= 0.5)
        .filter("mostly")
    )
    by = flows.payer_ix[begin]
    limit = rule_table()["ties"]["starts_min"]
    use = np.isin(by, paid["a"].to_numpy()) & (np.bincount(by, minlength=flows.n_accounts)[by] >= limit)
    chosen: Ints = np.sort(begin[use])
    return chosen


@dataclass(frozen=True, eq=False)
class Groups:
    """Accounts and the group each is in: ``account_id`` ascending, ``group`` the smallest position of its group."""

    account_id: pl.Series
    flow_ix: Ints  # position in the flow graph, -1 for an account without payments
    group: npt.NDArray[np.int32]
    bound: npt.NDArray[np.bool_]  # by a strong tie
    money_group: npt.NDArray[np.int32]  # groups by money alone, blind to what is shared
    starts: Ints  # payments that set accounts going


def group_accounts(flows: FlowGraph, money: Passing, ties: pl.DataFrame, shared: pl.DataFrame) -> Groups:
    """Bind accounts by strong ties, then by weak ones where both pass money on, then by the money passed on."""
    account_id = pl.concat([flows.account_id, ties["account_id"]]).unique().sort()
    n = len(account_id)
    flow_ix = find(flows.account_id, account_id)
    has_flow = flow_ix >= 0
    passes = np.zeros(n, np.bool_)
    passes[has_flow] = money.passes[flow_ix[has_flow]]
    place = pl.DataFrame({"account_id": account_id, "account_ix": np.arange(n, dtype=np.int64)})
    judged = ties.join(shared.select("thing_kind", "thing_id", "strength"), on=["thing_kind", "thing_id"])
    judged = judged.join(place, on="account_id").with_columns(
        passes=pl.lit(pl.Series(passes)).gather("account_ix") if n else pl.lit(False),
        thing_ix=pl.struct("thing_kind", "thing_id").rank("dense").cast(pl.Int64) - 1,
    )
    strong = judged.filter(pl.col("strength") == "strong")
    weak = judged.filter((pl.col("strength") == "weak") & pl.col("passes"))
    binding = pl.concat([strong, weak])
    n_things = int(judged["thing_ix"].max() or 0) + 1 if judged.height else 0  # type: ignore[arg-type]
    bound = np.zeros(n, np.bool_)
    bound[strong["account_ix"].to_numpy()] = True
    at = np.full(flows.n_accounts, -1, np.int64)
    at[flow_ix[has_flow]] = np.flatnonzero(has_flow)
    starts = starting_payments(flows, money)
    starter, started = at[flows.payer_ix[starts]], at[flows.payee_ix[starts]]
    pairs = (binding["account_ix"].to_numpy(), n + binding["thing_ix"].to_numpy())
    group = _hang_together(np.append(pairs[0], starter), np.append(pairs[1], started), n, n_things)
    may_join = money.passes | bound[at]
    a, b, fen = relay_pairs(flows, money, may_join)
    share_min = rule_table()["ties"]["partner_share"]
    whole = join_partners(group, at[a], at[b], fen, share_min=share_min)
    alone = _hang_together(starter, started, n, 0)
    a, b, fen = relay_pairs(flows, money, money.passes)
    by_money = join_partners(alone, at[a], at[b], fen, share_min=share_min)
    return Groups(account_id, flow_ix, whole, bound, by_money, starts)
