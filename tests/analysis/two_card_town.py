"""A little town told by hand: a ring on one computer, a family on one phone, a firm's till, a couple, and a SIM farm."""

import polars as pl

from graphfraud.graph.flows import flow_graph
from graphfraud.graph.links import link_graph
from graphfraud.tables import TABLES, conform, empty
from graphfraud.units import DAY_US, MINUTE_US, time_us
from tests.ledger import ledger

RING_STORY = """
day 1 09:00 victim -> c1 5,000.00 seed
day 1 09:06 c1 -> s1 4,990.00
day 1 09:12 s1 -> k1 2,480.00
day 1 09:13 s1 -> k2 2,490.00
day 1 09:20 k1 -> atm 2,470.00 cash_out
day 1 09:21 k2 -> atm 2,480.00 cash_out
day 2 10:00 victim2 -> c1 8,000.00 seed case:A-002
day 2 10:05 c1 -> s1 7,990.00
day 2 10:11 s1 -> k1 3,900.00
day 2 10:12 s1 -> k2 4,000.00
day 2 10:25 k1 -> atm 3,880.00 cash_out
day 2 10:26 k2 -> atm 3,990.00 cash_out
day 1 08:00 boss -> h1 3,000.00
day 1 08:01 boss -> h2 3,000.00
day 3 12:00 h1 -> shop 40.00 merchant
day 3 12:05 h2 -> shop 30.00 merchant
"""

RING = ("c1", "s1", "k1", "k2")
FAMILY = ("h1", "h2")


def transactions(story: str = RING_STORY) -> pl.DataFrame:
    return ledger(story).transactions() if story.strip() else empty("transactions")


def tie(kind: str, a: str, b: str) -> dict[str, object]:
    """``logged_in_on account:c1 device:mac1`` as a row of table links."""
    (a_kind, a_id), (b_kind, b_id) = (side.split(":", 1) for side in (a, b))
    return {"kind": kind, "a_kind": a_kind, "a_id": a_id, "b_kind": b_kind, "b_id": b_id, "n_seen": 1}


def links(*rows: dict[str, object]) -> pl.DataFrame:
    if not rows:
        return empty("links")
    frame = pl.DataFrame(list(rows)).with_row_index("record", offset=100)
    return conform(frame.with_columns(pl.col("record").cast(pl.Int64)), "links")


def town_links() -> pl.DataFrame:
    rows = [tie("logged_in_on", f"account:{name}", "device:mac-ring") for name in RING[1:]]
    rows += [tie("registered_with", f"account:{name}", "sim:15400000001") for name in ("c1", "s1")]
    rows += [tie("registered_with", f"account:{name}", "sim:15400000002") for name in FAMILY]
    rows += [tie("logged_in_on", f"account:{name}", "device:mac-home") for name in FAMILY]
    rows += [tie("holds", f"holder:person-{name}", f"account:{name}") for name in (*RING, *FAMILY)]
    rows += [tie("opened_by", f"account:{name}", "outlet:东湖支行") for name in RING]
    return links(*rows)


def accounts() -> pl.DataFrame:
    opened = time_us("2024-02-20 10:00")
    names = (*RING, *FAMILY)
    frame = pl.DataFrame(
        {
            "account_id": names,
            "kind": "personal",
            "bank": "江海银行",
            "holder_id": [f"person-{name}" for name in names],
            "opened_us": [
                opened + k * 10 * MINUTE_US - (900 * DAY_US if name in FAMILY else 0) for k, name in enumerate(names)
            ],
        }
    )
    return conform(frame, "accounts")


def tables(**changed: pl.DataFrame) -> dict[str, pl.DataFrame]:
    return {name: empty(name) for name in TABLES} | {"accounts": accounts(), "links": town_links(), **changed}


def graphs(story: str = RING_STORY, tied: pl.DataFrame | None = None):
    return flow_graph(transactions(story)), link_graph(town_links() if tied is None else tied)
