"""Two-card rings: bank cards and phone cards in the same hands. Indicators with their facts, never verdicts."""

from collections.abc import Mapping

import polars as pl

from graphfraud.analysis.call_rules import call_facts, called_as_machines
from graphfraud.analysis.indicators import account_indicators, sim_indicators, victim_warnings
from graphfraud.analysis.law_units import law_units
from graphfraud.analysis.life_cycle import card_lives
from graphfraud.analysis.null_model import chance_of_sharing
from graphfraud.analysis.question import Clock, duration, whole
from graphfraud.analysis.rings import ambiguities_of, material, ring_frames
from graphfraud.analysis.rule_table import rule_table
from graphfraud.analysis.sim_groups import shared_handsets, sim_groups, sim_reasons, sim_ties
from graphfraud.analysis.ties import optional
from graphfraud.findings.rings import DOUBT_SCHEMA, REASON_SCHEMA, RING_TIE_SCHEMA
from graphfraud.findings.two_card import CALLS, TWO_CARD_MEMBER_SCHEMA, TWO_CARD_RING_SCHEMA, TwoCard
from graphfraud.graph.flows import FlowGraph
from graphfraud.graph.links import LinkGraph, links_of

JOINED_SIMS_MIN = 2
HALF = 0.5
_CARD_RULES = ("R11", "R12", "R13", "R14", "R16")
_CALL_RULES = ("R15",)


def two_card(
    flows: FlowGraph,
    links: LinkGraph,
    tables: Mapping[str, pl.DataFrame] | None = None,
    seeds: pl.DataFrame | None = None,
    *,
    within: str = "24h",
    accounts_max: int = 200,
    null_worlds: int = 199,
    rng_seed: int = 0,
) -> TwoCard:
    """Find groups of bank cards and phone cards in the same hands.

    Rings of accounts (:func:`graphfraud.analysis.rings.rings`) get the phone cards bound to them; phone cards that share
    handsets which nothing innocent explains are groups of their own, or part of a ring where they are bound to its accounts.

    Parameters
    ----------
    flows, links, tables, seeds, within, accounts_max
        As for :func:`~graphfraud.analysis.rings.rings`; also tables ``sims`` and ``call_counts``.
    null_worlds : int
        Worlds of chance for the p-value; 0 leaves it out.
    rng_seed : int
        Another seed, other worlds.

    Returns
    -------
    TwoCard

    Raises
    ------
    QuestionError
        If a parameter is out of its range, or a seed is not a transaction of ``flows``.
    """
    clock = Clock()
    within_us, accounts_max = duration("within", within), whole("accounts_max", accounts_max, 2, 10**9)
    null_worlds, rng_seed = whole("null_worlds", null_worlds, 0, 100_000), whole("rng_seed", rng_seed, 0, 2**62)
    made = material(flows, links, tables, seeds, within_us=within_us, accounts_max=accounts_max)
    frames = ring_frames(flows, made, 2, within)
    tied = links_of(links)
    used = sim_ties(tied, optional(tables, "sims"), optional(tables, "holders"))
    handsets = shared_handsets(used, accounts_max)
    cards = _bound_cards(tied, frames["members"], made.shared)
    groups = _joined(sim_groups(used, handsets), cards)
    members = _members(frames, cards, groups, made.ties)
    ids = {kind: members.filter(pl.col("member_kind") == kind)["member_id"] for kind in ("account", "sim")}
    facts = call_facts(optional(tables, "call_counts"), optional(tables, "sims"), ids["sim"])
    reasons = _reasons(frames["reasons"], groups, called_as_machines(facts))
    odds = chance_of_sharing(
        made.groups, made.ties, frames["members"], accounts_max=accounts_max, null_worlds=null_worlds, rng_seed=rng_seed
    )
    found = _summary(frames, members, reasons, groups, odds)
    indicators = pl.concat(
        [
            account_indicators(flows, made.money, made.ties, tables, ids["account"], within),
            victim_warnings(flows, made.money, tables, ids["account"], within),
            sim_indicators(used, tied, tables, ids["sim"], facts),
        ]
    )
    several = tied.filter((pl.col("kind") == "registered_with") & (pl.col("a_kind") == "holder")).group_by("b_id").len()
    left_open = {
        **ambiguities_of(flows, made),
        "sims_with_several_subscribers": several.filter(pl.col("len") > 1).height,
    }
    asked = {"within": within, "accounts_max": accounts_max, "null_worlds": null_worlds, "rng_seed": rng_seed}
    return TwoCard(
        run=clock.run("two_card", {**asked, "links_digest": links.digest}, flows),
        rules_version=rule_table()["version"],
        rings=found,
        members=members,
        ties=_by_rank(_evidence(frames["ties"], groups, members, facts), found, "thing_kind", "thing_id", "a_id"),
        flows=_by_rank(frames["flows"], found),
        reasons=_by_rank(reasons, found, "rule"),
        doubts=_by_rank(_doubts(frames["doubts"], reasons, found), found),
        indicators=indicators,
        units=law_units(members, tables, tied),
        lives=card_lives(flows, frames["members"].select("ring_id", "account_id"), optional(tables, "accounts")),
        shared=pl.concat([made.shared, handsets]),
        habits=_by_rank(frames["habits"], found, "habit", "bin"),
        ambiguities=left_open,
    )


def _bound_cards(links: pl.DataFrame, members: pl.DataFrame, shared: pl.DataFrame) -> pl.DataFrame:
    """Return the phone cards bound to members' accounts, ``ring_id, account_id, sim_id``, innocently shared ones left out."""
    bound = links.filter((pl.col("kind") == "registered_with") & (pl.col("a_kind") == "account"))
    aside = shared.filter((pl.col("thing_kind") == "sim") & (pl.col("strength") == "set_aside"))["thing_id"]
    bound = bound.select(account_id="a_id", sim_id="b_id").filter(~pl.col("sim_id").is_in(aside.implode()))
    return bound.join(members.select("ring_id", "account_id"), on="account_id").select("ring_id", "account_id", "sim_id")


def _joined(groups: pl.DataFrame, cards: pl.DataFrame) -> pl.DataFrame:
    """Give a group of phone cards the ring whose accounts several of its cards are bound to."""
    met = groups.select("sim_id", group="ring_id").unique().join(cards.select("sim_id", "ring_id").unique(), on="sim_id")
    met = met.group_by("group", "ring_id").len().filter(pl.col("len") >= JOINED_SIMS_MIN)
    met = met.sort("group", "len", "ring_id", descending=[False, True, False]).unique("group", keep="first")
    into = groups.join(met.select(ring_id="group", host="ring_id"), on="ring_id", how="left", maintain_order="left")
    return into.with_columns(ring_id=pl.coalesce("host", "ring_id")).drop("host")


def _members(frames: Mapping[str, pl.DataFrame], cards: pl.DataFrame, groups: pl.DataFrame, ties: pl.DataFrame) -> pl.DataFrame:
    """List accounts, phone cards, devices and persons of each group, each with its role and the fact."""
    own = ties.filter(pl.col("thing_kind") == "holder").select("account_id", "thing_id")
    persons = frames["members"].join(own, on="account_id")
    strong = frames["ties"].filter((pl.col("strength") == "strong") & (pl.col("thing_kind") == "device"))
    named = (pl.lit("account").alias("member_kind"), pl.col("account_id").alias("member_id"))
    accounts = frames["members"].select("ring_id", "role", "fact", "fact_zh", *named)
    parts = [
        accounts,
        _as(groups, "sim", "sim_id", "pooled", "in a handset with other cards", "与其他卡共用终端"),
        _as(cards, "sim", "sim_id", "bound", "bound phone of an account", "账户绑定手机号"),
        _as(strong, "device", "thing_id", "shared", "members' accounts were used on it", "登录过成员账户"),
        _as(groups, "device", "device_id", "shared", "several of the cards were used in it", "插入过其中多张卡"),
        _as(persons, "holder", "thing_id", "holder", "holder of an account", "账户户主"),
        _as(
            groups.filter(pl.col("owner").is_not_null()), "holder", "owner", "subscriber", "subscriber of a card", "电话卡机主"
        ),
    ]
    whole_list = pl.concat([part.select(pl.col(c).cast(t) for c, t in TWO_CARD_MEMBER_SCHEMA.items()) for part in parts])
    return whole_list.unique(["ring_id", "member_kind", "member_id"], keep="first", maintain_order=True).sort(
        "ring_id", "member_kind", "member_id"
    )


def _as(frame: pl.DataFrame, kind: str, column: str, role: str, fact: str, fact_zh: str) -> pl.DataFrame:
    """Show a column as members of a kind."""
    texts = {"member_kind": kind, "role": role, "fact": fact, "fact_zh": fact_zh}
    told = (pl.lit(text).alias(name) for name, text in texts.items())
    return frame.select("ring_id", pl.col(column).alias("member_id"), *told)


def _reasons(of_accounts: pl.DataFrame, groups: pl.DataFrame, machines: pl.Series) -> pl.DataFrame:
    of_cards = pl.DataFrame(sim_reasons(groups, machines), schema=REASON_SCHEMA)
    return pl.concat([of_accounts, of_cards]).sort("ring_id", "rule")


def _doubts(of_accounts: pl.DataFrame, reasons: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    """List what would change each group's whole score; what its phone cards add to it is a doubt of its own."""
    of_cards = []
    for rules, said, zh in (
        (
            _CARD_RULES,
            "if the handsets its phone cards were in were innocently shared (shop, repair, test)",
            "若其电话卡所用手机系正当共用 (门店、维修、测试)",
        ),
        (
            _CALL_RULES,
            "if its phone cards called in honest trade (call centre, couriers, a survey)",
            "若其电话卡的呼叫系正当业务 (客服、快递、调查)",
        ),
    ):
        lost = reasons.filter(pl.col("rule").is_in(list(rules))).group_by("ring_id").agg(pl.col("points").sum())
        of_cards.append(lost.with_columns(n_loose=pl.lit(0), if_fact=pl.lit(said), if_fact_zh=pl.lit(zh)))
    names = ("ring_id", "if_fact", "if_fact_zh", "points", "n_loose")
    doubts = pl.concat([frame.select(pl.col(n).cast(DOUBT_SCHEMA[n]) for n in names) for frame in (of_accounts, *of_cards)])
    left = pl.col("score") - pl.col("points")
    doubts = doubts.join(found.select("ring_id", "score"), on="ring_id", maintain_order="left").with_columns(score=left)
    doubts = doubts.with_columns(flagged=pl.col("score") >= rule_table()["flagged_points"])
    return doubts.select(pl.col(name).cast(dtype) for name, dtype in DOUBT_SCHEMA.items())


def _evidence(ties: pl.DataFrame, groups: pl.DataFrame, members: pl.DataFrame, facts: pl.DataFrame) -> pl.DataFrame:
    """Add to the ties of accounts which phone card was in which handset, and the first call in each file that shows a rule."""
    told = {"thing_kind": "handset", "strength": "strong", "kind": "inserted_in", "a_kind": "sim", "b_kind": "device"}
    words = (pl.lit(text).alias(name) for name, text in told.items())
    things = (pl.col("device_id").alias("thing_id"), pl.col("sim_id").alias("a_id"), pl.col("device_id").alias("b_id"))
    cards = groups.select("ring_id", "record", *things, *words, pl.lit(None).alias("account_id"))
    own = members.filter(pl.col("member_kind") == "sim").select("ring_id", sim_id="member_id")
    told = {"thing_kind": CALLS, "strength": "weak", "kind": "called_in", "a_kind": "sim", "b_kind": "source"}
    words = (pl.lit(text).alias(name) for name, text in told.items())
    things = (pl.col("source_id").alias("thing_id"), pl.col("sim_id").alias("a_id"), pl.col("source_id").alias("b_id"))
    called = facts.unique(["sim_id", "source_id"], keep="first", maintain_order=True).join(own, on="sim_id")
    called = called.select("ring_id", "record", *things, *words, pl.lit(None).alias("account_id"))
    parts = [frame.select(pl.col(name).cast(dtype) for name, dtype in RING_TIE_SCHEMA.items()) for frame in (cards, called)]
    return pl.concat([ties, *parts])


def _by_rank(frame: pl.DataFrame, found: pl.DataFrame, *by: str) -> pl.DataFrame:
    place = found.select("ring_id").with_row_index("place")
    return frame.join(place, on="ring_id").sort("place", *by, maintain_order=True).drop("place")


def _summary(
    frames: Mapping[str, pl.DataFrame],
    members: pl.DataFrame,
    reasons: pl.DataFrame,
    groups: pl.DataFrame,
    odds: pl.DataFrame,
) -> pl.DataFrame:
    counted = members.group_by("ring_id").agg(
        (pl.col("member_kind") == kind).sum().cast(pl.Int64).alias(f"n_{name}")
        for kind, name in (("account", "accounts"), ("sim", "sims"), ("device", "devices"), ("holder", "persons"))
    )
    scores = reasons.group_by("ring_id").agg(score=pl.col("points").sum())
    dates = groups.group_by("ring_id").agg(card_first=pl.col("opened_us").min(), card_last=pl.col("closed_us").max())
    money = frames["rings"].select("ring_id", "victim_fen", "relayed_fen", "first_us", "last_us")
    types = _types(frames["members"], groups)
    found = (
        counted.join(scores, on="ring_id", how="left")
        .join(money, on="ring_id", how="left")
        .join(dates, on="ring_id", how="left")
        .join(odds, on="ring_id", how="left")
        .join(types, on="ring_id", how="left")
        .with_columns(
            pl.col("victim_fen", "relayed_fen", "score").fill_null(0),
            first_us=pl.coalesce("first_us", "card_first"),
            last_us=pl.coalesce("last_us", "card_last"),
        )
        .with_columns(flagged=pl.col("score") >= rule_table()["flagged_points"])
        .sort("score", "victim_fen", "ring_id", descending=[True, True, False])
    )
    return found.select(pl.col(name).cast(dtype) for name, dtype in TWO_CARD_RING_SCHEMA.items())


def _types(members: pl.DataFrame, groups: pl.DataFrame) -> pl.DataFrame:
    """Say what each group looks most like, and the figures that say so."""
    rows = []
    for (ring,), own in members.sort("ring_id", "account_id").group_by("ring_id", maintain_order=True):
        n = own.height
        count = dict(own["role"].value_counts().iter_rows())
        idle, loose = count.get("dormant", 0), own.filter(~pl.col("bound")).height
        passing = n - idle - count.get("collector", 0)
        if idle >= HALF * n:
            rows.append(
                (ring, "card_dealer", f"{idle} of {n} accounts have not been used yet", f"{n} 个账户中 {idle} 个尚未启用")
            )
        elif loose > HALF * n:
            rows.append(
                (
                    ring,
                    "runner_team",
                    f"{loose} of {n} accounts are on phones and computers of their own",
                    f"{n} 个账户中 {loose} 个使用各自的手机、电脑",
                )
            )
        elif passing >= HALF * n:
            rows.append(
                (
                    ring,
                    "money_house",
                    f"{passing} of {n} accounts pass on what members send or let it leave",
                    f"{n} 个账户中 {passing} 个转付成员来款或使其流出",
                )
            )
        else:
            taking = count.get("collector", 0)
            rows.append(
                (
                    ring,
                    "mule_group",
                    f"{taking} of {n} accounts take in outsiders' money",
                    f"{n} 个账户中 {taking} 个接收外来款",
                )
            )
    have = {ring for ring, *_ in rows}
    alone = groups.filter(~pl.col("ring_id").is_in(list(have)))
    per = alone.group_by("ring_id").agg(sims=pl.col("sim_id").n_unique(), devices=pl.col("device_id").n_unique())
    for ring, sims, devices in per.sort("ring_id").iter_rows():
        rows.append(
            (ring, "goip_den", f"{sims} phone cards in {devices} shared handsets", f"{sims} 张电话卡共用 {devices} 台终端")
        )
    names = ("ring_id", "ring_type", "type_fact", "type_fact_zh")
    return pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row")
