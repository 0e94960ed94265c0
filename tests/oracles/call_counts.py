"""Twin of graphfraud/intake/call_counts.py: dicts and loops over the calls of one card, written from the columns' meanings."""

import itertools

DAY = 86_400_000_000
CHINA = 8 * 3_600_000_000
SECOND = 1_000_000


def counts_of(calls):
    """Count the calls of one card; each is (row, at_us, way, seconds, peer, cell, place), way out, in, neither or None."""
    calls = sorted(calls, key=lambda c: (c[1], c[0]))
    at = [c[1] for c in calls]
    made = [c for c in calls if c[2] == "out"]
    taken = [c for c in calls if c[2] == "in"]
    told = any(c[2] is not None for c in calls)
    day_of = [(t + CHINA) // DAY for t in at]
    want = {
        "row": calls[0][0],
        "n_calls": len(calls),
        "n_days": len(set(day_of)),
        "first_us": at[0],
        "last_us": at[-1],
        "n_out": len(made) if told else None,
        "n_in": len(taken) if told else None,
        "first_in_us": min((c[1] for c in taken), default=None),
    }
    lasted = [c[3] for c in made if c[3] is not None]
    unknown = (bool(made) and not lasted) or not told
    at_once = sum(b[1] - (a[1] + (a[3] or 0) * SECOND) < 60 * SECOND for a, b in itertools.pairwise(made))
    want |= {
        "n_unanswered": None if unknown else sum(s == 0 for s in lasted),
        "n_short": None if unknown else sum(0 < s <= 30 for s in lasted),
        "n_no_pause": None if unknown else at_once,
    }
    peers, days = {}, {}
    for c in made:
        if c[4] is not None:
            peers[c[4]] = peers.get(c[4], 0) + 1
            days.setdefault((c[1] + CHINA) // DAY, set()).add(c[4])
    best = min(((-len(who), day) for day, who in days.items()), default=None)
    nobody = None if made or not told else 0
    want |= {
        "n_peers": len(peers) or nobody,
        "n_top_peers": sum(sorted(peers.values())[-5:]) if peers else nobody,
        "n_day_peers": best and -best[0],
        "day_us": best and best[1] * DAY - CHINA,
    }
    cells = [c[5] for c in calls if c[5] is not None]
    places = [c[6] for c in calls if c[6] is not None]
    most = max(places, key=lambda p: (places.count(p), -places.index(p)), default=None)
    want |= {
        "n_located": len(cells),
        "n_cells": len(set(cells)) or None,
        "n_placed": len(places),
        "place": most,
        "n_at_place": places.count(most) or None,
    }
    gaps = [b - a for a, b in itertools.pairwise(at)]
    silence = max(gaps, default=None)
    woken = None if silence is None else at[gaps.index(silence) + 1]
    after = None if woken is None or not told else sum(woken <= c[1] < woken + DAY for c in made)
    return want | {"silence_us": silence, "woken_us": woken, "n_woken": after}
