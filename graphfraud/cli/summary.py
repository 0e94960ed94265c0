"""A trace in words and figures, in English or Chinese."""

from typing import Any

import click

from graphfraud.cli.terminal import hidden, table

WORDS = {
    "en": {
        "case": "Case {case}: {n} victim payments from {accounts} accounts, {lost} yuan in all",
        "rule": "Under {rule}, followed {within}, observed until {until}:",
        "whole": "to the end",
        "for": "for {}",
        "resting": "resting in accounts: can still be frozen",
        "exited": "left by an exit channel",
        "returned": "back in the account of the victim who paid it",
        "unseen": "lost to sight: statement not held",
        "beyond": "beyond the limits asked for",
        "sum": "sum (equals the victims' payments)",
        "sum_poison": "sum (victims' payments and {mixed} yuan of other money contaminated)",
        "where": ("where it is", "yuan", "share"),
        "tiers": ("tier", "accounts", "received", "passed on", "exited", "resting", "returned", "lost to sight"),
        "freeze": "Freeze first (largest sums still resting):",
        "freeze_columns": ("account", "bank", "tier", "resting yuan", "last movement", ""),
        "accounts": (
            "account",
            "tier",
            "victims",
            "received",
            "passed on",
            "exited",
            "resting",
            "lost to sight",
            "first",
            "statement",
        ),
        "also_victim": "also a victim: review",
        "held": ("held", "not held"),
        "counts": {
            "opening_assumed": "the opening balance of {n} accounts reached ({fen} yuan in all)",
            "opening_raised": "a higher opening balance than printed for {n} accounts ({fen} yuan in all)",
            "accounts_without_statement": "nothing of what {n} accounts paid on (statement not held)",
            "simultaneous_transactions": "the order of {n} transactions of one instant (the bank's order was taken)",
            "low_precision_transactions": "the time of day of {n} transactions",
            "seed_shortfall_fen": "{fen} yuan that victims paid from accounts filled with other victims' money",
            "seeds_after_until": "{n} victim payments after the end of observation, left out",
        },
        "comma": "; ",
        "assumptions": "Assumed: ",
        "ambiguities": "Left open by the data: ",
        "truncated": "A limit cut this answer short.",
        "cited": "{steps} steps, each led back to file and row ({citations} citations)",
        "more": "... and {n} more",
    },
    "zh": {
        "case": "案件 {case}: {accounts} 个被害人账户共 {n} 笔付款, 合计 {lost} 元",
        "rule": "追踪规则 {rule}, 追踪时限 {within}, 观察截止 {until}:",
        "whole": "不限",
        "for": "{}",
        "resting": "在账资金 (仍可冻结)",
        "exited": "已流出",
        "returned": "已回到被害人本人账户 (返利等)",
        "unseen": "去向不明 (未调取流水)",
        "beyond": "超出设定范围",
        "sum": "合计 (等于被害人付款)",
        "sum_poison": "合计 (被害人付款及被污染的其他资金 {mixed} 元)",
        "where": ("资金去向", "元", "占比"),
        "tiers": ("层级", "账户数", "流入", "转出", "流出", "在账", "返还", "去向不明"),
        "freeze": "优先冻结 (在账金额由大到小):",
        "freeze_columns": ("账户", "银行", "层级", "在账(元)", "最后变动", ""),
        "accounts": ("账户", "层级", "被害人", "流入", "转出", "流出", "在账", "去向不明", "首次", "流水"),
        "also_victim": "同时为被害人, 需核实",
        "held": ("已调", "未调"),
        "counts": {
            "opening_assumed": "{n} 个涉及账户的期初余额 (共 {fen} 元)",
            "opening_raised": "{n} 个账户的期初余额高于流水所示 (共 {fen} 元)",
            "accounts_without_statement": "{n} 个账户未调取流水, 其后续转出未计",
            "simultaneous_transactions": "{n} 笔同一时刻交易的先后 (按银行顺序)",
            "low_precision_transactions": "{n} 笔交易只有日期",
            "seed_shortfall_fen": "被害人账户中混有其他被害人资金 {fen} 元",
            "seeds_after_until": "{n} 笔被害人付款晚于观察截止, 未计入",
        },
        "comma": "; ",
        "assumptions": "假定: ",
        "ambiguities": "数据未能确定: ",
        "truncated": "结果受上限截断。",
        "cited": "{steps} 步资金流, 均可回溯至文件与行号 (引证 {citations} 条)",
        "more": "... 另有 {n} 个",
    },
}
CHANNELS_ZH = {
    "cash_out": "取现",
    "merchant": "消费/商户",
    "wallet": "支付平台",
    "crypto": "虚拟币",
    "cross_border": "跨境",
    "fee": "手续费",
}
FREEZE_ROWS = 10


def trace_summary(facts: Any, *, language: str, unmask: bool) -> None:
    """Print who lost how much, where it is, and what can still be frozen."""
    from graphfraud.units import time_text, yuan_text

    words: Any = WORDS[language]
    lost = facts["lost_fen"]
    click.echo(
        words["case"].format(
            case=facts["case"], n=facts["n_payments"], accounts=facts["n_victim_accounts"], lost=yuan_text(lost)
        )
    )
    within = words["for"].format(facts["within"]) if facts["within"] else words["whole"]
    click.echo(words["rule"].format(rule=facts["rule"], within=within, until=time_text(facts["until_us"] - 1)[:19]))
    rows = []
    shares = _shares([ended["traced_fen"] for ended in facts["ended"]])
    for ended, share in zip(facts["ended"], shares, strict=True):
        name = words[ended["state"]]
        if ended["channel"]:
            channel = CHANNELS_ZH[ended["channel"]] if language == "zh" else ended["channel"].replace("_", "-")
            name = f"{name}: {channel}"
        rows.append((name, yuan_text(ended["traced_fen"]), share))
    name = words["sum_poison"].format(mixed=yuan_text(facts["mixed_fen"])) if facts["mixed_fen"] else words["sum"]
    rows.append((name, yuan_text(sum(e["traced_fen"] for e in facts["ended"])), ""))
    click.echo()
    table(words["where"], rows, right=(1, 2))
    click.echo()
    sums = ("received_fen", "passed_fen", "exited_fen", "resting_fen", "returned_fen", "unseen_fen")
    table(
        words["tiers"],
        [(row["tier"], row["n_accounts"], *(yuan_text(row[name]) for name in sums)) for row in facts["tiers"]],
        right=range(8),
    )
    if facts["resting"]:
        click.echo()
        click.echo(words["freeze"])
        table(
            words["freeze_columns"],
            [
                (
                    row["account_id"] if unmask else hidden(row["account_id"], "account_id"),
                    row["bank"],
                    row["tier"],
                    yuan_text(row["resting_fen"]),
                    time_text(row["last_us"]),
                    words["also_victim"] if row["also_victim"] else "",
                )
                for row in facts["resting"][:FREEZE_ROWS]
            ],
            right=(2, 3),
        )
        if len(facts["resting"]) > FREEZE_ROWS:
            click.echo(words["more"].format(n=len(facts["resting"]) - FREEZE_ROWS))
    click.echo()
    click.echo(words["cited"].format(steps=facts["n_steps"], citations=facts["n_citations"]))
    for key in ("assumptions", "ambiguities"):
        counted = [text for name, n in facts[key].items() if n and (text := _told(words["counts"], name, facts[key]))]
        if counted:
            click.echo(words[key] + words["comma"].join(counted))
    if facts["truncated"]:
        click.echo(words["truncated"])


def tier_table(rows: list[dict[str, Any]], *, language: str, unmask: bool) -> None:
    """Print accounts by tier."""
    from graphfraud.units import time_text, yuan_text

    words: Any = WORDS[language]
    sums = ("received_fen", "passed_fen", "exited_fen", "resting_fen", "unseen_fen")
    table(
        words["accounts"],
        [
            (
                row["account_id"] if unmask else hidden(row["account_id"], "account_id"),
                row["tier"],
                row["n_victims"],
                *(yuan_text(row[name]) for name in sums),
                time_text(row["first_us"]),
                words["held"][0 if row["statement_held"] else 1],
            )
            for row in rows
        ],
        right=range(1, 8),
    )


def _told(counts: dict[str, str], name: str, found: dict[str, int]) -> str:
    """Word a count; an amount that belongs to a count of accounts is told with it."""
    from graphfraud.units import yuan_text

    stem = name.removesuffix("_accounts")
    if stem != name and stem in counts:
        return counts[stem].format(n=f"{found[name]:,}", fen=yuan_text(found[f"{stem}_fen"]))
    if name not in counts:
        return "" if name.removesuffix("_fen") in counts else f"{name.replace('_', ' ')} {found[name]:,}"
    return counts[name].format(n=f"{found[name]:,}", fen=yuan_text(found[name]))


def _shares(parts: list[int]) -> list[str]:
    """Write parts as tenths of a percent that sum to 100 (largest remainder), as the page does."""
    whole = sum(parts)
    if not whole:
        return [""] * len(parts)
    tenths = [part * 1000 // whole for part in parts]
    by_rest = sorted(range(len(parts)), key=lambda i: (-(parts[i] * 1000 % whole), i))
    for i in by_rest[: 1000 - sum(tenths)]:
        tenths[i] += 1
    return [f"{tenth // 10}.{tenth % 10} %" for tenth in tenths]
