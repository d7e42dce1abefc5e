"""Tests of the integer semantics."""
