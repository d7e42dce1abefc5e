"""Tests of boards, memory maps and the test firmware."""
