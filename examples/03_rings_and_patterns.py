"""From a whole city's payments and registers to rings, patterns, cycles, communities and ways to the exit.

Run it with ``python examples/03_rings_and_patterns.py``; nothing is written. With a store of your own, read its tables
instead of step 1: ``store.read("transactions")``, ``store.read("links")`` and so on.
"""

import polars as pl

import graphfraud as gf
from graphfraud.synthetic.config import WorldConfig
from graphfraud.units import yuan_text

# 1. A made-up city with gangs, SIM farms and look-alikes; who is who is known, so that answers can be judged.
world = gf.make_world(WorldConfig(n_transactions=12_000, n_background=400, days=45), rng_seed=3)
flows = gf.flow_graph(world.transactions)
links = gf.link_graph(world.links)
tables = {name: getattr(world, name) for name in ("accounts", "holders", "sims", "devices")}
culprits = set(world.truth.accounts.filter("culprit")["account_id"])


def judged(accounts: pl.Series) -> str:
    """Say how many of some accounts are culprits'."""
    return f"{sum(account in culprits for account in accounts)} of {len(accounts)} accounts are culprits'"


# 2. Rings: bound by what they share and by money passed on. The score is the sum of its reasons; doubts would undo it.
reported = gf.reported_payments(world.transactions)
rings = gf.rings(flows, links, tables, reported)
first = rings.rings["ring_id"][0]
print(rings)
for row in rings.reasons.filter(pl.col("ring_id") == first).iter_rows(named=True):
    print(f"  {row['points']:3} {row['rule']} {row['fact']}")
print(rings.doubts.filter(pl.col("ring_id") == first).select("if_fact", "score", "flagged").row(0))
print(rings.members["role"].value_counts(sort=True))
print(judged(rings.members["account_id"]))

# 3. Two-card rings: phone cards too. What looked shared but has an innocent reading is listed, and binds nobody.
two_card = gf.two_card(flows, links, tables, reported, null_worlds=19)
print(two_card.rings.group_by("ring_type").agg(pl.len(), pl.col("n_sims").sum(), pl.col("flagged").sum()).sort("ring_type"))
print(two_card.shared.filter(pl.col("look_alike").is_not_null())["look_alike"].value_counts().sort("look_alike"))

# 4. Patterns, the most surprising first: in the worlds they are compared with, whom an account pays, or when, is chance.
patterns = gf.patterns(flows, ["fan_in", "scatter_gather", "chain", "pass_through"], null_worlds=5)
print(patterns)
print(patterns.patterns.head(5).select("kind", "n_accounts", "n_transactions", "amount_fen", "p_value"))
top = patterns.accounts.filter(pl.col("pattern") == 0)
print(f"the first: {judged(top['account_id'])}")

# 5. Money that comes back: every cycle within a day, each with its payments.
cycles = gf.cycles(flows, within="24h", length_max=6)
print(cycles, cycles.cycles["n_transactions"].value_counts().sort("n_transactions").rows())

# 6. Communities: who deals more with each other than with others, and what binds the members of the largest.
communities = gf.communities(flows, method="leiden", rng_seed=1)
print(communities)
print(gf.bonds(flows, communities, top=3).group_by("community").agg(pl.len(), pl.col("inside_fen").max()).sort("community"))

# 7. By which payments could the first victim's money have left, in the order of time and with at least half of it going on?
seeds = gf.seeds(world.transactions, world.cases["case_id"].min())
ways = gf.paths(flows, seeds=seeds, best="widest", each=True, retain_permille=(500, 1000), within="72h")
print(ways)
for row in ways.paths.head(3).iter_rows(named=True):
    print(f"{row['n_transactions']} payments, none below {yuan_text(row['width_fen'])} yuan")
