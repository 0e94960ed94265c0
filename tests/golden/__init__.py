"""Worked cases, the arithmetic shown."""
