"""What a made-up city is like: the scam types and actors, every figure a named setting.

The defaults are the table of the domain notes (ranges set around published cases); money here is in yuan and time in the
unit the name says, because people write these figures; the world itself is in fen and microseconds.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, get_args, get_type_hints

from graphfraud.errors import PlanError
from graphfraud.units import time_us

TRUE_RULES = ("fifo", "pro_rata")
"""Rules the ground truth can be stated under."""


@dataclass(frozen=True, slots=True)
class ScamKind:
    """One type of scam; a pair is a range, both ends included. Shares of exits need not sum to 1 (they are weights)."""

    chinese: str
    payments: tuple[int, int]
    span_hours: tuple[float, float]
    first_yuan: tuple[int, int]
    growth: tuple[float, float]
    refunds: tuple[int, int]
    refund_share: tuple[float, float]
    loss_median_yuan: int
    loss_p95_yuan: int
    tier1_accounts: tuple[int, int]
    tiers: tuple[int, int]
    hop_delay_median_s: int
    fan_out: tuple[int, int]
    kept: tuple[float, float]
    exit_cash: float
    exit_merchant: float
    exit_crypto: float
    exit_wallet: float
    exit_cross_border: float
    calls: tuple[int, int]
    report_delay_median_hours: float
    campaign_days: int
    company_share: float = 0.0
    parcel_share: float = 0.0
    hop_delay_sigma: float = 1.0

    @property
    def exits(self) -> tuple[float, float, float, float, float]:
        """Weights of cash_out, merchant, crypto, wallet and cross_border."""
        return self.exit_cash, self.exit_merchant, self.exit_crypto, self.exit_wallet, self.exit_cross_border


BRUSHING = ScamKind(
    "刷单返利", (4, 32), (0.5, 48), (5, 200), (1.5, 5), (2, 4), (1.05, 1.10), 15_000, 200_000, (2, 8), (2, 4), 360, (1, 4),
    (0, 0.02), 0.15, 0.15, 0.45, 0.15, 0.10, (0, 1), 6, 12,
)  # fmt: skip
INVESTMENT = ScamKind(
    "虚假投资理财", (3, 15), (168, 2160), (1_000, 20_000), (2, 7), (1, 1), (0.95, 1.05), 120_000, 1_500_000, (3, 10), (3, 6),
    900, (1, 6), (0, 0.015), 0.10, 0.10, 0.55, 0.05, 0.20, (0, 2), 240, 40, company_share=0.4,
)  # fmt: skip
SHOPPING = ScamKind(
    "虚假网购服务", (1, 3), (0, 72), (200, 10_000), (0.5, 2), (0, 0), (0, 0), 3_000, 30_000, (1, 2), (1, 3), 1_800, (1, 2),
    (0, 0.03), 0.20, 0.20, 0.15, 0.35, 0.10, (0, 1), 72, 15,
)  # fmt: skip
SERVICE = ScamKind(
    "冒充电商物流客服", (1, 25), (0.25, 1.5), (1_000, 10_000), (1, 1), (0, 0), (0, 0), 20_000, 200_000, (1, 4), (2, 4), 240,
    (2, 6), (0.005, 0.02), 0.25, 0.15, 0.30, 0.20, 0.10, (1, 4), 3, 5,
)  # fmt: skip
AUTHORITY = ScamKind(
    "冒充公检法", (1, 16), (1, 72), (10_000, 2_000_000), (0.7, 1.4), (0, 0), (0, 0), 150_000, 1_200_000, (1, 5), (3, 5),
    360, (2, 10), (0.005, 0.02), 0.20, 0.10, 0.45, 0.05, 0.20, (2, 8), 12, 8,
)  # fmt: skip
COURIER = ScamKind(
    "线上诈骗线下取物", (0, 4), (24, 336), (36_000, 2_000_000), (1, 1), (0, 0), (0, 0), 100_000, 1_000_000, (0, 1), (1, 2),
    600, (1, 1), (0, 0), 0.30, 0.60, 0.10, 0.0, 0.0, (1, 6), 24, 12, parcel_share=0.7,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class WorldConfig:
    """A made-up city.

    Attributes
    ----------
    n_transactions : int
        Transactions aimed at: everyday payments fill up what actors and decoys leave.
    n_background : int
        Ordinary people.
    days : int
        Length of the observed time, from ``start`` (China time).
    n_cases : int
        Cases of each kind of scam; each is one gang.
    victims : (int, int)
        Victims of one case.
    unreported : float
        Share of victims who never report: their money is in the truth, not in a case.
    resting : float
        Chance, at each hop, that money stays where it came (a card blocked or not yet emptied).
    pooling_minutes : int
        Money houses sweep what came within this time in one go.
    card_life_days : int
        A mule's or runner's card is used this long, then replaced.
    runner_share : float
        Share of the gang's personal cards that are runners' (legal people's cards with flow of their own).
    gambling_orders : (int, int)
        Orders of other illegal money that pass through a runner's card.
    decoys_per_culprit : float
        Innocent look-alikes for each account and SIM that takes part in a crime; at least 1.
    dealers : (int, int)
        Dealers in virtual assets per two gangs; some of them do not know whose money it is.
    batch_opening : (int, int)
        Accounts a card dealer has opened at one outlet in a row.
    device_accounts : (int, int)
        Bought accounts that are used from one computer.
    goip_sims : (int, int)
        SIMs of one SIM farm.
    promoter_payments : (int, int)
        People a promoter pays for clicks.
    held_fraud, held_victims, held_decoys, held_background : float
        Share of each group's accounts whose statement the police hold; shops, firms and suppliers only where the last is 1.
    rule : str
        Rule the truth is stated under: fifo or pro_rata (exact, but slow on large worlds, as dust spreads everywhere).
    kinds : mapping of str to ScamKind
        Kinds of scam by name.
    """

    n_transactions: int = 100_000
    n_background: int = 2_400
    start: str = "2024-03-01"
    days: int = 120
    n_cases: int = 1
    victims: tuple[int, int] = (10, 40)
    unreported: float = 0.1
    resting: float = 0.05
    pooling_minutes: int = 20
    card_life_days: int = 5
    runner_share: float = 0.3
    gambling_orders: tuple[int, int] = (4, 20)
    decoys_per_culprit: float = 1.5
    dealers: tuple[int, int] = (2, 3)
    batch_opening: tuple[int, int] = (5, 12)
    device_accounts: tuple[int, int] = (10, 40)
    goip_sims: tuple[int, int] = (8, 64)
    promoter_payments: tuple[int, int] = (40, 200)
    held_fraud: float = 0.95
    held_victims: float = 0.3
    held_decoys: float = 0.5
    held_background: float = 0.2
    rule: str = "fifo"
    kinds: Mapping[str, ScamKind] = field(
        default_factory=lambda: {
            "brushing": BRUSHING,
            "investment": INVESTMENT,
            "shopping": SHOPPING,
            "service": SERVICE,
            "authority": AUTHORITY,
            "courier": COURIER,
        }
    )

    def __post_init__(self) -> None:
        _check(self)

    @property
    def since_us(self) -> int:
        """Start of the observed time."""
        return time_us(self.start)


def demo_config() -> WorldConfig:
    """Return the settings of the demonstration: a few dozen thousand transactions, one case of each kind."""
    return WorldConfig(
        n_transactions=45_000, n_background=900, days=60, victims=(10, 24), unreported=0.05, resting=0.06,
        held_fraud=0.94, held_victims=0.25, held_decoys=0.5, held_background=0.15,
    )  # fmt: skip


def sized_config(n_transactions: int) -> WorldConfig:
    """Return the default settings with people, cases and gangs in proportion to a number of transactions."""
    return WorldConfig(
        n_transactions=n_transactions,
        n_background=max(n_transactions // 42, 200),
        n_cases=max(n_transactions // 120_000, 1),
        victims=(10, 40) if n_transactions >= 60_000 else (4, 12),
    )


def closed_config(n_transactions: int = 12_000, **changes: Any) -> WorldConfig:
    """Return settings of a world in which every statement is held and every victim reports: truth can be compared in full."""
    base = replace(
        sized_config(n_transactions), unreported=0.0, held_fraud=1.0, held_victims=1.0, held_decoys=1.0, held_background=1.0
    )
    return replace(base, **changes)


def read_config(path: str | Path) -> WorldConfig:
    """Read settings from a TOML file: keys of :class:`WorldConfig`, and a table ``[kinds.NAME]`` for each changed kind.

    A kind that is not one of the six must give every setting.

    Raises
    ------
    PlanError
        If the file cannot be read, or a key or value does not fit.
    """
    name = Path(path).name
    try:
        given = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise PlanError(name, str(error), "a TOML file with settings of a world", "Correct the file or its path.") from error
    kinds = dict(WorldConfig().kinds)
    for kind, changes in given.pop("kinds", {}).items():
        values = _typed(ScamKind, changes, f"{name} [kinds.{kind}]")
        try:
            kinds[kind] = replace(kinds[kind], **values) if kind in kinds else ScamKind(**values)
        except TypeError as error:
            raise PlanError(
                f"{name} [kinds.{kind}]", str(error), "every setting of a new kind of scam", "Add the missing settings."
            ) from error
    return WorldConfig(**_typed(WorldConfig, given, name), kinds=kinds)


def _typed(settings: type, given: Mapping[str, Any], where: str) -> dict[str, Any]:
    known = {f.name for f in fields(settings)} - {"kinds"}
    hints = get_type_hints(settings)
    for key, value in given.items():
        if key not in known:
            raise PlanError(where, f"setting {key!r}", f"one of {', '.join(sorted(known))}", "Correct the name.")
        parts = get_args(hints[key]) or (hints[key],)
        values = value if isinstance(value, list) else [value]
        wrong = len(values) != len(parts) or any(
            not isinstance(v, part if part is not float else (int, float)) or isinstance(v, bool)
            for v, part in zip(values, parts, strict=False)
        )
        if wrong:
            shape = " and ".join(part.__name__ for part in parts)
            raise PlanError(where, f"{key} = {value!r}", f"{len(parts)} value(s): {shape}", "Correct the value.")
    return {key: tuple(value) if isinstance(value, list) else value for key, value in given.items()}


def _check(config: WorldConfig) -> None:
    """Raise PlanError for settings no world can have."""
    shares = ("unreported", "resting", "runner_share", "held_fraud", "held_victims", "held_decoys", "held_background")
    wants: list[tuple[str, object, bool, str]] = [
        (name, getattr(config, name), 0 <= getattr(config, name) <= 1, "a share from 0 to 1") for name in shares
    ]
    wants += [
        ("n_background", config.n_background, config.n_background >= 50, "at least 50 people"),
        ("days", config.days, 7 <= config.days <= 3660, "7 to 3660 days"),
        ("n_cases", config.n_cases, config.n_cases >= 0, "0 or more"),
        ("card_life_days", config.card_life_days, config.card_life_days >= 1, "at least 1 day"),
        ("pooling_minutes", config.pooling_minutes, config.pooling_minutes >= 1, "at least 1 minute"),
        ("decoys_per_culprit", config.decoys_per_culprit, config.decoys_per_culprit >= 1, "at least 1"),
        ("rule", config.rule, config.rule in TRUE_RULES, f"one of {', '.join(TRUE_RULES)}"),
        ("kinds", "none", bool(config.kinds), "at least one kind of scam"),
    ]
    holders: list[tuple[str, object]] = [("", config), *((f"kinds.{name}.", kind) for name, kind in config.kinds.items())]
    for prefix, owner in holders:
        for f in fields(owner):  # type: ignore[arg-type]
            value = getattr(owner, f.name)
            if isinstance(value, tuple):
                wants.append((prefix + f.name, value, 0 <= value[0] <= value[1], "a range: lowest, highest, none negative"))
    for name, value, fits, expected in wants:
        if not fits:
            raise PlanError(f"settings of the world, {name}", f"{value!r}", expected, "Correct the setting.")
