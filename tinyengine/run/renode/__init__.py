"""Run on a board that Renode emulates."""
