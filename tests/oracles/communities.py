"""Communities by plain dicts and exact fractions, from their definitions."""

from collections import deque
from fractions import Fraction

MASK = 2**64 - 1


def symmetric(a_ix, b_ix, weight, n_nodes):
    """Return for each node {neighbour: weight}, neighbours ascending."""
    rows = [{} for _ in range(n_nodes)]
    for a, b, w in zip(a_ix, b_ix, weight, strict=True):
        if a != b:
            rows[a][b] = rows[a].get(b, 0) + w
            rows[b][a] = rows[b].get(a, 0) + w
    return [dict(sorted(row.items())) for row in rows]


def strengths(rows):
    return [sum(row.values()) for row in rows]


def renumber(label):
    number = {}
    for c in label:
        number.setdefault(c, len(number))
    return [number[c] for c in label], [label.index(c) for c in number]


def aggregate(rows, strength, group, n_groups):
    out, sums = [{} for _ in range(n_groups)], [0] * n_groups
    for v, row in enumerate(rows):
        sums[group[v]] += strength[v]
        for u, w in row.items():
            if group[u] != group[v]:
                out[group[v]][group[u]] = out[group[v]].get(group[u], 0) + w
    return out, sums


def tallies(rows, strength, group, n_groups):
    size, inside, total = [0] * n_groups, [0] * n_groups, [0] * n_groups
    for v, row in enumerate(rows):
        size[group[v]] += 1
        total[group[v]] += strength[v]
        inside[group[v]] += sum(w for u, w in row.items() if u > v and group[u] == group[v])
    return size, inside, total


def connected_parts(rows, group):
    part = [None] * len(rows)
    for first in range(len(rows)):
        ahead = [first] if part[first] is None else []
        while ahead:
            v = ahead.pop()
            part[v] = first
            ahead += [u for u in rows[v] if part[u] is None and group[u] == group[first]]
    return part


def shuffled(n_nodes, run, rng_seed):
    runs = [range(k, min(n_nodes, k + run)) for k in range(0, n_nodes, run)]
    state = rng_seed
    for i in range(len(runs) - 1, 0, -1):
        state = (state + 0x9E3779B97F4A7C15) & MASK
        z = state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        j = (z ^ (z >> 31)) % (i + 1)
        runs[i], runs[j] = runs[j], runs[i]
    return [v for one in runs for v in one]


def modularity(rows, group, resolution):
    """Sum over ordered pairs of one group of w(u, v) / 2W - resolution s(u) s(v) / (2W)^2, a Fraction."""
    s = strengths(rows)
    twice = sum(s)
    if not twice:
        return Fraction(0)
    gamma = Fraction(resolution)
    pairs = [(u, v) for u in range(len(rows)) for v in range(len(rows)) if group[u] == group[v]]
    return sum(Fraction(rows[u].get(v, 0), twice) - gamma * Fraction(s[u] * s[v], twice * twice) for u, v in pairs)


def _rounds(rows, order, choose, label, stop_share):
    """Look at nodes in turn; who changes wakes its neighbours of another label; stop after a round with few changes."""
    waiting = deque(order)
    while waiting:
        n_changed = 0
        for _ in range(len(waiting)):
            v = waiting.popleft()
            best = choose(v)
            if best != label[v]:
                label[v] = best
                n_changed += 1
                waiting += [u for u in rows[v] if label[u] != best and u not in waiting]
        if n_changed <= stop_share * len(rows):
            break
    return label


def _weights_to(rows, label, v, among=lambda u: True):
    to = {}
    for u, w in rows[v].items():
        if among(u):
            to[label[u]] = to.get(label[u], 0) + w
    return to


def follow_neighbours(rows):
    """Return whom each node follows; of equal degrees the larger position is the higher."""
    rank = [(len(row), v) for v, row in enumerate(rows)]
    best = [max(((w, rank[u]) for u, w in row.items()), default=(0, (-1, -1)))[1] for row in rows]
    return [max(best[v], rank[v])[1] for v in range(len(rows))]


def _heaviest(rows, label, v, rng_seed, with_next=True):
    """Return the label v takes, and how much weight others may gain on it before they can weigh as much.

    Where its own label has more than half of all, the others are taken for one.
    """
    to = _weights_to(rows, label, v)
    lead = 2 * to.get(label[v], 0) - sum(to.values()) - 1
    if lead >= 0 or not to:
        return label[v], max(0, lead)
    turned = ((v + rng_seed) * 0x9E3779B97F4A7C15 & MASK) >> 33
    best = min((c for c, w in to.items() if w == max(to.values())), key=lambda c: c ^ turned)
    return best, max(0, to[best] - max((w for c, w in to.items() if c != best), default=0) - 1) if with_next else 0


def _cost(w, mine, was, now):
    """What a neighbour of weight w may cost the lead of a node of the label ``mine`` by going from one label to another."""
    return -w if mine == now else 2 * w if mine == was else w


def propagate_labels(rows, label, lead, order, rng_seed, stop_share):
    """Look at nodes in turn; who changes wakes the neighbours whose leads it uses up."""
    label, lead = list(label), list(lead)
    waiting = deque(order)
    while waiting:
        n_changed = 0
        for _ in range(len(waiting)):
            v = waiting.popleft()
            was = label[v]
            label[v], lead[v] = _heaviest(rows, label, v, rng_seed)
            if label[v] != was:
                n_changed += 1
                for u, w in rows[v].items():
                    lead[u] -= _cost(w, label[u], was, label[v])
                    if lead[u] < 0 and u not in waiting:
                        waiting.append(u)
        if n_changed <= stop_share * len(rows):
            break
    return label


def choose_labels(rows, label, nodes, rng_seed, with_next=True):
    """Return the label that each node takes, and its lead."""
    chosen = [_heaviest(rows, label, v, rng_seed, with_next) for v in nodes]
    return [best for best, _ in chosen], [lead for _, lead in chosen]


def use_up_leads(rows, label, turn, lead, changed, was):
    lead = list(lead)
    for v, before in zip(changed, was, strict=True):
        for u, w in rows[v].items():
            if turn[u] <= turn[v]:
                lead[u] -= _cost(w, label[u], before, label[v])
    return lead


def strength_of(strength, label):
    return [sum(s for s, own in zip(strength, label, strict=True) if own == c) for c in range(len(label))]


def _gain(rows, strength, community, resolution, v, c):
    """What v adds to modularity, times (2W)^2 / 2, as a member of c, others staying where they are."""
    to = _weights_to(rows, community, v).get(c, 0)
    others = sum(s for u, s in enumerate(strength) if community[u] == c and u != v)
    return sum(strength) * to - Fraction(resolution) * strength[v] * others


def _best(rows, strength, community, resolution, v):
    """Return the best community, and by how much weight it beats every other."""
    home, around = community[v], set(_weights_to(rows, community, v))
    gains = {c: _gain(rows, strength, community, resolution, v, c) for c in {home} | around}
    most = max(gains.values())
    best = home if gains[home] == most else min(c for c in around if gains[c] == most)
    second = max([0, *(gain for c, gain in gains.items() if c != best)])
    return best, int(max(most - second, 0) // max(sum(strength), 1))


def move_nodes(rows, strength, community, order, resolution, stop_share):
    community = list(community)
    return _rounds(rows, order, lambda v: _best(rows, strength, community, resolution, v)[0], community, stop_share)


def choose_communities(rows, strength, community, nodes, resolution):
    """Return the best community of each, by how much it outweighs its own, and by how much it beats every other."""
    chosen = [_best(rows, strength, community, resolution, v) for v in nodes]
    best = [c for c, _ in chosen]
    to = [_weights_to(rows, community, v) for v in nodes]
    more = [w.get(c, 0) - w.get(community[v], 0) for v, c, w in zip(nodes, best, to, strict=True)]
    return best, more, [lead for _, lead in chosen]


def settle_communities(strength, community, lead, nodes, best, more, ahead, resolution):
    """Return the communities, the leads, who moved, and from where."""
    community, lead, moved, was = list(community), list(lead), [], []
    for v, c, w, a in zip(nodes, best, more, ahead, strict=True):
        home = community[v]
        lead[v] = a
        if c == home:
            continue
        total = {k: sum(s for u, s in enumerate(strength) if community[u] == k and u != v) for k in (home, c)}
        both_alone = home == v and community[c] == c and total == {home: 0, c: strength[c]}
        if not (both_alone and c > v) and sum(strength) * w > Fraction(resolution) * strength[v] * (total[c] - total[home]):
            community[v] = c
            moved.append(v)
            was.append(home)
        else:
            lead[v] = -1
    return community, lead, moved, was


def refine(rows, strength, community, order, resolution):
    n, twice, gamma = len(rows), sum(strength), Fraction(resolution)
    part = list(range(n))

    def members(c):
        return [u for u in range(n) if part[u] == c]

    def well_connected(c, home):
        inside = members(c)
        cut = sum(w for v in inside for u, w in rows[v].items() if community[u] == home and part[u] != c)
        mine = sum(strength[v] for v in inside)
        rest = sum(strength[u] for u in range(n) if community[u] == home) - mine
        return twice * cut >= gamma * mine * rest

    for v in order:
        if members(part[v]) != [v] or not well_connected(part[v], community[v]):
            continue
        to = _weights_to(rows, part, v, lambda u, home=community[v]: community[u] == home)
        gain = {c: twice * w - gamma * strength[v] * sum(strength[u] for u in members(c)) for c, w in to.items()}
        good = [c for c in gain if gain[c] > 0 and well_connected(c, community[v])]
        if good:
            part[v] = min(good, key=lambda c: (-gain[c], c))
    return part
