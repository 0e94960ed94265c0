"""Prints a world as the messy files a bank, a court, a carrier or a police desk would send, by any loader's map.

Every habit of real exports is a setting of a :class:`Dialect`; what each file must come to is returned with it, to the row.
"""

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import polars as pl

from graphfraud.errors import QuestionError
from graphfraud.intake.source_map import SourceMap, load_map
from graphfraud.synthetic import calls, papers
from graphfraud.synthetic.draws import Draws
from graphfraud.synthetic.identities import BANKS
from graphfraud.synthetic.world import World
from graphfraud.tables import OUTCOMES
from graphfraud.units import HOUR_US, SECOND_US

MESSES = ("plain", "usual", "hard")
"""``plain``: UTF-8, headings first, one form of each thing. ``usual``: what most exports are like. ``hard``: everything."""

TIME_FORMS: Mapping[str, str] = {
    "iso": "%Y-%m-%d %H:%M:%S",
    "slashes": "%Y/%m/%d %H:%M:%S",
    "compact": "%Y%m%d%H%M%S",
    "dots": "%Y-%m-%d-%H.%M.%S.%6f",
    "compact_date": "%Y%m%d %H:%M:%S",
}
_FULL_WIDTH = {str(d): chr(0xFF10 + d) for d in range(10)}
_NUMBERS = ("own_account", "own_card", "cp_account", "cp_card", "serial", "payer_account", "payee_account", "account", "card",
            "holder_id", "own_holder", "victim_id", "victim_phone", "phone", "iccid", "imsi", "imei", "own",
            "peer")  # fmt: skip
_MONEY = ("amount", "balance", "loss", "returned")
_TIMES = ("at", "opened_at", "closed_at", "reported_at", "occurred_at")
_EMPTY: Mapping[str, tuple[str, ...]] = {
    "bank_statement": (
        "对手身份证号", "对手开户银行", "交易网点名称", "交易网点代码", "交易发生地", "传票号", "对手交易余额", "日志号",
        "凭证种类", "凭证号", "交易柜员号", "商户号", "查询反馈结果原因",
    ),
    "court_statement": ("反馈单位", "查询项", "查询账户", "查询卡号", "交易对方证件号码", "交易对手余额", "交易对方账号开户行",
                        "交易网点名称", "交易发生地", "商户号", "交易柜员号"),
    "call_record": ("LAC", "CI", "小区地址"),
}  # fmt: skip
_ABSENT: Mapping[str, tuple[str, ...]] = {"bank_statement": ("reversal",)}


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one sender prints.

    Attributes
    ----------
    loader : str
        The map whose headings and signs are used.
    encoding : str
        utf-8, utf-8-sig or gb18030; of no meaning for xlsx.
    suffix : str
        csv, tsv or xlsx.
    title_lines : int
        Lines above the headings.
    newest_first : bool
    time_form : str
        One of :data:`TIME_FORMS`, or ``serial``, the day count of a spreadsheet.
    date_only : float
        Share of payments printed without time of day.
    thousands, yuan_sign, full_width : bool
        How amounts look.
    wrap : str
        What stands around numbers: ``none``, ``tab`` (trailing), ``apostrophe`` (leading), ``formula`` (="...").
    alternative : int
        Which of the map's alternatives (headings, signs) is used, counted round; half of the signature stays.
    serials : bool
        Whether payments carry serial numbers.
    card_share : float
        Share of counterparties known by card that are printed by card.
    skew_us : int
        How far the sender's clock is ahead.
    vague_s : int
        How well victims remember times; below half a minute, equal payments a minute apart cannot be mistaken for each other.
    extras : Extras
    repeated : float
        Share of the rows that a second export holds again.
    """

    loader: str
    encoding: str = "utf-8"
    suffix: str = "csv"
    title_lines: int = 0
    newest_first: bool = False
    time_form: str = "iso"
    date_only: float = 0.0
    thousands: bool = False
    yuan_sign: bool = False
    full_width: bool = False
    wrap: str = "none"
    alternative: int = 0
    serials: bool = True
    card_share: float = 0.0
    skew_us: int = 0
    vague_s: int = 0
    extras: papers.Extras = field(default_factory=papers.Extras)
    repeated: float = 0.0


@dataclass(frozen=True, slots=True)
class Written:
    """Files written, in the order in which they are to be loaded; iterating gives their paths.

    Attributes
    ----------
    paths : tuple of Path
    audit : polars.DataFrame
        ``file, loader, read`` and one column for each outcome: what loading them in this order must come to.
    rows : polars.DataFrame
        ``file, row, transaction_id, side, outcome, at_us`` (as printed) of every row of statements and case reports.
    """

    paths: tuple[Path, ...]
    audit: pl.DataFrame
    rows: pl.DataFrame

    def __iter__(self) -> Iterator[Path]:
        return iter(self.paths)

    def __len__(self) -> int:
        return len(self.paths)


def dialects(mess: str, *, xlsx: bool = False, date_only: float = 0.0) -> dict[str, Dialect]:
    """Return the dialect of each sender: the banks by name, and ``accounts``, ``sims``, ``calls`` and ``reports``.

    Raises
    ------
    QuestionError
        If there is no such level of mess.
    """
    if mess not in MESSES:
        raise QuestionError("synth", f"mess {mess!r}", f"one of {', '.join(MESSES)}", "Choose one of them.")
    court = BANKS[2], BANKS[5]
    senders = {bank: Dialect("court_statement" if bank in court else "bank_statement") for bank in BANKS}
    kinds = {"accounts": "account_register", "sims": "sim_register", "calls": "call_record", "reports": "case_report"}
    desks = {name: Dialect(loader) for name, loader in kinds.items()}
    if mess != "plain":
        level = MESSES.index(mess)
        senders = {bank: _habits(d, number, level, date_only) for number, (bank, d) in enumerate(senders.items())}
        desks = {
            "accounts": replace(desks["accounts"], encoding="gb18030", wrap="tab", title_lines=1, alternative=level - 1),
            "sims": replace(desks["sims"], encoding="utf-8-sig", time_form="slashes", alternative=level - 1),
            "calls": replace(
                desks["calls"],
                encoding="gb18030",
                time_form="compact",
                title_lines=level,
                wrap=("none", "tab")[level - 1],
                alternative=level - 1,
                extras=papers.Extras(rejected=0.002),
                repeated=0.1,
            ),
            "reports": replace(desks["reports"], encoding="utf-8-sig", thousands=True, vague_s=25, title_lines=2),
        }
    if xlsx:
        senders[BANKS[3]] = replace(senders[BANKS[3]], suffix="xlsx", time_form="serial", wrap="none")
        senders[BANKS[5]] = replace(senders[BANKS[5]], suffix="xlsx")
        desks["sims"] = replace(desks["sims"], suffix="xlsx", wrap="none")
    return {**desks, **senders}


def _habits(dialect: Dialect, number: int, level: int, date_only: float) -> Dialect:
    """Give a bank its own habits; at level 2 each habit somewhere."""
    few = papers.Extras(duplicate=0.004, failed=0.002, reversed=0.002, rejected=0.002)
    dialect = replace(
        dialect,
        encoding=("utf-8", "gb18030", "utf-8-sig", "gb18030")[number % 4],
        suffix="tsv" if number % 5 == 4 else "csv",
        title_lines=(0, 2, 0, 3)[number % 4],
        newest_first=number % 3 == 1,
        time_form=list(TIME_FORMS)[number % len(TIME_FORMS)],
        thousands=number % 4 == 2,
        wrap="tab" if number % 4 == 1 else "none",
        serials=number % 3 != 2,
        card_share=0.4,
        skew_us=(number % 5 - 2) * SECOND_US,
        extras=few,
        repeated=0.1 if number in (0, 5) else 0.0,
    )
    if level < 2:
        return dialect
    return replace(
        dialect,
        wrap=("none", "tab", "apostrophe", "formula")[number % 4],
        yuan_sign=number == 6,
        full_width=number == 7,
        alternative=number % 3,
        date_only=date_only,
        skew_us=(number % 7 - 3) * 2 * SECOND_US,
        extras=papers.Extras(duplicate=0.02, failed=0.01, reversed=0.01, rejected=0.01),
        repeated=0.3 if number % 2 == 0 else 0.0,
    )


def write_files(
    world: World,
    folder: str | Path,
    *,
    mess: str = "usual",
    xlsx: bool = False,
    date_only: float = 0.0,
    rng_seed: int = 0,
    senders: Mapping[str, Dialect] | None = None,
) -> Written:
    """Write a world as raw files: one for each bank's held accounts, the registers, and the case reports.

    Parameters
    ----------
    world : World
    folder : path
        Made if it is not there; files of the same names are overwritten.
    mess : str
        One of :data:`MESSES`.
    xlsx : bool
        Write some files as workbooks (needs the extra ``excel``).
    date_only : float
        Share of statement rows without time of day, at mess ``hard``.
    rng_seed : int
        Same world, settings and seed give the same bytes (workbooks: the same cells).
    senders : mapping of str to Dialect, optional
        Each sender's habits in place of those of ``mess``; a sender left out writes nothing.

    Returns
    -------
    Written

    Raises
    ------
    QuestionError
        If there is no such level of mess.
    LoaderError
        If a map is missing or wrong.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    chosen = dialects(mess, xlsx=xlsx, date_only=date_only) if senders is None else dict(senders)
    draws = Draws(rng_seed, 1000)
    files: list[tuple[Path, Dialect, pl.DataFrame]] = []
    for name, stem, rows in _documents(world, chosen, draws, rng_seed):
        dialect = chosen[name]
        if not rows.height:
            continue
        path = folder / f"{stem}.{dialect.suffix}"
        files.append((path, dialect, _print(path, rows, dialect, load_map(dialect.loader), draws)))
    return _accounted(files)


def _documents(
    world: World, chosen: Mapping[str, Dialect], draws: Draws, rng_seed: int
) -> Iterator[tuple[str, str, pl.DataFrame]]:
    """Yield sender, file stem and rows of each document, in the order of loading."""
    if "accounts" in chosen:
        yield "accounts", "账户信息", papers.register_rows(world)
    if "sims" in chosen:
        yield "sims", "电话卡开户信息", papers.sim_rows(world)
    if "calls" in chosen:
        rows = papers.call_rows(calls.call_rows(world, rng_seed), chosen["calls"].extras.rejected)
        yield "calls", "话单", rows
        if chosen["calls"].repeated:
            yield "calls", "话单_补充", _once_more(rows, chosen["calls"].repeated)
    known_cards = world.cards.join(
        world.truth.accounts.filter("held").select("account_id"), on="account_id", how="semi", maintain_order="left"
    ).select(cp_account="account_id", cp_card_known="card")
    for bank, legs in papers.statement_legs(world).items():
        if bank not in chosen:
            continue
        dialect = chosen[bank]
        rows = papers.statement_rows(legs, bank, dialect.serials, dialect.skew_us)
        rows = rows.join(known_cards, on="cp_account", how="left", maintain_order="left")
        rows = rows.with_columns(by_card=pl.Series(draws.chance(dialect.card_share, rows.height)))
        rows = papers.with_extras(rows, dialect.extras, draws)
        if dialect.newest_first:
            rows = rows.reverse()
        yield bank, f"{bank}_交易明细", rows
        if dialect.repeated:
            yield bank, f"{bank}_交易明细_补充", _once_more(rows, dialect.repeated)
    if "reports" in chosen:
        yield "reports", "案件举报", papers.report_rows(world, draws, chosen["reports"].vague_s)


def _once_more(rows: pl.DataFrame, share: float) -> pl.DataFrame:
    """Return the good rows of a part of an export, as a second export holds them."""
    again = rows.slice(rows.height // 3, int(rows.height * share)).filter(pl.col("fate") == papers.GOOD)
    return again.with_columns(fate=pl.lit(papers.DUPLICATE))


def _accounted(files: list[tuple[Path, Dialect, pl.DataFrame]]) -> Written:
    """Say what loading must come to: of the good rows of one payment, the first is kept and the others are mirrored."""
    said = [
        rows.select(
            file=pl.lit(path.name), loader=pl.lit(dialect.loader), row=pl.int_range(1, rows.height + 1, dtype=pl.Int64),
            transaction_id="transaction", side="side", fate="fate",
            at_us="at" if "at" in rows.columns else pl.lit(None, pl.Int64),
        )
        for path, dialect, rows in files
    ]  # fmt: skip
    if not said:
        columns = {"file": pl.String, "loader": pl.String, "read": pl.UInt32, **dict.fromkeys(OUTCOMES, pl.UInt32)}
        return Written((), pl.DataFrame(schema=columns), pl.DataFrame())
    rows = pl.concat(said).with_row_index("nth")
    # Of a row and its repetition, the one that is read first counts.
    again = pl.col("fate").is_in([papers.GOOD, papers.DUPLICATE]) & pl.col("transaction_id").is_not_null()
    ahead = pl.col("nth").filter(again).min().over("transaction_id", "side")
    fate = (
        pl.when(~again).then("fate").when(pl.col("nth") == ahead).then(pl.lit(papers.GOOD)).otherwise(pl.lit(papers.DUPLICATE))
    )
    rows = rows.with_columns(fate=fate)
    good = (pl.col("fate") == papers.GOOD) & pl.col("transaction_id").is_not_null()
    first = pl.col("nth").filter(good).min().over("transaction_id")
    rows = rows.with_columns(
        outcome=pl.when(pl.col("fate") != papers.GOOD)
        .then("fate")
        .when(good & (pl.col("nth") != first))
        .then(pl.lit("mirrored"))
        .otherwise(pl.lit("kept"))
    )
    audit = rows.group_by("file", "loader", maintain_order=True).agg(
        pl.len().alias("read"), *((pl.col("outcome") == name).sum().alias(name) for name in OUTCOMES)
    )
    spoken = rows.filter(pl.col("side").is_not_null()).drop("nth", "fate", "loader")
    return Written(tuple(path for path, _, _ in files), audit, spoken)


def _print(path: Path, rows: pl.DataFrame, dialect: Dialect, source_map: SourceMap, draws: Draws) -> pl.DataFrame:
    """Write one file; return its rows, the printed time in place of the true one where it is coarser."""
    if dialect.date_only and "at" in rows.columns:
        coarse = pl.Series(draws.chance(dialect.date_only, rows.height))
        rows = rows.with_columns(coarse=coarse)
    text = rows.select(_cells(rows, dialect, source_map))
    if dialect.suffix == "xlsx":
        text.write_excel(path, worksheet="明细", position=(dialect.title_lines, 0), autofilter=False)
    else:
        path.write_bytes(_bytes(text, dialect))
    if "coarse" in rows.columns:
        day = (pl.col("at") + 8 * HOUR_US) // (24 * HOUR_US) * (24 * HOUR_US) - 8 * HOUR_US
        rows = rows.with_columns(at=pl.when("coarse").then(day).otherwise("at"))
    return rows


def _bytes(text: pl.DataFrame, dialect: Dialect) -> bytes:
    titles = ("查询反馈明细", "反馈单位：晴川市公安局反诈中心", "说明：本文件为虚构数据")[: dialect.title_lines]
    separator = "\t" if dialect.suffix == "tsv" else ","
    body = io.BytesIO()
    text.write_csv(body, separator=separator, quote_style="necessary", line_terminator="\r\n")
    data = "".join(title + "\r\n" for title in titles).encode() + body.getvalue()
    return data if dialect.encoding == "utf-8" else data.decode().encode(dialect.encoding)


def _cells(rows: pl.DataFrame, dialect: Dialect, source_map: SourceMap) -> list[pl.Expr]:
    """Return the printed columns: those of the map that the rows can fill, then the layout's columns nobody fills."""
    values = _statement_values(source_map) if "direction" in rows.columns else {}
    keeps = source_map.signature[::2]  # enough of them that the headings still tell the loader
    cells, used = [], set()
    for name, column in source_map.columns.items():
        if name in _ABSENT.get(source_map.name, ()) or not (name in values or name in rows.columns):
            continue
        value = values.get(name, pl.col(name))
        heading = next((h for h in keeps if h in column.headings), column.headings[dialect.alternative % len(column.headings)])
        cells.append(_printed(name, value, rows, dialect, source_map).alias(heading))
        used.add(heading)
    others = [heading for heading in _EMPTY.get(source_map.name, ()) if heading not in used]
    return cells + [pl.lit(None, pl.String).alias(heading) for heading in others]


def _statement_values(source_map: SourceMap) -> dict[str, pl.Expr]:
    """Return the fields of a statement that are not there as they are: cash, counterparty, words that tell the channel."""
    by_card = pl.col("by_card") & pl.col("cp_card_known").is_not_null()
    cp = pl.when(by_card).then("cp_card_known").otherwise("cp_account")
    values = {
        "cash": pl.when(pl.col("channel").is_in(["cash_in", "cash_out"])).then(pl.lit("cash")).otherwise(pl.lit("other")),
        "currency": pl.lit("CNY"),
        "kind": pl.lit("网银交易"),
        "merchant": pl.when(pl.col("channel") == "merchant").then("cp_name"),
        "note": pl.lit(None, pl.String),
        "terminal": pl.lit(None, pl.String),
        "cp_account": cp,
        "memo": _memo(source_map),
    }
    if "cp_card" in source_map.columns:
        values["cp_account"] = pl.when(~by_card).then("cp_account")
        values["cp_card"] = pl.when(by_card).then("cp_card_known")
    return values


def _memo(source_map: SourceMap) -> pl.Expr:
    """Return the memo, or a word the map knows where the memo alone would not tell the channel."""
    said = pl.lit("transfer")
    for channel, words in reversed(list(source_map.channels.items())):
        said = pl.when(pl.col("memo").str.contains_any(list(words))).then(pl.lit(channel)).otherwise(said)
    better = pl.col("memo")
    for channel, words in source_map.channels.items():
        better = pl.when((pl.col("channel") == channel) & (said != channel)).then(pl.lit(words[0])).otherwise(better)
    return better


def _printed(name: str, value: pl.Expr, rows: pl.DataFrame, dialect: Dialect, source_map: SourceMap) -> pl.Expr:
    """Return a field as the dialect prints it."""
    if name in source_map.choices:
        signs = {meaning: words[dialect.alternative % len(words)] for meaning, words in source_map.choices[name].items()}
        cell = value.replace_strict(signs, default=None, return_dtype=pl.String)
    elif name in _MONEY:
        cell = _money(value, dialect)
    elif name in _TIMES:
        cell = _time(name, value, rows, dialect)
    else:
        cell = value.cast(pl.String)
        if name in _NUMBERS:
            cell = _wrapped(cell, dialect)
    if "damage" in rows.columns:
        cell = _damaged(name, cell)
    return cell


def _money(fen: pl.Expr, dialect: Dialect) -> pl.Expr:
    red, fen = fen < 0, fen.abs()
    yuan, part = fen // 100, (fen % 100).cast(pl.String).str.zfill(2)
    whole = yuan.cast(pl.String)
    if dialect.thousands:
        low, middle, high = yuan % 1000, yuan // 1000 % 1000, yuan // 1_000_000
        three = [group.cast(pl.String).str.zfill(3) for group in (low, middle)]
        whole = (
            pl.when(high > 0)
            .then(pl.format("{},{},{}", high, three[1], three[0]))
            .when(yuan >= 1000)
            .then(pl.format("{},{}", middle, three[0]))
            .otherwise(whole)
        )
    cell = pl.when(red).then(pl.lit("-")).otherwise(pl.lit("")) + whole + "." + part
    if dialect.yuan_sign:
        cell = "¥" + cell
    if dialect.full_width:
        cell = cell.str.replace_many(list(_FULL_WIDTH), list(_FULL_WIDTH.values()))
    return cell


def _time(name: str, us: pl.Expr, rows: pl.DataFrame, dialect: Dialect) -> pl.Expr:
    local = us + 8 * HOUR_US
    when = local.cast(pl.Datetime("us"))
    if dialect.time_form == "serial":
        cell = (local / (24 * HOUR_US) + 25_569).round(9).cast(pl.String)
    else:
        cell = when.dt.strftime(TIME_FORMS[dialect.time_form])
    if name == "at" and "coarse" in rows.columns:
        cell = pl.when("coarse").then(when.dt.strftime("%Y-%m-%d")).otherwise(cell)
    return cell


def _wrapped(cell: pl.Expr, dialect: Dialect) -> pl.Expr:
    forms = {"none": cell, "tab": cell + "\t", "apostrophe": "'" + cell, "formula": '="' + cell + '"'}
    return forms[dialect.wrap]


def _damaged(name: str, cell: pl.Expr) -> pl.Expr:
    """Spoil the cells of damaged rows as spreadsheets and scanners do: numbers cut off, a letter in an amount, no such day."""
    spoilt = {
        "own_account": (0, "9.91E+16"),
        "own_card": (0, "6.29998E+18"),
        "own": (0, "1.54E+10"),
        "imei": (1, "1E+12"),
        "amount": (1, "1,2O4.50"),
        "at": (2, "2024-13-41 25:61:00"),
    }
    if name not in spoilt:
        return cell
    kind, value = spoilt[name]
    return pl.when(pl.col("damage") == kind).then(pl.lit(value)).otherwise(cell)
