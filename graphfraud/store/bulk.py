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
from graphfraud.store.encoding import CODED
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
_START_END = (":START_ID", ":END_ID")


def write_import(source: Store, folder: Path, database: str = "neo4j") -> list[str]:
    """Write every row of ``source`` as files in the empty ``folder``; return the words that follow ``neo4j-admin``.

    The same words stand in ``command.txt`` of the folder, and the statements of constraints and indexes in
    ``schema.cypher``. Nodes are numbered here and ends told by number: the tool need not look up 19 digits twice a row.

    Raises
    ------
    StoreError
        If the folder holds something, or cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise StoreError(str(folder), "a folder with other things in it", "an empty one", "Choose a folder of its own.")
        rows = {name: source.read(name) for name in TABLES if name != "transactions"}
        transfers, accounts = source.read_coded()
        files, numbers = _Files(folder.resolve()), _Numbers()
        for label, frame in (*_nodes(rows, _ends(transfers, accounts)), *_ledger(rows, source.digest())):
            files.write(f"--nodes={label}", label, numbers.given(label, frame))
        files.write("--relationships=TRANSFER", "TRANSFER", _transfers(transfers, numbers.of("Account", accounts)))
        for kind, name, frame in _ties(rows, numbers):
            files.write(f"--relationships={kind}", name, frame)
        words = ["database", "import", "full", database, "--overwrite-destination=true", "--id-type=actual"]
        words += ["--multiline-fields=true"] if files.break_lines else []
        words += files.words
        (folder / COMMAND).write_text(f"neo4j-admin {shlex.join(words)}\n", encoding="utf-8")
        (folder / SCHEMA).write_text(_schema(), encoding="utf-8")
    except OSError as cause:
        shutil.rmtree(folder, ignore_errors=True)
        raise StoreError(
            str(folder), f"a folder that cannot be written ({cause.strerror})", "one with room", "Try another."
        ) from cause
    return words


class _Files:
    """The files written so far, as words of the command, and whether a text in them breaks a line."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.words: list[str] = []
        self.break_lines = False

    def write(self, option: str, name: str, frame: pl.DataFrame) -> None:
        """Write a frame that has rows; a property that none of them has needs no column."""
        if frame.height:
            kept = [c for c in frame.columns if frame[c].null_count() < frame.height]
            file = self.folder / f"{name}.csv"
            frame.select(pl.col(c).alias(_head(c, frame.schema[c])) for c in kept).write_csv(file)
            self.words.append(f"{option}={file}")
            self.break_lines |= _breaks_lines(frame.select(kept))


class _Numbers:
    """The number of each node: the import tool's ids, counted through all files."""

    def __init__(self) -> None:
        self._next = 0
        self._known: dict[str, pl.DataFrame] = {}

    def given(self, label: str, frame: pl.DataFrame) -> pl.DataFrame:
        """Number the nodes of a label in the order they stand."""
        numbered = frame.with_row_index(":ID", offset=self._next)
        self._known[label] = numbered.select(":ID", pl.col(frame.columns[0]).alias("id"))
        self._next += frame.height
        return numbered

    def of(self, label: str, ids: pl.Series) -> pl.Series:
        """Return the numbers of the nodes of a label that bear these ids, in its first column."""
        return ids.to_frame("id").join(self._known[label], on="id", how="left", maintain_order="left").get_column(":ID")


def _ends(transfers: pl.DataFrame, accounts: pl.Series) -> pl.DataFrame:
    """Return the accounts that transfers name, as rows of transactions."""
    used = pl.concat([transfers[side].alias("code") for side in CODED]).unique()
    return pl.DataFrame(dict.fromkeys(CODED, accounts.gather(used)))


def _nodes(rows: Mapping[str, pl.DataFrame], ends: pl.DataFrame) -> Iterator[tuple[str, pl.DataFrame]]:
    named = mapping.things_named({**rows, "transactions": ends})
    tables = {kind: table for table, kind in mapping.DESCRIBED.items()}
    for kind, label in _LABELS.items():
        key = _IDS[kind]
        things = named.get(kind, pl.Series([], dtype=pl.String)).to_frame(key)
        if kind in tables:
            things = things.join(rows[tables[kind]], on=key, how="left")
        yield label, things
    yield "Source", rows["sources"]
    pages, more = mapping.pages_from(rows["records"])
    yield "RecordPage", pages
    yield "Record", more
    yield "Measure", rows["measures"]
    yield "CallCount", _keyed(rows, "call_counts")
    yield "Judgement", rows["judgements"]


def _ledger(rows: Mapping[str, pl.DataFrame], digest: str) -> Iterator[tuple[str, pl.DataFrame]]:
    """The imported store is at version 1, its one batch the same as an online copy's."""
    after = next_record_after(0, rows)
    yield "_Store", pl.DataFrame([{"name": "graphfraud", "version": 1, "next_record": after, "epoch": 0}])
    yield "_Batch", pl.DataFrame([{"batch_id": f"copy:{digest}", "version": 1, "done_ms": time.time_ns() // 1_000_000}])


def _transfers(transfers: pl.DataFrame, numbers: pl.Series) -> pl.DataFrame:
    rest = mapping.without_unknown_records(transfers.drop(CODED))
    ends = (numbers.gather(transfers[side]).alias(name) for side, name in zip(CODED, _START_END, strict=True))
    return pl.DataFrame([*ends, *rest.get_columns()])


def _ties(rows: Mapping[str, pl.DataFrame], numbers: _Numbers) -> Iterator[tuple[str, str, pl.DataFrame]]:
    yield "VICTIM_OF", "VICTIM_OF", _between(_keyed(rows, "cases"), numbers, ("Holder", "victim_id"), ("Case", "case_id"))
    links = _keyed(rows, "links")
    for kind in LINK_KINDS:
        for (a, b), some in links.filter(pl.col("kind") == kind).group_by("a_kind", "b_kind"):
            ends = (_LABELS[str(a)], "a_id"), (_LABELS[str(b)], "b_id")
            yield kind.upper(), f"{kind}-{a}-{b}", _between(some, numbers, *ends)
    on = [(rows["measures"], ("Measure", "measure_id"), ("Account", "account_id"))]
    on += [(_keyed(rows, "call_counts"), ("CallCount", "row_key"), ("Sim", "sim_id"))]
    on += [(rows["judgements"], ("Judgement", "judgement_id"), ("Holder", side)) for side in ("a_id", "b_id")]
    for frame, start, end in on:
        yield "ON", f"on-{start[0]}-{end[1]}", _between(frame, numbers, start, end).select(_START_END)


def _keyed(rows: Mapping[str, pl.DataFrame], table: str) -> pl.DataFrame:
    """Return the rows of a table of several key columns, the one key the graph knows them by first."""
    return rows[table].select(mapping.keys_of(rows[table], table), pl.all())


def _between(frame: pl.DataFrame, numbers: _Numbers, *ends: tuple[str, str]) -> pl.DataFrame:
    """Give rows their ends, each a label and the column that names it, and keep all columns as properties beside."""
    told = (numbers.of(label, frame[column]).alias(name) for (label, column), name in zip(ends, _START_END, strict=True))
    return pl.DataFrame([*told, *frame.get_columns()])


def _head(column: str, dtype: pl.DataType) -> str:
    return column if column.startswith(":") else f"{column}:{_TYPES[type(dtype)]}"


def _breaks_lines(frame: pl.DataFrame) -> bool:
    return bool(frame.select(pl.any_horizontal(pl.col(pl.String).str.contains("[\r\n]").any())).item())


def _schema() -> str:
    parts = [*statements("constraints").values(), *statements("migrations").values()]
    return "".join(f"// {part.purpose}\n{part.text};\n" for part in parts)
