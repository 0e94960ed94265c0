"""A ring's habits, and the same ring known again: by members, or by habits when every card was changed."""

import numpy as np
import polars as pl

from graphfraud.findings.rings import CHANGE_SCHEMA, HABIT_SCHEMA, Rings
from graphfraud.findings.two_card import TwoCard
from graphfraud.units import DAY_US, HOUR_US, MINUTE_US

_GAPS_US = [m * MINUTE_US for m in (1, 2, 5, 10, 20, 30, 60, 120, 360, 1440)]
_AMOUNTS_FEN = [y * 100 for y in (100, 300, 1_000, 3_000, 10_000, 30_000, 100_000, 300_000)]
_KEPT = [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.3]
_CHINA_US = 8 * HOUR_US

LIKENESS_MIN = 0.98
"""Of pairs of different gangs on made-up cities 5 % come as near as 0.979, and two halves of one gang's time seldom do: a
likeness is a hint to look at the two side by side, never a proof."""

LIKENESS_AHEAD = 0.01
"""By so much the best match must be ahead of the next."""

PAYMENTS_MIN = 30
"""Habits of fewer payments say nothing."""


def habit_rows(payments: pl.DataFrame, members: pl.DataFrame) -> pl.DataFrame:
    """Count a ring's habits: time to the next hop, share kept, hour of the day, amount; HABIT_SCHEMA with ``ring``."""
    own = payments.filter(pl.col("part").is_in(["inside", "exit"]))
    hour = (pl.col("at_us") + _CHINA_US) % DAY_US // HOUR_US
    kept = members.filter((pl.col("received_fen") > 0) & (pl.col("moved_fen") > 0)).select(
        "ring", value=1 - pl.col("moved_fen") / pl.col("received_fen")
    )
    parts = [
        _binned(own.filter(pl.col("gap_us") >= 0).select("ring", value="gap_us"), "gap", _GAPS_US),
        _binned(own.select("ring", value="amount_fen"), "amount", _AMOUNTS_FEN),
        _binned(kept, "kept", _KEPT),
        own.select("ring", pl.lit("hour").alias("habit"), bin=hour),
    ]
    counted = pl.concat([part.select("ring", "habit", pl.col("bin").cast(pl.Int64)) for part in parts])
    counted = counted.group_by("ring", "habit", "bin").len()
    return counted.with_columns(share=pl.col("len") / pl.col("len").sum().over("ring", "habit")).drop("len")


def _binned(frame: pl.DataFrame, habit: str, edges: list[int] | list[float]) -> pl.DataFrame:
    place = np.searchsorted(np.array(edges), frame["value"].to_numpy(), side="right")
    return frame.select("ring").with_columns(pl.lit(habit).alias("habit"), pl.Series("bin", place))


def likeness(habits: pl.DataFrame, others: pl.DataFrame) -> pl.DataFrame:
    """Compare rings by habits: ``ring_id``, ``other_id``, ``likeness`` from 0 to 1 for every pair.

    The mean over the habits of the Bhattacharyya coefficient (Bulletin of the Calcutta Mathematical Society 35, 1943).
    """
    schema = [pl.col(name) for name in HABIT_SCHEMA]
    met = habits.select(schema).join(others.select(schema), on=["habit", "bin"], suffix="_other")
    n_habits = 4
    return (
        met.group_by("ring_id", other_id="ring_id_other")
        .agg(likeness=(pl.col("share") * pl.col("share_other")).sqrt().sum() / n_habits)
        .sort("ring_id", "other_id")
    )


RingAnswer = Rings | TwoCard


def known_by(answer: RingAnswer) -> pl.DataFrame:
    """Return what rings are known again by, ``ring_id, member_kind, member_id``: their accounts, and phone cards if any."""
    if isinstance(answer, TwoCard):
        cards = answer.members.filter(pl.col("member_kind").is_in(["account", "sim"]))
        return cards.select("ring_id", "member_kind", "member_id")
    return answer.members.select("ring_id", pl.lit("account").alias("member_kind"), pl.col("account_id").alias("member_id"))


def matched(previous: RingAnswer, current: RingAnswer, stable: pl.DataFrame | None = None) -> pl.DataFrame:
    """Tell what became of each ring since the previous answer.

    Parameters
    ----------
    previous, current : Rings or TwoCard
    stable : polars.DataFrame, optional
        The answer of the previous call of this function: it carries the ids by which the previous rings are known. Without
        it they are known by their own.

    Returns
    -------
    polars.DataFrame
        :data:`~graphfraud.findings.rings.CHANGE_SCHEMA`. A ring that shares members is ``same``; ``merged`` where several
        previous rings went into it (one row each, all with the stable id of the one that brought most members); ``split``
        where a part of a previous ring that is not its largest stands alone (and gets a stable id of its own);
        ``resurrected`` where no member is known but the habits are very nearly those of one ring that is gone, and of no
        other: a hint for people to check, with its ``likeness``; else ``born``.
    """
    known: dict[str, str] = {ring: ring for ring in previous.rings["ring_id"]}
    if stable is not None:
        known |= dict(stable.filter(pl.col("ring_id").is_not_null()).select("ring_id", "stable_id").iter_rows())
    taken = set(known.values())

    def fresh_name(ring: str) -> str:
        """A ring's own id, unless another ring is known by it: who it is named after may have left that one."""
        name, n = ring, 2
        while name in taken:
            name, n = f"{ring}-{n}", n + 1
        taken.add(name)
        return name

    before, now = (known_by(answer) for answer in (previous, current))
    met = before.join(now, on=["member_kind", "member_id"], suffix="_now")
    met = met.group_by("ring_id", "ring_id_now").agg(n=pl.len())
    met = met.sort("n", "ring_id", "ring_id_now", descending=[True, False, False])
    size = {False: dict(before.group_by("ring_id").len().iter_rows()), True: dict(now.group_by("ring_id").len().iter_rows())}
    main_now: dict[str, str] = {}  # previous ring -> the current one that holds most of it
    main_before: dict[str, str] = {}  # current ring -> the previous one that brought most
    for old, new, _ in met.iter_rows():
        main_now.setdefault(old, new)
        main_before.setdefault(new, old)
    rows: list[tuple[object, ...]] = []
    own = {new: fresh_name(new) for new, old in sorted(main_before.items()) if main_now[old] != new}
    for old, new, n in met.iter_rows():
        heir, source = main_now[old] == new, main_before[new] == old
        if source:
            event = "same" if heir else "split"
            name = known[old] if heir else own[new]
            rows.append((name, new, known[old], event, n, size[True][new] - n, size[False][old] - n, None))
        elif heir:
            top = main_before[new]
            name = known[top] if main_now[top] == new else own[new]
            rows.append((name, new, known[old], "merged", n, size[True][new] - n, size[False][old] - n, None))
    gone = [old for old in size[False] if old not in main_now]
    fresh = [new for new in size[True] if new not in main_before]
    risen = _risen(previous, current, gone, fresh)
    for new in sorted(fresh):
        old, like = risen.get(new, (None, None))
        name = known[old] if old else fresh_name(new)
        rows.append((name, new, name if old else None, "resurrected" if old else "born", 0, size[True][new], 0, like))
    back = {old for old, _ in risen.values()}
    rows += [(known[old], None, known[old], "gone", 0, 0, size[False][old], None) for old in gone if old not in back]
    frame = pl.DataFrame(rows, schema=CHANGE_SCHEMA, orient="row")
    return frame.sort("stable_id", "ring_id", "previous_id", nulls_last=True)


def _risen(previous: RingAnswer, current: RingAnswer, gone: list[str], fresh: list[str]) -> dict[str, tuple[str, float]]:
    """Pair new rings with gone ones of the same habits, where each is the other's best and nothing else comes near."""
    busy = [
        set(answer.flows.group_by("ring_id").len().filter(pl.col("len") >= PAYMENTS_MIN)["ring_id"])
        for answer in (previous, current)
    ]
    old = previous.habits.filter(pl.col("ring_id").is_in([ring for ring in gone if ring in busy[0]]))
    new = current.habits.filter(pl.col("ring_id").is_in([ring for ring in fresh if ring in busy[1]]))
    like = pl.col("likeness")
    alike = likeness(new, old).with_columns(behind=like.max().over("ring_id") - like)
    rivals = pl.len().over("ring_id") - 1  # others as near as the best
    near = alike.filter(pl.col("behind") < LIKENESS_AHEAD).with_columns(rivals=rivals)
    near = near.filter((pl.col("rivals") == 0) & (like >= LIKENESS_MIN)).sort("likeness", "ring_id", descending=[True, False])
    ended = dict(previous.rings.select("ring_id", "last_us").iter_rows())
    began = dict(current.rings.select("ring_id", "first_us").iter_rows())
    found: dict[str, tuple[str, float]] = {}
    taken: set[str] = set()
    for ring, other, value in near.select("ring_id", "other_id", "likeness").iter_rows():
        if ring not in found and other not in taken and began[ring] > ended[other]:
            found[ring] = (other, value)
            taken.add(other)
    return found
