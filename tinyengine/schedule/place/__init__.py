"""Order, buffers, how closely they may overlap, and their offsets."""
