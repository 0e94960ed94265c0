"""Files in: load, check, loaders."""

from pathlib import Path
from typing import Any

import click

MASKED = "Show identifiers in full (they are masked by default)."


@click.command()
@click.argument("store")
@click.argument("files", nargs=-1, required=True)
@click.option("--loader", help="Name or folder of the map to read with; by default the headings decide.")
@click.option(
    "--max-rejected",
    default="10% or 20",
    show_default=True,
    help="Rejected rows a file may have: a share (1%), a number (20), or the larger of both (10% or 20).",
)
@click.option("--rejected", type=click.Path(dir_okay=False), help="Write the rejected rows and their reasons here (csv).")
@click.option("--json", "to_json", is_flag=True, help="Print one JSON document.")
@click.option("--unmask", is_flag=True, help=MASKED)
@click.pass_context
def load(ctx: click.Context, /, to_json: bool, unmask: bool, **parameters: Any) -> None:
    """Load FILES (csv, tsv, xlsx, parquet, jsonl; folders and patterns too) into STORE, a folder or neo4j://...

    Each file is all in or not at all; loading it again changes nothing. Every row read ends as kept, duplicate, mirrored,
    reversed, failed or rejected, and those set apart stay in the store with their reason.
    """
    from graphfraud.cli.terminal import as_json, hide, progress, table
    from graphfraud.jobs.run import ask

    with progress() as show:
        outcome = ask("load", progress=show, **parameters)
    facts = outcome.facts if unmask else hide(outcome.facts)  # a file is often named after an account
    results = facts["files"]
    if to_json:
        as_json(facts)
        ctx.exit(outcome.exit_code)
    counts = ("read", "kept", "duplicate", "mirrored", "reversed", "failed", "rejected")
    done = [row for row in results if "error" not in row]
    table(
        ("file", "loader", *counts, ""),
        [
            (row["file"], row["loader"], *(row[c] for c in counts), "already loaded" if row["already_loaded"] else "")
            for row in done
        ],
        right=range(2, 9),
    )
    total = {c: sum(row[c] for row in done if not row["already_loaded"]) for c in counts}
    click.echo(
        f"read {total['read']:,} = kept {total['kept']:,} + duplicate {total['duplicate']:,} + mirrored {total['mirrored']:,}"
        f" + reversed {total['reversed']:,} + failed {total['failed']:,} + rejected {total['rejected']:,}"
    )
    for message in facts["messages"]:
        click.echo(f"  {message}", err=True)
    if total["rejected"] > len(facts["messages"]):
        click.echo("  ... --rejected FILE.csv writes all of them.", err=True)
    for row in results:
        if "error" in row:
            click.echo(f"graphfraud: {row['error']}", err=True)
    ctx.exit(outcome.exit_code)


@click.command()
@click.argument("store")
@click.option("--json", "to_json", is_flag=True, help="Print one JSON document.")
@click.pass_context
def check(ctx: click.Context, /, store: str, to_json: bool) -> None:
    """Verify STORE: checksums, totals, keys and references; list gaps in the evidence.

    Damage ends with exit code 4. A gap (a break in a running balance, an account without its statement) is a finding, not
    a fault.
    """
    from graphfraud.cli.terminal import as_json, progress, table
    from graphfraud.jobs.run import ask

    with progress() as show:
        outcome = ask("check", progress=show, store=store)
    if to_json:
        as_json(outcome.facts)
        ctx.exit(outcome.exit_code)
    table(("table", "rows"), [(name, f"{n:,}") for name, n in outcome.facts["counts"].items()], right=(1,))
    click.echo(f"digest {outcome.facts['digest']}")
    for kind, heading in (("damage", "Damage"), ("gap", "Gaps in the evidence")):
        found = [p for p in outcome.facts["problems"] if p["kind"] == kind]
        if found:
            click.echo(f"{heading}:")
            for problem in found:
                click.echo(f"  {problem['table']}: {problem['message']} ({problem['n']:,})")
    if outcome.exit_code == 0:
        click.echo("The store is sound.")
    ctx.exit(outcome.exit_code)


@click.group()
def loaders() -> None:
    """The maps that read files: one folder for each kind of document."""


@loaders.command("list")
def loaders_list() -> None:
    """List the loaders."""
    from graphfraud.cli.terminal import table
    from graphfraud.jobs.run import ask

    rows = ask("loaders_list").facts["loaders"]
    table(("name", "document", "title"), [(row["name"], row["document"], row["title"]) for row in rows])


@loaders.command("show")
@click.argument("name")
def loaders_show(name: str) -> None:
    """Show what loader NAME reads: its fields, the headings each may have, and its closed vocabularies."""
    from graphfraud.cli.terminal import table
    from graphfraud.jobs.run import ask

    facts = ask("loaders_show", name=name).facts
    click.echo(f"{facts['name']}: {facts['title']} ({facts['document']}, time zone {facts['time_zone']})")
    table(
        ("field", "verb", "required", "headings"),
        [(c["field"], c["verb"], "yes" if c["required"] else "", " | ".join(c["headings"])) for c in facts["columns"]],
    )
    for field, words in facts["choices"].items():
        click.echo(f"{field}: " + "; ".join(f"{value} = {' '.join(signs)}" for value, signs in words.items()))


@loaders.command("try")
@click.argument("name")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--rows", default=5, show_default=True, help="How many rows to show.")
@click.option("--unmask", is_flag=True, help=MASKED)
def loaders_try(name: str, file: Path, rows: int, unmask: bool) -> None:
    """Read FILE with loader NAME (or a folder with your own map.toml) and show what becomes of it; nothing is kept."""
    from graphfraud.cli.terminal import shown, table
    from graphfraud.jobs.run import ask

    facts = ask("loaders_try", name=name, file=str(file), rows=rows).facts
    for source in facts["sources"]:
        click.echo(
            f"{shown(source['file'], 'file', unmask=unmask)}: {source['encoding']}, headings on line {source['header_row']}, "
            f"{source['n_read']:,} rows read, {source['n_rejected']:,} rejected"
        )
        for kind, found in source["frames"].items():
            if not found["rows"]:
                continue
            click.echo(f"{kind}: {found['n']:,} rows")
            filled = [c for c in found["rows"][0] if any(row[c] is not None for row in found["rows"])]
            table(filled, [[shown(row[c], c, unmask=unmask) for c in filled] for row in found["rows"]])
        for message in source["messages"]:
            click.echo(f"  {shown(message, 'message', unmask=unmask)}", err=True)
