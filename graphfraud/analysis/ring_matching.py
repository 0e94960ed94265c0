"""The same ring known again from answer to answer: by members, or by habits when every card was changed."""

from collections.abc import Mapping, Sequence

import polars as pl

from graphfraud.analysis.ring_habits import likeness
from graphfraud.findings.rings import (
    ABSENT_HABIT_SCHEMA,
    ABSENT_MEMBER_SCHEMA,
    ABSENT_SCHEMA,
    CHANGE_SCHEMA,
    NO_ABSENT_RINGS,
    AbsentRings,
    Rings,
)
from graphfraud.findings.two_card import TwoCard

LIKENESS_MIN = 0.98
"""Of pairs of different gangs on made-up cities 5 % come as near as 0.979, and two halves of one gang's time seldom do: a
likeness is a hint to look at the two side by side, never a proof."""

LIKENESS_AHEAD = 0.01
"""By so much the best match must be ahead of the next."""

PAYMENTS_MIN = 30
"""Habits of fewer payments say nothing."""

RETURNED_SHARE = 0.5
"""A ring that was absent has returned in one that holds this share of its members, or of whose members it is this share: over
weeks an account or two of it may be met in another ring."""

RingAnswer = Rings | TwoCard


def known_by(answer: RingAnswer) -> pl.DataFrame:
    """Return what rings are known again by, ``ring_id, member_kind, member_id``: their accounts, and phone cards if any."""
    if isinstance(answer, TwoCard):
        cards = answer.members.filter(pl.col("member_kind").is_in(["account", "sim"]))
        return cards.select("ring_id", "member_kind", "member_id")
    return answer.members.select("ring_id", pl.lit("account").alias("member_kind"), pl.col("account_id").alias("member_id"))


def stable_ids(answer: RingAnswer, stable: pl.DataFrame | None) -> dict[str, str]:
    """Return the stable id by which each ring of an answer is known: what :func:`matched` said of it, else its own."""
    known: dict[str, str] = {ring: ring for ring in answer.rings["ring_id"]}
    if stable is not None:
        known |= dict(stable.filter(pl.col("ring_id").is_not_null()).select("ring_id", "stable_id").iter_rows())
    return known


def matched(
    previous: RingAnswer,
    current: RingAnswer,
    stable: pl.DataFrame | None = None,
    absent: AbsentRings = NO_ABSENT_RINGS,
) -> pl.DataFrame:
    """Tell what became of each ring since the previous answer.

    Parameters
    ----------
    previous, current : Rings or TwoCard
    stable : polars.DataFrame, optional
        The answer of the previous call of this function: it carries the ids by which the previous rings are known. Without
        it they are known by their own.
    absent : AbsentRings
        Rings that the previous answer lacks and that an earlier one had, as :func:`still_absent` gave them.

    Returns
    -------
    polars.DataFrame
        :data:`~graphfraud.findings.rings.CHANGE_SCHEMA`. A ring that shares members is ``same``; ``merged`` where several
        previous rings went into it (one row each, all with the stable id of the one that brought most members); ``split``
        where a part of a previous ring that is not its largest stands alone (and gets a stable id of its own);
        ``returned`` where no member was in the previous answer, but an absent ring's members are there again
        (:data:`RETURNED_SHARE`); ``resurrected`` where no member is known but the habits are very nearly those of one ring
        that is gone or absent, and of no other: a hint for people to check, with its ``likeness``; else ``born``. A ring that
        is absent still is not told again.
    """
    known = stable_ids(previous, stable)
    taken = {*known.values(), *absent.rings["stable_id"]}

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
            rows.append((name, new, known[old], event, None, n, size[True][new] - n, size[False][old] - n, None))
        elif heir:
            top = main_before[new]
            name = known[top] if main_now[top] == new else own[new]
            rows.append((name, new, known[old], "merged", None, n, size[True][new] - n, size[False][old] - n, None))
    away = dict(absent.rings.select("stable_id", "n_absent").iter_rows())
    came = _returned(absent.members, now.filter(~pl.col("ring_id").is_in(list(main_before))))
    for new, (name, n, n_before) in came.items():
        rows.append((name, new, name, "returned", away[name], n, size[True][new] - n, n_before - n, None))
    gone = [old for old in size[False] if old not in main_now]
    fresh = [new for new in size[True] if new not in main_before and new not in came]
    missed = _missed(previous, known, gone, absent, [name for name, *_ in came.values()])
    risen = _risen(missed, current, fresh)
    for new in sorted(fresh):
        if new in risen:
            name, like = risen[new]
            rows.append((name, new, name, "resurrected", away.get(name), 0, size[True][new], 0, like))
        else:
            rows.append((fresh_name(new), new, None, "born", None, 0, size[True][new], 0, None))
    back = {name for name, _ in risen.values()}
    rows += [
        (known[old], None, known[old], "gone", None, 0, 0, size[False][old], None) for old in gone if known[old] not in back
    ]
    frame = pl.DataFrame(rows, schema=CHANGE_SCHEMA, orient="row")
    return frame.sort("stable_id", "ring_id", "previous_id", nulls_last=True)


def _returned(members: pl.DataFrame, fresh: pl.DataFrame) -> dict[str, tuple[str, int, int]]:
    """Pair new rings with absent ones whose members they hold: ring -> stable id, members met, members there were."""
    met = members.join(fresh, on=["member_kind", "member_id"]).group_by("ring_id", "stable_id").agg(n=pl.len())
    sizes = (
        members.group_by("stable_id").agg(n_before=pl.len()),
        fresh.group_by("ring_id").agg(n_now=pl.len()),
    )
    met = met.join(sizes[0], on="stable_id").join(sizes[1], on="ring_id")
    met = met.filter(pl.col("n") >= RETURNED_SHARE * pl.min_horizontal("n_before", "n_now"))
    found: dict[str, tuple[str, int, int]] = {}
    taken: set[str] = set()
    for ring, name, n, n_before in (
        met.sort("n", "stable_id", "ring_id", descending=[True, False, False])
        .select("ring_id", "stable_id", "n", "n_before")
        .iter_rows()
    ):
        if ring not in found and name not in taken:
            found[ring] = (name, n, n_before)
            taken.add(name)
    return found


def _missed(
    previous: RingAnswer, known: Mapping[str, str], gone: Sequence[str], absent: AbsentRings, came: Sequence[str]
) -> AbsentRings:
    """Return what is kept of the rings that went since the previous answer, and of the absent ones that did not return."""
    ids = pl.DataFrame({"ring_id": list(gone), "stable_id": [known[ring] for ring in gone]}, schema=_NAMED)
    paid = previous.flows.group_by("ring_id").agg(n_payments=pl.len().cast(pl.Int64))
    rings = previous.rings.join(ids, on="ring_id").join(paid, on="ring_id", how="left", maintain_order="left")
    rings = rings.with_columns(pl.col("n_payments").fill_null(0), n_absent=pl.lit(0, pl.Int64))
    frames = (rings, known_by(previous).join(ids, on="ring_id"), previous.habits.join(ids, on="ring_id"))
    stays = (frame.filter(~pl.col("stable_id").is_in(list(came))) for frame in (absent.rings, absent.members, absent.habits))
    schemas = (ABSENT_SCHEMA, ABSENT_MEMBER_SCHEMA, ABSENT_HABIT_SCHEMA)
    return AbsentRings(
        *(
            pl.concat([stay, frame.select(pl.col(name).cast(dtype) for name, dtype in schema.items())])
            for stay, frame, schema in zip(stays, frames, schemas, strict=True)
        )
    )


_NAMED = {"ring_id": pl.String, "stable_id": pl.String}


def still_absent(
    changes: pl.DataFrame, previous: RingAnswer, stable: pl.DataFrame | None, absent: AbsentRings, *, answers: int
) -> AbsentRings:
    """Return what is to be kept of the rings that the current answer lacks.

    Parameters
    ----------
    changes : polars.DataFrame
        What :func:`matched` said of the same ``previous``, ``stable`` and ``absent``.
    answers : int
        A ring that more answers in a row lack is forgotten.
    """
    known = stable_ids(previous, stable)
    there = set(changes.filter(pl.col("ring_id").is_not_null())["stable_id"])
    went = set(changes.filter(pl.col("event") == "gone")["stable_id"])
    missed = _missed(previous, known, [ring for ring, name in known.items() if name in went], absent, sorted(there))
    rings = missed.rings.with_columns(pl.col("n_absent") + 1).filter(pl.col("n_absent") <= answers).sort("stable_id")
    stays = rings["stable_id"].implode()
    members, habits = (frame.filter(pl.col("stable_id").is_in(stays)) for frame in (missed.members, missed.habits))
    return AbsentRings(rings, members.sort("stable_id", "member_kind", "member_id"), habits.sort("stable_id", "habit", "bin"))


def _risen(missed: AbsentRings, current: RingAnswer, fresh: Sequence[str]) -> dict[str, tuple[str, float]]:
    """Pair new rings with missed ones of the same habits, where each is the other's best and nothing else comes near."""
    n_paid = current.flows.group_by("ring_id").len().filter(pl.col("len") >= PAYMENTS_MIN)["ring_id"]
    busy = missed.rings.filter(pl.col("n_payments") >= PAYMENTS_MIN)["stable_id"]
    old = missed.habits.filter(pl.col("stable_id").is_in(busy.implode())).rename({"stable_id": "ring_id"})
    new = current.habits.filter(pl.col("ring_id").is_in(list(fresh)) & pl.col("ring_id").is_in(n_paid.implode()))
    like = pl.col("likeness")
    alike = likeness(new, old).with_columns(behind=like.max().over("ring_id") - like)
    rivals = pl.len().over("ring_id") - 1  # others as near as the best
    near = alike.filter(pl.col("behind") < LIKENESS_AHEAD).with_columns(rivals=rivals)
    near = near.filter((pl.col("rivals") == 0) & (like >= LIKENESS_MIN)).sort("likeness", "ring_id", descending=[True, False])
    ended = dict(missed.rings.select("stable_id", "last_us").iter_rows())
    began = dict(current.rings.select("ring_id", "first_us").iter_rows())
    found: dict[str, tuple[str, float]] = {}
    taken: set[str] = set()
    for ring, other, value in near.select("ring_id", "other_id", "likeness").iter_rows():
        if ring not in found and other not in taken and began[ring] > ended[other]:
            found[ring] = (other, value)
            taken.add(other)
    return found
