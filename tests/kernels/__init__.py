"""Kernels against their twins and the laws."""
