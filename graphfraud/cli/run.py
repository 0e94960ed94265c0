"""Made-up worlds: demo, synth."""

from typing import Any

import click


@click.command()
@click.argument("folder", default="graphfraud-demo")
@click.option("--store", help="Load into this store instead of FOLDER/store: another folder or neo4j://...")
@click.option(
    "--language", type=click.Choice(("en", "zh")), default="en", show_default=True, help="Language of summary and page."
)
@click.option("--rng-seed", default=20_260_101, show_default=True, help="Another number makes another city.")
@click.option("--json", "to_json", is_flag=True, help="Print one JSON document.")
def demo(to_json: bool, language: str, **parameters: Any) -> None:
    """Make a city with known culprits, load its raw files, trace a case, and write page and tables to FOLDER."""
    from graphfraud.cli.summary import trace_summary
    from graphfraud.cli.terminal import as_json, hide, progress
    from graphfraud.jobs.run import ask

    with progress() as show:
        facts: Any = ask("demo", progress=show, language=language, **parameters).facts
    if to_json:
        as_json(hide(facts))
        return
    total = facts["load"]
    click.echo(
        f"{facts['n_files']} raw files: read {total['read']:,} = kept {total['kept']:,} + duplicate {total['duplicate']:,}"
        f" + mirrored {total['mirrored']:,} + reversed {total['reversed']:,} + failed {total['failed']:,}"
        f" + rejected {total['rejected']:,}"
    )
    click.echo()
    trace_summary(facts["trace"], language=language, unmask=False)
    click.echo()
    click.echo(f"page    {facts['page']}")
    click.echo(f"tables  {facts['tables']}")
    click.echo(f"answer  {facts['answer']}   (graphfraud cite {facts['answer']} --step 0)")
    click.echo(f"store   {facts['store']}   (graphfraud check {facts['store']})")
    click.echo(f"raw     {facts['raw']}")


@click.command()
@click.option("--out", required=True, type=click.Path(file_okay=False), help="Folder to write raw files and truth to.")
@click.option(
    "--scheme", help="One scheme alone: fan_in, fan_out, stack, scatter_gather, gather_scatter, cycle, bipartite, chain."
)
@click.option("--config", type=click.Path(exists=True, dir_okay=False), help="World parameters as TOML.")
@click.option("--transactions", type=click.IntRange(min=1000), help="About this many transactions.")
@click.option(
    "--mess", type=click.Choice(("plain", "usual", "hard")), default="usual", show_default=True, help="How messy the files are."
)
@click.option("--rng-seed", default=20_260_101, show_default=True, help="Another number makes another world.")
def synth(**parameters: Any) -> None:
    """Write a made-up world with a known culprit: raw files as banks export them, and the truth beside them."""
    from graphfraud.cli.terminal import progress
    from graphfraud.jobs.run import ask

    with progress() as show:
        facts: Any = ask("synth", progress=show, **parameters).facts
    sizes = f"{facts['n_transactions']:,} transactions, {facts['n_accounts']:,} accounts, {len(facts['cases'])} cases"
    click.echo(f"{sizes}: {', '.join(facts['cases'])}")
    for path in facts["files"]:
        click.echo(path)
