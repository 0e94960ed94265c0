"""Which leg of one statement and which of another are one transfer: matching in time inside groups of equal keys.

All functions take two frames with the columns

- ``ix`` (UInt32): the leg's number, returned in the answer; it orders legs of one instant, so whoever numbers the legs by
  what they say gets an answer that does not depend on where they stand;
- ``key`` (UInt64): legs with different keys never match;
- ``at_us``, ``at_precision_us`` (Int64): the instant lies in ``[at_us, at_us + at_precision_us)``;

and return a frame with ``left`` and ``right``, each ``ix`` at most once.
"""

import polars as pl

from graphfraud.units import CHINA, DAY_US

PAIR_SCHEMA = {"left": pl.UInt32, "right": pl.UInt32}

CELLS_MAX = 1 << 20
"""A run with more candidate pairs than this is still matched to the largest number of pairs, but not to least distance."""

_CHINA_US = int(CHINA.utcoffset(None).total_seconds()) * 1_000_000
_COLUMNS = ["ix", "key", "at_us", "at_precision_us"]


def pairs_near(left: pl.DataFrame, right: pl.DataFrame, tolerance_us: int) -> pl.DataFrame:
    """Match legs known to less than a day whose instants lie at most ``tolerance_us`` apart.

    In every run of legs close in time the number of pairs is the largest possible, and of the matchings of that size the sum
    of the distances is the least, legs keeping their order in time (no two pairs cross); both hold exactly where all legs of
    the run are known to the same precision. Runs of more than :data:`CELLS_MAX` candidate pairs get the largest number only.
    """
    left = left.filter(pl.col("at_precision_us") < DAY_US)
    right = right.filter(pl.col("at_precision_us") < DAY_US)
    legs = _both(left, right)
    if not legs.height:
        return pl.DataFrame(schema=PAIR_SCHEMA)
    reach = tolerance_us + int(legs["at_precision_us"].max())  # type: ignore[arg-type]
    legs = legs.sort("key", "at_us", "ix").with_columns(
        run=((pl.col("key") != pl.col("key").shift()) | (pl.col("at_us").diff() > reach)).fill_null(True).cum_sum()
    )
    sizes = legs.group_by("run").agg(n_left=(pl.col("on_right") == 0).sum(), n_right=pl.col("on_right").sum().cast(pl.UInt32))
    mixed = sizes.filter((pl.col("n_left") > 0) & (pl.col("n_right") > 0))
    legs = legs.join(mixed, on="run", how="inner", maintain_order="left")
    even = legs.filter(pl.col("n_left") == pl.col("n_right"))
    tried = _by_rank(even, "run").with_columns(near=_distance() <= tolerance_us)
    fits = tried.filter(pl.col("near").all().over("run"))  # sorted against sorted is the least sum where all of it is allowed
    rest = legs.join(fits.select("run").unique(), on="run", how="anti", maintain_order="left")
    found = [fits.select("left", "right")]
    found += [_run_pairs(run, tolerance_us) for run in rest.partition_by("run", maintain_order=True)]
    return pl.concat(found)


def pairs_of_day(left: pl.DataFrame, right: pl.DataFrame) -> pl.DataFrame:
    """Match legs of which at least one is known to the day only, inside that day (China time), the largest number of pairs.

    Legs with a time are matched before legs without one, since those can only meet a leg that names no time.
    """
    found: list[pl.DataFrame] = []
    for left_timed, right_timed in ((True, False), (False, True), (False, False)):
        sides = []
        for frame, timed, end in ((left, left_timed, "left"), (right, right_timed, "right")):
            taken = pl.concat([f.get_column(end) for f in found]) if found else pl.Series(dtype=pl.UInt32)
            free = frame.filter(((pl.col("at_precision_us") < DAY_US) == timed) & ~pl.col("ix").is_in(taken.implode()))
            sides.append(free)
        legs = _both(*sides).with_columns(day=(pl.col("at_us") + _CHINA_US) // DAY_US).sort("key", "day", "at_us", "ix")
        found.append(_by_rank(legs, "key", "day").select("left", "right"))
    return pl.concat(found)


def _both(left: pl.DataFrame, right: pl.DataFrame) -> pl.DataFrame:
    """Put both sides into one frame, legs whose key the other side lacks left out."""
    left = left.select(_COLUMNS).join(right.select("key").unique(), on="key", how="semi")
    right = right.select(_COLUMNS).join(left.select("key").unique(), on="key", how="semi")
    return pl.concat([left.with_columns(on_right=pl.lit(0, pl.UInt8)), right.with_columns(on_right=pl.lit(1, pl.UInt8))])


def _by_rank(legs: pl.DataFrame, *group: str) -> pl.DataFrame:
    """Match the first left leg of a group with its first right one, the second with the second, and so on."""
    ranked = legs.with_columns(rank=pl.int_range(pl.len()).over(*group, "on_right"))
    left = ranked.filter(pl.col("on_right") == 0).rename({"ix": "left"})
    right = ranked.filter(pl.col("on_right") == 1).rename({"ix": "right"})
    return left.join(right, on=[*group, "rank"], how="inner", suffix="_right")


def _distance() -> pl.Expr:
    """How far two legs' instants are apart at least, in microseconds."""
    left_first = pl.col("at_us") <= pl.col("at_us_right")
    gap = (pl.col("at_us") - pl.col("at_us_right")).abs()
    return gap - (pl.when(left_first).then("at_precision_us").otherwise("at_precision_us_right") - 1)


def _run_pairs(run: pl.DataFrame, tolerance_us: int) -> pl.DataFrame:
    sides = run.partition_by("on_right", maintain_order=True, as_dict=True)
    left, right = (list(sides[(side,)].select("at_us", "at_precision_us", "ix").iter_rows()) for side in (0, 1))
    match = _least if len(left) * len(right) <= CELLS_MAX else _largest
    found = match([leg[:2] for leg in left], [leg[:2] for leg in right], tolerance_us)
    return pl.DataFrame([(left[i][2], right[j][2]) for i, j in found], schema=PAIR_SCHEMA, orient="row")


_Leg = tuple[int, int]


def _gap(a: _Leg, b: _Leg) -> int:
    first, second = (a, b) if a[0] <= b[0] else (b, a)
    return second[0] - first[0] - (first[1] - 1)


def _least(left: list[_Leg], right: list[_Leg], tolerance_us: int) -> list[tuple[int, int]]:
    """Align two sorted lists: most pairs, then least sum of |time difference|, then the earliest pairs. O(n*m)."""
    n, m = len(left), len(right)
    best: list[list[tuple[int, int]]] = [[(0, 0)] * (m + 1) for _ in range(n + 1)]
    for i in range(n - 1, -1, -1):
        row, below = best[i], best[i + 1]
        for j in range(m - 1, -1, -1):
            choice = max(below[j], row[j + 1])
            if _gap(left[i], right[j]) <= tolerance_us:
                pairs, closeness = below[j + 1]
                choice = max(choice, (pairs + 1, closeness - abs(left[i][0] - right[j][0])))
            row[j] = choice
    found, i, j = list[tuple[int, int]](), 0, 0
    while i < n and j < m:
        pairs, closeness = best[i + 1][j + 1]
        apart = abs(left[i][0] - right[j][0])
        if _gap(left[i], right[j]) <= tolerance_us and best[i][j] == (pairs + 1, closeness - apart):
            found.append((i, j))
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            i += 1
        else:
            j += 1
    return found


def _largest(left: list[_Leg], right: list[_Leg], tolerance_us: int) -> list[tuple[int, int]]:
    """Match two sorted lists greedily from the earliest leg on: the largest number of pairs, O(n + m)."""
    found, i, j = list[tuple[int, int]](), 0, 0
    while i < len(left) and j < len(right):
        if _gap(left[i], right[j]) <= tolerance_us:
            found.append((i, j))
            i, j = i + 1, j + 1
        elif left[i][0] <= right[j][0]:
            i += 1
        else:
            j += 1
    return found
