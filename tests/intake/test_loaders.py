"""Every loader folder: its sample reads into what expected.csv says, and nothing of the sample is lost."""

import csv
import io
from pathlib import Path

import polars as pl
import pytest

from graphfraud import shipped
from graphfraud.intake.detect import choose
from graphfraud.intake.documents import FRAMES
from graphfraud.intake.read import read_sources
from graphfraud.intake.source_map import FIELDS, loaders
from graphfraud.intake.validate import Converted, converted
from graphfraud.units import time_text, yuan_text

FOLDERS = sorted(p.parent for p in shipped.folder("loaders").glob("*/map.toml"))
HEADINGS = ("frame", "row", "column", "value")


def read(folder: Path) -> Converted:
    (raw,) = read_sources(folder / "sample.csv")
    return converted(raw, choose(raw.headings, loaders().values()))


def as_text(column: str, value: object) -> str:
    if isinstance(value, int) and column.endswith("_fen"):
        return yuan_text(value)
    if isinstance(value, int) and column.endswith("_us") and column != "at_precision_us":
        return time_text(value)
    return str(value)


def as_cells(found: Converted) -> pl.DataFrame:
    """Write every value of every frame as a line (frame, row, column, value); the file's own digest is left out of ids."""
    lines = []
    for name in ("legs", *FRAMES, "faults"):
        frame = getattr(found, name)
        key = "check" if name == "faults" else ""
        for place, record in enumerate(frame.iter_rows(named=True)):
            label = f"{name}:{place + 1}" if not key else name
            for column, value in record.items():
                if value is not None and column != "row":
                    text = as_text(column, value).replace(found.raw.source_id, "SOURCE")
                    lines.append((label, str(record["row"]), column, text))
    return pl.DataFrame(lines, schema=dict.fromkeys(HEADINGS, pl.String), orient="row")


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda p: p.name)
def test_sample_reads_as_expected(folder):
    expected = pl.read_csv(folder / "expected.csv", infer_schema=False, empty_string_is_null=False)
    found = as_cells(read(folder))
    for ours, theirs in zip(found.iter_rows(), expected.iter_rows(), strict=False):
        assert ours == theirs
    assert found.height == expected.height


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda p: p.name)
def test_every_row_of_a_sample_is_told_or_at_fault(folder):
    found = read(folder)
    told = {row for name in ("legs", *FRAMES) for row in getattr(found, name)["row"]}
    at_fault = set(found.faults["row"])
    assert found.n_read > 0
    if loaders()[folder.name].document in ("statement", "sim_register"):
        assert told | at_fault == set(range(1, found.n_read + 1))
    if found.legs.height:
        assert not set(found.legs["row"]) & at_fault


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda p: p.name)
def test_a_sample_has_a_good_row_a_bad_row_and_its_own_loader(folder):
    (raw,) = read_sources(folder / "sample.csv")
    assert choose(raw.headings, loaders().values()).name == folder.name
    found = read(folder)
    assert found.faults.height
    assert sum(getattr(found, name).height for name in ("legs", *FRAMES))


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda p: p.name)
@pytest.mark.parametrize(
    ("encoding", "delimiter", "eol"), [("gb18030", ",", "\r\n"), ("utf-16", "\t", "\n"), ("utf-8-sig", "|", "\r\n")]
)
def test_a_sample_says_the_same_in_another_dress(folder, tmp_path, encoding, delimiter, eol):
    with (folder / "sample.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator=eol).writerows(rows)
    (tmp_path / "sample.csv").write_bytes(text.getvalue().encode(encoding))
    assert as_cells(read(tmp_path)).rows() == as_cells(read(folder)).rows()


def test_there_is_a_loader_for_each_kind_of_document():
    assert {m.document for m in loaders().values()} == set(FIELDS)


if __name__ == "__main__":  # write expected.csv anew, then look at the difference before it is committed
    for each in FOLDERS:
        as_cells(read(each)).write_csv(each / "expected.csv")
