"""Naive twin of graphfraud.intake.reconcile: legs are dicts, matchings are found by trying every one of them."""

from collections import defaultdict
from itertools import combinations

DAY = 86_400_000_000
CHINA = 8 * 3_600_000_000
CASHLIKE = ("cash_in", "cash_out", "fee", "interest")


def reconcile(legs, skew, report_tolerance, window):
    """Return (movements, outcome by record); a movement is (payer record, payee record, report record), None where absent."""
    legs = sorted(legs, key=lambda leg: leg["record"])
    outcome = {}
    live = _without_duplicates(legs, outcome)
    reversals = [leg for leg in live if leg["state"] == "reversal"]
    good = [leg for leg in live if leg["state"] == "ok"]
    taken = _take_back(reversals, [leg for leg in good if leg["side"] != "report"], window)
    for leg in reversals:
        outcome[leg["record"]] = "reversed" if leg["record"] in taken else "rejected"
    gone = set(taken.values())
    moves = _moves(good, gone, skew)
    moves = _reports(moves, good, gone, report_tolerance)
    kept = []
    for move in moves:
        present = [leg["record"] for leg in move if leg]
        lost = any(record in gone for record in present)
        for record in present:
            outcome[record] = "reversed" if lost else "kept" if record == min(present) else "mirrored"
        if not lost:
            kept.append(tuple(leg["record"] if leg else None for leg in move))
    return kept, outcome


def ends(leg):
    return (leg["cp_id"], leg["own_id"]) if leg["side"] == "payee" else (leg["own_id"], leg["cp_id"])


def _without_duplicates(legs, outcome):
    live, seen, count = [], set(), defaultdict(int)
    for leg in legs:
        key = tuple(leg[c] for c in ("own_id", "side", "state", "cp_id", "amount_fen", "at_us", "balance_fen", "serial"))
        nth = 0
        if leg["serial"] is None and leg["balance_fen"] is None:
            nth = count[key, leg["bucket"]]
            count[key, leg["bucket"]] += 1
        if (key, nth) in seen:
            outcome[leg["record"]] = "duplicate"
        else:
            seen.add((key, nth))
            live.append(leg)
    return live


def _take_back(reversals, good, window):
    taken = {}
    for further in (("serial", "side"), ("cp_id", "side"), ("serial",)):
        events = [(leg["at_us"], 0, leg) for leg in good] + [
            (leg["at_us"] + leg["at_precision_us"] - 1, 1, leg) for leg in reversals
        ]
        events.sort(key=lambda e: (e[0], e[1], _low(e[2]["balance_fen"]), e[2]["source_id"], e[2]["row"]))
        for position, (_, turn, leg) in enumerate(events):
            if turn == 0 or leg["record"] in taken or ("serial" in further and leg["serial"] is None):
                continue
            earlier = [
                e[2]
                for e in events[:position]
                if e[1] == 0
                and e[2]["record"] not in taken.values()
                and all(e[2][c] == leg[c] for c in ("own_id", "amount_fen", *further))
            ]
            if earlier and leg["at_us"] - earlier[-1]["at_us"] <= window:
                taken[leg["record"]] = earlier[-1]["record"]
    return taken


def _low(value):
    return (value is not None, value or 0)


def _moves(good, gone, skew):
    statement = [leg for leg in good if leg["side"] != "report"]
    payers = sorted((leg for leg in statement if leg["side"] == "payer"), key=_told)
    payees = sorted((leg for leg in statement if leg["side"] == "payee"), key=_told)
    partner = {}
    for lost_p, lost_q in ((False, False), (True, True), (False, True), (True, False)):
        _pair_up(
            [leg for leg in payers if (leg["record"] in gone) == lost_p],
            [leg for leg in payees if (leg["record"] in gone) == lost_q],
            skew,
            partner,
        )
    by_record = {leg["record"]: leg for leg in statement}
    moves = [(leg, by_record.get(partner.get(leg["record"])), None) for leg in payers]
    return moves + [(None, leg, None) for leg in payees if leg["record"] not in partner]


def _told(leg):
    balance = leg["balance_fen"]
    if leg["side"] == "payer" and balance is not None:
        balance = -balance
    return (leg["at_us"], _low(balance), leg["serial"] is not None, leg["serial"] or "", leg["source_id"], leg["row"])


def _pair_up(payers, payees, skew, partner):
    """Add pairs to ``partner`` (both ways): both numbers, then the payer's counterparty unprinted, then the payee's."""

    def known(leg):
        return leg["cp_id"] is not None

    def loose(leg):
        return leg["cp_id"] is None and leg["channel"] not in CASHLIKE

    for use_p, use_q, key in (
        (known, known, lambda leg: (*ends(leg), leg["amount_fen"])),
        (loose, known, lambda leg: (ends(leg)[0], leg["amount_fen"])),
        (known, loose, lambda leg: (ends(leg)[1], leg["amount_fen"])),
    ):
        _pair_by([p for p in payers if use_p(p)], [q for q in payees if use_q(q)], key, skew, partner)


def _pair_by(left, right, key, tolerance, partner):
    for near in (True, False):
        for with_serial in (True, False):
            groups = defaultdict(lambda: ([], []))
            for side, legs in enumerate((left, right)):
                for leg in legs:
                    if leg["record"] not in partner and not (with_serial and leg["serial"] is None):
                        groups[(*key(leg), leg["serial"] if with_serial else None)][side].append(leg)
            for one, other in groups.values():
                for p, q in (_near if near else _of_day)(one, other, tolerance):
                    partner[p["record"]], partner[q["record"]] = q["record"], p["record"]


def _near(left, right, tolerance):
    """Of all order-keeping matchings: most pairs, least sum of distances, earliest pairs."""
    left = [leg for leg in left if leg["at_precision_us"] < DAY]
    right = [leg for leg in right if leg["at_precision_us"] < DAY]
    best, chosen = (0, 0), []
    for size in range(1, min(len(left), len(right)) + 1):
        for some in combinations(range(len(left)), size):
            for others in combinations(range(len(right)), size):
                pairs = [(left[i], right[j]) for i, j in zip(some, others, strict=True)]
                if all(_gap(p, q) <= tolerance for p, q in pairs):
                    worth = (size, -sum(abs(p["at_us"] - q["at_us"]) for p, q in pairs))
                    if worth > best:  # combinations come in ascending order, so the earliest of equals stays
                        best, chosen = worth, pairs
    return chosen


def _gap(p, q):
    first, second = (p, q) if p["at_us"] <= q["at_us"] else (q, p)
    return second["at_us"] - first["at_us"] - (first["at_precision_us"] - 1)


def _of_day(left, right, _tolerance):
    found, used = [], set()
    for timed_l, timed_r in ((True, False), (False, True), (False, False)):
        days = defaultdict(lambda: ([], []))
        for side, (legs, timed) in enumerate(((left, timed_l), (right, timed_r))):
            for leg in legs:
                if (leg["at_precision_us"] < DAY) == timed and leg["record"] not in used:
                    days[(leg["at_us"] + CHINA) // DAY][side].append(leg)
        for one, other in days.values():
            for p, q in zip(one, other, strict=False):
                found.append((p, q))
                used |= {p["record"], q["record"]}
    return found


def _reports(moves, good, gone, tolerance):
    reports = [leg for leg in good if leg["side"] == "report"]
    reports.sort(key=lambda r: (r["at_us"], r["serial"] is not None, r["serial"] or "", r["source_id"], r["row"]))
    partner = {}
    for lost in (False, True):
        seen = []
        for number, (p, q, _) in enumerate(moves):
            legs = [leg for leg in (p, q) if leg]
            if any(leg["record"] in gone for leg in legs) != lost:
                continue
            payer = next((ends(leg)[0] for leg in legs if ends(leg)[0] is not None), None)
            payee = next((ends(leg)[1] for leg in legs if ends(leg)[1] is not None), None)
            serial = next((leg["serial"] for leg in legs if leg["serial"] is not None), None)
            seen.append({**legs[0], "record": ("move", number), "payer": payer, "payee": payee, "serial": serial})
        seen.sort(key=lambda r: (r["at_us"], r["serial"] is not None, r["serial"] or "", r["source_id"], r["row"]))
        told = [{**leg, "payer": leg["own_id"], "payee": leg["cp_id"]} for leg in reports]
        for names in (("payer", "payee"), ("payer",), ("payee",)):

            def key(leg, names=names):
                return (*(leg[n] for n in names), leg["amount_fen"])

            def usable(legs, names=names):
                return [leg for leg in legs if all(leg[n] is not None for n in names)]

            if len(names) == 2:
                _pair_by(usable(seen), usable(told), key, tolerance, partner)
                continue
            third = "payee" if names == ("payer",) else "payer"
            _pair_by(usable(seen), usable([r for r in told if r[third] is None]), key, tolerance, partner)
            _pair_by(usable([s for s in seen if s[third] is None]), usable(told), key, tolerance, partner)
    by_record = {leg["record"]: leg for leg in reports}
    joined = [(p, q, by_record.get(partner.get(("move", n)))) for n, (p, q, _) in enumerate(moves)]
    return joined + [(None, None, leg) for leg in reports if leg["record"] not in partner]
