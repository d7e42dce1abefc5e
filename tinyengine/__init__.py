"""Compile quantized neural networks to bit-exact, integer-only firmware for Cortex-M."""

__version__ = "0.1.0"
