"""The shared store: named queries, and copies between stores."""

from typing import Any

import click

from graphfraud.errors import QuestionError

MASKED = "Show identifiers in full (they are masked by default)."


@click.group()
def queries() -> None:
    """The named look-ups a shared store (neo4j://...) answers."""


@queries.command("list")
def queries_list() -> None:
    """List the queries."""
    from graphfraud.cli.terminal import table
    from graphfraud.jobs.run import ask

    rows = ask("queries_list").facts["queries"]
    table(("name", "purpose"), [(row["name"], row["purpose"]) for row in rows])


@queries.command("show")
@click.argument("name")
def queries_show(name: str) -> None:
    """Show query NAME: its parameters, what it returns, and its Cypher."""
    from graphfraud.cli.terminal import table
    from graphfraud.jobs.run import ask

    facts = ask("queries_show", name=name).facts
    click.echo(f"{facts['name']}: {facts['purpose']}\n")
    given = [(p["name"], p["type"], "must be given" if p["default"] is None else p["default"]) for p in facts["parameters"]]
    table(("parameter", "type", "default"), given)
    click.echo("")
    table(("column", "type"), [(c["name"], c["type"]) for c in facts["columns"]])
    click.echo(f"\n{facts['text']}")


@click.command()
@click.argument("store")
@click.argument("name")
@click.option("--param", "params", multiple=True, metavar="NAME=VALUE", help="A parameter; times as 2024-03-01, spans as 72h.")
@click.option("--json", "to_json", is_flag=True, help="Print one JSON document.")
@click.option("--unmask", is_flag=True, help=MASKED)
def query(store: str, name: str, params: tuple[str, ...], to_json: bool, unmask: bool) -> None:
    """Ask STORE (neo4j://...) the named query NAME; see `graphfraud queries list`.

    NEO4J_USER and NEO4J_PASSWORD in the environment say who asks.
    """
    from graphfraud.cli.terminal import as_json, hide, progress, shown, table
    from graphfraud.jobs.run import ask

    with progress() as show:
        outcome = ask("query", progress=show, store=store, name=name, parameters=dict(map(_pair, params)))
    facts = outcome.facts
    if to_json:
        as_json(facts["rows"] if unmask else hide(facts["rows"]))
        return

    def cell(value: Any, column: str) -> Any:
        if isinstance(value, list):
            return ", ".join(str(cell(inner, column)) for inner in value)
        return value if column in ("transaction_id", "sha256") else shown(value, column, unmask=unmask)

    numbers = [i for i, c in enumerate(facts["columns"]) if any(isinstance(row[c], int) for row in facts["rows"])]
    table(facts["columns"], [[cell(row[c], c) for c in facts["columns"]] for row in facts["rows"]], right=numbers)


@click.command()
@click.argument("store")
@click.argument("target")
@click.option("--json", "to_json", is_flag=True, help="Print one JSON document.")
def copy(store: str, target: str, to_json: bool) -> None:
    """Copy STORE into the empty store TARGET: a folder, neo4j://HOST, or neo4j-import:DIR for Neo4j's import tool."""
    from graphfraud.cli.terminal import as_json, progress, table
    from graphfraud.jobs.run import ask

    with progress() as show:
        facts = ask("copy", progress=show, store=store, target=target).facts
    if to_json:
        as_json(facts)
    elif "command" in facts:
        click.echo(f"Files are in {facts['folder']}. With the server stopped, run:\n\n{facts['command']}\n")
        click.echo("Then start it; the first load (or copy) makes constraints and indexes, as schema.cypher does.")
    else:
        table(("table", "rows"), [(name, f"{n:,}") for name, n in facts["counts"].items()], right=(1,))
        click.echo(f"digest {facts['digest']}: the same in both.")


def _pair(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign:
        raise QuestionError("--param", text, "NAME=VALUE", "Write it as --param limit=20.")
    return name, value
