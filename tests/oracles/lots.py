"""Tracing by lots, from the definition: lists of lots, Python integers, nothing clever."""

from dataclasses import dataclass, field

CLEAN = -1
RESTS, LEFT, BEYOND = 0, 1, 2


class Insolvent(Exception):
    """An account pays what it does not have."""


@dataclass
class Lot:
    """Money in an account; ``row`` is the answer's row of what of it went beyond, if any did."""

    fen: int
    seed: int = CLEAN
    hop: int = 0
    tx: int = -1
    row: list | None = None


@dataclass
class Answer:
    """Steps (tx, seed, hop, fen), lots (account, seed, hop, end, tx, fen) and totals as the kernels return them."""

    steps: list = field(default_factory=list)
    lots: list = field(default_factory=list)
    totals: list = field(default_factory=lambda: [0, 0, 0, 0])

    def beyond(self, account, lot, fen, hops_max):
        """Record that money of a lot went on unfollowed; one row for each lot."""
        if lot.row is None:
            lot.row = [account, lot.seed, lot.hop, BEYOND, lot.tx, 0]
            self.lots.append(lot.row)
            self.totals[2 if lot.hop >= hops_max else 3] += 1
        lot.row[5] += fen


def trace(rule, payer_ix, payee_ix, amount_fen, at_us, seed_of, is_exit, opening_fen, deadline_us, hops_max):
    """Trace under "fifo", "lifo" or "libr"."""
    answer = Answer()
    held = [[Lot(fen)] if fen else [] for fen in opening_fen]  # oldest first
    for i, (payer, payee, amount, at) in enumerate(zip(payer_ix, payee_ix, amount_fen, at_us, strict=True)):
        seed = seed_of[i]
        if payer == payee and seed == CLEAN:
            continue
        if payer != payee and sum(lot.fen for lot in held[payer]) < amount:
            raise Insolvent(i)
        if seed != CLEAN:
            taken = take([lot for lot in leaving(rule, held[payer]) if lot.seed == CLEAN], amount)
            answer.totals[1] += amount - sum(fen for _, fen in taken)
            held[payer] = [lot for lot in held[payer] if lot.fen]
            answer.steps.append([i, seed, 1, amount])
            if is_exit[i]:
                answer.lots.append([payer, seed, 1, LEFT, i, amount])
                put(held[payee], Lot(amount))
            else:
                put(held[payee], Lot(amount, seed, 1, i))
            continue
        last = None  # the step the piece before this one made, if it made one
        for lot, fen in take(leaving(rule, held[payer]), amount):
            if lot.seed == CLEAN:
                put(held[payee], Lot(fen))
                last = None
            elif lot.hop >= hops_max or at > deadline_us[lot.seed]:
                answer.beyond(payer, lot, fen, hops_max)
                put(held[payee], Lot(fen))
                last = None
            else:
                same = last is not None and last[1:3] == [lot.seed, lot.hop + 1]
                if same:
                    last[3] += fen
                else:
                    last = [i, lot.seed, lot.hop + 1, fen]
                    answer.steps.append(last)
                if is_exit[i]:
                    if same:
                        answer.lots[-1][5] += fen
                    else:
                        answer.lots.append([payer, lot.seed, lot.hop + 1, LEFT, i, fen])
                    put(held[payee], Lot(fen))
                else:
                    put(held[payee], Lot(fen, lot.seed, lot.hop + 1, i))
        held[payer] = [lot for lot in held[payer] if lot.fen]
    for account, lots in enumerate(held):
        for lot in leaving(rule, lots):
            if lot.seed != CLEAN:
                answer.lots.append([account, lot.seed, lot.hop, RESTS, lot.tx, lot.fen])
    return answer


def leaving(rule, lots):
    """Return the lots in the order in which they leave."""
    if rule == "lifo":
        return lots[::-1]
    if rule == "libr":
        return [lot for lot in lots if lot.seed == CLEAN] + [lot for lot in lots if lot.seed != CLEAN]
    return list(lots)


def take(lots, amount):
    """Take up to ``amount`` out of the lots in order; return what of which."""
    taken = []
    for lot in lots:
        fen = min(lot.fen, amount)
        if fen:
            lot.fen -= fen
            amount -= fen
            taken.append((lot, fen))
    return taken


def put(lots, new):
    """Lay a lot on top; what the same transaction brought just before, or untainted beside untainted, is one lot."""
    if lots and (lots[-1].seed, lots[-1].hop, lots[-1].tx) == (new.seed, new.hop, new.tx):
        lots[-1].fen += new.fen
    else:
        lots.append(new)
