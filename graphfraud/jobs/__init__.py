"""A plan, its steps, its log."""
