"""Batches and groups: the interpreter, the reference and what the passes make of them agree."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.builders.tflite_writer import Spec, one_op_model
from tests.properties.agreement import interpret, seeds, values_of, zero_points
from tinyengine.board import Isa
from tinyengine.importers.tflite import parse
from tinyengine.ir import Conv2D
from tinyengine.kernels.choose.selection import unsupported
from tinyengine.passes import run_passes
from tinyengine.reference import run

images = st.tuples(st.integers(1, 3), st.integers(1, 6), st.integers(1, 6))


def check(model: bytes, seed: int) -> None:
    """Check interpreter = reference = reference after passes, and that kernels have it all."""
    graph = parse(model, "model.tflite")
    inputs = [values_of(t.shape, t.dtype.value, seed) for t in graph.input_tensors]
    expected = interpret(model, inputs)
    np.testing.assert_array_equal(run(graph, inputs)[0], expected)
    split = run_passes(graph)
    np.testing.assert_array_equal(run(split, inputs)[0], expected)
    assert all(op.groups == 1 for op in split.ops if isinstance(op, Conv2D))
    assert unsupported(split, Isa.BASE) == ()


@st.composite
def convolutions(draw: st.DrawFn) -> bytes:
    batches, height, width = draw(images)
    groups, depth = draw(st.integers(1, 5)), draw(st.integers(1, 4))
    out_c = groups * draw(st.integers(1, 4))
    kernel = (out_c, draw(st.integers(1, 3)), draw(st.integers(1, 3)), depth)
    stride = draw(st.integers(1, 2))
    seed = draw(seeds)
    weight = Spec(
        shape=kernel,
        scale=np.linspace(0.01, 0.02, out_c),
        data=values_of(kernel, "int8", seed).clip(-127, 127),
    )
    bias = Spec(shape=(out_c,), dtype="int32", data=np.arange(out_c) * 100)
    source = Spec(shape=(batches, height, width, groups * depth), scale=0.5, zero_point=3)
    out_h, out_w = -(-height // stride), -(-width // stride)
    result = Spec(shape=(batches, out_h, out_w, out_c), scale=2.0, zero_point=draw(zero_points))
    options = {"padding": "SAME", "stride_h": stride, "stride_w": stride}
    return one_op_model("CONV_2D", [source, weight, bias], result, **options)


@given(model=convolutions(), seed=seeds)
def test_grouped_convolutions_of_batches_agree(model: bytes, seed: int) -> None:
    check(model, seed)


@given(image=images, channels=st.integers(1, 5), opcode=st.integers(0, 4), seed=seeds)
def test_other_windows_and_resizing_of_batches_agree(
    image: tuple[int, int, int], channels: int, opcode: int, seed: int
) -> None:
    source = Spec(shape=(*image, channels), scale=0.5, zero_point=3)
    name = ("AVERAGE_POOL_2D", "MAX_POOL_2D", "DEPTHWISE_CONV_2D", "RESIZE_BILINEAR",
            "RESIZE_NEAREST_NEIGHBOR")[opcode]  # fmt: skip
    if name.startswith("RESIZE"):
        size = Spec(shape=(2,), dtype="int32", data=[5, 3])
        result = Spec(shape=(image[0], 5, 3, channels), scale=0.5, zero_point=3)
        check(one_op_model(name, [source, size], result, half_pixel_centers=True), seed)
        return
    options = {"padding": "SAME", "stride_h": 1, "stride_w": 1}
    operands: list[Spec | None] = [source]
    if name == "DEPTHWISE_CONV_2D":
        kernel = values_of((1, 3, 3, channels), "int8", seed).clip(-127, 127)
        weight = Spec(shape=kernel.shape, scale=np.full(channels, 0.02), axis=3, data=kernel)
        operands += [weight, Spec(shape=(channels,), dtype="int32", data=np.arange(channels))]
        options["depth_multiplier"] = 1
    else:
        options |= {"filter_height": 2, "filter_width": 3}
    check(one_op_model(name, operands, source, **options), seed)
