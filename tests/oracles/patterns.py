"""Patterns from their definitions: every window, every pair, every set, one after the other."""

from itertools import pairwise


def _joined(windows):
    """Join sorted places of windows that share one: maximal runs of low to high."""
    found = []
    for low, high in windows:
        if found and low < found[-1][1]:
            found[-1][1] = max(high, found[-1][1])
        else:
            found.append([low, high])
    return [tuple(run) for run in found]


def crowds(lists, key, at, within, n_min):
    """Return (account, low, high) of each stretch of its list."""
    found = []
    for account, tx in enumerate(lists):
        windows = []
        for p, j in enumerate(tx):
            low = min(q for q in range(p + 1) if at[j] - at[tx[q]] <= within)
            if len({key[i] for i in tx[low : p + 1] if key[i] >= 0}) >= n_min:
                windows.append((low, p + 1))
        found += [(account, *run) for run in _joined(windows)]
    return found


def build_ups(smalls, larges, amount, at, within, n_min, share_min, share_max):
    """Return (account, small ones, large one)."""
    found = []
    for account, (small, large) in enumerate(zip(smalls, larges, strict=True)):
        after = -1
        for j in large:
            near = [i for i in small if after < i < j and at[j] - at[i] <= within]
            total = sum(amount[i] for i in near)
            fits = share_max < 0 or share_min * total <= 1000 * amount[j] <= share_max * total
            if len(near) >= n_min and fits:
                found.append((account, near, j))
                after = j
    return found


def awakenings(lists, at, dormant, within, n_min):
    """Return (account, burst)."""
    found = []
    for account, tx in enumerate(lists):
        for i, j in pairwise(tx):
            burst = [k for k in tx if k >= j and at[k] - at[j] <= within]
            if at[j] - at[i] >= dormant and len(burst) >= n_min:
                found.append((account, burst))
    return found


def runs_up(lists, amount, at, gap, growth, n_min):
    """Return (account, run): each payment a step up from the one before, the run as long as it can be."""
    found = []
    for account, tx in enumerate(lists):
        climbs = lambda i, j: at[j] - at[i] <= gap and 1000 * amount[j] >= growth * amount[i]  # noqa: E731
        for low in range(len(tx)):
            for high in range(low + n_min, len(tx) + 1):
                whole = all(climbs(i, j) for i, j in pairwise(tx[low:high]))
                open_left = low > 0 and climbs(tx[low - 1], tx[low])
                open_right = high < len(tx) and climbs(tx[high - 1], tx[high])
                if whole and not open_left and not open_right:
                    found.append((account, tx[low:high]))
    return found


def staircases(lists, payee, amount, at, floor, gap, growth, n_min, between, known):
    """Return (account, climb)."""
    found = []
    for account, tx in enumerate(lists):
        large = [i for i in tx if amount[i] >= floor]
        new = {i for i in large if at[i] - min(at[k] for k in tx if payee[k] == payee[i]) <= known}
        steps = {
            (p, q)
            for p, i in enumerate(large)
            for q, j in enumerate(large)
            if 0 < q - p <= between + 1 and {i, j} <= new and at[j] - at[i] <= gap and 1000 * amount[j] >= growth * amount[i]
        }
        cuts = [k for k in range(len(large) + 1) if not any(p < k <= q for p, q in steps)]
        for low, high in pairwise(cuts):
            chains = []
            for q in range(low, high):
                chains += [[*chain, q] for chain in chains if (chain[-1], q) in steps] + [[q]]
            best = max(chains, key=lambda chain: (len(chain), [(amount[large[q]], q) for q in reversed(chain)]))
            if len(best) >= n_min:
                found.append((account, [large[q] for q in best]))
    return found


def scatter_gathers(payer, payee, at, within, n_min):
    """Return for each instance its wedges."""
    pairs = {}
    for e in range(len(payer)):
        for f in range(e + 1, len(payer)):
            s, m, d = payer[e], payee[e], payee[f]
            if payer[f] == m and len({s, m, d}) == 3:
                pairs.setdefault((s, d), []).append((e, f))
    found = []
    for _, wedges in sorted(pairs.items()):
        windows = []
        for e, _ in wedges:
            inside = {w for w in wedges if w[0] >= e and at[w[1]] - at[e] <= within}
            if len({payee[w[0]] for w in inside}) >= n_min:
                windows.append(inside)
        joined = []
        for window in windows:
            touching = [other for other in joined if other & window]
            joined = [other for other in joined if not other & window] + [window.union(*touching)]
        found += [sorted(instance) for instance in joined]
    return sorted(found)


def wedge_ends(payer, payee, at, first, second, within):
    """Return the positions of first and of second payments that have a counterpart."""
    n = len(at)
    wedges = [
        (e, f)
        for e in range(n)
        for f in range(e + 1, n)
        if first[e]
        and second[f]
        and payee[e] == payer[f]
        and at[f] - at[e] <= within
        and payer[e] != payee[e]
        and payer[f] != payee[f]
    ]
    return {e for e, _ in wedges}, {f for _, f in wedges}


def gather_scatters(ins, outs, payer, payee, at, gap, paid_min, paying_min):
    """Return (account, positions) of gathers, each with the scatters that belong to it; both are (account, positions)."""
    of = {}
    for account, scatter in outs:
        for j in scatter:
            before = [k for k, (a, gather) in enumerate(ins) if a == account and gather[0] < j]
            if before and at[scatter[0]] - at[ins[before[-1]][1][-1]] <= gap:
                of.setdefault(before[-1], []).append(j)
    found = []
    for k, scatter in sorted(of.items()):
        account, gather = ins[k]
        came = [i for i in gather if i < max(scatter)]
        if len({payer[i] for i in came}) >= paid_min and len({payee[j] for j in scatter}) >= paying_min:
            found.append((account, sorted(came + scatter)))
    return found


def takings(into, out, amount, at, gap):
    """Return (payment in, payment out, fen) of one account, oldest first."""
    left = {i: amount[i] for i in into}
    found = []
    for j in out:
        want = amount[j]
        for i in into:
            if i < j and at[j] - at[i] <= gap and left[i] and want:
                take = min(want, left[i])
                left[i] -= take
                want -= take
                found.append((i, j, take))
    return found


def pass_throughs(intos, outs, amount, at, gap, share_min, floor):
    """Return (account, payments in, payments out, taken)."""
    found = []
    for account, (into, out) in enumerate(zip(intos, outs, strict=True)):
        episodes = []
        for i, j, take in takings(into, out, amount, at, gap):
            touching = [e for e in episodes if i in e[0] or j in e[1]]
            episodes = [e for e in episodes if e not in touching]
            episodes.append(
                ({i}.union(*(e[0] for e in touching)), {j}.union(*(e[1] for e in touching)), take + sum(e[2] for e in touching))
            )
        for ins, outs_, taken in episodes:
            came = sum(amount[i] for i in ins)
            if came >= floor and 1000 * taken >= share_min * came:
                found.append((account, sorted(ins), sorted(outs_), taken))
    return found


def chains(intos, outs, amount, at, gap, share_min, n_min):
    """Return chains of positions."""
    links = [link for into, out in zip(intos, outs, strict=True) for link in takings(into, out, amount, at, gap)]
    onto = {}
    for i in range(len(amount)):
        mine = [(-fen, j) for a, j, fen in links if a == i]
        if not mine:
            continue
        fen, j = min(mine)
        theirs = min((-f, a) for a, b, f in links if b == j)
        if theirs[1] == i and -fen * 1000 >= share_min * amount[i]:
            onto[i] = j
    found = []
    for i in sorted(set(onto) - set(onto.values())):
        chain = [i]
        while chain[-1] in onto:
            chain.append(onto[chain[-1]])
        if len(chain) >= n_min:
            found.append(chain)
    return found


def layers(payer, payee, at, within, n_layers, paid_min, paying_min):
    """Return for each window with one its instances, each a sorted list of (layer, position)."""
    found = []
    window = 0
    while len(at) and at[0] + window * (within // 2) <= at[-1]:
        begin = at[0] + window * (within // 2)
        inside = [i for i in range(len(at)) if begin <= at[i] < begin + within and payer[i] != payee[i]]
        kept = _stable({(one, i) for one in range(n_layers) for i in inside}, payer, payee, n_layers, paid_min, paying_min)
        found += _parts(kept, payer, payee)
        if begin + within > at[-1]:
            break
        window += 1
    return found


def layered(payer, payee, at, within, n_layers, paid_min, paying_min):
    """Return the instances of bipartites or stacks: the outermost parts of all windows, and what those have swallowed."""
    whole = [frozenset(part) for part in layers(payer, payee, at, within, n_layers, paid_min, paying_min)]
    outer = {part for part in whole if not any(part < other for other in whole)}
    return outer.union(*(swallowed(part, payer, payee, n_layers, paid_min, paying_min) for part in outer))


def swallowed(part, payer, payee, n_layers, paid_min, paying_min):
    """Return the parts a part falls apart into as the payments in the fewest butterflies are taken away."""
    while part:
        pairs = {(one, payer[i], payee[i]) for one, i in part}
        n = {
            (one, a, b): sum(
                (one, c, b) in pairs and (one, a, d) in pairs for layer, c, d in pairs if layer == one and c != a and d != b
            )
            for one, a, b in pairs
        }
        left = {(one, i) for one, i in part if n[one, payer[i], payee[i]] > min(n.values())}
        parts = [
            frozenset(edges) for edges in _parts(_stable(left, payer, payee, n_layers, paid_min, paying_min), payer, payee)
        ]
        if len(parts) > 1:
            return set(parts).union(*(swallowed(one, payer, payee, n_layers, paid_min, paying_min) for one in parts))
        part = parts[0] if parts else frozenset()
    return set()


def _stable(kept, payer, payee, n_layers, paid_min, paying_min):
    while True:
        pays = lambda one, a, kept=kept: {payee[i] for layer, i in kept if layer == one and payer[i] == a}  # noqa: E731
        paid = lambda one, b, kept=kept: {payer[i] for layer, i in kept if layer == one and payee[i] == b}  # noqa: E731

        def stays(one, i, kept=kept, pays=pays, paid=paid):
            if len(pays(one, payer[i])) < paying_min or len(paid(one, payee[i])) < paid_min:
                return False
            if one > 0:
                before = [j for layer, j in kept if layer == one - 1 and payee[j] == payer[i]]
                if len(paid(one - 1, payer[i])) < paid_min or min(before) >= i:
                    return False
            if one < n_layers - 1:
                after = [j for layer, j in kept if layer == one + 1 and payer[j] == payee[i]]
                if len(pays(one + 1, payee[i])) < paying_min or max(after) <= i:
                    return False
            return True

        left = {(one, i) for one, i in kept if stays(one, i)}
        if left == kept:
            return kept
        kept = left


def _parts(kept, payer, payee):
    parts = []
    for one, i in sorted(kept):
        nodes = {(one, payer[i]), (one + 1, payee[i])}
        touching = [p for p in parts if p[0] & nodes]
        parts = [p for p in parts if not p[0] & nodes]
        parts.append((nodes.union(*(p[0] for p in touching)), [(one, i), *(x for p in touching for x in p[1])]))
    return [sorted(edges) for _, edges in parts]
