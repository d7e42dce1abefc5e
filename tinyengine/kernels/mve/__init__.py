"""Kernels for cores with the M-profile vector extension."""
