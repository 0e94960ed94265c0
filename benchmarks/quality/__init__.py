"""How good the answers are, on made-up cities whose culprits and look-alikes are known."""
