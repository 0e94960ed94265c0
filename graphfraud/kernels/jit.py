"""The decorators of the kernels: one for all, one for steps of their loops."""

from numba import njit

kernel = njit(cache=True, fastmath=False, nogil=True, error_model="numpy")
"""Compile once, keep the machine code on disk, release the GIL. Integer division by zero is the caller's promise, so the
numpy error model (no check per division) applies."""

inlined = njit(cache=True, fastmath=False, nogil=True, error_model="numpy", inline="always")
"""For a step of a loop: written into the kernel that calls it, as a call would hand over seven words an array, node by node."""
