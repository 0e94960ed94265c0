"""Rings and two-card rings of a made-up city, and the kernels under them, held against their twins on the smallest one.

python -m benchmarks.bench_rings [--smallest]
"""

import argparse
import sys
import time

import numpy as np

from benchmarks import record
from benchmarks.worlds import payments
from graphfraud.analysis.rings import reported_payments, rings
from graphfraud.graph.flows import flow_graph
from graphfraud.graph.links import link_graph
from graphfraud.kernels import relay as relay_kernel
from graphfraud.kernels import rewire as rewire_kernel
from graphfraud.synthetic.world import make_world
from graphfraud.units import HOUR_US
from tests.oracles import relay as relay_twin
from tests.oracles import rewire as rewire_twin


def _seconds(call, times=3):
    spent = []
    for _ in range(times):
        since = time.perf_counter()
        answer = call()
        spent.append(time.perf_counter() - since)
    return min(spent), answer


def relay_speed(size, check):
    world = payments(size)
    columns = (world.payer_ix, world.payee_ix, world.amount_fen, world.at_us, world.is_exit)
    relay_kernel.relay(*columns, 24 * HOUR_US, world.n_accounts)  # compiles
    spent, found = _seconds(lambda: relay_kernel.relay(*columns, 24 * HOUR_US, world.n_accounts))
    print(f"relay: {world.amount_fen.size:,} payments in {spent:.3f} s ({world.amount_fen.size / spent / 1e6:.1f} M/s)")
    record.speed(f"relay, {size}", n=world.amount_fen.size, seconds=spent)
    if not check:
        return True
    wanted = relay_twin.relay(*(c.tolist() for c in columns), 24 * HOUR_US, world.n_accounts)
    return all(a.tolist() == list(b) for a, b in zip(found, wanted, strict=True))


def rewire_speed(n_ties, n_worlds, check):
    rng = np.random.default_rng(2)
    ties = np.unique(np.stack((rng.integers(0, n_ties // 2, n_ties), rng.integers(0, n_ties // 3, n_ties)), axis=1), axis=0)
    account, thing = ties[:, 0].astype(np.int32), ties[:, 1].astype(np.int32)
    start = np.searchsorted(account, np.arange(n_ties // 2 + 1)).astype(np.int64)
    ends = np.array([0, len(ties) // 10], np.int64)
    arrays = [start, account, thing, ends, np.arange(ends[1])]
    for array in arrays:
        array.setflags(write=False)
    n_things, n_swaps = int(thing.max()) + 1, 2 * len(ties)
    rewire_kernel.rewire(*arrays, n_things, 0, 0, 1)  # compiles
    spent, found = _seconds(lambda: rewire_kernel.rewire(*arrays, n_things, n_worlds, n_swaps, 1), 1)
    swaps = n_swaps * (n_worlds + 4)
    print(f"rewire: {len(ties):,} ties, {n_worlds} worlds, {swaps:,} swaps in {spent:.3f} s ({swaps / spent / 1e6:.1f} M/s)")
    record.speed(f"rewire, swaps in {len(ties):,} ties", n=swaps, seconds=spent)
    if not check:
        return True
    members = set(account[: ends[1]].tolist())
    if account[ends[1]] in members:  # the group ends inside an account
        return found[0].tolist() == [_pairs(thing[: ends[1]])]
    wanted = rewire_twin.rewire(list(zip(account.tolist(), thing.tolist(), strict=True)), [members], n_worlds, n_swaps, 1)
    return found.tolist() == wanted


def _pairs(thing):
    n = np.bincount(thing)
    return int((n * (n - 1) // 2).sum())


def ring_speed(n_transactions):
    world = make_world(transactions=n_transactions, rng_seed=9)
    seen = world.seen()
    since = time.perf_counter()
    flows, links, seeds = flow_graph(seen), link_graph(world.links), reported_payments(seen)
    built = time.perf_counter() - since
    spent, answer = _seconds(lambda: rings(flows, links, world.frames, seeds))
    print(f"rings: {seen.height:,} payments, {world.links.height:,} links: graphs {built:.2f} s, rings {spent:.2f} s, {answer}")
    record.speed(f"rings, {seen.height:,} payments, {world.links.height:,} links", n=seen.height, seconds=spent)
    return answer.rings.height > 0


def main() -> int:
    """Measure; fail only where an answer is wrong."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--smallest", action="store_true")
    options = parser.parse_args()
    if options.smallest:
        return int(not (relay_speed(3_000, True) and rewire_speed(200, 5, True) and ring_speed(12_000)))
    good = relay_speed("S", True) and relay_speed("M", False) and rewire_speed(200, 5, True)
    good = good and rewire_speed(200_000, 20, False) and ring_speed(100_000) and ring_speed(600_000)
    return int(not good)


if __name__ == "__main__":
    sys.exit(main())
