"""A ring that the nights between lack, on a store that only grows: it comes back under the id it had."""

from pathlib import Path

import polars as pl
import pytest

from graphfraud.errors import QuestionError, StoreError
from graphfraud.jobs.changes import ring_changes
from graphfraud.jobs.rings import rings
from graphfraud.store.contract import Batch
from graphfraud.store.open import open_store
from graphfraud.tables import TABLES
from tests.analysis.two_card_town import RING, RING_STORY, accounts, links, tie, town_links, transactions

from .conftest import quiet

OTHERS = tuple(f"o{n:02d}" for n in range(20))
# Twenty accounts turn up on the ring's computer and phone; later their statements show that they pass money on, before it did.
SHARED = links(
    *(tie("logged_in_on", f"account:{name}", "device:mac-ring") for name in OTHERS),
    *(tie("registered_with", f"account:{name}", "sim:15400000001") for name in OTHERS),
)
PASSED_ON = "".join(
    f"day 1 0{hour}:{n:02d} payer{n} -> {name} 900.00\nday 1 0{hour}:{n + 20:02d} {name} -> payee{n} 890.00\n"
    for hour in (6, 7)
    for n, name in enumerate(OTHERS)
)


def commit(home: Path, name: str, **frames: pl.DataFrame) -> None:
    store = open_store(home / "store")
    with store.writing():
        store.commit(Batch(name, frames))
    store.close()


def begin(home: Path) -> None:
    """Load the town; of every record that its story and links name, the file is held."""
    whole = transactions(RING_STORY + PASSED_ON)
    numbers = pl.concat([whole["payer_record"], whole["payee_record"], whole["report_record"], SHARED["record"]])
    numbers = pl.concat([numbers, town_links()["record"]]).unique().sort()
    records = pl.DataFrame({"record": numbers.filter(numbers >= 0)}).with_columns(
        source_id=pl.lit("00000000000000ab"), row=pl.col("record") + 1, outcome=pl.lit("kept")
    )
    source = {c.name: [1 if c.dtype == pl.Int64 else c.name] for c in TABLES["sources"].columns}
    sources = pl.DataFrame(source | {"source_id": ["00000000000000ab"]}, schema=TABLES["sources"].schema)
    first = {"transactions": transactions(), "links": town_links(), "accounts": accounts()}
    commit(home, "town", **first, records=records, sources=sources)


def night(home: Path, n: int, **options: object) -> pl.DataFrame:
    """Find the rings and tell what changed since night n - 1."""
    rings(progress=quiet, store=str(home / "store"), out=str(home / f"{n}" / "rings"))
    before = {"previous": str(home / f"{n - 1}" / "rings"), "previous_changes": str(home / f"{n - 1}" / "changes")}
    folders = {"answer": str(home / f"{n}" / "rings"), "out": str(home / f"{n}" / "changes")}
    told: pl.DataFrame = ring_changes(progress=quiet, **folders, **(before if n > 1 else {}), **options).answer
    return told


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four nights: there, absent, absent still, there again among others."""
    home = tmp_path_factory.mktemp("absent")
    begin(home)
    night(home, 1)
    commit(home, "shared", links=SHARED)
    night(home, 2)
    night(home, 3)
    commit(home, "passed on", transactions=transactions(RING_STORY + PASSED_ON))
    night(home, 4)
    return home


def changes(home: Path, n: int) -> pl.DataFrame:
    return pl.read_parquet(home / f"{n}" / "changes" / "changes.parquet")


def test_a_ring_that_was_absent_returns_under_its_id(home: Path) -> None:
    (stable,) = changes(home, 1)["stable_id"]
    assert changes(home, 2).select("stable_id", "event").rows() == [(stable, "gone")]
    assert changes(home, 3).is_empty(), "that it is gone was told the night it went"
    row = changes(home, 4).row(0, named=True)
    assert changes(home, 4).height == 1 and (row["stable_id"], row["event"], row["n_absent"]) == (stable, "returned", 2)
    assert row["ring_id"] != stable, "it is named after another member now"
    assert (row["n_stayed"], row["n_joined"], row["n_left"]) == (len(RING), len(OTHERS), 0)
    assert row["score_before"] == changes(home, 1)["score"][0] and row["flagged_before"]


def test_turnover_is_told_against_the_members_it_had(home: Path) -> None:
    moved = pl.read_parquet(home / "4" / "changes" / "turnover.parquet")
    assert set(moved.select("turn", "member_id").iter_rows()) == {("in", name) for name in OTHERS}
    assert pl.read_parquet(home / "3" / "changes" / "turnover.parquet").is_empty()


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("zh", ("再次出现 (原成员): 1", "此前 2 次结果中未出现", "上次 0 个")),
        ("en", ("Back again with members of before: 1", "not in the 2 results before", "0 before")),
    ],
)
def test_it_is_said_in_both_languages(home: Path, tmp_path: Path, language: str, said: tuple[str, ...]) -> None:
    parts = {"answer": home / "4" / "rings", "previous": home / "3" / "rings", "previous_changes": home / "3" / "changes"}
    done = ring_changes(progress=quiet, **{k: str(v) for k, v in parts.items()}, out=str(tmp_path), language=language)
    assert all(words in done.facts["text"] for words in said) and done.facts["n_returned"] == 1


def test_twice_gives_the_same_bytes(home: Path) -> None:
    folder = home / "4" / "changes"
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    night(home, 4)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


@pytest.mark.parametrize(("remember", "event"), [(0, "born"), (1, "born"), (2, "returned")])
def test_a_ring_is_remembered_for_so_many_results(home: Path, tmp_path: Path, remember: int, event: str) -> None:
    for n in (1, 2, 3, 4):
        parts = {"answer": home / f"{n}" / "rings"}
        parts |= {"previous": home / f"{n - 1}" / "rings", "previous_changes": tmp_path / f"{n - 1}"} if n > 1 else {}
        words = {name: str(path) for name, path in parts.items()}
        done = ring_changes(progress=quiet, **words, out=str(tmp_path / f"{n}"), remember=remember)
        assert done.facts["n_absent"] == (1 if n in (2, 3) and remember >= n - 1 else 0)
    assert done.answer["event"].to_list() == [event]


def test_what_cannot_be_is_said(home: Path, tmp_path: Path) -> None:
    parts = {"answer": str(home / "4" / "rings"), "previous": str(home / "3" / "rings"), "out": str(tmp_path / "out")}
    with pytest.raises(QuestionError, match="remember"):
        ring_changes(progress=quiet, **parts, remember=-1)
    (tmp_path / "changes").mkdir()
    for name in ("changes", "absent", "absent_members"):
        (tmp_path / "changes" / f"{name}.parquet").write_bytes((home / "3" / "changes" / f"{name}.parquet").read_bytes())
    with pytest.raises(StoreError, match="absent_habits"):
        ring_changes(progress=quiet, **parts, previous_changes=str(tmp_path / "changes"))
