"""Patterns with instances: every finder, and snapml's GraphFeaturePreprocessor in the same run where it is installed.

python -m benchmarks.bench_patterns [--smallest] [--size L]

Measures kernels.sides, kernels.close, kernels.bursts, kernels.climbs, kernels.patterns, kernels.patterns_handed and
kernels.patterns_layers as their finders call them: each kind with the lists by account, which all share, apart; all kinds
together with the lists built once; and whole answers, as tables with ids.
snapml is asked for counts in batches of 1,024 (its fastest) over all of the same transactions: over the first 100,000 alone it
is half as fast again as over a million.
Seconds are processor seconds: the machine may be shared. L is asked once, and not for tables: its payments as text need more
memory than the question.
"""

import argparse
import importlib
import sys
import time

import numpy as np

from benchmarks import record
from benchmarks.flow_worlds import add_sizes, flow_world
from graphfraud.analysis.pattern_kinds import FINDERS, find_all
from graphfraud.analysis.pattern_world import World
from graphfraud.analysis.patterns import DEFAULTS, _asked, patterns
from graphfraud.analysis.surprise import compare
from graphfraud.findings.patterns import PATTERNS
from graphfraud.units import DAY_US, SECOND_US
from tests.oracles import patterns as oracle


def fresh(world):
    return World(world.payer_ix, world.payee_ix, world.amount_fen, world.at_us, world.n_accounts)


def measure(name, world):
    """Print processor seconds (best of three, of one for L) of each kind, and seconds of all together."""
    n, total, times = world.n_transactions, 0.0, 1 if name == "L" else 3
    since, lists = time.process_time(), fresh(world)
    assert len(lists.into) == len(lists.out) == 2
    spent = time.process_time() - since
    print(f"{name} lists by payer and by payee, for all kinds: {spent * 1e3:.0f} ms ({n / spent / 1e6:.1f} M/s)")
    for kind in PATTERNS:
        asked, spent = _asked(kind, {}), []
        for _ in range(times):
            lists = fresh(world)
            assert len(lists.into) == len(lists.out) == 2
            since = time.process_time()
            found = FINDERS[kind](lists, asked)
            spent.append(time.process_time() - since)
        total += min(spent)
        size = np.diff(found.start)
        cut = f", cut {found.n_cut} times" if found.n_cut else ""
        largest = size.max(initial=0)
        print(
            f"{name} {kind}: {min(spent) * 1e3:.0f} ms ({n / min(spent) / 1e6:.1f} M/s), {len(size)} instances{cut}, "
            f"{size.sum()} transactions in them, largest {largest}",
            flush=True,
        )
        record.speed(f"{kind}, {name}", n=n, seconds=min(spent), processor=min(spent), note=f"{len(size)} instances{cut}")
    asked = {kind: _asked(kind, {}) for kind in PATTERNS}
    for n_threads in (1, 2):
        spent = []
        record.forget_peak()
        for _ in range(times):
            since, clock, shared = time.process_time(), time.perf_counter(), fresh(world)
            find_all(shared, asked, n_threads)
            spent.append((time.perf_counter() - clock, time.process_time() - since))
        wall, processor = min(spent)
        print(
            f"{name} all {len(PATTERNS)} kinds with instances, lists built once, {n_threads} thread(s): {wall:.2f} s wall "
            f"({n / wall / 1e6:.1f} M/s), {processor:.2f} s processor ({n / processor / 1e6:.1f} M/s); alone {total:.2f} s; "
            f"peak {record.peak_mib():,.0f} MiB",
            flush=True,
        )
        task = f"all {len(PATTERNS)} patterns, {name}, {n_threads} thread(s)"
        note = f"peak of the process {record.peak_mib():,.0f} MiB"
        record.speed(task, n=n, seconds=wall, processor=processor, goal={"per_s": 5e6}, note=note)
    if name == "L":
        return
    since, clock = time.process_time(), time.perf_counter()
    answer = patterns(world.graph())
    wall, processor = time.perf_counter() - clock, time.process_time() - since
    rows = answer.transactions.height
    print(f"{name} the same as tables with ids, {rows} rows of transactions: {wall:.2f} s wall, {processor:.2f} s processor")
    record.speed(f"all patterns as tables, {name}", n=n, seconds=wall, processor=processor, note=f"{rows} rows of transactions")


MINE = {"fan": ("fan_in", "fan_out"), "scatter-gather": ("scatter_gather",)}


def mined(snapml, rows, what, n_threads):
    """Return wall and processor seconds a payment takes snapml (best of three), its graph built and its table of counts."""
    off = dict.fromkeys(("fan", "degree", "scatter-gather", "temp-cycle", "lc-cycle", "vertex_stats"), False)
    day = DAY_US // SECOND_US
    spent = []
    for _ in range(3):
        miner = snapml.GraphFeaturePreprocessor()
        asked = {what: True, f"{what}_tw": day, f"{what}_bins": [2, 3, 5, 10], "num_threads": n_threads, "time_window": day}
        miner.set_params({**off, **asked})
        clock, since = time.perf_counter(), time.process_time()
        for first in range(0, len(rows), 1024):
            miner.transform(rows[first : first + 1024])
        spent.append((time.perf_counter() - clock, time.process_time() - since))
    return [min(column) / len(rows) for column in zip(*spent, strict=True)]


def ours(world, kinds, n_threads, built):
    """Return wall and processor seconds a payment takes us (best of five), with lists by account apart or all built."""
    spent = []
    for _ in range(5):
        lists = fresh(world)
        if not built:
            assert len(lists.into) == len(lists.out) == 2
        clock, since = time.perf_counter(), time.process_time()
        find_all(lists, {kind: _asked(kind, {}) for kind in kinds}, n_threads)
        spent.append((time.perf_counter() - clock, time.process_time() - since))
    return [min(column) / world.n_transactions for column in zip(*spent, strict=True)]


def peer(name, world):
    """Compare whole runs on as many threads each; the note tells the ratio to the faster of snapml's two settings."""
    try:
        snapml = importlib.import_module("snapml")
    except ImportError as error:
        print(f"no peer measured: {error}. Install snapml and scikit-learn where this runs (pip install snapml scikit-learn).")
        return
    columns = (np.arange(world.n_transactions), world.payer_ix, world.payee_ix, world.at_us // SECOND_US)
    rows = np.ascontiguousarray(np.stack(columns, axis=1).astype(np.float64))
    for what, kinds in MINE.items():
        theirs = {n_threads: mined(snapml, rows, what, n_threads) for n_threads in (1, 2)}
        fastest = min(wall for wall, _ in theirs.values())
        for n_threads, (wall, processor) in theirs.items():
            mine, apart = (ours(world, kinds, n_threads, built) for built in (True, False))
            note = f"{fastest / mine[0]:.0f} times the faster of snapml on 1 and 2 threads ({1e-3 / fastest:.0f} k/s)"
            print(
                f"{name} snapml {what}, 1 d, {n_threads} thread(s): {1e-3 / wall:.0f} k/s wall; "
                f"{' and '.join(kinds)} with instances {wall / mine[0]:.0f} x wall, "
                f"{processor / mine[1]:.0f} x processor, all built, {note}; "
                f"{wall / apart[0]:.0f} x wall, {processor / apart[1]:.0f} x processor, lists apart",
                flush=True,
            )
            record.speed(
                f"{' and '.join(kinds)}, {n_threads} thread(s), {name}",
                n=world.n_transactions,
                seconds=mine[0] * world.n_transactions,
                processor=mine[1] * world.n_transactions,
                peer=f"snapml {what}, {n_threads} thread(s), batches of 1,024",
                ratio=wall / mine[0],
                goal={"ratio": 500 if what == "fan" else 60},
                note=f"{note}; {wall / apart[0]:.0f} times with the lists by account apart",
            )


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
    add_sizes(parser)
    options = parser.parse_args()
    small = flow_world("smallest")
    for kind in PATTERNS:  # compiles
        FINDERS[kind](fresh(small), _asked(kind, {}))
    right = check(small)
    for name in ("smallest",) if options.smallest else options.size or ("S", "M"):
        world = flow_world(name)
        measure(name, world)
        if name not in ("M", "L"):
            ranking(name, world, 3)
            peer(name, world)
    return int(not right)


if __name__ == "__main__":
    sys.exit(main())
