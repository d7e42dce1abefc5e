"""Run a model in TensorFlow Lite Micro's interpreter, where LiteRT's cannot be asked.

LiteRT has no int8 kernels of ADD_N and CUMSUM, no custom operators of the audio front end, and its
reference kernel of SUM (ai-edge-litert 2.3.0) takes int8 for uint8.
"""

import importlib.util
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from tflite.BuiltinOperator import BuiltinOperator
from tflite.Model import Model
from tflite.TensorType import TensorType

from tinyengine.errors import ToolError
from tinyengine.ir import (
    Array,
    DetectionPostProcess,
    FullyConnected,
    Graph,
    Op,
    SignalEnergy,
    SignalFramer,
    SignalStacker,
)

_WORKER = Path(__file__).with_name("micro_worker.py")

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
    """Tell whether it computes `model`: it has all of its operators, and memory for it."""
    try:
        run_micro_steps(model, [()])
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
        case DetectionPostProcess() if op.classes_each > 1 and not op.by_class:
            yield f"{op.source}: it leaves places between the classes of a box"
        case FullyConnected():
            yield f"{op.source}: it rounds otherwise than TFLite"
        case SignalEnergy() if (op.start, op.end) != (0, op.output.elements):
            yield f"{op.source}: it leaves energies unwritten that nobody asks for"
        case SignalFramer() if not op.prefill:
            yield f"{op.source}: it leaves frames unwritten until they are full"
        case SignalStacker() if op.right or op.step > 1:
            yield f"{op.source}: it leaves its output unwritten until that is full"
        case _:
            pass


def run_micro_steps(model: bytes, steps: Sequence[Sequence[Array]]) -> list[tuple[Array, ...]]:
    """Give the outputs of each of `steps`, one after the other: what is state is never reset.

    Inputs and outputs are as of the file; inputs that are left out are zeros. It runs in a process
    of its own: some models it does not refuse, but dies of them. Raises ToolError where it does
    either, or fails.
    """
    outputs = Model.GetRootAs(model).Subgraphs(0).OutputsLength()
    arrays = {f"{step}_{i}": x for step, each in enumerate(steps) for i, x in enumerate(each)}
    file, count = np.frombuffer(model, np.uint8), np.array(len(steps))
    with TemporaryDirectory() as folder:
        given, results = (str(Path(folder, name)) for name in ("given.npz", "results.npz"))
        np.savez(given, allow_pickle=False, model=file, steps=count, **arrays)
        command = [sys.executable, "-P", str(_WORKER), given, results, str(outputs)]
        done = subprocess.run(command, capture_output=True, check=False)
        if done.returncode != 0:
            raise _failed(done.returncode, done.stderr.decode("utf-8", "replace"))
        with np.load(results) as found:
            return [
                tuple(found[f"{step}_{index}"] for index in range(outputs))
                for step in range(len(steps))
            ]


def _failed(code: int, told: str) -> ToolError:
    reason = " ".join(told.split()) if code > 0 else f"it died of signal {-code}"
    return ToolError("tflite-micro", f"TensorFlow Lite Micro's interpreter failed: {reason}")
