"""Plans by the command a user, cron or the Task Scheduler types."""

import json
import shutil
from pathlib import Path

import pytest

from graphfraud.cli.main import main
from tests.jobs.conftest import City, city  # noqa: F401


def _run(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as stop:
        main([str(word) for word in words])
    said = capsys.readouterr()
    return stop.value.code, said.out, said.err


@pytest.fixture
def home(city: City, tmp_path: Path) -> Path:  # noqa: F811
    return city.copy(tmp_path / "home")


def test_a_night_and_a_second_one_without_news(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = _run(capsys, "run", home / "nightly.toml")
    assert code == 0 and "result  " in out and "flagged" in out
    lines = err.splitlines()
    assert [line.split(":")[0] for line in lines] == [
        "load",
        "new",
        "rings",
        "changes",
        "flagged",
        "pages",
        f"result {lines[-1][7:]}",
    ]
    assert all(" s, n_" in line for line in lines[:-1])
    code, out, _ = _run(capsys, "run", home / "nightly.toml", "--resume")
    assert code == 0 and "nothing new; the last result stands" in out
    code, out, _ = _run(capsys, "run", home / "nightly.toml", "--json")
    told = json.loads(out)
    assert code == 0 and told["nothing_new"] and told["steps"][0]["n_new"] == 0 and Path(told["result"]).is_dir()


def test_a_file_that_cannot_be_loaded_gives_its_code_and_the_night_goes_on(
    home: Path,
    city: City,  # noqa: F811
    capsys: pytest.CaptureFixture[str],
) -> None:
    bad = home / "inbox" / "bad.csv"
    bad.write_text("a,b\n1,2\n", encoding="utf-8")
    shutil.copy(city.late[0], home / "inbox")
    code, out, err = _run(capsys, "run", home / "nightly.toml")
    bad.unlink()
    assert code == 2 and "fault 2" in err and "bad.csv" in err and "result  " in out


def test_a_ring_of_a_kept_answer_is_drawn(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run(capsys, "run", home / "nightly.toml")[0] == 0
    last = home / "results" / (home / "results" / "latest").read_text(encoding="utf-8").strip()
    code, _, _ = _run(capsys, "draw", last / "two_card", "--to", tmp_path / "top.html", "--language", "en")
    first = next(iter(sorted((last / "pages").iterdir()))).name[4:-5]
    assert code == 0 and first in (tmp_path / "top.html").read_text(encoding="utf-8")
    code, _, _ = _run(capsys, "draw", last / "two_card", "--to", tmp_path / "one.html", "--ring", first, "--title", "一")
    assert code == 0 and (tmp_path / "one.html").is_file()
    code, _, err = _run(capsys, "draw", last / "two_card", "--to", tmp_path / "x.html", "--ring", "ring-none")
    assert code == 2 and "a ring of the answer" in err
    code, _, err = _run(capsys, "draw", last / "changes", "--to", tmp_path / "x.html")
    assert code == 2 and "no run.json" in err


def test_wrong_plans_and_wrong_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run(capsys, "run", tmp_path / "none.toml")[0] == 2
    (tmp_path / "p.toml").write_text('[[step]]\ndo = "two_cards"\n', encoding="utf-8")
    code, _, err = _run(capsys, "run", tmp_path / "p.toml")
    assert code == 2 and "p.toml, step 1" in err and "two_card" in err
    (tmp_path / "p.toml").write_text('[[step]]\ndo = "check"\n[step.with]\nstore = "none"\n', encoding="utf-8")
    code, _, err = _run(capsys, "run", tmp_path / "p.toml")
    assert code == 4 and "check: check" in err and "failed" in err
