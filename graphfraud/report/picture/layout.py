"""Places nodes in columns: order by barycentre sweeps, then heights as near to their neighbours as order and room allow."""

from collections.abc import Mapping, Sequence

SWEEPS = 24
SETTLES = 12


def heights(columns: Mapping[int, int], edges: Sequence[tuple[int, int, float]]) -> dict[int, float]:
    """Give each node a height between 0 (top) and 1.

    Parameters
    ----------
    columns : Mapping[int, int]
        Node -> column. The order of the mapping is the first order inside a column.
    edges : Sequence[tuple[int, int, float]]
        ``(a, b, weight)``; edges inside one column do not pull.

    Returns
    -------
    dict[int, float]
        Node -> height. Nodes of one column are at least one gap apart, where a gap is the height a full column leaves each.

    Source: the barycentre heuristic of Sugiyama, Tagawa and Toda (1981), section III; heights by isotonic regression (pool
    adjacent violators), so that a column keeps its order. Deterministic: ties keep the order given.
    """
    lanes: dict[int, list[int]] = {}
    for node, column in columns.items():
        lanes.setdefault(column, []).append(node)
    near: dict[int, list[tuple[int, float]]] = {node: [] for node in columns}
    for a, b, weight in edges:
        if columns[a] != columns[b]:
            near[a].append((b, weight))
            near[b].append((a, weight))
    _order(lanes, near, columns)
    return _settle(lanes, near)


def _order(lanes: dict[int, list[int]], near: Mapping[int, list[tuple[int, float]]], columns: Mapping[int, int]) -> None:
    """Sort each column by the weighted mean place of its neighbours: left to right by the left ones, then back."""
    place = {node: (ix + 0.5) / len(lane) for lane in lanes.values() for ix, node in enumerate(lane)}
    ways = sorted(lanes)
    for sweep in range(SWEEPS):
        forward = sweep % 2 == 0
        for column in ways if forward else reversed(ways):
            lane = lanes[column]
            pull = {node: _mean(near[node], place, columns, column, forward, place[node]) for node in lane}
            lane.sort(key=pull.__getitem__)
            place.update((node, (ix + 0.5) / len(lane)) for ix, node in enumerate(lane))


def _mean(
    neighbours: list[tuple[int, float]],
    place: Mapping[int, float],
    columns: Mapping[int, int],
    column: int,
    forward: bool,
    alone: float,
) -> float:
    side = [(place[node], weight) for node, weight in neighbours if (columns[node] < column) == forward]
    total = sum(weight for _, weight in side)
    return sum(at * weight for at, weight in side) / total if total else alone


def _settle(lanes: Mapping[int, list[int]], near: Mapping[int, list[tuple[int, float]]]) -> dict[int, float]:
    at = {node: (ix + 0.5) / len(lane) for lane in lanes.values() for ix, node in enumerate(lane)}
    for _ in range(SETTLES):
        for column in sorted(lanes):
            lane = lanes[column]
            # Short columns spread over most of the height rather than huddle where their neighbours' mean lies.
            gap = min(0.94 / len(lane), 0.16)
            wish = [_pull(near[node], at, (ix + 0.5) / len(lane)) for ix, node in enumerate(lane)]
            for node, height in zip(lane, _spread(wish, gap), strict=True):
                at[node] = height
    return at


def _pull(neighbours: list[tuple[int, float]], at: Mapping[int, float], even: float) -> float:
    total = sum(weight for _, weight in neighbours)
    if not total:
        return even
    return 0.6 * sum(at[node] * weight for node, weight in neighbours) / total + 0.4 * even


def _spread(wish: list[float], gap: float) -> list[float]:
    """Nearest heights to ``wish`` (least squares) that are in order, ``gap`` apart and inside 0..1."""
    blocks: list[list[float]] = []  # mean of (wish - ix * gap), count
    for ix, height in enumerate(wish):
        blocks.append([height - ix * gap, 1])
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            mean, count = blocks.pop()
            blocks[-1] = [(blocks[-1][0] * blocks[-1][1] + mean * count) / (blocks[-1][1] + count), blocks[-1][1] + count]
    low, high = gap / 2, 1 - gap / 2 - (len(wish) - 1) * gap
    base = [min(max(mean, low), high) for mean, count in blocks for _ in range(int(count))]
    return [start + ix * gap for ix, start in enumerate(base)]
