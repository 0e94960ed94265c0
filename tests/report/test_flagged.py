"""The flagged list and the changes in words: formula-safe, masked, and whole."""

import csv
from pathlib import Path

import polars as pl
import pytest

from graphfraud.analysis.ring_matching import known_by, matched
from graphfraud.jobs import nightly
from graphfraud.report.export import export
from graphfraud.report.flagged import flagged_frames
from graphfraud.report.ring_changes import CHANGES, change_text, changed, turnover

from .picture.rings import hostile_rings, ring_answer

STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


@pytest.mark.parametrize("unmask", [False, True])
def test_no_cell_of_any_table_is_a_formula(tmp_path: Path, unmask: bool) -> None:
    whole, _ = hostile_rings()
    paths = export(flagged_frames(whole), tmp_path, to="csv", unmask=unmask)
    assert {path.stem for path in paths} == {"flagged", "members", "reasons", "doubts", "citations"}
    n = 0
    for path in paths:
        with path.open(encoding="utf-8-sig", newline="") as file:
            for line in list(csv.reader(file))[1:]:
                for cell in line:
                    n += cell.startswith("'")
                    # numbers of our own, and long numbers kept whole as ="6222..."
                    assert not cell.startswith(STARTS) or cell.lstrip("-").replace(".", "").isdigit() or cell.startswith('="')
    assert n > 20


def test_a_table_no_sheet_can_hold_is_left_out_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nightly, "SHEET_ROWS_MAX", 50)
    frames = flagged_frames(ring_answer())
    sheets = nightly._in_sheets(frames)
    assert set(sheets["left_out"]["table"]) == {name for name, frame in frames.items() if frame.height > 50} != set()
    assert all(frame.height <= 50 for frame in sheets.values())


def test_the_list_without_changes_names_rings_by_their_own_id() -> None:
    frames = flagged_frames(ring_answer())
    assert set(frames["flagged"]["stable_id"]) <= set(ring_answer().answer.rings["ring_id"])
    assert frames["flagged"]["change"].null_count() == frames["flagged"].height


@pytest.mark.parametrize("language", ["en", "zh"])
def test_changes_are_worded_in_one_line_each_and_masked(language: str) -> None:
    whole, _ = hostile_rings()
    now = whole.answer
    gone, born = now.rings["ring_id"][3], now.rings["ring_id"][4]
    before = {name: getattr(now, name) for name in now.__slots__}
    before["rings"] = now.rings.filter(pl.col("ring_id") != born)
    # the first member of the fullest ring was not in it, and one that now has none was in a ring that is gone
    first = now.rings["ring_id"][0]
    before["members"] = now.members.filter(pl.col("ring_id") != born).slice(0).filter(
        (pl.col("ring_id") != first) | (pl.int_range(pl.len()).over("ring_id") > 2)
    )  # fmt: skip
    then = type(now)(**before)
    after = {name: getattr(now, name) for name in now.__slots__}
    after["rings"], after["members"] = (getattr(now, name).filter(pl.col("ring_id") != gone) for name in ("rings", "members"))
    now = type(now)(**after)
    changes = matched(then, now)
    told = changed(changes, then.rings.select("score", "flagged", stable_id="ring_id"), now)
    ids = told.filter(pl.col("ring_id").is_not_null()).select("ring_id", "stable_id").unique()
    of_now = known_by(now).join(ids, on="ring_id").select("stable_id", "member_kind", "member_id")
    moved = turnover(known_by(then).rename({"ring_id": "stable_id"}), of_now)
    assert {"born", "gone", "grown", "unchanged"} <= set(told["change"]) <= set(CHANGES)
    text = change_text(told, moved, since="2024-03-01", language=language, unmask=False)
    assert text == change_text(told, moved, since="2024-03-01", language=language, unmask=False)
    lines = text.splitlines()
    assert len([line for line in lines if line.startswith("  ring-")]) == told.filter(pl.col("change") != "unchanged").height
    for number in now.members["member_id"]:
        assert len(number) < 12 or number not in text
    full = change_text(told, moved, since="2024-03-01", language=language, unmask=True)
    assert len(full.splitlines()) == len(lines) and "window.hit" in full
