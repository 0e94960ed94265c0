"""Scores of groups found against groups true."""

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
