"""Who paid whom, when, how much: transactions as frozen arrays in their total order."""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from graphfraud.errors import TableError
from graphfraud.graph.index import encode, text_bytes
from graphfraud.kernels.opening import UNPRINTED, opening_balances
from graphfraud.tables import CHANNELS, TABLES
from graphfraud.units import AMOUNT_FEN_MAX, NONE, SECOND_US, TIME_US_MAX, TIME_US_MIN, TOTAL_FEN_MAX

COLUMNS = (
    "transaction_id",
    "payer_id",
    "payee_id",
    "amount_fen",
    "at_us",
    "seq",
    "at_precision_us",
    "channel",
    "payer_balance_fen",
    "payee_balance_fen",
    "payer_record",
    "payee_record",
)
"""The columns of ``transactions`` a flow graph is made of: ``store.read("transactions", columns=COLUMNS)`` suffices."""


@dataclass(frozen=True, eq=False)
class FlowGraph:
    """Transactions between accounts; every array is read-only and C-contiguous.

    Attributes
    ----------
    payer_ix, payee_ix : int32[n_transactions]
        Positions in ``account_id``.
    amount_fen, at_us, seq : int64[n_transactions]
        Sorted by (at_us, seq), which no two transactions share.
    channel : int8[n_transactions]
        Index in :data:`graphfraud.tables.CHANNELS`.
    low_precision : bool[n_transactions]
        The instant is known less exactly than to the second.
    opening_fen : int64[n_accounts]
        Balance before the first transaction: as the first running balance printed says, walked back; raised to the least
        value that keeps the account from going below zero; that least value where no balance is printed.
    opening_known : bool[n_accounts]
        A running balance is printed.
    opening_raised_fen : int64[n_accounts]
        By how much a printed opening balance had to be raised: more went out than the statement's figures allow.
    held : bool[n_accounts]
        The account's own statement is held.
    account_id : polars.Series, String
        Ascending, so that positions do not depend on the order of the rows.
    transaction_id : polars.Series, String
    """

    payer_ix: npt.NDArray[np.int32]
    payee_ix: npt.NDArray[np.int32]
    amount_fen: npt.NDArray[np.int64]
    at_us: npt.NDArray[np.int64]
    seq: npt.NDArray[np.int64]
    channel: npt.NDArray[np.int8]
    low_precision: npt.NDArray[np.bool_]
    opening_fen: npt.NDArray[np.int64]
    opening_known: npt.NDArray[np.bool_]
    opening_raised_fen: npt.NDArray[np.int64]
    held: npt.NDArray[np.bool_]
    account_id: pl.Series
    transaction_id: pl.Series

    @property
    def n_transactions(self) -> int:
        """Number of transactions."""
        return len(self.amount_fen)

    @property
    def n_accounts(self) -> int:
        """Number of accounts."""
        return len(self.account_id)

    @property
    def opening_assumed(self) -> npt.NDArray[np.bool_]:
        """bool[n_accounts]: no balance is printed, and the account paid out more than it had received."""
        assumed: npt.NDArray[np.bool_] = ~self.opening_known & (self.opening_fen > 0)
        return assumed

    @property
    def n_opening_assumed(self) -> int:
        """Number of accounts whose opening balance is an assumption."""
        return int(self.opening_assumed.sum())

    @property
    def opening_assumed_fen(self) -> int:
        """Sum of the opening balances that are assumptions."""
        return int(self.opening_fen[self.opening_assumed].sum())

    @property
    def n_opening_raised(self) -> int:
        """Number of accounts whose printed opening balance had to be raised."""
        return int(np.count_nonzero(self.opening_raised_fen))

    @cached_property
    def digest(self) -> str:
        """Sha256 over arrays and ids: equal rows give equal digests, whatever store or order they came from.

        The values of ``seq`` stay out of it: they are record numbers; the order they make is in the order of the rows.
        Computed on first use, as reading every transaction's id takes longer than building the graph.
        """
        digest = hashlib.sha256(b"graphfraud flow graph 1")
        for name in _ARRAYS:
            array = getattr(self, name)
            digest.update(f"|{name} {array.dtype.str} {len(array)}|".encode())
            digest.update(array.astype(array.dtype.newbyteorder("<"), copy=False))
        for ids in (self.account_id, self.transaction_id):
            digest.update(f"|ids {len(ids)}|".encode())
            for block in text_bytes(ids):
                digest.update(block)
        return digest.hexdigest()

    def __repr__(self) -> str:
        return (
            f"FlowGraph({self.n_transactions} transactions, {self.n_accounts} accounts, {int(self.held.sum())} statements held)"
        )


_ARRAYS = (
    "payer_ix",
    "payee_ix",
    "amount_fen",
    "at_us",
    "channel",
    "low_precision",
    "opening_fen",
    "opening_known",
    "opening_raised_fen",
    "held",
)


def flow_graph(transactions: pl.DataFrame, *, dictionary: pl.Series | None = None) -> FlowGraph:
    """Freeze transactions as a graph.

    Parameters
    ----------
    transactions : polars.DataFrame
        Rows of table ``transactions``, in any order; columns that no graph is made of may be absent. ``payer_id`` and
        ``payee_id`` may be String, Categorical, Enum, or codes of ``dictionary``; ``channel`` String, Categorical or Enum.
    dictionary : polars.Series, optional
        Distinct account ids by code, where the store hands over codes.

    Returns
    -------
    FlowGraph

    Raises
    ------
    TableError
        If a column is missing or of a wrong type, a required value is missing, an amount, time or channel is outside its
        range, two transactions have one ``seq``, or the amounts sum to 2^62 fen or more.
    """
    frame = _checked(transactions)
    (payer_ix, payee_ix), account_id = encode(frame["payer_id"], frame["payee_id"], dictionary=dictionary)
    frame = _in_total_order(
        frame.select(
            "transaction_id",
            "amount_fen",
            "at_us",
            "seq",
            _channel_index(frame["channel"]),
            (pl.col("at_precision_us") > SECOND_US).alias("low_precision"),
            pl.col("payer_balance_fen", "payee_balance_fen").fill_null(UNPRINTED),
            (pl.col("payer_record", "payee_record") > NONE),
        ).with_columns(pl.Series("payer_ix", payer_ix), pl.Series("payee_ix", payee_ix))
    )
    arrays = {name: _frozen(frame[name]) for name in frame.columns if name != "transaction_id"}
    m = len(account_id)
    payer_balance, payee_balance = arrays.pop("payer_balance_fen"), arrays.pop("payee_balance_fen")
    printed, least = opening_balances(
        arrays["payer_ix"], arrays["payee_ix"], arrays["amount_fen"], payer_balance, payee_balance, m
    )
    known = printed != UNPRINTED
    held = np.zeros(m, np.bool_)
    held[arrays["payer_ix"][arrays.pop("payer_record")]] = True
    held[arrays["payee_ix"][arrays.pop("payee_record")]] = True
    opening = np.where(known, np.maximum(printed, least), least)
    _demand_total(arrays["amount_fen"], opening)
    return FlowGraph(
        **arrays,
        opening_fen=_read_only(opening),
        opening_known=_read_only(known),
        opening_raised_fen=_read_only(np.where(known, opening - np.where(known, printed, 0), 0)),
        held=_read_only(held),
        account_id=account_id.alias("account_id"),
        transaction_id=frame["transaction_id"],
    )


def _checked(transactions: pl.DataFrame) -> pl.DataFrame:
    """Pick the columns a graph needs, absent optional ones added; raise TableError for what a graph cannot be made of."""
    schema = TABLES["transactions"].schema
    required = {column.name for column in TABLES["transactions"].columns if column.required} - {"payer_record", "payee_record"}
    missing = [name for name in COLUMNS if name in required and name not in transactions.columns]
    if missing:
        raise TableError(
            "transactions", f"no column {', '.join(missing)}", "these columns", "Read them from the store as well."
        )
    frame = transactions.select(
        pl.col(name)
        if name in transactions.columns
        else pl.lit(NONE if name.endswith("record") else None, schema[name]).alias(name)
        for name in COLUMNS
    )
    for name in COLUMNS:
        if name not in ("payer_id", "payee_id", "channel") and frame.schema[name] != schema[name]:
            raise TableError(
                f"transactions, column {name}", f"type {frame.schema[name]}", f"{schema[name]}", "Convert the column."
            )
        if not name.endswith("balance_fen") and frame[name].null_count():
            n = frame[name].null_count()
            raise TableError(
                f"transactions, column {name}", f"{n} rows without a value", "a value in each", "Reject those rows."
            )
    ranges = (("amount_fen", 1, AMOUNT_FEN_MAX), ("at_us", TIME_US_MIN, TIME_US_MAX))
    ends = frame.select(end for name, *_ in ranges for end in (pl.col(name).min().alias(f"{name} min"), pl.col(name).max()))
    for name, low, high in ranges:
        least, most = ends[f"{name} min"].item(), ends[name].item()
        if frame.height and not low <= least <= most <= high:
            raise TableError(f"transactions, column {name}", f"{least} to {most}", f"{low} to {high}", "Reject those rows.")
    return frame


def _channel_index(channel: pl.Series) -> pl.Series:
    known = pl.Enum(CHANNELS)
    index = channel.cast(pl.String).cast(known, strict=False) if channel.dtype != known else channel
    if index.null_count():
        odd = channel.filter(index.is_null()).cast(pl.String).to_list()
        raise TableError("transactions, column channel", str(odd[0]), f"one of {', '.join(CHANNELS)}", "Reject those rows.")
    return index.to_physical().cast(pl.Int8)


def _in_total_order(frame: pl.DataFrame) -> pl.DataFrame:
    """Sort by (at_us, seq) unless sorted already, and assert once, for every kernel, that no two rows share a ``seq``."""
    at, seq = frame["at_us"].to_numpy(), frame["seq"].to_numpy()
    sorted_already = _is_strictly_ascending(at, seq)
    if not sorted_already:
        frame = frame.sort("at_us", "seq")
        at, seq = frame["at_us"].to_numpy(), frame["seq"].to_numpy()
    n_seq = len(seq) if bool(np.all(seq[1:] > seq[:-1])) else frame["seq"].n_unique()
    if n_seq < len(seq):
        raise TableError(
            "transactions, column seq",
            f"{len(seq) - n_seq} rows whose number another row has",
            "each number once, so that transactions of one instant have an order",
            "Read the transactions of one store; do not join those of two.",
        )
    assert sorted_already or _is_strictly_ascending(at, seq), "transactions are not in total order after sorting"
    return frame


def _is_strictly_ascending(at: npt.NDArray[np.int64], seq: npt.NDArray[np.int64]) -> bool:
    later = at[1:] > at[:-1]
    return bool(np.all(later | ((at[1:] == at[:-1]) & (seq[1:] > seq[:-1]))))


def _demand_total(amount_fen: npt.NDArray[np.int64], opening_fen: npt.NDArray[np.int64]) -> None:
    roughly = float(amount_fen.sum(dtype=np.float64)) + float(opening_fen.sum(dtype=np.float64))
    if roughly < TOTAL_FEN_MAX / 2:  # a float sum cannot be half wrong; the exact one takes ten times as long
        return
    total = sum(int(pl.Series(part).cast(pl.Int128).sum()) for part in (amount_fen, opening_fen))
    if total >= TOTAL_FEN_MAX:
        raise TableError(
            "transactions", f"{total} fen in all", f"less than {TOTAL_FEN_MAX}", "Read a shorter period from the store."
        )


def _frozen(column: pl.Series) -> npt.NDArray[Any]:
    return _read_only(np.ascontiguousarray(column.to_numpy()))


def _read_only(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    array.setflags(write=False)
    return array
