"""Answers shown: draw, export, cite."""

from collections.abc import Mapping
from typing import Any

import click


@click.command()
@click.argument("answer", type=click.Path(exists=True, file_okay=False))
@click.option("--to", required=True, type=click.Path(dir_okay=False), help="The page to write: trace.html.")
@click.option("--top", default=300, show_default=True, type=click.IntRange(10, 400), help="Accounts drawn; the rest is folded.")
@click.option("--language", type=click.Choice(("zh", "en")), default="zh", show_default=True)
@click.option("--ring", help="Of rings, the one to draw; by default the one with the highest score.")
@click.option("--title", help="Title of the page; by default the case or ring.")
@click.option("--unmask", is_flag=True, help="Put identifiers in full into the file (they are masked by default).")
def draw(**parameters: Any) -> None:
    """Draw an ANSWER folder as one page: a single file that needs no network."""
    from graphfraud.cli.terminal import progress
    from graphfraud.jobs.run import ask

    with progress() as show:
        facts = ask("draw", progress=show, **parameters).facts
    click.echo(f"{facts['page']} ({facts['bytes'] / 1e6:.2f} MB)")


@click.command()
@click.argument("answer", type=click.Path(exists=True, file_okay=False))
@click.option("--to", required=True, type=click.Choice(("csv", "xlsx", "parquet", "graphml", "gexf")), help="Format.")
@click.option("--out", required=True, type=click.Path(file_okay=False), help="Folder to write to.")
@click.option("--unmask", is_flag=True, help="Write identifiers in full (they are masked by default).")
def export(**parameters: Any) -> None:
    """Write the tables of an ANSWER folder for another program."""
    from graphfraud.cli.terminal import progress
    from graphfraud.jobs.run import ask

    with progress() as show:
        facts = ask("export", progress=show, **parameters).facts
    for path in facts["files"]:
        click.echo(path)


@click.command()
@click.argument("answer", type=click.Path(exists=True, file_okay=False))
@click.option("--step", type=click.IntRange(min=0), help="One step alone.")
@click.option("--json", "to_json", is_flag=True, help="Print one JSON document.")
@click.option("--unmask", is_flag=True, help="Show identifiers in full (they are masked by default).")
def cite(answer: str, step: int | None, to_json: bool, unmask: bool) -> None:
    """Lead each step of a trace, or each payment and tie of another ANSWER, back to the file, row and sha256 it stands on."""
    from graphfraud.cli.terminal import as_json, table
    from graphfraud.jobs.run import ask

    rows = ask("cite", answer=answer, step=step).facts["citations"]
    if not unmask:  # a file is often named after an account, and the id of a tie names its two ends
        rows = [{key: _hidden(row, key) for key in row} for row in rows]
    if to_json:
        as_json(rows)
        return
    if rows and "evidence" in rows[0]:
        table(
            ("evidence", "id", "side", "file", "row", "sha256"),
            [(r["evidence"], r["id"], r["side"], r["file"], r["row"], r["sha256"][:16]) for r in rows],
            right=(4,),
        )
        return
    table(
        ("step", "transaction", "side", "file", "row", "sha256"),
        [(r["step"], r["transaction_id"], r["side"], r["file"], r["row"], r["sha256"][:16]) for r in rows],
        right=(0, 4),
    )


def _hidden(row: Mapping[str, object], key: str) -> object:
    from graphfraud.mask import mask_text, mask_tie

    value = row[key]
    if isinstance(value, str) and key in ("file", "sheet"):
        return mask_text(value)
    return mask_tie(str(value)) if key == "id" and row["evidence"] == "link" else value
