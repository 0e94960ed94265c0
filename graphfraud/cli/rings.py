"""Questions about people and cards: rings, two-card."""

from collections.abc import Callable, Collection
from typing import Any

import click

REASONS_SHOWN = 10
WORDS = {
    "en": {
        "rings": "{n} groups of accounts bound by what they share and by money passed on; {flagged} reach the score to flag",
        "two_card": "{n} groups of bank cards and phone cards in the same hands; {flagged} reach the score to flag",
        "columns": ("group", "accounts", "bound", "victims", "their yuan", "passed on inside", "score", "flagged"),
        "two_columns": ("group", "looks like", "accounts", "SIMs", "devices", "persons", "victims' yuan", "p", "score", "flag"),
        "types": {},
        "yes": "yes",
        "points": "{points:>3} points  {rule}  {fact}",
        "score": "{score:>3} points in all; evidence: {n_payments} payments, {n_ties} ties",
        "more": "... and {n} more",
        "cited": "{n} citations: each payment and tie led back to file and row, in {out}",
        "aside": "Shared, but with an innocent reading, and so binding nobody: ",
        "left": "Left open by the data: ",
        "law": "{n} persons own as many of these cards as a threshold of the law counts (units.parquet, with --out)",
        "caution": "Indicators to look into, never verdicts. Rule table {version}.",
    },
    "zh": {
        "rings": "{n} 个由身份关联和资金快进快出连接的账户群; 其中 {flagged} 个达到提示分值",
        "two_card": "{n} 个银行卡与电话卡同控群体; 其中 {flagged} 个达到提示分值",
        "columns": ("团伙", "账户", "关联账户", "被害人", "被害人付款(元)", "内部流转(元)", "分值", "提示"),
        "two_columns": ("团伙", "类型", "账户", "电话卡", "设备", "人员", "被害人付款(元)", "p值", "分值", "提示"),
        "types": {
            "goip_den": "GOIP窝点", "money_house": "水房", "runner_team": "跑分车队", "card_dealer": "卡商",
            "mule_group": "卡农团伙",
        },
        "yes": "是",
        "points": "{points:>3} 分  {rule}  {fact}",
        "score": "{score:>3} 分合计; 依据: {n_payments} 笔交易, {n_ties} 条关联",
        "more": "... 另有 {n} 个",
        "cited": "引证 {n} 条, 每笔交易和关联均可回溯至文件与行号, 见 {out}",
        "aside": "存在正当解释、不作关联依据的共用关系: ",
        "left": "数据未能确定: ",
        "law": "{n} 人名下涉及上述群体的卡达到法定数量 (加 --out 后见 units.parquet)",
        "caution": "以上为线索指标, 不是结论。规则表版本 {version}。",
    },
}  # fmt: skip


def _question(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(
        (
            click.argument("store"),
            click.option("--within", default="24h", show_default=True, help="Money that leaves so soon is passed on."),
            click.option("--accounts-max", default=200, show_default=True, help="A thing that more share binds nobody."),
            click.option("--out", help="Keep the answer in this folder (run.json and parquet)."),
            click.option("--top", default=5, show_default=True, type=click.IntRange(min=0), help="Reasons of so many."),
            click.option("--language", type=click.Choice(("en", "zh")), default="en", show_default=True),
            click.option("--json", "to_json", is_flag=True, help="Print one JSON document."),
            click.option("--unmask", is_flag=True, help="Show identifiers in full (they are masked by default)."),
        )
    ):
        command = option(command)
    return command


@click.command()
@_question
@click.option("--share-min", default=2, show_default=True, type=click.IntRange(min=2), help="Members on one thing.")
def rings(**asked: Any) -> None:
    """Find rings: accounts bound by holder, phone or device *and* by money passed on in time, with reasons and evidence."""
    _show("rings", **asked)


@click.command("two-card")
@_question
@click.option("--null-worlds", default=199, show_default=True, type=click.IntRange(min=0), help="Worlds for the p-value.")
@click.option("--rng-seed", default=0, show_default=True, type=click.IntRange(min=0), help="Other number, other worlds.")
def two_card(**asked: Any) -> None:
    """Find two-card rings: bank cards and phone cards in the same hands, SIM farms among them, with reasons and a p-value."""
    _show("two_card", **asked)


def _show(do: str, *, top: int, language: str, to_json: bool, unmask: bool, **asked: Any) -> None:
    from graphfraud.cli.terminal import as_json, hide, progress
    from graphfraud.jobs.run import ask

    with progress() as show:
        facts: Any = ask(do, progress=show, **asked).facts
    if to_json:
        as_json(facts if unmask else hide(facts))
    else:
        rings_summary(do, facts, language=language, with_reasons=[row["ring_id"] for row in facts["rings"][:top]])


def rings_summary(do: str, facts: Any, *, language: str, with_reasons: Collection[str], rows_max: int | None = None) -> None:
    """Print groups, the reasons and the amount of evidence of some, what was set aside and what the data leave open."""
    from graphfraud.cli.terminal import table

    words: Any = WORDS[language]
    click.echo(words[do].format(n=facts["n_rings"], flagged=facts["n_flagged"]))
    columns, row_of, first = (words["columns"], _ring_row, 1) if do == "rings" else (words["two_columns"], _two_card_row, 2)
    if facts["rings"]:
        click.echo()
        shown = facts["rings"][:rows_max]
        table(columns, [row_of(row, words) for row in shown], right=range(first, len(columns) - 1))
        if len(shown) < facts["n_rings"]:
            click.echo(words["more"].format(n=facts["n_rings"] - len(shown)))
    for row in facts["rings"]:
        if row["ring_id"] in with_reasons:
            _reasons(row, words, language)
    click.echo()
    if facts["look_alikes"]:
        click.echo(words["aside"] + ", ".join(f"{row['n_things']} {row['look_alike']}" for row in facts["look_alikes"]))
    if facts.get("n_persons_reached"):
        click.echo(words["law"].format(n=facts["n_persons_reached"]))
    left = ", ".join(f"{name} {n}" for name, n in facts["ambiguities"].items() if n)
    if left:
        click.echo(words["left"] + left)
    if facts.get("n_citations") is not None:
        click.echo(words["cited"].format(n=f"{facts['n_citations']:,}", out=facts["out"]))
    click.echo(words["caution"].format(version=facts["rules_version"]))


def _reasons(row: Any, words: Any, language: str) -> None:
    click.echo(f"\n{row['ring_id']}")
    for one in row["reasons"][:REASONS_SHOWN]:
        fact = one["fact_zh"] if language == "zh" else one["fact"]
        click.echo("  " + words["points"].format(points=one["points"], rule=one["rule"], fact=fact))
    told = {name: f"{row[name]:,}" for name in ("n_payments", "n_ties")}
    click.echo("  " + words["score"].format(score=row["score"], **told))


def _ring_row(row: Any, words: Any) -> tuple[object, ...]:
    from graphfraud.units import yuan_text

    sums = (yuan_text(row["victim_fen"]), yuan_text(row["relayed_fen"]))
    flagged = words["yes"] if row["flagged"] else ""
    return row["ring_id"], row["n_accounts"], row["n_bound"], row["n_victims"], *sums, row["score"], flagged


def _two_card_row(row: Any, words: Any) -> tuple[object, ...]:
    from graphfraud.units import yuan_text

    kind = words["types"].get(row["ring_type"], row["ring_type"].replace("_", " "))
    sizes = (row["n_accounts"], row["n_sims"], row["n_devices"], row["n_persons"])
    chance = "" if row["p_value"] is None else f"{row['p_value']:.3f}"
    flagged = words["yes"] if row["flagged"] else ""
    return row["ring_id"], kind, *sizes, yuan_text(row["victim_fen"]), chance, row["score"], flagged
