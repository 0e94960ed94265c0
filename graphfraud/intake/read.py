"""The door for files: finds what kind of file it is and has it read as raw sources."""

import hashlib
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from graphfraud.errors import SourceError
from graphfraud.intake.delimited import read_delimited
from graphfraud.intake.raw import RawSource
from graphfraud.intake.records import read_jsonl, read_parquet
from graphfraud.intake.source_map import SourceMap, loaders
from graphfraud.intake.workbook import read_workbook


def read_sources(path: str | Path, maps: Iterable[SourceMap] | None = None) -> list[RawSource]:
    """Read a csv, tsv, txt, xlsx, parquet or jsonl file; each sheet of a workbook is a source of its own.

    Parameters
    ----------
    path : str or Path
        The file.
    maps : iterable of SourceMap, optional
        Loaders whose headings help to find the line of headings; the shipped ones by default.

    Raises
    ------
    SourceError
        If the file is missing, a folder, empty, cut short, binary, in no known encoding, or cannot be read.
    """
    path = Path(path)
    data = _bytes(path)
    chosen = list(loaders().values() if maps is None else maps)
    known = frozenset[str]().union(*(m.headings for m in chosen))
    digest = _in_thread(data)
    suffix = path.suffix.lower()
    if data[:4] == b"PK\x03\x04" or suffix in (".xlsx", ".xlsm"):
        return read_workbook(path.name, data, digest, known)
    if data[:4] == b"PAR1" or suffix == ".parquet":
        return [read_parquet(path.name, data, digest)]
    if suffix in (".jsonl", ".ndjson"):
        return [read_jsonl(path.name, data, digest)]
    return [read_delimited(path.name, data, digest, known)]


def _bytes(path: Path) -> bytes:
    expected = "a csv, tsv, txt, xlsx, parquet or jsonl file"
    if path.is_dir():
        raise SourceError(str(path), "a folder", expected, "Name the files in it one by one, or use a pattern such as *.csv.")
    try:
        data = path.read_bytes()
    except FileNotFoundError as cause:
        raise SourceError(str(path), "no such file", expected, "Check the path and its spelling.") from cause
    except OSError as cause:
        why = cause.strerror or type(cause).__name__
        raise SourceError(
            str(path), f"a file that cannot be read ({why})", expected, "Check its permissions and that no program holds it."
        ) from cause
    if not data:
        raise SourceError(path.name, "an empty file (0 bytes)", expected, "Ask for the export again.")
    return data


def _in_thread(data: bytes) -> "Future[str]":
    """Hash beside the parsing: sha256 lets go of the interpreter lock."""
    pool = ThreadPoolExecutor(1)
    future = pool.submit(lambda: hashlib.sha256(data).hexdigest())
    pool.shutdown(wait=False)
    return future
