"""Weakly connected components, by networkx."""

import networkx as nx


def components(payer_ix, payee_ix, n_accounts):
    graph = nx.Graph()
    graph.add_nodes_from(range(n_accounts))
    graph.add_edges_from(zip(payer_ix, payee_ix, strict=True))
    smallest = [0] * n_accounts
    for members in nx.connected_components(graph):
        for a in members:
            smallest[a] = min(members)
    return smallest
