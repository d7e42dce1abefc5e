"""SVDF and LSTM: interpreter, reference and C agree step by step, on host and on cores."""

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace

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
from tinyengine.ir import LSTM, Array, DType, Op, count_macs
from tinyengine.kernels.registry import KERNELS, accepts
from tinyengine.reference import fixed_point_s16
from tinyengine.reference.execute import execute, first_states
from tinyengine.reference.interpreter import run_interpreter_steps
from tinyengine.reference.micro import run_micro_steps

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
        norms=draw(st.booleans()),
        biases=draw(st.sampled_from([4000, 10**7])),
    )


@st.composite
def wide_lstm_models(draw: st.DrawFn) -> bytes:
    width = draw(st.integers(1, 40) | st.integers(600, 700))
    return lstm_model(
        replace(draw(recurrent), width=width),
        cells=draw(st.integers(1, 12)),
        steps=draw(st.integers(1, 4)),
        time_major=draw(st.booleans()),
        cell_bits=draw(st.integers(0, 6)),
        cell_clip=draw(st.sampled_from([0.0, 0.7])),
        dtype="int16",
        biases=draw(st.sampled_from([2**20, 2**20, 2**33])),
    )


def check_steps(model: bytes, seed: int, cpu: str | None = None) -> None:
    """Check interpreter = reference = kernels, every step, on a core or under sanitizers."""
    isas = {None: set(Isa), "cortex-m55": {Isa.BASE, Isa.MVE}}.get(cpu, {Isa.BASE, Isa.DSP})
    isas = {Isa.BASE} if cpu in ("cortex-m0", "cortex-m3") else isas
    graph = parse(model, "model.tflite")
    (op,), (tensor,) = graph.ops, graph.input_tensors
    inputs = [values_of(tensor.shape, tensor.dtype.value, seed + step) for step in range(STEPS)]
    states = first_states(graph)
    begin = [states[state] for state in op.states]
    right = _right(op, model, [[x] for x in inputs])
    for x, (expected,) in zip(inputs, right, strict=True):
        np.testing.assert_array_equal(execute(graph, [x], states)[op.output], expected)
    for kernel in (each for each in KERNELS if each.op is type(op)):
        if not kernel.declines(op) and kernel.isa in isas:
            with nullcontext() if cpu is None else on_core(cpu):
                outputs = host.take_steps(kernel, op, [[x] for x in inputs], begin)
            for (output,), (expected,) in zip(outputs, right, strict=True):
                np.testing.assert_array_equal(output, expected, kernel.function)


def _right(op: Op, model: bytes, steps: Sequence[Sequence[Array]]) -> list[tuple[Array, ...]]:
    """Give what the interpreter computes that takes `op`: of an LSTM of int16, TFLite Micro's."""
    if isinstance(op, LSTM) and op.input.dtype is DType.INT16:
        require_module("tflite_micro")
        return run_micro_steps(model, steps)
    require_module("ai_edge_litert")
    return run_interpreter_steps(model, steps)


@given(model=svdf_models() | lstm_models(), seed=seeds)
def test_steps_agree(model: bytes, seed: int) -> None:
    check_steps(model, seed)


@pytest.mark.parametrize("cpu", CORES)
@settings(max_examples=2, deadline=None)
@given(svdf=svdf_models(), lstm=lstm_models(), wide=wide_lstm_models(), seed=seeds)
def test_steps_agree_on_a_core(cpu: str, svdf: bytes, lstm: bytes, wide: bytes, seed: int) -> None:
    for model in (svdf, lstm, wide):
        check_steps(model, seed, cpu)


@pytest.mark.slow
@settings(max_examples=12, deadline=None)
@given(model=wide_lstm_models(), seed=seeds)
def test_steps_of_int16_agree(model: bytes, seed: int) -> None:
    check_steps(model, seed)


@pytest.mark.parametrize(
    ("width", "biases", "function"),
    # 600 weights of 64 on average: 600 * 64 * 2^15 is half of 2^31; 1,500 are more than that.
    [
        (600, 2**20, "te_lstm_s16"),
        (1500, 2**20, "te_lstm_s16_wide"),
        (5, 2**33, "te_lstm_s16_wide"),
    ],
)
def test_sums_have_64_bits_where_they_need_them(width: int, biases: int, function: str) -> None:
    model = lstm_model(Recurrent(width=width), steps=2, dtype="int16", biases=biases)
    (op,) = parse(model, "model.tflite").ops
    portable = [k.function for k in KERNELS if k.isa is Isa.BASE and accepts(k, op)]
    assert portable == [function]
    check_steps(model, seed=1)


def test_an_lstm_of_int16_with_peepholes_is_refused() -> None:
    # TFLite Micro has none, and LiteRT no LSTM of int16.
    model = lstm_model(Recurrent(), dtype="int16", peepholes=True)
    assert (
        "with int16 activations it has coupled gates, peepholes, norms or a projection"
        in refusal(model)
    )


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
