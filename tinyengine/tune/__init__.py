"""Measure what kernels cost, and fit it."""
