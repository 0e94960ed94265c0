"""Chance that gives the same bytes everywhere: whole numbers and the four exact operations of IEEE arithmetic only.

numpy's own normal, Poisson and exponential draws pass through the platform's mathematical library, whose last bit differs
from machine to machine; here a normal draw is a sum of uniform ones and ``exp`` a repeated squaring.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

_SQUARINGS = 12


def exp(x: Floats) -> Floats:
    """Return e**x to about three digits by (1 + x/4096)**4096, the same bits on every machine."""
    value: Floats = 1.0 + x / float(1 << _SQUARINGS)
    for _ in range(_SQUARINGS):
        value = value * value
    return value


class Draws:
    """A stream of chance, one per actor, so that a change in one actor leaves the others as they were.

    Parameters
    ----------
    rng_seed : int
        Seed of the world.
    stream : int
        Number of the stream.
    """

    def __init__(self, rng_seed: int, stream: int) -> None:
        self._rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence([rng_seed, stream])))

    def integers(self, lowest: int | Ints, highest: int | Ints, n: int) -> Ints:
        """Return n whole numbers from lowest to highest, both included."""
        return self._rng.integers(lowest, highest, n, dtype=np.int64, endpoint=True)

    def uniform(self, n: int) -> Floats:
        """Return n numbers from [0, 1)."""
        return self._rng.random(n)

    def between(self, lowest: float, highest: float, n: int) -> Floats:
        """Return n numbers from [lowest, highest)."""
        spread: Floats = lowest + (highest - lowest) * self._rng.random(n)
        return spread

    def chance(self, share: float | Floats, n: int) -> Bools:
        """Return n booleans that are true with the given probability."""
        hit: Bools = self._rng.random(n) < share
        return hit

    def pick(self, weights: Sequence[float], n: int) -> Ints:
        """Return n positions among the weights, each as often as its weight says."""
        total, edges = 0.0, []
        for weight in weights:
            total += weight
            edges.append(total)
        edge = np.array(edges) / total
        return np.minimum(np.searchsorted(edge, self._rng.random(n), side="right"), len(edges) - 1).astype(np.int64)

    def lognormal(self, median: float | Floats, sigma: float | Floats, n: int) -> Floats:
        """Return n draws of a log-normal law whose normal is a sum of six uniform draws (so within 4.2 sigma)."""
        total = self._rng.integers(0, 1 << 16, (n, 6), dtype=np.int64).sum(axis=1)
        z: Floats = (total - 3 * 65535) / 65536.0 * 1.4142135623730951
        drawn: Floats = median * exp(sigma * z)
        return drawn

    def delay_us(self, median_s: float | Floats, sigma: float, n: int, lowest_s: int = 20) -> Ints:
        """Return n waiting times in microseconds, whole seconds, log-normal about the median."""
        seconds = np.maximum(self.lognormal(median_s, sigma, n).astype(np.int64), lowest_s)
        return seconds * 1_000_000

    def yuan(self, median: float | Floats, sigma: float, n: int, *, odd: float = 0.3) -> Ints:
        """Return n amounts in fen, log-normal in yuan, whole yuan but for the share ``odd``."""
        fen = np.maximum((self.lognormal(median, sigma, n) * 100).astype(np.int64), 100)
        return np.where(self.chance(odd, n), fen, fen // 100 * 100)

    def split(self, amount_fen: Ints, parts: Ints, unit_fen: int = 10_000) -> tuple[Ints, Ints]:
        """Divide each amount into its number of parts, none zero, in whole units but for the first.

        Parameters
        ----------
        amount_fen, parts : int64[n]
            Each amount must be at least its number of parts, in fen.
        unit_fen : int
            Parts are rounded down to this unit where they are larger than it.

        Returns
        -------
        parent : int64[sum of parts]
            Which amount a part comes from, ascending.
        part_fen : int64[sum of parts]
            Parts of one amount sum to it exactly.
        """
        parent = np.repeat(np.arange(len(parts), dtype=np.int64), parts)
        first = np.cumsum(parts) - parts
        weight = self.integers(600, 1400, len(parent))
        total = np.add.reduceat(weight, first) if len(parts) else weight
        part = amount_fen[parent] * weight // total[parent]
        part = np.where(part > unit_fen, part // unit_fen * unit_fen, np.maximum(part, 1))
        if len(parts):
            part[first] += amount_fen - np.add.reduceat(part, first)
        return parent, part
