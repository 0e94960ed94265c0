"""A whole question asked naively: from rows of ``transactions`` to who holds what, with the kernels' twins as the rule."""

from functools import partial

from graphfraud.tables import EXIT_CHANNELS

from . import lots, poison, shares

RULES = {
    "fifo": partial(lots.trace, "fifo"),
    "lifo": partial(lots.trace, "lifo"),
    "libr": partial(lots.trace, "libr"),
    "pro_rata": shares.trace,
    "poison": poison.trace,
}


def ask(rows, case, rule, within_us=None, hops_max=10**6):
    """Return steps as (transaction, seed, hop) -> fen, lots as (account, seed, hop, state) -> fen, tiers as
    account -> (tier, received fen). ``rows`` are dicts in any order.
    """
    rows = sorted(rows, key=lambda row: (row["at_us"], row["seq"]))
    names = []
    for row in rows:
        names += [name for name in (row["payer_id"], row["payee_id"]) if name not in names]
    seeds = [i for i, row in enumerate(rows) if row["case_id"] == case]
    leaves = [row["channel"] in EXIT_CHANNELS for row in rows]
    answer = RULES[rule](
        [names.index(row["payer_id"]) for row in rows],
        [names.index(row["payee_id"]) for row in rows],
        [row["amount_fen"] for row in rows],
        [row["at_us"] for row in rows],
        [seeds.index(i) if i in seeds else -1 for i in range(len(rows))],
        leaves,
        [_opening(rows, name) for name in names],
        [2**63 - 1 if within_us is None else rows[i]["at_us"] + within_us for i in seeds],
        hops_max,
    )
    held = {row["payer_id"] for row in rows if row["payer_record"] >= 0} | {
        row["payee_id"] for row in rows if row["payee_record"] >= 0
    }
    steps, ends, tiers = {}, {}, {}
    for tx, seed, hop, fen in answer.steps:
        key = (rows[tx]["transaction_id"], seed, hop)
        steps[key] = steps.get(key, 0) + fen
        if hop == 1 or not leaves[tx]:
            tier, received = tiers.get(rows[tx]["payee_id"], (hop, 0))
            tiers[rows[tx]["payee_id"]] = (min(tier, hop), received + fen)
    for account, seed, hop, end, tx, fen in answer.lots:
        name = rows[tx]["payee_id"] if end == lots.LEFT and tx in seeds else names[account]
        home = rows[seeds[seed]]["payer_id"] == name
        rests = "returned" if home else "resting" if name in held else "unseen"
        state = {lots.LEFT: "exited", lots.BEYOND: "beyond", lots.RESTS: rests}[end]
        ends[(name, seed, hop, state)] = ends.get((name, seed, hop, state), 0) + fen
    return steps, ends, tiers


def _opening(rows, name):
    printed, moved, least = None, 0, 0
    for row in rows:
        if row["payer_id"] == row["payee_id"] or name not in (row["payer_id"], row["payee_id"]):
            continue
        side, sign = ("payer", -1) if name == row["payer_id"] else ("payee", 1)
        moved += sign * row["amount_fen"]
        least = max(least, -moved)
        if printed is None and row[f"{side}_balance_fen"] is not None:
            printed = row[f"{side}_balance_fen"] - moved
    return max(least, printed or 0)
