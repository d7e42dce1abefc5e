"""ONNX files that onnxruntime's own quantizer has made."""

import importlib
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np


def quantized_by_onnxruntime(network: bytes, shape: tuple[int, ...]) -> bytes:
    """Give a float file with one input of `shape` as int8 QDQ, from eight samples of noise."""
    tools = importlib.import_module("onnxruntime.quantization")
    shapes = importlib.import_module("onnxruntime.quantization.shape_inference")
    name = importlib.import_module("onnx").load_from_string(network).graph.input[0].name
    rng = np.random.default_rng(0)
    samples = [{name: rng.normal(0, 1, shape).astype(np.float32)} for _ in range(8)]

    class Reader(tools.CalibrationDataReader):  # type: ignore[name-defined,misc]
        def __init__(self) -> None:
            self.left: Iterator[dict[str, np.ndarray]] = iter(samples)

        def get_next(self) -> dict[str, np.ndarray] | None:
            return next(self.left, None)

    with TemporaryDirectory() as folder:
        ready, made = Path(folder, "ready.onnx"), Path(folder, "int8.onnx")
        ready.write_bytes(network)
        shapes.quant_pre_process(str(ready), str(ready), skip_symbolic_shape=True)
        tools.quantize_static(
            str(ready), str(made), Reader(), per_channel=True,
            activation_type=tools.QuantType.QInt8, weight_type=tools.QuantType.QInt8,
        )  # fmt: skip
        return made.read_bytes()
