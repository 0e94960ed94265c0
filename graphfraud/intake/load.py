"""A file into a store: read, convert, validate, reconcile, and one commit; every row accounted for."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from graphfraud.errors import TableError
from graphfraud.intake import aliases, counted, entities
from graphfraud.intake.detect import choose
from graphfraud.intake.legs import RECONCILE_SCHEMA
from graphfraud.intake.outcomes import Outcomes
from graphfraud.intake.raw import RawSource
from graphfraud.intake.read import read_sources
from graphfraud.intake.reconcile import (
    REPORT_TOLERANCE_US,
    REVERSAL_WINDOW_US,
    SKEW_US,
    Reconciled,
    reconcile,
)
from graphfraud.intake.source_map import SourceMap, load_map, loaders
from graphfraud.intake.touched import Touched, touched, window_us
from graphfraud.intake.validate import Converted, converted, place
from graphfraud.store.contract import Batch, Store
from graphfraud.tables import OUTCOMES, conform, empty

Progress = Callable[[str, int, int], None]
"""Told what is being done, and as which of how many steps."""

REJECTED_SCHEMA: dict[str, type[pl.DataType]] = {
    "source": pl.String,  # file name, and the sheet where there are several
    "row": pl.Int64,
    "column": pl.String,
    "value": pl.String,
    "check": pl.String,
    "message": pl.String,
}
"""Every fault of every rejected row."""

_STEPS = ("reading", "checking", "matching", "writing")
_MESSAGES_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Audit:
    """What became of the rows read; they add up."""

    read: int = 0
    kept: int = 0
    duplicate: int = 0
    mirrored: int = 0
    reversed: int = 0
    failed: int = 0
    rejected: int = 0

    def __post_init__(self) -> None:
        total = sum(getattr(self, name) for name in OUTCOMES)
        assert self.read == total, f"{self.read} rows read, {total} accounted for"


@dataclass(frozen=True, slots=True)
class Intake:
    """What one file brought.

    Attributes
    ----------
    name : str
        The file's name.
    accepted : dict of table name to frame
        Rows as they stand in the store after it: new ones, and stored ones that it changed.
    rejected : frame of REJECTED_SCHEMA
    sources : frame of table ``sources``
        One row per file or sheet.
    audit : Audit
        *read = kept + duplicate + mirrored + reversed + failed + rejected*.
    already_loaded : bool
        The store held this very file; nothing was changed.
    notices : tuple of str
        What else a reader of the file should know, such as a sheet that was passed over.
    """

    name: str
    accepted: dict[str, pl.DataFrame] = field(repr=False)
    rejected: pl.DataFrame = field(repr=False)
    sources: pl.DataFrame = field(repr=False)
    audit: Audit = field(repr=False)
    already_loaded: bool = False
    notices: tuple[str, ...] = ()

    def __repr__(self) -> str:
        if self.already_loaded:
            return f"{self.name}: already loaded, nothing changed"
        apart = ", ".join(f"{n:,} {o}" for o in OUTCOMES[1:] if (n := getattr(self.audit, o)) or o == "rejected")
        return f"{self.name}: {self.audit.read:,} read, {self.audit.kept:,} accepted, {apart}"


@dataclass(frozen=True, slots=True)
class _Source:
    """One file or sheet on its way in: record number of row *n* is ``record_first + n - 1``."""

    raw: RawSource
    map: SourceMap
    told: Converted
    record_first: int

    def numbered(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Give a frame of rows their record numbers."""
        return frame.with_columns(record=pl.col("row") + (self.record_first - 1))


def load(
    path: str | Path,
    into: Store,
    *,
    loader: str | None = None,
    max_rejected: str | float | None = None,
    progress: Progress | None = None,
    skew_us: int = SKEW_US,
    report_tolerance_us: int = REPORT_TOLERANCE_US,
    reversal_window_us: int = REVERSAL_WINDOW_US,
) -> Intake:
    """Load a file into a store: all of it in one commit, or nothing.

    Parameters
    ----------
    path : str or Path
        A csv, tsv, txt, xlsx, parquet or jsonl file; each sheet of a workbook is a source of its own.
    into : Store
    loader : str, optional
        Name or path of a loader; by default the headings decide.
    max_rejected : str, int or float, optional
        Most rows that may be rejected: a share ("0.1%", 0.001), a number ("20", 20), or the larger of several ("1% or 20": a
        share of a small file says little). By default there is no limit.
    progress : callable, optional
        Called as ``progress(doing, n, of)``.
    skew_us, report_tolerance_us, reversal_window_us : int, microseconds
        See :func:`graphfraud.intake.reconcile.reconcile`.

    Raises
    ------
    SourceError
        If the file cannot be read.
    LoaderError
        If no loader fits it, or more than one does.
    TableError
        If more rows were rejected than ``max_rejected`` (exit code 3); nothing is kept then.
    StoreError
        If the store cannot be written; it is then as before.
    """
    limit = _limit(max_rejected)
    tell = progress or (lambda _doing, _n, _of: None)
    tell(_STEPS[0], 0, len(_STEPS))
    maps = [load_map(loader)] if loader else list(loaders().values())
    raws = read_sources(path, maps)
    notices = tuple(notice for raw in raws for notice in raw.notices)
    tell(_STEPS[1], 1, len(_STEPS))
    chosen = [maps[0] if loader else choose(raw.headings, maps, where=place(raw)) for raw in raws]
    pairs = [(raw, chosen[i], converted(raw, chosen[i])) for i, raw in enumerate(raws)]
    notices += tuple(doubt for raw, _, told in pairs for doubt in counted.doubts(told, place(raw)))
    with into.writing():
        there = into.find("sources", "source_id", pl.Series([raw.source_id for raw in raws]))
        fresh = [pair for pair in pairs if pair[0].source_id not in set(there["source_id"])]
        if not fresh:
            nothing = pl.DataFrame(schema=REJECTED_SCHEMA)
            return Intake(Path(path).name, {}, nothing, there, Audit(), already_loaded=True, notices=notices)
        told = counted.told_once([pair[2] for pair in fresh], into)
        fresh = [(raw, source_map, once) for (raw, source_map, _), once in zip(fresh, told, strict=True)]
        sources = _numbered(fresh, into.next_record())
        tell(_STEPS[2], 2, len(_STEPS))
        done = _Loading(into, sources, window_us(skew_us, report_tolerance_us, reversal_window_us))
        answer = reconcile(
            done.legs, skew_us=skew_us, report_tolerance_us=report_tolerance_us, reversal_window_us=reversal_window_us
        )
        batch, outcomes = done.batch(answer)
        rejected = outcomes.rejected()
        if limit(outcomes.counts["rejected"], outcomes.n_read):
            raise _too_many(Path(path).name, outcomes, rejected, str(max_rejected))
        tell(_STEPS[3], 3, len(_STEPS))
        into.commit(batch)
    audit = Audit(read=outcomes.n_read, **outcomes.counts)
    return Intake(Path(path).name, dict(batch.rows), rejected, batch.rows["sources"], audit, notices=notices)


class _Loading:
    """Fresh sources and what of the store they touch: the legs to match, and the batch that follows from the match."""

    def __init__(self, store: Store, sources: list[_Source], within_us: int) -> None:
        self.store = store
        self.sources = sources
        self._link_tables()
        self.names, self.changed = self._aliases()
        self.own = [self._legs(source) for source in sources]
        new = pl.concat([legs.filter(pl.col("state") != "failed").select(*RECONCILE_SCHEMA) for legs in self.own])
        self.touched: Touched = touched(store, new, self.names, self.changed, within_us)
        self.legs = pl.concat([new, self.touched.legs]) if self.touched.legs.height else new

    def _link_tables(self) -> None:
        self.spoken = [entities.spoken(source.told.legs) for source in self.sources]
        told = [source.numbered(source.told.links).drop("row") for source in self.sources]
        cards = [
            source.numbered(entities.card_links(s)).drop("row") for source, s in zip(self.sources, self.spoken, strict=True)
        ]
        self.links = pl.concat([*told, *(c.select(told[0].columns) for c in cards)])

    def _aliases(self) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Return all ids that are not canonical, and those of them that were until now: ``id``, ``canonical``."""
        before = self.store.find("links", "kind", pl.Series(["card_of"])).select("a_id", "b_id")
        news = self.links.filter(pl.col("kind") == "card_of").select("a_id", "b_id").unique()
        news = news.join(before, on=["a_id", "b_id"], how="anti") if before.height else news
        if not news.height:
            return aliases.canonical_ids(before), pl.DataFrame(schema=aliases.MAP_SCHEMA)
        names = aliases.canonical_ids(pl.concat([before, news]))
        return names, names.join(aliases.canonical_ids(before), on=["id", "canonical"], how="anti")

    def _legs(self, source: _Source) -> pl.DataFrame:
        legs = source.numbered(aliases.apply(source.told.legs, self.names, "own_id", "cp_id"))
        return legs.with_columns(
            source_id=pl.lit(source.raw.source_id),
            bucket=pl.lit(source.raw.source_id),
            seq=positions(legs) + source.record_first,
        )

    def batch(self, answer: Reconciled) -> tuple[Batch, Outcomes]:
        """Return what the store takes in."""
        new = [(s.raw, s.told, s.record_first) for s in self.sources]
        outcomes = Outcomes(self.store, new, self.own, self.legs, answer, self.touched.before)
        rows = {
            "sources": pl.concat([_source_row(source) for source in self.sources]),
            "records": outcomes.records(),
            "transactions": answer.transactions,
        }
        gone = self.touched.transactions.select("transaction_id")
        removed = {"transactions": gone.join(answer.transactions, on="transaction_id", how="anti")}
        things, keys = self._things(outcomes)
        frames = {name: frame for name, frame in {**rows, **things}.items() if frame.height or name == "sources"}
        batch_id = "+".join(source.raw.source_id for source in self.sources)
        return Batch(batch_id, frames, {n: k for n, k in {**removed, **keys}.items() if k.height}), outcomes

    def _things(self, outcomes: Outcomes) -> tuple[dict[str, pl.DataFrame], dict[str, pl.DataFrame]]:
        """Return rows of accounts, holders, SIMs, devices, cases, links and measures, and the keys they no longer have."""
        tables = ("accounts", "holders", "sims", "devices", "cases")
        new = {n: pl.concat([s.numbered(getattr(s.told, n)).drop("row") for s in self.sources]) for n in tables}
        seen = [entities.logins(legs, outcomes.alive) for legs in self.own]
        named = [source.numbered(entities.own_accounts(s)) for source, s in zip(self.sources, self.spoken, strict=True)]
        new["accounts"] = pl.concat([new["accounts"], *(entities.shaped(f, "accounts") for f in named)])
        new["accounts"] = aliases.apply(new["accounts"], self.names, "account_id")
        new["devices"] = pl.concat([new["devices"], *(entities.shaped(devices, "devices") for _, devices in seen)])
        new["links"] = pl.concat([self.links, *(links.select(self.links.columns) for links, _ in seen)])
        new["links"] = entities.merged_links(entities.canonical_links(new["links"], self.names))
        moved = {
            n: entities.rekeyed(n, self.store, self.changed) if self.changed.height else (empty(n), empty(n).select(_key(n)))
            for n in ("accounts", "links", "measures")
        }
        rows = {
            n: entities.with_stored(frame, n, self.store, stays=moved[n][0] if n in moved else empty(n))
            for n, frame in new.items()
        }
        rows["measures"] = moved["measures"][0]
        # What a file says of a card is the file's alone: nothing of the store is merged with it.
        rows["call_counts"] = conform(
            pl.concat([s.numbered(s.told.call_counts).drop("row") for s in self.sources]), "call_counts"
        )
        keys = {n: moved[n][1] for n in ("accounts", "links")}
        return rows, keys


def _key(table: str) -> list[str]:
    from graphfraud.tables import TABLES

    return list(TABLES[table].key)


def positions(legs: pl.DataFrame) -> pl.Series:
    """Return each leg's place in the order of its file, from 0: by time; inside one instant by the bank's serial where every
    row has one of equal length in digits, else as the rows stand, turned round where the file runs from the newest on.
    """
    at = legs.get_column("at_us")
    step = at.diff()
    turned = (step < 0).sum() > (step > 0).sum()
    serial = _in_digits(legs.get_column("serial"))
    if serial is None and not turned and at.is_sorted():
        return pl.int_range(legs.height, eager=True)
    row = -legs.get_column("row") if turned else legs.get_column("row")
    table = pl.DataFrame([at.alias("at"), *([serial.alias("serial")] if serial is not None else []), row.alias("row")])
    order = at.arg_sort()
    ordered = at.gather(order)
    # Few rows share their instant with another: only those are sorted by what else they say.
    tied = ordered.eq_missing(ordered.shift(1)) | ordered.eq_missing(ordered.shift(-1))
    if tied.any():
        few = order.filter(tied)
        among = table.select(pl.all().gather(few)).select(pl.arg_sort_by(*table.columns)).to_series()
        order = order.scatter(tied.arg_true(), few.gather(among))
    return pl.zeros(legs.height, pl.Int64, eager=True).scatter(order, pl.int_range(legs.height, eager=True))


def _in_digits(serial: pl.Series) -> pl.Series | None:
    """Return serials as they order, if every row has one, all of digits and of one length."""
    if not serial.len() or serial.null_count() or serial.str.len_bytes().n_unique() > 1:
        return None
    if serial.str.len_bytes()[0] <= 18:
        number = serial.cast(pl.Int64, strict=False)
        return None if number.null_count() or _signed(serial).any() else number
    return serial if serial.str.contains(r"^[0-9]+$").all() else None


def _signed(number: pl.Series) -> pl.Series:
    return number.str.starts_with("+") | number.str.starts_with("-")


def _numbered(fresh: list[tuple[RawSource, SourceMap, Converted]], first: int) -> list[_Source]:
    sources = []
    for raw, source_map, told in fresh:
        sources.append(_Source(raw, source_map, told, first))
        first += told.n_read
    return sources


def _source_row(source: _Source) -> pl.DataFrame:
    raw = source.raw
    row = {
        "source_id": raw.source_id,
        "name": raw.name,
        "sheet": raw.sheet,
        "sha256": raw.sha256,
        "bytes": raw.n_bytes,
        "loader": source.map.name,
        "loader_sha256": source.map.sha256,
        "document": source.map.document,
        "encoding": raw.encoding,
        "header_row": raw.header_row,
        "record_first": source.record_first,
        "n_read": source.told.n_read,
        "loaded_us": int(datetime.now(UTC).timestamp() * 1_000_000),
    }
    return pl.DataFrame([row], schema=empty("sources").schema, orient="row")


def _limit(max_rejected: str | float | None) -> Callable[[int, int], bool]:
    """Read a limit; the answer tells whether ``rejected`` of ``read`` rows are too many."""
    if max_rejected is None:
        return lambda _rejected, _read: False
    text = str(max_rejected).strip()
    if " or " in text:
        parts = [_limit(part) for part in text.split(" or ")]
        return lambda rejected, read: all(part(rejected, read) for part in parts)
    try:
        share = float(text[:-1]) / 100 if text.endswith("%") else float(text) if "." in text else None
        most = None if share is not None else int(text)
    except ValueError:
        share, most = -1.0, None
    if (share is not None and not 0 <= share <= 1) or (most is not None and most < 0):
        raise TableError(
            "max_rejected", repr(max_rejected), "a share or a number of rows", 'Write 0.1%, 20, or "1% or 20".', exit_code=2
        )
    if share is not None:
        return lambda rejected, read: rejected > share * read
    return lambda rejected, _read: rejected > (most or 0)


def _too_many(name: str, outcomes: Outcomes, rejected: pl.DataFrame, allowed: str) -> TableError:
    first = " | ".join(rejected.get_column("message").head(_MESSAGES_SHOWN))
    return TableError(
        name,
        f"{outcomes.counts['rejected']:,} of {outcomes.n_read:,} rows rejected ({first})",
        f"at most {allowed}",
        "Nothing was kept. List them all with `graphfraud loaders try NAME FILE`; correct the file, choose another --loader, "
        "or allow more with --max-rejected.",
        exit_code=3,
    )
