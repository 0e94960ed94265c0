"""Communities beside networkit and scipy.

Measured are kernels.communities, kernels.propagation, kernels.louvain, kernels.leiden and kernels.levels, as
analysis.division puts them together.

python -m benchmarks.bench_communities [--smallest] [--sizes S M] [--runs 3]

Size L takes some minutes and GiB: ``--size L --runs 1`` is enough.

One symmetric graph for all, accounts in an order of chance, so that nobody gains from members lying side by side. Runs of
ours by two threads, by one, and theirs by two take turns; the best of each counts, and all of ours must be equal, byte for
byte. Modularity is computed by us, exactly, for every answer, and no ratio is printed where ours is more than 0.1 % lower.
Install networkit and scipy where this runs to see them. Quality at every mixing: ``benchmarks.quality.communities``.
"""

import argparse
import importlib
import sys
import time

import numpy as np

from benchmarks import record
from benchmarks.flow_worlds import flow_world
from graphfraud.analysis import division as ours
from graphfraud.kernels.components import components


def frozen(array):
    array = np.ascontiguousarray(array)
    array.setflags(write=False)
    return array


def library(name):
    try:
        return importlib.import_module(name)
    except ImportError:
        print(f"{name} is not installed: not measured")
        return None


def rows_of(a_ix, b_ix, n_nodes):
    return ours.rows_of((a_ix, b_ix, frozen(np.ones(len(a_ix), np.int64))), n_nodes)


def timed(ask):
    since, processor = time.perf_counter(), time.process_time()
    answer = ask()
    return time.perf_counter() - since, time.process_time() - processor, answer


def usual(method, rows, n_threads=2):
    """One start, as the peers do."""
    if method == "label_propagation":
        return ours.label_propagation(rows, 0, n_threads)
    return ours.best_division(method, rows, 1.0, 0, 1, 1, n_threads)


def labels_of(algorithm):
    algorithm.run()
    return np.array(algorithm.getPartition().getVector(), np.int64)


def modularity(rows, label):
    _, label = np.unique(label, return_inverse=True)
    return ours.modularity_of(rows, label.astype(np.int32), 1.0)


def networkit_graph(networkit, rows):
    start, neighbour, weight, _ = rows
    n = len(start) - 1
    here = np.repeat(np.arange(n), np.diff(start))
    once = here < neighbour
    graph = networkit.Graph(n, weighted=True)
    graph.addEdges((weight[once].astype(np.float64), (here[once].astype(np.uint64), neighbour[once].astype(np.uint64))))
    return graph


def peers_of(networkit, graph):
    return {
        "label_propagation": ("PLP", lambda: labels_of(networkit.community.PLP(graph))),
        "louvain": ("PLM", lambda: labels_of(networkit.community.PLM(graph))),
        "leiden": ("ParallelLeiden", lambda: labels_of(networkit.community.ParallelLeiden(graph))),
    }


def speed(name, networkit, scipy_sparse, n_runs):
    """Print seconds and ratios on one world; return whether an answer is wrong."""
    world = flow_world(name)
    place = np.random.default_rng(7).permutation(world.n_accounts).astype(np.int32)
    a_ix, b_ix = frozen(place[world.payer_ix]), frozen(place[world.payee_ix])
    built = min(timed(lambda: rows_of(a_ix, b_ix, world.n_accounts))[:2] for _ in range(n_runs))
    rows = rows_of(a_ix, b_ix, world.n_accounts)
    n_pairs = len(rows[1]) // 2
    print(
        f"{name}: {world.n_transactions} payments, {n_pairs} pairs; rows built in {built[0]:.3f} s ({built[1]:.3f} processor)"
    )
    wrong = False
    peers = {}
    if networkit:
        networkit.setNumberOfThreads(2)
        seconds, processor, graph = timed(lambda: networkit_graph(networkit, rows))
        print(f"  networkit graph built in {seconds:.3f} s ({processor:.3f} processor), from our rows")
        peers = peers_of(networkit, graph)
    for method in ("label_propagation", "louvain", "leiden"):
        mine, alone, theirs = [], [], []
        for _ in range(n_runs):
            mine.append(timed(lambda method=method: usual(method, rows)))
            alone.append(timed(lambda method=method: usual(method, rows, 1)))
            if method in peers:
                theirs.append(timed(peers[method][1]))
        wrong |= any(not np.array_equal(one[2], mine[0][2]) for one in [*mine, *alone])
        compare(f"{method}, {name}", rows, mine, alone, theirs, peers.get(method, ("", None))[0], n_pairs)
    wrong |= beside_scipy(name, scipy_sparse, a_ix, b_ix, world.n_accounts, n_runs)
    return wrong


def compare(task, rows, mine, alone, theirs, peer, n_pairs):
    wall, processor, q = min(one[0] for one in mine), min(one[1] for one in mine), modularity(rows, mine[0][2])
    alone_wall, alone_processor = (min(one[k] for one in alone) for k in range(2))
    print(
        f"  {task}: 2 threads {wall:.3f} s ({processor:.3f} processor), 1 thread {alone_wall:.3f} s ({alone_processor:.3f}),"
        f" {n_pairs / wall / 1e6:.1f} M pairs/s, Q {q:.5f}"
    )
    if theirs:
        their_wall, their_processor = min(one[0] for one in theirs), min(one[1] for one in theirs)
        their_q = float(np.median([modularity(rows, one[2]) for one in theirs]))
        ratio = f"{their_wall / wall:.1f} x by the clock, {their_processor / processor:.1f} x processor"
        if q < their_q - 0.001 * abs(their_q):
            ratio = "no ratio: our modularity is lower"
        print(
            f"    networkit {peer}, 2 threads: {their_wall:.3f} s ({their_processor:.3f} processor), Q {their_q:.5f}: {ratio}"
        )
        equal = q >= their_q - 0.001 * abs(their_q)
        method, size = task.split(", ")
        goal = {"ratio": {"label_propagation": 10, "louvain": 8, "leiden": 5 if size == "L" else 6}[method]}
        record.speed(
            task, n=n_pairs, seconds=wall, processor=processor, peer=f"networkit {peer}, 2 threads" if equal else "",
            peer_seconds=their_wall if equal else None, peer_processor=their_processor if equal else None, goal=goal,
            note=f"2 threads, by 1 {alone_wall:.3f} s; Q {q:.5f}, theirs {their_q:.5f}{'' if equal else ': lower, no ratio'}",
        )  # fmt: skip


def beside_scipy(name, sparse, a_ix, b_ix, n_nodes, n_runs):
    mine = [timed(lambda: components(a_ix, b_ix, n_nodes)) for _ in range(n_runs)]
    n_mine = int(np.count_nonzero(mine[0][2] == np.arange(n_nodes)))
    print(f"  components: {n_mine} in {min(one[0] for one in mine):.4f} s, from the payments")
    if sparse is None:
        return False

    def ask():
        graph = sparse.coo_matrix((np.ones(len(a_ix), np.int8), (a_ix, b_ix)), (n_nodes, n_nodes)).tocsr()
        return sparse.csgraph.connected_components(graph, directed=False)

    theirs = [timed(ask) for _ in range(n_runs)]
    ratio = min(one[0] for one in theirs) / min(one[0] for one in mine)
    print(f"    scipy, graph built and asked: {min(one[0] for one in theirs):.4f} s: {ratio:.1f} x by the clock")
    ours_s, ours_cpu, theirs_s, theirs_cpu = (min(one[k] for one in runs) for runs in (mine, theirs) for k in range(2))
    record.speed(
        f"components, {name}", n=len(a_ix), seconds=ours_s, processor=ours_cpu, peer="scipy, graph built and asked",
        peer_seconds=theirs_s, peer_processor=theirs_cpu, goal={"ratio": 10 if name == "L" else 20},
    )  # fmt: skip
    return theirs[0][2][0] != n_mine


def main() -> int:
    """Measure; fail only where an answer is wrong."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--smallest", action="store_true")
    parser.add_argument("--sizes", nargs="+", default=["S", "M"], choices=["X", "S", "M", "L"])
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    networkit, sparse = library("networkit"), library("scipy.sparse")
    if sparse:
        library("scipy.sparse.csgraph")
    for method in ("label_propagation", "louvain", "leiden"):  # compiles
        usual(method, rows_of(frozen(np.array([0], np.int32)), frozen(np.array([1], np.int32)), 2))
    wrong = False
    for name in ["smallest"] if options.smallest else options.sizes:
        wrong |= speed(name, networkit, sparse, options.runs)
    return int(wrong)


if __name__ == "__main__":
    sys.exit(main())
