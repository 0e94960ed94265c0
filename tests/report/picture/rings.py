"""Two-card rings of a little made-up city, and the same with every text a payload."""

import dataclasses
from functools import cache

import polars as pl

from graphfraud.analysis.rings import reported_payments
from graphfraud.analysis.two_card import two_card
from graphfraud.findings.run import EVIDENCE_SCHEMA, link_id
from graphfraud.graph.flows import flow_graph
from graphfraud.graph.links import link_graph
from graphfraud.report.ring_answer import RingAnswer
from graphfraud.synthetic.config import WorldConfig
from graphfraud.synthetic.world import make_world

from .payloads import PAYLOADS


@cache
def ring_answer() -> RingAnswer:
    """Rings of accounts and of phone cards, with invented files and rows."""
    world = make_world(WorldConfig(n_transactions=2_500, n_background=120, days=30, victims=(3, 5)), rng_seed=61)
    seen = world.seen()
    found = two_card(flow_graph(seen), link_graph(world.links), world.frames, reported_payments(seen), null_worlds=19)
    # a ring of each kind first: most accounts, fewest, phone cards alone
    dens = found.rings.filter(ring_type="goip_den").head(1)
    others = found.rings.filter(pl.col("ring_type") != "goip_den")
    first = pl.concat([others.head(1), others.tail(1), dens])
    rest = found.rings.join(first, on="ring_id", how="anti", maintain_order="left")
    found = dataclasses.replace(found, rings=pl.concat([first, rest]))
    paid = found.flows.select("transaction_id").unique(maintain_order=True).with_row_index("row", offset=1)
    tied = found.ties.select(link_id().alias("id"), "record").unique(maintain_order=True).with_row_index("row", offset=1)
    parts = [
        paid.select(evidence=pl.lit("transaction"), id="transaction_id", side=pl.lit("payer"), row="row", record="row"),
        tied.select(evidence=pl.lit("link"), id="id", side=pl.lit("link"), row="row", record="row"),
    ]
    cited = pl.concat(parts).with_columns(
        file=pl.concat_str([pl.col("evidence"), pl.lit(".csv")]), sheet=pl.lit(None, pl.String), sha256=pl.lit("ab" * 32)
    )
    return RingAnswer(found, cited.select(pl.col(name).cast(dtype) for name, dtype in EVIDENCE_SCHEMA.items()))


def hostile_rings() -> tuple[RingAnswer, pl.DataFrame]:
    """The same answer with payloads for every number, name, fact, file and rule; and the accounts to name."""
    whole = ring_answer()
    answer = whole.answer
    known: dict[str, str] = {}

    def turned(column: pl.Series) -> pl.Series:
        for value in column.drop_nulls().unique(maintain_order=True):
            n = len(known)
            known.setdefault(
                value, f"{value}{PAYLOADS[n % len(PAYLOADS)]}" if n % 3 else f"{PAYLOADS[(n // 3) % len(PAYLOADS)]}{n}"
            )
        return column.replace_strict(known, default=None)

    def worded(frame: pl.DataFrame, *names: str) -> pl.DataFrame:
        texts = [
            pl.Series(name, [PAYLOADS[(ix + k) % len(PAYLOADS)] for ix in range(frame.height)]) for k, name in enumerate(names)
        ]
        return frame.with_columns(texts)

    def numbered(frame: pl.DataFrame, *names: str) -> pl.DataFrame:
        return frame.with_columns(turned(frame[name]).alias(name) for name in names)

    changed = {
        "members": worded(numbered(answer.members, "member_id"), "fact", "fact_zh"),
        "ties": numbered(answer.ties, "thing_id", "account_id", "a_id", "b_id"),
        "flows": numbered(answer.flows, "payer_id", "payee_id"),
        "shared": worded(numbered(answer.shared, "thing_id"), "why", "look_alike"),
        "reasons": worded(answer.reasons, "fact", "fact_zh", "rule"),
        "doubts": worded(answer.doubts, "if_fact", "if_fact_zh"),
        "rings": worded(answer.rings, "ring_type", "type_fact", "type_fact_zh"),
        "rules_version": PAYLOADS[0],
        "ambiguities": dict.fromkeys(PAYLOADS, 3),
    }
    channels = {channel: PAYLOADS[ix] for ix, channel in enumerate(("merchant", "crypto", "wallet", "cash_out"), start=1)}
    changed["flows"] = changed["flows"].with_columns(pl.col("channel").replace(channels))
    changed["ties"] = changed["ties"].with_columns(pl.col("kind").replace({"logged_in_on": PAYLOADS[3], "holds": PAYLOADS[5]}))
    run = dataclasses.replace(
        answer.run, version=PAYLOADS[1], graph_digest=PAYLOADS[2], parameters=dict.fromkeys(PAYLOADS, PAYLOADS[0])
    )
    found = dataclasses.replace(answer, run=run, **changed)
    keys = changed["ties"].select(link_id()).to_series()
    cited = worded(whole.citations, "file", "sha256").with_columns(
        id=pl.when(pl.col("evidence") == "link").then(pl.lit(keys).gather(pl.int_range(pl.len()) % len(keys))).otherwise("id")
    )
    ids = pl.concat([found.flows["payer_id"], found.flows["payee_id"], found.members["member_id"]]).unique().sort()
    accounts = worded(pl.DataFrame({"account_id": ids}), "bank", "holder_name", "kind", "status")
    return RingAnswer(found, cited), accounts
