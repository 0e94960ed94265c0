"""Questions about the flow of money in a whole store: paths, cycles, patterns."""

from collections.abc import Callable
from typing import Any

import click

from graphfraud.cli.instances import PATTERN_NAMES, WORDS, pattern_name, tell_cycles, tell_paths, tell_patterns
from graphfraud.errors import EXIT_TRUNCATED

BEST_NAMES = ("earliest", "fewest", "shortest", "widest")


def shared_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options that questions about a whole store have."""
    for option in reversed(
        (
            click.argument("store"),
            click.option("--top", default=20, show_default=True, type=click.IntRange(min=0), help="List so many."),
            click.option("--out", help="Keep the answer in this folder (run.json, parquet, citations)."),
            click.option("--language", type=click.Choice(("en", "zh")), default="en", show_default=True),
            click.option("--json", "to_json", is_flag=True, help="Print one JSON document."),
            click.option("--unmask", is_flag=True, help="Show identifiers in full (they are masked by default)."),
        )
    ):
        command = option(command)
    return command


def _of_flows(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(
        (
            click.option("--since", help="First moment of the payments, China time: 2024-03-01 or 2024-03-01 12:00."),
            click.option("--until", help="End of the payments, excluded."),
            click.option("--detail", default=3, show_default=True, type=click.IntRange(min=0), help="With payments, so many."),
            click.option("--strict", is_flag=True, help="Exit with code 5 if a limit cut the answer short."),
        )
    ):
        command = option(command)
    return command


def _chance(command: Callable[..., Any]) -> Callable[..., Any]:
    told = "Worlds of chance to rank by; 0: no ranking."
    command = click.option("--rng-seed", default=0, show_default=True, type=click.IntRange(min=0), help="Of chance.")(command)
    return click.option("--null-worlds", default=20, show_default=True, type=click.IntRange(min=0), help=told)(command)


@click.command()
@shared_options
@click.option("--from", "from_ids", multiple=True, help="Account the first payment is made by; repeat for several.")
@click.option("--to", "to_ids", multiple=True, help="Account to arrive at. Left out: wherever money leaves (cash, crypto ...).")
@click.option("--case", help="From each victim payment of this case, instead of --from.")
@click.option("--by", default="earliest", show_default=True, type=click.Choice(BEST_NAMES), help="What makes a path best.")
@click.option("--k", default=1, show_default=True, type=click.IntRange(min=1), help="So many best paths (for each payment).")
@click.option("--gap", help="Longest wait between a payment and the next: 30m, 2h.")
@click.option("--retention", help="Least and most of a payment that the next may be: 80-100%.")
@click.option("--within", help="Longest time from the first payment to the last: 24h.")
@click.option("--hops-max", type=click.IntRange(min=1), help="Most payments.")
@click.option("--ties/--no-ties", default=True, show_default=True, help="Payments of one instant may follow each other.")
@_of_flows
@click.pass_context
def paths(ctx: click.Context, /, **asked: Any) -> None:
    """Find by which payments money could have gone from account to account, or from a case's victims to cash-out."""
    _show(ctx, "paths", tell_paths, **asked)


@click.command()
@shared_options
@click.option(
    "--within", "--window", "within", default="24h", show_default=True, help="Longest time from first to last payment."
)
@click.option("--length-max", default=10, show_default=True, type=click.IntRange(2, 64), help="Most payments.")
@click.option("--ties/--no-ties", default=False, show_default=True, help="Payments of one instant may follow each other.")
@click.option("--cycles-max", default=1_000_000, show_default=True, type=click.IntRange(min=1), help="Cap on cycles.")
@_chance
@_of_flows
@click.pass_context
def cycles(ctx: click.Context, /, **asked: Any) -> None:
    """Find money that comes back to where it started, payment after payment, the most surprising first."""
    _show(ctx, "cycles", tell_cycles, **asked)


@click.command()
@shared_options
@click.option(
    "--kind", "kinds", multiple=True, type=click.Choice(tuple(PATTERN_NAMES)), help="Repeat for several; default all."
)
@click.option("--set", "changes", multiple=True, metavar="KIND.NAME=VALUE", help="Change a limit: fan_in.n_min=8")
@_chance
@_of_flows
@click.pass_context
def patterns(ctx: click.Context, /, changes: tuple[str, ...], **asked: Any) -> None:
    """Find instances of laundering patterns (fan-in, chain, pass-through ...), the most surprising first."""
    settings: dict[str, dict[str, str | int]] = {}
    for change in changes:
        name, given, value = change.partition("=")
        kind, dot, limit = name.partition(".")
        if not (given and dot):
            raise click.BadParameter(f"{change!r} is not KIND.NAME=VALUE, such as fan_in.n_min=8", param_hint="--set")
        settings.setdefault(kind, {})[limit] = int(value) if value.isascii() and value.isdigit() else value
    _show(ctx, "patterns", tell_patterns, settings=settings or None, **asked)


def _show(
    ctx: click.Context,
    do: str,
    tell: Callable[..., None],
    *,
    detail: int,
    language: str,
    to_json: bool,
    unmask: bool,
    strict: bool,
    **asked: Any,
) -> None:
    from graphfraud.cli.terminal import as_json, hide, progress
    from graphfraud.jobs.run import ask

    with progress() as show:
        outcome = ask(do, progress=show, **asked)
    facts: Any = outcome.facts
    if to_json:
        as_json(facts if unmask else hide(facts))
    else:
        words: Any = WORDS[language]
        tell(facts, words, detail, unmask)
        left = [words["left_words"][name].format(n=f"{n:,}") for name, n in facts.get("ambiguities", {}).items() if n]
        if left:
            click.echo(words["left"] + words["comma"].join(left))
        if facts["n_citations"] is not None:
            click.echo(words["cited"].format(n=f"{facts['n_citations']:,}", out=facts["out"]))
        if outcome.truncated and do != "patterns":
            click.echo(words["truncated"])
        elif outcome.truncated:
            names = (pattern_name(kind, words) for kind in facts["truncated"])
            click.echo(words["truncated_kinds"].format(kinds=words["comma"].join(names)))
    ctx.exit(EXIT_TRUNCATED if strict and outcome.truncated else 0)
