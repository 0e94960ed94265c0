"""Instances of a question in words and figures, in English or Chinese: a table, then the first ones with their payments."""

from collections.abc import Callable
from typing import Any

import click

from graphfraud.cli.summary import CHANNELS_ZH

PATTERN_NAMES = {
    "fan_in": "分散转入",
    "fan_out": "集中转出",
    "gather_scatter": "先聚后散",
    "scatter_gather": "先散后聚",
    "bipartite": "多对多",
    "stack": "多层多对多",
    "chain": "链式转移",
    "pass_through": "快进快出",
    "probe": "小额试探",
    "pooling": "小额汇集",
    "staircase": "阶梯加码",
    "limit_hugging": "贴近限额",
    "daily_limit_hugging": "贴近日限额",
    "awakening": "沉寂后激活",
    "night": "夜间活动",
}
"""Kinds of patterns, and how they are called in Chinese."""

PAYMENTS_SHOWN = 10
"""Payments listed of one instance; all of them are in the folder ``--out`` names, and in ``--json``."""

WORDS = {
    "en": {
        "paths": "{n} paths, {best} first",
        "best": {
            "earliest": "earliest arrival",
            "fewest": "fewest payments",
            "shortest": "shortest time",
            "widest": "largest smallest amount",
        },
        "case": "{n} paths from the {seeds} victim payments of case {case}, for each by {best}; from {without} of them none",
        "cycles": "{n} cycles of at most {length} payments within {within}",
        "patterns": "{n} instances: {kinds}",
        "path_columns": ("#", "from", "to", "payments", "least yuan", "began", "took"),
        "cycle_columns": ("#", "account", "payments", "yuan out", "yuan back", "began", "took", "p"),
        "pattern_columns": ("#", "pattern", "account", "ends at", "accounts", "payments", "yuan", "began", "took", "p"),
        "payment_columns": ("time", "payer", "payee", "channel", "yuan", ""),
        "units": ("d", "h", "min", "s"),
        "channels": {},
        "p": "p: the chance that an account as busy shows as much, from {n} worlds of chance; ordered by p and by how "
        "large the payments are, for those who pay and in all{own}.",
        "own": "; fans and shapes made of them also by how quick they are, staircases by how far they climb",
        "more": "... and {n} more",
        "left": "Left open by the data: ",
        "comma": ", ",
        "left_words": {
            "tied_steps": "the order of {n} payments and the ones before them (the same instant; the bank's order was taken)",
            "low_precision_transactions": "the time of day of {n} payments",
        },
        "truncated": "A limit cut this answer short: there may be others, or better ones.",
        "truncated_kinds": "A limit cut this answer short: there may be other instances of {kinds}.",
        "cited": "{n} citations: each payment led back to file and row, in {out}",
    },
    "zh": {
        "paths": "{n} 条路径, {best}优先",
        "best": {"earliest": "最早到达", "fewest": "笔数最少", "shortest": "用时最短", "widest": "最小一笔金额最大"},
        "case": "案件 {case}: {seeds} 笔被害人付款, 共 {n} 条路径, 每笔付款各自{best}优先; 其中 {without} 笔无路径",
        "cycles": "{n} 个资金回环 (不超过 {length} 笔, {within} 内)",
        "patterns": "{n} 个实例: {kinds}",
        "path_columns": ("#", "付款方", "到达", "笔数", "最小一笔(元)", "开始", "用时"),
        "cycle_columns": ("#", "账户", "笔数", "转出(元)", "回流(元)", "开始", "用时", "p值"),
        "pattern_columns": ("#", "模式", "账户", "终点", "账户数", "笔数", "金额(元)", "开始", "用时", "p值"),
        "payment_columns": ("时间", "付款方", "收款方", "渠道", "金额(元)", ""),
        "units": ("天", "小时", "分", "秒"),
        "channels": {"transfer": "转账", **CHANNELS_ZH},
        "p": "p值: 同样活跃的账户随机出现同等情形的概率 ({n} 个随机世界); "
        "按p值及金额 (对付款方及全体而言) 的罕见程度{own}排序。",
        "own": ", 归集分散类并按用时长短、阶梯加码并按升幅",
        "more": "... 另有 {n} 个",
        "left": "数据未能确定: ",
        "comma": "; ",
        "left_words": {
            "tied_steps": "{n} 笔与前一笔同一时刻 (按银行顺序)",
            "low_precision_transactions": "{n} 笔只有日期",
        },
        "truncated": "结果受上限截断, 可能还有其他或更优结果。",
        "truncated_kinds": "结果受上限截断, 以下模式可能还有其他实例: {kinds}。",
        "cited": "引证 {n} 条, 每笔均可回溯至文件与行号, 见 {out}",
    },
}


def tell_paths(facts: Any, words: Any, detail: int, unmask: bool) -> None:
    """Print paths, best first."""
    from graphfraud.units import time_text, yuan_text

    best = words["best"][facts["best"]]
    counts = {"n": f"{facts['n_paths']:,}", "best": best}
    if facts["case"] is None:
        click.echo(words["paths"].format(**counts))
    else:
        told = {"case": facts["case"], "seeds": facts["n_seeds"], "without": facts["n_seeds_without"]}
        click.echo(words["case"].format(**counts, **told))

    def cells(row: Any) -> tuple[object, ...]:
        ends = (account_text(row[end], unmask) for end in ("first_account_id", "last_account_id"))
        took = span_text(row["end_us"] - row["begin_us"], words)
        return (*ends, row["n_transactions"], yuan_text(row["width_fen"]), time_text(row["begin_us"]), took)

    _instances(facts["paths"], facts["n_paths"], words, words["path_columns"], cells, (0, 3, 4, 6), detail, unmask)


def tell_cycles(facts: Any, words: Any, detail: int, unmask: bool) -> None:
    """Print cycles, and what their p-values mean."""
    from graphfraud.units import time_text, yuan_text

    asked = {"length": facts["length_max"], "within": facts["within"]}
    click.echo(words["cycles"].format(n=f"{facts['n_cycles']:,}", **asked))

    def cells(row: Any) -> tuple[object, ...]:
        sums = (yuan_text(row["first_fen"]), yuan_text(row["last_fen"]))
        when = (time_text(row["begin_us"]), span_text(row["end_us"] - row["begin_us"], words))
        return (account_text(row["account_id"], unmask), row["n_transactions"], *sums, *when, _p_text(row["p_value"]))

    _instances(facts["cycles"], facts["n_cycles"], words, words["cycle_columns"], cells, (0, 2, 3, 4, 6, 7), detail, unmask)
    _tell_chance(facts, words, facts["n_cycles"])


def tell_patterns(facts: Any, words: Any, detail: int, unmask: bool) -> None:
    """Print how many instances of each kind, and the first of them."""
    from graphfraud.units import time_text, yuan_text

    found = [f"{row['n']:,} {pattern_name(row['kind'], words)}" for row in facts["kinds"] if row["n"]]
    text = words["patterns"].format(n=f"{facts['n_patterns']:,}", kinds=words["comma"].join(found))
    click.echo(text if found else text.rstrip(" :"))

    def cells(row: Any) -> tuple[object, ...]:
        ends = (account_text(row[end], unmask) for end in ("account_id", "other_account_id"))
        sizes = (row["n_accounts"], row["n_transactions"], yuan_text(row["amount_fen"]))
        when = (time_text(row["begin_us"]), span_text(row["end_us"] - row["begin_us"], words))
        return (pattern_name(row["kind"], words), *ends, *sizes, *when, _p_text(row["p_value"]))

    right = (0, 4, 5, 6, 8, 9)
    _instances(facts["patterns"], facts["n_patterns"], words, words["pattern_columns"], cells, right, detail, unmask)
    _tell_chance(facts, words, facts["n_patterns"], words["own"])


def _instances(
    rows: list[Any],
    n: int,
    words: Any,
    columns: tuple[str, ...],
    cells: Callable[[Any], tuple[object, ...]],
    right: tuple[int, ...],
    detail: int,
    unmask: bool,
) -> None:
    """Print the instances as a table, then the first of them with their payments."""
    from graphfraud.cli.terminal import table

    if rows:
        click.echo()
        table(columns, [(number, *cells(row)) for number, row in enumerate(rows)], right=right)
        if n > len(rows):
            click.echo(words["more"].format(n=f"{n - len(rows):,}"))
    for number, row in enumerate(rows[:detail]):
        click.echo(f"\n#{number}")
        payments = row["payments"]
        table(words["payment_columns"], [_payment(one, words, unmask) for one in payments[:PAYMENTS_SHOWN]], right=(4,))
        if len(payments) > PAYMENTS_SHOWN:
            click.echo(words["more"].format(n=f"{len(payments) - PAYMENTS_SHOWN:,}"))
    if rows:
        click.echo()


def _payment(row: Any, words: Any, unmask: bool) -> tuple[object, ...]:
    from graphfraud.units import time_text, yuan_text

    ends = (account_text(row[end], unmask) for end in ("payer_id", "payee_id"))
    channel = words["channels"].get(row["channel"], row["channel"].replace("_", "-"))
    return (time_text(row["at_us"]), *ends, channel, yuan_text(row["amount_fen"]), row.get("role", ""))


def _tell_chance(facts: Any, words: Any, n: int, own: str = "") -> None:
    if n and facts["null_worlds"]:
        click.echo(words["p"].format(n=facts["null_worlds"], own=own))


def _p_text(p_value: float | None) -> str:
    return "" if p_value is None else f"{p_value:.4f}" if p_value >= 0.0001 else "<0.0001"


def pattern_name(kind: str, words: Any) -> str:
    """Name a kind of pattern in the language of the words."""
    return PATTERN_NAMES[kind] if words is WORDS["zh"] else kind.replace("_", "-")


def account_text(account_id: str | None, unmask: bool) -> object:
    """Write an account for a person, masked unless asked; nothing for none."""
    from graphfraud.cli.terminal import hidden

    return account_id if unmask else hidden(account_id, "account_id")


def span_text(us: int, words: Any) -> str:
    """Write a stretch of time in its two largest units: 5 h 12 min."""
    seconds = us // 1_000_000
    sizes = (86_400, 3_600, 60, 1)
    named = [(size, unit) for size, unit in zip(sizes, words["units"], strict=True) if seconds >= size] or [
        (1, words["units"][-1])
    ]
    size, unit = named[0]
    parts = [f"{seconds // size} {unit}"]
    if len(named) > 1 and seconds % size // named[1][0]:
        parts.append(f"{seconds % size // named[1][0]} {named[1][1]}")
    return " ".join(parts)
