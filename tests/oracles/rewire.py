"""Worlds of chance by sets of ties; the same stream of chance, so that the worlds are the same."""

from itertools import combinations

MASK = (1 << 64) - 1


def chance(rng_seed):
    state = rng_seed & MASK
    while True:
        state = (state + 0x9E3779B97F4A7C15) & MASK
        z = state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        yield z ^ (z >> 31)


def rewire(ties, groups, n_worlds, n_swaps, rng_seed):
    """``ties``: list of (account, thing); ``groups``: list of sets of accounts. Returns rows of pair counts, row 0 the real."""
    ties, stream, rows = list(ties), chance(rng_seed), []
    for world in range(n_worlds + 1):
        tries = 0 if world == 0 or len(ties) < 2 else n_swaps * (5 if world == 1 else 1)
        for _ in range(tries):
            e, f = next(stream) % len(ties), next(stream) % len(ties)
            (a, t), (b, u) = ties[e], ties[f]
            if a != b and t != u and (a, u) not in ties and (b, t) not in ties:
                ties[e], ties[f] = (a, u), (b, t)
        rows.append([sum(t == u for (a, t), (b, u) in combinations([x for x in ties if x[0] in g], 2)) for g in groups])
    return rows
