"""The embedded store: a folder of parquet parts and a manifest, the evidence copy of every case.

::

    STORE/MANIFEST.json   which files are the content, with their checksums; replaced whole by each commit
    STORE/parts/          parquet parts, never changed once written, and lists of rows that no longer count
    STORE/index/          derived from the parts; may be deleted at any time
    STORE/LOCK, WRITER    the one writer's claim, and who it is

A commit writes its parts beside the old ones, then the manifest: before that rename nothing of it counts, after it all does.
Readers keep the manifest they opened; parts it names stay until :meth:`FolderStore.compact`.
"""

import json
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl
from filelock import FileLock, Timeout

from graphfraud.errors import StoreError
from graphfraud.store import audit, encoding
from graphfraud.store.contract import Batch, Problem, next_record_after
from graphfraud.store.digest import digest_by_column
from graphfraud.store.manifest import MANIFEST, RESTORE, TEMPORARY, KeyFile, Manifest, Part, manifest_from, write_durably
from graphfraud.store.parts import PARTS, PartFiles, clear_failures
from graphfraud.tables import TABLES, check, empty
from graphfraud.units import time_text

FOLD_ROWS = 1 << 14
"""A part with fewer rows is folded into the next part of its table, so many small loads do not make many small parts."""

_SPAN_ROWS = 1 << 20
"""Rows looked through at a time for those that match."""

_DEAD_FILES_MAX = 8


@dataclass(frozen=True, slots=True)
class _Change:
    """What a batch does to one table: the frame of its new part, and the parts it keeps, folds or takes rows from."""

    rows: pl.DataFrame
    kept: list[Part]
    dead: list[tuple[Part, pl.DataFrame]]


class FolderStore:
    """A store in a folder; satisfies :class:`graphfraud.store.contract.Store`. Open it with :meth:`open`."""

    def __init__(self, location: str, folder: Path, manifest: Manifest, lock_wait_s: float) -> None:
        self.location = location
        self._folder = folder
        self._files = PartFiles(folder, location)
        self._manifest = manifest
        self._lock = FileLock(folder / "LOCK", timeout=lock_wait_s, thread_local=False)
        self._lock_wait_s = lock_wait_s
        self._digests: dict[int, str] = {}

    @classmethod
    def open(cls, location: str | Path, *, create: bool = True, lock_wait_s: float = 30.0) -> "FolderStore":
        """Open the store in a folder; a folder that does not exist or is empty becomes a store with the first commit.

        Raises
        ------
        StoreError
            If there is none and ``create`` is false, if the folder holds something else, or if its manifest is missing,
            damaged or of a newer version.
        """
        folder = Path(location)
        return cls(str(location), folder, _current(folder, str(location), create), lock_wait_s)

    # --- reading ---------------------------------------------------------------------------------------------------

    def read(
        self,
        table: str,
        *,
        since_us: int | None = None,
        until_us: int | None = None,
        columns: Sequence[str] | None = None,
    ) -> pl.DataFrame:
        """Return rows, those in ``[since_us, until_us)`` where the table has ``at_us``; their order is not promised.

        Raises
        ------
        StoreError
            If a part is missing, damaged, or was compacted away after this snapshot was taken.
        """
        names = list(TABLES[table].schema) if columns is None else list(columns)
        condition = _within(table, since_us, until_us)
        parts = [part for part in self._manifest.of(table) if _overlaps(part, since_us, until_us)]
        return self._collect(table, names, [self._files.rows(part, names, condition) for part in parts])

    def read_coded(
        self, *, since_us: int | None = None, until_us: int | None = None, columns: Sequence[str] | None = None
    ) -> tuple[pl.DataFrame, pl.Series]:
        """Return transactions with ``payer_id`` and ``payee_id`` as codes (UInt32), and the account ids by code.

        No text id is looked at: the codes come from an index beside the parts, made when it is first asked for
        (:mod:`graphfraud.store.encoding`).
        """
        names = list(TABLES["transactions"].schema) if columns is None else list(columns)
        parts = [part for part in self._manifest.of("transactions") if _overlaps(part, since_us, until_us)]
        return encoding.read_coded(self._files, parts, names, _within("transactions", since_us, until_us))

    def find(self, table: str, column: str, values: pl.Series) -> pl.DataFrame:
        """Return the rows whose ``column`` is among ``values`` (exact match)."""
        return self.match(table, values.alias(column).to_frame())

    def match(self, table: str, keys: pl.DataFrame) -> pl.DataFrame:
        """Return the rows that agree with some row of ``keys`` in all columns of ``keys``."""
        names = list(TABLES[table].schema)
        wanted = keys.unique().drop_nulls()
        if not wanted.height:
            return empty(table)
        plans = [
            self._files.rows(part, names, _near(part, wanted), (first, _SPAN_ROWS)).join(
                wanted.lazy(), on=wanted.columns, how="semi"
            )
            for part in self._manifest.of(table)
            if _may_hold(part, wanted)
            for first in range(0, part.rows, _SPAN_ROWS)
        ]
        return self._collect(table, names, plans, at_once=False)

    def next_record(self) -> int:
        """Return the first record number no row has."""
        return self._manifest.next_record

    def version(self) -> int:
        """Return the number of commits this snapshot has seen."""
        return self._manifest.version

    def counts(self) -> dict[str, int]:
        """Return rows by table."""
        return {name: sum(part.live for part in self._manifest.of(name)) for name in TABLES}

    def digest(self) -> str:
        """Return the sha256 of the content; computed once per version."""
        if self._manifest.version not in self._digests:
            self._digests[self._manifest.version] = digest_by_column(lambda table, names: self.read(table, columns=names))
        return self._digests[self._manifest.version]

    def check(self) -> list[Problem]:
        """Verify every file's checksum anew, then the content (see :mod:`graphfraud.store.audit`)."""
        damaged = []
        for part in self._manifest.parts:
            files: tuple[Part | KeyFile, ...] = (part, *part.dead)
            for file in files:
                try:
                    self._files.verify(file, anew=True)
                except StoreError as error:
                    damaged.append(Problem("damage", part.table, str(error), 1))
        return damaged or audit.problems(self)

    def refresh(self) -> None:
        """Move to the newest snapshot."""
        self._manifest = _current(self._folder, self.location, True)

    def close(self) -> None:
        """Release what is held."""
        if self._lock.is_locked:
            self._lock.release(force=True)

    def _collect(self, table: str, names: Sequence[str], plans: list[pl.LazyFrame], *, at_once: bool = True) -> pl.DataFrame:
        """Run the plans while the checksums of the table's parts are verified beside them.

        Plans that read much and keep little run one after the other, so that memory holds what one of them reads.
        """
        if not plans:
            return empty(table).select(names)
        parts = self._manifest.of(table)
        if at_once:
            return self._files.verified(parts, lambda: pl.concat(plans).collect())
        return self._files.verified(parts, lambda: pl.concat([plan.collect() for plan in plans]))

    # --- writing ---------------------------------------------------------------------------------------------------

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Be the one writer; on entry the snapshot is the newest.

        The claim is a lock of the operating system on ``LOCK``: it ends with the process, however that ends.

        Raises
        ------
        StoreError
            If another process writes for longer than ``lock_wait_s``, or the folder cannot be written.
        """
        with clear_failures(self.location):
            (self._folder / PARTS).mkdir(parents=True, exist_ok=True)
            self._acquire()
        try:
            with clear_failures(self.location):
                self._sign()
                self._sweep()
            self.refresh()
            if not (self._folder / MANIFEST).exists():
                self._publish(self._manifest)  # so that parts without a manifest always mean damage
            yield
        finally:
            self._lock.release()

    def commit(self, batch: Batch) -> bool:
        """Make the batch durable, all or nothing; False if its id was committed before. Call inside :meth:`writing`.

        Raises
        ------
        TableError
            If a frame breaks the requirements of its table.
        StoreError
            If a file cannot be written (full disk, no permission); the store is then as before.
        """
        assert self._lock.is_locked, "commit outside writing()"
        if batch.batch_id in self._manifest.batches:
            return False
        names = [name for name in TABLES if name in batch.rows or name in batch.removed]
        frames = {name: check(batch.rows.get(name, empty(name)), name) for name in names}
        changes = {name: self._change(name, frames[name], batch.removed.get(name)) for name in names}
        with clear_failures(self.location), ThreadPoolExecutor(max_workers=2) as pool:
            written = list(pool.map(lambda name: self._write(name, changes[name]), names))
        untouched = [part for part in self._manifest.parts if part.table not in changes]
        self._publish(
            Manifest(
                self._manifest.version + 1,
                next_record_after(self._manifest.next_record, frames),
                (*untouched, *(part for parts in written for part in parts)),
                (*self._manifest.batches, batch.batch_id),
            )
        )
        return True

    def compact(self) -> int:
        """Make one part of each table, and delete every file that the newest version does not name.

        Readers that hold an older snapshot then get a :class:`StoreError` and open the store again. Call it when nobody
        else reads.

        Returns
        -------
        int
            Files deleted.
        """
        with self.writing():
            tables = [
                name for name in TABLES if len(self._manifest.of(name)) > 1 or any(p.dead for p in self._manifest.of(name))
            ]
            changes = {name: _Change(self.read(name), [], []) for name in tables}
            untouched = [part for part in self._manifest.parts if part.table not in changes]
            with clear_failures(self.location):
                written = [part for name in tables for part in self._write(name, changes[name])]
                if tables:
                    version = self._manifest.version + 1
                    self._publish(replace(self._manifest, version=version, parts=(*untouched, *written)))
                stale = [p for p in (self._folder / PARTS).iterdir() if p.name not in self._manifest.files()]
                for path in stale:
                    path.unlink()
                encoding.sweep(self._files, self._manifest.of("transactions"))
        return len(stale)

    def _change(self, table: str, rows: pl.DataFrame, removed: pl.DataFrame | None) -> _Change:
        key = TABLES[table].key
        gone = rows.select(key)
        if removed is not None:
            gone = pl.concat([gone, removed.select(pl.col(k).cast(TABLES[table].schema[k]) for k in key)]).unique()
        new, kept, dead = [rows], list[Part](), list[tuple[Part, pl.DataFrame]]()
        for part in self._manifest.of(table):
            hit = self._hit(part, gone)
            after = part.live - hit.height
            worn = hit.height > 0 and (after < part.rows * 3 // 4 or len(part.dead) >= _DEAD_FILES_MAX)
            if part.live < FOLD_ROWS or worn:
                rest = self._collect(table, list(rows.columns), [self._files.rows(part, rows.columns)])
                new.append(rest.join(hit, on=key, how="anti") if hit.height else rest)
            elif hit.height:
                dead.append((part, hit))
            else:
                kept.append(part)
        return _Change(pl.concat(new) if len(new) > 1 else rows, kept, dead)

    def _hit(self, part: Part, gone: pl.DataFrame) -> pl.DataFrame:
        """Return the keys among ``gone`` that stand live in ``part``."""
        if not gone.height or not _may_hold(part, gone):
            return gone.clear()
        plan = self._files.rows(part, gone.columns).join(gone.lazy(), on=gone.columns, how="semi")
        return self._files.verified([part], plan.collect)

    def _write(self, table: str, change: _Change) -> list[Part]:
        """Write what a change needs and return the table's parts after it."""
        stem = f"{table}-{self._manifest.version + 1:06d}"
        parts = list(change.kept)
        for n, (part, hit) in enumerate(change.dead):
            file = f"{stem}-dead{n}.parquet"
            sha256, size = self._files.put(file, hit)
            parts.append(replace(part, dead=(*part.dead, KeyFile(file, hit.height, sha256, size))))
        if change.rows.height:
            rows = _in_order(change.rows, table)
            sha256, size = self._files.put(f"{stem}.parquet", rows)
            first = rows.get_column(TABLES[table].key[0])
            at = rows.get_column("at_us") if "at_us" in rows.columns else pl.Series([None], dtype=pl.Int64)
            bounds = (at.min(), at.max(), first.min(), first.max())
            parts.append(Part(table, f"{stem}.parquet", rows.height, sha256, size, *bounds))  # type: ignore[arg-type]
        return parts

    def _publish(self, manifest: Manifest) -> None:
        with clear_failures(self.location):
            write_durably(self._folder / MANIFEST, lambda path: _write_bytes(path, manifest.to_bytes()))
        self._manifest = manifest

    def _acquire(self) -> None:
        try:
            self._lock.acquire()
        except Timeout as cause:
            raise StoreError(
                self.location,
                f"another writer: {self._writer()}",
                f"no writer within {self._lock_wait_s:g} seconds",
                "Wait until it has ended and try again; reading goes on meanwhile.",
            ) from cause

    def _sign(self) -> None:
        name = {"pid": os.getpid(), "since_us": time.time_ns() // 1000}
        (self._folder / "WRITER").write_text(json.dumps(name), encoding="utf-8")

    def _writer(self) -> str:
        with suppress(OSError, ValueError, KeyError):
            name: Mapping[str, int] = json.loads((self._folder / "WRITER").read_text(encoding="utf-8"))
            return f"process {name['pid']} since {time_text(name['since_us'] // 1_000_000 * 1_000_000)}"
        return "one that has not said who it is"

    def _sweep(self) -> None:
        """Remove what a dead writer left: unfinished files, and parts of a version that was never published."""
        current = _current(self._folder, self.location, True)
        for folder in (self._folder, self._folder / PARTS):
            for path in folder.glob(f"{TEMPORARY}*"):
                path.unlink(missing_ok=True)
        for path in (self._folder / PARTS).glob("*-*.parquet"):
            version = path.stem.split("-")[1]
            if version.isdigit() and int(version) > current.version:
                path.unlink(missing_ok=True)


@contextmanager
def claimed(path: Path, what: str, *, wait_s: float = 0.0) -> Iterator[None]:
    """Hold the claim ``path`` alone: a lock of the operating system, which ends with the process, however that ends.

    Parameters
    ----------
    path : Path
        The lock's file, in a folder that exists; it stays.
    what : str
        What is claimed, for the message.
    wait_s : float, seconds

    Raises
    ------
    StoreError
        If another process holds it for longer than ``wait_s``, or the file cannot be written.
    """
    lock = FileLock(path, timeout=wait_s, thread_local=False)
    with clear_failures(what):
        try:
            lock.acquire()
        except Timeout as cause:
            remedy = "Wait until it has ended and try again; nothing was changed."
            raise StoreError(what, "another process at work there", "nobody else", remedy) from cause
    try:
        yield
    finally:
        lock.release()


def _current(folder: Path, location: str, create: bool) -> Manifest:
    """Read the manifest; the empty one where there is no store yet and one may be made."""
    try:
        return manifest_from((folder / MANIFEST).read_bytes(), f"{location}, {MANIFEST}")
    except FileNotFoundError:
        pass
    except OSError as cause:
        raise StoreError(
            location, f"a folder that cannot be read ({cause.strerror})", "a store", "Check the path and its permissions."
        ) from cause
    if folder.is_dir() and (folder / PARTS).is_dir() and any(not p.name.startswith(".") for p in (folder / PARTS).iterdir()):
        raise StoreError(location, f"parts but no {MANIFEST}", f"a {MANIFEST} that names them", RESTORE)
    if folder.is_dir() and any(p.name not in ("LOCK", "WRITER", PARTS) and p.name[0] != "." for p in folder.iterdir()):
        raise StoreError(
            location,
            "a folder with other things in it",
            "a store or an empty folder",
            "Choose a folder of its own for the store.",
        )
    if not create:
        raise StoreError(location, "no store", "a store", "Check the path, or make one: graphfraud load STORE FILES...")
    return Manifest()


def _write_bytes(path: Path, data: bytes) -> None:
    path.write_bytes(data)


def _in_order(rows: pl.DataFrame, table: str) -> pl.DataFrame:
    """Transactions rest in the order a graph wants them."""
    if table != "transactions" or (rows["at_us"].is_sorted() and rows["seq"].is_sorted()):
        return rows
    # Numbers in `seq` mostly follow time, and to sort by one column is half the work.
    by_seq = rows.sort("seq")
    return by_seq if by_seq["at_us"].is_sorted() else rows.sort("at_us", "seq")


def _within(table: str, since_us: int | None, until_us: int | None) -> pl.Expr | None:
    if "at_us" not in TABLES[table].schema or (since_us is None and until_us is None):
        return None
    at = pl.col("at_us")
    bounds = [at >= since_us] if since_us is not None else []
    bounds += [at < until_us] if until_us is not None else []
    return pl.all_horizontal(bounds)


def _overlaps(part: Part, since_us: int | None, until_us: int | None) -> bool:
    if part.at_min_us is None or part.at_max_us is None:
        return True
    return (since_us is None or part.at_max_us >= since_us) and (until_us is None or part.at_min_us < until_us)


def _may_hold(part: Part, keys: pl.DataFrame) -> bool:
    """Tell whether a part's range of its first key column meets that of ``keys``."""
    first = TABLES[part.table].key[0]
    if first not in keys.columns:
        return True
    low, high = keys.get_column(first).min(), keys.get_column(first).max()
    return bool(low <= part.key_max and high >= part.key_min)  # type: ignore[operator]


def _near(part: Part, keys: pl.DataFrame) -> pl.Expr | None:
    """Bound the first key column to the keys a part can hold, so that row groups outside are not read at all."""
    first = TABLES[part.table].key[0]
    if first not in keys.columns:
        return None
    inside = keys.get_column(first)
    inside = inside.filter((inside >= part.key_min) & (inside <= part.key_max))
    return pl.col(first).is_between(pl.lit(inside.min()), pl.lit(inside.max()))
