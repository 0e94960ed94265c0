"""Questions asked of a store: trace, tiers."""

from collections.abc import Callable
from typing import Any

import click

from graphfraud.errors import EXIT_TRUNCATED

RULE_NAMES = ("fifo", "lifo", "pro_rata", "poison", "libr")


def question(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options every tracing question has."""
    for option in reversed(
        (
            click.argument("store"),
            click.option("--case", required=True, help="Case number; its victims' payments are where the trace begins."),
            click.option("--rule", default="fifo", show_default=True, type=click.Choice(RULE_NAMES), help="Tracing rule."),
            click.option("--within", help="Follow each payment this long: 90m, 72h, 7d. By default to the end."),
            click.option("--hops-max", type=click.IntRange(min=1), help="Follow at most this many transfers."),
            click.option("--until", help='End of observation, China time, excluded: 2024-03-31 or "2024-03-31 12:00".'),
            click.option("--out", help="Keep the answer in this folder (run.json and parquet)."),
            click.option("--language", type=click.Choice(("en", "zh")), default="en", show_default=True),
            click.option("--json", "to_json", is_flag=True, help="Print one JSON document."),
            click.option("--unmask", is_flag=True, help="Show identifiers in full (they are masked by default)."),
            click.option("--strict", is_flag=True, help="Exit with code 5 if a limit cut the answer short."),
        )
    ):
        command = option(command)
    return command


def _ask(do: str, parameters: dict[str, Any]) -> Any:
    from graphfraud.cli.terminal import progress
    from graphfraud.jobs.run import ask

    with progress() as show:
        return ask(do, progress=show, **parameters)


@click.command()
@question
@click.pass_context
def trace(ctx: click.Context, /, language: str, to_json: bool, unmask: bool, strict: bool, **parameters: Any) -> None:
    """Trace a case's victim payments forward in time, every fen of them.

    Each fen ends resting in an account (it can be frozen), left by an exit channel, lost to sight in an account whose
    statement is not held, or beyond the limits asked for; together they are the victims' payments exactly.
    """
    from graphfraud.cli.summary import trace_summary
    from graphfraud.cli.terminal import as_json, hide

    outcome = _ask("trace", parameters)
    if to_json:
        as_json(outcome.facts if unmask else hide(outcome.facts))
    else:
        trace_summary(outcome.facts, language=language, unmask=unmask)
    ctx.exit(EXIT_TRUNCATED if strict and outcome.truncated else 0)


@click.command()
@question
@click.pass_context
def tiers(ctx: click.Context, /, language: str, to_json: bool, unmask: bool, strict: bool, **parameters: Any) -> None:
    """List a case's accounts by tier: what reached each, what it passed on, what still rests there."""
    from graphfraud.cli.summary import tier_table
    from graphfraud.cli.terminal import as_json, hide

    outcome = _ask("tiers", parameters)
    rows = outcome.answer.trace.tiers.to_dicts()
    if to_json:
        as_json({**outcome.facts, "accounts": rows} if unmask else hide({**outcome.facts, "accounts": rows}))
    else:
        tier_table(rows, language=language, unmask=unmask)
    ctx.exit(EXIT_TRUNCATED if strict and outcome.truncated else 0)
