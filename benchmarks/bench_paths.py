"""Paths: kernels of kernels.paths in one run with a plain loop over dicts.

python -m benchmarks.bench_paths [--smallest] [--size L]
"""

import argparse
import sys
import time
from statistics import median

import numpy as np

from benchmarks import record
from benchmarks.flow_worlds import add_sizes, flow_world
from graphfraud.kernels import paths, reach
from tests.oracles import paths as oracle


def timed(call, repeats=5):
    """Return the answer and the median seconds of processor time; the first call, which may compile, is not counted."""
    answer, seconds = call(), []
    for _ in range(repeats):
        since = time.thread_time()
        answer = call()
        seconds.append(time.thread_time() - since)
    return answer, median(seconds)


def sources(world, count):
    """The busiest payer and others drawn evenly."""
    n_paid = np.bincount(world.payer_ix, minlength=world.n_accounts)
    other = np.random.default_rng(7).choice(np.flatnonzero(n_paid), count - 1, replace=False)
    chosen = np.concatenate(([n_paid.argmax()], other)).astype(np.int64)
    chosen.setflags(write=False)
    return chosen


def lanes(name, world):
    one, many = sources(world, 1), sources(world, 64)
    args = (world.payer_ix, world.payee_ix, world.at_us)
    early, reference = timed(
        lambda: reach.earliest_arrival(*args, one.astype(np.int32), np.zeros(1, np.int64), 2**62, True, world.n_accounts)
    )
    (reached, tx, _), wide = timed(lambda: paths.reach_lanes(*args, many, True, world.n_accounts))
    (single, *_), narrow = timed(lambda: paths.reach_lanes(*args, one, True, world.n_accounts))
    n = world.n_transactions
    first = reached & np.uint64(1)
    wrong = np.any((early != reach.NEVER) != (first == 1)) or np.any(single != first)
    print(
        f"{name} earliest arrival of 1 source {reference * 1e3:.1f} ms ({n / reference / 1e6:.0f} M/s); with its payments "
        f"{narrow * 1e3:.1f} ms; of 64 sources {wide * 1e3:.1f} ms = {wide / narrow:.2f} x one of the same, "
        f"{wide / reference:.2f} x plain arrival; {len(tx)} first payments"
    )
    note = f"64 sources at {wide / narrow:.2f} x the time of one; peak of the process {record.peak_mib():,.0f} MiB"
    record.speed(
        f"earliest arrival, 64 sources, {name}",
        n=n,
        seconds=wide,
        note=note,
        goal={"ratio": 16},
        peer="64 times one source",
        peer_seconds=64 * narrow,
    )
    if n <= 2_000_000:
        columns = [column.tolist() for column in args]
        since = time.perf_counter()
        plain = oracle.reach(*columns, int(one[0]), True)
        seconds = time.perf_counter() - since
        wrong = wrong or len(plain) + 1 != np.count_nonzero(first)
        print(f"{name} plain loop over a dict, 1 source: {seconds:.2f} s = {seconds / narrow:.0f} x")
        record.speed(
            f"earliest arrival with payments, 1 source, {name}",
            n=n,
            seconds=narrow,
            peer="plain loop over a dict",
            peer_seconds=seconds,
        )
    return bool(wrong)


def best(name, world):
    into = world.rows("payee")
    ends = np.random.default_rng(3).choice(world.n_accounts, 20)
    begin = sources(world, 1)[0]
    role = (world.payer_ix == begin) * np.int8(1) + np.isin(world.payee_ix, ends) * np.int8(2)
    role.setflags(write=False)
    hour = 3_600_000_000
    for words, gap, low, high in (("no limit", paths.ANY, 0, paths.ANY), ("24 h, 50-100 %", 24 * hour, 500, 1000)):
        limits = np.array([0, gap, low, high, paths.ANY, 10, 10_000], np.int64)
        limits.setflags(write=False)
        for what, kind in (("earliest", paths.EARLIEST), ("widest", paths.WIDEST)):
            (start, _, n_cut), seconds = timed(
                lambda limits=limits, kind=kind: paths.best_paths(
                    world.payer_ix, world.payee_ix, world.amount_fen, world.at_us, role, *into, limits, kind, 10, 2_000_000
                ),
                3,
            )
            rate = world.n_transactions / seconds / 1e6
            found = f"{len(start) - 1} found{', truncated' if n_cut else ''}; peak {record.peak_mib():,.0f} MiB"
            print(f"{name} 10 best paths, {what}, {words}: {seconds * 1e3:.1f} ms ({rate:.0f} M/s), {found}")
            record.speed(f"10 best paths, {what}, {words}, {name}", n=world.n_transactions, seconds=seconds, note=found)


def main() -> int:
    """Measure; fail only where an answer is wrong."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_sizes(parser)
    options = parser.parse_args()
    wrong = False
    for name in ("smallest",) if options.smallest else options.size or ("S", "M"):
        world = flow_world(name)
        record.forget_peak()
        wrong |= lanes(name, world)
        best(name, world)
    return int(wrong)


if __name__ == "__main__":
    sys.exit(main())
