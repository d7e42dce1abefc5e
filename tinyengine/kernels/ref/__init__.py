"""The portable kernels: every operator, for every shape and core."""
