"""Which accounts hang together, by several threads where there are many payments."""

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt

from graphfraud.analysis.question import frozen
from graphfraud.kernels import components as kernels

Labels = npt.NDArray[np.int32]

_SMALL = 2_000_000  # payments up to which a second thread is not worth waking


def components(payer_ix: Labels, payee_ix: Labels, n_accounts: int, n_threads: int | None = None) -> Labels:
    """Name the weakly connected component of each account by its smallest member.

    A first share of the payments, half as many as accounts, is joined by one thread. Most of the others then lie inside what
    hangs together already: threads read them, each a part, and keep those whose ends are still apart; one thread joins these.
    Each round reads as many payments as were read before it. Components do not depend on the order of joining, so the answer
    does not depend on the number of threads.

    Parameters
    ----------
    payer_ix, payee_ix : int32[n_transactions]
        Positions of accounts, read-only, in any order.
    n_accounts : int
    n_threads : int, optional
        Default: one for each processor.

    Returns
    -------
    int32[n_accounts]
        Smallest position of an account in the same component.
    """
    n_threads = n_threads or os.cpu_count() or 1
    if n_threads == 1 or len(payer_ix) <= _SMALL:
        alone: Labels = kernels.components(payer_ix, payee_ix, n_accounts)
        return alone
    done = min(n_accounts // 2 + 1, len(payer_ix))
    label: Labels = kernels.components(payer_ix[:done], payee_ix[:done], n_accounts)
    with ThreadPoolExecutor(n_threads) as pool:
        while done < len(payer_ix):
            end = min(2 * done, len(payer_ix))
            ends = [np.array_split(side[done:end], n_threads) for side in (payer_ix, payee_ix)]
            kept = list(pool.map(kernels.apart, *ends, [frozen(label)] * n_threads))
            one, other = (frozen(np.concatenate(side)) for side in zip(*kept, strict=True))
            label = kernels.joined(one, other, frozen(label))
            done = end
    return label
