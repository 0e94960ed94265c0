"""The question who belongs together: communities."""

from typing import Any

import click

from graphfraud.cli.instances import account_text
from graphfraud.cli.questions import shared_options

METHOD_NAMES = ("components", "label_propagation", "louvain", "leiden")
WORDS = {
    "en": {
        "found": {
            "flows": "{n:,} accounts: {groups:,} communities of two or more, {alone:,} accounts alone; modularity {q:.4f}",
            "links": "{n:,} linked entities: {groups:,} communities of two or more, {alone:,} alone; modularity {q:.4f}",
        },
        "amount": ("#", "accounts", "yuan inside", "yuan across", "inside", "victims' yuan", "who deals most inside"),
        "count": ("#", "accounts", "payments inside", "payments across", "inside", "victims' yuan", "who deals most inside"),
        "links": ("#", "entities", "links inside", "links across", "inside", "who most links meet in"),
        "more": "... and {n:,} more",
        "self_ties": {
            "flows": "Left out: {n:,} payments to the payer itself",
            "links": "Left out: {n:,} links of an entity with itself",
        },
        "cited": "{n:,} citations: what binds the members of the {top} largest, led back to file and row, in {out}",
    },
    "zh": {
        "found": {
            "flows": "{n:,} 个账户: {groups:,} 个社区 (两个以上账户), {alone:,} 个孤立账户; 模块度 {q:.4f}",
            "links": "{n:,} 个关联实体: {groups:,} 个社区 (两个以上), {alone:,} 个孤立; 模块度 {q:.4f}",
        },
        "amount": ("#", "账户数", "内部(元)", "外部(元)", "内部占比", "被害人付款(元)", "内部往来最多"),
        "count": ("#", "账户数", "内部笔数", "外部笔数", "内部占比", "被害人付款(元)", "内部往来最多"),
        "links": ("#", "实体数", "内部关联", "外部关联", "内部占比", "关联最多"),
        "more": "... 另有 {n:,} 个",
        "self_ties": {"flows": "未计入本人转本人 {n:,} 笔", "links": "未计入自身关联 {n:,} 条"},
        "cited": "引证 {n:,} 条: 最大 {top} 个社区的成员依据, 均可回溯至文件与行号, 见 {out}",
    },
}


@click.command()
@shared_options
@click.option("--by", default="leiden", show_default=True, type=click.Choice(METHOD_NAMES), help="How they are found.")
@click.option("--of", default="flows", show_default=True, type=click.Choice(("flows", "links")), help="What ties them.")
@click.option("--weight", type=click.Choice(("amount", "count")), help="Of flows: by amount (default) or number of payments.")
@click.option("--resolution", default=1.0, show_default=True, type=float, help="More: more and smaller communities.")
@click.option("--rng-seed", default=0, show_default=True, type=click.IntRange(min=0), help="Other number, other order of work.")
def communities(top: int, language: str, to_json: bool, unmask: bool, **asked: Any) -> None:
    """Divide accounts, or linked people, cards and devices, into groups that deal more with their own than with others."""
    from graphfraud.cli.terminal import as_json, hide, progress, table
    from graphfraud.jobs.run import ask

    with progress() as show:
        facts: Any = ask("communities", progress=show, top=top, **asked).facts
    if to_json:
        as_json(facts if unmask else hide(facts))
        return
    words: Any = WORDS[language]
    sizes = {"n": facts["n_members"], "groups": facts["n_communities"], "alone": facts["n_alone"]}
    click.echo(words["found"][facts["of"]].format(**sizes, q=facts["modularity"]))
    rows = facts["communities"]
    if rows:
        click.echo()
        columns = words["links"] if facts["of"] == "links" else words[facts["weight"]]
        table(columns, [_cells(row, facts, unmask) for row in rows], right=range(len(columns) - 1))
        if facts["n_communities"] > len(rows):
            click.echo(words["more"].format(n=facts["n_communities"] - len(rows)))
        click.echo()
    if facts["ambiguities"]["self_ties"]:
        click.echo(words["self_ties"][facts["of"]].format(n=facts["ambiguities"]["self_ties"]))
    if facts["n_citations"] is not None:
        click.echo(words["cited"].format(n=facts["n_citations"], top=top, out=facts["out"]))


def _cells(row: Any, facts: Any, unmask: bool) -> tuple[object, ...]:
    from graphfraud.units import yuan_text

    inside, cut = row["inside_weight"], row["cut_weight"]
    weights = [yuan_text(w) if facts["weight"] == "amount" else f"{w:,}" for w in (inside, cut)]
    share = f"{100 * inside / (inside + cut):.1f} %" if inside + cut else ""
    if facts["of"] == "links":
        members = (f"{one['entity_kind']} {account_text(one['entity_id'], unmask)}" for one in row["members"])
        return row["community"], row["n_members"], *weights, share, ", ".join(members)
    members = (str(account_text(one["account_id"], unmask)) for one in row["members"])
    return row["community"], row["n_members"], *weights, share, yuan_text(row["victim_fen"]), ", ".join(members)
