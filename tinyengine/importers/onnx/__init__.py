"""Import ONNX files: quantized ones (QDQ and QOperator), and float ones for quantization."""

from tinyengine.importers.onnx.floats import parse_float
from tinyengine.importers.onnx.importer import inspect, parse

__all__ = ["inspect", "parse", "parse_float"]
