"""Kernels for every core without a DSP extension that pay more code for fewer instructions."""
