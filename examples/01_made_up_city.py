"""Make a city with known culprits, write it as raw files, and look at what is known of it.

Run it with ``python examples/01_made_up_city.py``; the files go to a temporary folder.
"""

import tempfile

import polars as pl

from graphfraud.synthetic.config import demo_config
from graphfraud.synthetic.dialects import write_files
from graphfraud.synthetic.world import make_scheme, make_world
from graphfraud.units import yuan_text

# 1. A city: people, shops and employers, six gangs and those who serve them, and look-alikes who did nothing.
world = make_world(demo_config(), rng_seed=1)
print(world)

# 2. The truth is exact: where each victim's money is, to the fen, under the rule the world was made with.
truth = world.truth
for state, channel, fen in truth.lots.group_by("state", "channel").agg(pl.col("fen").sum()).sort("fen").iter_rows():
    print(f"{state:8} {channel or '-':13} {yuan_text(fen):>16} yuan")

# 3. Culprits and innocent look-alikes are known by account and by SIM.
print(truth.accounts.group_by("culprit", "decoy").len().sort("len"))

# 4. The same city as an investigator gets it: messy files, and what reading each of them must come to.
with tempfile.TemporaryDirectory() as folder:
    written = write_files(world, folder, mess="usual", rng_seed=1)
    print(written.audit)

# 5. One bare scheme, for a lesson or a test.
stack = make_scheme("stack", width=3, depth=2, amount_fen=300_000, rng_seed=1)
print(stack.transactions.select("payer_name", "payee_name", "amount_fen", "at_us"))
