"""The files of a folder store: written once, verified once per process, read lazily, refused when damaged."""

import errno
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import polars as pl

from graphfraud.errors import StoreError
from graphfraud.store.manifest import RESTORE, KeyFile, Part, file_sha256, write_durably
from graphfraud.tables import TABLES

PARTS = "parts"

_COMPRESSION: Literal["lz4"] = "lz4"  # zstd halves the size but doubles the reading time
_ROW_GROUP = 1 << 17  # small enough that all cores have work, and that statistics skip what a query does not need

_verified: set[tuple[str, str, int, int]] = set()
"""Files whose checksum this process has seen to fit: path, sha256, size and time of change."""


class PartFiles:
    """The parquet files in ``parts/`` of a store's folder."""

    def __init__(self, folder: Path, location: str) -> None:
        self.folder = folder / PARTS
        self._location = location

    def rows(
        self, part: Part, names: Sequence[str], condition: pl.Expr | None = None, span: tuple[int, int] | None = None
    ) -> pl.LazyFrame:
        """Return the rows of a part that count, as a lazy frame; run it inside :meth:`verified`.

        ``span`` is the first row looked at and how many; by default all are.
        """
        self._stat(part)
        whole = pl.scan_parquet(self.folder / part.file, glob=False)
        rows = self.without_dead(part, whole if span is None else whole.slice(*span))
        return (rows if condition is None else rows.filter(condition)).select(names)

    def without_dead(self, part: Part, rows: pl.LazyFrame) -> pl.LazyFrame:
        """Leave out the rows of a part that later commits took out; ``rows`` has the table's key."""
        for keys in part.dead:
            self.verify(keys)
            dead = pl.scan_parquet(self.folder / keys.file, glob=False)
            rows = rows.join(dead, on=TABLES[part.table].key, how="anti", maintain_order="left")
        return rows

    def verified(self, parts: Sequence[Part], run: Callable[[], pl.DataFrame]) -> pl.DataFrame:
        """Run a query while the checksums of the parts it reads are verified beside it.

        Raises
        ------
        StoreError
            If a part is missing or damaged.
        """
        with ThreadPoolExecutor(max_workers=2) as pool:
            checks = [pool.submit(self.verify, part) for part in parts if not self._known(part)]
            try:
                frame, failure = run(), None
            except (pl.exceptions.PolarsError, OSError) as cause:
                frame, failure = pl.DataFrame(), cause
            for done in checks:
                done.result()
        if failure is not None:
            raise StoreError(
                self._location, f"parts that cannot be read ({failure})", "parquet as written", RESTORE
            ) from failure
        return frame

    def verify(self, file: Part | KeyFile, *, anew: bool = False) -> None:
        """Hold a file against its checksum, once per process unless ``anew``.

        Raises
        ------
        StoreError
            Naming the part, if it is missing or not what was written.
        """
        if not anew and self._known(file):
            return
        stat, path = self._stat(file), self.folder / file.file
        if stat.st_size != file.bytes or file_sha256(path) != file.sha256:
            raise StoreError(
                f"{self._location}, {PARTS}/{file.file}",
                f"a damaged part ({stat.st_size} bytes, not those that were written)",
                f"{file.bytes} bytes of sha256 {file.sha256[:16]}...",
                RESTORE,
            )
        _verified.add(_seen(path, file.sha256))

    def put(self, file: str, rows: pl.DataFrame) -> tuple[str, int]:
        """Write a parquet file for good; return its sha256 and size."""
        target = self.folder / file
        write_durably(target, lambda path: rows.write_parquet(path, compression=_COMPRESSION, row_group_size=_ROW_GROUP))
        sha256 = file_sha256(target)
        _verified.add(_seen(target, sha256))
        return sha256, target.stat().st_size

    def _stat(self, file: Part | KeyFile) -> os.stat_result:
        try:
            return (self.folder / file.file).stat()
        except OSError as cause:
            raise StoreError(
                f"{self._location}, {PARTS}/{file.file}",
                f"no such file ({cause.strerror})",
                f"a part of {file.rows} rows",
                f"If the store was compacted meanwhile, open it again. {RESTORE}",
            ) from cause

    def _known(self, file: Part | KeyFile) -> bool:
        self._stat(file)
        return _seen(self.folder / file.file, file.sha256) in _verified


def _seen(path: Path, sha256: str) -> tuple[str, str, int, int]:
    stat = path.stat()
    return str(path.absolute()), sha256, stat.st_size, stat.st_mtime_ns


@contextmanager
def clear_failures(location: str) -> Iterator[None]:
    """Turn the system's refusals to write into a StoreError that says what to do."""
    try:
        yield
    except (OSError, pl.exceptions.ComputeError) as cause:
        full = getattr(cause, "errno", None) in _FULL or any(word in str(cause) for word in ("No space", "File too large"))
        why = "no room left on the disk" if full else f"a folder that cannot be written ({cause})"
        what = "Make room" if full else "Choose another folder or correct its permissions"
        raise StoreError(
            location, why, "a folder this user may write, with room", f"{what} and try again; the store is as it was before."
        ) from cause


_FULL = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}
