"""The life of a card: opened, dormant, tried with small sums, used hard, drained, laid down."""

from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from graphfraud.findings.two_card import LIFE_SCHEMA
from graphfraud.graph.flows import FlowGraph
from graphfraud.units import DAY_US, MINUTE_US, duration_text, yuan_text

SMALL_FEN = 50_000
LARGE_FEN = 100_000
DRAINED_SHARE = 0.05
QUIET_US = 7 * DAY_US


def card_lives(flows: FlowGraph, members: pl.DataFrame, accounts: pl.DataFrame) -> pl.DataFrame:
    """Tell the stages of each member's card, each with the fact that marks it: LIFE_SCHEMA, in the order of their beginnings.

    ``members`` has ``ring_id`` and ``account_id``. A probe is payments of at most 500 yuan before the first of 1,000 yuan or
    more; the burst runs from that one to the last; drained is a card of which at most 5 % of what came in is left at its last
    payment; laid down is one without payment for the last 7 days of the period or longer.
    """
    opened = accounts.select("account_id", "opened_us").unique("account_id", keep="first")
    place = pl.DataFrame({"account_id": flows.account_id, "ix": np.arange(flows.n_accounts, dtype=np.int32)})
    wanted = members.join(opened, on="account_id", how="left").join(place, on="account_id", how="left")
    wanted = wanted.sort("ring_id", "account_id")
    moves = flows.payer_ix != flows.payee_ix
    inside = np.isin(flows.payer_ix, wanted["ix"].drop_nulls().to_numpy()) & moves
    reached = np.isin(flows.payee_ix, wanted["ix"].drop_nulls().to_numpy()) & moves
    came, went = np.flatnonzero(reached), np.flatnonzero(inside)
    own = np.concatenate([flows.payee_ix[came], flows.payer_ix[went]])
    tx, fen = np.concatenate([came, went]), np.concatenate([flows.amount_fen[came], -flows.amount_fen[went]])
    order = np.lexsort((tx, own))
    own, at_us, fen = own[order], flows.at_us[tx[order]], fen[order]
    end_us = int(flows.at_us[-1]) + 1 if flows.n_transactions else 0
    ix = wanted["ix"].fill_null(-1).to_numpy()  # of the type of ``own``: another would be made of all of it
    spans = (np.searchsorted(own, ix, side=side) for side in ("left", "right"))
    rows = []
    for row, a, b in zip(wanted.iter_rows(named=True), *spans, strict=True):
        stages = _stages(row["opened_us"], at_us[a:b], fen[a:b], end_us)
        rows += [{"ring_id": row["ring_id"], "account_id": row["account_id"], **stage} for stage in stages]
    return pl.DataFrame(rows, schema=LIFE_SCHEMA)


def _stages(
    opened_us: int | None, at_us: npt.NDArray[np.int64], fen: npt.NDArray[np.int64], end_us: int
) -> list[dict[str, Any]]:
    """Tell one card's stages from its payments in order, what came in positive and what went out negative."""
    if not len(fen):
        if opened_us is None:
            return []
        until_us = max(end_us, opened_us)
        return [
            _stage("opened", opened_us, opened_us, "opened", "开户"),
            _stage("dormant", opened_us, until_us, "no payment at all", "从未交易"),
        ]
    first, last = int(at_us[0]), int(at_us[-1])
    stages = []
    if opened_us is not None and opened_us <= first:
        stages.append(_stage("opened", opened_us, opened_us, "opened", "开户"))
        if first - opened_us >= DAY_US:
            days = (first - opened_us) // DAY_US
            said = f"{days} days from opening to the first payment"
            stages.append(_stage("dormant", opened_us, first, said, f"开户 {days} 天后首次交易"))
    large = np.flatnonzero(np.abs(fen) >= LARGE_FEN)
    if len(large):
        begin, until = int(at_us[large[0]]), int(at_us[large[-1]])
        tried = np.flatnonzero((fen > 0) & (fen <= SMALL_FEN) & (at_us < begin))
        if len(tried):
            yuan = yuan_text(int(fen[tried].sum()))
            said = f"{len(tried)} payments of {yuan} yuan in all before the first large one"
            stages.append(_stage("probe", int(at_us[tried[0]]), begin, said, f"首笔大额前 {len(tried)} 笔共 {yuan} 元"))
        turned, span = int(np.abs(fen[large]).sum()), duration_text((until - begin) // MINUTE_US * MINUTE_US)
        said = f"{len(large)} payments, {yuan_text(turned)} yuan in {span}"
        stages.append(_stage("burst", begin, until, said, f"{span} 内 {len(large)} 笔共 {yuan_text(turned)} 元"))
    came, left = int(fen[fen > 0].sum()), int(fen.sum())
    if came and left <= DRAINED_SHARE * came:
        rest, whole = yuan_text(max(left, 0)), yuan_text(came)
        stages.append(
            _stage("drained", last, last, f"{rest} of {whole} yuan received is left", f"收款 {whole} 元仅余 {rest} 元")
        )
    if end_us - last >= QUIET_US:
        days = (end_us - last) // DAY_US
        stages.append(_stage("abandoned", last, end_us, f"no payment for the last {days} days", f"最近 {days} 天无交易"))
    return stages


def _stage(stage: str, since_us: int, until_us: int, fact: str, fact_zh: str) -> dict[str, Any]:
    return {"stage": stage, "since_us": since_us, "until_us": until_us, "fact": fact, "fact_zh": fact_zh}
