"""Rings known again from one answer to the next: no two rings ever share a stable id."""

import dataclasses
from itertools import pairwise

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from graphfraud.analysis.ring_matching import known_by, matched, still_absent
from graphfraud.analysis.rings import ring_name
from graphfraud.findings.rings import NO_ABSENT_RINGS, RING_MEMBER_SCHEMA, RING_SCHEMA, Rings
from graphfraud.findings.run import Run
from tests.worlds import often

EMPTY = {
    "ties": pl.DataFrame(),
    "reasons": pl.DataFrame(),
    "doubts": pl.DataFrame(),
    "shared": pl.DataFrame(),
    "flows": pl.DataFrame(schema={"ring_id": pl.String}),
    "habits": pl.DataFrame(schema={"ring_id": pl.String, "habit": pl.String, "bin": pl.Int64, "share": pl.Float64}),
}


def answer(groups: list[list[int]]) -> Rings:
    """Rings of these accounts, each named after its first member as the engine does."""
    named = [(ring_name(str(min(group))), group) for group in groups if group]
    members = [{"ring_id": name, "account_id": str(member)} for name, group in named for member in group]
    rings = [{"ring_id": name, "first_us": 0, "last_us": 1} for name, _ in named]
    return Rings(
        run=Run("0", "rings", {}, "", 0, 0.0),
        rules_version="1",
        rings=pl.DataFrame(rings, schema=RING_SCHEMA),
        members=pl.DataFrame(members, schema=RING_MEMBER_SCHEMA),
        **EMPTY,
    )


@st.composite
def nights(draw: st.DrawFn) -> list[Rings]:
    """Some nights of a dozen accounts, grouped anew each night; group 0 is in no ring."""
    found = []
    for _ in range(draw(st.integers(2, 5))):
        group = draw(st.lists(st.integers(0, 4), min_size=12, max_size=12))
        found.append(answer([[n for n in range(12) if group[n] == g] for g in range(1, 5)]))
    return found


@often
@given(nights())
def test_every_ring_has_one_stable_id_of_its_own(told: list[Rings]) -> None:
    stable = matched(answer([]), told[0])
    for before, now in pairwise(told):
        known = dict(stable.filter(pl.col("ring_id").is_not_null()).select("ring_id", "stable_id").iter_rows())
        changes = matched(before, now, stable)
        ids = changes.filter(pl.col("ring_id").is_not_null()).select("ring_id", "stable_id").unique()
        assert set(ids["ring_id"]) == set(now.rings["ring_id"])
        assert ids["ring_id"].is_unique().all() and ids["stable_id"].is_unique().all()
        sizes = dict(known_by(now).group_by("ring_id").len().iter_rows())
        for row in changes.filter(event="same").iter_rows(named=True):
            assert row["stable_id"] == row["previous_id"] in known.values()
            assert row["n_stayed"] + row["n_joined"] == sizes[row["ring_id"]]
        assert changes.equals(matched(before, now, stable))
        stable = changes


def test_who_a_ring_is_named_after_may_leave_it() -> None:
    """The first member of ring X goes away alone with others: X stays the larger part's, the part gets a name of its own."""
    before, after = answer([[1, 2, 3, 4, 5]]), answer([[3, 4, 5], [1, 2]])
    first = matched(answer([]), before)
    x = first["stable_id"][0]
    changes = matched(before, after, first)
    names = dict(changes.select("event", "stable_id").iter_rows())
    assert names == {"same": x, "split": f"{x}-2"}
    again = matched(after, after, changes)
    assert set(again["stable_id"]) == {x, f"{x}-2"} and set(again["event"]) == {"same"}


def test_an_answer_of_two_card_rings_is_matched_by_accounts_and_cards() -> None:
    from tests.report.picture.rings import ring_answer

    found = ring_answer().answer
    assert set(known_by(found)["member_kind"]) == {"account", "sim"}
    same = matched(found, found)
    assert set(same["event"]) == {"same"} and same.height == found.rings.height
    less = dataclasses.replace(
        found, rings=found.rings.clear(), members=found.members.clear(), habits=found.habits.clear(), flows=found.flows.clear()
    )
    assert set(matched(less, found)["event"]) == {"born"} and set(matched(found, less)["event"]) == {"gone"}


@often
@given(nights(), st.integers(0, 3))
def test_an_absent_ring_keeps_its_id_for_itself(told: list[Rings], remembered: int) -> None:
    """No other ring takes the id of one that is remembered; it returns only with members of its own."""
    stable, absent, n_absent = matched(answer([]), told[0]), NO_ABSENT_RINGS, dict[str, int]()
    for before, now in pairwise(told):
        changes = matched(before, now, stable, absent)
        ids = changes.filter(pl.col("ring_id").is_not_null()).select("ring_id", "stable_id").unique()
        assert set(ids["ring_id"]) == set(now.rings["ring_id"])
        assert ids["ring_id"].is_unique().all() and ids["stable_id"].is_unique().all()
        back = changes.filter(event="returned")
        assert dict(back.select("stable_id", "n_absent").iter_rows()).items() <= n_absent.items()
        assert (back["n_stayed"] > 0).all()
        others = changes.filter(pl.col("ring_id").is_not_null() & pl.col("n_absent").is_null())
        assert not set(others["stable_id"]) & set(n_absent)
        absent = still_absent(changes, before, stable, absent, answers=remembered)
        went = dict.fromkeys(changes.filter(event="gone")["stable_id"], 0)
        waited = {name: n + 1 for name, n in (n_absent | went).items() if name not in set(ids["stable_id"])}
        n_absent = {name: n for name, n in waited.items() if n <= remembered}
        assert dict(absent.rings.select("stable_id", "n_absent").iter_rows()) == n_absent
        assert set(absent.members["stable_id"]) == set(n_absent)
        stable = changes


def test_members_that_meet_elsewhere_do_not_bring_a_ring_back() -> None:
    """One account of an absent ring of five in a new ring of four is chance; three of them are the ring."""
    ring, nothing = answer([[1, 2, 3, 4, 5]]), answer([])
    first = matched(nothing, ring)
    gone = matched(ring, nothing, first)
    absent = still_absent(gone, ring, first, NO_ABSENT_RINGS, answers=5)
    assert matched(nothing, answer([[5, 6, 7, 8]]), gone, absent)["event"].to_list() == ["born"]
    back = matched(nothing, answer([[3, 4, 5, 6, 7, 8]]), gone, absent)
    assert back.select("stable_id", "event", "n_stayed", "n_joined", "n_left").rows() == [
        (first["stable_id"][0], "returned", 3, 3, 2)
    ]
    both = matched(nothing, answer([[1, 2], [3, 4, 5]]), gone, absent)
    assert dict(both.select("event", "n_stayed").iter_rows()) == {"returned": 3, "born": 0}
    assert both["stable_id"].n_unique() == 2
