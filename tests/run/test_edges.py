"""Values at the edges: against the interpreter's own QUANTIZE and DEQUANTIZE, and bad files."""

import importlib
import pickle
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders.tflite_writer import Spec, one_op_model
from tests.support import require_module
from tinyengine.errors import UsageError
from tinyengine.importers.tflite import parse
from tinyengine.ir import DType
from tinyengine.report.report import PortEntry
from tinyengine.run.edges import Port, from_device, load_npy, to_device

PORT = Port(
    name="image",
    shape=(1, 2, 3),
    dtype=DType.INT8,
    model_dtype=DType.FLOAT32,
    scale=0.5,
    zero_point=-3,
)
INT8_PORT = replace(PORT, model_dtype=DType.INT8)


def interpret(model: bytes, values: np.ndarray) -> np.ndarray:
    """Give what the interpreter's reference kernels make of `values`."""
    require_module("ai_edge_litert")
    litert = importlib.import_module("ai_edge_litert.interpreter")
    interpreter = litert.Interpreter(
        model_content=model, experimental_op_resolver_type=litert.OpResolverType.BUILTIN_REF
    )
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], values)
    interpreter.invoke()
    return interpreter.get_tensor(interpreter.get_output_details()[0]["index"])


dtypes = st.sampled_from([DType.INT8, DType.UINT8, DType.INT16])
scales = st.floats(-20.0, 10.0).map(lambda exponent: float(np.float32(2.0**exponent)))


def port_of(dtype: DType, scale: float, zero_point: float, length: int) -> Port:
    """Give a port; `zero_point` in [0, 1] spans what the type can hold (int16: 0)."""
    low, high = dtype.limits
    return Port(
        name="x",
        shape=(length,),
        dtype=dtype,
        model_dtype=DType.FLOAT32,
        scale=scale,
        zero_point=0 if dtype is DType.INT16 else round(low + zero_point * (high - low)),
    )


@given(dtypes, scales, st.floats(0, 1), st.integers(0, 2**32 - 1))
def test_quantization_equals_the_interpreter(dtype, scale, zero_point, seed):
    random = np.random.default_rng(seed)
    steps = np.concatenate(
        [
            random.integers(-70000, 70000, 40) / 2,  # halves, which round away from zero
            random.normal(0, 200, 40),
            np.array([0.0, -0.0, 0.5, -0.5, 0.49999997, -0.49999997, 1e-30, 2.0**30]),
        ]
    )
    values = (steps.astype(np.float32) * np.float32(scale)).astype(np.float32)
    port = port_of(dtype, scale, zero_point, len(values))
    model = one_op_model(
        "QUANTIZE",
        [Spec(shape=port.shape, dtype="float32")],
        Spec(shape=port.shape, dtype=dtype.value, scale=port.scale, zero_point=port.zero_point),
    )
    np.testing.assert_array_equal(to_device(values, port), interpret(model, values))


@given(dtypes, scales, st.floats(0, 1), st.integers(0, 2**32 - 1))
def test_dequantization_equals_the_interpreter(dtype, scale, zero_point, seed):
    low, high = dtype.limits
    values = np.random.default_rng(seed).integers(low, high + 1, 300).astype(dtype.numpy)
    port = port_of(dtype, scale, zero_point, len(values))
    model = one_op_model(
        "DEQUANTIZE",
        [Spec(shape=port.shape, dtype=dtype.value, scale=port.scale, zero_point=port.zero_point)],
        Spec(shape=port.shape, dtype="float32"),
    )
    ours = from_device(values.tobytes(), port)
    assert ours.dtype == np.float32
    np.testing.assert_array_equal(ours, interpret(model, values))


def test_halves_round_away_from_zero_and_the_ends_clamp():
    # real / 0.5 - 3: 0.25 is half a step, which rounds to 1, not to the even 0.
    values = np.float32([[[0.25, -0.25, 0.75], [1e6, -1e6, 0]]])
    np.testing.assert_array_equal(to_device(values, PORT), [[[-2, -4, -1], [127, -128, -3]]])


def test_integer_edges_are_passed_through():
    values = np.asfortranarray(np.arange(6, dtype=np.int8).reshape(1, 2, 3))
    assert to_device(values, INT8_PORT).tobytes() == bytes(range(6))
    np.testing.assert_array_equal(from_device(bytes(range(6)), INT8_PORT), values)


def test_output_is_the_callers_own():
    from_device(bytes(6), INT8_PORT)[0, 0, 0] = 1


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_values_that_are_no_numbers_are_refused(bad):
    with pytest.raises(UsageError) as caught:
        to_device(np.float32([[[0, 0, bad], [0, 0, 0]]]), PORT)
    assert str(caught.value) == "error: input 'image': has values that are NaN or infinite"


@pytest.mark.parametrize("bad", [3e38, -3e38, 2.0**30, -(2.0**30) - 256])
def test_values_beyond_the_references_integers_are_refused(bad):
    port = replace(PORT, zero_point=3)
    with pytest.raises(UsageError, match=r"far outside what scale 0\.5 can express"):
        to_device(np.float32([[[0, 0, bad], [0, 0, 0]]]), port)


def test_port_comes_from_a_graph_or_a_report():
    model = one_op_model(
        "QUANTIZE",
        [Spec(shape=(1, 4), dtype="int8", scale=0.1, zero_point=5)],
        Spec(shape=(1, 4), dtype="int8", scale=0.2, zero_point=-7),
    )
    port = Port.from_edge(parse(model, "m").inputs[0])
    assert (port.shape, port.dtype, port.model_dtype) == ((1, 4), DType.INT8, DType.INT8)
    assert (port.scale, port.zero_point) == (float(np.float32(0.1)), 5)
    entry = PortEntry(
        name=port.name,
        shape=(1, 4),
        dtype=DType.INT8,
        model_dtype=DType.INT8,
        scale=port.scale,
        zero_point=5,
        offset=0,
        bank=0,
        nbytes=4,
    )
    assert Port.from_entry(entry) == port


def save(path, array):
    np.save(path, array, allow_pickle=True)
    return path


def test_npy_of_the_right_kind_is_read(tmp_path):
    values = np.arange(6, dtype=np.float32).reshape(1, 2, 3)
    for variant in (values, np.asfortranarray(values), values.astype(">f4")):
        got = load_npy(save(tmp_path / "x.npy", variant), PORT)
        assert got.dtype == np.float32
        assert got.flags.c_contiguous
        np.testing.assert_array_equal(got, values)


@pytest.mark.parametrize(
    ("array", "problem"),
    [
        (np.zeros((1, 3, 2), np.float32), r"has the shape \(1, 3, 2\), input 'image' takes \(1, 2"),
        (np.float32(1), r"has the shape \(\), input"),
        (np.zeros((1, 2, 3)), "holds float64, input 'image' takes float32\n  hint: save it with"),
        (np.zeros((1, 2, 3), np.int8), "holds int8, input 'image' takes float32\n  hint: give flo"),
        (np.zeros((1, 2, 3), np.complex64), "holds complex64"),
        (np.array([[[1, 2, 3], [4, 5, None]]], object), r"is no complete \.npy file of numbers"),
        (np.zeros((0, 2, 3), np.float32), r"(has the shape \(0, 2, 3\)|is no complete)"),
    ],
)
def test_npy_of_another_kind_is_refused(tmp_path, array, problem):
    with pytest.raises(UsageError, match=problem):
        load_npy(save(tmp_path / "x.npy", array), PORT)


def test_broken_files_are_refused(tmp_path):
    whole = save(tmp_path / "x.npy", np.zeros((1, 2, 3), np.float32)).read_bytes()
    path = tmp_path / "broken.npy"
    huge = whole.replace(b"(1, 2, 3)", b"(1, 9**9)") + bytes(64)
    large = whole.replace(b"(1, 2, 3), }      ", b"(99999999999999,), }")
    contents = [whole[:n] for n in (0, 3, 6, 9, 40, 100, len(whole) - 1)]
    contents += [
        whole.replace(b"}", b"{"),
        whole.replace(b"'shape'", b"b'shap'"),
        huge,
        large,
        b"PK\x03\x04" + bytes(50),
        pickle.dumps([1, 2]),
        b"text",
    ]
    for content in contents:
        path.write_bytes(content)
        with pytest.raises(UsageError, match=r"broken\.npy"):
            load_npy(path, PORT)
    with pytest.raises(UsageError, match=r"none\.npy: cannot be read: No such file"):
        load_npy(tmp_path / "none.npy", PORT)
    with pytest.raises(UsageError, match=r"cannot be read: it is a directory, not a file"):
        load_npy(tmp_path, PORT)


def test_archive_of_arrays_is_refused(tmp_path):
    np.savez(tmp_path / "x.npz", a=np.zeros(3))
    with pytest.raises(
        UsageError, match=r"is an archive of arrays\n  hint: give one \.npy file per"
    ):
        load_npy(tmp_path / "x.npz", PORT)
