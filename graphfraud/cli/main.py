"""The front door: names every command, imports one only when it is called."""

import sys
import traceback
from importlib import import_module
from typing import Any

import click

from graphfraud import __version__
from graphfraud.errors import EXIT_INTERNAL, EXIT_INTERRUPTED, GraphFraudError

COMMANDS = {
    "demo": ("graphfraud.cli.run:demo", "A made-up case from raw files to a page and rings, in one command."),
    "load": ("graphfraud.cli.load:load", "Load files into a store: read, check, reconcile, keep."),
    "check": ("graphfraud.cli.load:check", "Verify a store: checksums, totals, references, gaps."),
    "trace": ("graphfraud.cli.ask:trace", "Trace a case's stolen money to the fen under a rule."),
    "tiers": ("graphfraud.cli.ask:tiers", "List a case's accounts by tier (一级卡, 二级卡, ...)."),
    "draw": ("graphfraud.cli.show:draw", "Draw an answer as one offline page."),
    "export": ("graphfraud.cli.show:export", "Write an answer as csv, xlsx, parquet, graphml or gexf."),
    "cite": ("graphfraud.cli.show:cite", "Lead each step of an answer back to file, row and sha256."),
    "copy": ("graphfraud.cli.queries:copy", "Copy a store into another: folder, neo4j://HOST or the import tool's files."),
    "queries": ("graphfraud.cli.queries:queries", "List or show the look-ups a shared store answers."),
    "query": ("graphfraud.cli.queries:query", "Ask a shared store one of them."),
    "loaders": ("graphfraud.cli.load:loaders", "List, show or try the maps that read files."),
    "paths": ("graphfraud.cli.questions:paths", "Find by which payments money could have gone from here to there."),
    "cycles": ("graphfraud.cli.questions:cycles", "Find money that comes back to where it started."),
    "patterns": ("graphfraud.cli.questions:patterns", "Find fan-in, chains, pass-through ..., the most surprising first."),
    "communities": ("graphfraud.cli.communities:communities", "Divide accounts into groups that deal with their own."),
    "rings": ("graphfraud.cli.rings:rings", "Find rings: accounts bound by identity and by money passed on."),
    "two-card": ("graphfraud.cli.rings:two_card", "Find two-card rings: bank and phone cards in the same hands."),
    "run": ("graphfraud.cli.run:run", "Run a plan of several steps, such as the nightly job; --resume goes on."),
    "synth": ("graphfraud.cli.run:synth", "Write a made-up world with a known culprit as raw files."),
}
"""Command -> where it lives, and the line ``--help`` shows without importing it."""


class LazyGroup(click.Group):
    """A group that knows its commands by name and loads one when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Return the names, in the order a newcomer needs them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:  # noqa: ARG002
        """Import a command."""
        if name not in COMMANDS:
            return None
        module, attribute = COMMANDS[name][0].split(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the list of commands without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="graphfraud")
@click.option("--traceback", "with_traceback", is_flag=True, help="Show the full cause of an error.")
@click.pass_context
def graphfraud(ctx: click.Context, with_traceback: bool) -> None:
    """From raw files to stolen money traced to the fen, every figure with its file and row.

    Start with `graphfraud demo`. Identifiers are masked unless --unmask is given.
    """
    ctx.obj = {"traceback": with_traceback}


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit with its code.

    0 done; 1 internal fault; 2 wrong usage or unreadable input; 3 too many rows rejected; 4 store out of reach or damaged;
    5 a limit cut the answer short (--strict); 130 interrupted.
    """
    for stream in (sys.stdout, sys.stderr):
        reconfigure: Any = getattr(stream, "reconfigure", None)
        if reconfigure is not None:  # a console that cannot print Chinese shows ? instead of failing
            reconfigure(errors="replace")
    words = sys.argv[1:] if arguments is None else arguments
    with_traceback = "--traceback" in words
    try:
        code = graphfraud.main(words, prog_name="graphfraud", standalone_mode=False)
    except GraphFraudError as error:
        code = _fail(str(error), error.exit_code, with_traceback)
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except (KeyboardInterrupt, click.Abort):
        code = _fail("interrupted; what was committed stays, what was under way left no trace", EXIT_INTERRUPTED, False)
    except BrokenPipeError:  # the reader of our output went away (| head)
        sys.stderr.close()
        code = EXIT_INTERNAL
    except SystemExit:
        raise
    except BaseException as error:  # the last door: whatever else is a fault of ours, a panic inside a library too
        from graphfraud.mask import mask_text

        text = mask_text(f"{type(error).__name__}: {error}")
        code = _fail(f"internal fault: {text}\nPlease report it with the output of --traceback.", EXIT_INTERNAL, with_traceback)
    sys.exit(code or 0)


def _fail(message: str, code: int, with_traceback: bool) -> int:
    if with_traceback:
        traceback.print_exc()
    click.echo(f"graphfraud: {message}", err=True)
    return code
