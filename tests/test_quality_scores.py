"""The scores themselves, on cases counted by hand."""

from dataclasses import replace

import polars as pl
import pytest

from benchmarks.quality.flows import CITY, FlowCity, Setting
from benchmarks.quality.patterns import Tally, judge, met
from benchmarks.quality.plain import RULES
from benchmarks.quality.scores import b_cubed, instance_hits, precision, rings_found

QUIET = Setting(city=replace(CITY, n_transactions=9_000, n_background=300, days=240), decoys=0.05)


def _frame(column: str, **groups: str) -> pl.DataFrame:
    rows = [(item, name) for name, items in groups.items() for item in items]
    return pl.DataFrame(rows, schema={"id": pl.String, column: pl.String}, orient="row")


TRUE = _frame("ring", one="abcd", two="efgh")


@pytest.mark.parametrize(
    ("found", "precision", "recall"),
    [
        (_frame("group", x="abcd", y="efgh"), 1.0, 1.0),
        (_frame("group", x="abcdefgh"), 0.5, 1.0),
        (_frame("group", x="ab", y="cd", z="efgh"), 1.0, 0.75),
        (_frame("group", x="abcdyz"), (4 * 4 / 6) / 6, 0.5),  # two innocent items in the group
        (_frame("group", x="wxyz"), 0.0, 0.0),
        (_frame("group"), 0.0, 0.0),
    ],
)
def test_b_cubed(found: pl.DataFrame, precision: float, recall: float) -> None:
    score = b_cubed(found, TRUE)
    assert score["precision"] == pytest.approx(precision) and score["recall"] == pytest.approx(recall)
    assert score["f1"] == pytest.approx(2 * precision * recall / (precision + recall) if precision + recall else 0.0)


def test_rings_found() -> None:
    assert rings_found(_frame("group", x="abcd", y="efz"), TRUE) == (1, 2)
    assert rings_found(_frame("group", x="abc", y="efgz"), TRUE) == (2, 2)


def test_instance_hits_and_their_precision() -> None:
    true = {7: {1, 2, 3, 4}, 8: {10, 11}}
    planted = {1, 2, 3, 4, 10, 11, 20, 21}  # 20 and 21 are of another family
    found = [[30, 31], [1, 2, 3], [2, 3, 4], [20, 21, 40], [10, 11, 50, 51, 52], [10, 11]]
    told = instance_hits(found, true, planted)
    assert told == [False, True, None, None, False, True]
    score = precision(told, len(true), 1)
    assert score == pytest.approx({"recall": 1.0, "precision": 0.5, "top": 0.5, "at": 0.5, "hits": 2, "listed": 4})
    assert precision(told, len(true), 2)["at"] == pytest.approx(0.5)
    assert precision(told, len(true), 3)["at"] == 0.0, "the list never has three hits"


def test_an_empty_list_has_no_precision() -> None:
    assert precision([], 3, 0) == {"recall": 0.0, "precision": 0.0, "top": 0.0, "at": 0.0, "hits": 0, "listed": 0}
    assert instance_hits([], {}, set()) == []


def test_the_bar_of_ten_times() -> None:
    rare = Tally(n_true=10, hits=10, listed=100, at_hits=9, at_listed=10, plain_hits=9, plain_listed=200)
    assert met(rare.figures()) and rare.figures()["times"] == pytest.approx(0.9 / 0.045)
    assert not met(Tally(n_true=10, hits=8, listed=8, at_hits=8, at_listed=8, plain_hits=9, plain_listed=200).figures())
    often = Tally(n_true=20, hits=20, listed=40, at_hits=20, at_listed=21, plain_hits=20, plain_listed=40)
    assert met(often.figures()), "ten times a half is more than there is: one false alarm for twenty hits will do, for one each"
    assert not met(Tally(n_true=20, hits=20, listed=40, at_hits=20, at_listed=23, plain_hits=20, plain_listed=40).figures())


@pytest.mark.parametrize("kind", sorted(RULES))
def test_both_detectors_find_the_one_instance_put_in(kind: str) -> None:
    """A quiet town and one instance: what is judged can be found, by the plain rule and by ours."""
    city = FlowCity(replace(QUIET, n_each=1), 3)
    tallies: dict[str, Tally] = {}
    judge(city, [kind], tallies, null_worlds=2)
    assert tallies[kind].n_true == tallies[kind].hits == tallies[kind].plain_hits == 1
