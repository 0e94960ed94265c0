"""Folds a case to what people can read: the accounts with most money one by one, the rest as "and N more".

Folding only renames the ends of rows; no sum changes, and every node is drawn, folded or isolated.
"""

from dataclasses import dataclass

import polars as pl

from graphfraud.report.picture.case import ACCOUNT, EXIT, VICTIM, Case

NODES_MAX = 400
EDGES_MAX = 800
ROWS_MAX = 22
"""Nodes of one column that a screen shows without crowding; the rest of the column is folded."""
VICTIMS_KEPT = 10
VICTIM_FOLDS_MAX = 12
RESTING_KEPT = 30
"""Accounts where most money rests are kept whatever else they did: they are what can be frozen."""


@dataclass(frozen=True, slots=True)
class Fold:
    """Which node stands for which.

    Attributes
    ----------
    shown : polars.DataFrame
        ``node``, ``shown`` (itself, or its fold's number, which begins after the last node).
    folds : polars.DataFrame
        ``shown``, ``role``, ``column``, ``state``, ``n`` (accounts folded) and the sums of their ``*_fen``.
    """

    shown: pl.DataFrame
    folds: pl.DataFrame

    def edges(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Rows summed per ordered pair of drawn nodes: ``a, b, traced_fen, n``; pairs inside one fold included."""
        names = self.shown
        return (
            rows.join(names.rename({"node": "a", "shown": "from"}), on="a")
            .join(names.rename({"node": "b", "shown": "to"}), on="b")
            .group_by(a="from", b="to")
            .agg(pl.col("traced_fen").sum(), n=pl.len().cast(pl.Int64))
            .sort("a", "b")
        )


def fold(case: Case, top: int) -> Fold:
    """Fold a case to at most ``top`` accounts drawn one by one, :data:`NODES_MAX` nodes and :data:`EDGES_MAX` edges.

    Parameters
    ----------
    case : Case
    top : int
        Accounts (tiers only) kept at most; fewer where a column or the number of edges would grow too large.
    """
    while True:
        folded = _fold(case, top)
        edges = folded.edges(case.rows).filter(pl.col("a") != pl.col("b")).height
        if (edges <= EDGES_MAX and folded.shown["shown"].n_unique() <= NODES_MAX) or top == 0:
            return folded
        top = min(top, case.nodes.height) * 3 // 4


def _fold(case: Case, top: int) -> Fold:
    nodes = case.nodes.filter(~pl.col("isolated"))
    accounts = nodes.filter(pl.col("role") == ACCOUNT)
    by_rest = (
        accounts.filter(pl.col("resting_fen") > 0).sort(-pl.col("resting_fen"), "node")["node"].head(min(RESTING_KEPT, top))
    )
    ranked = accounts.with_columns(first=pl.col("node").is_in(by_rest.implode())).sort(
        ~pl.col("first"), -pl.col("weight_fen"), "node"
    )
    kept = ranked.filter(pl.int_range(pl.len()).over("column") < ROWS_MAX).head(top)["node"]
    victims = nodes.filter(pl.col("role") == VICTIM).sort(-pl.col("lost_fen"), "node")["node"].head(VICTIMS_KEPT)
    exits = nodes.filter(pl.col("role") == EXIT)["node"]
    stays = set(kept) | set(victims) | set(exits)
    away = nodes.filter(~pl.col("node").is_in(list(stays)))
    groups = pl.concat([_account_groups(away), _victim_groups(case, away, stays)])
    sizes = groups.group_by("role", "column", "part", "state").agg(n=pl.len().cast(pl.Int64), one=pl.col("node").min())
    # A fold of one account would hide a name and save no room.
    sizes = sizes.sort("column", "part", "state").with_columns(
        shown=pl.when(pl.col("n") == 1).then("one").otherwise(pl.int_range(pl.len()) + case.nodes.height)
    )
    named = groups.join(sizes, on=["role", "column", "part", "state"]).select("node", "shown")
    shown = pl.concat([named, pl.DataFrame({"node": sorted(stays), "shown": sorted(stays)}, schema=named.schema)]).sort("node")
    return Fold(shown, _sums(case, shown, sizes))


def _account_groups(away: pl.DataFrame) -> pl.DataFrame:
    """Accounts of one tier with one fate go together: "34 more third-tier cards, money cashed out"."""
    return away.filter(pl.col("role") == ACCOUNT).select("node", "role", "column", "state", part=pl.lit(0, pl.Int64))


def _victim_groups(case: Case, away: pl.DataFrame, stays: set[int]) -> pl.DataFrame:
    """Victims go together by the tier-1 card that took most of their money; those of lesser cards in one last group."""
    victims = away.filter(pl.col("role") == VICTIM).select("node")
    card = (
        case.rows.join(victims, left_on="a", right_on="node", how="semi")
        .group_by("a", "b")
        .agg(pl.col("traced_fen").sum())
        .sort("a", -pl.col("traced_fen"), "b")
        .group_by("a", maintain_order=True)
        .agg(card=pl.col("b").first(), fen=pl.col("traced_fen").first())
        .with_columns(card=pl.when(pl.col("card").is_in(list(stays))).then("card").otherwise(-1))
    )
    largest = (
        card.filter(pl.col("card") >= 0)
        .group_by("card")
        .agg(pl.col("fen").sum())
        .sort(-pl.col("fen"), "card")["card"]
        .head(VICTIM_FOLDS_MAX)
    )
    card = card.with_columns(part=pl.when(pl.col("card").is_in(largest.implode())).then("card").otherwise(-1))
    return victims.join(card, left_on="node", right_on="a", how="left").select(
        "node",
        role=pl.lit(VICTIM),
        column=pl.lit(0, pl.Int64),
        state=pl.lit("passed"),
        part=pl.col("part").fill_null(-1).cast(pl.Int64),
    )


def _sums(case: Case, shown: pl.DataFrame, sizes: pl.DataFrame) -> pl.DataFrame:
    fen = [name for name in case.nodes.columns if name.endswith("_fen")]
    sums = (
        case.nodes.join(shown, on="node")
        .filter(pl.col("shown") >= case.nodes.height)
        .group_by("shown")
        .agg(pl.col(fen).sum(), pl.col("first_us").min(), pl.col("last_us").max(), pl.col("statement_held").all())
    )
    return sizes.filter(pl.col("n") > 1).select("shown", "role", "column", "state", "n").join(sums, on="shown").sort("shown")
