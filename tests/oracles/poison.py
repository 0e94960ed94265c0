"""Tracing by poison, from the definition: one seed at a time, the balances of the real world beside it."""

from .lots import CLEAN, LEFT, RESTS, Answer, Insolvent, Lot


def trace(payer_ix, payee_ix, amount_fen, at_us, seed_of, is_exit, opening_fen, deadline_us, hops_max):
    """Trace under poison."""
    answer = Answer()
    balance = list(opening_fen)
    reached = [{} for _ in opening_fen]  # account -> seed -> its contamination
    pool = [0] * len(deadline_us)  # what all accounts contaminated by a seed hold
    mixed = 0

    def worth(seed):
        return sum(fen for fen, seeds in zip(balance, reached, strict=True) if seed in seeds)

    for i, (payer, payee, amount, at) in enumerate(zip(payer_ix, payee_ix, amount_fen, at_us, strict=True)):
        seed = seed_of[i]
        if payer == payee and seed == CLEAN:
            continue
        if payer != payee and balance[payer] < amount:
            raise Insolvent(i)
        arrives = {}  # seed -> hop
        accounted = dict.fromkeys(range(len(pool)), 0)  # seed -> what this adds to its pool by itself
        if seed != CLEAN:
            answer.totals[1] += amount if reached[payer] else 0
            answer.steps.append([i, seed, 1, amount])
            if is_exit[i]:
                answer.lots.append([payer, seed, 1, LEFT, i, amount])
            else:
                arrives[seed] = 1
                accounted[seed] += amount
        else:
            for origin, mark in sorted(reached[payer].items()):
                if mark.hop >= hops_max or at > deadline_us[origin]:
                    answer.beyond(payer, mark, amount, hops_max)
                    accounted[origin] -= amount
                    continue
                answer.steps.append([i, origin, mark.hop + 1, amount])
                if is_exit[i]:
                    answer.lots.append([payer, origin, mark.hop + 1, LEFT, i, amount])
                    accounted[origin] -= amount
                else:
                    arrives[origin] = mark.hop + 1
        balance[payer] -= amount
        balance[payee] += amount
        for origin, hop in arrives.items():
            if origin not in reached[payee] or hop < reached[payee][origin].hop:
                reached[payee][origin] = Lot(0, origin, hop, i)
        for origin in range(len(pool)):  # whatever else changed a pool is untainted money mixed in, or taken out
            now = worth(origin)
            mixed += now - pool[origin] - accounted[origin]
            pool[origin] = now
    for account, seeds in enumerate(reached):
        for seed, mark in sorted(seeds.items()):
            if balance[account]:
                answer.lots.append([account, seed, mark.hop, RESTS, mark.tx, balance[account]])
    answer.totals[0] = mixed
    return answer
