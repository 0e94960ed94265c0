"""Temporal cycles from the definition: walk on from every payment in every way."""


def cycles(payer, payee, at, within, length_max, strict):
    """Return every simple temporal cycle as a tuple of positions."""
    found, paid_by = [], {}
    for k, account in enumerate(payer):
        paid_by.setdefault(account, []).append(k)

    def walk(path):
        met = {payee[i] for i in path}
        for k in paid_by.get(payee[path[-1]], ()):
            if k <= path[-1] or (strict and at[k] == at[path[-1]]):
                continue
            if at[k] - at[path[0]] > within:
                break
            if payee[k] == payer[path[0]]:
                found.append((*path, k))
            elif payee[k] not in met and len(path) + 2 <= length_max:
                walk([*path, k])

    for i in range(len(payer)):
        if payer[i] != payee[i]:
            walk([i])
    return sorted(found)


def roots(payer, payee, at, within):
    """Return the positions after which, within the window, the payee pays and the payer is paid."""
    later = lambda i, side, who: any(  # noqa: E731
        side[k] == who and at[k] - at[i] <= within and payer[k] != payee[k] for k in range(i + 1, len(payer))
    )
    return [i for i in range(len(payer)) if payer[i] != payee[i] and later(i, payer, payee[i]) and later(i, payee, payer[i])]
