"""What the page knows: nodes, edges with their transactions, and the case's figures, masked, as plain JSON values."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import polars as pl

from graphfraud.findings.trace import LOT_STATES, Trace
from graphfraud.mask import mask_id, mask_name, mask_text
from graphfraud.report.picture.case import ENDS, EXIT, EXIT_KEY, Case
from graphfraud.report.picture.fold import Fold
from graphfraud.units import HOUR_US, SECOND_US

MEMBERS_IN_FILE = 2000
"""Folded accounts the page lists, finds and unfolds; beyond that a fold only says how many more and how much."""
ROWS_IN_FILE = 12_000
"""Transactions listed one by one, the largest first; smaller ones are summed per pair and hour. Sums never change."""
TEXT_MAX = 80

# Controls, and the marks that turn reading direction: a number must not be shown reversed.
_UNSEEN_CHARS = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_BANKS = {
    **{"工商银行": "工行", "农业银行": "农行", "中国银行": "中行", "建设银行": "建行", "交通银行": "交行", "邮政储蓄": "邮储"},
    **{"招商银行": "招行", "浦东发展": "浦发", "浦发银行": "浦发", "兴业银行": "兴业", "民生银行": "民生", "光大银行": "光大"},
    **{"中信银行": "中信", "平安银行": "平安", "广发银行": "广发", "华夏银行": "华夏", "农村商业": "农商行", "农商": "农商行"},
    **{"信用社": "农信社", "支付宝": "支付宝", "财付通": "微信", "微信": "微信"},
}
_FROM_FOLD = {"label", "role", "column", "state"}
"""What a member has in common with its fold; the page copies it."""
_PAYEE = ("mask", "full", "holder", "holder_full")
_FEN = ("lost_fen", "received_fen", *(f"{end}_fen" for end in ENDS))


@dataclass(frozen=True, slots=True)
class Names:
    """Account id -> what may be shown of it; ``secrets`` are the holders' names in full."""

    of: dict[str, dict[str, Any]]
    secrets: tuple[str, ...]
    unmask: bool

    def file(self, name: str) -> str:
        """A file name, with the account numbers and holders' names in it masked."""
        if self.unmask:
            return clean(name)
        for secret in self.secrets:
            if secret in name:
                name = name.replace(secret, mask_name(secret))
        return clean(mask_text(name))


def clean(text: object, most: int = TEXT_MAX) -> str:
    """One line of visible text, at most ``most`` characters."""
    line = " ".join(_UNSEEN_CHARS.sub(" ", str(text)).split())
    return line if len(line) <= most else line[: most - 1] + "…"


def _bank_short(bank: str) -> str:
    return next((short for part, short in _BANKS.items() if part in bank), bank.replace("商业银行", "商行")[:6])


def listed_nodes(case: Case, folded: Fold) -> list[int]:
    """Nodes the page can show on their own: the drawn ones and, of the folded ones, those with most money."""
    shown = folded.shown.join(case.nodes.select("node", "weight_fen"), on="node")
    inside = shown.filter(pl.col("node") != pl.col("shown")).sort(-pl.col("weight_fen"), "node")["node"]
    return [*shown.filter(pl.col("node") == pl.col("shown"))["node"], *inside.head(MEMBERS_IN_FILE)]


def listed_rows(case: Case, folded: Fold, listed: list[int]) -> pl.DataFrame:
    """The case's rows with the drawn nodes they run between (``from``, ``to``), and ``n``, how many transactions each sums.

    ``a`` and ``b`` stay the accounts themselves where the page lists them, so that a reader can take one out of
    its fold. The largest :data:`ROWS_IN_FILE` rows stay single; the rest are summed per pair and hour.
    """
    names = ["from", "to", "a", "b", "own", "transaction_id", "payee_id", "channel", "amount_fen", "traced_fen", "n", "at_us"]
    ranked = (
        case.rows.join(folded.shown.rename({"node": "a", "shown": "from"}), on="a")
        .join(folded.shown.rename({"node": "b", "shown": "to"}), on="b")
        .with_columns(
            a=pl.when(pl.col("a").is_in(listed)).then("a").otherwise("from"),
            b=pl.when(pl.col("b").is_in(listed)).then("b").otherwise("to"),
            n=pl.lit(1, pl.Int64),
        )
        .sort(-pl.col("traced_fen"), "at_us", "a", "b", "transaction_id")
    )
    small = (
        ranked.slice(ROWS_IN_FILE)
        .group_by("from", "to", "a", "b", "own", hour=pl.col("at_us") // HOUR_US)
        .agg(
            *(pl.lit(None, pl.String).alias(name) for name in ("transaction_id", "payee_id", "channel")),
            pl.col("amount_fen", "traced_fen", "n").sum(),
            pl.col("at_us").min(),
        )
    )
    both = pl.concat([ranked.head(ROWS_IN_FILE).select(names), small.select(names)])
    return both.sort("from", "to", "a", "b", "own", "at_us", pl.col("transaction_id").fill_null(""))


def names_of(case: Case, listed: list[int], rows: pl.DataFrame, accounts: pl.DataFrame | None, unmask: bool) -> Names:
    """What may be shown of every account the page lists, and of those the money left to."""
    keys = set(case.nodes.filter(pl.col("node").is_in(listed))["key"]) | set(rows["payee_id"].drop_nulls())
    if accounts is None:
        return Names({key: _shown(key, {}, unmask) for key in keys}, (), unmask)
    known = {row["account_id"]: row for row in accounts.filter(pl.col("account_id").is_in(list(keys))).iter_rows(named=True)}
    secrets = set(accounts["holder_name"].drop_nulls()) if "holder_name" in accounts.columns else set()
    of = {key: _shown(key, known.get(key, {}), unmask) for key in keys}
    return Names(of, tuple(sorted((name for name in secrets if len(name) > 1), key=lambda name: (-len(name), name))), unmask)


def _shown(key: str, row: dict[str, Any], unmask: bool) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    if not key.startswith(("unknown:", EXIT_KEY)):
        shown["mask"] = clean(mask_id(key))
        if unmask:
            shown["full"] = clean(key)
    if row.get("holder_name"):
        shown["holder"] = clean(mask_name(row["holder_name"]))
        if unmask:
            shown["holder_full"] = clean(row["holder_name"])
    if row.get("bank"):
        bank = clean(row["bank"] if unmask else mask_text(row["bank"]))
        shown.update(bank=bank, bank_short=_bank_short(bank))
    shown.update({name: clean(row[name]) for name in ("kind", "status") if row.get(name)})
    return shown


def nodes_content(case: Case, folded: Fold, listed: list[int], names: Names) -> list[dict[str, Any]]:
    """Drawn nodes, folds carrying their members, largest first."""
    shown_as = dict(folded.shown.iter_rows())
    coded = case.nodes.with_columns(code=pl.int_range(pl.len()).over("column") + 1).filter(pl.col("node").is_in(listed))
    members: dict[int, list[dict[str, Any]]] = {}
    drawn: list[dict[str, Any]] = []
    for row in coded.sort(-pl.col("weight_fen"), "node").iter_rows(named=True):
        node = _node(row, names)
        if shown_as[row["node"]] == row["node"]:
            drawn.append(node)
        else:
            inside = {name: value for name, value in node.items() if name not in _FROM_FOLD}
            members.setdefault(shown_as[row["node"]], []).append(inside)
    drawn += [_fold_node(row, members.get(row["shown"], [])) for row in folded.folds.iter_rows(named=True)]
    return sorted(drawn, key=lambda node: node["id"])


def _node(row: dict[str, Any], names: Names) -> dict[str, Any]:
    role, key = row["role"], row["key"]
    node: dict[str, Any] = {
        "id": row["node"],
        "role": role,
        "column": row["column"],
        "state": row["state"],
        "code": row["code"],
        "fen": [row[name] for name in _FEN],
        "held": row["statement_held"],
        "victims": row["n_victims"],
        "first": _second(row["first_us"]),
        "last": _second(row["last_us"]),
    }
    node.update({"channel": key.removeprefix(EXIT_KEY)} if role == EXIT else names.of[key])
    if row["n_other_victims"]:
        node["others"] = [row["other_tier"], row["n_other_victims"], row["other_fen"]]
    node["label"] = node.get("mask") or node.get("channel") or "?"
    return node


def _fold_node(row: dict[str, Any], members: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": row["shown"],
        "label": f"+{row['n']}",
        "role": row["role"],
        "column": row["column"],
        "state": row["state"],
        "fold": row["n"],
        "fen": [row[name] for name in _FEN],
        "held": row["statement_held"],
        "victims": 0,
        "first": _second(row["first_us"]),
        "last": _second(row["last_us"]),
        "members": members,
    }


def _second(us: int | None) -> int | None:
    return None if us is None else us // SECOND_US


def edges_content(
    case: Case, rows: pl.DataFrame, names: Names, citations: pl.DataFrame | None
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Edges between drawn nodes with the transactions in them, and what the page needs to read these.

    A part of an edge is ``[a, b, own, transactions]``; ``own`` is 1 for victims' own payments (what a victim used as a mule
    pays on stays apart) and 2 for ties, which have neither time nor amount. A transaction is
    ``[second, traced_fen, amount_fen, n, channel, payee, file, row, file, row, ...]``; ``n`` > 1 says that it sums so many;
    channel, payee and file are places in the page's lists, -1 for none.
    """
    channels = sorted(set(rows["channel"].drop_nulls()))
    payees = _Places(names.of)
    files, evidence = _evidence(citations, rows, names)
    exits = set(case.nodes.filter(pl.col("role") == EXIT)["node"])
    edges: dict[tuple[int, int], dict[tuple[int, int, int], list[list[int | None]]]] = {}
    columns = ("from", "to", "a", "b", "own", "transaction_id", "payee_id", "channel", "amount_fen", "traced_fen", "n", "at_us")
    for start, end, a, b, own, transaction_id, payee_id, channel, amount, traced, n, at in rows.select(columns).iter_rows():
        payee = payees.place(payee_id) if b in exits and payee_id else -1
        entry = [_second(at), traced, amount, n, channels.index(channel) if channel else -1, payee]
        edges.setdefault((start, end), {}).setdefault((a, b, int(own)), []).append(entry + evidence.get(transaction_id, []))
    content: list[dict[str, Any]] = []
    inside: list[list[Any]] = []
    for (start, end), parts in edges.items():
        listed: list[list[Any]] = [[a, b, own, entries] for (a, b, own), entries in parts.items()]
        if start == end:
            inside += listed
        else:
            total = sum(int(entry[1]) for *_, entries in listed for entry in entries)
            content.append({"from": start, "to": end, "value": total, "parts": listed})
    return content, {"channels": channels, "payees": payees.values, "files": files, "inside": inside}


class _Places:
    """Numbers the accounts that money left to, in the order met; one of which nothing may be shown has no number."""

    def __init__(self, of: dict[str, dict[str, Any]]) -> None:
        self._of = of
        self._at: dict[str, int] = {}
        self.values: list[dict[str, Any]] = []

    def place(self, key: str) -> int:
        if not self._of[key]:
            return -1
        if key not in self._at:
            self._at[key] = len(self.values)
            self.values.append({name: self._of[key][name] for name in _PAYEE if name in self._of[key]})
        return self._at[key]


def _evidence(citations: pl.DataFrame | None, rows: pl.DataFrame, names: Names) -> tuple[list[list[str]], dict[str, list[int]]]:
    """Files cited (name, sha256), and transaction -> file, row, file, row, ... of the transactions listed one by one."""
    if citations is None:
        return [], {}
    wanted = rows.select("transaction_id").drop_nulls().unique()
    cited = citations.join(wanted, on="transaction_id", how="semi").select("transaction_id", "file", "sha256", "row")
    cited = cited.drop_nulls().unique().sort("transaction_id", "file", "sha256", "row")
    files = cited.select("file", "sha256").unique().sort("file", "sha256").with_row_index("place")
    pairs = (
        cited.join(files, on=["file", "sha256"], maintain_order="left")
        .select("transaction_id", pair=pl.concat_list(pl.col("place").cast(pl.Int64), "row"))
        .group_by("transaction_id", maintain_order=True)
        .agg(pl.col("pair").explode())
    )
    return [[names.file(name), sha256] for _, name, sha256 in files.iter_rows()], dict(pairs.iter_rows())


def page_content(trace: Trace, case: Case, title: str | None, unmask: bool) -> dict[str, Any]:
    """The case's figures: victims' money once, where it ended, under which rule and assumptions. No clock reading."""
    ends = dict.fromkeys(LOT_STATES, 0) | dict(trace.lots.group_by("state").agg(pl.col("traced_fen").sum()).iter_rows())
    exits = case.nodes.filter(pl.col("role") == EXIT).select("key", "received_fen")
    parameters = {name: plain_value(value) for name, value in sorted(trace.run.parameters.items())}
    cases = sorted(set(trace.seeds["case_id"].drop_nulls()))
    return {
        "title": clean(title) if title else "",
        "cases": [clean(case_id) for case_id in cases],
        "unmask": unmask,
        "loss": int(trace.seeds["amount_fen"].sum()),
        "mixed": trace.mixed_fen,
        "n_victims": trace.seeds["payer_id"].n_unique(),
        "n_payments": trace.seeds.height,
        "ends": ends,
        "exits": {key.removeprefix(EXIT_KEY): fen for key, fen in exits.iter_rows()},
        "rule": trace.rule,
        "parameters": parameters,
        "until": trace.until_us // SECOND_US,
        "first": _second(trace.seeds["at_us"].min()),  # type: ignore[arg-type]
        "assumptions": plain_counts(trace.assumptions.items()),
        "ambiguities": plain_counts(trace.ambiguities.items()),
        "truncated": trace.truncated,
        "version": trace.run.version,
        "digest": trace.run.graph_digest,
        "n_tiers": case.n_tiers,
        "n_nodes": case.nodes.filter(pl.col("role") != EXIT).height,
        "n_isolated": int(case.nodes["isolated"].sum()),
        "n_transactions": case.rows["transaction_id"].n_unique(),
    }


def plain_value(value: object) -> Any:
    """A parameter as the page may hold it."""
    return value if value is None or isinstance(value, bool | int) else clean(mask_text(str(value)))


def plain_counts(pairs: Iterable[tuple[str, int]]) -> list[list[Any]]:
    """Counts that are not 0, by name."""
    return [[clean(name), int(count)] for name, count in pairs if count]
