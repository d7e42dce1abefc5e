"""Run an ONNX file in onnxruntime, with which the reference is compared where it is installed.

onnxruntime is no definition: what it computes depends on the processor, and on which operators it
fuses: on some, products of int8 saturate at 16 bits.
"""

import importlib.util
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tinyengine.errors import ToolError
from tinyengine.ir import Array


def has_onnxruntime() -> bool:
    """Tell whether onnxruntime is installed."""
    return importlib.util.find_spec("onnxruntime") is not None


def run_onnxruntime(path: Path, samples: Sequence[Sequence[Array]]) -> list[tuple[Array, ...]]:
    """Give the outputs of the .onnx file `path` for every sample, in its own types and order.

    A sample has an array per input, in the file's order, shape and type. Raises ToolError where
    onnxruntime is not installed or does not take the file.
    """
    try:
        import onnxruntime  # noqa: PLC0415
    except ImportError as error:
        raise ToolError("onnxruntime", "it is not installed", "pip install onnxruntime") from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    try:
        session = onnxruntime.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"]
        )
        names = [each.name for each in session.get_inputs()]
        results = [session.run(None, dict(zip(names, sample, strict=True))) for sample in samples]
    except Exception as error:  # its own exceptions have no public base
        reason = " ".join(str(error).split())[:200]
        raise ToolError("onnxruntime", f"it does not run the model: {reason}") from error
    return [tuple(np.asarray(output) for output in outputs) for outputs in results]
