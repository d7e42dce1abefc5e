"""Bring firmware into a real board: one module for each way."""
