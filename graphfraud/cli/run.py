"""Plans, and made-up worlds: run, demo, synth."""

from typing import Any

import click

RINGS_LISTED = 8
RINGS_TOLD = 2


@click.command()
@click.argument("plan", type=click.Path(exists=True, dir_okay=False))
@click.option("--resume", is_flag=True, help="Go on where an interrupted run stopped, instead of beginning anew.")
@click.option("--json", "to_json", is_flag=True, help="Print one JSON document.")
@click.pass_context
def run(ctx: click.Context, /, plan: str, resume: bool, to_json: bool) -> None:
    """Run PLAN, a TOML file of steps (examples/jobs has the nightly job); one log line a step on stderr and in the plan's log.

    The result counts from the moment all steps are done: a run that fails or is killed leaves the last one as it was. The exit
    code is that of the fault that ended the run, else of the first fault a step reported.
    """
    from graphfraud.cli.terminal import as_json, progress, table
    from graphfraud.jobs.plan_file import read_plan
    from graphfraud.jobs.run import run as run_plan

    with progress() as show:
        ended = run_plan(read_plan(plan), resume=resume, progress=show, log=lambda line: click.echo(line, err=True))
    if to_json:
        facts = {"plan": ended.plan, "result": str(ended.result) if ended.result else None, "nothing_new": ended.nothing_new}
        steps = [
            {"name": s.name, "do": s.do, **s.counts, "exit_code": s.exit_code, "truncated": s.truncated} for s in ended.steps
        ]
        as_json({**facts, "resumed": ended.resumed, "exit_code": ended.exit_code, "steps": steps})
        ctx.exit(ended.exit_code)
    rows = [(s.name, ", ".join(f"{key.removeprefix('n_')} {n:,}" for key, n in s.counts.items())) for s in ended.steps]
    table(("step", "counts"), rows)
    if ended.nothing_new:
        click.echo(f"nothing new; the last result stands: {ended.result}")
    elif ended.result is not None:
        click.echo(f"result  {ended.result}")
    ctx.exit(ended.exit_code)


@click.command()
@click.argument("folder", default="graphfraud-demo")
@click.option("--store", help="Load into this store instead of FOLDER/store: another folder or neo4j://...")
@click.option(
    "--language", type=click.Choice(("en", "zh")), default="en", show_default=True, help="Language of summary and page."
)
@click.option("--rng-seed", default=20_260_101, show_default=True, help="Another number makes another city.")
@click.option("--json", "to_json", is_flag=True, help="Print one JSON document.")
def demo(to_json: bool, language: str, **parameters: Any) -> None:
    """Make a city with known culprits, load its raw files, trace a case, find rings, and write page and tables to FOLDER."""
    from graphfraud.cli.rings import rings_summary
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
    told: set[str] = set()  # a ring that is a two-card ring too has the same reasons
    for do in ("rings", "two_card"):
        click.echo()
        fresh = [row["ring_id"] for row in facts[do]["rings"] if row["ring_id"] not in told][:RINGS_TOLD]
        told.update(row["ring_id"] for row in facts[do]["rings"])
        rings_summary(do, facts[do], language=language, with_reasons=fresh, rows_max=RINGS_LISTED)
    click.echo()
    click.echo(f"page    {facts['page']}")
    click.echo(f"tables  {facts['tables']}")
    click.echo(f"answer  {facts['answer']}   (graphfraud cite {facts['answer']} --step 0)")
    click.echo(f"rings   {facts['rings']['out']}, {facts['two_card']['out']}")
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
