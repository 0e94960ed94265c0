"""The front door: light to open, clear when it refuses."""

import subprocess
import sys

import pytest

from graphfraud import __version__
from graphfraud.cli import main as door
from graphfraud.errors import QuestionError, StoreError, TableError


def _exit(arguments: list[str]) -> int:
    with pytest.raises(SystemExit) as stop:
        door.main(arguments)
    return stop.value.code


def test_help_waits_for_nothing_heavy() -> None:
    program = (
        "import sys\nfrom graphfraud.cli.main import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit as stop:\n    assert stop.code == 0\n"
        "heavy = {'numba', 'numpy', 'polars', 'rich', 'networkx', 'pyvis', 'neo4j'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    for name in door.COMMANDS:
        assert f"\n  {name} " in done.stdout


@pytest.mark.parametrize("name", list(door.COMMANDS))
def test_every_command_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert _exit([name, "--help"]) == 0
    assert "Usage: graphfraud " + name in capsys.readouterr().out


def test_version_and_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert _exit(["--version"]) == 0
    assert __version__ in capsys.readouterr().out
    assert _exit(["nonsense"]) == 2
    assert _exit(["trace", "some-store"]) == 2
    assert "--case" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (QuestionError("case A-1", "nothing", "payments", "Load the report."), 2),
        (StoreError("store", "nothing", "a store", "Load a file."), 4),
        (TableError("a.csv", "9 of 10 rows rejected", "fewer", "Look."), 2),
        (TableError("a.csv", "9 of 10 rows rejected", "fewer", "Look.", exit_code=3), 3),
        (KeyboardInterrupt(), 130),
        (RuntimeError("account 6299980000000000011 is odd"), 1),
    ],
)
def test_exit_codes_and_masked_messages(
    error: BaseException, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(door.graphfraud, "main", fail)
    assert _exit(["check", "x"]) == code
    said = capsys.readouterr().err
    assert said.startswith("graphfraud: ")
    assert "6299980000000000011" not in said
    assert "Traceback" not in said
    assert _exit(["--traceback", "check", "x"]) == code
    if not isinstance(error, KeyboardInterrupt):
        assert "Traceback" in capsys.readouterr().err
