"""Made-up traced cases of any size: frames as a trace gives them, without the engine."""

from collections import defaultdict
from typing import Any

import numpy as np
import polars as pl

from graphfraud.findings.run import Run
from graphfraud.findings.trace import LOT_SCHEMA, SEED_SCHEMA, STEP_SCHEMA, TIER_SCHEMA, VICTIM_TIER_SCHEMA, Trace
from graphfraud.units import HOUR_US, MINUTE_US, SECOND_US, time_us

BANKS = ("中国工商银行", "中国建设银行青岛分行", "中国农业银行", "招商银行", "中国邮政储蓄银行", "青岛银行", "支付宝")
SURNAMES = "张李王赵刘陈杨黄周吴徐孙马朱胡"
EXITS = ("cash_out", "merchant", "crypto", "wallet", "cross_border", "fee")


def card(ix: int) -> str:
    """An invented card number of 19 digits."""
    return f"622202990{ix * 7919 % 10**10:010d}"


class Ledger:
    """Moves lots of victims' money between accounts, oldest first, and writes down what a trace would."""

    def __init__(self) -> None:
        self.lots: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
        self.steps: list[tuple[Any, ...]] = []
        self.ends: list[tuple[Any, ...]] = []
        self.n_tx = 0

    def pay(self, payer: int, payee: int, fen: int, at: int, channel: str = "transfer", extra: int = 0) -> int:
        """Pay ``fen`` of traced money (and ``extra`` of other money) onwards; returns what could be paid."""
        tx, left, moved = f"{self.n_tx % 5:016x}:{self.n_tx + 1}", fen, []
        self.n_tx += 1
        while left and self.lots[payer]:
            seed, hop, have = self.lots[payer].pop(0)
            take = min(have, left)
            if take < have:
                self.lots[payer].insert(0, (seed, hop, have - take))
            moved.append((seed, hop + 1, take))
            left -= take
        whole = fen - left + extra
        for seed, hop, take in moved:
            self.steps.append((tx, seed, hop, card(payer), card(payee), channel, whole, take, at))
            if channel == "transfer":
                self.lots[payee].append((seed, hop, take))
            else:
                self.ends.append((card(payer), seed, hop - 1, "exited", channel, tx, take, at))
        return fen - left


def _grow(ledger: Ledger, rng: np.random.Generator, tiers: list[list[int]], unseen: set[int], at_of: dict[int, int]) -> None:
    for level, members in enumerate(tiers):
        after = tiers[level + 1] if level + 1 < len(tiers) else []
        for account in members:
            have = sum(lot[2] for lot in ledger.lots[account])
            if not have or account in unseen:
                continue
            at = at_of[account] + int(rng.integers(1, 40)) * MINUTE_US
            keep = have // int(rng.integers(20, 120)) if rng.random() < 0.5 else 0
            if rng.random() < 0.1:
                keep = have * int(rng.integers(3, 10)) // 10
            spend = have - keep
            n = int(rng.integers(2, 9)) if after else 2
            for part in range(n):
                fen = spend // n if part < n - 1 else spend - spend // n * (n - 1)
                at += int(rng.integers(1, 25)) * MINUTE_US + int(rng.integers(0, 60)) * SECOND_US
                roll = rng.random()
                if after and roll < 0.86:
                    payee = after[int(len(after) * rng.random() ** 1.4)]
                    ledger.pay(account, payee, fen, at, extra=int(rng.integers(0, 3)) * 10_000)
                    at_of[payee] = max(at_of.get(payee, 0), at)
                elif level and 0.86 <= roll < 0.88:
                    ledger.pay(account, tiers[level - 1][0], fen, at)
                else:
                    channel = EXITS[min(int(rng.exponential(1.4)), 5)]
                    ledger.pay(account, 900_000 + account, fen, at, channel)


def make_case(n_accounts: int = 300, rng_seed: int = 7, **changes: Any) -> tuple[Trace, pl.DataFrame, pl.DataFrame]:
    """A case: (trace, citations, accounts). Deterministic per ``rng_seed``; ``changes`` go to the trace."""
    rng = np.random.default_rng(rng_seed)
    n_victims = max(2, n_accounts // 12)
    shares = [0.05, 0.15, 0.33, 0.39]
    numbers = iter(range(n_victims, 10**6))
    tiers = [[next(numbers) for _ in range(max(1, int((n_accounts - n_victims) * share)))] for share in shares]
    unseen = {account for members in tiers[1:] for account in members if rng.random() < 0.12}
    ledger, at_of, seeds = Ledger(), {}, []
    start = time_us("2024-03-01 09:00")
    for victim in range(n_victims):
        at = start + int(rng.integers(0, 60 * 26)) * MINUTE_US
        for _ in range(int(rng.integers(1, 4))):
            fen = int(rng.lognormal(14.3, 1.1)) // 100 * 100 + 100
            at += int(rng.integers(3, 90)) * MINUTE_US
            payee = tiers[0][int(rng.integers(0, len(tiers[0])))]
            seeds.append((victim, payee, fen, at))
    seeds.sort(key=lambda seed: seed[3])
    rows = []
    for ix, (victim, payee, fen, at) in enumerate(seeds):
        ledger.lots[victim].append((ix, 0, fen))
        ledger.pay(victim, payee, fen, at)
        at_of[payee] = max(at_of.get(payee, 0), at)
        rows.append((ix, ledger.steps[-1][0], "A-017", card(victim), card(payee), fen, at))
    _pay_back(ledger, seeds, tiers, at_of)
    _grow(ledger, rng, tiers, unseen, at_of)
    hidden = {card(account) for account in unseen}
    for account, lots in ledger.lots.items():
        for seed, hop, fen in lots:
            state = "unseen" if account in unseen else ("beyond" if hop >= 6 else "resting")
            state = "returned" if account == seeds[seed][0] else state
            ledger.ends.append((card(account), seed, hop, state, None, None, fen, at_of.get(account, start)))
    return _frames(ledger, rows, hidden, changes), _citations(ledger), _accounts(ledger, rng)


def _pay_back(ledger: Ledger, seeds: list[tuple[int, int, int, int]], tiers: list[list[int]], at_of: dict[int, int]) -> None:
    """A rebate to the first victim; the second victim's account is used to pass on other victims' money."""
    seed, _, fen = next(lot for card_lots in (ledger.lots[a] for a in tiers[0]) for lot in card_lots)
    robbed, payee = seeds[seed][:2]
    ledger.pay(payee, robbed, fen // 10, at_of[payee] + MINUTE_US)
    used, source = next(
        (victim, card)
        for card in tiers[0]
        for victim in sorted({other[0] for other in seeds} - {robbed})
        if ledger.lots[card] and seeds[ledger.lots[card][0][0]][0] != victim
    )
    at = at_of[source] + 2 * MINUTE_US
    fen = ledger.pay(source, used, ledger.lots[source][0][2] // 2, at)
    ledger.pay(used, tiers[1][0], fen // 3, at + MINUTE_US)
    at_of[tiers[1][0]] = at + MINUTE_US


def _frames(ledger: Ledger, seeds: list[tuple[Any, ...]], hidden: set[str], changes: dict[str, Any]) -> Trace:
    steps = sorted(ledger.steps, key=lambda step: (step[8], step[0], step[1], step[2]))
    step_frame = pl.DataFrame([(ix, *step) for ix, step in enumerate(steps)], schema=STEP_SCHEMA, orient="row")
    lots = pl.DataFrame(ledger.ends, schema=LOT_SCHEMA, orient="row").sort("account_id", "seed", "hop")
    ends = lots.group_by("account_id").agg(
        *(
            (pl.col("traced_fen").filter(pl.col("state") == s).sum()).alias(f"{s}_fen")
            for s in ("exited", "resting", "returned", "unseen", "beyond")
        )
    )
    arrivals = step_frame.filter(pl.col("channel") == "transfer")
    victim_of = pl.DataFrame(
        [(s[0], s[3]) for s in seeds], schema={"seed": pl.Int64, "victim_account_id": pl.String}, orient="row"
    )
    arrivals = arrivals.join(victim_of, on="seed").rename({"payee_id": "account_id"})
    passed = arrivals.filter(pl.col("hop") > 1).group_by(account_id="payer_id").agg(passed_fen=pl.col("traced_fen").sum())
    tiers = (
        arrivals.group_by("account_id")
        .agg(
            tier=pl.col("hop").min(),
            n_victims=pl.col("victim_account_id").n_unique().cast(pl.Int64),
            received_fen=pl.col("traced_fen").sum(),
            first_us=pl.col("at_us").min(),
            last_us=pl.col("at_us").max(),
        )
        .join(passed, on="account_id", how="left")
        .join(ends, on="account_id", how="left")
        .with_columns(
            pl.col("passed_fen", "exited_fen", "resting_fen", "returned_fen", "unseen_fen", "beyond_fen").fill_null(0)
        )
        .with_columns(statement_held=~pl.col("account_id").is_in(list(hidden)))
        .select(*TIER_SCHEMA)
        .sort("tier", "account_id")
    )
    victim_tiers = (
        arrivals.group_by("account_id", "victim_account_id")
        .agg(tier=pl.col("hop").min(), received_fen=pl.col("traced_fen").sum(), first_us=pl.col("at_us").min())
        .select(*VICTIM_TIER_SCHEMA)
        .sort("account_id", "victim_account_id")
    )
    rule = changes.pop("rule", "fifo")
    parameters = {"case": "A-017", "rule": rule, "within_us": 72 * HOUR_US, "hops_max": 8}
    return Trace(
        run=Run("0.1.0", "trace", parameters, "5f" * 32, 0, 0.0),
        rule=rule,
        seeds=pl.DataFrame(seeds, schema=SEED_SCHEMA, orient="row"),
        steps=step_frame,
        lots=lots,
        tiers=tiers,
        victim_tiers=victim_tiers,
        until_us=time_us("2024-03-05 00:00"),
        mixed_fen=changes.pop("mixed_fen", 0),
        assumptions=changes.pop("assumptions", {"opening_assumed_accounts": 41, "opening_assumed_fen": 12_345_600}),
        ambiguities=changes.pop("ambiguities", {"simultaneous_transactions": 12, "low_precision_transactions": 3}),
        truncated=changes.pop("truncated", False),
    )


def _citations(ledger: Ledger) -> pl.DataFrame:
    rows = []
    for ix, step in enumerate(sorted(ledger.steps, key=lambda step: (step[8], step[0], step[1], step[2]))):
        source, row = step[0].split(":")
        digest = (source * 4)[:64]
        rows.append((ix, step[0], "payer", f"青岛_银行流水_{int(source, 16)}.xlsx", int(row), int(row) + 1000, digest))
        if int(row) % 2:
            rows.append((ix, step[0], "payee", "court_export_1.csv", int(row) + 40, int(row) + 90_000, "ab" * 32))
    schema = {
        "step": pl.Int64, "transaction_id": pl.String, "side": pl.String, "file": pl.String, "row": pl.Int64,
        "record": pl.Int64, "sha256": pl.String,
    }  # fmt: skip
    return pl.DataFrame(rows, schema=schema, orient="row")


def _accounts(ledger: Ledger, rng: np.random.Generator) -> pl.DataFrame:
    ids = sorted({step[3] for step in ledger.steps} | {step[4] for step in ledger.steps})
    rows = []
    for ix, account in enumerate(ids):
        name = SURNAMES[ix % len(SURNAMES)] + ("三" if ix % 3 else "小四")
        kind = rng.choice(["personal", "personal", "personal", "personal", "company", "merchant", "payment"])
        rows.append((account, str(kind), BANKS[ix % len(BANKS)], name, "frozen" if ix % 17 == 0 else "normal"))
    schema = {"account_id": pl.String, "kind": pl.String, "bank": pl.String, "holder_name": pl.String, "status": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row")
