"""The scores themselves, on cases counted by hand."""

import polars as pl
import pytest

from benchmarks.quality.scores import b_cubed, rings_found


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
