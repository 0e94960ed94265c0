"""Files that name their columns in every row or in the schema: parquet and jsonl."""

import io
import json
from concurrent.futures import Future

import polars as pl

from graphfraud.errors import SourceError
from graphfraud.intake.raw import FrameBody, RawSource


def read_parquet(name: str, data: bytes, digest: "Future[str]") -> RawSource:
    """Read a parquet file; a number column is written out in digits, a float too large for that stays in scientific form."""
    try:
        frame = pl.read_parquet(io.BytesIO(data))
    except (pl.exceptions.PolarsError, OSError) as cause:
        raise SourceError(
            name, "a parquet file that is cut short or damaged", "a whole parquet file", "Ask for the export again."
        ) from cause
    nested = [c for c, t in frame.schema.items() if t.is_nested() or t == pl.Binary]
    if nested:
        raise SourceError(
            f"{name}, column {nested[0]}",
            f"values of type {frame.schema[nested[0]]}",
            "text, numbers or times",
            "Flatten the column first.",
        )
    headings = tuple(frame.columns)
    texts = frame.select(_as_text(c, t).alias(f"c{i}") for i, (c, t) in enumerate(frame.schema.items()))
    return RawSource(name, None, 1, len(data), "parquet", 0, headings, FrameBody.numbered(texts), digest)


def _as_text(column: str, dtype: pl.DataType) -> pl.Expr:
    if isinstance(dtype, pl.Datetime):
        return pl.col(column).dt.to_string("%Y-%m-%d %H:%M:%S%.6f" + ("%:z" if dtype.time_zone else ""))
    return pl.col(column).cast(pl.String)


def read_jsonl(name: str, data: bytes, digest: "Future[str]") -> RawSource:
    """Read one JSON object a line; numbers keep the digits they are written with. A line that is no object is a ragged row."""
    try:
        lines = data.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as cause:
        line = data.count(b"\n", 0, cause.start) + 1
        raise SourceError(
            f"{name} line {line}",
            f"byte 0x{data[cause.start]:02X} that is not UTF-8 text",
            "JSON in UTF-8",
            "Ask for the export again.",
        ) from cause
    objects: dict[int, dict[str, str | None]] = {}
    broken: dict[int, list[str]] = {}
    row = 0
    for text in lines:
        if not text.strip():
            continue
        row += 1
        try:
            found = json.loads(text, parse_int=str, parse_float=str, parse_constant=str)
        except ValueError:
            found = None
        if isinstance(found, dict):
            objects[row] = {key: _plain(value) for key, value in found.items()}
        else:
            broken[row] = [text]
    headings = tuple(dict.fromkeys(key for found in objects.values() for key in found))
    if not headings:
        raise SourceError(name, "no JSON object in any line", "one JSON object a line", "Check that this is the file you mean.")
    columns = {
        f"c{i}": pl.Series([found.get(h) for found in objects.values()], dtype=pl.String) for i, h in enumerate(headings)
    }
    frame = pl.DataFrame({"row": pl.Series(list(objects), dtype=pl.Int64), **columns})
    return RawSource(name, None, 1, len(data), "jsonl", 0, headings, FrameBody(frame, broken), digest)


def _plain(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)
