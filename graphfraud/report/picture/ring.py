"""Draws one ring as a page of the same kind as a traced case: members by role, money between them, and what they share."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from graphfraud.errors import QuestionError
from graphfraud.findings.rings import Rings
from graphfraud.findings.run import link_id
from graphfraud.findings.two_card import CALLS, TwoCard
from graphfraud.mask import mask_id, mask_text
from graphfraud.report.picture.case import ACCOUNT, ENDS, EXIT, EXIT_KEY, PASSED, VICTIM, Case
from graphfraud.report.picture.content import (
    Names,
    clean,
    edges_content,
    listed_nodes,
    listed_rows,
    names_of,
    nodes_content,
    plain_counts,
    plain_value,
)
from graphfraud.report.picture.draw import check_language, render
from graphfraud.report.picture.fold import ROWS_MAX, Fold, fold
from graphfraud.report.picture.layout import heights
from graphfraud.report.place import put
from graphfraud.report.ring_answer import RingAnswer
from graphfraud.units import SECOND_US, time_text

COLUMNS = (
    "victims", "r_collector", "r_splitter", "r_passer", "r_cash_out", "exits", "r_other", "r_dormant", "r_sims", "things",
)  # fmt: skip
SIM_KEY = "\x01"
"""Begins the key of a phone card: a payment account may have a phone's number for its id."""
MEMBERS_MAX = 300
FACT_MAX = 400
_TIE = 2
_FEN = ("lost_fen", "received_fen", *(f"{end}_fen" for end in ENDS))


def draw_ring(
    whole: RingAnswer,
    ring_id: str | None,
    path: str | Path,
    *,
    accounts: pl.DataFrame | None = None,
    changes: pl.DataFrame | None = None,
    title: str | None = None,
    language: str = "zh",
    top: int = MEMBERS_MAX,
    unmask: bool = False,
) -> Path:
    """Write the page of one ring: a single HTML file that asks the network for nothing.

    Equal inputs give equal bytes. Unless ``unmask`` is set no account, phone, device or identity number is in the file in full.

    Parameters
    ----------
    whole : RingAnswer
    ring_id : str, optional
        The ring; by default the one with the highest score. Its stable id does too, where ``changes`` names it.
    path : str or Path
        The file to write; replaced in one step if it exists.
    accounts : polars.DataFrame, optional
        Rows of table ``accounts``: banks and (masked) holders of the members.
    changes : polars.DataFrame, optional
        What :func:`graphfraud.report.ring_changes.changed` gave: the stable id, and what became of the ring.
    title, language, top, unmask
        As for :func:`graphfraud.report.picture.draw.draw`; ``top`` members are drawn one by one at most.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    QuestionError
        If the answer has no such ring, an argument is out of range, or the file cannot be written.
    """
    check_language(language)
    if top < 1:
        raise QuestionError("draw, top", str(top), "a number from 1", "Draw at least one account.")
    ring = _ring(whole.answer, ring_id, changes)
    one = {name: getattr(whole.answer, name).filter(pl.col("ring_id") == ring["ring_id"]) for name in _FRAMES}
    columns, case = _case(one)
    folded = fold(case, top)
    listed = listed_nodes(case, folded)
    rows = listed_rows(case, folded, listed).with_columns(pl.col("own").cast(pl.Int64))
    names = _names(case, listed, rows, accounts, _does(one["members"]), unmask)
    things, tied, more = _things(one["ties"], case, folded, listed, whole.answer, len(columns), unmask)
    if things:
        columns = [*columns, "things"]
    drawn = nodes_content(case, folded, listed, names) + things
    cited = whole.citations.select("file", "sha256", "row", transaction_id="id")
    edges, lists = edges_content(case, pl.concat([rows, tied.select(rows.columns)]), names, cited)
    pulls = [(edge["from"], edge["to"], max(float(edge["value"]), 1e4) ** 0.5) for edge in edges]
    place = heights({node["id"]: node["column"] for node in drawn}, pulls)
    page = _page(whole.answer, ring, one, case, changes, title, unmask) | lists | {"columns": columns, "more_things": more}
    html = render(drawn, edges, place, page, language, kind="ring").encode("utf-8")
    return put(Path(path), lambda beside: beside.write_bytes(html))


_FRAMES = ("members", "ties", "flows", "reasons", "doubts")


def _ring(answer: Rings | TwoCard, asked: str | None, changes: pl.DataFrame | None) -> dict[str, Any]:
    if answer.rings.is_empty():
        raise QuestionError("draw", "an answer without rings", "at least one ring", "There is nothing to draw.")
    if asked is None:
        return answer.rings.row(0, named=True)
    found = answer.rings.filter(pl.col("ring_id") == asked)
    if found.is_empty() and changes is not None:
        known = changes.filter((pl.col("stable_id") == asked) & pl.col("ring_id").is_not_null())["ring_id"]
        found = answer.rings.filter(pl.col("ring_id").is_in(known.implode())).head(1)
    if found.is_empty():
        some = ", ".join(answer.rings["ring_id"].head(3))
        raise QuestionError("draw, ring", repr(asked), f"a ring of the answer ({some}, ...)", "See its rings.parquet.")
    return found.row(0, named=True)


def _does(members: pl.DataFrame) -> dict[str, tuple[str, str, str]]:
    """Return what each account and pooled phone card does, by key: role, and the fact in English and Chinese."""
    told = ("role", "fact", "fact_zh")
    if "account_id" in members.columns:
        return {key: tuple(said) for key, *said in members.select("account_id", *told).iter_rows()}
    does = {}
    for kind, key, role, *said in members.select("member_kind", "member_id", *told).iter_rows():
        if kind == "account":
            does[key] = (role, *said)
        elif kind == "sim" and role == "pooled":
            does[SIM_KEY + key] = (role, *said)
    return does


def _case(one: Mapping[str, pl.DataFrame]) -> tuple[list[str], Case]:
    """Turn a ring into nodes and rows as a traced case has them, and name its columns."""
    exits = pl.col("part") == "exit"
    rows = one["flows"].with_columns(
        from_key=pl.col("payer_id"),
        to_key=pl.when(exits).then(pl.lit(EXIT_KEY) + pl.col("channel")).otherwise("payee_id"),
        traced_fen=pl.col("amount_fen"),
        own=pl.col("part") == "victim",
    )
    does = _does(one["members"])
    victims = set(rows.filter(pl.col("own"))["from_key"]) - does.keys()
    keys = sorted({*does, *rows["from_key"], *rows["to_key"]})

    def column_of(key: str) -> str:
        if key.startswith(EXIT_KEY):
            return "exits"
        if key in victims:
            return "victims"
        role = does.get(key, ("other",))[0]
        return "r_sims" if key.startswith(SIM_KEY) else f"r_{role}" if f"r_{role}" in COLUMNS else "r_other"

    column = {key: column_of(key) for key in keys}
    columns = [name for name in COLUMNS if name in column.values()]
    role = {"victims": VICTIM, "exits": EXIT}
    frame = pl.DataFrame(
        {
            "key": keys,
            "role": [role.get(column[key], ACCOUNT) for key in keys],
            "column": [columns.index(column[key]) for key in keys],
        },
        schema={"key": pl.String, "role": pl.String, "column": pl.Int64},
    )
    nodes = _summed(frame, rows)
    ix = nodes.select("key", "node")
    rows = (
        rows.join(ix.rename({"key": "from_key", "node": "a"}), on="from_key")
        .join(ix.rename({"key": "to_key", "node": "b"}), on="to_key")
        .select("transaction_id", "a", "b", "payee_id", "channel", "amount_fen", "traced_fen", "own", "at_us")
        .sort("at_us", "a", "b", "transaction_id")
    )
    return columns, Case(nodes, rows, len(columns))


def _summed(frame: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """Sum each node's payments; the columns of :class:`~graphfraud.report.picture.case.Case`."""
    out = pl.col("to_key").str.starts_with(EXIT_KEY)
    fen = pl.col("amount_fen")
    paid = rows.group_by(key="from_key").agg(
        lost_fen=fen.filter("own").sum(), passed_fen=fen.filter(~out & ~pl.col("own")).sum(), exited_fen=fen.filter(out).sum()
    )
    got = rows.group_by(key="to_key").agg(
        received_fen=fen.sum(), n_victims=pl.col("from_key").filter("own").n_unique().cast(pl.Int64)
    )
    span = pl.concat([rows.select("at_us", key="from_key"), rows.select("at_us", key="to_key")]).group_by("key")
    nodes = (
        frame.join(paid, on="key", how="left")
        .join(got, on="key", how="left")
        .join(span.agg(first_us=pl.col("at_us").min(), last_us=pl.col("at_us").max()), on="key", how="left")
        .with_columns(pl.lit(0, pl.Int64).alias(name) for name in ("resting_fen", "returned_fen", "unseen_fen", "beyond_fen"))
        .with_columns(pl.col(*_FEN, "n_victims").fill_null(0))
    )
    account = pl.col("role") == ACCOUNT
    return (
        nodes.with_columns(
            weight_fen=pl.when(pl.col("role") == VICTIM).then("lost_fen").otherwise("received_fen"),
            lost_fen=pl.when(pl.col("role") == VICTIM).then("lost_fen").otherwise(0),
            state=pl.when(account & (pl.col("exited_fen") > pl.col("passed_fen")))
            .then(pl.lit("exited"))
            .otherwise(pl.lit(PASSED)),
            other_tier=pl.lit(None, pl.Int64),
            n_other_victims=pl.lit(0, pl.Int64),
            other_fen=pl.lit(0, pl.Int64),
            statement_held=pl.lit(True),
            isolated=pl.lit(False),
        )
        .sort("column", -pl.col("weight_fen"), "key")
        .with_row_index("node")
        .with_columns(pl.col("node").cast(pl.Int64))
    )


def _names(
    case: Case,
    listed: list[int],
    rows: pl.DataFrame,
    accounts: pl.DataFrame | None,
    does: Mapping[str, tuple[str, str, str]],
    unmask: bool,
) -> Names:
    names = names_of(case, listed, rows, accounts, unmask)
    for key, shown in names.of.items():
        if key.startswith(SIM_KEY):
            number = key.removeprefix(SIM_KEY)
            shown.clear()
            shown.update(mask=clean(mask_id(number)), kind="sim", **({"full": clean(number)} if unmask else {}))
        if key in does:
            shown["fact"] = [clean(said, FACT_MAX) for said in does[key][1:]]
    return names


def _things(
    ties: pl.DataFrame, case: Case, folded: Fold, listed: list[int], answer: Rings | TwoCard, column: int, unmask: bool
) -> tuple[list[dict[str, Any]], pl.DataFrame, int]:
    """Return the shared things as nodes, the ties to them as rows, and how many things more there are."""
    ties = ties.filter(pl.col("thing_kind") != CALLS)  # a file is evidence, no thing that members share
    kind = pl.when(pl.col("thing_kind") == "handset").then(pl.lit("device")).otherwise("thing_kind")
    key = pl.when(pl.col("account_id").is_null()).then(pl.lit(SIM_KEY) + pl.col("a_id")).otherwise("account_id")
    tied = ties.select("thing_id", "record", kind=kind, key=key, channel="kind", transaction_id=link_id())
    tied = tied.join(case.nodes.select("key", "node"), on="key").join(folded.shown, on="node")
    counted = tied.group_by("kind", "thing_id").agg(shared=pl.col("key").n_unique())
    counted = counted.sort("shared", "kind", "thing_id", descending=[True, False, False])
    # a phone card that is a member has its own node
    member = case.nodes.filter(pl.col("key").str.starts_with(SIM_KEY)).join(folded.shown, on="node")
    member = member.select(kind=pl.lit("sim"), thing_id=pl.col("key").str.strip_prefix(SIM_KEY), thing="shown")
    others = counted.join(member, on=["kind", "thing_id"], how="anti", maintain_order="left")
    first = max([*folded.shown["shown"], *case.nodes["node"], -1]) + 1
    kept = others.head(ROWS_MAX).with_row_index("thing", offset=first).with_columns(pl.col("thing").cast(pl.Int64))
    why = {(k, i): text for k, i, text in answer.shared.select("thing_kind", "thing_id", "why").iter_rows()}
    nodes = []
    for number, kind_name, thing, shared in kept.iter_rows():
        place_name, _, began = thing.rpartition("@")
        day = time_text(int(began))[:10] if kind_name == "batch" and began.isdecimal() else ""
        masked = clean(f"{mask_text(place_name)} {day}" if day else mask_id(thing))
        told = why.get((kind_name, thing)) or why.get(("handset", thing)) or ""
        shown = {"label": masked, "mask": masked, "why": clean(told if unmask else mask_text(told), FACT_MAX)}
        place = {"id": number, "role": "thing", "column": column, "state": PASSED, "kind": kind_name, "shared": shared}
        node: dict[str, Any] = shown | place | dict.fromkeys(("first", "last")) | {"fen": [0] * len(_FEN), "held": True}
        node |= {"code": 0, "victims": 0}
        node |= {"date": day} if day else {}
        nodes.append(node | ({"full": clean(thing)} if unmask else {}))
    ends = pl.concat([kept.select("kind", "thing_id", "thing"), member.select("kind", "thing_id", "thing")])
    rows = tied.join(ends, on=["kind", "thing_id"]).filter(pl.col("shown") != pl.col("thing"))
    a = pl.when(pl.col("node").is_in(listed)).then("node").otherwise("shown")
    rows = rows.select(
        pl.col("shown").alias("from"),
        pl.col("thing").alias("to"),
        a.alias("a"),
        pl.col("thing").alias("b"),
        "transaction_id",
        "channel",
        *(pl.lit(n, pl.Int64).alias(name) for name, n in (("own", _TIE), ("amount_fen", 0), ("traced_fen", 0), ("n", 1))),
        payee_id=pl.lit(None, pl.String),
        at_us=pl.lit(None, pl.Int64),
    )
    return nodes, rows.unique().sort("from", "to", "a", "b", "transaction_id"), others.height - kept.height


def _page(
    answer: Rings | TwoCard,
    ring: Mapping[str, Any],
    one: Mapping[str, pl.DataFrame],
    case: Case,
    changes: pl.DataFrame | None,
    title: str | None,
    unmask: bool,
) -> dict[str, Any]:
    """The ring's figures and words; no clock reading."""
    told = {} if changes is None else _told(changes, ring["ring_id"])
    sizes = ("n_accounts", "n_sims", "n_devices", "n_persons")
    chance = [] if ring.get("p_value") is None else [ring["n_shared"], f"{ring['n_expected']:.1f}", f"{ring['p_value']:.3f}"]

    def said(text: str) -> str:
        return clean(text, FACT_MAX)

    reasons = one["reasons"].sort("points", "rule", descending=[True, False])
    return {
        "title": clean(title) if title else "",
        "cases": [clean(told.get("stable_id") or ring["ring_id"])],
        "unmask": unmask,
        "score": ring["score"],
        "flagged": ring["flagged"],
        "ring_type": clean(ring.get("ring_type") or ""),
        "type_fact": [said(ring[name]) for name in ("type_fact", "type_fact_zh") if ring.get(name)],
        "sizes": [ring[name] for name in sizes if name in ring],
        "loss": ring["victim_fen"],
        "ends": {"exited": int(case.nodes.filter(pl.col("role") == EXIT)["received_fen"].sum())},
        "chance": chance,
        "change": clean(told.get("change") or ""),
        "reasons": [
            [clean(rule), points, said(fact), said(zh)]
            for rule, points, fact, zh in reasons.select("rule", "points", "fact", "fact_zh").iter_rows()
        ],
        "doubts": [
            [points, left, flagged, loose, said(fact), said(zh)]
            for points, left, flagged, loose, fact, zh in one["doubts"]
            .select("points", "score", "flagged", "n_loose", "if_fact", "if_fact_zh")
            .iter_rows()
        ],
        "parameters": {name: plain_value(value) for name, value in sorted(answer.run.parameters.items())},
        "rules": clean(answer.rules_version),
        "ambiguities": plain_counts(answer.ambiguities.items()),
        "first": None if ring["first_us"] is None else ring["first_us"] // SECOND_US,
        "last": None if ring["last_us"] is None else ring["last_us"] // SECOND_US,
        "version": answer.run.version,
        "digest": answer.run.graph_digest,
        "n_nodes": case.nodes.filter(pl.col("role") != EXIT).height,
        "n_isolated": 0,
    }


def _told(changes: pl.DataFrame, ring_id: str) -> dict[str, Any]:
    rows = changes.filter((pl.col("ring_id") == ring_id) & (pl.col("change") != "merged"))
    return rows.row(0, named=True) if rows.height else {}
