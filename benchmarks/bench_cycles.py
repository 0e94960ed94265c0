"""Temporal cycles with instances: kernels.cycles in one run with snapml's GraphFeaturePreprocessor, where it is installed.

python -m benchmarks.bench_cycles [--smallest] [--three-days]

snapml reports only how many cycles each payment is in, in batches of 1,024 (its fastest); install it where this runs to see it.
"""

import argparse
import importlib
import itertools
import sys
import time

import numpy as np

from benchmarks import record
from benchmarks.flow_worlds import FlowWorld, flow_world
from graphfraud.analysis.cycles import find_cycles
from graphfraud.kernels import cycles as kernels
from graphfraud.units import DAY_US, HOUR_US, SECOND_US
from tests.oracles import cycles as oracle

LENGTH_MAX = 10


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
    """Print wall seconds (best of three) of one and two threads; return the instances."""
    seconds = {}
    for n_threads in (1, 2):
        spent = []
        for _ in range(3):
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
        f"{seconds[2][0]:.3f} s wall; roots alone {processor * 1e3:.1f} ms ({n / processor / 1e6:.0f} M/s), {len(root)} left",
        flush=True,
    )
    for n_threads, (wall, spent) in seconds.items():
        task = f"temporal cycles, {words}, {name}, {n_threads} thread{'s' * (n_threads > 1)}"
        record.speed(task, n=n, seconds=wall, processor=spent, note=f"{len(start) - 1} cycles")
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


def peer(name, world, words, within_us, seconds):
    try:
        snapml = importlib.import_module("snapml")
    except ImportError as error:
        print(f"no peer measured: {error}. Install snapml and scikit-learn where this runs (pip install snapml scikit-learn).")
        return
    columns = (np.arange(world.n_transactions), world.payer_ix, world.payee_ix, world.at_us // SECOND_US)
    rows = np.ascontiguousarray(np.stack(columns, axis=1).astype(np.float64))
    miner = snapml.GraphFeaturePreprocessor()
    off = dict.fromkeys(("fan", "degree", "scatter-gather", "lc-cycle", "vertex_stats"), False)
    window = within_us // SECOND_US
    miner.set_params(
        {**off, "num_threads": 2, "time_window": window, "temp-cycle": True, "temp-cycle_tw": window, "temp-cycle_bins": [2, 3]}
    )
    since = time.perf_counter()
    for first in range(0, len(rows), 1024):
        miner.transform(rows[first : first + 1024])
    spent = time.perf_counter() - since
    print(
        f"{name} {words}: snapml, 2 threads, batches of 1,024: {spent:.2f} s = {spent / seconds[2][0]:.0f} x (2 threads, wall)"
    )


def main() -> int:
    """Measure; fail only where an answer is wrong."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--smallest", action="store_true")
    parser.add_argument("--three-days", action="store_true")
    options = parser.parse_args()
    if options.smallest:
        world = flow_world("smallest")
        start, tx, seconds = measure("smallest", world, "1 d", DAY_US)
        columns = [c.tolist()[:1500] for c in (world.payer_ix, world.payee_ix, world.at_us)]
        wanted = list(oracle.cycles(*columns, DAY_US, 5, True))
        found = [tuple(tx[a:b].tolist()) for a, b in itertools.pairwise(start)]
        return int(wanted != [path for path in found if max(path) < 1500 and len(path) <= 5])
    windows = [("1 h", HOUR_US), ("6 h", 6 * HOUR_US), ("1 d", DAY_US)]
    ask(flow_world("smallest"), DAY_US, 1)  # compiles
    right = True
    for name in ("S", "M"):
        world = flow_world(name)
        for words, within_us in windows + ([("3 d", 3 * DAY_US)] if options.three_days and name == "S" else []):
            _, _, seconds = measure(name, world, words, within_us)
            if name == "S" and words == "1 d":
                peer(name, world, words, within_us, seconds)
        if name == "S":
            right = complete(name, world, DAY_US, 100_000) and complete(name, world, 3 * DAY_US, 20_000)
    return int(not right)


if __name__ == "__main__":
    sys.exit(main())
