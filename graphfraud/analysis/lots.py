"""What a tracing kernel answers in positions, laid out as frames of ids in one canonical order."""

from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from graphfraud.findings.trace import BEYOND, EXITED, LOT_SCHEMA, RESTING, RETURNED, STEP_SCHEMA, UNSEEN
from graphfraud.graph.flows import FlowGraph
from graphfraud.tables import CHANNELS, EXIT_CHANNELS
from graphfraud.units import NONE

_LEFT, _BEYOND = 1, 2  # lot_end of the kernels; 0 is still in the account


def is_exit(channel: npt.NDArray[np.int8]) -> npt.NDArray[np.bool_]:
    """Tell by its channel which transaction leaves the accounts that can be frozen."""
    return np.array([name in EXIT_CHANNELS for name in CHANNELS])[channel]


def merged_steps(found: list[npt.NDArray[Any]]) -> pl.DataFrame:
    """One row per transaction, seed and hop; a rule may move one seed's money in several pieces."""
    table = pl.DataFrame(dict(zip(("tx", "seed", "hop", "fen"), found, strict=True)))
    return table.group_by("tx", "seed", "hop").agg(pl.col("fen").sum()).sort("tx", "seed", "hop")


def merged_lots(found: list[npt.NDArray[Any]], flows: FlowGraph, seed_of: npt.NDArray[np.int32]) -> pl.DataFrame:
    """One row per account, seed, hop, end and transaction. What a victim paid out by an exit channel ends with the receiver."""
    account, seed, hop, end, tx, fen = found
    paid_out = (end == _LEFT) & (seed_of[tx] != NONE)
    account = np.where(paid_out, flows.payee_ix[tx], account)
    table = pl.DataFrame({"account": account, "seed": seed, "hop": hop, "end": end, "tx": tx, "fen": fen})
    key = ("account", "seed", "hop", "end", "tx")
    return table.group_by(key).agg(pl.col("fen").sum()).sort(key)


def reached_accounts(steps: pl.DataFrame, flows: FlowGraph) -> npt.NDArray[np.int64]:
    """Positions of the accounts that victims' money reached, ascending."""
    tx = steps["tx"].to_numpy()
    arrives = (steps["hop"].to_numpy() == 1) | ~is_exit(flows.channel[tx])
    return np.unique(flows.payee_ix[tx[arrives]]).astype(np.int64)


def _channel_name(channel: npt.NDArray[np.int8]) -> pl.Series:
    return pl.Series(CHANNELS, dtype=pl.String).gather(channel)


def step_frame(table: pl.DataFrame, flows: FlowGraph) -> pl.DataFrame:
    """Turn merged steps into :data:`~graphfraud.findings.trace.STEP_SCHEMA`."""
    tx = table["tx"].to_numpy()
    return pl.DataFrame(
        {
            "step": np.arange(len(tx)),
            "transaction_id": flows.transaction_id.gather(tx),
            "seed": table["seed"],
            "hop": table["hop"],
            "payer_id": flows.account_id.gather(flows.payer_ix[tx]),
            "payee_id": flows.account_id.gather(flows.payee_ix[tx]),
            "channel": _channel_name(flows.channel[tx]),
            "amount_fen": flows.amount_fen[tx],
            "traced_fen": table["fen"],
            "at_us": flows.at_us[tx],
        }
    ).select(pl.col(name).cast(dtype) for name, dtype in STEP_SCHEMA.items())


def lot_frame(table: pl.DataFrame, flows: FlowGraph, seed_tx: npt.NDArray[np.int64]) -> pl.DataFrame:
    """Turn merged lots into :data:`~graphfraud.findings.trace.LOT_SCHEMA`; ``seed_tx`` is the transaction of each seed."""
    tx, account, end = (table[name].to_numpy() for name in ("tx", "account", "end"))
    left = pl.Series(end == _LEFT)
    home = flows.payer_ix[seed_tx][table["seed"].to_numpy()] == account
    state = np.select([end == _LEFT, end == _BEYOND, home, flows.held[account]], [EXITED, BEYOND, RETURNED, RESTING], UNSEEN)
    return (
        pl.DataFrame(
            {
                "account_id": flows.account_id.gather(account),
                "seed": table["seed"],
                "hop": table["hop"],
                "state": state,
                "channel": _channel_name(flows.channel[tx]),
                "transaction_id": flows.transaction_id.gather(tx),
                "traced_fen": table["fen"],
                "since_us": flows.at_us[tx],
            }
        )
        .with_columns(pl.when(left).then(pl.col(name)).alias(name) for name in ("channel", "transaction_id"))
        .select(pl.col(name).cast(dtype) for name, dtype in LOT_SCHEMA.items())
    )
