"""Writes a store as the files of Neo4j's import tool, for first loads too large to send: same graph as the online way.

The server must be down while the tool runs; constraints and indexes are made when the store is first opened for writing.
"""

import shlex
import shutil
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import polars as pl

from graphfraud.errors import StoreError
from graphfraud.store import mapping
from graphfraud.store.contract import Store, next_record_after
from graphfraud.store.cypher import statements
from graphfraud.store.digest import content_digest
from graphfraud.tables import LINK_KINDS, TABLES

PREFIX = "neo4j-import:"
"""``graphfraud copy STORE neo4j-import:DIR`` writes into DIR."""

COMMAND = "command.txt"
SCHEMA = "schema.cypher"

_LABELS = {
    "account": "Account", "holder": "Holder", "sim": "Sim", "device": "Device", "ip": "Ip", "outlet": "Outlet", "case": "Case",
}  # fmt: skip
_IDS = {kind: f"{kind}_id" for kind in _LABELS}
_TYPES = {pl.String: "string", pl.Int64: "long"}


def write_import(source: Store, folder: Path, database: str = "neo4j") -> list[str]:
    """Write every row of ``source`` as files in the empty ``folder``; return the words that follow ``neo4j-admin``.

    The same words stand in ``command.txt`` of the folder, and the statements of constraints and indexes in
    ``schema.cypher``.

    Raises
    ------
    StoreError
        If the folder holds something, or cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise StoreError(str(folder), "a folder with other things in it", "an empty one", "Choose a folder of its own.")
        rows = {name: source.read(name) for name in TABLES}
        words = ["database", "import", "full", database, "--overwrite-destination=true", "--id-type=string"]
        words += ["--multiline-fields=true"] if any(map(_breaks_lines, rows.values())) else []
        for option, name, frame in (*_nodes(rows), *_ledger(rows), *_ties(rows)):
            file = folder.resolve() / f"{name}.csv"
            if frame.height:
                frame.write_csv(file)
                words.append(f"{option if '=' in option else f'{option}={name}'}={file}")
        (folder / COMMAND).write_text(f"neo4j-admin {shlex.join(words)}\n", encoding="utf-8")
        (folder / SCHEMA).write_text(_schema(), encoding="utf-8")
    except OSError as cause:
        shutil.rmtree(folder, ignore_errors=True)
        raise StoreError(
            str(folder), f"a folder that cannot be written ({cause.strerror})", "one with room", "Try another."
        ) from cause
    return words


def _nodes(rows: Mapping[str, pl.DataFrame]) -> Iterator[tuple[str, str, pl.DataFrame]]:
    named = mapping.things_named(rows)
    tables = {kind: table for table, kind in mapping.DESCRIBED.items()}
    for kind, label in _LABELS.items():
        key = _IDS[kind]
        things = named.get(kind, pl.Series([], dtype=pl.String)).to_frame(key)
        if kind in tables:
            things = things.join(rows[tables[kind]], on=key, how="left")
        yield "--nodes", label, _typed(things, {key: f"{key}:ID({label})"})
    yield "--nodes", "Source", _typed(rows["sources"])
    pages, more = mapping.pages_from(rows["records"])
    yield "--nodes", "RecordPage", _typed(pages)
    yield "--nodes", "Record", _typed(more)
    yield "--nodes", "Measure", _typed(rows["measures"], {"measure_id": "measure_id:ID(Measure)"})
    yield "--nodes", "Judgement", _typed(rows["judgements"], {"judgement_id": "judgement_id:ID(Judgement)"})


def _ledger(rows: Mapping[str, pl.DataFrame]) -> Iterator[tuple[str, str, pl.DataFrame]]:
    """The imported store is at version 1, its one batch the same as an online copy's."""
    after = next_record_after(0, rows)
    batch = f"copy:{content_digest(rows.__getitem__)}"
    yield "--nodes", "_Store", _typed(pl.DataFrame([{"name": "graphfraud", "version": 1, "next_record": after, "epoch": 0}]))
    yield "--nodes", "_Batch", _typed(pl.DataFrame([{"batch_id": batch, "version": 1, "done_ms": time.time_ns() // 1_000_000}]))


def _ties(rows: Mapping[str, pl.DataFrame]) -> Iterator[tuple[str, str, pl.DataFrame]]:
    ends = {"payer_id": ":START_ID(Account)", "payee_id": ":END_ID(Account)"}
    yield "--relationships", "TRANSFER", _typed(mapping.without_unknown_records(rows["transactions"]), ends)
    victims = rows["cases"].with_columns(mapping.keys_of(rows["cases"], "cases"))
    yield "--relationships", "VICTIM_OF", _between(victims, "Holder", "victim_id", "Case", "case_id")
    links = rows["links"].with_columns(mapping.keys_of(rows["links"], "links"))
    for kind in LINK_KINDS:
        for (a, b), some in links.filter(pl.col("kind") == kind).group_by("a_kind", "b_kind"):
            yield (
                f"--relationships={kind.upper()}",
                f"{kind}-{a}-{b}",
                _between(some, _LABELS[str(a)], "a_id", _LABELS[str(b)], "b_id"),
            )
    measures, judgements = rows["measures"], rows["judgements"]
    on = [(measures, "measure_id", "Measure", "account_id", "Account")]
    on += [(judgements, "judgement_id", "Judgement", side, "Holder") for side in ("a_id", "b_id")]
    for frame, key, label, end, end_label in on:
        name = f"on-{label}-{end}"
        yield (
            "--relationships=ON",
            name,
            frame.select(pl.col(key).alias(f":START_ID({label})"), pl.col(end).alias(f":END_ID({end_label})")),
        )


def _between(frame: pl.DataFrame, start_label: str, start: str, end_label: str, end: str) -> pl.DataFrame:
    """Give rows their ends, and keep the ids as properties beside."""
    ends = [pl.col(start).alias(f":START_ID({start_label})"), pl.col(end).alias(f":END_ID({end_label})")]
    return frame.select(*ends, *(_head(frame, c) for c in frame.columns))


def _typed(frame: pl.DataFrame, keys: Mapping[str, str] | None = None) -> pl.DataFrame:
    return frame.select(pl.col(c).alias(keys[c]) if keys and c in keys else _head(frame, c) for c in frame.columns)


def _head(frame: pl.DataFrame, column: str) -> pl.Expr:
    return pl.col(column).alias(f"{column}:{_TYPES[type(frame.schema[column])]}")


def _breaks_lines(frame: pl.DataFrame) -> bool:
    return bool(frame.select(pl.any_horizontal(pl.col(pl.String).str.contains("[\r\n]").any())).item())


def _schema() -> str:
    parts = [*statements("constraints").values(), *statements("migrations").values()]
    return "".join(f"// {part.purpose}\n{part.text};\n" for part in parts)
