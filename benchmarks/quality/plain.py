"""The plain detector: for each family the rule an analyst writes in an afternoon, with the same thresholds as ours.

Counts within windows over a polars frame of one row a payment (``tx, payer, payee, amount_fen, at_us`` in total order) and, for
shapes of several hops, joins of it with itself or a networkx graph of a day. Windows roll (each payment opens one backwards),
so that midnight cuts nothing; overlapping windows that fire are put together. Each rule returns lists of transactions; nothing
is ranked, as a rule either fires or does not.
"""

from collections.abc import Callable, Iterable

import networkx as nx
import polars as pl

from graphfraud.units import DAY_US, HOUR_US

Sets = list[list[int]]
_CHINA_US = 8 * HOUR_US


def _windows(frame: pl.DataFrame, by: str, window_us: int, fires: pl.Expr) -> Sets:
    """Put together, account by account, the rolling windows in which a count fires."""
    if frame.is_empty():
        return []
    moment = pl.col("at_us").alias("i")
    rolled = (
        frame.sort(by, "at_us", "tx")
        .with_columns(moment)
        .rolling("i", period=f"{window_us}i", group_by=by)
        .agg(fires.alias("fires"), pl.col("at_us").min().alias("from"), pl.col("at_us").max().alias("to"))
        .filter("fires")
        .sort(by, "to", "from")
    )
    joined = rolled.with_columns(
        ((pl.col("from") > pl.col("to").shift(1)) | (pl.col(by) != pl.col(by).shift(1))).fill_null(True).cum_sum().alias("of")
    )
    spans = joined.group_by("of", maintain_order=True).agg(pl.col(by).first(), pl.col("from").min(), pl.col("to").max())
    inside = frame.join(spans, on=by).filter(pl.col("at_us").is_between("from", "to")).sort("of", "tx")
    return inside.group_by("of", maintain_order=True).agg("tx")["tx"].to_list()


def _fan(frame: pl.DataFrame, by: str, other: str, n_min: int = 5) -> Sets:
    return _windows(frame, by, DAY_US, pl.col(other).n_unique() >= n_min)


def _gather_scatter(frame: pl.DataFrame) -> Sets:
    """Three payers, and three payees, of one account on one day or on two in a row."""
    sides = []
    for by, other, way in (("payee", "payer", 0), ("payer", "payee", 1)):
        sides.append(frame.select("tx", "at_us", hub=by, far=other, way=pl.lit(way)))
    both = pl.concat(sides)
    inward, outward = pl.col("far").filter(pl.col("way") == 0), pl.col("far").filter(pl.col("way") == 1)
    return _windows(both, "hub", 2 * DAY_US, (inward.n_unique() >= 3) & (outward.n_unique() >= 3))


def _two_hops(frame: pl.DataFrame, gap_us: int = DAY_US) -> pl.DataFrame:
    """Return payments followed by one of their payee within a day or less; joined by day, so that hubs do not burst it."""
    day = (pl.col("at_us") + _CHINA_US) // DAY_US
    later = frame.select(tx_2="tx", payee="payer", to="payee", fen_2="amount_fen", at_2="at_us", day=day)
    hops = [frame.with_columns(day=day + k).join(later, on=["payee", "day"]) for k in range(2)]
    gap = pl.col("at_2") - pl.col("at_us")
    return pl.concat(hops).filter((gap > 0) & (gap <= gap_us)).sort("tx", "tx_2")


def _scatter_gather(frame: pl.DataFrame) -> Sets:
    """Two accounts joined by three middlemen or more, first and last payment within a day of each other."""
    hops = _two_hops(frame).filter(pl.col("payer") != pl.col("to"))
    day = hops.with_columns(day=(pl.col("at_us") + _CHINA_US) // DAY_US)
    found = (
        day.group_by("payer", "to", "day")
        .agg(pl.col("payee").n_unique().alias("n"), pl.col("tx").unique(), pl.col("tx_2").unique())
        .filter(pl.col("n") >= 3)
        .sort("payer", "to", "day")
    )
    return [sorted({*a, *b}) for a, b in found.select("tx", "tx_2").iter_rows()]


def _dense(frame: pl.DataFrame) -> list[tuple[list[int], nx.DiGraph]]:
    """Return for each day and half the components of what is left when everyone must pay, or be paid by, three."""
    found = []
    for shift in (0, DAY_US // 2):
        days = frame.with_columns(day=(pl.col("at_us") + shift) // DAY_US)
        busy = days.filter(
            (pl.col("payee").n_unique().over("payer", "day") >= 3) & (pl.col("payer").n_unique().over("payee", "day") >= 3)
        )
        for _, part in busy.group_by("day", maintain_order=True):
            graph = nx.MultiGraph()
            graph.add_edges_from(
                (("a", a), ("b", b), {"tx": tx}) for a, b, tx in part.select("payer", "payee", "tx").iter_rows()
            )
            while weak := [node for node in graph if len(set(graph.neighbors(node))) < 3]:
                graph.remove_nodes_from(weak)
            found += [graph.subgraph(nodes) for nodes in nx.connected_components(graph)]
    return found


def _bipartite(frame: pl.DataFrame) -> Sets:
    return _unique(sorted(tx for _, _, tx in graph.edges(data="tx")) for graph in _dense(frame))


def _stack(frame: pl.DataFrame) -> Sets:
    """Two such layers, one within two days of the other, joined by two middlemen or more."""
    hops = _two_hops(frame)
    day = hops.with_columns(day=(pl.col("at_us") + _CHINA_US) // DAY_US)
    busy = day.filter(
        (pl.col("payer").n_unique().over("payee", "day") >= 2)
        & (pl.col("to").n_unique().over("payee", "day") >= 2)
        & (pl.col("payee").n_unique().over("payer", "day") >= 2)
        & (pl.col("payee").n_unique().over("to", "day") >= 2)
    )
    found = []
    for _, part in busy.group_by("day", maintain_order=True):
        graph = nx.Graph()
        for tx, tx_2, middle in part.select("tx", "tx_2", "payee").iter_rows():
            graph.add_edge(("m", middle), ("t", tx))
            graph.add_edge(("m", middle), ("t", tx_2))
        ends = part.select("payer", "to", "payee").unique()
        for a, b, middle in ends.iter_rows():
            graph.add_edge(("m", middle), ("a", a))
            graph.add_edge(("m", middle), ("b", b))
        for nodes in nx.connected_components(graph):
            if sum(kind == "m" for kind, _ in nodes) >= 2:
                found.append(sorted(name for kind, name in nodes if kind == "t"))
    return _unique(found)


def _next(frame: pl.DataFrame, share_min: int, gap_us: int) -> dict[int, list[int]]:
    """Return for each payment the payments of its payee that carry on as much within the gap."""
    same = (pl.col("fen_2") * 1000 >= pl.col("amount_fen") * share_min) & (pl.col("fen_2") <= pl.col("amount_fen"))
    follow: dict[int, list[int]] = {}
    for a, b in _two_hops(frame, gap_us).filter(same).select("tx", "tx_2").iter_rows():
        follow.setdefault(a, []).append(b)
    return follow


def _chain(frame: pl.DataFrame) -> Sets:
    """Walks of three payments or more, each carrying on at least 80 % within two hours."""
    follow = _next(frame, 800, 2 * HOUR_US)
    followed = {b for later in follow.values() for b in later}
    found = []
    for tx in sorted(follow):
        if tx in followed:
            continue
        walk = [tx]
        while walk[-1] in follow:
            walk.append(follow[walk[-1]][0])
        if len(walk) >= 3:
            found.append(walk)
    return found


def _pass_through(frame: pl.DataFrame) -> Sets:
    """At least 95 % of 10,000 yuan or more that came in within two hours goes out within two hours."""
    sides = pl.concat(
        [
            frame.select("tx", "at_us", hub="payee", into="amount_fen", out=pl.lit(0, pl.Int64)),
            frame.select("tx", "at_us", hub="payer", into=pl.lit(0, pl.Int64), out="amount_fen"),
        ]
    )
    into, out = pl.col("into").sum(), pl.col("out").sum()
    return _windows(sides, "hub", 2 * HOUR_US, (into >= 1_000_000) & (out * 100 >= into * 95) & (out <= into))


def _probe(frame: pl.DataFrame) -> Sets:
    small, large = pl.col("amount_fen") <= 50_000, pl.col("amount_fen") >= 500_000
    return _windows(
        frame.filter(small | large),
        "payee",
        HOUR_US,
        large.last() & (pl.col("amount_fen").head(pl.len() - 1) <= 50_000).sum().ge(2),
    )


def _pooling(frame: pl.DataFrame) -> Sets:
    """Ten payments of at most 1,000 yuan in within a day, and one out of at least 80 % of their sum."""
    sides = pl.concat(
        [
            frame.filter(pl.col("amount_fen") <= 100_000).select(
                "tx", "at_us", hub="payee", into="amount_fen", out=pl.lit(0, pl.Int64)
            ),
            frame.select("tx", "at_us", hub="payer", into=pl.lit(0, pl.Int64), out="amount_fen"),
        ]
    )
    into, last = pl.col("into").sum(), pl.col("out").last()
    return _windows(sides, "hub", DAY_US, ((pl.col("into") > 0).sum() >= 10) & (last * 10 >= into * 8) & (last <= into))


def _staircase(frame: pl.DataFrame) -> Sets:
    """Three payments in a row of at least 500 yuan, each at least twice the one before and within three days of it."""
    rows = frame.filter(pl.col("amount_fen") >= 50_000).sort("payer", "tx")
    up = (
        (pl.col("amount_fen") >= 2 * pl.col("amount_fen").shift(1).over("payer"))
        & (pl.col("at_us") - pl.col("at_us").shift(1).over("payer") <= 3 * DAY_US)
    ).fill_null(False)
    runs = rows.with_columns(of=(~up).cum_sum())
    return runs.group_by("of", maintain_order=True).agg("tx").filter(pl.col("tx").list.len() >= 3)["tx"].to_list()


def _limit_hugging(frame: pl.DataFrame) -> Sets:
    near = frame.filter(pl.col("amount_fen").is_between(950_000, 999_999))
    return _windows(near, "payer", 7 * DAY_US, pl.len() >= 3)


def _daily_limit_hugging(frame: pl.DataFrame) -> Sets:
    days = frame.with_columns(day=(pl.col("at_us") + _CHINA_US) // DAY_US)
    near = days.filter(pl.col("amount_fen").sum().over("payer", "day").is_between(950_000, 1_000_000))
    return _windows(near, "payer", 30 * DAY_US, pl.col("day").n_unique() >= 3)


def _sides(frame: pl.DataFrame) -> pl.DataFrame:
    return pl.concat([frame.select("tx", "at_us", hub=side) for side in ("payer", "payee")])


def _awakening(frame: pl.DataFrame) -> Sets:
    """Five transactions within three days after half a year without any."""
    events = _sides(frame).sort("hub", "tx")
    woken = events.filter((pl.col("at_us") - pl.col("at_us").shift(1).over("hub")) >= 180 * DAY_US)
    near = events.join(woken.select("hub", since="at_us"), on="hub").filter(
        pl.col("at_us").is_between(pl.col("since"), pl.col("since") + 3 * DAY_US)
    )
    grouped = near.sort("hub", "since", "tx").group_by("hub", "since", maintain_order=True).agg("tx")
    return grouped.filter(pl.col("tx").list.len() >= 5)["tx"].to_list()


def _night(frame: pl.DataFrame) -> Sets:
    """Three nights (0 to 5 o'clock) within thirty days, of accounts with half of all they do at night."""
    events = _sides(frame).with_columns(night=(pl.col("at_us") + _CHINA_US) % DAY_US < 5 * HOUR_US)
    owls = events.filter(pl.col("night").mean().over("hub") >= 0.5).filter("night")
    day = (pl.col("at_us") + _CHINA_US) // DAY_US
    return _windows(owls, "hub", 30 * DAY_US, day.n_unique() >= 3)


def _unique(sets: Iterable[list[int]]) -> Sets:
    return [list(one) for one in dict.fromkeys(tuple(one) for one in sets)]


RULES: dict[str, Callable[[pl.DataFrame], Sets]] = {
    "fan_in": lambda frame: _fan(frame, "payee", "payer"),
    "fan_out": lambda frame: _fan(frame, "payer", "payee"),
    "gather_scatter": _gather_scatter,
    "scatter_gather": _scatter_gather,
    "bipartite": _bipartite,
    "stack": _stack,
    "chain": _chain,
    "pass_through": _pass_through,
    "probe": _probe,
    "pooling": _pooling,
    "staircase": _staircase,
    "limit_hugging": _limit_hugging,
    "daily_limit_hugging": _daily_limit_hugging,
    "awakening": _awakening,
    "night": _night,
}
