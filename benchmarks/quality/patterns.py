"""Quality of patterns by family, beside a plain detector in the same run.

    python -m benchmarks.quality.patterns [--smallest] [--kinds NAME ...]

A hit: the Jaccard index of the transactions found and put in is at least 0.5 (``scores.py``). Bar, for each family over all
worlds: where our ranked list is cut as soon as it has as many hits as the whole list of the plain detector, its precision is
at least ten times the plain detector's, and our whole list has no fewer hits. Where the plain detector is right more often
than once in ten, ten times is more than there is; there the bar is a tenth of its false alarms for each hit, or fewer.
"""

import argparse
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from benchmarks import record
from benchmarks.quality.flows import SMALLEST, WORLDS, FlowCity, Setting
from benchmarks.quality.plain import RULES
from benchmarks.quality.scores import instance_hits, precision
from graphfraud.analysis.patterns import patterns
from graphfraud.findings.patterns import PATTERNS
from graphfraud.graph.flows import flow_graph

TIMES = 10.0
NULL_WORLDS = 20
MISSED = 3
"""Exit code where a bar is missed; 1 is a fault of the program."""

ABOUT = (
    "A hit has a Jaccard index of at least 0.5 with the transactions of an instance put in. `recall`: share of those that "
    "are in the whole list. `precision`: of the whole list; `top`: of as many from the top of the ranked list as were put in; "
    "`at`: of the list cut where it has as many hits as the plain detector's whole list. `times`: `at` by the plain detector's "
    "precision. `prevalence`: share of all payments that belong to instances of the family. Sums over all worlds. The "
    "bar: no lower recall and ten times the precision, or, where the plain detector is right more often than once in ten (ten "
    "times is then more than there is), at most a tenth of its false alarms for each hit."
)


@dataclass
class Tally:
    """What both detectors make of one family, world by world."""

    n_true: int = 0
    n_planted: int = 0
    n_transactions: int = 0
    hits: int = 0
    listed: int = 0
    top: int = 0
    at_hits: int = 0
    at_listed: float = 0.0
    plain_hits: int = 0
    plain_listed: int = 0
    plain_top: int = 0

    def figures(self) -> dict[str, float]:
        """Return the shares the table shows."""
        plain = self.plain_hits / max(self.plain_listed, 1)
        whole = self.hits / max(self.listed, 1)
        at = self.at_hits / max(self.at_listed, 1) if self.plain_hits else whole
        return {
            "instances": self.n_true,
            "prevalence": self.n_planted / max(self.n_transactions, 1),
            "recall": self.hits / self.n_true,
            "plain_recall": self.plain_hits / self.n_true,
            "top": self.top / self.n_true,
            "at": at,
            "precision": whole,
            "plain_precision": plain,
            "plain_top": self.plain_top / self.n_true,
            "times": at / plain if plain else float("inf"),
        }


def met(figures: Mapping[str, float]) -> bool:
    """Tell whether the bar is met: no lower recall, and ten times the precision or a tenth of the false alarms for each hit."""
    at, plain = figures["at"], figures["plain_precision"]
    enough = at >= TIMES * plain
    if plain > 1 / TIMES:
        enough = at > 0 and (1 - at) / at <= (1 - plain) / plain / TIMES
    return figures["recall"] >= figures["plain_recall"] and enough


def ranked(city: FlowCity, kinds: Sequence[str], null_worlds: int) -> dict[str, list[list[int]]]:
    """Return our instances of each family, the most surprising first, as positions of transactions."""
    answer = patterns(flow_graph(city.transactions), kinds, null_worlds=null_worlds, rng_seed=1)
    place = city.transactions.select("transaction_id").with_row_index("tx")
    legs = answer.transactions.join(place, on="transaction_id", how="left", maintain_order="left")
    sets = legs.group_by("pattern").agg("tx")
    rows = answer.patterns.join(sets, on="pattern", how="left").sort("pattern")
    return {kind: rows.filter(pl.col("kind") == kind)["tx"].to_list() for kind in kinds}


def judge(city: FlowCity, kinds: Sequence[str], tallies: dict[str, Tally], null_worlds: int = NULL_WORLDS) -> None:
    """Ask both detectors and add what they found to the tallies."""
    family = city.family.to_numpy()
    planted = set(np.flatnonzero(city.instance >= 0).tolist())
    frame = city.transactions.select(
        tx=pl.int_range(pl.len()), payer="payer_id", payee="payee_id", amount_fen="amount_fen", at_us="at_us"
    ).filter(pl.col("payer") != pl.col("payee"))
    ours = ranked(city, kinds, null_worlds)
    for kind in kinds:
        true: dict[int, set[int]] = {}
        for tx in np.flatnonzero(family == kind).tolist():
            true.setdefault(int(city.instance[tx]), set()).add(tx)
        add(tallies.setdefault(kind, Tally()), ours[kind], RULES[kind](frame), true, planted, len(family))


def add(
    tally: Tally,
    ours: Sequence[Sequence[int]],
    rule: Sequence[Sequence[int]],
    true: Mapping[int, set[int]],
    planted: set[int],
    n_transactions: int,
) -> None:
    """Add what both detectors found of one family in one world; the plain detector's list is put the largest first."""
    plain = precision(instance_hits(sorted(rule, key=lambda one: (-len(one), one)), true, planted), len(true))
    mine = precision(instance_hits(ours, true, planted), len(true), int(plain["hits"]))
    tally.n_true += len(true)
    tally.n_planted += sum(map(len, true.values()))
    tally.n_transactions += n_transactions
    tally.hits += int(mine["hits"])
    tally.listed += int(mine["listed"])
    tally.top += round(mine["top"] * min(len(true), mine["listed"]))
    enough = plain["hits"] <= mine["hits"]
    tally.at_hits += int(plain["hits"] if enough else mine["hits"])
    tally.at_listed += (plain["hits"] / mine["at"] if mine["at"] else 0) if enough else mine["listed"]
    tally.plain_hits += int(plain["hits"])
    tally.plain_listed += int(plain["listed"])
    tally.plain_top += round(plain["top"] * min(len(true), plain["listed"]))


def show(tallies: Mapping[str, Tally]) -> int:
    """Print the table and write it down; return how many bars are missed."""
    print("family | put in | prevalence | recall, plain | top | at plain's recall, plain | whole list | times")
    missed = 0
    for kind, tally in tallies.items():
        row = tally.figures()
        good = met(row)
        missed += not good
        print(
            f"{kind} | {row['instances']} | {row['prevalence']:.3%} | {row['recall']:.2f}, {row['plain_recall']:.2f} | "
            f"{row['top']:.2f} ({row['plain_top']:.2f}) | {row['at']:.3f}, {row['plain_precision']:.3f} | "
            f"{row['precision']:.3f} | {row['times']:.1f}{'' if good else '  MISSED'}"
        )
        shown = {name: value for name, value in row.items() if value != float("inf")}
        record.row("Patterns by family", kind, about=ABOUT, **shown, bar=good)
    print(f"bars (recall no lower, {TIMES:g} times the precision): {len(tallies) - missed} of {len(tallies)} met")
    return missed


def run(
    worlds: Mapping[str, tuple[Setting, Sequence[int]]],
    kinds: Sequence[str] = PATTERNS,
    null_worlds: int = NULL_WORLDS,
    *,
    recall_alone: bool = False,
) -> int:
    """Judge every world; return how many bars are missed, or in how many families recall is lower, if that alone is asked."""
    tallies: dict[str, Tally] = {}
    for name, (setting, seeds) in worlds.items():
        for seed in seeds:
            since = time.process_time()
            city = FlowCity(setting, seed)
            judge(city, kinds, tallies, null_worlds)
            print(
                f"{name}, seed {seed}: {len(city.family):,} payments, {city.prevalence:.2%} planted, "
                f"{setting.n_each} instances a family, {time.process_time() - since:.1f} s of processor",
                flush=True,
            )
    missed = show(tallies)
    return sum(tally.hits < tally.plain_hits for tally in tallies.values()) if recall_alone else missed


def main() -> int:
    """Judge; fail where a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--smallest", action="store_true", help="one small world: a check that everything runs")
    parser.add_argument("--kinds", nargs="+", choices=PATTERNS, default=PATTERNS, help="some families")
    parser.add_argument("--seeds", nargs="+", type=int, help="other seeds, of the default world alone")
    parser.add_argument("--null-worlds", type=int, default=NULL_WORLDS)
    options = parser.parse_args()
    worlds = SMALLEST if options.smallest else WORLDS
    if options.seeds:
        worlds = {"default": (Setting(), tuple(options.seeds))}
    return MISSED if run(worlds, options.kinds, options.null_worlds, recall_alone=options.smallest) else 0


if __name__ == "__main__":
    sys.exit(main())
