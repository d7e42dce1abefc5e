"""When a model is compared with TFLite Micro's interpreter, and when that would mean nothing."""

import numpy as np
import pytest

from tests.builders.tflite_writer import ModelWriter, Spec, one_op_model
from tests.properties.signals import signal_model
from tests.support import require_module
from tinyengine.errors import ToolError
from tinyengine.importers.tflite import parse
from tinyengine.reference.micro import micro_takes, run_micro_steps, unlike_micro

X = Spec(shape=(1, 4), scale=0.5)
FRAMES = ([((1, 2), "int16")], [], [((1, 1, 3), "int16"), ((), "bool")])


def framer(prefill: bool) -> bytes:
    return signal_model("SignalFramer", *FRAMES, frame_size=3, frame_step=2, prefill=prefill)


def connected() -> bytes:
    writer = ModelWriter()
    x, y = (writer.tensor([1, 4], scale=0.5) for _ in range(2))
    weight = writer.tensor([4, 4], scale=0.5, data=np.eye(4, dtype=np.int8))
    writer.op("FULLY_CONNECTED", [x, weight, -1], [y])
    return writer.finish([x], [y])


def test_what_it_leaves_unwritten_or_rounds_otherwise_is_not_compared() -> None:
    assert unlike_micro(parse(framer(prefill=True), "m.tflite")) == ""
    unwritten = unlike_micro(parse(framer(prefill=False), "m.tflite"))
    assert unwritten.startswith("op 0 SignalFramer 'result_0': it leaves frames unwritten")
    rounded = unlike_micro(parse(connected(), "m.tflite"))
    assert rounded == "op 0 FULLY_CONNECTED 'tensor_1': it rounds otherwise than TFLite"


def test_states_are_kept_from_step_to_step() -> None:
    require_module("tflite_micro")
    steps = [[np.array([[1, 2]], np.int16)], [np.array([[3, 4]], np.int16)]]
    given = run_micro_steps(framer(prefill=True), steps)
    assert [frame.reshape(-1).tolist() for frame, _ in given] == [[0, 1, 2], [2, 3, 4]]


def test_what_it_does_not_take_is_a_tool_error() -> None:
    require_module("tflite_micro")
    with pytest.raises(ToolError, match="TensorFlow Lite Micro's interpreter failed"):
        run_micro_steps(signal_model("Magic", *FRAMES), [])


def test_inputs_are_in_their_order_and_steps_in_theirs() -> None:
    require_module("tflite_micro")
    model = one_op_model("SUB", [X, X], X)
    steps = [[np.full((1, 4), 8, np.int8), np.full((1, 4), y, np.int8)] for y in (2, 5)]
    ((first,), (second,)) = run_micro_steps(model, steps)
    assert first.tolist() == [[6] * 4] and second.tolist() == [[3] * 4]


def test_a_model_that_it_refuses_only_when_it_runs_is_not_its_to_judge() -> None:
    require_module("tflite_micro")
    assert not micro_takes(one_op_model("NEG", [X], X))
    with pytest.raises(ToolError, match=r"interpreter failed: .*NEG .*failed to invoke"):
        run_micro_steps(one_op_model("NEG", [X], X), [()])


def test_a_model_that_it_dies_of_is_not_its_to_judge() -> None:
    require_module("tflite_micro")
    image = Spec(shape=(1, 4, 4, 2), scale=0.5)
    weight = Spec(shape=(1, 3, 3, 2), scale=0.01, data=np.ones((1, 3, 3, 2)))
    window = {"padding": "SAME", "stride_h": 1, "stride_w": 1, "depth_multiplier": 1}
    model = one_op_model("DEPTHWISE_CONV_2D", [image, weight, None], image, **window)
    with pytest.raises(ToolError, match="interpreter failed: it died of signal 11"):
        run_micro_steps(model, [()])
    assert not micro_takes(model)
