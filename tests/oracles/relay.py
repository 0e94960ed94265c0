"""Money passed on, payment by payment, from the definition: each account keeps a list of what came in."""


def relay(payer, payee, amount, at, is_exit, within_us, n_accounts):
    came = {a: [] for a in range(n_accounts)}
    fresh, gap = [0] * len(amount), [-1] * len(amount)
    left = [0] * len(amount)
    for i, (a, b, fen) in enumerate(zip(payer, payee, amount, strict=True)):
        if a == b:
            continue
        for k in came[a]:
            if at[i] - at[k] <= within_us and left[k] and fresh[i] < fen:
                part = min(left[k], fen - fresh[i])
                left[k] -= part
                fresh[i] += part
                gap[i] = at[i] - at[k]
        if not is_exit[i]:
            left[i] = fen
            came[b].append(i)
    moved = [0] * len(amount)
    for lots in came.values():
        for k in lots:
            moved[k] = amount[k] - left[k]
    return fresh, moved, gap
