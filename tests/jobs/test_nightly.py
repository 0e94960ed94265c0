"""The nightly plan on a store that grows: stable ids, what changed, whom to look at first; killed, it comes to the same."""

import csv
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from graphfraud.errors import QuestionError, SourceError, StoreError
from graphfraud.jobs.changes import ring_changes
from graphfraud.jobs.nightly import flagged, load_new, ring_pages
from graphfraud.jobs.plan_file import read_plan
from graphfraud.jobs.run import Ended, run
from graphfraud.report.ring_answer import read_rings

from .conftest import City, quiet

ROOT = Path(__file__).parents[2]


def night(home: Path, **options: bool) -> Ended:
    return run(read_plan(home / "nightly.toml"), **options)


def files_of(result: Path | None) -> dict[str, bytes]:
    """Every file of a result but those that tell the time of day: run.json's seconds, and the steps' record."""
    assert result is not None
    found = {path.relative_to(result).as_posix(): path.read_bytes() for path in result.rglob("*") if path.is_file()}
    told = re.compile(rb'"(started_us|seconds)": [0-9.e-]+')
    return {name: told.sub(b"", data) for name, data in found.items() if name != "result.json"}


@pytest.fixture(scope="module")
def nights(city: City, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Ended, Ended]:
    """Two nights, and the city between them: the second brings a bank and the reports."""
    home = city.copy(tmp_path_factory.mktemp("nights") / "home")
    first = night(home)
    for path in city.late:
        shutil.copy(path, home / "inbox")
    return home, first, night(home)


def known_members(result: Path) -> set[tuple[str, str, str]]:
    """Members (accounts and phone cards) by stable id."""
    told = pl.read_parquet(result / "changes" / "changes.parquet").filter(pl.col("ring_id").is_not_null())
    ids = told.select("ring_id", "stable_id").unique()
    members = read_rings(result / "two_card").answer.members.filter(pl.col("member_kind").is_in(["account", "sim"]))
    return set(members.join(ids, on="ring_id").select("stable_id", "member_kind", "member_id").iter_rows())


def test_ids_are_stable_and_the_turnover_adds_up(nights: tuple[Path, Ended, Ended]) -> None:
    _, first, second = nights
    assert first.exit_code == second.exit_code == 0 and first.result and second.result
    before, now = known_members(first.result), known_members(second.result)
    told = pl.read_parquet(second.result / "changes" / "changes.parquet")
    moved = pl.read_parquet(second.result / "changes" / "turnover.parquet")
    turn = {
        name: set(moved.filter(turn=name).select("stable_id", "member_kind", "member_id").iter_rows()) for name in ("in", "out")
    }
    assert (before - turn["out"]) | turn["in"] == now and turn["in"] and before & now
    grown = told.filter(change="grown")
    assert grown.height and set(grown["stable_id"]) <= {ring for ring, *_ in before}
    assert (told.filter(pl.col("change") == "unchanged")["n_joined"] == 0).all()
    ids = told.filter(pl.col("ring_id").is_not_null()).select("ring_id", "stable_id").unique()
    assert ids["ring_id"].is_unique().all() and ids["stable_id"].is_unique().all()
    text = (second.result / "changes" / "changes.txt").read_text(encoding="utf-8")
    assert first.result.name in text and all(ring in text for ring in grown["stable_id"]) and "扩大" in text


def test_nothing_new_makes_no_result(nights: tuple[Path, Ended, Ended]) -> None:
    home, _, second = nights
    again = night(home)
    assert again.nothing_new and again.result == second.result
    assert (home / "results" / "latest").read_text(encoding="utf-8").strip() == second.result.name
    assert "nothing new since" in (home / "nightly.log").read_text(encoding="utf-8").splitlines()[-1]


def test_the_same_store_gives_the_same_bytes_whatever_the_order_of_loading(
    nights: tuple[Path, Ended, Ended], city: City, tmp_path: Path
) -> None:
    _, first, _ = nights
    home = city.copy(tmp_path / "home")
    shutil.rmtree(home / "store")
    assert files_of(night(home).result) == files_of(first.result)


def test_the_list_names_reasons_and_file_and_row(nights: tuple[Path, Ended, Ended]) -> None:
    _, _, second = nights
    folder = second.result / "flagged"
    answer = read_rings(second.result / "two_card").answer
    listed = pl.read_parquet(folder / "flagged.parquet")
    assert listed.height == answer.rings["flagged"].sum() > 3 and listed["rank"].to_list() == list(range(1, listed.height + 1))
    reasons = pl.read_parquet(folder / "reasons.parquet")
    sums = dict(reasons.group_by("stable_id").agg(pl.col("points").sum()).iter_rows())
    assert sums == dict(listed.select("stable_id", "score").iter_rows())
    cited = pl.read_parquet(folder / "citations.parquet")
    assert dict(cited.group_by("stable_id").len().iter_rows()) == dict(listed.select("stable_id", "n_citations").iter_rows())
    assert cited.select("file", "row", "sha256").null_count().row(0) == (0, 0, 0)
    assert set(cited["evidence"]) == {"transaction", "link"} and cited.filter(evidence="link")["link_kind"].null_count() == 0
    with (folder / "flagged.csv").open(encoding="utf-8-sig", newline="") as file:
        assert len(list(csv.reader(file))) == listed.height + 1
    assert (folder / "flagged.xlsx").stat().st_size > 10_000
    assert len(list((second.result / "pages").iterdir())) == 2


def test_no_number_is_shown_in_full(nights: tuple[Path, Ended, Ended]) -> None:
    home, _, second = nights
    answer = read_rings(second.result / "two_card").answer
    numbers = [number.encode() for number in answer.members["member_id"].unique()]
    shown = {name: data for name, data in files_of(second.result).items() if name.startswith(("flagged/", "pages/"))}
    shown |= {name: (second.result / "changes" / name).read_bytes() for name in ("changes.txt", "turnover.csv", "changes.csv")}
    shown["log"] = (home / "nightly.log").read_bytes()
    for name, data in shown.items():
        if not name.endswith((".parquet", ".xlsx")):  # packed: their tables are masked before they are written
            assert not any(number in data for number in numbers), name
    assert all("*" in number for number in pl.read_parquet(second.result / "flagged" / "members.parquet")["member_id"])


KILLED = """
import os, sys
import graphfraud.jobs.run, graphfraud.jobs.results, graphfraud.report.place as place
from graphfraud.jobs.plan_file import read_plan
from graphfraud.jobs.run import run
left = int(sys.argv[2])
def dying(call):
    def wrapped(*args):
        global left
        left -= 1
        if left == 0: os._exit(9)
        return call(*args)
    return wrapped
place.os.fsync = dying(os.fsync)
run(read_plan(sys.argv[1]))
"""


# Of the 80 files: the load's own, then the answer from the 33rd, the changes, the list, the pages, and `latest` last.
POINTS = [(5, True), (20, False), (33, True), (45, True), (57, False), (69, True), (77, True), (80, True)]


@pytest.mark.parametrize(("last", "resume"), POINTS)
def test_killed_in_any_step_the_next_run_comes_to_the_same(
    city: City, nights: tuple[Path, Ended, Ended], tmp_path: Path, last: int, resume: bool
) -> None:
    """The process ends, as a power cut would end it, at the n-th file that is made durable."""
    _, first, second = nights
    home = city.copy(tmp_path / "home")
    shutil.copytree(first.result.parent, home / "results")
    for path in (home / "results").iterdir():
        if path.is_dir() and path != home / "results" / first.result.name:
            shutil.rmtree(path)
    (home / "results" / "latest").write_text(first.result.name + "\n", encoding="utf-8")
    for path in city.late:
        shutil.copy(path, home / "inbox")
    words = [sys.executable, "-c", KILLED, str(home / "nightly.toml"), str(last)]
    killed = subprocess.run(words, cwd=ROOT, env=os.environ | {"POLARS_MAX_THREADS": "2"}, check=False)
    assert killed.returncode == 9
    assert (home / "results" / "latest").read_text(encoding="utf-8").strip() == first.result.name
    assert files_of(home / "results" / first.result.name) == files_of(first.result)
    (left,) = home.rglob("UNFINISHED")
    behind = [
        step for step in json.loads((left.parent / "result.json").read_text(encoding="utf-8"))["steps"] if not step["basis"]
    ]
    done = night(home, resume=resume)
    assert not done.nothing_new and files_of(done.result) == files_of(second.result)
    assert done.resumed == (len(behind) if resume else 0)
    assert not list(home.rglob("UNFINISHED"))


def test_a_bad_file_is_told_every_night_and_the_others_are_loaded(city: City, tmp_path: Path) -> None:
    home = city.copy(tmp_path / "home")
    (home / "inbox" / "garbled.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    (home / "inbox" / "still.csv.part").write_text("half", encoding="utf-8")
    (home / "inbox" / ".hidden").write_text("x", encoding="utf-8")
    shutil.copy(city.late[0], home / "inbox")
    for n_new in (2, 1):
        done = load_new(progress=quiet, store=str(home / "store"), inbox=str(home / "inbox"))
        assert done.exit_code == 2 and done.facts["n_new"] == n_new and done.facts["n_refused"] == 1
        assert "garbled.csv" in done.facts["faults"][0]
    (home / "inbox" / "garbled.csv").unlink()
    again = load_new(progress=quiet, store=str(home / "store"), inbox=str(home / "inbox"))
    assert again.exit_code == 0 and again.facts == {"n_files": 11, "n_new": 0, "n_refused": 0}


def test_what_cannot_be_asked_is_said(city: City, nights: tuple[Path, Ended, Ended], tmp_path: Path) -> None:
    *_, second = nights
    answer = str(second.result / "two_card")
    with pytest.raises(SourceError, match="the folder new files are put in"):
        load_new(progress=quiet, store=str(tmp_path / "s"), inbox=str(tmp_path / "none"))
    with pytest.raises(QuestionError, match="language"):
        ring_changes(progress=quiet, answer=answer, out=str(tmp_path), language="fr")
    with pytest.raises(QuestionError, match="formats"):
        flagged(progress=quiet, answer=answer, out=str(tmp_path), formats=["doc"])
    with pytest.raises(QuestionError, match="top"):
        ring_pages(progress=quiet, answer=answer, out=str(tmp_path), top=-1)
    with pytest.raises(QuestionError, match=r"no run.json"):
        ring_pages(progress=quiet, answer=str(tmp_path), out=str(tmp_path))
    (tmp_path / "changes.parquet").write_bytes(b"PAR1")
    with pytest.raises(StoreError, match="ring_changes"):
        flagged(progress=quiet, answer=answer, out=str(tmp_path / "f"), changes=str(tmp_path))
    shutil.copytree(answer, tmp_path / "broken")
    (tmp_path / "broken" / "members.parquet").write_bytes(b"x")
    with pytest.raises(StoreError, match="damaged"):
        ring_changes(progress=quiet, answer=str(tmp_path / "broken"), out=str(tmp_path))


def test_mule_rings_are_in_the_two_card_answer(nights: tuple[Path, Ended, Ended]) -> None:
    """One answer serves both: the same groups of accounts, under the same ids."""
    from graphfraud.jobs.rings import rings

    home, _, second = nights
    mules = rings(progress=quiet, store=str(home / "store")).answer
    both = read_rings(second.result / "two_card").answer
    accounts = both.members.filter(member_kind="account").select("ring_id", account_id="member_id")
    assert set(mules.members.select("ring_id", "account_id").iter_rows()) == set(accounts.iter_rows())


def test_rings_are_followed_from_night_to_night_too(nights: tuple[Path, Ended, Ended], tmp_path: Path) -> None:
    from graphfraud.jobs.rings import rings

    home, _, _ = nights
    rings(progress=quiet, store=str(home / "store"), out=str(tmp_path / "rings"))
    parts = {"answer": str(tmp_path / "rings"), "out": str(tmp_path / "changes"), "previous": str(tmp_path / "rings")}
    done = ring_changes(progress=quiet, **parts, language="en")
    assert set(done.answer["change"]) == {"unchanged"}
    told = flagged(
        progress=quiet, answer=str(tmp_path / "rings"), changes=str(tmp_path / "changes"), out=str(tmp_path / "list")
    )
    assert told.facts["n_flagged"] > 0 and (tmp_path / "list" / "members.csv").is_file()
    assert ring_pages(progress=quiet, answer=str(tmp_path / "rings"), out=str(tmp_path / "pages"), top=1).facts["n_pages"] == 1
