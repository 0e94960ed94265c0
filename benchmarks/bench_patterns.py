"""Patterns with instances: every finder, and snapml's GraphFeaturePreprocessor in the same run where it is installed.

python -m benchmarks.bench_patterns [--smallest]

Measures kernels.bursts, kernels.patterns and kernels.patterns_layers as their finders call them; the lists by account,
which all share, apart.
snapml is asked for counts in batches of 1,024 (its fastest) over the first transactions only; its rate is what is compared.
Seconds are processor seconds: the machine may be shared.
"""

import argparse
import importlib
import sys
import time

import numpy as np

from benchmarks import record
from benchmarks.flow_worlds import flow_world
from graphfraud.analysis.pattern_kinds import FINDERS, World
from graphfraud.analysis.patterns import DEFAULTS, _asked
from graphfraud.analysis.surprise import compare
from graphfraud.findings import PATTERNS
from graphfraud.units import DAY_US, SECOND_US
from tests.oracles import patterns as oracle

PEER_ROWS = 50_000


def fresh(world):
    return World(world.payer_ix, world.payee_ix, world.amount_fen, world.at_us, world.n_accounts)


def measure(name, world):
    """Print processor seconds (best of three) of each kind; return the rate of each."""
    n, rates, total = world.n_transactions, {}, 0.0
    since, lists = time.process_time(), fresh(world)
    assert len(lists.into) == len(lists.out) == 2
    spent = time.process_time() - since
    print(f"{name} lists by payer and by payee, for all kinds: {spent * 1e3:.0f} ms ({n / spent / 1e6:.1f} M/s)")
    for kind in PATTERNS:
        asked, spent = _asked(kind, {}), []
        for _ in range(3):
            lists = fresh(world)
            assert len(lists.into) == len(lists.out) == 2
            since = time.process_time()
            found = FINDERS[kind](lists, asked)
            spent.append(time.process_time() - since)
        rates[kind] = n / min(spent)
        total += min(spent)
        size = np.diff(found.start)
        cut = f", cut {found.n_cut} times" if found.n_cut else ""
        largest = size.max(initial=0)
        print(
            f"{name} {kind}: {min(spent) * 1e3:.0f} ms ({rates[kind] / 1e6:.1f} M/s), {len(size)} instances{cut}, "
            f"{size.sum()} transactions in them, largest {largest}",
            flush=True,
        )
        record.speed(f"{kind}, {name}", n=n, seconds=min(spent), processor=min(spent), note=f"{len(size)} instances{cut}")
    spent = []
    for _ in range(3):
        since, shared = time.process_time(), fresh(world)
        for kind in PATTERNS:
            FINDERS[kind](shared, _asked(kind, {}))
        spent.append(time.process_time() - since)
    together = min(spent)
    print(
        f"{name} all {len(PATTERNS)} kinds, lists shared: {together:.2f} s ({n / together / 1e6:.1f} M/s); alone {total:.2f} s"
    )
    task = f"all {len(PATTERNS)} patterns, {name}"
    record.speed(task, n=n, seconds=together, processor=together, goal={"per_s": 5e6})
    return rates


def peer(name, world, rates):
    try:
        snapml = importlib.import_module("snapml")
    except ImportError:
        print("snapml is not installed: no peer measured")
        return
    columns = (np.arange(world.n_transactions), world.payer_ix, world.payee_ix, world.at_us // SECOND_US)
    rows = np.ascontiguousarray(np.stack(columns, axis=1).astype(np.float64)[:PEER_ROWS])
    off = dict.fromkeys(("fan", "degree", "scatter-gather", "temp-cycle", "lc-cycle", "vertex_stats"), False)
    day = DAY_US // SECOND_US
    for what, mine in (("fan", "fan_in"), ("scatter-gather", "scatter_gather")):
        miner = snapml.GraphFeaturePreprocessor()
        asked = {what: True, f"{what}_tw": day, f"{what}_bins": [2, 3, 5, 10], "num_threads": 1, "time_window": day}
        miner.set_params({**off, **asked})
        since = time.process_time()
        for first in range(0, len(rows), 1024):
            miner.transform(rows[first : first + 1024])
        rate = len(rows) / (time.process_time() - since)
        print(
            f"{name} snapml {what}, 1 d, 1 thread, first {len(rows)}: {rate / 1e3:.0f} k/s; "
            f"{mine} is {rates[mine] / rate:.0f} x"
        )
        record.speed(
            f"{mine} beside snapml, {name}", n=len(rows), seconds=len(rows) / rates[mine],
            peer="snapml, 1 thread, batches of 1,024", peer_seconds=len(rows) / rate,
            goal={"ratio": 500 if what == "fan" else 60},
        )  # fmt: skip


def ranking(name, world, n_worlds):
    for kind in ("fan_in", "scatter_gather"):
        lists, asked = fresh(world), _asked(kind, {})
        found = FINDERS[kind](lists, asked)
        since = time.process_time()
        p_value, _ = compare(lists, found, kind, lambda w, k=kind, a=asked: FINDERS[k](w, a), n_worlds, 0)
        spent = time.process_time() - since
        print(
            f"{name} ranking of {len(p_value)} {kind} by {n_worlds} null worlds: {spent:.2f} s; "
            f"below 0.001: {(p_value < 1e-3).sum()}"
        )


def check(world):
    """Compare two kinds with their twins on the first transactions."""
    n = 2_000
    payer, payee, at = (column[:n].tolist() for column in (world.payer_ix, world.payee_ix, world.at_us))
    few = World(world.payer_ix[:n], world.payee_ix[:n], world.amount_fen[:n], world.at_us[:n], world.n_accounts)
    found = FINDERS["fan_in"](few, _asked("fan_in", {}))
    into = [[] for _ in range(world.n_accounts)]
    for i, b in enumerate(payee):
        into[b].append(i)
    wanted = oracle.crowds(into, payer, at, DAY_US, DEFAULTS["fan_in"]["n_min"])
    return len(wanted) == len(found.start) - 1


def main() -> int:
    """Measure; fail only where an answer is wrong."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--smallest", action="store_true")
    smallest = parser.parse_args().smallest
    small = flow_world("smallest")
    for kind in PATTERNS:  # compiles
        FINDERS[kind](fresh(small), _asked(kind, {}))
    right = check(small)
    for name in ("smallest",) if smallest else ("S", "M"):
        world = flow_world(name)
        rates = measure(name, world)
        if name != "M":
            ranking(name, world, 3)
            peer(name, world, rates)
    return int(not right)


if __name__ == "__main__":
    sys.exit(main())
