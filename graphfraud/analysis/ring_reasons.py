"""Why a ring has its score, point by point, and which facts would change it."""

from typing import Any

import polars as pl

from graphfraud.analysis.rule_table import KIND_EN, KIND_ZH, reason, rule_table
from graphfraud.findings.rings import DOUBT_SCHEMA, REASON_SCHEMA
from graphfraud.mask import mask_id
from graphfraud.units import yuan_text

THINGS_DOUBTED = 3


def reasons_of(summary: pl.DataFrame, ties: pl.DataFrame, shared: pl.DataFrame, within: str) -> pl.DataFrame:
    """List each ring's reasons: rule, fact in both languages, points; ``ring`` for ``ring_id``."""
    strong = _fullest(ties, shared)
    batch = (
        ties.filter(pl.col("thing_kind") == "batch")
        .group_by("ring")
        .agg(n=pl.col("account_id").n_unique(), batches=pl.col("thing_id").n_unique())
    )
    in_batches = {ring: (n, batches) for ring, n, batches in batch.iter_rows()}
    rows = []
    for row in summary.iter_rows(named=True):
        things = strong.get(row["ring"], [])
        found = [*_shared_reasons(things), *_money_reasons(row, within)]
        if row["ring"] in in_batches:
            n, batches = in_batches[row["ring"]]
            found.append(reason("rings", "R05", rule_table()["rings"]["R05"]["points"] * n, n=n, batches=batches))
        rows += [{"ring": row["ring"], **one} for one in found]
    return _frame(rows, {key: dtype for key, dtype in REASON_SCHEMA.items() if key != "ring_id"})


def doubts_of(summary: pl.DataFrame, reasons: pl.DataFrame, ties: pl.DataFrame) -> pl.DataFrame:
    """List what would change each ring's score: a shared thing, the money or the victims explained otherwise."""
    table, strong = rule_table(), ties.filter(pl.col("strength") == "strong")
    by_ring: dict[int, dict[str, int]] = {}
    for ring, rule, points in reasons.select("ring", "rule", "points").iter_rows():
        by_ring.setdefault(ring, {})[rule] = points
    only = strong.with_columns(alone=pl.len().over("ring", "account_id") == 1)
    counted = only.group_by("ring", "thing_kind", "thing_id").agg(n=pl.len(), loose=pl.col("alone").sum())
    counted = counted.sort("ring", "n", "thing_kind", "thing_id", descending=[False, True, False, False])
    things: dict[int, list[Any]] = {}
    for ring, *thing in counted.iter_rows():
        things.setdefault(ring, []).append(thing)
    rows = []
    for ring, score, n_bound in summary.select("ring", "score", "n_bound").iter_rows():
        points, here = by_ring.get(ring, {}), things.get(ring, [])
        found = [_without(here, k, points) for k in range(min(len(here), THINGS_DOUBTED))]
        ties_lost = sum(points.get(rule, 0) for rule in ("R01", "R02", "R05"))
        found.append(("if no thing the members share stood", "若成员间所有共用关系均不成立", ties_lost, n_bound))
        money = sum(points.get(rule, 0) for rule in ("R03", "R06", "R07"))
        found.append(
            (
                "if the payments between members were trade, wages or a family's",
                "若成员间往来为正常交易、工资或家庭往来",
                money,
                0,
            )
        )
        if points.get("R04"):
            found.append(("if no victim's payment to a member stood", "若被害人付款均不成立", points["R04"], 0))
        else:
            each = table["rings"]["R04"]["points"]
            found.append(("if a victim reported a payment to a member", "若有被害人报案付款给成员", -each, 0))
        rows += [
            {
                "ring": ring, "turn": turn, "if_fact": said, "if_fact_zh": zh, "points": lost, "score": score - lost,
                "flagged": score - lost >= table["flagged_points"], "n_loose": loose,
            }
            for turn, (said, zh, lost, loose) in enumerate(found)
        ]  # fmt: skip
    return _frame(rows, {"turn": pl.Int64, **{key: dtype for key, dtype in DOUBT_SCHEMA.items() if key != "ring_id"}})


def _without(here: list[Any], k: int, points: dict[str, int]) -> tuple[str, str, int, int]:
    kind, thing, n, loose = here[k]
    rest = here[:k] + here[k + 1 :]
    rule = rule_table()["rings"]["R01"]
    left = min(rule["points"] * sum(n - 1 for _, _, n, _ in rest), rule["points_max"])
    lost = points.get("R01", 0) - left + (0 if rest else points.get("R02", 0))
    said = f"if {KIND_EN[kind]} {mask_id(thing)} ({n} members) were innocently shared (till, gateway, helper, family)"
    zh = f"若{KIND_ZH[kind]} {mask_id(thing)} ({n} 个成员) 系正当共用 (收银、网关、代办或家庭)"
    return said, zh, lost, loose


def _fullest(ties: pl.DataFrame, shared: pl.DataFrame) -> dict[int, list[Any]]:
    """Return each ring's strong things, (kind, id, members, holders), the fullest first."""
    strong = ties.filter(pl.col("strength") == "strong")
    counted = strong.group_by("ring", "thing_kind", "thing_id").agg(n=pl.len())
    counted = counted.join(shared.select("thing_kind", "thing_id", "n_holders"), on=["thing_kind", "thing_id"])
    counted = counted.sort("ring", "n", "thing_kind", "thing_id", descending=[False, True, False, False])
    things: dict[int, list[Any]] = {}
    for ring, *thing in counted.iter_rows():
        things.setdefault(ring, []).append(thing)
    return things


def _shared_reasons(things: list[Any]) -> list[dict[str, Any]]:
    rules = rule_table()["rings"]
    n = sum(members for _, _, members, _ in things)
    found = [reason("rings", "R01", rules["R01"]["points"] * (n - len(things)), n=n, things=len(things), largest=things[0][2])]
    several = [thing for thing in things if thing[0] != "holder" and thing[3] > 1]
    if several:
        kind, _, _, holders = max(several, key=lambda thing: thing[3])
        points = rules["R02"]["points"] * (holders - 1)
        found.append(reason("rings", "R02", points, kind=KIND_EN[kind], kind_zh=KIND_ZH[kind], n=holders))
    return found


def _money_reasons(row: dict[str, int], within: str) -> list[dict[str, Any]]:
    rules, found = rule_table()["rings"], []
    each = rules["R03"]["points"]
    found.append(
        reason("rings", "R03", each * row["n_relays"], n=row["n_relays"], yuan=yuan_text(row["relayed_fen"]), within=within)
    )
    if row["n_victims"]:
        each = rules["R04"]["points"]
        found.append(reason("rings", "R04", each * row["n_victims"], n=row["n_victims"], yuan=yuan_text(row["victim_fen"])))
    if row["received_fen"] and row["moved_fen"] >= rules["R06"]["share_min"] * row["received_fen"]:
        percent = 100 * row["moved_fen"] // row["received_fen"]
        found.append(reason("rings", "R06", rules["R06"]["points"], percent=percent, within=within))
    if row["fresh_exit_fen"] >= 100 * rules["R07"]["yuan_min"]:
        found.append(reason("rings", "R07", rules["R07"]["points"], yuan=yuan_text(row["fresh_exit_fen"]), within=within))
    return found


def _frame(rows: list[dict[str, Any]], schema: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema={"ring": pl.Int64, **schema})
