"""Bad input by the commands a user types: a clear message, the right exit code, nothing lost."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from graphfraud.cli.main import main

HEAD = (
    "交易卡号,交易账号,交易户名,交易时间,交易金额,交易余额,收付标志,"
    "交易对手账卡号,对手户名,交易是否成功,交易流水号,查询反馈结果原因"
)
CARD, ACCOUNT, OTHER = "6299980000000009914", "990000000000009914", "6299980000000009922"
GOOD = f"{CARD},{ACCOUNT},张三,2024-03-01 09:00:00,100.00,100.00,进,{OTHER},李四,是,S1,"


def _load(store: Path, capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as stop:
        main(["load", str(store), *map(str, words)])
    said = capsys.readouterr()
    return stop.value.code, said.out, said.err


def _counts(store: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, int]:
    with pytest.raises(SystemExit):
        main(["check", str(store), "--json"])
    return json.loads(capsys.readouterr().out)["counts"]


@pytest.fixture
def store(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """A store that holds one good row."""
    (tmp_path / "good.csv").write_text(f"{HEAD}\n{GOOD}\n", encoding="utf-8")
    assert _load(tmp_path / "store", capsys, tmp_path / "good.csv")[0] == 0
    return tmp_path / "store"


FILES = {
    "missing.csv": (None, "no such file|not found|no file|missing"),
    "empty.csv": (b"", "empty"),
    "binary.csv": (bytes(range(256)) * 40, "binary|encoding|text"),
    "truncated.xlsx": (b"PK\x03\x04" + bytes(200), "cut short|damaged|workbook|zip"),
    "wrong.csv": ("交易卡号,收付标志\n张三".encode("gb18030") + b"\xff\xff\x81\n", "encoding|GB18030|gb18030"),
    "unknown.csv": (b"red,green,blue\n1,2,3\n", "headings"),
    "torn.csv": (f'{HEAD}\n{GOOD}\n"{GOOD}\n{GOOD}\n'.encode(), "quot|closed"),
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_cannot_be_read(name: str, store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    content, says = FILES[name]
    if content is not None:
        (tmp_path / name).write_bytes(content)
    before = _counts(store, capsys)
    code, _, err = _load(store, capsys, tmp_path / name)
    assert code == 2
    assert name in err
    assert any(word in err for word in says.split("|")), err
    assert _counts(store, capsys) == before


def test_headings_without_rows_are_a_source_of_no_rows(store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "bare.csv").write_text(HEAD + "\n", encoding="utf-8")
    code, out, _ = _load(store, capsys, tmp_path / "bare.csv")
    assert code == 0
    assert "read 0 = kept 0" in out


CELLS = {
    "an amount with a letter": (4, "1OO.00", "not an amount"),
    "too many decimals": (4, "1.005", "not an amount"),
    "zero": (4, "0.00", "zero|more than 0|above 0"),
    "a date that is none": (3, "2024-02-30 09:00:00", "not a time"),
    "a time out of range": (3, "1931-01-01 09:00:00", "1990"),
    "a card cut by a spreadsheet": (7, "6.29998E+18", "spreadsheet"),
    "a sign that is unknown": (6, "?", "sign"),
    "no amount": (4, "", "found nothing"),
}


@pytest.mark.parametrize("what", CELLS)
def test_a_cell_that_cannot_be_read(what: str, store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    column, text, says = CELLS[what]
    cells = GOOD.split(",")
    cells[column], cells[10] = text, "S2"
    (tmp_path / "odd.csv").write_text(f"{HEAD}\n{GOOD.replace('S1', 'S3')}\n{','.join(cells)}\n", encoding="utf-8")
    code, out, err = _load(store, capsys, tmp_path / "odd.csv")
    assert code == 0
    assert "rejected 1" in out
    assert "odd.csv row 2" in err
    assert any(word in err for word in says.split("|")), err
    for number in (CARD, ACCOUNT, OTHER):
        assert number not in out + err


def test_a_payment_to_oneself_is_kept_and_a_red_amount_takes_back(
    store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [
        f"{CARD},{ACCOUNT},张三,2024-03-01 10:00:00,5.00,95.00,出,{ACCOUNT},张三,是,S4,",
        f"{CARD},{ACCOUNT},张三,2024-03-01 10:01:00,7.00,88.00,出,{OTHER},李四,是,S5,",
        f"{CARD},{ACCOUNT},张三,2024-03-01 10:02:00,-7.00,95.00,出,{OTHER},李四,是,S5,",
    ]
    (tmp_path / "self.csv").write_text("\n".join([HEAD, *rows]) + "\n", encoding="utf-8")
    code, out, _ = _load(store, capsys, tmp_path / "self.csv")
    assert code == 0
    assert "read 3 = kept 1 + duplicate 0 + mirrored 0 + reversed 2 + failed 0 + rejected 0" in out


def test_equal_serials_of_different_payments_are_both_kept(
    store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [f"{CARD},{ACCOUNT},张三,2024-03-02 10:00:0{n},{n}.00,{100 - n}.00,出,{OTHER},李四,是,S9," for n in (1, 2)]
    (tmp_path / "serial.csv").write_text("\n".join([HEAD, *rows]) + "\n", encoding="utf-8")
    assert "kept 2" in _load(store, capsys, tmp_path / "serial.csv")[1]


def test_a_map_that_names_a_column_the_file_lacks(store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "short.csv").write_text("交易卡号,交易时间,收付标志\n1,2,3\n", encoding="utf-8")
    code, _, err = _load(store, capsys, tmp_path / "short.csv", "--loader", "bank_statement")
    assert code == 2
    assert "交易金额" in err


def test_a_limit_of_rejected_rows(store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "many.csv").write_text(f"{HEAD}\n" + GOOD.replace("100.00,100", "1OO,100") + "\n", encoding="utf-8")
    before = _counts(store, capsys)
    code, _, err = _load(store, capsys, tmp_path / "many.csv", "--max-rejected", "0")
    assert code == 3
    assert "Nothing was kept" in err
    assert _counts(store, capsys) == before
    assert _load(store, capsys, tmp_path / "many.csv", "--max-rejected", "lots")[0] == 2


def test_a_store_that_cannot_be_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "good.csv").write_text(f"{HEAD}\n{GOOD}\n", encoding="utf-8")
    code, _, err = _load(tmp_path / "good.csv" / "store", capsys, tmp_path / "good.csv")
    assert code == 4
    assert "expected" in err


def test_a_store_of_a_newer_version(store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    manifest = store / "MANIFEST.json"
    facts = json.loads(manifest.read_text(encoding="utf-8"))
    facts["format"] += 1
    manifest.write_text(json.dumps(facts), encoding="utf-8")
    code, _, err = _load(store, capsys, tmp_path / "good.csv")
    assert code == 4
    assert "newer" in err


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_ctrl_c_in_the_middle(store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    row = GOOD.replace("S1", "S{0}").replace("100.00,100.00", "1.00,{0}.00")
    (tmp_path / "long.csv").write_text(HEAD + "\n" + "".join(row.format(n) + "\n" for n in range(200_000)), encoding="utf-8")
    before = _counts(store, capsys)
    program = (
        "import os, signal\n"
        "import graphfraud.store.folder as folder\n"
        "folder.FolderStore.commit = lambda *_: os.kill(os.getpid(), signal.SIGINT)\n"  # Ctrl-C as the commit begins
        "from graphfraud.cli.main import main\n"
        "main()\n"
    )
    words = ["load", str(store), str(tmp_path / "long.csv")]
    done = subprocess.run(
        [sys.executable, "-c", program, *words],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    )
    assert done.returncode == 130, done.stderr
    assert "interrupted" in done.stderr
    assert "Traceback" not in done.stderr
    assert _counts(store, capsys) == before
    assert _load(store, capsys, tmp_path / "long.csv")[0] == 0
    assert _counts(store, capsys)["records"] == before["records"] + 200_000
