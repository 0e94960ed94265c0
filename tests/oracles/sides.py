"""Payments by side from the definitions: lists of positions, account by account."""

DAY_US = 86_400_000_000


def by_side(account, other, n_accounts, selfs):
    """Return for each account its positions, in order."""
    return [[i for i in range(len(account)) if account[i] == a and (other[i] == a) == selfs] for a in range(n_accounts)]


def days_between(lists, amount, at, shift, low, high):
    """Return for each account the positions of days that sum to low to high."""
    day = lambda i: (at[i] + shift) // DAY_US  # noqa: E731
    return [[i for i in tx if low <= sum(amount[j] for j in tx if day(j) == day(i)) <= high] for tx in lists]


def nightly(payer, payee, at, n_accounts, shift, night, n_min, share_min):
    """Return for each account its payments at night, if they are enough and a large enough share."""
    found = []
    for a in range(n_accounts):
        mine = [i for i in range(len(at)) if a in {payer[i], payee[i]}]
        late = [i for i in mine if (at[i] + shift) % DAY_US < night]
        found.append(late if len(late) >= n_min and 1000 * len(late) >= share_min * len(mine) else [])
    return found
