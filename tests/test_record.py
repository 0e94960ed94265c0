"""Figures written down, merged and made into a page."""

import json
from pathlib import Path

import pytest

from benchmarks import record, tables


def _ran(path: Path, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, object]]:
    monkeypatch.setenv(record.VARIABLE, str(path))
    record.speed("components, M", n=5_000_000, seconds=0.02, processor=0.02, peer="scipy", peer_seconds=0.5, goal={"ratio": 20})
    record.speed("nightly", n=10, seconds=700.0, goal={"seconds": 600, "mib": 8192})
    record.row("Rings", "default, seed 101", about="What a hit is.", prevalence=0.03125, rings=[3, 4], goal={"share": 0.8})
    return record.rows_of(path)


def test_nothing_is_written_unless_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(record.VARIABLE, raising=False)
    record.speed("components, M", n=1, seconds=1.0)
    assert not list(tmp_path.iterdir()) and record.keep("none", [], tmp_path) is None


def test_rows_and_goals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second, third = _ran(tmp_path / "rows", monkeypatch)
    assert first["ratio"] == pytest.approx(25) and first["per_s"] == pytest.approx(2.5e8) and record.met(first) is True
    assert record.met(second) is None, "one figure of its goal is missing"
    assert record.met({**second, "mib": 100.0}) is False and record.met({**second, "seconds": 500, "mib": 100}) is True
    assert record.met(third) is None and record.met({"goal": None}) is None


def test_a_row_measured_anew_replaces_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = _ran(tmp_path / "rows", monkeypatch)
    file = record.keep("some", rows, tmp_path / "results")
    assert file is not None
    record.keep("some", [{**rows[0], "seconds": 0.1}], tmp_path / "results")
    kept = json.loads(file.read_text(encoding="utf-8"))["rows"]
    assert [one["task"] for one in kept] == ["components, M", "nightly", "default, seed 101"] and kept[0]["seconds"] == 0.1
    elsewhere = json.loads(file.read_text(encoding="utf-8"))
    elsewhere["machine"]["cores"] = 999
    file.write_text(json.dumps(elsewhere), encoding="utf-8")
    record.keep("some", rows[1:2], tmp_path / "results")
    assert [one["task"] for one in json.loads(file.read_text(encoding="utf-8"))["rows"]] == ["nightly"], "another machine's"


def test_the_page_says_what_was_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record.keep("some", _ran(tmp_path / "rows", monkeypatch), tmp_path / "results")
    page = tables.write(tmp_path / "results").read_text(encoding="utf-8")
    assert "| components, M | 5,000,000 | 0.02 | 0.02 | 250 | scipy | 0.5 | 25 x | at least 20 x | yes |" in page
    assert "at most 600 s, at most 8192 MiB" in page and "What a hit is.\n\n| task | prevalence | rings" in page
    assert "0.0312 | 3, 4 |" in page


def test_the_committed_page_is_what_the_committed_figures_give() -> None:
    if record.RESULTS.exists():
        assert (record.RESULTS.parent / tables.PAGE).read_text(encoding="utf-8") == tables.page()


def test_the_peak_of_memory_is_told_anew() -> None:
    before = record.peak_mib()
    block = bytearray(64 << 20)
    block[:: 1 << 12] = b"1" * len(block[:: 1 << 12])
    assert record.peak_mib() >= before
    del block
    record.forget_peak()
    assert 0 < record.peak_mib() < 100_000
