"""Kernels against their peers, interleaved in one process, answers compared before any ratio is printed.

    python -m benchmarks.bench_kernels --size 5000000
    python -m benchmarks.bench_kernels --size 30000000 --task components

Seconds are medians of wall time; ``cpu`` is the least processor time of a round, which neighbours on the machine disturb less.
A peer's time is end to end, from the same int32 arrays. Compile time is the first call on a small world, apart.
"""

import os
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import click
import networkit
import numpy as np
import scipy.sparse
from scipy.sparse.csgraph import connected_components

from benchmarks import record
from benchmarks.worlds import SIZES, Payments, payments
from graphfraud.kernels import lots, muldiv, opening, order, poison, reach, shares, trail
from graphfraud.kernels.components import components
from graphfraud.units import DAY_US, HOUR_US
from tests.oracles import lots as lots_twin
from tests.oracles import poison as poison_twin
from tests.oracles import shares as shares_twin

N_SLICE = 5_000  # payments a plain Python twin is given; its rate is scaled
N_NETWORKIT = 5_000_000  # payments beyond which networkit's graph takes minutes to build
N_SLICE_POISON = 500  # its twin adds up every contaminated account after every payment
RULES = {
    "fifo": (lots.trace_fifo, partial(lots_twin.trace, "fifo")),
    "lifo": (lots.trace_lifo, partial(lots_twin.trace, "lifo")),
    "libr": (lots.trace_libr, partial(lots_twin.trace, "libr")),
    "pro_rata": (shares.trace_pro_rata, shares_twin.trace),
    "poison": (poison.trace_poison, poison_twin.trace),
}
CASES = {  # seeds, within, hops_max
    "50 seeds, 72 h, 8 hops": (50, 72 * HOUR_US, 8),
    "1000 seeds, 7 d, 8 hops": (1_000, 7 * DAY_US, 8),
}
ACCOUNT_BYTES = {"fifo": 8 + 24, "lifo": 8 + 24, "libr": 8 + 24, "pro_rata": 8 + 24, "poison": 8 + 4}


@dataclass
class Row:
    """One line of the table."""

    task: str
    n: int
    ours_s: float
    ours_cpu_s: float
    per_s: float
    peer: str = ""
    peer_s: float = 0.0
    peer_cpu_s: float = 0.0
    ratio: float = 0.0
    ratio_cpu: float = 0.0
    note: str = ""
    goal: dict[str, float] | None = None


def interleaved(rounds: int, *calls: Callable[[], object]) -> list[tuple[float, float]]:
    """Return the median wall and least processor seconds of each call, the calls taking turns."""
    wall: list[list[float]] = [[] for _ in calls]
    cpu: list[list[float]] = [[] for _ in calls]
    for _ in range(rounds):
        for k, call in enumerate(calls):
            begin, begin_cpu = time.perf_counter(), time.process_time()
            call()
            wall[k].append(time.perf_counter() - begin)
            cpu[k].append(time.process_time() - begin_cpu)
    return [(statistics.median(w), min(c)) for w, c in zip(wall, cpu, strict=True)]


def row(task: str, n: int, ours: tuple[float, float], peer: str = "", theirs=(0.0, 0.0), note: str = "", goal=None) -> Row:
    ratio = theirs[0] / ours[0], theirs[1] / ours[1]
    return Row(task, n, *ours, n / ours[0], peer, *theirs, *ratio, note, goal)


def with_scipy(world: Payments) -> np.ndarray:
    ones = np.ones(world.payer_ix.size, np.int8)
    n = world.n_accounts
    graph = scipy.sparse.coo_matrix((ones, (world.payer_ix, world.payee_ix)), shape=(n, n)).tocsr()
    return connected_components(graph, directed=False)[1]


def with_networkit(algorithm, world: Payments) -> np.ndarray:
    ends = world.payer_ix.astype(np.uint64), world.payee_ix.astype(np.uint64)
    graph = networkit.GraphFromCoo(ends, n=world.n_accounts)
    return np.array(algorithm(graph).run().getPartition().getVector())


def same_partition(a: np.ndarray, b: np.ndarray) -> bool:
    pairs = np.unique(np.stack((a.astype(np.int64), b.astype(np.int64))), axis=1).shape[1]
    return pairs == np.unique(a).size == np.unique(b).size


def bench_components(world: Payments, rounds: int) -> list[Row]:
    """Components; networkit beside the size M at most, as it takes minutes beyond."""
    mine = partial(components, world.payer_ix, world.payee_ix, world.n_accounts)
    peers = {"scipy csgraph": partial(with_scipy, world)}
    n = world.payer_ix.size
    if n <= N_NETWORKIT:
        peers |= {
            "networkit CC": partial(with_networkit, networkit.components.ConnectedComponents, world),
            "networkit ParallelCC": partial(with_networkit, networkit.components.ParallelConnectedComponents, world),
        }
    record.forget_peak()
    held = record.peak_mib()
    found = mine()
    note = f"peak {record.peak_mib() - held:,.0f} MiB above the {held:,.0f} MiB the process holds"
    for name, peer in peers.items():
        assert same_partition(found, peer()), f"components differ from {name}"
    spent = interleaved(rounds, mine, *peers.values())
    goal = {"ratio": 10.0 if n > N_NETWORKIT else 20.0} if n >= N_NETWORKIT else None
    return [
        row("components", n, spent[0], name, theirs, note, goal if name == "scipy csgraph" else None)
        for name, theirs in zip(peers, spent[1:], strict=True)
    ]


def bench_order(world: Payments, rounds: int) -> list[Row]:
    n = world.at_us.size
    shuffled = np.random.default_rng(1).permutation(n)
    at, seq = world.at_us[shuffled], shuffled
    at.flags.writeable = seq.flags.writeable = False
    assert np.array_equal(order.total_order(at, seq), np.lexsort((seq, at)))
    mine, theirs = interleaved(rounds, lambda: order.total_order(at, seq), lambda: np.lexsort((seq, at)))
    rows = [row("total_order, shuffled", n, mine, "numpy lexsort", theirs)]
    ordered = np.arange(n)
    ordered.flags.writeable = False
    (mine,) = interleaved(rounds, lambda: order.is_ordered(world.at_us, ordered))
    rows.append(row("is_ordered", n, mine))
    _, tx = order.by_account(world.payer_ix, world.n_accounts)
    assert np.array_equal(tx, np.argsort(world.payer_ix, kind="stable"))
    mine, theirs = interleaved(
        rounds,
        lambda: order.by_account(world.payer_ix, world.n_accounts),
        lambda: np.argsort(world.payer_ix, kind="stable"),
    )
    return [*rows, row("by_account", n, mine, "numpy stable argsort", theirs)]


def bench_muldiv(n: int, rounds: int) -> list[Row]:
    rng = np.random.default_rng(1)
    rows = []
    for name, largest in (("yuan thousands", 10**7), ("yuan billions", 10**12), ("whole range", 2**62)):
        c = rng.integers(1, largest, n)
        a, b = ((c * rng.random(n)).astype(np.int64).clip(0, c) for _ in range(2))
        for array in (a, b, c):
            array.flags.writeable = False
        few = [array[:N_SLICE].tolist() for array in (a, b, c)]

        def python(few=few):
            return [x * y // z for x, y, z in zip(*few, strict=True)]

        assert muldiv.muldiv_each(a, b, c)[:N_SLICE].tolist() == python()
        mine, theirs = interleaved(rounds, lambda a=a, b=b, c=c: muldiv.muldiv_each(a, b, c), python)
        scale = n / len(few[0])
        rows.append(row(f"muldiv, {name}", n, mine, "Python int", (theirs[0] * scale, theirs[1] * scale)))
    return rows


def bench_reach(world: Payments, rounds: int) -> list[Row]:
    n = world.at_us.size
    source_ix, source_us = world.payer_ix[:1].copy(), world.at_us[:1].copy()
    source_ix.flags.writeable = source_us.flags.writeable = False
    arguments = (world.payer_ix, world.payee_ix, world.at_us, source_ix, source_us, int(world.at_us[-1]) + 1, False)
    few = min(n, 20 * N_SLICE)
    heads = [array[:few].tolist() for array in arguments[:3]]

    def python():
        arrival = {int(source_ix[0]): int(source_us[0])}
        for payer, payee, at in zip(*heads, strict=True):
            if arrival.get(payer, reach.NEVER) <= at < arrival.get(payee, reach.NEVER):
                arrival[payee] = at
        return arrival

    short = reach.earliest_arrival(*(a[:few] for a in arguments[:3]), *arguments[3:], world.n_accounts)
    assert {a: int(t) for a, t in enumerate(short) if t != reach.NEVER} == python()
    mine, theirs = interleaved(rounds, lambda: reach.earliest_arrival(*arguments, world.n_accounts), python)
    scale = n / few
    rows = [row("earliest_arrival, one source", n, mine, "Python dict", (theirs[0] * scale, theirs[1] * scale))]
    (mine,) = interleaved(rounds, lambda: reach.fewest_hops(*arguments, 8, world.n_accounts))
    return [*rows, row("fewest_hops, one source", n, mine)]


def bench_opening(world: Payments, rounds: int) -> list[Row]:
    unprinted = np.full(world.at_us.size, opening.UNPRINTED)
    unprinted.flags.writeable = False
    arguments = (world.payer_ix, world.payee_ix, world.amount_fen, unprinted, unprinted, world.n_accounts)
    (mine,) = interleaved(rounds, lambda: opening.opening_balances(*arguments))
    return [row("opening_balances", world.at_us.size, mine)]


def bench_trace(world: Payments, rounds: int) -> list[Row]:
    n = world.at_us.size
    rows = []
    for case, asked in CASES.items():
        arguments = world.asked(*asked)
        for rule, (kernel, twin) in RULES.items():
            if rule == "poison" and asked[0] > 100:
                continue  # contaminates nearly all of this world a thousand times over: an answer nobody asks for
            small = payments(N_SLICE_POISON if rule == "poison" else N_SLICE)
            slice_ = small.asked(*asked)
            lists = tuple(a.tolist() if isinstance(a, np.ndarray) else a for a in slice_)
            answer = kernel(*slice_)
            told = twin(*lists)
            assert [list(step) for step in zip(*(a.tolist() for a in answer[:4]), strict=True)] == told.steps
            assert [list(lot) for lot in zip(*(a.tolist() for a in answer[4:10]), strict=True)] == told.lots
            answer = kernel(*arguments)
            n_steps, n_lots = answer[0].size, answer[4].size
            seeded = int(world.amount_fen[arguments[4] >= 0].sum())
            assert answer[9].sum() == seeded + answer[10][0], "fen in = fen resting + fen out"
            mine, theirs = interleaved(rounds, partial(kernel, *arguments), partial(twin, *lists))
            scale = n / small.at_us.size
            state = ACCOUNT_BYTES[rule] * world.n_accounts + n_steps * trail.STEP.itemsize + n_lots * trail.LOT.itemsize
            note = f"{n_steps:,} steps, {n_lots:,} lots, at most {state / n:.1f} B state a payment"
            peer = (theirs[0] * scale, theirs[1] * scale)
            rows.append(row(f"{rule}, {case}", n, mine, "Python twin, scaled", peer, note))
    return rows


TASKS = {
    "components": bench_components,
    "order": bench_order,
    "reach": bench_reach,
    "opening": bench_opening,
    "trace": bench_trace,
    "muldiv": bench_muldiv,
}


def compile_all() -> float:
    """Compile every kernel (or load it from the cache) and return the seconds."""
    world = payments(2_000)
    begin = time.perf_counter()
    for task, bench in TASKS.items():
        bench(1_000 if task == "muldiv" else world, 1)
    return time.perf_counter() - begin


@click.command()
@click.option("--size", default="M", help=f"{', '.join(SIZES)} or a number of payments")
@click.option("--task", "tasks", multiple=True, type=click.Choice(TASKS), help="may be repeated; all unless told")
@click.option("--rounds", default=5, help="rounds; the median counts")
@click.option("--smallest", is_flag=True, help="size S, one round: a check that everything runs")
def main(size: str, tasks: tuple[str, ...], rounds: int, smallest: bool) -> None:
    """Measure the kernels."""
    if smallest:
        size, rounds = "S", 1
    compile_s = compile_all()
    world = payments(size if size in SIZES else int(size))
    where = record.machine()
    print(f"{where['processor']}, {where['cores']} cores, load {os.getloadavg()[0]:.1f}")
    print(f"first calls, that is compiling or loading our kernels and waking the peers: {compile_s:.1f} s")
    print(f"{world.at_us.size:,} payments, {world.n_accounts:,} accounts; medians of {rounds} rounds\n")
    print(f"{'task':38} {'ours s':>8} {'cpu':>8} {'M/s':>7}   {'peer':22} {'peer s':>9} {'ratio':>8} {'by cpu':>8}")
    for task in tasks or TASKS:
        if task == "muldiv":
            _show(bench_muldiv(min(world.at_us.size, 10**6), rounds))
        else:
            _show(TASKS[task](world, rounds))


def _show(rows: list[Row]) -> None:
    for r in rows:
        peer = f"{r.peer:22} {r.peer_s:9.3f} {r.ratio:7.1f}x {r.ratio_cpu:7.1f}x" if r.peer else ""
        print(f"{r.task:38} {r.ours_s:8.4f} {r.ours_cpu_s:8.4f} {r.per_s / 1e6:7.1f}   {peer}", flush=True)
        if r.note:
            print(f"{'':38} {r.note}")
        theirs = (r.peer_s, r.peer_cpu_s) if r.peer else (None, None)
        task = f"{r.task}, {r.n:,} payments" + (f", beside {r.peer}" if r.peer else "")
        record.speed(
            task, n=r.n, seconds=r.ours_s, processor=r.ours_cpu_s, peer=r.peer, peer_seconds=theirs[0],
            peer_processor=theirs[1], note=r.note, goal=r.goal,
        )  # fmt: skip


if __name__ == "__main__":
    main()
