"""SVDF and LSTM: interpreter, reference and C agree step by step, on host and on cores."""

from contextlib import nullcontext

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders.stateful import Recurrent, lstm_model, svdf_model
from tests.importers.test_refusals import refusal
from tests.kernels import host
from tests.kernels.emulated import on_core
from tests.properties.agreement import seeds, values_of, zero_points
from tests.support import require_module
from tinyengine.board.types import Isa
from tinyengine.importers.tflite import parse
from tinyengine.ir import count_macs
from tinyengine.kernels.dsp.recurrent import KERNELS as DSP
from tinyengine.kernels.mve.recurrent import KERNELS as MVE
from tinyengine.kernels.ref.recurrent import KERNELS
from tinyengine.reference import fixed_point_s16
from tinyengine.reference.execute import execute, first_states
from tinyengine.reference.interpreter import run_interpreter_steps

STEPS = 4
CORES = ["cortex-m0", "cortex-m3", "cortex-m4", "cortex-m7", "cortex-m33", "cortex-m55"]

recurrent = st.builds(
    Recurrent,
    seed=seeds,
    batch=st.integers(1, 3),
    width=st.integers(1, 20),
    zero_point=zero_points,
    out_zero_point=zero_points,
)


@st.composite
def svdf_models(draw: st.DrawFn) -> bytes:
    rank = draw(st.integers(1, 3))
    return svdf_model(
        draw(recurrent),
        filters=rank * draw(st.integers(1, 6)),
        memory=draw(st.integers(1, 9)),
        rank=rank,
        bias=draw(st.booleans()),
        out_scale=draw(st.sampled_from([0.03, 0.3, 1.0])),
    )


@st.composite
def lstm_models(draw: st.DrawFn) -> bytes:
    cells = draw(st.integers(1, 12))
    projection = draw(st.just(0) | st.integers(1, 12))
    return lstm_model(
        draw(recurrent),
        cells=cells,
        steps=draw(st.integers(1, 4)),
        time_major=draw(st.booleans()),
        input_gate=draw(st.booleans()),
        peepholes=draw(st.booleans()) and projection in (0, cells),
        projection=projection,
        cell_bits=draw(st.integers(0, 6)),
        cell_clip=draw(st.sampled_from([0.0, 0.7])),
        projection_clip=draw(st.sampled_from([0.0, 0.4])),
    )


def check_steps(model: bytes, seed: int, cpu: str | None = None) -> None:
    """Check interpreter = reference = kernels, every step, on a core or under sanitizers."""
    require_module("ai_edge_litert")
    isas = {None: set(Isa), "cortex-m55": {Isa.BASE, Isa.MVE}}.get(cpu, {Isa.BASE, Isa.DSP})
    isas = {Isa.BASE} if cpu in ("cortex-m0", "cortex-m3") else isas
    graph = parse(model, "model.tflite")
    (op,), (tensor,) = graph.ops, graph.input_tensors
    inputs = [values_of(tensor.shape, "int8", seed + step) for step in range(STEPS)]
    states = first_states(graph)
    begin = [states[state] for state in op.states]
    right = run_interpreter_steps(model, [[x] for x in inputs])
    for x, (expected,) in zip(inputs, right, strict=True):
        np.testing.assert_array_equal(execute(graph, [x], states)[op.output], expected)
    for kernel in (each for each in (*KERNELS, *DSP, *MVE) if each.op is type(op)):
        if not kernel.declines(op) and kernel.isa in isas:
            with nullcontext() if cpu is None else on_core(cpu):
                outputs = host.take_steps(kernel, op, [[x] for x in inputs], begin)
            for (output,), (expected,) in zip(outputs, right, strict=True):
                np.testing.assert_array_equal(output, expected, kernel.function)


@given(model=svdf_models() | lstm_models(), seed=seeds)
def test_steps_agree(model: bytes, seed: int) -> None:
    check_steps(model, seed)


@pytest.mark.parametrize("cpu", CORES)
@settings(max_examples=2, deadline=None)
@given(svdf=svdf_models(), lstm=lstm_models(), seed=seeds)
def test_steps_agree_on_a_core(cpu: str, svdf: bytes, lstm: bytes, seed: int) -> None:
    check_steps(svdf, seed, cpu)
    check_steps(lstm, seed, cpu)


@pytest.mark.parametrize("bits", range(8))
def test_functions_are_within_a_few_units_of_real_ones(bits: int) -> None:
    raw = np.arange(-32768, 32768)
    if bits == 7:
        found, exact = fixed_point_s16.logistic(raw), 1 / (1 + np.exp(-raw / 2.0**12))
    else:
        found, exact = fixed_point_s16.tanh(raw, bits), np.tanh(raw / 2.0 ** (15 - bits))
    assert np.abs(found - 32768 * exact).max() < 16
    assert found.min() >= -32767 and found.max() <= 32767


def test_multiplications_are_counted() -> None:
    (lstm,) = parse(lstm_model(Recurrent(width=5), cells=6, steps=3), "m.tflite").ops
    assert count_macs(lstm) == 3 * 4 * 6 * (5 + 6)
    (svdf,) = parse(svdf_model(Recurrent(width=5), filters=6, memory=4), "m.tflite").ops
    assert count_macs(svdf) == 6 * 5 + 6 * 4


def test_peepholes_beside_a_projection_of_another_size_are_refused() -> None:
    # The interpreter takes the number of outputs for that of cells there.
    model = lstm_model(Recurrent(), cells=6, projection=3, peepholes=True)
    assert "6 cells have peepholes beside a projection to 3 outputs" in refusal(model)


def test_an_svdf_that_keeps_int8_is_refused() -> None:
    # The interpreter reads it as int16.
    assert "time weight 'tensor_2' is int8; it must be int16" in refusal(
        svdf_model(Recurrent(), dtype="int8")
    )
