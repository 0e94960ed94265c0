"""Scores of groups found against groups true, and of instances found against instances put in."""

from collections import Counter
from collections.abc import Container, Mapping, Sequence

import numpy as np
import polars as pl


def b_cubed(found: pl.DataFrame, true: pl.DataFrame) -> dict[str, float]:
    """Return precision, recall and F1 over items.

    Parameters
    ----------
    found : polars.DataFrame
        ``id, group`` of every item flagged; each item once.
    true : polars.DataFrame
        ``id, ring`` of every item of a ring; each item once.

    Precision is the mean over items *found* of the share of their group that is of their ring; an item of no ring counts 0.
    Recall is the mean over items of rings of the share of their ring that stands in their group; an item not found counts 0
    (Bagga and Baldwin, LREC 1998; harder than the usual form, where an item not found is a group of its own).
    """
    both = found.join(true, on="id")
    met = both.group_by("group", "ring").agg(both=pl.len())
    size = found.group_by("group").agg(size=pl.len())
    rings = true.group_by("ring").agg(size=pl.len())
    right = both.join(met, on=["group", "ring"])
    share = (pl.col("both") / pl.col("size")).sum()
    precision = right.join(size, on="group").select(share).item() / max(found.height, 1)
    recall = right.join(rings, on="ring").select(share).item() / max(true.height, 1)
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return {"precision": precision, "recall": recall, "f1": f1}


def rings_found(found: pl.DataFrame, true: pl.DataFrame) -> tuple[int, int]:
    """Return how many rings have a group of which they are most and which holds most of them, and how many rings there are."""
    met = found.join(true, on="id").group_by("group", "ring").agg(both=pl.len())
    met = met.join(found.group_by("group").agg(n_group=pl.len()), on="group")
    met = met.join(true.group_by("ring").agg(n_ring=pl.len()), on="ring")
    good = met.filter((2 * pl.col("both") > pl.col("n_group")) & (2 * pl.col("both") > pl.col("n_ring")))
    return good["ring"].n_unique(), true["ring"].n_unique()


HIT = 0.5
"""An instance found hits a true one where their sets of transactions have at least this Jaccard index."""


def instance_hits(found: Sequence[Sequence[int]], true: Mapping[int, set[int]], planted: Container[int]) -> list[bool | None]:
    """Tell of each instance found, in the order of the list, whether it is right.

    Parameters
    ----------
    found : sequence of sequences of int
        Transactions of each instance.
    true : Mapping[int, set[int]]
        Transactions of each true instance of the family.
    planted
        Transactions of true instances of any family.

    Returns
    -------
    list
        True: it hits a true instance that nothing before it in the list has hit. None: it does not, but at least half of its
        payments are planted, so it is another piece of what was found, or another family's: left out of precision. False: a
        false alarm.
    """
    of = {tx: number for number, members in true.items() for tx in members}
    left, told = set(true), []
    for members in found:
        mine = set(members)
        near = Counter(of[tx] for tx in mine if tx in of)
        best = max(near, key=lambda k: (near[k] / len(mine | true[k]), -k), default=None)
        if best in left and near[best] / len(mine | true[best]) >= HIT:
            left.discard(best)
            told.append(True)
        else:
            told.append(None if 2 * sum(tx in planted for tx in mine) >= len(mine) else False)
    return told


def precision(told: Sequence[bool | None], n_true: int, n_hits: int | None = None) -> dict[str, float]:
    """Return recall, precision, precision of the top ``n_true`` of the list, and of the shortest top with ``n_hits`` hits.

    What is neither right nor wrong takes no place in the list. Of a list without any entry precision is 0; so is that of the
    top with ``n_hits`` hits where the list has fewer.
    """
    judged = np.array([one for one in told if one is not None], bool)
    hits = np.cumsum(judged)
    total = int(hits[-1]) if len(hits) else 0
    top = judged[:n_true]
    wanted = total if n_hits is None else n_hits
    cut = int(np.searchsorted(hits, wanted)) + 1 if 0 < wanted <= total else 0
    return {
        "recall": total / max(n_true, 1),
        "precision": total / max(len(judged), 1),
        "top": float(top.mean()) if len(top) else 0.0,
        "at": wanted / cut if cut else 0.0,
        "hits": total,
        "listed": len(judged),
    }
