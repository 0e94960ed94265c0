"""Answers in the formats other programs read: csv and xlsx for people, parquet for machines, graphml and gexf for graphs."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import polars as pl

from graphfraud.errors import QuestionError
from graphfraud.findings.trace import Trace
from graphfraud.mask import mask_id, mask_name, mask_text, mask_tie
from graphfraud.report.answer import Answer, frames_of
from graphfraud.report.network import gexf, graphml
from graphfraud.report.place import folder_at, put
from graphfraud.units import HOUR_US

FORMATS = ("csv", "parquet", "xlsx", "graphml", "gexf")

_IDS = (
    *("account_id", "payer_id", "payee_id", "victim_account_id", "holder_id", "phone"),
    *("a_id", "b_id", "sim_id", "device_id", "member_id", "thing_id", "unit_id", "entity_id"),
    *("first_account_id", "last_account_id", "other_account_id"),
)
_NAMES = ("holder_name", "payer_name", "payee_name", "victim_name", "name")
_FREE = ("file", "sheet", "memo", "outlet", "brief", "address")
_UNKNOWN = "unknown:"  # ids the engine itself gave; nobody's number

_CHINA_OFFSET_US = 8 * HOUR_US  # units.CHINA
EXCEL_ROWS_MAX = 1_048_575
"""Rows of a sheet below its headings."""
_EXACT_MAX = 2**53
_FORMULA = r"^[=+\-@\t\r\n＝＋－＠]"
_LONG_NUMBER = r"^[0-9]{12,}$"

Exportable = Answer | Trace | pl.DataFrame | Mapping[str, pl.DataFrame]


def export(answer: Exportable, path: Path | str, to: str = "csv", *, unmask: bool = False) -> list[Path]:
    """Write an answer, or frames, in another format.

    Parameters
    ----------
    answer : Answer, Trace, polars.DataFrame or mapping of name to frame
    path : path
        A folder (made where it is missing): csv and parquet write one file per frame, the others one file, ``answer.xlsx``
        and so on. A path that ends in ``.{to}`` names that one file itself: for a single frame, or for xlsx, graphml, gexf.
    to : str
        One of :data:`FORMATS`. csv has a byte order mark, so that Excel reads it as UTF-8; long numbers stand as
        ``="6222..."``, so that Excel keeps every digit; cells that a spreadsheet would run as a formula begin with an
        apostrophe. csv and xlsx have yuan beside fen and China time beside microseconds. graphml and gexf hold the accounts
        and steps of a trace.
    unmask : bool
        Write identifiers and names in full. Masked numbers that look alike are told apart by ``#2``, ``#3`` ...

    Returns
    -------
    list of pathlib.Path
        The files written.

    Raises
    ------
    QuestionError
        If the format is unknown, does not suit the answer, needs an extra that is missing, or the place cannot be written.
    """
    if to not in FORMATS:
        raise QuestionError("export", repr(to), f"one of {', '.join(FORMATS)}", "Choose one of them.")
    path, frames = Path(path), _frames(answer)
    if not unmask:
        frames = _masked(frames)
    one = path if path.suffix.lower() == f".{to}" else None
    if to in ("csv", "parquet") and one and len(frames) > 1:
        raise QuestionError("export", f"one file for {len(frames)} frames", "a folder", f"Leave out the .{to} of the name.")
    if to in ("graphml", "gexf") and not isinstance(answer, Answer | Trace):
        raise QuestionError("export", f"frames to write as {to}", "a trace", "Export frames as csv, parquet or xlsx.")
    folder = folder_at(path.parent if one else path)
    if to in ("csv", "parquet"):
        write = _write_csv if to == "csv" else _write_parquet
        return [put(one or folder / f"{name}.{to}", partial(write, frame)) for name, frame in frames.items()]
    whole = {"xlsx": _write_workbook, "graphml": _write_graphml, "gexf": _write_gexf}[to]
    return [put(one or folder / f"answer.{to}", partial(whole, frames))]


def _frames(answer: Exportable) -> dict[str, pl.DataFrame]:
    if isinstance(answer, Answer | Trace):
        return frames_of(answer)
    return {"table": answer} if isinstance(answer, pl.DataFrame) else dict(answer)


def _masked(frames: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """Mask identifiers alike in all frames, so that they can still be joined."""
    shown: dict[str, str] = {}
    n_alike: dict[str, int] = {}
    for value in sorted(_values(frames, _IDS)):
        mask = value if value.startswith(_UNKNOWN) else mask_id(value)
        n_alike[mask] = n_alike.get(mask, 0) + 1
        shown[value] = mask if n_alike[mask] == 1 else f"{mask}#{n_alike[mask]}"
    secrets = sorted((name for name in _values(frames, _NAMES) if len(name) > 1), key=lambda name: (-len(name), name))

    def free(text: str) -> str:
        for secret in secrets:
            text = text.replace(secret, mask_name(secret))
        return mask_text(text)

    ways = {**dict.fromkeys(_IDS, shown.__getitem__), **dict.fromkeys(_NAMES, mask_name), **dict.fromkeys(_FREE, free)}

    def tie(text: str) -> str:
        return mask_tie(text, lambda part: shown.get(part) or mask_id(part)) if "|" in text else text

    return {
        name: frame.with_columns(
            _replaced(frame[column], way)
            for column, way in {**ways, **({"id": tie} if "evidence" in frame.columns else {})}.items()
            if column in frame.columns
        )
        for name, frame in frames.items()
    }


def _values(frames: Mapping[str, pl.DataFrame], names: tuple[str, ...]) -> set[str]:
    columns = (frame[name].drop_nulls().unique() for frame in frames.values() for name in names if name in frame.columns)
    return {value for column in columns for value in column}


def _replaced(column: pl.Series, way: Callable[[str], str]) -> pl.Series:
    values = column.drop_nulls().unique().to_list()
    return column.replace(values, [way(value) for value in values]) if values else column


def _readable(frame: pl.DataFrame) -> pl.DataFrame:
    """Put yuan beside fen and China time beside microseconds, as text."""
    columns: list[pl.Expr] = []
    for name, dtype in frame.schema.items():
        columns.append(pl.col(name))
        if name.endswith("_fen") and dtype.is_integer():
            columns.append(_yuan(name))
        elif name.endswith("_us") and dtype.is_integer() and not name.endswith("precision_us"):
            columns.append(_time(name))
    return frame.select(columns)


def _yuan(name: str) -> pl.Expr:
    fen = pl.col(name).abs()
    sign = pl.when(pl.col(name) < 0).then(pl.lit("-")).otherwise(pl.lit(""))
    text = pl.concat_str(sign, (fen // 100).cast(pl.String), pl.lit("."), (fen % 100).cast(pl.String).str.zfill(2))
    return text.alias(name.removesuffix("_fen") + "_yuan")


def _time(name: str) -> pl.Expr:
    moment = (pl.col(name) + _CHINA_OFFSET_US).cast(pl.Datetime("us"))
    return moment.dt.strftime("%Y-%m-%d %H:%M:%S").alias(name.removesuffix("_us") + "_time")


def _spreadsheet_safe(frame: pl.DataFrame) -> pl.DataFrame:
    """Disarm formulas and keep long numbers whole; yuan and times of our own making stay as they are."""
    texts = [name for name, dtype in frame.schema.items() if dtype == pl.String and not name.endswith(("_yuan", "_time"))]
    return frame.with_columns(
        pl.when(pl.col(name).str.contains(_LONG_NUMBER))
        .then(pl.format('="{}"', pl.col(name)))
        .when(pl.col(name).str.contains(_FORMULA))
        .then(pl.format("'{}", pl.col(name)))
        .otherwise(pl.col(name))
        .alias(name)
        for name in texts
    )


def _write_csv(frame: pl.DataFrame, file: Path) -> None:
    _spreadsheet_safe(_readable(frame)).write_csv(file, include_bom=True)


def _write_parquet(frame: pl.DataFrame, file: Path) -> None:
    frame.write_parquet(file)


def _write_graphml(frames: Mapping[str, pl.DataFrame], file: Path) -> None:
    file.write_bytes(graphml(frames["steps"], frames["tiers"]))


def _write_gexf(frames: Mapping[str, pl.DataFrame], file: Path) -> None:
    file.write_bytes(gexf(frames["steps"], frames["tiers"]))


def _write_workbook(frames: Mapping[str, pl.DataFrame], file: Path) -> None:
    """One sheet per frame; text stays text, and integers too large for a spreadsheet's numbers become text."""
    if find_spec("xlsxwriter") is None:
        raise QuestionError("export to xlsx", "no xlsxwriter", "the extra excel", "Install it: pip install graphfraud[excel].")
    import xlsxwriter

    for name, frame in frames.items():
        if frame.height > EXCEL_ROWS_MAX:
            found = f"{frame.height} rows"
            raise QuestionError(f"export to xlsx, {name}", found, f"at most {EXCEL_ROWS_MAX}", "Export as csv or parquet.")
    as_text = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(file, as_text) as book:
        book.set_properties({"created": datetime(2000, 1, 1, tzinfo=UTC)})  # same answer, same bytes
        for name, frame in frames.items():
            shown = _readable(frame)
            integers = pl.DataFrame({c: shown[c] for c, dtype in shown.schema.items() if dtype.is_integer()})
            large = [column.name for column in integers if (column.abs() > _EXACT_MAX).any()]
            shown.with_columns(pl.col(large).cast(pl.String)).write_excel(
                book, name[:31], dtype_formats={pl.Int64: "0"}, autofit=shown.height <= 10_000, freeze_panes=(1, 0)
            )
