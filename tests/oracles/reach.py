"""Reach from the definition: walk every time-respecting path."""

NEVER = 2**63 - 1


def walks(payer_ix, payee_ix, at_us, source_ix, source_us, until_us, strict):
    """Yield (account, arrival, hops) of every walk: payments in ascending order, later (if strict) or no earlier in time."""

    def go_on(account, since_us, after, hops):
        yield account, since_us, hops
        for i in range(after + 1, len(payer_ix)):
            in_time = since_us < at_us[i] if strict else since_us <= at_us[i]
            if payer_ix[i] == account and in_time and at_us[i] < until_us:
                yield from go_on(payee_ix[i], at_us[i], i, hops + 1)

    for account, since_us in zip(source_ix, source_us, strict=True):
        yield from go_on(account, since_us, -1, 0)


def earliest_arrival(payer_ix, payee_ix, at_us, source_ix, source_us, until_us, strict, n_accounts):
    arrival = [NEVER] * n_accounts
    for account, at, _ in walks(payer_ix, payee_ix, at_us, source_ix, source_us, until_us, strict):
        arrival[account] = min(arrival[account], at)
    return arrival


def fewest_hops(payer_ix, payee_ix, at_us, source_ix, source_us, until_us, strict, hops_max, n_accounts):
    fewest = [-1] * n_accounts
    for account, _, hops in walks(payer_ix, payee_ix, at_us, source_ix, source_us, until_us, strict):
        if hops <= hops_max and (fewest[account] < 0 or hops < fewest[account]):
            fewest[account] = hops
    return fewest
