"""From raw files to a traced case, as an investigator would do it in a notebook.

Run it with ``python examples/02_trace_a_case.py``; everything goes to a temporary folder. With files of your own, begin at
step 2.
"""

import tempfile
from pathlib import Path

import graphfraud as gf
from graphfraud.analysis.trace import spread
from graphfraud.synthetic.config import demo_config
from graphfraud.units import yuan_text

home = Path(tempfile.mkdtemp(prefix="graphfraud-"))

# 1. Files to read: a made-up city's bank exports, registers and case reports.
files = gf.write_files(gf.make_world(demo_config(), rng_seed=2), home / "raw", rng_seed=2)

# 2. Load them into a store. Every row read has exactly one outcome, and each file says how many of each it had.
store = gf.open_store(home / "store")
for file in files:
    print(gf.load(file, into=store))

# 3. What was rejected is kept, with its reason.
records = store.read("records")
for message in records.filter(records["outcome"] == "rejected")["message"].head(3):
    print(message)

# 4. The graph: frozen arrays in total order.
transactions = store.read("transactions")
flows = gf.flow_graph(transactions)

# 5. A case: the victims' own payments are where the trace begins.
case = transactions["case_id"].drop_nulls().min()
seeds = gf.seeds(transactions, case=case)
trace = gf.trace(flows, seeds, rule="fifo", within="72h")
print(trace)
print(trace.tiers.head())

# 6. How far do the rules disagree?
rules = spread(flows, seeds)
wide = rules.with_columns((rules["resting_fen_max"] - rules["resting_fen_min"]).alias("width")).sort("width", descending=True)
for row in wide.head(3).iter_rows(named=True):
    print(f"between {yuan_text(row['resting_fen_min'])} and {yuan_text(row['resting_fen_max'])} yuan, by rule")

# 7. Every step leads to file and row; the page is one file that opens anywhere.
citations = gf.cite(trace, store)
print(citations.head(3))
print(gf.draw(trace, home / "trace.html", citations=citations, language="en"))
