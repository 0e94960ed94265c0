"""Quality of communities beside networkx, igraph and networkit: ``python -m benchmarks.quality.communities [--smallest]``.

Planted partitions and LFR graphs (Lancichinetti, Fortunato and Radicchi, Phys. Rev. E 78, 046110, 2008) of mixing 0.1 to
0.7, all weights 1, asked as an investigator asks by default. Modularity of every answer is computed by us. Bar, for Louvain and
Leiden on every graph: at most 0.1 % below the best of the peers, and every community of Leiden connected. Label propagation
maximises nothing, so its figures are there to look at: where communities are mixed it may end in one, whoever does it.
"""

import argparse
import random
import sys
from collections.abc import Callable, Iterator

import igraph
import networkit
import networkx as nx
import numpy as np
import numpy.typing as npt

from benchmarks import record
from benchmarks.quality.patterns import MISSED
from graphfraud.analysis import division
from graphfraud.kernels.communities import connected_parts

MIXING = (0.1, 0.3, 0.5, 0.6, 0.7)
SIZES = (1_000, 10_000)
RNG_SEED = 20_260_111
BELOW_MAX = 0.001

Labels = npt.NDArray[np.integer]
ABOUT = (
    "Communities: modularity on graphs of a given mixing (share of a node's ties that leave its community), beside the peers. "
    f"The bar, for Louvain and Leiden: at most {BELOW_MAX:.1%} below the best of the peers. `apart`: parts of communities that "
    "do not hang together."
)


def frozen(array: npt.NDArray[np.integer]) -> npt.NDArray[np.integer]:
    """Return the array, contiguous and read-only."""
    array = np.ascontiguousarray(array)
    array.setflags(write=False)
    return array


def lfr(n: int, mixing: float) -> npt.NDArray[np.int32]:
    """Return the ties of an LFR graph: degrees 20 to 50, communities of 20 to 100."""
    networkit.setSeed(RNG_SEED, False)
    maker = networkit.generators.LFRGenerator(n)
    maker.generatePowerlawDegreeSequence(20, 50, -2)
    maker.generatePowerlawCommunitySizeSequence(20, 100, -1)
    maker.setMu(mixing)
    return np.array(list(maker.generate().iterEdges()), np.int32)


def planted(n: int, mixing: float) -> npt.NDArray[np.int32]:
    """Return the ties of a planted partition: communities of 50, 20 ties a node."""
    size = 50
    inside, outside = 20 * (1 - mixing) / (size - 1), 20 * mixing / (n - size)
    graph = nx.planted_partition_graph(n // size, size, inside, outside, seed=RNG_SEED)
    return np.array(graph.edges, np.int32)


def of_sets(n: int, sets: Iterator[set[int]]) -> Labels:
    """Return a label for each node."""
    label = np.empty(n, np.int32)
    for number, members in enumerate(sets):
        label[list(members)] = number
    return label


def peers(n: int, ties: npt.NDArray[np.int32]) -> dict[str, dict[str, Callable[[], Labels]]]:
    """Return the peers' answers of each method, by the peer's name."""
    x = nx.Graph()
    x.add_nodes_from(range(n))
    x.add_edges_from(ties.tolist())
    i = igraph.Graph(n=n, edges=ties.tolist())
    k = networkit.GraphFromCoo((ties[:, 0].astype(np.uint64), ties[:, 1].astype(np.uint64)), n=n)

    def by_networkit(algorithm: type) -> Labels:
        found = algorithm(k)
        found.run()
        return np.array(found.getPartition().getVector(), np.int64)

    def by_igraph(ask: Callable[[], igraph.VertexClustering]) -> Labels:
        random.seed(RNG_SEED)
        return np.array(ask().membership)

    return {
        "label_propagation": {
            "networkx": lambda: of_sets(n, nx.community.fast_label_propagation_communities(x, seed=RNG_SEED)),
            "igraph": lambda: by_igraph(i.community_label_propagation),
            "networkit": lambda: by_networkit(networkit.community.PLP),
        },
        "louvain": {
            "networkx": lambda: of_sets(n, nx.community.louvain_communities(x, seed=RNG_SEED)),
            "igraph": lambda: by_igraph(i.community_multilevel),
            "networkit": lambda: by_networkit(networkit.community.PLM),
        },
        "leiden": {
            "igraph": lambda: by_igraph(lambda: i.community_leiden(objective_function="modularity", n_iterations=-1)),
            "networkit": lambda: by_networkit(networkit.community.ParallelLeiden),
        },
    }


def ours(method: str, rows: division.Rows) -> Labels:
    """Answer as by default."""
    if method == "label_propagation":
        return division.label_propagation(rows, 0)
    return division.best_division(method, rows, 1.0, 0, *division.usual_tries(rows))


def judge(name: str, n: int, ties: npt.NDArray[np.int32]) -> int:
    """Print and record one graph; return how many bars it misses."""
    ends = (frozen(ties[:, 0]), frozen(ties[:, 1]), frozen(np.ones(len(ties), np.int64)))
    rows, missed = division.rows_of(ends, n), 0
    for method, asked in peers(n, ties).items():
        found = ours(method, rows)
        _, label = np.unique(found, return_inverse=True)
        q = division.modularity_of(rows, found, 1.0)
        apart = len(np.unique(connected_parts(*rows[:2], frozen(label.astype(np.int32))))) - len(np.unique(label))
        theirs = {
            peer: division.modularity_of(rows, np.unique(ask(), return_inverse=True)[1].astype(np.int32), 1.0)
            for peer, ask in asked.items()
        }
        good: bool | None = None
        if method != "label_propagation":
            good = q >= (1 - BELOW_MAX) * max(theirs.values()) and not (method == "leiden" and apart)
            missed += not good
        figures = {"modularity": q, "apart": apart, **theirs, "bar": good}
        record.row("Communities by mixing", f"{method}, {name}", about=ABOUT, **figures)
        print(
            f"{method}, {name}: {q:.5f}, {apart} apart; {', '.join(f'{p} {v:.5f}' for p, v in theirs.items())}"
            f"{'' if good in (None, True) else '  MISSED'}",
            flush=True,
        )
    return missed


def run(smallest: bool) -> int:
    """Judge every graph; return how many bars are missed."""
    networkit.setNumberOfThreads(2)
    return sum(
        judge(f"{make.__name__} of {n:,}, mixing {mixing}", n, make(n, mixing))
        for make in (lfr, planted)
        for n in (SIZES[:1] if smallest else SIZES)
        for mixing in (MIXING[::4] if smallest else MIXING)
    )


def main() -> int:
    """Judge; fail where a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--smallest", action="store_true")
    return MISSED if run(parser.parse_args().smallest) else 0


if __name__ == "__main__":
    sys.exit(main())
