"""Which operators run together, and how: streams, patches, repetitions, and their search."""
