"""What each kind of document says: typed fields of a row become statement legs and rows of the tables.

A document is two functions of the typed frame (``row`` and every field of ``source_map.FIELDS``, absent ones null):
``checks`` lists what a row must not be, ``build`` turns the rows that passed into frames.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import polars as pl

from graphfraud.intake import calls
from graphfraud.intake.call_counts import call_counts
from graphfraud.intake.legs import LEG_SCHEMA
from graphfraud.intake.source_map import REVERSAL, SourceMap
from graphfraud.tables import TABLES
from graphfraud.units import AMOUNT_FEN_MAX, TIME_US_MAX, TIME_US_MIN

FRAMES = ("accounts", "holders", "sims", "devices", "cases", "links", "call_counts")
"""Tables a document may fill besides legs."""

_WORD_FIELDS = ("memo", "kind", "note", "merchant", "cp_name")
"""Where the words of ``[channels]`` are looked for."""

_PERSON = r"^[1-9]\d{16}[\dX]$|^[1-9]\d{14}$"
_COMPANY = r"^[0-9A-Z]{18}$"  # GB 32100 uses no I, O, S, V, Z: a code with one is misprinted (or made up), but no person's


@dataclass(frozen=True, slots=True)
class Check:
    """A row for which ``fails`` is true is rejected; ``field`` is the cell the message shows."""

    name: str
    field: str
    fails: pl.Expr


@dataclass(frozen=True, slots=True)
class Document:
    """The two functions of a kind of document."""

    checks: Callable[[SourceMap], list[Check]]
    build: Callable[[pl.DataFrame, SourceMap, str], dict[str, pl.DataFrame]]


def schema(name: str) -> dict[str, pl.DataType | type[pl.DataType]]:
    """Return the columns of a table as intake gives them: ``row`` in place of ``record``."""
    columns = {c: dtype for c, dtype in TABLES[name].schema.items() if c != "record"}
    return {**columns, "row": pl.Int64}


def _shaped(frame: pl.DataFrame, name: str) -> pl.DataFrame:
    columns = schema(name)
    return frame.select((pl.col(c) if c in frame.columns else pl.lit(None)).cast(t).alias(c) for c, t in columns.items())


def _links(kind: str, a_kind: str, a: str, b_kind: str, b: str, frame: pl.DataFrame) -> pl.DataFrame:
    """Link column ``a`` to column ``b`` where both are known; the period is first_us to last_us where the frame has it."""
    known = frame.filter(pl.col(a).is_not_null() & pl.col(b).is_not_null())
    ends = [c for c in ("first_us", "last_us") if c in frame.columns]
    return known.select(
        pl.lit(kind).alias("kind"),
        pl.lit(a_kind).alias("a_kind"),
        pl.col(a).alias("a_id"),
        pl.lit(b_kind).alias("b_kind"),
        pl.col(b).alias("b_id"),
        *ends,
        pl.lit(1, pl.Int64).alias("n_seen"),
        "row",
    )


def _joined(frames: list[pl.DataFrame], name: str) -> pl.DataFrame:
    return pl.concat([_shaped(frame, name) for frame in frames])


def _range_checks(money: tuple[str, ...], times: tuple[str, ...]) -> list[Check]:
    return [Check("amount_out_of_range", f, pl.col(f).abs() > AMOUNT_FEN_MAX) for f in money] + [
        Check("time_out_of_range", f, ~pl.col(f).is_between(TIME_US_MIN, TIME_US_MAX - 1)) for f in times
    ]


def _holder_kind(holder: str) -> pl.Expr:
    by_number = pl.when(pl.col(holder).str.contains(_PERSON)).then(pl.lit("person"))
    return by_number.when(pl.col(holder).str.contains(_COMPANY)).then(pl.lit("company"))


def _numbered(holder: str, name: str, source_id: str) -> pl.Expr:
    """Return the holder's id: the identity number, else source:row. Namesakes without a number are not taken for one person."""
    own_row = pl.format("{}:{}", pl.lit(source_id), "row")
    return pl.coalesce(holder, pl.when(pl.col(name).is_not_null()).then(own_row))


def _victim(source_id: str) -> pl.Expr:
    """Return the victim's id: the identity number, else that of the same name in the same case, else source:row.

    One victim stands in several rows of a case, so of rows without a number those of one case, name and phone are one victim.
    """
    number, name = pl.col("victim_id"), pl.col("victim_name")
    n_numbers = number.drop_nulls().n_unique().over("case_id", "victim_name")
    the_number = number.drop_nulls().first().over("case_id", "victim_name")
    namesake = pl.when(name.is_not_null() & (n_numbers == 1)).then(the_number)
    first = pl.col("row").filter(number.is_null()).min().over("case_id", "victim_name", "victim_phone")
    return pl.coalesce(number, namesake, pl.format("{}:{}", pl.lit(source_id), first))


# --- bank statement


def _statement_checks(source_map: SourceMap) -> list[Check]:
    columns = source_map.columns
    split = "debit" in columns
    checks = [
        Check("missing_account", "own_account" if "own_account" in columns else "own_card", pl.col("own_id").is_null()),
        Check("zero_amount", "amount", pl.col("amount") == 0),
        Check("missing_value", "direction", pl.col("direction").is_null()),
        Check("missing_value", "amount", pl.col("amount").is_null()),
    ]
    if split:
        both = (pl.col("debit").fill_null(0) != 0) & (pl.col("credit").fill_null(0) != 0)
        checks.append(Check("two_amounts", "debit", both))
    return checks + _range_checks(("amount", "balance"), ("at",))


def statement_fields(typed: pl.DataFrame) -> pl.DataFrame:
    """Settle what several columns of a statement say together: own and counterparty id, amount, direction, instant."""
    columns = [
        pl.coalesce("own_account", "own_card").alias("own_id"),
        pl.coalesce("cp_account", "cp_card").alias("cp_id"),
    ]
    if typed["debit"].null_count() < typed.height or typed["credit"].null_count() < typed.height:
        out, into = pl.col("debit").fill_null(0) != 0, pl.col("credit").fill_null(0) != 0
        columns.append(pl.coalesce("amount", pl.when(out).then("debit"), pl.when(into).then("credit"), "debit", "credit"))
        by_column = pl.when(out).then(pl.lit("out")).when(into | pl.col("credit").is_not_null()).then(pl.lit("in"))
        by_column = by_column.when(pl.col("debit").is_not_null()).then(pl.lit("out"))
        columns.append(pl.coalesce("direction", by_column).alias("direction"))
        columns[-2] = columns[-2].alias("amount")
    return typed.with_columns(columns)


def _words_rank(typed: pl.DataFrame, source_map: SourceMap) -> pl.DataFrame:
    """Return ``channel`` (null where no word says) and ``takes_back`` for each row, by the words of the map."""
    kinds = [c for c in source_map.channels if c != REVERSAL]
    words = [word for group in source_map.channels.values() for word in group]
    rank = pl.select(pl.repeat(len(kinds), typed.height, dtype=pl.Int64)).to_series()
    back = pl.select(pl.repeat(False, typed.height, dtype=pl.Boolean)).to_series()
    for field in _WORD_FIELDS if words else ():
        column = typed[field]
        if column.null_count() == column.len():
            continue
        at = column.str.contains_any(words, ascii_case_insensitive=True).arg_true()
        if at.is_empty():
            continue
        few = column.gather(at).alias("text")
        # Texts repeat: each different one is looked at once.
        text = few.unique().to_frame()
        chain = pl.lit(len(kinds), pl.Int64)
        for place in range(len(kinds) - 1, -1, -1):
            found = pl.col("text").str.contains_any(list(source_map.channels[kinds[place]]), ascii_case_insensitive=True)
            chain = pl.when(found).then(pl.lit(place, pl.Int64)).otherwise(chain)
        reversal = list(source_map.channels.get(REVERSAL, ()))
        takes = pl.col("text").str.contains_any(reversal) if reversal and field != "cp_name" else pl.lit(False)
        said = few.to_frame().join(text.with_columns(rank=chain, back=takes), on="text", how="left", maintain_order="left")
        best = pl.DataFrame({"a": rank.gather(at), "b": said["rank"]}).select(pl.min_horizontal("a", "b")).to_series()
        rank = rank.scatter(at, best)
        back = back.scatter(at, back.gather(at) | said["back"])
    channel = rank.replace_strict(dict(enumerate(kinds)), default=None, return_dtype=pl.String).alias("channel")
    return pl.DataFrame({"channel": channel, "takes_back": back})


def _build_statement(typed: pl.DataFrame, source_map: SourceMap, source_id: str) -> dict[str, pl.DataFrame]:
    del source_id
    typed = typed.with_columns(_words_rank(typed, source_map))
    red = pl.col("amount") < 0
    back = red | pl.col("takes_back") | (pl.col("reversal") == "yes").fill_null(False)
    out = pl.col("direction") == "out"
    # A red amount stands on the side of the row it takes back; a positive one that takes back stands on the other side.
    payer = pl.when(back & ~red).then(~out).otherwise(out)
    cash = pl.when(out).then(pl.lit("cash_out")).otherwise(pl.lit("cash_in"))
    is_cash = pl.col("channel").is_in(["cash_in", "cash_out"]) | (pl.col("channel").is_null() & (pl.col("cash") == "cash"))
    failed = pl.col("success") == "failed"
    legs = typed.select(
        "row",
        pl.when(payer).then(pl.lit("payer")).otherwise(pl.lit("payee")).alias("side"),
        pl.when(failed).then(pl.lit("failed")).when(back).then(pl.lit("reversal")).otherwise(pl.lit("ok")).alias("state"),
        "own_id",
        pl.when(pl.col("own_account") != pl.col("own_card")).then("own_card").alias("own_card"),
        "own_name",
        "cp_id",
        "cp_name",
        pl.col("amount").abs().alias("amount_fen"),
        pl.col("balance").alias("balance_fen"),
        pl.col("at").alias("at_us"),
        pl.col("at_precision_us"),
        "serial",
        pl.when(is_cash).then(cash).otherwise(pl.col("channel").fill_null("transfer")).alias("channel"),
        pl.coalesce("memo", "note").alias("memo"),
        pl.lit(None, pl.String).alias("case_id"),
        "ip",
        "mac",
        "terminal",
    ).cast(LEG_SCHEMA)  # type: ignore[arg-type]
    frames = {"legs": legs}
    if typed["own_holder"].null_count() < typed.height:
        told = typed.select("row", "own_id", "own_holder", "own_name").filter(pl.col("own_holder").is_not_null())
        told = told.unique(["own_id", "own_holder"], keep="first", maintain_order=True)
        told = told.rename({"own_id": "account_id", "own_holder": "holder_id", "own_name": "holder_name"})
        people = told.select("row", "holder_id", kind=_holder_kind("holder_id"), name="holder_name")
        frames["accounts"] = _shaped(told, "accounts")
        frames["holders"] = _shaped(people.unique("holder_id", keep="first", maintain_order=True), "holders")
        frames["links"] = _shaped(_links("holds", "holder", "holder_id", "account", "account_id", told), "links")
    return frames


# --- case report


def _pays() -> pl.Expr:
    fields = ("amount", "at", "payer_account", "payee_account", "payee_name")
    return pl.any_horizontal(pl.col(f).is_not_null() for f in fields)


def _case_checks(source_map: SourceMap) -> list[Check]:
    del source_map
    return [
        Check("missing_value", "case_id", pl.col("case_id").is_null()),
        Check("zero_amount", "amount", pl.col("amount") == 0),
        Check("negative_amount", "amount", pl.col("amount") < 0),
        Check("negative_amount", "loss", pl.col("loss") < 0),
        Check("negative_amount", "returned", pl.col("returned") < 0),
        Check("missing_value", "amount", _pays() & pl.col("amount").is_null()),
        Check("missing_value", "at", _pays() & pl.col("at").is_null()),
        Check("missing_account", "payer_account", _pays() & pl.col("payer_account").is_null()),
        *_range_checks(("amount", "loss", "returned"), ("at", "reported_at", "occurred_at")),
    ]


def _build_case(typed: pl.DataFrame, source_map: SourceMap, source_id: str) -> dict[str, pl.DataFrame]:
    typed = typed.with_columns(kind=pl.lit(None, pl.String), note=pl.lit(None, pl.String), merchant=pl.lit(None, pl.String))
    typed = typed.with_columns(cp_name="payee_name").with_columns(
        _words_rank(typed.with_columns(cp_name="payee_name"), source_map)
    )
    typed = typed.with_columns(victim=_victim(source_id))
    payments = typed.filter(_pays())
    legs = payments.select(
        "row",
        pl.lit("report").alias("side"),
        pl.lit("ok").alias("state"),
        pl.col("payer_account").alias("own_id"),
        pl.lit(None, pl.String).alias("own_card"),
        pl.coalesce("payer_name", "victim_name").alias("own_name"),
        pl.col("payee_account").alias("cp_id"),
        pl.col("payee_name").alias("cp_name"),
        pl.col("amount").alias("amount_fen"),
        pl.lit(None, pl.Int64).alias("balance_fen"),
        pl.col("at").alias("at_us"),
        pl.col("at_precision_us"),
        "serial",
        pl.col("channel").fill_null("transfer"),
        "memo",
        "case_id",
        "ip",
        "mac",
        pl.lit(None, pl.String).alias("terminal"),
    ).cast(LEG_SCHEMA)  # type: ignore[arg-type]

    def first(column: str) -> pl.Expr:
        return pl.col(column).drop_nulls().first()

    cases = typed.group_by("case_id", "victim", maintain_order=True).agg(
        pl.col("row").first(),
        victim_name=first("victim_name"),
        kind=first("case_kind"),
        occurred_us=first("occurred_at"),
        reported_us=first("reported_at"),
        loss_fen=first("loss"),
        returned_fen=first("returned"),
        unit=first("unit"),
        brief=first("brief"),
    )
    holders = typed.group_by("victim", maintain_order=True).agg(
        pl.col("row").first(), name=first("victim_name"), phone=first("victim_phone"), address=first("victim_address")
    )
    holders = holders.rename({"victim": "holder_id"}).with_columns(
        kind=pl.coalesce(_holder_kind("holder_id"), pl.lit("person")), id_kind=pl.lit(None, pl.String)
    )
    own = pl.col("payer_name").is_null() | (pl.col("payer_name") == pl.col("victim_name"))
    payers = payments.select(
        "row",
        account_id="payer_account",
        bank="payer_bank",
        holder_name=pl.coalesce("payer_name", "victim_name"),
        holder_id=pl.when(own).then("victim"),
    )
    payees = payments.select("row", account_id="payee_account", bank="payee_bank", holder_name="payee_name")
    return {
        "legs": legs,
        "cases": _shaped(cases.rename({"victim": "victim_id"}), "cases"),
        "holders": _shaped(holders, "holders"),
        "accounts": _joined([payers, payees.filter(pl.col("account_id").is_not_null())], "accounts"),
        "links": _shaped(
            _links("holds", "holder", "holder_id", "account", "account_id", payers).unique(
                ["a_id", "b_id"], keep="first", maintain_order=True
            ),
            "links",
        ),
    }


# --- registers


def _account_checks(source_map: SourceMap) -> list[Check]:
    shown = "account" if "account" in source_map.columns else "card"
    missing = Check("missing_account", shown, pl.col("account").is_null() & pl.col("card").is_null())
    return [missing, *_range_checks(("balance",), ("opened_at", "closed_at"))]


def _build_accounts(typed: pl.DataFrame, source_map: SourceMap, source_id: str) -> dict[str, pl.DataFrame]:
    del source_map
    typed = typed.with_columns(
        account_id=pl.coalesce("account", "card"),
        holder_id=_numbered("holder_id", "holder_name", source_id),
        opened_us="opened_at",
        closed_us="closed_at",
        balance_fen="balance",
        first_us="opened_at",
        last_us="closed_at",
    )
    holders = typed.filter(pl.col("holder_id").is_not_null()).select(
        "row",
        "holder_id",
        "id_kind",
        "phone",
        "address",
        kind=pl.coalesce("holder_kind", _holder_kind("holder_id")),
        name="holder_name",
    )
    two = typed.filter(pl.col("card") != pl.col("account"))
    links = [
        _links("card_of", "account", "card", "account", "account", two),
        _links("holds", "holder", "holder_id", "account", "account_id", typed),
        _links("registered_with", "account", "account_id", "sim", "phone", typed),
        _links("opened_by", "account", "account_id", "outlet", "outlet", typed),
    ]
    return {
        "accounts": _shaped(typed, "accounts"),
        "holders": _shaped(holders, "holders"),
        "links": _joined(links, "links").unique(["kind", "a_id", "b_id"], keep="first", maintain_order=True),
    }


def _sim_checks(source_map: SourceMap) -> list[Check]:
    del source_map
    return [Check("missing_value", "phone", pl.col("phone").is_null()), *_range_checks((), ("opened_at", "closed_at"))]


def _build_sims(typed: pl.DataFrame, source_map: SourceMap, source_id: str) -> dict[str, pl.DataFrame]:
    del source_map
    typed = typed.with_columns(
        sim_id="phone",
        holder_id=_numbered("holder_id", "holder_name", source_id),
        opened_us="opened_at",
        closed_us="closed_at",
        first_us="opened_at",
        last_us="closed_at",
    )
    holders = typed.filter(pl.col("holder_id").is_not_null()).select(
        "row", "holder_id", "id_kind", "address", kind=_holder_kind("holder_id"), name="holder_name"
    )
    devices = typed.filter(pl.col("imei").is_not_null()).select("row", device_id="imei", kind=pl.lit("imei"))
    links = [
        _links("registered_with", "holder", "holder_id", "sim", "sim_id", typed),
        _links("opened_by", "sim", "sim_id", "outlet", "agent", typed),
        _links("inserted_in", "sim", "sim_id", "device", "imei", typed.drop("first_us", "last_us")),
    ]
    return {
        "sims": _shaped(typed, "sims"),
        "holders": _shaped(holders, "holders"),
        "devices": _shaped(devices.unique("device_id", keep="first", maintain_order=True), "devices"),
        "links": _joined(links, "links").unique(["kind", "a_id", "b_id"], keep="first", maintain_order=True),
    }


# --- call records

_SIM_NUMBER = r"^1[3-9]\d{9}$|^14\d{11}$|^\+(?:[1-79]|8[0-57-9])\d{5,13}$"


def _call_checks(source_map: SourceMap) -> list[Check]:
    del source_map
    return [
        Check("missing_value", "own", pl.col("own").is_null()),
        Check("missing_value", "at", pl.col("at").is_null()),
        # A hotline or a landline is no phone card, and a handset is never in its hands.
        Check("not_a_sim", "own", ~pl.col("own").str.contains(_SIM_NUMBER)),
        *_range_checks((), ("at",)),
    ]


def _build_calls(typed: pl.DataFrame, source_map: SourceMap, source_id: str) -> dict[str, pl.DataFrame]:
    told = calls.frames(typed)
    counted = call_counts(typed, told["calls"], source_map.directions).with_columns(source_id=pl.lit(source_id))
    frames = {**told, "call_counts": counted}
    return {
        "calls": told["calls"],
        **{name: _shaped(frames[name], name) for name in ("sims", "devices", "links", "call_counts")},
    }


DOCUMENTS: Mapping[str, Document] = {
    "statement": Document(_statement_checks, _build_statement),
    "case_report": Document(_case_checks, _build_case),
    "account_register": Document(_account_checks, _build_accounts),
    "sim_register": Document(_sim_checks, _build_sims),
    calls.DOCUMENT: Document(_call_checks, _build_calls),
}
"""Kind of document -> how it is read."""
