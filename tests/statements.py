"""Small invented files for tests of intake and store: statements, registers and case reports, as a bank would send them."""

from collections.abc import Iterable
from pathlib import Path

STATEMENT = (
    "交易卡号,交易账号,交易户名,交易时间,交易金额,交易余额,收付标志,"
    "交易对手账卡号,对手户名,摘要说明,交易是否成功,交易流水号,IP地址"
)
ACCOUNTS = "交易卡号,交易账号,账户开户名称,开户人证件号码,账号开户时间,开户网点,账户状态,账号开户银行"
REPORTS = "案件编号,报案时间,受害人姓名,受害人证件号,付款账号,收款账号,转账金额,转账时间"


def row(
    own: str,
    direction: str,
    cp: str = "",
    amount: str = "100.00",
    at: str = "2024-03-01 12:00:00",
    *,
    card: str = "",
    balance: str = "",
    serial: str = "",
    memo: str = "转账",
    name: str = "",
    cp_name: str = "",
    success: str = "成功",
    ip: str = "",
) -> str:
    """One statement row; ``direction`` is 进 or 出."""
    return ",".join([card, own, name, at, amount, balance, direction, cp, cp_name, memo, success, serial, ip])


def statement(path: Path, rows: Iterable[str]) -> Path:
    """Write a statement."""
    return _write(path, STATEMENT, rows)


def register(path: Path, rows: Iterable[str]) -> Path:
    """Write an account register."""
    return _write(path, ACCOUNTS, rows)


def reports(path: Path, rows: Iterable[str]) -> Path:
    """Write case reports."""
    return _write(path, REPORTS, rows)


def _write(path: Path, headings: str, rows: Iterable[str]) -> Path:
    path.write_text("\n".join([headings, *rows]) + "\n", encoding="utf-8")
    return path


def several(folder: Path, n_files: int = 4, n_rows: int = 40) -> list[Path]:
    """Write statements that touch each other: the payer's side in one file, the payee's in the next, and a repeated part."""
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for k in range(n_files):
        rows = []
        for i in range(n_rows):
            at = f"2024-03-{1 + i // 20:02d} {8 + k:02d}:{i % 60:02d}:00"
            rows.append(row(f"62220299{k:08d}", "出", f"62220299{k + 1:08d}", f"{100 + i}.00", at, serial=f"S{k}{i:04d}"))
            if k:
                before = at.replace(f" {8 + k:02d}:", f" {7 + k:02d}:")
                rows.append(row(f"62220299{k:08d}", "进", f"62220299{k - 1:08d}", f"{100 + i}.00", before, balance=f"{i}.00"))
        files.append(statement(folder / f"bank{k}.csv", rows + rows[:3]))
    return files
