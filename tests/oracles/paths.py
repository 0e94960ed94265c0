"""Time-respecting paths from the definition: walk forward in every way there is."""

from itertools import pairwise

EARLIEST, FEWEST, SHORTEST, WIDEST = range(4)


def reach(payer, payee, at, source, strict):
    """Return (account -> (time, position) of the payment that brought the source money first), without the source."""
    arrived = {source: None}
    for i in range(len(payer)):
        if payee[i] in arrived or payer[i] not in arrived:
            continue
        came = arrived[payer[i]]
        if came is None or not strict or at[came] < at[i]:
            arrived[payee[i]] = i
    del arrived[source]
    return arrived


def follows(i, j, amount, at, strict, gap, low, high):
    """Tell whether payment j may follow payment i."""
    return (
        (at[i] < at[j] if strict else i < j)
        and (gap is None or at[j] - at[i] <= gap)
        and low * amount[i] <= 1000 * amount[j]
        and (high is None or 1000 * amount[j] <= high * amount[i])
    )


def all_paths(payer, payee, amount, at, begins, ends, strict=False, gap=None, low=0, high=None, within=None, hops_max=None):
    """Return every simple time-respecting path as a tuple of positions."""
    found = []

    def walk(path):
        j = path[-1]
        if ends[j]:
            if within is None or at[j] - at[path[0]] <= within:
                found.append(tuple(path))
            return
        if hops_max is not None and len(path) >= hops_max:
            return
        met = {payer[path[0]], *(payee[i] for i in path)}
        for k in range(j + 1, len(payer)):
            if payer[k] == payee[j] and payee[k] not in met and follows(j, k, amount, at, strict, gap, low, high):
                walk([*path, k])

    for i in range(len(payer)):
        if begins[i] and payer[i] != payee[i]:
            walk([i])
    return found


def cost(path, amount, at, best):
    """Return what is to be least for a path, and what decides between equal ones."""
    if best == EARLIEST:
        return at[path[-1]], len(path)
    if best == FEWEST:
        return len(path), at[path[-1]]
    if best == SHORTEST:
        return at[path[-1]] - at[path[0]], len(path)
    return -min(amount[i] for i in path), len(path)


def is_chain(path, payer, payee):
    """Tell whether each payment starts where the one before arrived."""
    return all(payee[i] == payer[j] for i, j in pairwise(path))
