"""Models with state take a hundred steps on six boards' cores as the interpreter does."""

from pathlib import Path

import numpy as np
import pytest

from tests.builders.streams import STREAMS
from tests.models.figures import BOARDS
from tests.support import require_module, require_tool
from tinyengine import api
from tinyengine.importers.tflite import parse
from tinyengine.reference import run
from tinyengine.reference.execute import first_states
from tinyengine.reference.interpreter import run_interpreter_steps
from tinyengine.reference.micro import run_micro_steps

STEPS = 100

MICRO = ("stream_lstm_int16",)
"""What LiteRT has no kernels of, and TFLite Micro has."""


def require_judge(name: str) -> str:
    """Give who is asked beside numpy."""
    require_module("tflite_micro" if name in MICRO else "ai_edge_litert")
    return "micro" if name in MICRO else "interpreter"


@pytest.mark.parametrize("name", STREAMS)
def test_a_hundred_steps_are_the_interpreters(name: str) -> None:
    run_steps = run_micro_steps if require_judge(name) == "micro" else run_interpreter_steps
    model, rng = STREAMS[name](), np.random.default_rng(0)
    graph = parse(model, f"{name}.tflite")
    x, states = graph.input_tensors[0], first_states(graph)
    least, most = x.dtype.limits
    steps = [[rng.integers(least, most + 1, x.shape).astype(x.dtype.numpy)] for _ in range(STEPS)]
    right = np.stack([scores for (scores,) in run_steps(model, steps)])
    mine = np.stack([run(graph, inputs, states)[0] for inputs in steps])
    np.testing.assert_array_equal(mine, right)
    assert len(np.unique(right.argmax(axis=-1))) > 1  # what was heard before matters


@pytest.mark.slow
@pytest.mark.parametrize("board", BOARDS)
@pytest.mark.parametrize("name", STREAMS)
def test_a_hundred_steps_on_a_core_are_the_interpreters(
    name: str, board: str, tmp_path: Path
) -> None:
    judge = require_judge(name)
    require_tool("arm-none-eabi-gcc")
    require_tool("qemu-system-arm")
    file = tmp_path / f"{name}.tflite"
    file.write_bytes(STREAMS[name]())
    verdict = api.compile(file, board=board).validate(samples=1, steps=STEPS)
    assert verdict.bit_exact and verdict.references == ("numpy", judge)
