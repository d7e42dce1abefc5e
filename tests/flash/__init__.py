"""Flashing: a simulated probe, a fake drive, recorded commands, a pseudo-terminal."""
