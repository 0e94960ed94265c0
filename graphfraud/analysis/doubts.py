"""What an answer had to assume, and what the data leave open along the traced path: counted, never hidden."""

import numpy as np
import numpy.typing as npt
import polars as pl

from graphfraud.graph.flows import FlowGraph


def assumptions(flows: FlowGraph, reached: npt.NDArray[np.int64]) -> dict[str, int]:
    """Count what was assumed about the accounts the money reached."""
    assumed = flows.opening_assumed[reached]
    raised = flows.opening_raised_fen[reached]
    return {
        "opening_assumed_accounts": int(assumed.sum()),
        "opening_assumed_fen": int(flows.opening_fen[reached][assumed].sum()),
        "opening_raised_accounts": int(np.count_nonzero(raised)),
        "opening_raised_fen": int(raised.sum()),
        "accounts_without_statement": int((~flows.held[reached]).sum()),
    }


def ambiguities(flows: FlowGraph, step_tx: pl.Series, n: int, shortfall_fen: int, n_after: int) -> dict[str, int]:
    """Count what the data leave open along the traced path."""
    tx = step_tx.unique().to_numpy()
    return {
        "simultaneous_transactions": _n_simultaneous(flows, tx, n),
        "low_precision_transactions": int(flows.low_precision[tx].sum()),
        "seed_shortfall_fen": shortfall_fen,
        "seeds_after_until": n_after,
    }


def _n_simultaneous(flows: FlowGraph, tx: npt.NDArray[np.int64], n: int) -> int:
    """Count traced transactions of which only ``seq`` says whether another of the same account came first."""
    at = np.unique(flows.at_us[tx])
    since, until = (np.searchsorted(flows.at_us[:n], at, side=side) for side in ("left", "right"))
    n_at = until - since
    crowded = n_at > 1
    since, n_at = since[crowded], n_at[crowded]
    near = np.repeat(since - np.concatenate(([0], np.cumsum(n_at)[:-1])), n_at) + np.arange(n_at.sum()) if len(since) else since
    sides = pl.DataFrame(
        {
            "tx": np.concatenate([near, near]),
            "account": np.concatenate([flows.payer_ix[near], flows.payee_ix[near]]),
            "at": np.concatenate([flows.at_us[near], flows.at_us[near]]),
        }
    ).unique()
    tied = sides.filter(pl.len().over("at", "account") > 1)["tx"].unique()
    return int(np.isin(tx, tied.to_numpy()).sum())
