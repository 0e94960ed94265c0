"""Total order and grouping, by Python's own sort."""

from itertools import pairwise


def is_ordered(at_us, seq):
    keys = list(zip(at_us, seq, strict=True))
    return all(a < b for a, b in pairwise(keys))


def total_order(at_us, seq):
    return sorted(range(len(at_us)), key=lambda i: (at_us[i], seq[i]))


def by_account(account_ix, n_accounts):
    groups = [[i for i, a in enumerate(account_ix) if a == account] for account in range(n_accounts)]
    start = [sum(len(group) for group in groups[:a]) for a in range(n_accounts + 1)]
    return start, [i for group in groups for i in group]
