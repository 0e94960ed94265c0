"""Loops over arrays: numbers in, numbers out; nothing of the house."""
