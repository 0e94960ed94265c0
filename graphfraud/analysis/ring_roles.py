"""What each member of a ring seems to do, and the figures that say so."""

from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from graphfraud.graph.flows import FlowGraph
from graphfraud.units import duration_text, yuan_text

HALF = 0.5
SPLIT_MIN = 3


def member_rows(flows: FlowGraph, kept: pl.DataFrame, payments: pl.DataFrame) -> pl.DataFrame:
    """Sum up each member's payments and infer its role; columns of RING_MEMBER_SCHEMA with ``ring`` for ``ring_id``."""
    part, fen = pl.col("part"), pl.col("amount_fen")
    inner = part.is_in(["inside", "start"])
    got = (
        payments.filter(part != "exit")
        .group_by("ring", flow_ix=pl.col("payee_ix").cast(pl.Int64))
        .agg(
            received_fen=fen.sum(),
            outside_fen=fen.filter(~inner).sum(),
            victim_fen=fen.filter(part == "victim").sum(),
            n_victims=pl.col("payer_ix").filter(part == "victim").n_unique(),
            moved_fen=pl.col("moved_fen").sum(),
        )
    )
    gave = (
        payments.filter(inner | (part == "exit"))
        .group_by("ring", flow_ix=pl.col("payer_ix").cast(pl.Int64))
        .agg(
            inside_fen=fen.filter(inner).sum(),
            exited_fen=fen.filter(part == "exit").sum(),
            n_payees=pl.col("payee_ix").filter(inner).n_unique(),
            gap_us=pl.col("gap_us").filter(pl.col("gap_us") >= 0).median().cast(pl.Int64),
        )
    )
    flow_ix = kept["flow_ix"].to_numpy()
    frame = (
        kept.with_columns(pl.col("ring").cast(pl.Int64), pl.col("flow_ix").cast(pl.Int64))
        .join(got, on=["ring", "flow_ix"], how="left", maintain_order="left")
        .join(gave, on=["ring", "flow_ix"], how="left", maintain_order="left")
        .with_columns(_spans(flows, flow_ix))
        .with_columns(
            pl.col(
                "received_fen", "outside_fen", "victim_fen", "n_victims", "moved_fen", "inside_fen", "exited_fen", "n_payees"
            ).fill_null(0)
        )
    )
    role = (
        pl.when(pl.col("first_us").is_null())
        .then(pl.lit("dormant"))
        .when((pl.col("outside_fen") > 0) & (pl.col("outside_fen") >= HALF * pl.col("received_fen")))
        .then(pl.lit("collector"))
        .when((pl.col("exited_fen") > 0) & (pl.col("exited_fen") >= HALF * pl.col("paid_fen")))
        .then(pl.lit("cash_out"))
        .when(pl.col("n_payees") >= SPLIT_MIN)
        .then(pl.lit("splitter"))
        .when((pl.col("paid_fen") > 0) | (pl.col("received_fen") > 0))
        .then(pl.lit("passer"))
        .otherwise(pl.lit("dormant"))
    )
    frame = frame.with_columns(role=role)
    facts = [_fact(row) for row in frame.iter_rows(named=True)]
    told, told_zh = (pl.Series([both[k] for both in facts], dtype=pl.String) for k in range(2))
    return frame.with_columns(fact=told, fact_zh=told_zh)


def _spans(flows: FlowGraph, flow_ix: npt.NDArray[np.int64]) -> list[pl.Series]:
    """Return, for accounts of the graph, their first and last payment and all they paid; null for others."""
    n, m = flows.n_transactions, flows.n_accounts
    first, last, paid = np.full(m, n, np.int64), np.full(m, -1, np.int64), np.zeros(m, np.int64)
    number = np.arange(n, dtype=np.int64)
    moves = flows.payer_ix != flows.payee_ix
    for side in (flows.payer_ix, flows.payee_ix):
        np.minimum.at(first, side, number)
        np.maximum.at(last, side, number)
    np.add.at(paid, flows.payer_ix[moves], flows.amount_fen[moves])
    known = flow_ix >= 0
    blank = pl.Series(~known)
    at = flow_ix[known]
    columns = []
    for name, values in (("first_us", flows.at_us[first[at]]), ("last_us", flows.at_us[last[at]]), ("paid_fen", paid[at])):
        filled = np.zeros(len(flow_ix), np.int64)
        filled[known] = values
        column = pl.Series(name, filled)
        columns.append(column if name == "paid_fen" else column.zip_with(~blank, pl.Series([None], dtype=pl.Int64)))
    return columns


def _fact(row: dict[str, Any]) -> tuple[str, str]:
    """Write the figures that gave a member its role, in English and in Chinese."""
    yuan = {name: yuan_text(row[name]) for name in ("received_fen", "outside_fen", "victim_fen", "paid_fen", "exited_fen")}
    if row["role"] == "collector":
        told = f"{yuan['outside_fen']} of {yuan['received_fen']} yuan received came from outside the ring"
        told_zh = f"收款 {yuan['received_fen']} 元中 {yuan['outside_fen']} 元来自团伙之外"
        if row["n_victims"]:
            told += f", {yuan['victim_fen']} of it from {row['n_victims']} reported victims"
            told_zh += f", 其中 {yuan['victim_fen']} 元来自 {row['n_victims']} 名报案被害人"
        return told, told_zh
    if row["role"] == "cash_out":
        return (
            f"{yuan['exited_fen']} of {yuan['paid_fen']} yuan paid left by exit channels",
            f"支出 {yuan['paid_fen']} 元中 {yuan['exited_fen']} 元经流出渠道离开",
        )
    gap = duration_text(row["gap_us"] // 10**6 * 10**6) if row["gap_us"] else ""
    after, after_zh = (f", in the median {gap} after it came", f", 到账后中位 {gap} 转出") if gap else ("", "")
    if row["role"] == "splitter":
        return f"paid {row['n_payees']} members{after}", f"付给 {row['n_payees']} 个成员{after_zh}"
    if row["role"] == "passer":
        return (
            f"received {yuan['received_fen']} and paid {yuan['paid_fen']} yuan{after}",
            f"收款 {yuan['received_fen']} 元, 付款 {yuan['paid_fen']} 元{after_zh}",
        )
    return "no payment in the period", "期间内无交易"
