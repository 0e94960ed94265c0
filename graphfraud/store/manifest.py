"""The manifest of a folder store: which files are its content, and how a file comes to be there for good."""

import hashlib
import json
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from graphfraud.errors import StoreError

FORMAT = 1
"""Version of the folder's layout; a store of a later one is refused."""

SCHEMA = 1
"""Version of the tables' columns; a store of a later one is refused."""

MANIFEST = "MANIFEST.json"
TEMPORARY = ".writing-"
"""Files of this prefix are unfinished; the next writer sweeps them away."""

RESTORE = "Restore the store from a copy, or load its files into a new store."


@dataclass(frozen=True, slots=True)
class KeyFile:
    """Keys of rows that later commits took out of one part: ``rows`` of them stand in that part."""

    file: str
    rows: int
    sha256: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Part:
    """A parquet file with rows of one table; ``dead`` names the rows of it that no longer count."""

    table: str
    file: str
    rows: int
    sha256: str
    bytes: int
    at_min_us: int | None
    at_max_us: int | None
    key_min: str | int
    key_max: str | int
    dead: tuple[KeyFile, ...] = ()

    @property
    def live(self) -> int:
        """Rows that count."""
        return self.rows - sum(keys.rows for keys in self.dead)


@dataclass(frozen=True, slots=True)
class Manifest:
    """One version of a store's content; every commit makes the next."""

    version: int = 0
    next_record: int = 0
    parts: tuple[Part, ...] = ()
    batches: tuple[str, ...] = ()

    def of(self, table: str) -> list[Part]:
        """Return the parts of one table, oldest first."""
        return [part for part in self.parts if part.table == table]

    def files(self) -> set[str]:
        """Return the names of all files that belong to this version."""
        return {part.file for part in self.parts} | {keys.file for part in self.parts for keys in part.dead}

    def to_bytes(self) -> bytes:
        """Write it as JSON that carries its own sha256."""
        body = {"format": FORMAT, "schema": SCHEMA, **asdict(self)}
        return json.dumps({**body, "sha256": _digest(body)}, ensure_ascii=False, indent=1).encode()


def _digest(body: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(body, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def manifest_from(data: bytes, where: str) -> Manifest:
    """Read a manifest.

    Raises
    ------
    StoreError
        If it is of a newer version, or is not what was written.
    """
    try:
        body = json.loads(data)
        found, schema = int(body["format"]), int(body["schema"])
    except (ValueError, KeyError, TypeError) as cause:
        raise StoreError(where, "a manifest that cannot be read", "the JSON this program wrote", RESTORE) from cause
    if found > FORMAT or schema > SCHEMA:
        raise StoreError(
            where,
            f"a store of format {found}, schema {schema}",
            f"at most format {FORMAT}, schema {SCHEMA}",
            "It was written by a newer graphfraud: install that version to open it.",
        )
    stated = body.pop("sha256", None)
    if stated != _digest(body):
        raise StoreError(where, "a manifest whose checksum does not fit its content", "the content as written", RESTORE)
    parts = tuple(_part(entry) for entry in body["parts"])
    return Manifest(body["version"], body["next_record"], parts, tuple(body["batches"]))


def _part(entry: dict[str, Any]) -> Part:
    part = Part(**{**entry, "dead": ()})
    return replace(part, dead=tuple(KeyFile(**keys) for keys in entry["dead"]))


def write_durably(target: Path, write: Callable[[Path], None]) -> None:
    """Let ``write`` fill a temporary file beside ``target``, then put it in place so that it outlives a power cut.

    On any failure, Ctrl-C included, the temporary file is removed and ``target`` is as before.
    """
    temporary = target.with_name(f"{TEMPORARY}{os.getpid()}-{target.name}")
    try:
        write(temporary)
        with temporary.open("r+b") as file:
            os.fsync(file.fileno())
        temporary.replace(target)
    except BaseException:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
    _sync_folder(target.parent)


def _sync_folder(folder: Path) -> None:
    """Make a rename durable; Windows has no such call and needs none."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def file_sha256(path: Path) -> str:
    """Return the digest of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
