"""Import quantized ONNX files: QDQ and QOperator."""

from tinyengine.importers.onnx.importer import inspect, parse

__all__ = ["inspect", "parse"]
