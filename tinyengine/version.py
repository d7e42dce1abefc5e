"""The version of the product, which every emitted file names."""

__version__ = "0.1.0"
