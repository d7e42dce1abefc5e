"""TensorFlow Lite Micro's interpreter, for operators that LiteRT's has not, or computes wrongly."""

import importlib
from collections.abc import Sequence

from tests.support import require_module
from tinyengine.ir import Array


def interpret_micro(model: bytes, inputs: Sequence[Array]) -> Array:
    """Give the first output of a model."""
    require_module("tflite_micro")
    runtime = importlib.import_module("tflite_micro").runtime
    interpreter = runtime.Interpreter.from_bytes(model, arena_size=1 << 20)
    for index, values in enumerate(inputs):
        interpreter.set_input(values, index)
    interpreter.invoke()
    output: Array = interpreter.get_output(0)
    return output
