"""Worlds that other projects' generators make, read through a loader and scored by those generators' own labels.

    python3.12 -m venv elsewhere && elsewhere/bin/pip install fraudtwin synthfin-aml
    python -m benchmarks.quality.other_worlds --generator-python elsewhere/bin/python [--only NAME] [--seeds N ...] [--smallest]

The generator runs in its own environment (``generate_other.py``). Its payments are written as a bank statement of 34 columns
(each payment is a row of the payer's statement, with the device's MAC and the address it came from), loaded by
``graphfraud load``, and asked for patterns, cycles and two-card rings. Definitions and ranking were worked on with seeds 1 to
59, 701 and 702 of fraudtwin; the worlds that are judged were not looked into. Without the generator the program ends with 2.
"""

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import networkx as nx
import numpy as np
import polars as pl

from benchmarks import record
from benchmarks.quality.patterns import MISSED, NULL_WORLDS, Tally, add, met
from benchmarks.quality.plain import RULES
from graphfraud.analysis.cycles import cycles
from graphfraud.analysis.patterns import patterns
from graphfraud.analysis.rings import reported_payments
from graphfraud.analysis.two_card import two_card
from graphfraud.findings.patterns import PATTERNS
from graphfraud.graph.flows import flow_graph
from graphfraud.graph.links import link_graph
from graphfraud.store.open import open_store
from graphfraud.tables import TABLES

GENERATORS = ("fraudtwin", "synthfin-aml")
SEEDS = (601, 602)
HEADINGS = (
    "交易卡号",
    "交易账号",
    "收付标志",
    "交易对手账卡号",
    "交易时间",
    "交易金额",
    "交易流水号",
    "IP地址",
    "MAC地址",
    "对手户名",
    "摘要说明",
)
ABOUT = (
    "Worlds of other generators, read by the loader `bank_statement`; columns and bar as for the patterns by family. fraudtwin "
    "labels the payments of each shape; of synthfin-aml the shapes are put together from its laundering payments. `controls`: "
    "shapes the generator labels innocent, and how many of them stand in our whole list."
)
RINGS_ABOUT = (
    "Two-card rings in fraudtwin's worlds: of the accounts of its shared-device shapes, how many are in a flagged ring; and "
    "the share of all other accounts that are in one."
)


def generate(python: str, name: str, rng_seed: int, folder: Path, *, smallest: bool) -> None:
    """Let the generator make a world in a folder; end the program where it cannot."""
    module = {"fraudtwin": "fraudtwin", "synthfin-aml": "synthfin_aml_pkg"}[name]
    there = "import importlib.util, sys; sys.exit(importlib.util.find_spec(sys.argv[1]) is None)"
    if subprocess.run([python, "-c", there, module], check=False).returncode:
        print(f"{name} is not installed for {python}: install it there, or choose another with --only", file=sys.stderr)
        raise SystemExit(2)
    script = Path(__file__).with_name("generate_other.py")
    words = [python, str(script), name, str(folder), str(rng_seed), *(["--smallest"] if smallest else [])]
    away = os.environ | {"NUMBA_CACHE_DIR": str(folder / "compiled")}  # what it compiles is nobody else's
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL, env=away)


def write_statement(folder: Path) -> tuple[Path, dict[str, int]]:
    """Write the payments as a bank statement; return it, and the serial of each payment."""
    payments = pl.read_csv(folder / "payments.csv", infer_schema=False)
    names = sorted({*payments["payer"], *payments["payee"]})
    number = {name: f"62220299{k:011d}" for k, name in enumerate(names)}
    devices = {name: k for k, name in enumerate(sorted({*payments["device"].drop_nulls()}))}
    addresses = {name: k for k, name in enumerate(sorted({*payments["ip"].drop_nulls()}))}
    serial, path = {}, folder / "statement.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(HEADINGS)
        for k, (payment, payer, payee, amount, at, device, ip) in enumerate(payments.iter_rows(), 1):
            serial[payment] = k  # not from 0: a serial of zeros is none
            mac = f"02-00-00-{(d := devices[device]) >> 16:02X}-{d >> 8 & 255:02X}-{d & 255:02X}" if device else ""
            address = f"198.18.{addresses[ip] >> 8}.{addresses[ip] & 255}" if ip else ""
            row = [number[payer], number[payer], "出", number[payee], at, amount, f"{k:012d}", address, mac, "", "转账"]
            out.writerow(row)
    return path, serial


def plain_cycles(frame: pl.DataFrame) -> list[list[int]]:
    """The plain rule for round trips: the cycles of at most six accounts in the graph of one day."""
    found = []
    for _, part in frame.with_columns(day=pl.col("at_us") // 86_400_000_000).group_by("day", maintain_order=True):
        paid: dict[tuple[str, str], list[int]] = {}
        for tx, a, b in part.select("tx", "payer", "payee").iter_rows():
            paid.setdefault((a, b), []).append(tx)
        for walk in nx.simple_cycles(nx.DiGraph(list(paid)), length_bound=6):
            found.append(sorted(tx for pair in zip(walk, [*walk[1:], walk[0]], strict=True) for tx in paid[pair]))
    return found


def judge(
    name: str, rng_seed: int, folder: Path, tallies: dict[tuple[str, str], Tally], controls: dict[str, list[int]]
) -> None:
    """Load one world, ask it, add what was found to the tallies."""
    statement, serial = write_statement(folder)
    store = folder / "store"
    load = [sys.executable, "-m", "graphfraud", "load", str(store), str(statement), "--loader", "bank_statement"]
    subprocess.run(load, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    tables = {table: open_store(store).read(table) for table in TABLES}
    transactions = tables["transactions"].sort("at_us", "seq")
    assert transactions.height == len(serial), f"{len(serial)} payments written, {transactions.height} transactions loaded"
    place = dict(zip(transactions["payer_serial"].cast(pl.Int64), range(len(serial)), strict=True))
    truth = [
        (family, label, {place[serial[one]] for one in members if one in serial})
        for family, label, members in json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    ]
    planted = {tx for _, label, members in truth if label == "fraud" for tx in members}
    flows = flow_graph(transactions)
    position = pl.DataFrame({"transaction_id": transactions["transaction_id"], "tx": np.arange(transactions.height)})
    ours = _ours(flows, sorted({family for family, _, _ in truth} & set(PATTERNS)), position)
    frame = transactions.select(
        tx=pl.int_range(pl.len()), payer="payer_id", payee="payee_id", amount_fen="amount_fen", at_us="at_us"
    ).filter(pl.col("payer") != pl.col("payee"))
    for family in sorted({family for family, _, _ in truth if family != "shared_device"}):
        true = {k: one for k, (kind, label, one) in enumerate(truth) if (kind, label) == (family, "fraud")}
        plain = plain_cycles(frame) if family == "cycle" else RULES[family](frame)
        tally = tallies.setdefault((name, family), Tally())
        add(tally, ours[family], plain, true, planted, transactions.height)
        innocent = [one for kind, label, one in truth if (kind, label) == (family, "control")]
        flagged = sum(any(2 * len(one & set(found)) >= len(one | set(found)) for found in ours[family]) for one in innocent)
        counted = controls.setdefault(f"{name} {family}", [0, 0])
        controls[f"{name} {family}"] = [counted[0] + len(innocent), counted[1] + flagged]
    devices = [one for kind, _, one in truth if kind == "shared_device"]
    if devices:
        _rings(f"{name}, seed {rng_seed}", transactions, tables, devices)


def _ours(flows, kinds: Sequence[str], position: pl.DataFrame) -> dict[str, list[list[int]]]:
    """Return our instances of each kind and of cycles, ranked, as positions of transactions."""
    answer = patterns(flows, kinds, null_worlds=NULL_WORLDS, rng_seed=1)
    round_trips = cycles(flows, within="24h", length_max=6, null_worlds=NULL_WORLDS, rng_seed=1)

    def sets(legs: pl.DataFrame, key: str) -> pl.DataFrame:
        return legs.join(position, on="transaction_id", how="left", maintain_order="left").group_by(key).agg("tx").sort(key)

    legs = sets(answer.transactions, "pattern").join(answer.patterns.select("pattern", "kind"), on="pattern").sort("pattern")
    found = {kind: legs.filter(pl.col("kind") == kind)["tx"].to_list() for kind in kinds}
    return found | {"cycle": sets(round_trips.steps, "cycle")["tx"].to_list()}


def _rings(world: str, transactions: pl.DataFrame, tables: dict[str, pl.DataFrame], shapes: list[set[int]]) -> None:
    """Print how many accounts of the shapes that share a device are in a ring, and how many others are."""
    flows, links = flow_graph(transactions), link_graph(tables["links"])
    answer = two_card(flows, links, tables, reported_payments(transactions), null_worlds=0)
    flagged = answer.rings.filter("flagged").select("ring_id")
    ringed = set(answer.members.filter(pl.col("member_kind") == "account").join(flagged, on="ring_id")["member_id"])
    on_device = set()
    for one in shapes:
        rows = transactions[sorted(one)]
        on_device |= {*rows["payer_id"], *rows["payee_id"]}
    others = {*transactions["payer_id"], *transactions["payee_id"]} - on_device
    inside = len(ringed & on_device), len(on_device)
    share = len(ringed & others) / len(others)
    print(f"{world}: {inside[0]} of {inside[1]} of one device are in a flagged ring, {share:.2%} of {len(others)} others")
    record.row(
        "Two-card rings in other generators' worlds", world, about=RINGS_ABOUT, on_one_device=inside[1], flagged=inside[0],
        others=len(others), others_flagged=share,
    )  # fmt: skip


def main() -> int:
    """Make, load, ask, score."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--generator-python", required=True, help="Python of the environment that has the generators")
    parser.add_argument("--only", choices=GENERATORS, help="one generator")
    parser.add_argument("--seeds", nargs="+", type=int, default=SEEDS)
    parser.add_argument("--smallest", action="store_true", help="small worlds, one seed")
    options = parser.parse_args()
    tallies: dict[tuple[str, str], Tally] = {}
    controls: dict[str, list[int]] = {}
    for name in [options.only] if options.only else GENERATORS:
        for rng_seed in options.seeds[: 1 if options.smallest else None]:
            with tempfile.TemporaryDirectory() as place:
                generate(options.generator_python, name, rng_seed, Path(place), smallest=options.smallest)
                judge(name, rng_seed, Path(place), tallies, controls)
    missed = 0
    print("generator | family | labelled | prevalence | recall, plain | top | at plain's recall, plain | times | controls")
    for (name, family), tally in tallies.items():
        row = tally.figures()
        good = met(row)
        missed += not good
        innocent, flagged = controls[f"{name} {family}"]
        told = f"{flagged} of {innocent}" if innocent else ""
        print(
            f"{name} | {family} | {row['instances']} | {row['prevalence']:.2%} | {row['recall']:.2f}, "
            f"{row['plain_recall']:.2f} | {row['top']:.2f} | {row['at']:.3f}, {row['plain_precision']:.3f} | "
            f"{row['times']:.1f} | {told}{'' if good else '  MISSED'}"
        )
        shown = {key: value for key, value in row.items() if value != float("inf")}
        record.row(
            "Patterns in other generators' worlds", f"{name}: {family}", about=ABOUT, **shown, bar=good,
            **({"controls": told} if told else {}),
        )  # fmt: skip
    return MISSED if missed else 0


if __name__ == "__main__":
    sys.exit(main())
