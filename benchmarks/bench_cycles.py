"""Temporal cycles with instances: kernels.cycles in one run with snapml's GraphFeaturePreprocessor, where it is installed.

python -m benchmarks.bench_cycles [--smallest] [--size L] [--three-days]

snapml reports only how many cycles each payment is in; install it where this runs to see it. Given all payments at once its
counts are ours, payment by payment (compared on size X before its time is told); in batches of 1,024, its fastest, it misses
the earlier payments of cycles that close in a later batch. The open C++ code cannot be fetched here: its rows state what it
took on such a machine another day, on another world of the same recipe and size, and say so.
"""

import argparse
import importlib
import itertools
import sys
import time

import numpy as np

from benchmarks import record
from benchmarks.flow_worlds import FlowWorld, add_sizes, flow_world
from graphfraud.analysis.cycles import find_cycles
from graphfraud.kernels import cycles as kernels
from graphfraud.units import DAY_US, HOUR_US, SECOND_US
from tests.oracles import cycles as oracle

LENGTH_MAX = 10
BATCH = 1_024
EARLIER = {  # (size, window) -> seconds of search on 1 and on 2 threads, and the cycles of that world
    ("S", "1 h"): (2.29, 1.54, 14),
    ("S", "6 h"): (2.61, 1.71, 149),
    ("S", "1 d"): (5.01, 2.98, 526),
    ("M", "1 h"): (17.2, 10.7, 64),
}
"""IBM's parallel-cycle-enumeration (temporal Johnson; fine-grained on 2 threads), counts only, reading the file left out."""


def ask(world, within_us, n_threads):
    return find_cycles(
        world.payer_ix,
        world.payee_ix,
        world.at_us,
        world.n_accounts,
        within_us=within_us,
        length_max=LENGTH_MAX,
        strict=True,
        cycles_max=10**8,
        steps_max=10**9,
        n_threads=n_threads,
    )


def measure(name, world, words, within_us):
    """Print wall seconds (best of three, of one for L) of one and two threads; return the instances."""
    seconds = {}
    record.forget_peak()
    for n_threads in (1, 2):
        spent = []
        for _ in range(1 if name == "L" else 3):
            since, processor = time.perf_counter(), time.process_time()
            start, tx, cut = ask(world, within_us, n_threads)
            spent.append((time.perf_counter() - since, time.process_time() - processor))
        seconds[n_threads] = min(spent)
    processor = time.thread_time()
    root, _ = kernels.cycle_roots(world.payer_ix, world.payee_ix, world.at_us, within_us, world.n_accounts)
    processor = time.thread_time() - processor
    n = world.n_transactions
    by_length = np.bincount(np.diff(start), minlength=LENGTH_MAX + 1)[2:].tolist()
    print(
        f"{name} {words}: {len(start) - 1} cycles{' (cut)' if cut else ''}, by length {by_length}; lists built, 1 thread "
        f"{seconds[1][0]:.3f} s wall, {seconds[1][1]:.3f} s processor ({n / seconds[1][1] / 1e6:.1f} M/s); 2 threads "
        f"{seconds[2][0]:.3f} s wall; peak {record.peak_mib():,.0f} MiB; "
        f"roots alone {processor * 1e3:.1f} ms ({n / processor / 1e6:.0f} M/s), {len(root)} left",
        flush=True,
    )
    note = f"{len(start) - 1} cycles; peak of the process {record.peak_mib():,.0f} MiB"
    for n_threads, (wall, spent) in seconds.items():
        task = f"temporal cycles, {words}, {name}, {n_threads} thread{'s' * (n_threads > 1)}"
        beside = {}
        if (name, words) in EARLIER:
            theirs, n_theirs = EARLIER[name, words][n_threads - 1], EARLIER[name, words][2]
            peer = "IBM parallel-cycle-enumeration, C++, NOT in this run: earlier, like machine, like world"
            beside = {"peer": f"{peer} ({n_theirs} cycles)", "peer_seconds": theirs, "goal": {"ratio": 40}}
            print(f"{name} {words}, {n_threads} thread(s): {peer} ({n_theirs} cycles): {theirs} s = {theirs / wall:.0f} x")
        record.speed(task, n=n, seconds=wall, processor=spent, note=note, **beside)
    return start, tx, seconds


def complete(name, world, within_us, n):
    """Tell whether the first payments have the cycles the twin finds by walking on from each of them in every way."""
    columns = [column[:n] for column in (world.payer_ix, world.payee_ix, world.at_us)]
    first = FlowWorld(columns[0], columns[1], world.amount_fen[:n], columns[2], world.n_accounts)
    start, tx, cut = ask(first, within_us, 2)
    wanted = oracle.cycles(*(column.tolist() for column in columns), within_us, LENGTH_MAX, True)
    same = [tuple(tx[a:b].tolist()) for a, b in itertools.pairwise(start)] == wanted and not cut
    days = within_us // DAY_US
    print(f"{name} first {n} payments, {days} d: {len(start) - 1} cycles; twin {len(wanted)}: {'same' if same else 'WRONG'}")
    return same


def mined(snapml, world, within_us, batch):
    """Return the seconds snapml takes, and how many cycles of 2, 3, ... payments it says each payment is in."""
    columns = (np.arange(world.n_transactions), world.payer_ix, world.payee_ix, world.at_us // SECOND_US)
    rows = np.ascontiguousarray(np.stack(columns, axis=1).astype(np.float64))
    off = dict.fromkeys(("fan", "degree", "scatter-gather", "lc-cycle", "vertex_stats"), False)
    window, lengths = within_us // SECOND_US, list(range(2, LENGTH_MAX + 2))
    asked = {"temp-cycle": True, "temp-cycle_tw": window, "temp-cycle_bins": lengths}
    miner = snapml.GraphFeaturePreprocessor()
    miner.set_params({**off, **asked, "num_threads": 2, "time_window": window})
    since, told = time.perf_counter(), []
    for first in range(0, len(rows), batch):
        told.append(miner.transform(rows[first : first + batch])[:, 4:])
    return time.perf_counter() - since, np.concatenate(told)[:, : LENGTH_MAX - 1].astype(np.int64)


def peer(snapml, name, world, words, within_us, batch, goal=None):
    """Compare with snapml; false where it is given all payments at once and counts otherwise."""
    theirs, told = mined(snapml, world, within_us, batch)
    spent = []
    for _ in range(3):
        since, processor = time.perf_counter(), time.process_time()
        start, tx, _ = ask(world, within_us, 2)
        spent.append((time.perf_counter() - since, time.process_time() - processor))
    length = np.diff(start)
    counted = np.zeros((world.n_transactions, LENGTH_MAX - 1), np.int64)
    np.add.at(counted, (tx, np.repeat(length, length) - 2), 1)
    whole = batch >= world.n_transactions
    same = bool(np.array_equal(counted, told))
    in_one, in_ours = np.count_nonzero(told.any(axis=1)), np.count_nonzero(counted.any(axis=1))
    what = f"{in_one} payments in cycles, {in_ours} by ours" + (", the same counts for each" if same else "")
    fed = "all at once" if whole else f"batches of {batch:,}"
    print(
        f"{name} {words}: snapml, 2 threads, {fed}: {theirs:.2f} s = {theirs / min(spent)[0]:.0f} x (2 threads, wall); {what}"
    )
    record.speed(
        f"temporal cycles, {words}, {name}, 2 threads, beside snapml, {fed}",
        n=world.n_transactions,
        seconds=min(spent)[0],
        processor=min(spent)[1],
        peer=f"snapml temp-cycle, counts only, 2 threads, {fed}",
        peer_seconds=theirs,
        goal=goal,
        note=what,
    )
    return same or not whole


def peers(world):
    """Compare with snapml where it is installed: the same answer on X, and its fastest way on S."""
    try:
        snapml = importlib.import_module("snapml")
    except ImportError as error:
        print(f"no peer measured: {error}. Install snapml and scikit-learn where this runs (pip install snapml scikit-learn).")
        return True
    tenth = flow_world("X")
    right = peer(snapml, "X", tenth, "1 d", DAY_US, tenth.n_transactions)
    return peer(snapml, "S", world, "1 d", DAY_US, BATCH, {"ratio": 100}) and right


def main() -> int:
    """Measure; fail only where an answer is wrong."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_sizes(parser)
    parser.add_argument("--three-days", action="store_true")
    options = parser.parse_args()
    if options.smallest:
        world = flow_world("smallest")
        start, tx, _ = measure("smallest", world, "1 d", DAY_US)
        columns = [c.tolist()[:1500] for c in (world.payer_ix, world.payee_ix, world.at_us)]
        wanted = list(oracle.cycles(*columns, DAY_US, 5, True))
        found = [tuple(tx[a:b].tolist()) for a, b in itertools.pairwise(start)]
        return int(wanted != [path for path in found if max(path) < 1500 and len(path) <= 5])
    windows = [("1 h", HOUR_US), ("6 h", 6 * HOUR_US), ("1 d", DAY_US)]
    ask(flow_world("smallest"), DAY_US, 1)  # compiles
    right = True
    for name in options.size or ("S", "M"):
        world = flow_world(name)
        for words, within_us in windows + ([("3 d", 3 * DAY_US)] if options.three_days and name == "S" else []):
            measure(name, world, words, within_us)
        if name == "S":
            right = complete(name, world, DAY_US, 100_000) and complete(name, world, 3 * DAY_US, 20_000)
            right = peers(world) and right
    return int(not right)


if __name__ == "__main__":
    sys.exit(main())
