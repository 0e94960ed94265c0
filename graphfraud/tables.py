"""The constitution: twelve tables, each column's type and meaning, each requirement with its reason.

Whatever enters a store has passed :func:`check`. Times are microseconds since 1970 UTC, money is fen, ids are text.
An unknown record number is -1; every other unknown value is null.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import polars as pl

from graphfraud.errors import TableError
from graphfraud.units import AMOUNT_FEN_MAX, DAY_US, MINUTE_US, NONE, SECOND_US, TIME_US_MAX, TIME_US_MIN

OUTCOMES = ("kept", "duplicate", "mirrored", "reversed", "failed", "rejected")
"""What becomes of a row read; every row has exactly one, so *read* is their sum."""

CHANNELS = (
    "transfer",  # account to account
    "cash_in",
    "cash_out",  # ATM or counter
    "merchant",  # POS, gold shop, online purchase
    "wallet",  # payment-platform balance, red packet, top-up
    "crypto",  # virtual-asset dealer
    "cross_border",
    "fee",
    "interest",
)
"""By which way money moves."""

EXIT_CHANNELS = ("cash_out", "merchant", "wallet", "crypto", "cross_border", "fee")
"""Channels by which money leaves the accounts that can be frozen; tracing stops there."""

LINK_KINDS = (
    "card_of",  # card number -> account number of the same account
    "holds",  # holder -> account
    "registered_with",  # account -> sim (bound phone); holder -> sim (subscriber)
    "logged_in_on",  # account -> device or ip
    "inserted_in",  # sim -> device
    "opened_by",  # account or sim -> outlet or agent
)
ENTITY_KINDS = ("account", "holder", "sim", "device", "ip", "outlet", "case")
MEASURE_KINDS = ("stop_payment", "freeze", "unfreeze", "return")
VERDICTS = ("same", "different", "unsure")

SHORT_CALL_US = 30 * SECOND_US
"""An answered call is short if it lasts at most so long; the columns of ``call_counts`` are counted by these."""
PAUSE_US = MINUTE_US
"""A call made less than this after the end of the one made before follows it without a pause."""
TOP_PEERS = 5
"""So many other ends take most calls of ordinary people."""
WOKEN_US = DAY_US
"""How long after its longest silence the calls a card makes are counted."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, type and meaning; ``required`` forbids null, ``in_digest`` is false for clock readings."""

    name: str
    dtype: pl.DataType | type[pl.DataType]
    meaning: str
    required: bool = False
    in_digest: bool = True


@dataclass(frozen=True, slots=True)
class Requirement:
    """A check each row must pass: ``holds`` is true (or null) for a good row; ``reason`` says why it is asked."""

    name: str
    column: str
    holds: Callable[[], pl.Expr]
    expected: str
    reason: str


@dataclass(frozen=True, slots=True)
class Table:
    """A table: its key, its columns in order, its requirements."""

    name: str
    chinese: str
    meaning: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    requirements: tuple[Requirement, ...] = ()

    @property
    def schema(self) -> dict[str, pl.DataType | type[pl.DataType]]:
        """Column name -> dtype, in order."""
        return {column.name: column.dtype for column in self.columns}


def _one_of(column: str, values: tuple[str, ...]) -> Requirement:
    return Requirement(
        f"{column}_known", column, lambda: pl.col(column).is_in(values), f"one of {', '.join(values)}", "a closed vocabulary"
    )


def _time(column: str) -> Requirement:
    return Requirement(
        f"{column}_in_range",
        column,
        lambda: pl.col(column).is_between(TIME_US_MIN, TIME_US_MAX),
        "a time from 1990 to 2099",
        "a time outside is a damaged cell, not a transfer",
    )


def _not_blank(column: str) -> Requirement:
    return Requirement(
        f"{column}_not_blank", column, lambda: pl.col(column).str.len_bytes() > 0, "a text that is not empty", "ids name things"
    )


_RECORD = Column("record", pl.Int64, "record number of the row that says so (the newest where several do), -1 unknown", True)
_LINK_RECORD = Column("record", pl.Int64, "the same; of inserted_in the first dated sighting where there is one", True)

_ALL = (
    Table(
        "sources",
        "来源文件",
        "a file (or one sheet of it) that was loaded",
        ("source_id",),
        (
            Column("source_id", pl.String, "first 16 hex digits of sha256, and #n for the n-th sheet after the first", True),
            Column("name", pl.String, "file name without its folder", True),
            Column("sheet", pl.String, "sheet name of a workbook"),
            Column("sha256", pl.String, "digest of the file's bytes", True),
            Column("bytes", pl.Int64, "size of the file", True),
            Column("loader", pl.String, "name of the map that read it", True),
            Column("loader_sha256", pl.String, "digest of that map.toml", True),
            Column("document", pl.String, "kind of document", True),
            Column("encoding", pl.String, "character encoding found", True),
            Column("header_row", pl.Int64, "line (1-based) the headings stood on", True),
            Column("record_first", pl.Int64, "record number of row 1: record = record_first + row - 1", True),
            Column("n_read", pl.Int64, "rows read", True),
            Column("loaded_us", pl.Int64, "when it was loaded", True, in_digest=False),
        ),
        (_not_blank("source_id"),),
    ),
    Table(
        "records",
        "原始记录",
        "one row of a source and what became of it",
        ("record",),
        (
            Column("record", pl.Int64, "number of the row, unique in the store", True),
            Column("source_id", pl.String, "the source it stands in", True),
            Column("row", pl.Int64, "row 1 is the first data row under the headings", True),
            Column("outcome", pl.String, "kept, duplicate, mirrored, reversed, failed or rejected", True),
            Column("column", pl.String, "heading of the cell at fault"),
            Column("value", pl.String, "what that cell says"),
            Column("check", pl.String, "name of the requirement not met, or why it was set apart"),
            Column("message", pl.String, "the same in a sentence, identifiers masked"),
            Column("raw", pl.String, "the whole row as a JSON object, for reversed, failed and rejected rows"),
            Column("leg", pl.String, "what a later file is matched with: the row as a statement leg, or marks of calls (JSON)"),
        ),
        (_one_of("outcome", OUTCOMES),),
    ),
    Table(
        "accounts",
        "账户",
        "a bank card, bank account or payment account",
        ("account_id",),
        (
            Column("account_id", pl.String, "the account number; the card number where no account number is known", True),
            Column("kind", pl.String, "personal, company, merchant or payment"),
            Column("bank", pl.String, "bank or payment institution"),
            Column("outlet", pl.String, "outlet where it was opened"),
            Column("holder_id", pl.String, "in whose name it stands"),
            Column("holder_name", pl.String, "the holder's name as the statement or register prints it"),
            Column("phone", pl.String, "bound phone number"),
            Column("opened_us", pl.Int64, "when it was opened"),
            Column("closed_us", pl.Int64, "when it was closed"),
            Column("status", pl.String, "normal, frozen, stopped or closed"),
            Column("balance_fen", pl.Int64, "balance the register states"),
            _RECORD,
        ),
        (_not_blank("account_id"), _time("opened_us"), _time("closed_us")),
    ),
    Table(
        "holders",
        "持有人",
        "a person or company in whose name an account or SIM stands",
        ("holder_id",),
        (
            Column("holder_id", pl.String, "identity number; source:row where none is known", True),
            Column("kind", pl.String, "person or company"),
            Column("name", pl.String, "name"),
            Column("id_kind", pl.String, "kind of identity paper"),
            Column("phone", pl.String, "phone number given"),
            Column("address", pl.String, "address given"),
            _RECORD,
        ),
        (_not_blank("holder_id"),),
    ),
    Table(
        "sims",
        "电话卡",
        "a phone card",
        ("sim_id",),
        (
            Column("sim_id", pl.String, "phone number (MSISDN)", True),
            Column("iccid", pl.String, "number printed on the card"),
            Column("imsi", pl.String, "subscriber number"),
            Column("carrier", pl.String, "carrier"),
            Column("region", pl.String, "home region"),
            Column("plan", pl.String, "tariff or kind of card"),
            Column("agent", pl.String, "agent or outlet that opened it"),
            Column("holder_id", pl.String, "subscriber"),
            Column("opened_us", pl.Int64, "when it was opened"),
            Column("closed_us", pl.Int64, "when it was closed"),
            Column("status", pl.String, "as the register states it"),
            _RECORD,
        ),
        (_not_blank("sim_id"), _time("opened_us"), _time("closed_us")),
    ),
    Table(
        "devices",
        "设备",
        "a handset, POS terminal or modem pool",
        ("device_id",),
        (
            Column("device_id", pl.String, "IMEI, MAC or terminal number", True),
            Column("kind", pl.String, "imei, mac or terminal"),
            Column("model", pl.String, "make and model"),
            _RECORD,
        ),
        (_not_blank("device_id"),),
    ),
    Table(
        "cases",
        "案件",
        "a reported case, one row for each of its victims",
        ("case_id", "victim_id"),
        (
            Column("case_id", pl.String, "case number", True),
            Column("victim_id", pl.String, "holder_id of the victim", True),
            Column("victim_name", pl.String, "name of the victim"),
            Column("kind", pl.String, "kind of fraud as reported"),
            Column("occurred_us", pl.Int64, "when the fraud happened"),
            Column("reported_us", pl.Int64, "when it was reported"),
            Column("loss_fen", pl.Int64, "loss the victim states"),
            Column("returned_fen", pl.Int64, "already returned to the victim"),
            Column("unit", pl.String, "police unit that accepted it"),
            Column("brief", pl.String, "what happened"),
            _RECORD,
        ),
        (_not_blank("case_id"), _time("occurred_us"), _time("reported_us")),
    ),
    Table(
        "transactions",
        "交易",
        "a transfer of money, its statement legs reconciled",
        ("transaction_id",),
        (
            Column("transaction_id", pl.String, "source_id:row of its payer leg, else payee leg, else report", True),
            Column("payer_id", pl.String, "account the money left", True),
            Column("payee_id", pl.String, "account the money reached", True),
            Column("amount_fen", pl.Int64, "amount", True),
            Column("at_us", pl.Int64, "when: the payer's bank's time, else the payee's, else the report's", True),
            Column("seq", pl.Int64, "order among transactions of one instant; unique in the store", True),
            Column("at_precision_us", pl.Int64, "the instant lies in [at_us, at_us + at_precision_us)", True),
            Column("channel", pl.String, "way the money moved", True),
            Column("memo", pl.String, "purpose as printed"),
            Column("payer_name", pl.String, "payer's name as printed"),
            Column("payee_name", pl.String, "payee's name as printed"),
            Column("payer_at_us", pl.Int64, "time on the payer's statement"),
            Column("payee_at_us", pl.Int64, "time on the payee's statement"),
            Column("payer_balance_fen", pl.Int64, "payer's running balance after it"),
            Column("payee_balance_fen", pl.Int64, "payee's running balance after it"),
            Column("payer_serial", pl.String, "bank serial on the payer's statement"),
            Column("payee_serial", pl.String, "bank serial on the payee's statement"),
            Column("payer_record", pl.Int64, "record of the payer's statement leg, -1 where it is not held", True),
            Column("payee_record", pl.Int64, "record of the payee's statement leg, -1 where it is not held", True),
            Column("report_record", pl.Int64, "record of the case report that names it as a victim's payment, else -1", True),
            Column("case_id", pl.String, "case whose victim payment it is"),
            Column("legs", pl.String, "what its legs say beside these columns (JSON), null where they say nothing else"),
        ),
        (
            _not_blank("transaction_id"),
            _not_blank("payer_id"),
            _not_blank("payee_id"),
            Requirement(
                "amount_in_range",
                "amount_fen",
                lambda: pl.col("amount_fen").is_between(1, AMOUNT_FEN_MAX),
                "more than 0 and at most 10,000,000,000,000.00 yuan",
                "sums must stay exact in 64 bits",
            ),
            _time("at_us"),
            _one_of("channel", CHANNELS),
            Requirement(
                "has_a_record",
                "payer_record",
                lambda: pl.max_horizontal("payer_record", "payee_record", "report_record") > NONE,
                "at least one record number",
                "a figure must lead to a file and a row",
            ),
        ),
    ),
    Table(
        "links",
        "关联",
        "a dated tie that is not money; read it from a to b as its kind says",
        ("kind", "a_kind", "a_id", "b_kind", "b_id"),
        (
            Column("kind", pl.String, "card_of, holds, registered_with, logged_in_on, inserted_in or opened_by", True),
            Column("a_kind", pl.String, "kind of thing a is", True),
            Column("a_id", pl.String, "id of a", True),
            Column("b_kind", pl.String, "kind of thing b is", True),
            Column("b_id", pl.String, "id of b", True),
            Column("first_us", pl.Int64, "first seen"),
            Column("last_us", pl.Int64, "last seen"),
            Column("n_seen", pl.Int64, "times seen", True),
            _LINK_RECORD,
        ),
        (
            _one_of("kind", LINK_KINDS),
            _one_of("a_kind", ENTITY_KINDS),
            _one_of("b_kind", ENTITY_KINDS),
            _not_blank("a_id"),
            _not_blank("b_id"),
        ),
    ),
    Table(
        "measures",
        "处置措施",
        "a stop-payment, freeze, unfreeze or return",
        ("measure_id",),
        (
            Column("measure_id", pl.String, "document number; source:row where none is given", True),
            Column("kind", pl.String, "stop_payment, freeze, unfreeze or return", True),
            Column("account_id", pl.String, "account concerned", True),
            Column("amount_fen", pl.Int64, "amount concerned; null is the whole balance"),
            Column("since_us", pl.Int64, "in force from", True),
            Column("until_us", pl.Int64, "in force to, end excluded"),
            Column("authority", pl.String, "who ordered it"),
            Column("case_id", pl.String, "case it serves"),
            _RECORD,
        ),
        (_one_of("kind", MEASURE_KINDS), _not_blank("measure_id"), _not_blank("account_id"), _time("since_us")),
    ),
    Table(
        "judgements",
        "认定",
        "a person's decision that two holders are the same, different, or unsure",
        ("judgement_id",),
        (
            Column("judgement_id", pl.String, "id of the decision", True),
            Column("a_id", pl.String, "holder_id", True),
            Column("b_id", pl.String, "holder_id", True),
            Column("verdict", pl.String, "same, different or unsure", True),
            Column("by", pl.String, "who decided", True),
            Column("at_us", pl.Int64, "when", True),
            Column("reason", pl.String, "why"),
            _RECORD,
        ),
        (_one_of("verdict", VERDICTS), _not_blank("judgement_id"), _time("at_us")),
    ),
    Table(
        "call_counts",
        "话单统计",
        "what one file of call records says of one phone card, each call counted once; null where the file lacks the fact",
        ("source_id", "sim_id"),
        (
            Column("source_id", pl.String, "the file", True),
            Column("sim_id", pl.String, "the phone card whose calls they are", True),
            Column("n_calls", pl.Int64, "calls, messages and data sessions", True),
            Column("n_days", pl.Int64, "days (China time) with any of them", True),
            Column("first_us", pl.Int64, "start of the first", True),
            Column("last_us", pl.Int64, "start of the last", True),
            Column("n_out", pl.Int64, "calls made (messages are not calls)"),
            Column("n_in", pl.Int64, "calls taken"),
            Column("first_in_us", pl.Int64, "start of the first call taken"),
            Column("n_unanswered", pl.Int64, "calls made that lasted 0 seconds"),
            Column("n_short", pl.Int64, "calls made that lasted 1 to 30 seconds"),
            Column("n_no_pause", pl.Int64, "calls made within 60 seconds of the end of the one made before"),
            Column("n_peers", pl.Int64, "different other ends called"),
            Column("n_top_peers", pl.Int64, "calls made to the five other ends most called"),
            Column("n_day_peers", pl.Int64, "different other ends called on the day with most of them"),
            Column("day_us", pl.Int64, "start of that day (China time)"),
            Column("n_located", pl.Int64, "rows that name the cell (LAC, CI)"),
            Column("n_cells", pl.Int64, "different cells"),
            Column("n_placed", pl.Int64, "rows that name the place (通话地, 漫游地)"),
            Column("place", pl.String, "the place most of them name"),
            Column("n_at_place", pl.Int64, "rows that name it"),
            Column("silence_us", pl.Int64, "longest time from one start to the next"),
            Column("woken_us", pl.Int64, "the start that ended it"),
            Column("n_woken", pl.Int64, "calls made in the 24 hours from then on"),
            Column("record", pl.Int64, "record of the first", True),
        ),
        (
            _not_blank("source_id"),
            _not_blank("sim_id"),
            _time("first_us"),
            Requirement(
                "n_calls_positive", "n_calls", lambda: pl.col("n_calls") > 0, "more than 0", "a card without calls has no row"
            ),
        ),
    ),
)

TABLES: Mapping[str, Table] = MappingProxyType({table.name: table for table in _ALL})
"""The twelve tables by name."""


def empty(name: str) -> pl.DataFrame:
    """Return table ``name`` with no rows."""
    return pl.DataFrame(schema=TABLES[name].schema)


def conform(frame: pl.DataFrame, name: str) -> pl.DataFrame:
    """Order the columns as table ``name`` has them, adding absent optional ones as null and unknown records as -1.

    Raises
    ------
    TableError
        If the frame has a column the table lacks, lacks a required one, or has one of another type.
    """
    table = TABLES[name]
    unknown = [column for column in frame.columns if column not in table.schema]
    missing = [c.name for c in table.columns if c.required and c.name not in frame.columns and not c.name.endswith("record")]
    if unknown or missing:
        raise TableError(
            f"table {name}",
            f"columns {', '.join(frame.columns) or 'none'}",
            f"no {', '.join(unknown)}" if unknown else f"also {', '.join(missing)}",
            "See graphfraud/tables.py for the columns of each table.",
        )
    wrong = [c for c in frame.columns if frame.schema[c] not in (table.schema[c], pl.Null)]
    if wrong:
        raise TableError(
            f"table {name}, column {wrong[0]}",
            f"type {frame.schema[wrong[0]]}",
            f"{table.schema[wrong[0]]}",
            "Convert the column before it enters the table.",
        )
    return frame.select(
        (pl.col(c.name) if c.name in frame.columns else pl.lit(NONE if c.required else None)).cast(c.dtype).alias(c.name)
        for c in table.columns
    )


def check(frame: pl.DataFrame, name: str) -> pl.DataFrame:
    """Return the frame conformed to table ``name`` if every requirement holds, else raise.

    Raises
    ------
    TableError
        Naming the first requirement not met, how many rows break it, and its reason.
    """
    table = TABLES[name]
    frame = conform(frame, name)
    for column in table.columns:
        if column.required and frame[column.name].null_count():
            raise TableError(
                f"table {name}, column {column.name}",
                f"{frame[column.name].null_count()} rows without a value",
                f"{column.meaning} in every row",
                "Reject those rows before they enter the table.",
            )
    broken = frame.select((~r.holds()).sum().alias(r.name) for r in table.requirements)
    for requirement in table.requirements:
        n = broken[requirement.name].item() if frame.height else 0
        if n:
            raise TableError(
                f"table {name}, column {requirement.column}",
                f"{n} of {frame.height} rows that break {requirement.name}",
                f"{requirement.expected} ({requirement.reason})",
                "Reject those rows before they enter the table.",
            )
    if frame.height and _repeats(frame.select(table.key)):
        raise TableError(
            f"table {name}",
            f"two rows of one key ({', '.join(table.key)})",
            "each key once",
            "Merge the rows before they enter the table.",
        )
    return frame


def _repeats(keys: pl.DataFrame) -> bool:
    """Tell whether a key stands twice; keys in ascending order, as row numbers mostly are, need no table of those seen."""
    if keys.width > 1:
        return bool(keys.select(pl.struct(pl.all()).is_duplicated().any()).item())
    key = keys.to_series()
    if key.dtype == pl.Int64 and (key > key.shift()).sum() == key.len() - 1:
        return False
    return key.n_unique() < key.len()
