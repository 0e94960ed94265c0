"""The flagged list: one row a ring, with its reasons, members, what would change its score, and its citations."""

import polars as pl

from graphfraud.findings.run import link_id
from graphfraud.findings.two_card import TwoCard
from graphfraud.report.ring_answer import RingAnswer, cited_by_ring


def flagged_frames(whole: RingAnswer, told: pl.DataFrame | None = None) -> dict[str, pl.DataFrame]:
    """Put together what an officer is handed of the flagged rings, ready for :func:`graphfraud.report.export.export`.

    Parameters
    ----------
    whole : RingAnswer
    told : polars.DataFrame, optional
        What :func:`graphfraud.report.ring_changes.changed` gave: with it rings carry their stable id and what became of them.

    Returns
    -------
    dict of name to polars.DataFrame
        ``flagged`` (one row a ring, the highest score first), ``members``, ``reasons``, ``doubts``, ``citations``.
    """
    answer = whole.answer
    rings = answer.rings.filter("flagged").with_row_index("rank", offset=1).with_columns(pl.col("rank").cast(pl.Int64))
    own = pl.col("ring_id").alias("stable_id")
    names = rings.select("ring_id", own, pl.lit(None, pl.String).alias("change"))
    if told is not None:
        known = told.filter(pl.col("ring_id").is_not_null() & (pl.col("change") != "merged"))
        known = known.unique("ring_id", keep="first", maintain_order=True).select("ring_id", "stable_id", "change")
        names = rings.select("ring_id", own=own).join(known, on="ring_id", how="left", maintain_order="left")
        names = names.select("ring_id", pl.coalesce("stable_id", "own").alias("stable_id"), "change")
    names = names.with_row_index("place")
    cited = cited_by_ring(whole)
    counts = cited.group_by("ring_id").agg(n_citations=pl.len().cast(pl.Int64))
    points = pl.col("points").cast(pl.String)
    texts = answer.reasons.group_by("ring_id", maintain_order=True).agg(
        pl.concat_str([pl.col("rule"), pl.lit(" +"), points, pl.lit(": "), pl.col(fact)]).str.join("; ").alias(name)
        for name, fact in (("reasons", "fact"), ("reasons_zh", "fact_zh"))
    )
    rows = rings.join(names.drop("place"), on="ring_id").join(texts, on="ring_id", how="left")
    rows = rows.join(counts, on="ring_id", how="left").with_columns(pl.col("n_citations").fill_null(0)).sort("rank")
    shown = [name for name in rings.columns if name not in ("rank", "ring_id", "flagged")]

    def of(frame: pl.DataFrame, *columns: str) -> pl.DataFrame:
        frame = frame.join(names, on="ring_id", maintain_order="left").sort("place", maintain_order=True)
        return frame.select("stable_id", *columns).rechunk()

    facts = ("role", "fact", "fact_zh")
    members = ("member_kind", "member_id", *facts) if isinstance(answer, TwoCard) else tuple(answer.members.columns[1:])
    links = answer.ties.select("a_id", "b_id", id=link_id(), link_kind="kind", evidence=pl.lit("link")).unique()
    cited = cited.join(links, on=["evidence", "id"], how="left", maintain_order="left").with_columns(
        transaction_id=pl.when(pl.col("evidence") == "transaction").then("id")
    )
    at = ("evidence", "transaction_id", "link_kind", "a_id", "b_id", "side", "file", "sheet", "row", "sha256")
    return {
        "flagged": rows.select("rank", "stable_id", "change", *shown, "reasons", "reasons_zh", "n_citations").rechunk(),
        "members": of(answer.members, *members),
        "reasons": of(answer.reasons, "rule", "points", "fact", "fact_zh"),
        "doubts": of(answer.doubts, "if_fact", "if_fact_zh", "points", "score", "flagged", "n_loose"),
        "citations": of(cited, *at),
    }
