"""Opening balances, from the definition: try every account on its own."""


def opening_balances(payer_ix, payee_ix, amount_fen, payer_balance_fen, payee_balance_fen, n_accounts, unprinted):
    """Return the opening balance as printed (walked back) and the least one, account by account."""
    printed, least = [], []
    for account in range(n_accounts):
        moved, after, balances = 0, [0], []
        for payer, payee, fen, of_payer, of_payee in zip(
            payer_ix, payee_ix, amount_fen, payer_balance_fen, payee_balance_fen, strict=True
        ):
            if payer == payee or account not in (payer, payee):
                continue
            moved += fen if account == payee else -fen
            after.append(moved)
            balance = of_payee if account == payee else of_payer
            if balance != unprinted:
                balances.append(balance - moved)
        printed.append(balances[0] if balances else unprinted)
        least.append(-min(after))
    return printed, least
