"""What a terminal shows: tables on stdout, progress on stderr, JSON for machines."""

import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import click

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is (0 where that is not known)."""

PATIENCE_SECONDS = 1.0
"""Anything shorter shows no progress."""


@contextmanager
def progress() -> Iterator[Progress]:
    """Show progress on stderr once a second has passed, and only on a terminal."""
    if not sys.stderr.isatty():
        yield lambda _what, _done, _total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    bars = Bars(
        TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), console=Console(stderr=True), transient=True
    )
    task = bars.add_task("", total=None)
    began = time.monotonic()

    def show(what: str, done: int, total: int) -> None:
        if time.monotonic() - began > PATIENCE_SECONDS and not bars.live.is_started:
            bars.start()
        bars.update(task, description=what, completed=done, total=total or None)

    try:
        yield show
    finally:
        bars.stop()


def as_json(value: Any) -> None:
    """Print one JSON document."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def table(headings: Sequence[str], rows: Iterable[Sequence[object]], *, right: Sequence[int] = ()) -> None:
    """Print a plain aligned table; columns whose number is in ``right`` are aligned right."""
    texts = [["" if cell is None else str(cell) for cell in row] for row in rows]
    widths = [max(map(_width, column)) for column in zip(headings, *texts, strict=True)]

    def line(cells: Sequence[str]) -> str:
        padded = [
            " " * (w - _width(c)) + c if i in right else c + " " * (w - _width(c))
            for i, (c, w) in enumerate(zip(cells, widths, strict=True))
        ]
        return "  ".join(padded).rstrip()

    click.echo(line(headings))
    click.echo("  ".join("-" * width for width in widths).rstrip())
    for cells in texts:
        click.echo(line(cells))


NUMBERS = (
    "account_id",
    "victim_account_id",
    "payer_id",
    "payee_id",
    "own_id",
    "own_card",
    "cp_id",
    "a_id",
    "b_id",
    "holder_id",
    "first_account_id",
    "last_account_id",
    "other_account_id",
    "entity_id",
    "via",
)
"""Columns that hold an identifier of an account, person or phone."""


def hidden(value: object, column: str = "") -> object:
    """Mask a value for show, by the column it stands in."""
    from graphfraud.mask import mask_id, mask_name, mask_text

    if not isinstance(value, str):
        return value
    if column in NUMBERS:
        return mask_id(value)
    if column == "things":  # kind and id
        kind, _, number = value.partition(" ")
        return f"{kind} {mask_id(number)}"
    return mask_name(value) if column.endswith("_name") or column == "name" else mask_text(value)


def shown(value: object, column: str, *, unmask: bool = False) -> object:
    """Write a cell for a person: fen as yuan, microseconds as China time, identifiers masked."""
    from graphfraud.units import time_text, yuan_text

    if isinstance(value, int) and not isinstance(value, bool):
        if column.endswith("_fen"):
            return yuan_text(value)
        return time_text(value) if column.endswith("_us") and not column.endswith("precision_us") else value
    return value if unmask else hidden(value, column)


def hide(value: Any, column: str = "") -> Any:
    """Mask every identifier inside a JSON document."""
    if isinstance(value, dict):
        return {key: hide(inner, key) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [hide(inner, column) for inner in value]
    return value if column in ("graph_digest", "digest", "sha256", "source_id", "transaction_id") else hidden(value, column)


def _width(text: str) -> int:
    """Columns a text takes: Chinese characters take two."""
    from unicodedata import east_asian_width

    return sum(2 if east_asian_width(c) in "WF" else 1 for c in text)
