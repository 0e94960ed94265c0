"""Tracing by shares, from the definition: dictionaries and whole numbers."""

from .lots import CLEAN, LEFT, RESTS, Answer, Insolvent, Lot


def trace(payer_ix, payee_ix, amount_fen, at_us, seed_of, is_exit, opening_fen, deadline_us, hops_max):
    """Trace under pro_rata."""
    answer = Answer()
    held = [{(CLEAN, 0): Lot(fen)} for fen in opening_fen]  # (seed, hop) -> its one part

    def bring(account, seed, hop, tx, fen):
        part = held[account].setdefault((seed, hop), Lot(0, seed, hop))
        part.fen += fen
        part.tx = tx
        part.row = None

    for i, (payer, payee, amount, at) in enumerate(zip(payer_ix, payee_ix, amount_fen, at_us, strict=True)):
        seed = seed_of[i]
        if payer == payee and seed == CLEAN:
            continue
        balance = sum(part.fen for part in held[payer].values())
        if payer != payee and balance < amount:
            raise Insolvent(i)
        if seed != CLEAN:
            clean = held[payer][CLEAN, 0]
            own = min(clean.fen, amount)
            clean.fen -= own
            answer.totals[1] += amount - own
            answer.steps.append([i, seed, 1, amount])
            if is_exit[i]:
                answer.lots.append([payer, seed, 1, LEFT, i, amount])
                held[payee][CLEAN, 0].fen += amount
            else:
                bring(payee, seed, 1, i, amount)
            continue
        for (origin, hop), fen in divide(held[payer], amount, balance):
            part = held[payer][origin, hop]
            part.fen -= fen
            if origin == CLEAN:
                held[payee][CLEAN, 0].fen += fen
            elif hop >= hops_max or at > deadline_us[origin]:
                answer.beyond(payer, part, fen, hops_max)
                held[payee][CLEAN, 0].fen += fen
            else:
                answer.steps.append([i, origin, hop + 1, fen])
                if is_exit[i]:
                    answer.lots.append([payer, origin, hop + 1, LEFT, i, fen])
                    held[payee][CLEAN, 0].fen += fen
                else:
                    bring(payee, origin, hop + 1, i, fen)
        held[payer] = {key: part for key, part in held[payer].items() if part.fen or key == (CLEAN, 0)}
    for account, parts in enumerate(held):
        for (seed, hop), part in sorted(parts.items()):
            if seed != CLEAN:
                answer.lots.append([account, seed, hop, RESTS, part.tx, part.fen])
    return answer


def divide(parts, amount, balance):
    """Return (key, fen) of what a payment takes, by key: the floor of each share, then one fen each by largest remainder."""
    keys = sorted(parts)
    fen = {key: amount * parts[key].fen // balance for key in keys}
    rest = {key: amount * parts[key].fen % balance for key in keys}
    for key in sorted(keys, key=lambda key: (-rest[key], key))[: amount - sum(fen.values())]:
        fen[key] += 1
    return [(key, n) for key, n in fen.items() if n]
