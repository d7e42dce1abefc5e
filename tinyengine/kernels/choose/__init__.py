"""The choice of a kernel for every operator."""
