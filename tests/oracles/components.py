"""Weakly connected components, by networkx; what is still apart, and what joining it gives, from the definitions."""

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


def apart(payer_ix, payee_ix, label):
    pairs = [(label[a], label[b]) for a, b in zip(payer_ix, payee_ix, strict=True) if label[a] != label[b]]
    return [a for a, _ in pairs], [b for _, b in pairs]


def joined(one, other, label):
    return components([*one, *label], [*other, *range(len(label))], len(label))
