"""Import TFLite files."""

from tinyengine.importers.tflite.importer import inspect, parse

__all__ = ["inspect", "parse"]
