"""Run a model in TensorFlow Lite Micro's interpreter, where LiteRT's cannot be asked.

LiteRT has no int8 kernels of ADD_N and CUMSUM, no custom operators of the audio front end, and its
reference kernel of SUM (ai-edge-litert 2.3.0) takes int8 for uint8.
"""

import importlib.util
from collections.abc import Iterator, Sequence
from typing import Any

from tflite.BuiltinOperator import BuiltinOperator
from tflite.Model import Model
from tflite.TensorType import TensorType

from tinyengine.errors import ToolError
from tinyengine.ir import Array, FullyConnected, Graph, Op, SignalFramer, SignalStacker

_ARENA_NBYTES = 1 << 24

_NOT_LITERTS = {
    BuiltinOperator.ADD_N: "it has no int8 kernel of ADD_N",
    BuiltinOperator.CUMSUM: "it has no int8 kernel of CUMSUM",
    BuiltinOperator.SUM: "its reference kernel of SUM takes int8 for uint8",
}


def beyond_litert(model: bytes) -> str:
    """Say which int8 operator of the file `model` LiteRT does not compute; empty where none."""
    root = Model.GetRootAs(model)
    graph = root.Subgraphs(0)
    for index in range(graph.OperatorsLength()):
        operator = graph.Operators(index)
        code = root.OperatorCodes(operator.OpcodeIndex()).BuiltinCode()
        reads = graph.Tensors(operator.Inputs(0)).Type() if operator.InputsLength() else None
        if code in _NOT_LITERTS and reads == TensorType.INT8:
            return _NOT_LITERTS[code]
    return ""


def has_micro() -> bool:
    """Tell whether TensorFlow Lite Micro's interpreter is installed."""
    return importlib.util.find_spec("tflite_micro") is not None


def micro_takes(model: bytes) -> bool:
    """Tell whether it takes `model`: it has all of its operators, and memory for it."""
    try:
        _prepare(model)
    except ToolError:
        return False
    return True


def unlike_micro(graph: Graph) -> str:
    """Say which operator of `graph` need not give what it gives; empty where there is none.

    Its signal kernels leave what they do not compute as it was in memory, which is zeros here. Its
    FULLY_CONNECTED rounds one output in a thousand otherwise than TFLite's reference kernel, which
    is ours; its convolutions, sums, products, pools and softmax give the same.
    """
    return next((text for op in graph.ops for text in _differences(op)), "")


def _differences(op: Op) -> Iterator[str]:
    match op:
        case FullyConnected():
            yield f"{op.source}: it rounds otherwise than TFLite"
        case SignalFramer() if not op.prefill:
            yield f"{op.source}: it leaves frames unwritten until they are full"
        case SignalStacker() if op.right or op.step > 1:
            yield f"{op.source}: it leaves its output unwritten until that is full"
        case _:
            pass


def run_micro_steps(model: bytes, steps: Sequence[Sequence[Array]]) -> list[tuple[Array, ...]]:
    """Give the outputs of each of `steps`, one after the other: what is state is never reset.

    Inputs and outputs are as of the file. Raises ToolError where it refuses the model, or fails.
    """
    interpreter, outputs = _prepare(model), Model.GetRootAs(model).Subgraphs(0).OutputsLength()
    given: list[tuple[Array, ...]] = []
    try:
        for inputs in steps:
            for index, values in enumerate(inputs):
                interpreter.set_input(values, index)
            interpreter.invoke()
            given.append(tuple(interpreter.get_output(index) for index in range(outputs)))
    except (ValueError, RuntimeError) as error:
        raise _failed(error) from error
    return given


def _prepare(model: bytes) -> Any:  # noqa: ANN401 (a class of a package that may be missing)
    from tflite_micro import runtime  # noqa: PLC0415 (an optional package)

    try:
        return runtime.Interpreter.from_bytes(model, arena_size=_ARENA_NBYTES)
    except (ValueError, RuntimeError) as error:
        raise _failed(error) from error


def _failed(error: Exception) -> ToolError:
    reason = " ".join(str(error).split())
    return ToolError("tflite-micro", f"TensorFlow Lite Micro's interpreter failed: {reason}")
