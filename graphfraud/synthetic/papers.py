"""What each document says of a world, row by row and field by field, before anybody prints it.

A row knows the payment it speaks of (``transaction``), and what must become of it (``fate``): it is good, or a damaged, failed,
repeated or reversed row that real exports hold and that must not change the tables.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from graphfraud.synthetic import identities
from graphfraud.synthetic.draws import Draws, Ints
from graphfraud.synthetic.world import World
from graphfraud.units import NONE, SECOND_US

GOOD, DUPLICATE, REVERSED, FAILED, REJECTED = "good", "duplicate", "reversed", "failed", "rejected"


@dataclass(frozen=True, slots=True)
class Extras:
    """How many rows of a file, as shares of its good ones, are not good."""

    duplicate: float = 0.0
    failed: float = 0.0
    reversed: float = 0.0
    rejected: float = 0.0


def statement_legs(world: World) -> dict[str, pl.DataFrame]:
    """Return by bank one row for each leg of its held accounts, in order of time."""
    t, sides = world.transactions, []
    for side, other in (("payer", "payee"), ("payee", "payer")):
        own = t.filter(pl.col(f"{side}_record") > NONE).select(
            transaction=pl.col("transaction_id"),
            side=pl.lit(side),
            own_account=pl.col(f"{side}_id"),
            cp_account=pl.when(~pl.col(f"{other}_id").str.starts_with("unknown:")).then(f"{other}_id"),
            cp_name=pl.col(f"{other}_name"),
            amount=pl.col("amount_fen"),
            balance=pl.col(f"{side}_balance_fen"),
            at=pl.col("at_us"),
            seq=pl.col("seq"),
            channel=pl.col("channel"),
            memo=pl.col("memo"),
            fate=pl.lit(GOOD),
            success=pl.lit("ok"),
            direction=pl.lit("out" if side == "payer" else "in"),
            online=pl.lit(side == "payer") & ~pl.col("channel").is_in(["cash_out", "fee"]),
        )
        sides.append(own)
    rows = pl.concat(sides).sort("seq", "side", maintain_order=True)
    rows = rows.join(_accounts(world), on="own_account", how="left", maintain_order="left")
    rows = rows.with_columns(ip=pl.when("online").then("ip"), mac=pl.when("online").then("mac")).drop("online")
    parts = rows.partition_by("bank", as_dict=True, include_key=False, maintain_order=True)
    return {bank: parts[(bank,)] for bank in identities.BANKS if (bank,) in parts}


def statement_rows(legs: pl.DataFrame, bank: str, serials: bool, skew_us: int) -> pl.DataFrame:
    """Give a bank's legs its serial numbers, if it prints any, and its clock, which is ``skew_us`` ahead."""
    first = (identities.BANKS.index(bank) + 1) * 10**15
    serial = (pl.col("seq") * 10 + first).cast(pl.String) if serials else pl.lit(None, pl.String)
    return legs.with_columns(serial=serial, at=pl.col("at") + skew_us)


def _accounts(world: World) -> pl.DataFrame:
    """Return what a statement prints of each account: bank, card, names, computer and address."""
    computer = world.links.filter(pl.col("kind") == "logged_in_on").select(account_id="a_id", mac="b_id")
    number = np.arange(world.accounts.height, dtype=np.int64)
    return (
        world.accounts.select("account_id", "bank", own_name="holder_name", own_holder="holder_id")
        .with_columns(identities.ips(number * 7 + 11).alias("ip"))
        .join(world.cards, on="account_id", how="left", maintain_order="left")
        .join(computer, on="account_id", how="left", maintain_order="left")
        .rename({"account_id": "own_account", "card": "own_card"})
    )


def with_extras(rows: pl.DataFrame, extras: Extras, draws: Draws) -> pl.DataFrame:
    """Add repeated, failed, reversed and damaged rows, each next to the good row it is like."""
    n = rows.height
    if not n:
        return rows
    rows = rows.with_columns(place=pl.int_range(n).cast(pl.Float64), damage=pl.lit(None, pl.Int64))
    last = rows.with_row_index("ix").group_by("own_account").agg(pl.col("ix").max()).sort("ix")["ix"].cast(pl.Int64).to_numpy()
    calm = _some(draws, last, int(np.ceil(extras.reversed * n)))
    tried = _some(draws, np.setdiff1d(last, calm), int(np.ceil(extras.failed * n)))
    parts = [rows, _reversals(rows, calm, draws), _failures(rows, tried)]
    everything = np.arange(n, dtype=np.int64)
    again = rows[_some(draws, everything, int(np.ceil(extras.duplicate * n)))]
    parts.append(again.with_columns(fate=pl.lit(DUPLICATE), place=pl.col("place") + 0.3))
    broken = rows[_some(draws, everything, int(np.ceil(extras.rejected * n)))]
    kinds = pl.Series(np.arange(broken.height, dtype=np.int64) % 3)
    parts.append(broken.with_columns(fate=pl.lit(REJECTED), damage=kinds, place=pl.col("place") + 0.4))
    return pl.concat([part.select(rows.columns) for part in parts]).sort("place", maintain_order=True)


def _some(draws: Draws, among: Ints, n: int) -> Ints:
    """Choose up to n different positions, in order."""
    if not len(among):
        return among
    return np.unique(among[draws.integers(0, len(among) - 1, min(n, len(among)))])


def _reversals(rows: pl.DataFrame, at: Ints, draws: Draws) -> pl.DataFrame:
    """Return pairs at the end of some accounts: a payment made in error and the row that takes it back, every second in red."""
    wrong = rows[at].filter(pl.col("balance") >= 20_000)
    fen = draws.integers(1, 99, wrong.height) * 100 + 7
    number = pl.when(pl.col("serial").is_not_null()).then((pl.col("serial").cast(pl.Int64) + 3).cast(pl.String))
    common = {
        "fate": pl.lit(REVERSED), "amount": pl.lit(pl.Series(fen)), "serial": number, "channel": pl.lit("transfer"),
        "transaction": pl.lit(None, pl.String), "success": pl.lit("ok"),
    }  # fmt: skip
    out = wrong.with_columns(
        **common, direction=pl.lit("out"), memo=pl.lit("转账"), balance=pl.col("balance") - pl.Series(fen),
        at=pl.col("at") + SECOND_US, place=pl.col("place") + 0.1,
    )  # fmt: skip
    red = pl.Series(np.arange(wrong.height) % 2 == 1)
    back = wrong.with_columns(
        **common, direction=pl.when(red).then(pl.lit("out")).otherwise(pl.lit("in")), memo=pl.lit("冲正"),
        at=pl.col("at") + 2 * SECOND_US, place=pl.col("place") + 0.2,
    ).with_columns(amount=pl.when(red).then(-pl.col("amount")).otherwise("amount"))  # fmt: skip
    return pl.concat([out, back])


def _failures(rows: pl.DataFrame, at: Ints) -> pl.DataFrame:
    """Return payments at the end of some accounts that did not succeed."""
    number = pl.when(pl.col("serial").is_not_null()).then((pl.col("serial").cast(pl.Int64) + 5).cast(pl.String))
    return rows[at].with_columns(
        fate=pl.lit(FAILED), success=pl.lit("failed"), direction=pl.lit("out"), serial=number, memo=pl.lit("转账"),
        channel=pl.lit("transfer"), transaction=pl.lit(None, pl.String), amount=pl.lit(9_999_999, pl.Int64),
        at=pl.col("at") + SECOND_US, place=pl.col("place") + 0.15,
    )  # fmt: skip


def report_rows(world: World, draws: Draws, vague_s: int) -> pl.DataFrame:
    """Return one row for each reported victim payment; a victim remembers its time to within ``vague_s`` seconds."""
    paid = world.transactions.filter(pl.col("report_record") > NONE)
    vague = draws.integers(-vague_s, vague_s, paid.height) * SECOND_US
    victims = world.truth.victims.select("victim_id", payer_id="account_id")
    phones = world.accounts.select(payer_id="account_id", victim_phone="phone", payer_bank="bank")
    cases = world.cases.select(
        "case_id", "victim_id", "victim_name", "unit", "brief", case_kind="kind", occurred_at="occurred_us",
        reported_at="reported_us", loss="loss_fen", returned="returned_fen",
    )  # fmt: skip
    return (
        paid.select(
            "case_id", "payer_id", "payer_name", "payee_name", "memo", "channel",
            transaction=pl.col("transaction_id"),
            side=pl.lit("report"),
            payer_account=pl.col("payer_id"),
            payee_account=pl.when(~pl.col("payee_id").str.starts_with("unknown:")).then("payee_id"),
            amount=pl.col("amount_fen"),
            at=pl.col("at_us") + pl.Series(vague),
            fate=pl.lit(GOOD),
        )
        .join(victims, on="payer_id", how="left", maintain_order="left")
        .join(phones, on="payer_id", how="left", maintain_order="left")
        .join(cases, on=["case_id", "victim_id"], how="left", maintain_order="left")
    )  # fmt: skip


def register_rows(world: World) -> pl.DataFrame:
    """Return one row for each account whose statement is held."""
    held = world.truth.accounts.filter("held").select("account_id")
    return (
        world.accounts.join(held, on="account_id", how="semi", maintain_order="left")
        .join(world.cards, on="account_id", how="left", maintain_order="left")
        .join(world.holders.select("holder_id", "id_kind", "address", holder_kind="kind"), on="holder_id", how="left",
              maintain_order="left")
        .select(
            "card", "kind", "bank", "outlet", "holder_name", "holder_id", "id_kind", "holder_kind", "phone", "address",
            "status", account="account_id", opened_at="opened_us", balance="balance_fen", fate=pl.lit(GOOD),
            transaction=pl.lit(None, pl.String), side=pl.lit(None, pl.String),
        )
    )  # fmt: skip


def sim_rows(world: World) -> pl.DataFrame:
    """Return one row for each handset a SIM was seen in."""
    handsets = world.links.filter(pl.col("kind") == "inserted_in").select(sim_id="a_id", imei="b_id")
    holders = world.holders.select("holder_id", "id_kind", "address", holder_name="name")
    return (
        world.sims.join(handsets, on="sim_id", how="left", maintain_order="left")
        .join(holders, on="holder_id", how="left", maintain_order="left")
        .select(
            "holder_name", "holder_id", "id_kind", "address", "carrier", "region", "plan", "iccid", "imsi", "imei", "agent",
            "status", phone="sim_id", opened_at="opened_us", closed_at="closed_us", fate=pl.lit(GOOD),
            transaction=pl.lit(None, pl.String), side=pl.lit(None, pl.String),
        )
    )  # fmt: skip


def call_rows(calls: pl.DataFrame, rejected: float) -> pl.DataFrame:
    """Return the rows of a call record with their fate; a share of damaged ones stands among them."""
    rows = calls.with_columns(
        fate=pl.lit(GOOD), transaction=pl.lit(None, pl.String), side=pl.lit(None, pl.String), damage=pl.lit(None, pl.Int64)
    )
    if not rejected or not rows.height:
        return rows.drop("damage")
    broken = rows.gather_every(int(1 / rejected)).with_columns(
        fate=pl.lit(REJECTED), damage=pl.int_range(pl.len(), dtype=pl.Int64) % 3
    )
    return pl.concat([rows, broken]).sort("at", maintain_order=True)
