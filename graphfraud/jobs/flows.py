"""How every question about money reads a store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from graphfraud.jobs.plan import Progress

if TYPE_CHECKING:
    from graphfraud.graph.flows import FlowGraph


def read_flows(opened: Any, progress: Progress) -> tuple[FlowGraph, pl.DataFrame]:
    """Read the transactions and freeze them as a graph; return it and the reported victims' payments, as rows of the table."""
    from graphfraud.graph.flows import COLUMNS, flow_graph

    progress("reading transactions", 0, 4)
    transactions, account_id = opened.read_coded(columns=[*COLUMNS, "case_id"])
    reported = transactions.filter(pl.col("case_id").is_not_null())
    reported = reported.with_columns(account_id.gather(reported[end]).alias(end) for end in ("payer_id", "payee_id"))
    progress("building the graph", 1, 4)
    return flow_graph(transactions, dictionary=account_id), reported
