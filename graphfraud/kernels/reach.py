"""Whom money could have reached: earliest arrival and fewest hops over payments that follow each other in time."""

import numpy as np

from graphfraud.kernels.jit import kernel

NEVER = np.iinfo(np.int64).max
"""Arrival time of an account that is not reached."""

_FAR = np.iinfo(np.int32).max


@kernel
def earliest_arrival(payer_ix, payee_ix, at_us, source_ix, source_us, until_us, strict, n_accounts):
    """Return when money from any source could first have arrived at each account.

    Parameters
    ----------
    payer_ix, payee_ix : int32[n_transactions], positions of accounts, in total order of the transactions
    at_us : int64[n_transactions], microseconds since 1970 UTC, ascending
    source_ix : int32[n_sources], accounts where money starts
    source_us : int64[n_sources], from when each has it
    until_us : int, payments at or after it are not followed
    strict : bool, whether the next payment must be later; else it may be of the same instant, if later in total order
    n_accounts : int

    Returns
    -------
    arrival_us : int64[n_accounts], :data:`NEVER` where none does

    Order
    -----
    O(transactions before until_us + accounts), one pass; 8 bytes an account.

    Source
    ------
    Wu et al., Path problems in temporal graphs, PVLDB 7(9), 2014, algorithm 1.

    Twin
    ----
    tests/oracles/reach.py
    """
    arrival_us = np.full(n_accounts, NEVER)
    for k in range(source_ix.size):
        arrival_us[source_ix[k]] = min(arrival_us[source_ix[k]], source_us[k])
    gap = 1 if strict else 0
    n = np.searchsorted(at_us, until_us)
    for i in range(n):
        at = at_us[i]
        if arrival_us[payer_ix[i]] <= at - gap and at < arrival_us[payee_ix[i]]:
            arrival_us[payee_ix[i]] = at
    return arrival_us


@kernel
def fewest_hops(payer_ix, payee_ix, at_us, source_ix, source_us, until_us, strict, hops_max, n_accounts):
    """Return by how few payments money from any source could have arrived at each account.

    Parameters
    ----------
    payer_ix, payee_ix : int32[n_transactions], positions of accounts, in total order of the transactions
    at_us : int64[n_transactions], microseconds since 1970 UTC, ascending
    source_ix : int32[n_sources], accounts where money starts, hop 0
    source_us : int64[n_sources], from when each has it
    until_us : int, payments at or after it are not followed
    strict : bool, whether the next payment must be later; else it may be of the same instant, if later in total order
    hops_max : int, longer ways are not followed
    n_accounts : int

    Returns
    -------
    hop : int32[n_accounts], -1 where none does

    Order
    -----
    O(transactions before until_us + accounts), one pass; 24 bytes an account.

    Source
    ------
    Wu et al., Path problems in temporal graphs, PVLDB 7(9), 2014; at any instant only the fewest hops so far matter.

    Twin
    ----
    tests/oracles/reach.py
    """
    hop = np.full(n_accounts, _FAR, np.int32)
    hop_before = np.full(n_accounts, _FAR, np.int32)  # before the instant at which hop was last lessened
    since_us = np.full(n_accounts, NEVER)
    pending_us = np.full(n_accounts, NEVER)  # a source has its money from here on
    for k in range(source_ix.size):
        pending_us[source_ix[k]] = min(pending_us[source_ix[k]], source_us[k])
    gap = 1 if strict else 0
    n = np.searchsorted(at_us, until_us)
    for i in range(n):
        payer = payer_ix[i]
        payee = payee_ix[i]
        at = at_us[i]
        reached = hop[payer] if not strict or since_us[payer] < at else hop_before[payer]
        if pending_us[payer] <= at - gap:
            reached = 0
        if reached < hops_max and reached + 1 < hop[payee]:
            if since_us[payee] != at:
                hop_before[payee] = hop[payee]
                since_us[payee] = at
            hop[payee] = reached + 1
    for a in range(n_accounts):
        if pending_us[a] != NEVER:
            hop[a] = 0
        elif hop[a] == _FAR:
            hop[a] = -1
    return hop
