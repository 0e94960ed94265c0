"""Quality of two-card rings, patterns and communities: ``python -m benchmarks.quality [--smallest]``.

Patterns: see ``patterns.py``; communities: see ``communities.py``. Rings: B-cubed F1 of all items of a city at least 0.80, at
most 5 % of its look-alikes flagged, in every city. The program ends with 3 where a bar is missed. The
thresholds of the rule table were chosen on seeds 1, 2, 5, 71, 72 and 73 of the default and of a small city; no seed here is
among them.
"""

import argparse
import sys
import time

import polars as pl

from benchmarks import record
from benchmarks.quality import communities, patterns
from benchmarks.quality.cities import CITIES, SMALLEST, City
from benchmarks.quality.scores import b_cubed, rings_found
from graphfraud.analysis.rings import reported_payments
from graphfraud.analysis.two_card import two_card
from graphfraud.graph.flows import flow_graph
from graphfraud.graph.links import link_graph

F1_MIN = 0.80
LOOK_ALIKES_MAX = 0.05
ABOUT = (
    f"Bars, city by city: B-cubed F1 of all items (accounts and phone cards) at least {F1_MIN}, at most {LOOK_ALIKES_MAX:.0%} "
    "of the look-alikes flagged. An item not found counts 0. `prevalence`: share of items that are culprits."
)


def judge(city: City) -> dict[str, float]:
    """Ask the city's two-card rings and score them."""
    since = time.perf_counter()
    flows, links = flow_graph(city.transactions), link_graph(city.links)
    answer = two_card(flows, links, city.tables, reported_payments(city.transactions), null_worlds=99)
    spent = time.perf_counter() - since
    flagged = answer.rings.filter("flagged").select("ring_id")
    members = answer.members.filter(pl.col("member_kind").is_in(["account", "sim"])).join(flagged, on="ring_id")
    found = members.select(id=pl.col("member_kind") + ":" + pl.col("member_id"), group="ring_id").unique("id", keep="first")
    row = {"items": city.n_items, "prevalence": len(city.culprits) / city.n_items}
    for kind in ("account", "sim", ""):
        score = b_cubed(*(frame.filter(pl.col("id").str.starts_with(kind)) for frame in (found, city.true)))
        row |= {f"{kind or 'all'} {name}": value for name, value in score.items()}
    row["flagged that are culprits"] = float(found["id"].is_in(city.culprits.implode()).mean() or 0.0)
    row["culprits flagged"] = float(city.culprits.is_in(found["id"].implode()).mean() or 0.0)
    row["look-alikes"] = len(city.look_alikes)
    row["look-alikes flagged"] = float(city.look_alikes.is_in(found["id"].implode()).mean() or 0.0)
    n_found, n_rings = rings_found(found, city.true)
    odds = answer.rings.join(flagged, on="ring_id")["p_value"].drop_nulls()
    return row | {"rings found": n_found, "rings": n_rings, "p <= 0.05": int((odds <= 0.05).sum()), "p": len(odds), "s": spent}


def main() -> int:
    """Judge every city; fail where a bar is missed. Of patterns in one small city recall alone can fail."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--smallest", action="store_true", help="one small city: a check that everything runs")
    parser.add_argument("--only", choices=("rings", "patterns", "communities"), help="one of the three")
    options = parser.parse_args()
    missed = 0
    if options.only in (None, "rings"):
        missed += rings(options.smallest)
    if options.only in (None, "communities"):
        missed += communities.run(options.smallest)
    if options.only in (None, "patterns"):
        missed += patterns.run(patterns.SMALLEST if options.smallest else patterns.WORLDS, recall_alone=options.smallest)
    return patterns.MISSED if missed else 0


def rings(smallest: bool) -> int:
    """Judge the two-card rings of every city; return how many cities miss a bar."""
    n, missed = 0, 0
    print("city | seed | prevalence | F1 accounts | F1 cards | F1 all (P, R) | rings found | look-alikes flagged | p<=0.05 | s")
    for name, (settings, seeds, lost) in (SMALLEST if smallest else CITIES).items():
        for seed in seeds:
            row = judge(City(settings, seed, lost))
            n += 1
            good = row["all f1"] >= F1_MIN and row["look-alikes flagged"] <= LOOK_ALIKES_MAX
            missed += not good
            figures = {key: row[key] for key in ("prevalence", "account f1", "sim f1", "all f1", "all precision", "all recall")}
            figures["rings found"] = f"{row['rings found']} of {row['rings']}"
            figures |= {key: row[key] for key in ("look-alikes", "look-alikes flagged")}
            figures["p <= 0.05"] = f"{row['p <= 0.05']} of {row['p']}"
            record.row("Two-card rings by city", f"{name}, seed {seed}", about=ABOUT, **figures, bar=good)
            print(
                f"{name} | {seed} | {row['prevalence']:.1%} | {row['account f1']:.3f} | {row['sim f1']:.3f} | "
                f"{row['all f1']:.3f} ({row['all precision']:.3f}, {row['all recall']:.3f}) | "
                f"{row['rings found']}/{row['rings']} | "
                f"{row['look-alikes flagged']:.2%} of {row['look-alikes']} | {row['p <= 0.05']}/{row['p']} | {row['s']:.1f}"
                f"{'' if good else '  MISSED'}",
                flush=True,
            )
    print(f"bars (F1 of all >= {F1_MIN}, look-alikes flagged <= {LOOK_ALIKES_MAX:.0%}): {n - missed} of {n} met")
    return missed


if __name__ == "__main__":
    sys.exit(main())
