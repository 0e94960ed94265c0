"""Findings -> things to look at, and back to file and row."""
