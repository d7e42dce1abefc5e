"""Independent proofs of a finished plan."""
