"""Make a world with another project's generator; run by that generator's own Python, knows nothing of graphfraud.

    PYTHON benchmarks/quality/generate_other.py fraudtwin|synthfin-aml FOLDER RNG_SEED [--smallest]

Writes ``payments.csv`` (``payment,payer,payee,amount,at,device,ip``) and ``truth.json``, a list of (family, label, payments),
the label ``fraud`` or ``control``. fraudtwin (Python 3.12 or newer) tells which payments make an instance of which shape.
synthfin-aml says of each payment whether it is laundering, not of which instance; its documented shapes are put together
again from those payments alone: one payer, three mules, one broker within 95 minutes (layering), and a round trip of three
within an hour. Its chains ("structuring") keep no amount from hop to hop, so they are left out.
"""

import csv
import importlib.util
import json
import sys
from collections import defaultdict
from datetime import UTC
from pathlib import Path

FAMILIES = {
    "MULE_NETWORK": "fan_in",  # eight pay one, who pays one
    "BENEFICIARY_NETWORK": "fan_in",
    "FAN_OUT": "fan_out",
    "BIPARTITE_NETWORK": "bipartite",
    "STACKED_NETWORK": "stack",
    "SCATTER_GATHER": "scatter_gather",
    "GATHER_SCATTER": "gather_scatter",
    "CYCLIC_RING": "cycle",
    "SHARED_DEVICE_INFRASTRUCTURE": "shared_device",
    "RANDOM_ALERT_CONTROL": "cycle",
}


def fraudtwin_world(rng_seed, smallest):
    """Return payments and truth of a fraudtwin run: pix, cards and transfers, its graph scenarios, its controls."""
    import fraudtwin  # here: the other generator's environment lacks it
    import yaml

    config = yaml.safe_load((Path(fraudtwin.__file__).parent / "defaults" / "minimal.yaml").read_text())
    n = 400 if smallest else 600  # its run time grows faster than the square of this
    config["simulation"] |= {"seed": rng_seed, "duration_days": 5 if smallest else 8}
    config["population"] = {
        "customers": n, "institutions": 6, "accounts": n, "cards": n // 2, "merchants": 40, "devices": n, "pix_keys": n,
    }  # fmt: skip
    config["payments"] |= {
        "daily_target": 400 if smallest else 600,
        "rails": {"CARD": 0.3, "PIX": 0.5, "ACCOUNT_TRANSFER": 0.2},
    }
    config["behavior"]["amount_max"] = 20.0  # larger ones overdraw accounts and end the run
    config["dataset"]["enabled"] = False
    config["fraud_workflow"]["enabled"] = False
    sizes = {
        "MULE_NETWORK": {"source_count": 8},
        "BENEFICIARY_NETWORK": {"source_count": 8},
        "FAN_OUT": {"destination_count": 8},
        "BIPARTITE_NETWORK": {"originator_count": 4, "beneficiary_count": 4},
        "STACKED_NETWORK": {"originator_count": 3, "intermediary_count": 3, "beneficiary_count": 3},
        "SCATTER_GATHER": {"intermediary_count": 6},
        "GATHER_SCATTER": {"source_count": 5, "destination_count": 5},
        "CYCLIC_RING": {"member_count": 4},
        "SHARED_DEVICE_INFRASTRUCTURE": {"member_count": 6},
        "RANDOM_ALERT_CONTROL": {"member_count": 6, "edge_count": 12},
    }
    scenarios = [{"type": name, "count": 2 if smallest else 4, "min_amount": 20.0, **size} for name, size in sizes.items()]
    config["graph"] = {"enabled": True, "dwell_threshold_seconds": 7200, "scenarios": scenarios}
    place = Path(sys.argv[2]) / "fraudtwin.yaml"
    place.write_text(yaml.safe_dump(config))
    data = fraudtwin.generate(place)
    seen = {}
    for event in data.behavior.payment_events:
        seen.setdefault(event.payment_id, (event.device_id or "", getattr(event, "ip_id", None) or ""))
    rows = []
    for one in data.behavior.payments:
        payee = one.payee_account_id or one.merchant_id
        if payee:
            rows.append(
                [one.payment_id, one.payer_account_id, payee, one.amount, one.initiated_at, *seen.get(one.payment_id, ("", ""))]
            )
    truth = []
    for pattern in data.behavior.graph_patterns:
        if pattern.pattern_type in FAMILIES:
            control = pattern.pattern_type == "RANDOM_ALERT_CONTROL"
            truth.append([FAMILIES[pattern.pattern_type], "control" if control else "fraud", list(pattern.payment_ids)])
    return rows, truth


def synthfin_world(rng_seed, smallest):
    """Return payments of a synthfin-aml run, and the shapes its laundering payments make."""
    package = importlib.util.find_spec("synthfin_aml_pkg")
    if package is None:
        raise ModuleNotFoundError("No module named 'synthfin_aml_pkg'")
    place = Path(package.origin).with_name("generator.py")  # by itself: the package would want a whole deep-learning framework
    spec = importlib.util.spec_from_file_location("synthfin_generator", place)
    generator = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generator)
    maker = generator.FraudGraphGenerator(seed=rng_seed).generate_transactions(agents=1_500 if smallest else 6_000, days=30)
    _, frame = maker.to_dataframes()
    rows, dirty = [], []
    for number, a, b, at, amount, fraud in zip(
        frame["txn_id"],
        frame["source_id"],
        frame["target_id"],
        frame["timestamp"],
        frame["amount"],
        frame["is_fraud"],
        strict=True,
    ):
        when = at.floor("us").to_pydatetime().replace(tzinfo=UTC)
        rows.append([str(number), f"A{a}", f"A{b}", max(float(amount), 0.01), when, "", ""])
        if fraud:
            dirty.append((when.timestamp(), a, b, str(number)))
    return rows, layerings(dirty) + round_trips(dirty)


def layerings(dirty):
    """One payer, at least three middlemen, one payee, from first to last at most 95 minutes."""
    later = defaultdict(list)
    for at, a, b, number in dirty:
        later[a].append((at, b, number))
    ends = defaultdict(list)
    for at, a, b, number in dirty:
        for at_2, c, number_2 in later[b]:
            if 600 <= at_2 - at <= 3600 and c != a:
                ends[a, c].append((at, at_2, b, number, number_2))
    found = []
    for legs in ends.values():
        legs.sort()
        near = [leg for leg in legs if leg[0] - legs[0][0] <= 1500 and leg[1] - legs[0][0] <= 5700]
        if len({leg[2] for leg in near}) >= 3:
            found.append(["scatter_gather", "fraud", sorted({number for leg in near for number in leg[3:]})])
    return found


def round_trips(dirty):
    """Three payments in a round within an hour."""
    later = defaultdict(list)
    for at, a, b, number in dirty:
        later[a].append((at, b, number))
    found = []
    for at, a, b, number in dirty:
        for at_2, c, number_2 in later[b]:
            for at_3, d, number_3 in later[c] if at < at_2 <= at + 3600 and c != a else ():
                if d == a and at_2 < at_3 <= at + 3600:
                    found.append(["cycle", "fraud", [number, number_2, number_3]])
    return found


def main():
    """Make the world named on the command line."""
    name, folder, rng_seed = sys.argv[1:4]
    make = {"fraudtwin": fraudtwin_world, "synthfin-aml": synthfin_world}[name]
    rows, truth = make(int(rng_seed), "--smallest" in sys.argv)
    rows.sort(key=lambda row: (row[4], row[0]))
    with (Path(folder) / "payments.csv").open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(["payment", "payer", "payee", "amount", "at", "device", "ip"])
        for row in rows:
            at = row[4].astimezone(UTC)
            out.writerow([*row[:3], f"{row[3]:.2f}", at.strftime("%Y-%m-%d %H:%M:%S"), *row[5:]])
    (Path(folder) / "truth.json").write_text(json.dumps(truth), encoding="utf-8")


if __name__ == "__main__":
    main()
