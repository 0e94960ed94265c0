"""What became of each ring since the previous result: as a table, as members in and out, and in words."""

import polars as pl

from graphfraud.findings.rings import TURNOVER_SCHEMA, Rings
from graphfraud.findings.two_card import TwoCard
from graphfraud.mask import mask_id

CHANGES = ("born", "returned", "resurrected", "grown", "turned_over", "shrunk", "merged", "split", "gone", "unchanged")
"""What a person calls it; a ring known again is grown, shrunk, turned over (members in and out) or unchanged."""

CHANGED_SCHEMA: dict[str, type[pl.DataType]] = {
    "stable_id": pl.String,  # the ring's id through all results
    "ring_id": pl.String,  # in this answer, null where it is gone
    "previous_id": pl.String,  # stable id in the previous result it was in, null where it is born
    "event": pl.String,  # one of findings.RING_EVENTS
    "n_absent": pl.Int64,  # results in a row that lacked it before this one, where it was absent from some
    "n_stayed": pl.Int64,
    "n_joined": pl.Int64,
    "n_left": pl.Int64,
    "likeness": pl.Float64,
    "change": pl.String,  # one of CHANGES
    "score": pl.Int64,
    "flagged": pl.Boolean,
    "score_before": pl.Int64,
    "flagged_before": pl.Boolean,
}

MEMBERS_SHOWN = 12

_WORDS = {
    "en": {
        "head": "What changed since {since}",
        "first": "The first result: there is none to compare with",
        "sums": "Rings: {n} now ({flagged} flagged), {before} before ({flagged_before} flagged).",
        "born": "Born", "returned": "Back again with members of before",
        "resurrected": "Perhaps risen again with new cards (habits alike; a hint to check)",
        "grown": "Grown",
        "turned_over": "Members in and out", "shrunk": "Shrunk", "merged": "Merged into another", "split": "Split off",
        "gone": "Gone", "unchanged": "Unchanged",
        "score": "score {score}", "was": "score {score}, was {before}", "last": "last score {before}", "flag": ", flagged",
        "newly": ", newly flagged", "no_longer": ", no longer flagged", "of": "of {other}", "into": "into {other}",
        "alike": "likeness {like:.3f}", "absent": "not in the {n} results before",
        "in": "in", "out": "out", "more": "and {n} more", "from": " (from {other})",
        "to": " (now in {other})", "account": "account", "sim": "phone card", "members": "{n} members", "comma": ", ",
        "caution": "Indicators to look into, never verdicts.",
    },
    "zh": {
        "head": "与 {since} 相比的变化", "first": "首次结果, 无可比较",
        "sums": "团伙: 现有 {n} 个 (提示 {flagged} 个), 上次 {before} 个 (提示 {flagged_before} 个)。",
        "born": "新出现", "returned": "再次出现 (原成员)",
        "resurrected": "疑似换卡重组 (习惯相近, 仅供核查)", "grown": "扩大", "shrunk": "缩小",
        "turned_over": "成员有进有出",
        "merged": "并入其他团伙", "split": "分出", "gone": "消失", "unchanged": "无变化",
        "score": "分值 {score}", "was": "分值 {score}, 上次 {before}", "last": "上次分值 {before}", "flag": ", 已提示",
        "newly": ", 新提示", "no_longer": ", 不再提示", "of": "自 {other}", "into": "并入 {other}",
        "alike": "相似度 {like:.3f}", "absent": "此前 {n} 次结果中未出现",
        "in": "加入", "out": "退出", "more": "另有 {n} 个", "from": " (原属 {other})", "to": " (现属 {other})",
        "account": "账户", "sim": "电话卡", "members": "{n} 个成员", "comma": ", ", "caution": "以上为线索指标, 不是结论。",
    },
}  # fmt: skip


def changed(changes: pl.DataFrame, before: pl.DataFrame, current: Rings | TwoCard) -> pl.DataFrame:
    """Say of each change what a person calls it, with the scores before and now; the weightiest change first.

    Parameters
    ----------
    changes : polars.DataFrame
        :data:`~graphfraud.findings.rings.CHANGE_SCHEMA`.
    before : polars.DataFrame
        ``stable_id, score, flagged`` of each ring when it was last there.
    current : Rings or TwoCard

    Returns
    -------
    polars.DataFrame
        :data:`CHANGED_SCHEMA`.
    """
    came, went = pl.col("n_joined") > 0, pl.col("n_left") > 0
    said = (
        pl.when(pl.col("event") != "same")
        .then("event")
        .when(came & went)
        .then(pl.lit("turned_over"))
        .when(came)
        .then(pl.lit("grown"))
        .when(went)
        .then(pl.lit("shrunk"))
        .otherwise(pl.lit("unchanged"))
    )
    now = current.rings.select("ring_id", "score", "flagged")
    then = before.select(previous_id="stable_id", score_before="score", flagged_before="flagged")
    frame = changes.join(now, on="ring_id", how="left").join(then, on="previous_id", how="left").with_columns(change=said)
    order = pl.col("change").replace_strict({name: n for n, name in enumerate(CHANGES)}, return_dtype=pl.Int64)
    frame = frame.sort(order, -pl.coalesce("score", "score_before"), "stable_id", "previous_id", nulls_last=True)
    return frame.select(pl.col(name).cast(dtype) for name, dtype in CHANGED_SCHEMA.items())


def turnover(before: pl.DataFrame, now: pl.DataFrame) -> pl.DataFrame:
    """List the members that joined or left.

    Parameters
    ----------
    before, now : polars.DataFrame
        ``stable_id, member_kind, member_id`` of the two answers.

    Returns
    -------
    polars.DataFrame
        :data:`~graphfraud.findings.rings.TURNOVER_SCHEMA`.
    """
    key = ["member_kind", "member_id"]
    parts = []
    for turn, here, there in (("in", now, before), ("out", before, now)):
        moved = here.join(there, on=["stable_id", *key], how="anti")
        other = there.group_by(key).agg(other_id=pl.col("stable_id").min())
        parts.append(moved.join(other, on=key, how="left").with_columns(turn=pl.lit(turn)))
    frame = pl.concat(part.select(pl.col(name).cast(dtype) for name, dtype in TURNOVER_SCHEMA.items()) for part in parts)
    return frame.unique().sort("stable_id", "turn", *key)


def change_text(told: pl.DataFrame, moved: pl.DataFrame, *, since: str | None, language: str, unmask: bool) -> str:
    """Write the changes in words.

    Parameters
    ----------
    told, moved : polars.DataFrame
        What :func:`changed` and :func:`turnover` gave.
    since : str, optional
        Name of the previous result; without one this is the first.
    language : str
        en or zh.
    unmask : bool
        Write identifiers in full.
    """
    words = _WORDS[language]
    rows = told.to_dicts()
    now = {row["ring_id"]: row["flagged"] for row in rows if row["ring_id"] is not None}
    before = [row for row in rows if row["flagged_before"] is not None and row["n_absent"] is None]
    then = {row["previous_id"]: row["flagged_before"] for row in before}
    lines = [words["head"].format(since=since) if since else words["first"]]
    flags = (sum(map(bool, now.values())), sum(map(bool, then.values())))
    lines += [words["sums"].format(n=len(now), flagged=flags[0], before=len(then), flagged_before=flags[1]), ""]
    turns: dict[tuple[str, str], list[dict[str, str]]] = {}
    for row in moved.iter_rows(named=True):
        turns.setdefault((row["stable_id"], row["turn"]), []).append(row)
    for name in CHANGES:
        group = [row for row in rows if row["change"] == name]
        if not group:
            continue
        lines.append(f"{words[name]}: {len(group)}")
        if name == "unchanged":
            continue
        for row in group:
            lines.append("  " + _line(row, words))
            if name in ("grown", "turned_over", "shrunk", "born", "split", "returned", "resurrected"):
                lines += _turns(row["stable_id"], turns, words, unmask, ("in",) if since is None else ("in", "out"))
    return "\n".join([*lines, "", words["caution"], ""])


def _line(row: dict[str, object], words: dict[str, str]) -> str:
    parts = [str(row["stable_id"])]
    if row["change"] == "merged":
        parts = [str(row["previous_id"]), words["into"].format(other=row["stable_id"])]
    elif row["change"] == "split":
        parts.append(words["of"].format(other=row["previous_id"]))
    if row["ring_id"] is None:
        parts.append(words["last"].format(before=row["score_before"]))
    elif row["score_before"] is None:
        parts.append(words["score"].format(score=row["score"]))
    else:
        parts.append(words["was"].format(score=row["score"], before=row["score_before"]))
    if row["flagged"]:
        parts[-1] += words["flag"] if row["flagged_before"] else words["newly"]
    elif row["flagged_before"] and row["ring_id"] is not None:
        parts[-1] += words["no_longer"]
    if row["n_absent"] is not None:
        parts.append(words["absent"].format(n=row["n_absent"]))
    if row["likeness"] is not None:
        parts.append(words["alike"].format(like=row["likeness"]))
    parts.append(words["members"].format(n=int(str(row["n_stayed"])) + int(str(row["n_joined"]))))
    return words["comma"].join(parts)


def _turns(
    ring: str, turns: dict[tuple[str, str], list[dict[str, str]]], words: dict[str, str], unmask: bool, which: tuple[str, ...]
) -> list[str]:
    lines = []
    for turn in which:
        listed = turns.get((ring, turn), [])
        if not listed:
            continue
        shown = []
        for row in listed[:MEMBERS_SHOWN]:
            number = "".join(c if c.isprintable() else " " for c in row["member_id"])
            other = words["from" if turn == "in" else "to"].format(other=row["other_id"]) if row["other_id"] else ""
            shown.append(f"{words[row['member_kind']]} {number if unmask else mask_id(number)}{other}")
        if len(listed) > MEMBERS_SHOWN:
            shown.append(words["more"].format(n=len(listed) - MEMBERS_SHOWN))
        lines.append(f"    {words[turn]}: " + words["comma"].join(shown))
    return lines
