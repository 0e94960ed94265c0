"""Who is in the world: accounts, their holders, phone cards and devices, as positions first and as tables at the end."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from graphfraud import tables
from graphfraud.synthetic import identities
from graphfraud.synthetic.draws import Draws, Ints
from graphfraud.units import DAY_US, NONE

CULPRITS = ("mule", "runner", "money_house", "shell", "dealer", "card_dealer", "promoter", "goip")
"""Roles that take part in a crime (knowing or not)."""

DECOYS = (
    "employer",
    "shop",
    "landlord",
    "purchasing_agent",
    "rider",
    "treasurer",
    "couple",
    "wedding",
    "usdt_trader",
    "call_centre",
    "taxi_driver",
    "shared_phone",
    "handset_swap",
    "taxi_fleet",
    "iot_meter",
)
"""Roles of the innocent who look like one of the above."""

ROLES = ("person", "victim", "family", "merchant", "gold_shop", "supplier", "payment_firm", *CULPRITS, *DECOYS)
ROLE = {name: position for position, name in enumerate(ROLES)}
KINDS = ("personal", "company", "merchant", "payment")


@dataclass(frozen=True, slots=True)
class Entities:
    """The finished tables, and what the truth needs to know of each account and SIM, by position."""

    tables: Mapping[str, pl.DataFrame]
    cards: pl.Series
    role: Ints
    ring: Ints
    knowing: np.ndarray
    sim_role: Ints
    sim_device: Ints
    device_id: pl.Series


class Cast:
    """Grows while the actors come on; a position never changes.

    Parameters
    ----------
    draws : Draws
    since_us : int
        Start of the observed time; everything innocent was opened before it.
    first_serial : int
        Serial of the first account, holder, phone card and handset.
    """

    def __init__(self, draws: Draws, since_us: int, first_serial: int = 0) -> None:
        self.draws, self.since_us, self.first_serial = draws, since_us, first_serial
        self._parts: dict[str, list[Ints]] = {}
        self._n = dict.fromkeys(("account", "holder", "sim", "device", "tie"), 0)

    def _add(self, what: str, n: int, /, **values: int | Ints | bool) -> Ints:
        for name, value in values.items():
            self._parts.setdefault(f"{what}.{name}", []).append(np.broadcast_to(np.asarray(value, np.int64), n))
        self._n[what] += n
        return np.arange(self._n[what] - n, self._n[what], dtype=np.int64)

    def column(self, name: str) -> Ints:
        """Return a column so far, e.g. ``account.role``."""
        parts = self._parts.get(name, [])
        return np.concatenate(parts) if parts else np.empty(0, np.int64)

    def _serials(self, kind: str) -> Ints:
        return np.arange(self.first_serial, self.first_serial + self._n[kind], dtype=np.int64)

    def n(self, kind: str) -> int:
        """Return how many accounts, holders, sims or devices there are."""
        return self._n[kind]

    def holders(self, n: int, *, company: bool = False) -> Ints:
        """Bring n people or companies on."""
        draws = self.draws
        return self._add(
            "holder", n, company=int(company), name=draws.integers(0, (1 << 24) - 1, n),
            address=draws.integers(0, (1 << 20) - 1, n), age_days=draws.integers(18 * 365, 68 * 365, n),
        )  # fmt: skip

    def devices(self, n: int, *, computer: bool = False) -> Ints:
        """Bring n handsets or computers on; numbers of one call follow each other."""
        return self._add("device", n, computer=int(computer))

    def sims(
        self, n: int, role: str, *, holder: Ints | None = None, device: Ints | None = None, agent: Ints | None = None,
        opened_us: Ints | None = None, closed_us: int | Ints = NONE, iot: bool = False,
    ) -> Ints:  # fmt: skip
        """Bring n phone cards on, each in a handset of its own unless ``device`` says which."""
        draws = self.draws
        old = self.since_us - draws.integers(60, 3000, n) * DAY_US
        device = self.devices(n) if device is None else device
        sims = self._add(
            "sim", n, role=ROLE[role], holder=self.holders(n) if holder is None else holder, device=device, iot=int(iot),
            agent=draws.integers(0, 59, n) if agent is None else agent,
            opened_us=old if opened_us is None else opened_us, closed_us=closed_us, carrier=draws.integers(0, 3, n),
        )  # fmt: skip
        self.insert(sims, device)
        return sims

    def insert(self, sims: Ints, device: Ints) -> None:
        """Record that SIMs were seen in handsets."""
        self._add("tie", len(sims), sim=sims, device=device)

    def accounts(
        self, n: int, role: str, *, kind: str = "personal", ring: int | Ints = NONE, holder: Ints | None = None,
        sim: Ints | None = None, computer: Ints | None = None, outlet: Ints | None = None, opened_us: Ints | None = None,
        float_yuan: tuple[int, int] = (50, 20_000), knowing: bool | np.ndarray = False,
    ) -> Ints:  # fmt: skip
        """Open n accounts, each with a holder, phone and computer of its own unless given; ``float_yuan`` lay there before."""
        draws = self.draws
        holder = self.holders(n, company=kind != "personal") if holder is None else holder
        old = self.since_us - draws.integers(200, 4000, n) * DAY_US + draws.integers(9 * 3600, 17 * 3600, n) * 1_000_000
        return self._add(
            "account", n, role=ROLE[role], kind=KINDS.index(kind), ring=ring, holder=holder,
            sim=self.sims(n, role if role in (*CULPRITS, *DECOYS) else "person", holder=holder) if sim is None else sim,
            computer=self.devices(n, computer=True) if computer is None else computer,
            outlet=draws.integers(0, 399, n) if outlet is None else outlet,
            opened_us=old if opened_us is None else opened_us,
            float_fen=draws.integers(float_yuan[0] * 100, float_yuan[1] * 100, n), knowing=knowing,
        )  # fmt: skip

    def recast(self, accounts: Ints, role: str) -> None:
        """Give accounts another role."""
        roles = self.column("account.role")
        roles[accounts] = ROLE[role]
        self._parts["account.role"] = [roles]

    def tables(self, closing_fen: Ints, logins: pl.DataFrame) -> Entities:
        """Finish: give everybody a number and a name.

        Parameters
        ----------
        closing_fen : int64[n_accounts]
            Balance at the end of the observed time, in fen.
        logins : polars.DataFrame
            ``account`` (position), ``first_us``, ``last_us``, ``n_seen`` of each account used from its computer.
        """
        holders = self._holder_table()
        sims, device_id = self._sim_table(holders), self._device_ids()
        accounts, cards = self._account_table(holders, sims, closing_fen)
        links = self._link_table(accounts, cards, sims, device_id, logins)
        devices = pl.DataFrame({"device_id": device_id}).with_columns(
            pl.Series("kind", ["imei", "mac"]).gather(self.column("device.computer"))
        )
        named = {"accounts": accounts, "holders": holders, "sims": sims, "devices": devices, "links": links}
        return Entities(
            {name: tables.conform(frame, name) for name, frame in named.items()}, cards,
            self.column("account.role"), self.column("account.ring"), self.column("account.knowing").astype(bool),
            self.column("sim.role"), self.column("sim.device"), device_id,
        )  # fmt: skip

    def _holder_table(self) -> pl.DataFrame:
        company, draw = self.column("holder.company") == 1, self.column("holder.name")
        serial = self._serials("holder")
        birth = identities.birth_days(self.column("holder.age_days"), self.since_us)
        frame = pl.DataFrame(
            {
                "person_id": identities.person_ids(serial, birth),
                "company_id": identities.company_ids(serial),
                "person_name": identities.person_names(draw),
                "company_name": identities.company_names(draw),
                "address": identities.addresses(self.column("holder.address")),
                "company": company,
            }
        )
        return frame.select(
            pl.when("company").then("company_id").otherwise("person_id").alias("holder_id"),
            pl.when("company").then(pl.lit("company")).otherwise(pl.lit("person")).alias("kind"),
            pl.when("company").then("company_name").otherwise("person_name").alias("name"),
            pl.when("company").then(pl.lit("统一社会信用代码")).otherwise(pl.lit("身份证")).alias("id_kind"),
            "address",
        )

    def _sim_table(self, holders: pl.DataFrame) -> pl.DataFrame:
        serial = self._serials("sim")
        iot = self.column("sim.iot") == 1
        return pl.DataFrame(
            {
                "sim_id": identities.phones(serial, iot),
                "iccid": identities.iccids(serial),
                "imsi": identities.imsis(serial),
                "carrier": pl.Series(identities.CARRIERS).gather(self.column("sim.carrier")),
                "region": pl.Series(identities.CITIES).gather(self.column("sim.agent") % len(identities.CITIES)),
                "plan": pl.Series(["语音套餐", "物联网卡"]).gather(iot.astype(np.int64)),
                "agent": identities.agents(self.column("sim.agent")),
                "holder_id": holders["holder_id"].gather(self.column("sim.holder")),
                "opened_us": self.column("sim.opened_us"),
                "closed_us": self.column("sim.closed_us"),
            }
        ).with_columns(
            pl.when(pl.col("closed_us") >= 0).then("closed_us").alias("closed_us"),
            pl.when(pl.col("closed_us") >= 0).then(pl.lit("销户")).otherwise(pl.lit("正常")).alias("status"),
        )

    def _device_ids(self) -> pl.Series:
        serial = self._serials("device")
        frame = pl.DataFrame({"imei": identities.imeis(serial), "mac": identities.macs(serial)})
        computer = pl.lit(pl.Series(self.column("device.computer") == 1))
        return frame.select(pl.when(computer).then("mac").otherwise("imei").alias("device_id"))["device_id"]

    def _account_table(self, holders: pl.DataFrame, sims: pl.DataFrame, closing_fen: Ints) -> tuple[pl.DataFrame, pl.Series]:
        serial = self._serials("account")
        outlet, holder, kind = self.column("account.outlet"), self.column("account.holder"), self.column("account.kind")
        bank = outlet % len(identities.BANKS)
        firm = pl.Series(identities.PAYMENT_FIRMS).gather(serial % len(identities.PAYMENT_FIRMS))
        frame = pl.DataFrame(
            {
                "account_id": identities.account_numbers(serial, bank),
                "kind": pl.Series(KINDS).gather(kind),
                "bank": pl.Series(identities.BANKS).gather(bank),
                "outlet": identities.outlets(outlet),
                "holder_id": holders["holder_id"].gather(holder),
                "holder_name": holders["name"].gather(holder),
                "phone": sims["sim_id"].gather(self.column("account.sim")),
                "opened_us": self.column("account.opened_us"),
                "balance_fen": closing_fen,
                "firm": firm,
            }
        ).with_columns(
            pl.when(pl.col("kind") == "payment").then("firm").otherwise("holder_name").alias("holder_name"),
            pl.lit("normal").alias("status"),
        )
        return frame.drop("firm"), identities.cards(serial, bank)

    def _link_table(
        self, accounts: pl.DataFrame, cards: pl.Series, sims: pl.DataFrame, device_id: pl.Series,
        logins: pl.DataFrame,
    ) -> pl.DataFrame:  # fmt: skip
        personal = pl.Series(self.column("account.kind") == 0)
        login = logins["account"].to_numpy()
        tie_sim, tie_device = self.column("tie.sim"), self.column("tie.device")
        parts = [
            _links("card_of", "account", cards.filter(personal), "account", accounts["account_id"].filter(personal)),
            _links("holds", "holder", accounts["holder_id"], "account", accounts["account_id"]),
            _links("registered_with", "account", accounts["account_id"], "sim", accounts["phone"]),
            _links("registered_with", "holder", sims["holder_id"], "sim", sims["sim_id"]),
            _links("opened_by", "account", accounts["account_id"], "outlet", accounts["outlet"]),
            _links("opened_by", "sim", sims["sim_id"], "outlet", sims["agent"]),
            _links("inserted_in", "sim", sims["sim_id"].gather(tie_sim), "device", device_id.gather(tie_device)),
            _links(
                "logged_in_on", "account", accounts["account_id"].gather(login),
                "device", device_id.gather(self.column("account.computer")[login]),
            ).with_columns(logins["first_us"], logins["last_us"], logins["n_seen"]),
        ]  # fmt: skip
        key = ["kind", "a_kind", "a_id", "b_kind", "b_id"]
        return pl.concat(parts).unique(key, keep="first", maintain_order=True)


def _links(kind: str, a_kind: str, a_id: pl.Series, b_kind: str, b_id: pl.Series) -> pl.DataFrame:
    frame = pl.DataFrame({"a_id": a_id, "b_id": b_id})
    return frame.select(
        pl.lit(kind).alias("kind"), pl.lit(a_kind).alias("a_kind"), "a_id", pl.lit(b_kind).alias("b_kind"), "b_id",
        pl.lit(None, pl.Int64).alias("first_us"), pl.lit(None, pl.Int64).alias("last_us"), pl.lit(1, pl.Int64).alias("n_seen"),
    )  # fmt: skip
