"""Requantization factors that are proven to give the reference's outputs."""
