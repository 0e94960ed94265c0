"""Account ids of transactions as numbers, ready for a graph: an index beside the parts that may be deleted at any time.

Turning text ids into numbers takes longer than reading everything else, and parts never change; so the first reading of a
part writes its codes (``index/<part>.arrow``: payer and payee as uint32, one row per row of the part) and the accounts they
number (``index/<part>.accounts.arrow``), each named after the part's sha256 and carrying its own.
"""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import polars as pl

from graphfraud.store.manifest import Part, file_sha256, write_durably
from graphfraud.store.parts import PartFiles
from graphfraud.tables import empty

INDEX = "index"
CODED = ("payer_id", "payee_id")

_good: set[tuple[str, int]] = set()
"""Index files whose checksum this process has seen to fit: path and time of change."""


def read_coded(
    files: PartFiles, parts: Sequence[Part], names: Sequence[str], condition: pl.Expr | None
) -> tuple[pl.DataFrame, pl.Series]:
    """Read transactions with ``payer_id`` and ``payee_id`` as codes.

    Returns
    -------
    frame
        The columns ``names``; ``payer_id`` and ``payee_id`` UInt32.
    accounts : Series, String
        The ids by code, ascending, each once; some may belong to no row.
    """
    if not parts:
        return empty("transactions").select(names).with_columns(_as_codes(names)), pl.Series("account_id", [], pl.String)
    coded = [_codes(files, part) for part in parts]
    accounts = coded[0][1]
    if len(coded) > 1:
        accounts = pl.concat([ids for _, ids in coded]).unique().sort()
    place = accounts.to_frame("id").with_row_index("code")
    plans = []
    for part, (own, ids) in zip(parts, coded, strict=True):
        codes = own
        if len(coded) > 1:
            new = ids.to_frame("id").join(place, on="id", how="left", maintain_order="left").get_column("code")
            codes = own.select(new.gather(own[end]).alias(end) for end in CODED)
        needed = [n for n in dict.fromkeys([*names, "at_us", "transaction_id"]) if n not in CODED]
        rows = pl.scan_parquet(files.folder / part.file, glob=False).select(needed)
        rows = files.without_dead(part, pl.concat([rows, codes.lazy()], how="horizontal"))
        plans.append((rows if condition is None else rows.filter(condition)).select(names))
    return files.verified(parts, lambda: pl.concat(plans).collect()), accounts.alias("account_id")


def _as_codes(names: Sequence[str]) -> list[pl.Expr]:
    return [pl.col(end).cast(pl.UInt32, strict=False) for end in CODED if end in names]


def _codes(files: PartFiles, part: Part) -> tuple[pl.DataFrame, pl.Series]:
    """Return a part's codes and accounts, from its index or made anew."""
    folder = files.folder.parent / INDEX
    stem = f"{part.table}-{part.sha256[:24]}"
    paths = [folder / f"{stem}.arrow", folder / f"{stem}.accounts.arrow"]
    with suppress(OSError, pl.exceptions.PolarsError, ValueError):
        if all(_fits(path) for path in paths):
            held = pl.read_ipc(paths[0])
            if held.height == part.rows:
                return held, pl.read_ipc(paths[1]).get_column("id")
    codes, ids = numbered(files.verified([part], pl.scan_parquet(files.folder / part.file, glob=False).select(CODED).collect))
    with suppress(OSError):  # a folder that cannot be written costs time, not answers
        folder.mkdir(exist_ok=True)
        for path, frame in zip(paths, (codes, ids.to_frame("id")), strict=True):
            write_durably(path, lambda p, f=frame: f.write_ipc(p, compression="uncompressed"))  # type: ignore[misc]
            write_durably(_seal(path), lambda p, of=path: _write_text(p, file_sha256(of)))  # type: ignore[misc]
    return codes, ids


def numbered(ends: pl.DataFrame) -> tuple[pl.DataFrame, pl.Series]:
    """Number the ids of the columns :data:`CODED`: codes as UInt32, and the ids by code, ascending."""
    both = pl.concat([ends.get_column(end).alias("id") for end in CODED], rechunk=True)
    categories = pl.Categories.random()
    coded = both.cast(pl.Categorical(categories))
    ids = categories.to_series().alias("id")  # while ``coded`` lives: without a column, categories forget what they hold
    place = ids.arg_sort().arg_sort().cast(pl.UInt32)
    codes = place.gather(coded.to_physical())
    return pl.DataFrame({end: codes.slice(n * ends.height, ends.height) for n, end in enumerate(CODED)}), ids.sort()


def _seal(path: Path) -> Path:
    return path.with_suffix(".sha256")


def _write_text(path: Path, text: str) -> None:
    path.write_text(text, encoding="ascii")


def _fits(path: Path) -> bool:
    known = (str(path.absolute()), path.stat().st_mtime_ns)
    if known not in _good and _seal(path).read_text(encoding="ascii") == file_sha256(path):
        _good.add(known)
    return known in _good


def sweep(files: PartFiles, parts: Sequence[Part]) -> None:
    """Delete the index of parts that are no more."""
    folder = files.folder.parent / INDEX
    stays = {f"{part.table}-{part.sha256[:24]}" for part in parts}
    for path in folder.glob("*") if folder.is_dir() else ():
        if path.name.split(".")[0] not in stays:
            path.unlink()
