"""A made-up city with known culprits: the same tables a loaded case has, and the truth beside them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from graphfraud import tables
from graphfraud.errors import QuestionError
from graphfraud.synthetic import decoys, scams, supply
from graphfraud.synthetic.actors import Gangs, open_market
from graphfraud.synthetic.cast import CULPRITS, DECOYS, ROLES, Cast, Entities
from graphfraud.synthetic.config import WorldConfig, closed_config, sized_config
from graphfraud.synthetic.daybook import MEMOS, Daybook, Page, balances
from graphfraud.synthetic.draws import Draws, Ints, exp
from graphfraud.synthetic.schemes import SCHEMES
from graphfraud.synthetic.truth import Truth, follow
from graphfraud.units import DAY_US, NONE, SECOND_US

_STREAMS = ("cast", "market", "gangs", "scams", "cards", "supply", "decoys", "everyday", "trade", "held")
_PUBLIC = ("payment_firm", "merchant", "gold_shop", "supplier", "family")
_UNITS = ("晴川市公安局反诈中心", "澜州市公安局东湖分局", "云泽市公安局新港分局", "望江市公安局刑侦支队")


@dataclass(frozen=True, slots=True)
class World:
    """A made-up city: tables of the house, and the truth.

    Attributes
    ----------
    config : WorldConfig
    rng_seed : int
    accounts, holders, sims, devices, links, cases : polars.DataFrame
        Tables of :mod:`graphfraud.tables`; record numbers are -1 as no file says so yet.
    transactions : polars.DataFrame
        Every payment there was, in order, seen or not. ``payer_record``, ``payee_record`` and ``report_record`` are what an
        investigator holds of it (made-up numbers; -1 where he does not), and only what he holds has balances and times of its
        side. The far side of cash, fees and interest is ``unknown:world:N``.
    cards : polars.DataFrame
        ``account_id, card``: card number of each account that has one.
    truth : Truth
    """

    config: WorldConfig
    rng_seed: int
    accounts: pl.DataFrame
    holders: pl.DataFrame
    sims: pl.DataFrame
    devices: pl.DataFrame
    links: pl.DataFrame
    cases: pl.DataFrame
    transactions: pl.DataFrame
    cards: pl.DataFrame
    truth: Truth

    @property
    def frames(self) -> Mapping[str, pl.DataFrame]:
        """Tables of the house by name."""
        names = ("accounts", "holders", "sims", "devices", "links", "cases", "transactions")
        return {name: getattr(self, name) for name in names}

    def seen(self) -> pl.DataFrame:
        """Return the transactions an investigator can know of: those of held statements and case reports."""
        return self.transactions.filter(pl.max_horizontal("payer_record", "payee_record", "report_record") > NONE)

    def __repr__(self) -> str:
        return (
            f"World({self.transactions.height} transactions, {self.accounts.height} accounts, "
            f"{self.cases['case_id'].n_unique()} cases, {self.truth.victims.height} victims, rng_seed={self.rng_seed})"
        )


def make_world(
    config: WorldConfig | None = None, *, rng_seed: int = 0, transactions: int | None = None, first_serial: int = 0
) -> World:
    """Make a city, its scams and their truth.

    Parameters
    ----------
    config : WorldConfig, optional
        Settings; without them those of :func:`graphfraud.synthetic.config.sized_config`.
    rng_seed : int
        Same settings and seed give the same world, byte by byte, on every machine.
    transactions : int, optional
        Size where no settings are given (100,000 otherwise).
    first_serial : int
        Serial that numbers of people, accounts, phone cards and handsets are made of: cities whose serials do not overlap
        share no number. Transactions, records and cases are numbered from 1 in every city.

    Raises
    ------
    QuestionError
        If both settings and a size are given.
    """
    if config is not None and transactions is not None:
        raise QuestionError(
            "make_world", "settings and transactions=", "one of them", "Set n_transactions in the settings instead."
        )
    config = config or sized_config(transactions or WorldConfig().n_transactions)
    draws = {name: Draws(rng_seed, number) for number, name in enumerate(_STREAMS)}
    cast, book = Cast(draws["cast"], config.since_us, first_serial), Daybook()
    people = cast.accounts(config.n_background, "person")
    family = cast.accounts(max(config.n_background // 20, 10), "family")
    suppliers = cast.accounts(max(config.n_background // 100, 6), "supplier", kind="company", float_yuan=(20_000, 900_000))
    n_rings = config.n_cases * len(config.kinds)
    market = open_market(config, draws["market"], cast, n_rings)
    town = decoys.Town(people, family, suppliers, market, config.since_us, config.days)
    gangs: list[Gangs] = []
    victims: list[scams.Victims] = []
    for number, name in enumerate(config.kinds):
        gang = _gangs(config, name, number, draws["gangs"])
        gangs.append(gang)
        first = sum(len(group.account) for group in victims)
        victims.append(scams.cheat(config, name, draws["scams"], cast, book, gang, market, (number, first)))
    cards = supply.open_cards(config, draws["cards"], cast, book, gangs)
    purse = supply.purses(cards, n_rings)
    supply.try_cards(draws["supply"], cards, book, purse)
    supply.spend_pay(draws["supply"], cards, gangs, market, book)
    supply.run_orders(config, draws["supply"], cast, cards, people, market, book)
    supply.pay_suppliers(config, draws["supply"], cast, cards, purse, people, book, gangs)
    supply.farm_sims(config, draws["supply"], cast, gangs)
    look_alikes = decoys.open_decoys(config, cast)
    decoys.live(draws["decoys"], town, look_alikes, book)
    _fill(config, draws, town, look_alikes["shop"], book)
    return _finish(config, rng_seed, cast, book, scams.together(victims), draws["held"])


def make_scheme(
    name: str, *, width: int = 5, depth: int = 3, amount_fen: int = 1_000_000, rng_seed: int = 0, start: str = "2024-03-01"
) -> World:
    """Make a world of one bare scheme: who pays without having been paid is a victim, everybody else a mule.

    Parameters
    ----------
    name : str
        One of :data:`graphfraud.synthetic.schemes.SCHEMES`.
    width, depth : int
        Accounts side by side, and hops or layers one behind the other, where the scheme has them.
    amount_fen : int
        What each first payer pays.
    rng_seed : int
    start : str
        Start of the observed time.

    Raises
    ------
    QuestionError
        If there is no such scheme, or a size is out of range.
    """
    if name not in SCHEMES:
        raise QuestionError("synth", f"scheme {name!r}", f"one of {', '.join(SCHEMES)}", "Choose one of them.")
    if not (1 <= width <= 1000 and 1 <= depth <= 1000 and width <= amount_fen <= 10**12):
        raise QuestionError(
            f"synth, scheme {name}", f"width {width}, depth {depth}, amount {amount_fen} fen",
            "width and depth from 1 to 1000, an amount of at least width fen and at most 10,000,000,000.00 yuan",
            "Choose sizes in range.",
        )  # fmt: skip
    config = replace(closed_config(1000), days=60, start=start, kinds={"brushing": WorldConfig().kinds["brushing"]})
    cast, book = Cast(Draws(rng_seed, 0), config.since_us), Daybook()
    moves = SCHEMES[name](Draws(rng_seed, 1), width, depth, amount_fen, config.since_us + DAY_US)
    accounts = cast.accounts(int(max(moves.payer.max(), moves.payee.max())) + 1, "mule", ring=0, float_yuan=(0, 100))
    first = ~np.isin(accounts, moves.payee)
    if name == "cycle":
        first = accounts == 0
    cast.recast(accounts[first], "victim")
    number = np.cumsum(first) - 1
    own = first[moves.payer] & (name != "cycle" or (np.arange(len(moves.payer)) == 0))
    book.add(moves, "转账", fraud=True, ring=0, victim=np.where(own, number[moves.payer], NONE))
    at_us, n = book.column("at_us"), int(first.sum())
    start_us, last_us = np.full(n, at_us.min(), np.int64), np.full(n, at_us.max(), np.int64)
    zero = np.zeros(n, np.int64)
    victims = scams.Victims(
        accounts[first], zero, zero, start_us, last_us, np.full(n, 3600 * SECOND_US, np.int64), np.ones(n, bool)
    )
    return _finish(config, rng_seed, cast, book, victims, Draws(rng_seed, 2))


def _gangs(config: WorldConfig, name: str, number: int, draws: Draws) -> Gangs:
    """Start the gangs of one kind at times that leave room for their campaign before the observed time ends."""
    n, kind = config.n_cases, config.kinds[name]
    until_us = config.since_us + config.days * DAY_US
    room_h = max((config.days - kind.campaign_days - 8) * 24, 1)
    start_us = config.since_us + 4 * DAY_US + draws.integers(0, room_h * 3600, n) * SECOND_US
    start_us = np.minimum(start_us, until_us - 3 * DAY_US)
    ring = number * n + np.arange(n, dtype=np.int64)
    return Gangs(name, ring, start_us, draws.integers(*config.victims, n), until_us, config.card_life_days * DAY_US)


def _fill(config: WorldConfig, draws: dict[str, Draws], town: decoys.Town, shops: Ints, book: Daybook) -> None:
    """Fill the world up to its size with everyday payments, leaving room for what shops and dealers pay on because of them."""
    room = config.n_transactions - book.n
    windows = len(shops) * (config.days // decoys.SWEEP_DAYS)
    n = room
    for _ in range(4):
        n = room - int(windows * (1.0 - exp(np.array([-decoys.SHOP_SHARE * max(n, 0) / windows]))[0])) - max(n, 0) // 200
    decoys.everyday(draws["everyday"], town, shops, n, book)
    supply.trade(draws["trade"], np.concatenate([town.market.dealers, town.market.traders]), town.suppliers, book)
    decoys.sweep_shops(draws["trade"], town, shops, book)


def _finish(config: WorldConfig, rng_seed: int, cast: Cast, book: Daybook, victims: scams.Victims, draws: Draws) -> World:
    """Put the daybook in order, give it balances, names and the truth."""
    page = book.page(config.since_us, config.since_us + config.days * DAY_US)
    _, closing, payer_after, payee_after = balances(page, cast.column("account.float_fen"))
    entities = cast.tables(closing, _logins(page))
    held = _held(config, entities, draws)
    cases, people = _victim_frames(config, page, victims, entities)
    transactions = _transactions(page, entities, held, payer_after, payee_after, people)
    truth = _truth(config, page, entities, held, payee_after, people, transactions)
    cards = pl.DataFrame({"account_id": entities.tables["accounts"]["account_id"], "card": entities.cards})
    cards = cards.filter(entities.tables["accounts"]["kind"] == "personal")
    return World(config, rng_seed, **entities.tables, cases=cases, transactions=transactions, cards=cards, truth=truth)


def _logins(page: Page) -> pl.DataFrame:
    """Return each account's use of its computer: every payment it made but cash and fees."""
    online = ~np.isin(page.channel, [tables.CHANNELS.index(name) for name in ("cash_out", "fee")])
    online &= page.payer >= 0
    frame = pl.DataFrame({"account": page.payer[online], "at_us": page.at_us[online]})
    return (
        frame.group_by("account")
        .agg(first_us=pl.col("at_us").min(), last_us=pl.col("at_us").max(), n_seen=pl.len().cast(pl.Int64))
        .sort("account")
    )


def _held(config: WorldConfig, entities: Entities, draws: Draws) -> np.ndarray:
    """Choose the accounts whose statement the police hold."""
    names = np.array(ROLES)[entities.role]
    share = np.full(len(names), config.held_background)
    share[np.isin(names, CULPRITS)] = config.held_fraud
    share[np.isin(names, DECOYS)] = config.held_decoys
    share[names == "victim"] = config.held_victims
    share[np.isin(names, _PUBLIC)] = float(config.held_background >= 1)
    return draws.chance(share, len(names))


def _victim_frames(
    config: WorldConfig, page: Page, victims: scams.Victims, entities: Entities
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the table of cases and the truth of each victim, by victim number."""
    n = len(victims.account)
    paid, back, first, last = np.zeros(n, np.int64), np.zeros(n, np.int64), victims.occurred_us.copy(), victims.last_us.copy()
    own, refund = page.victim >= 0, page.refund_to >= 0
    np.add.at(paid, page.victim[own], page.amount_fen[own])
    np.add.at(back, page.refund_to[refund], page.amount_fen[refund])
    accounts = entities.tables["accounts"]
    names = list(config.kinds)
    people = pl.DataFrame(
        {
            "victim_id": accounts["holder_id"].gather(victims.account),
            "victim_name": accounts["holder_name"].gather(victims.account),
            "account_id": accounts["account_id"].gather(victims.account),
            "case_number": victims.ring + 1,
            "ring_id": victims.ring,
            "kind": pl.Series(names).gather(victims.kind),
            "chinese": pl.Series([config.kinds[name].chinese for name in names]).gather(victims.kind),
            "reported": victims.reported,
            "paid_fen": paid,
            "refunded_fen": back,
            "loss_fen": paid - back,
            "occurred_us": first,
            "last_us": last,
            "reported_us": last + victims.report_delay_us,
            "report_delay_us": victims.report_delay_us,
        }
    ).with_columns(
        pl.format("A-{}-{}", pl.lit(config.start[:4]), pl.col("case_number").cast(pl.String).str.zfill(3)).alias("case_id"),
        pl.format("R{}", pl.col("ring_id").cast(pl.String).str.zfill(3)).alias("ring_id"),
    )
    cases = people.filter(pl.col("reported") & (pl.col("paid_fen") > 0)).select(
        "case_id",
        "victim_id",
        "victim_name",
        pl.col("chinese").alias("kind"),
        "occurred_us",
        "reported_us",
        "loss_fen",
        pl.lit(0, pl.Int64).alias("returned_fen"),
        pl.lit(pl.Series(_UNITS)).gather(pl.col("case_number") % len(_UNITS)).alias("unit"),
        pl.format("受害人遭遇{}", pl.col("chinese")).alias("brief"),
    )
    return tables.conform(cases, "cases"), people


def _ids(account_id: pl.Series, position: Ints) -> pl.Expr:
    """Return account ids of positions; nobody is unknown:world:N, one per row."""
    known = account_id.gather(np.maximum(position, 0))
    number = pl.int_range(1, len(position) + 1).cast(pl.String)
    return pl.when(pl.lit(pl.Series(position >= 0))).then(pl.lit(known)).otherwise(pl.lit("unknown:world:") + number)


def _transactions(
    page: Page, entities: Entities, held: np.ndarray, payer_after: Ints, payee_after: Ints, people: pl.DataFrame
) -> pl.DataFrame:
    """Return the table of transactions; what a side says is null where its statement is not held."""
    accounts, n = entities.tables["accounts"], len(page)
    columns: dict[str, pl.Expr | pl.Series | Ints] = {}
    number = np.arange(n, dtype=np.int64)
    for turn, (side, position, after) in enumerate((("payer", page.payer, payer_after), ("payee", page.payee, payee_after))):
        known = position >= 0
        says = known & held[position]
        blank = pl.Series(says)
        columns[f"{side}_id"] = _ids(accounts["account_id"], position)
        name = accounts["holder_name"].gather(np.maximum(position, 0))
        columns[f"{side}_name"] = pl.when(pl.lit(pl.Series(known))).then(pl.lit(name))
        columns[f"{side}_at_us"] = pl.when(pl.lit(blank)).then(pl.lit(pl.Series(page.at_us)))
        columns[f"{side}_balance_fen"] = pl.when(pl.lit(blank)).then(pl.lit(pl.Series(after)))
        columns[f"{side}_record"] = np.where(says, 3 * number + turn, NONE)
    own = np.maximum(page.victim, 0)
    reported = (page.victim >= 0) & (people["reported"].to_numpy()[own] if people.height else False)
    case_id = people["case_id"].gather(own) if people.height else pl.Series([None] * n, dtype=pl.String)
    columns |= {
        "transaction_id": pl.format("world:{}", pl.int_range(1, n + 1)),
        "amount_fen": page.amount_fen,
        "at_us": page.at_us,
        "seq": number,
        "at_precision_us": np.full(n, SECOND_US, np.int64),
        "channel": pl.Series(tables.CHANNELS).gather(page.channel),
        "memo": pl.Series(MEMOS).gather(page.memo),
        "report_record": np.where(reported, 3 * number + 2, NONE),
        "case_id": pl.when(pl.lit(pl.Series(reported))).then(pl.lit(case_id)),
    }
    given = {name: value if isinstance(value, pl.Expr) else pl.lit(pl.Series(value)) for name, value in columns.items()}
    frame = pl.select(pl.int_range(n).alias("_")).select(**given)
    return tables.conform(frame, "transactions")


def _truth(
    config: WorldConfig, page: Page, entities: Entities, held: np.ndarray, payee_after: Ints,
    people: pl.DataFrame, transactions: pl.DataFrame,
) -> Truth:  # fmt: skip
    exits = [tables.CHANNELS.index(name) for name in tables.EXIT_CHANNELS]
    is_exit = np.isin(page.channel, exits)
    shares, lots = follow(config.rule, page.payer, page.payee, page.amount_fen, page.victim >= 0, is_exit, payee_after)
    accounts = entities.tables["accounts"]["account_id"]
    ids, channel = transactions["transaction_id"], transactions["channel"]
    by_transaction = shares.group_by("transaction").agg(pl.col("fen").sum(), pl.col("hop").min())
    shown = pl.DataFrame({"transaction": np.arange(len(page), dtype=np.int64)}).join(
        by_transaction, on="transaction", how="left", maintain_order="left"
    )
    actor = np.where(page.payer >= 0, page.payer, page.payee)
    both = (page.payer >= 0) & (page.payee >= 0) & held[page.payer] & held[page.payee]
    victim_id = people["victim_id"]

    def victim(number: Ints) -> pl.Expr:
        named = victim_id.gather(np.maximum(number, 0)) if people.height else pl.Series([None] * len(page), dtype=pl.String)
        return pl.when(pl.lit(pl.Series(number >= 0))).then(pl.lit(named))

    paid = shown.select(
        pl.lit(ids).alias("transaction_id"),
        pl.lit(pl.Series(page.fraud == 1)).alias("fraud"),
        pl.lit(pl.Series(ROLES).gather(entities.role[actor])).alias("role"),
        pl.when(pl.lit(pl.Series(page.ring >= 0)))
        .then(pl.format("R{}", pl.lit(pl.Series(page.ring)).cast(pl.String).str.zfill(3)))
        .alias("ring_id"),
        victim(page.victim).alias("victim_id"),
        victim(page.refund_to).alias("refund_to"),
        pl.col("fen").fill_null(0).alias("tainted_fen"),
        pl.col("hop").alias("tier"),
        pl.when(pl.lit(pl.Series(is_exit)) & pl.col("fen").is_not_null()).then(pl.lit(channel)).alias("exit_channel"),
        pl.lit(pl.Series(both)).alias("mirrored"),
    )
    named_shares = shares.select(
        ids.gather(shares["transaction"]), ids.gather(shares["seed"]).alias("seed_transaction_id"), "hop", "fen"
    )
    return Truth(
        config.rule, paid, named_shares, _lots(lots, accounts, ids, channel),
        _account_truth(page, entities, held, shares), people.drop("case_number", "chinese"), _sim_truth(entities),
    )  # fmt: skip


def _lots(lots: pl.DataFrame, accounts: pl.Series, ids: pl.Series, channel: pl.Series) -> pl.DataFrame:
    left, account = lots["transaction"].to_numpy(), lots["account"].to_numpy()
    gone = pl.lit(pl.Series(left >= 0))
    nobody = pl.lit("unknown:world:") + (pl.col("transaction") + 1).cast(pl.String)
    return lots.select(
        pl.when(pl.col("account") < 0)
        .then(nobody)
        .otherwise(pl.lit(accounts.gather(np.maximum(account, 0))))
        .alias("account_id"),
        pl.lit(ids.gather(lots["seed"])).alias("seed_transaction_id"),
        "hop",
        pl.when(gone).then(pl.lit("exited")).otherwise(pl.lit("resting")).alias("state"),
        pl.when(gone).then(pl.lit(channel.gather(np.maximum(left, 0)))).alias("channel"),
        pl.when(gone).then(pl.lit(ids.gather(np.maximum(left, 0)))).alias("transaction_id"),
        "fen",
    )


def _account_truth(page: Page, entities: Entities, held: np.ndarray, shares: pl.DataFrame) -> pl.DataFrame:
    n = len(entities.role)
    first, last, tier = np.full(n, 1 << 62, np.int64), np.full(n, NONE, np.int64), np.full(n, 1 << 30, np.int64)
    for position in (page.payer, page.payee):
        real = position >= 0
        np.minimum.at(first, position[real], page.at_us[real])
        np.maximum.at(last, position[real], page.at_us[real])
    channel = page.channel[shares["transaction"].to_numpy()]
    exits = np.isin(channel, [tables.CHANNELS.index(name) for name in tables.EXIT_CHANNELS])
    reached = page.payee[shares["transaction"].to_numpy()]
    np.minimum.at(tier, reached[~exits], shares["hop"].to_numpy()[~exits])
    role = pl.Series(ROLES).gather(entities.role)
    frame = pl.DataFrame(
        {
            "account_id": entities.tables["accounts"]["account_id"],
            "role": role,
            "ring": entities.ring,
            "culprit": role.is_in(CULPRITS),
            "decoy": role.is_in(DECOYS),
            "knowing": entities.knowing,
            "held": held,
            "since_us": first,
            "until_us": last,
            "tier": tier,
        }
    )
    return frame.with_columns(
        pl.when(pl.col("ring") >= 0).then(pl.format("R{}", pl.col("ring").cast(pl.String).str.zfill(3))).alias("ring_id"),
        pl.when(pl.col("until_us") >= 0).then("since_us").alias("since_us"),
        pl.when(pl.col("until_us") >= 0).then("until_us").alias("until_us"),
        pl.when(pl.col("tier") < 1 << 30).then("tier").alias("tier"),
    ).select("account_id", "role", "ring_id", "culprit", "decoy", "knowing", "held", "since_us", "until_us", "tier")


def _sim_truth(entities: Entities) -> pl.DataFrame:
    role = pl.Series(ROLES).gather(entities.sim_role)
    return pl.DataFrame(
        {
            "sim_id": entities.tables["sims"]["sim_id"],
            "role": role,
            "culprit": role.is_in(CULPRITS),
            "decoy": role.is_in(DECOYS),
            "device_id": entities.device_id.gather(entities.sim_device),
        }
    )
