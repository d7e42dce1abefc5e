"""The single operators that TensorFlow Lite Micro publishes as models, with weights of our own.

They are the pieces of a SEANet, which cleans up speech, with int16 activations and int8 weights.
Shapes, options and scales are those of the files (`integration_tests/seanet`, commit 90b983c2b),
which `python -m tests.published` runs themselves.
"""

from collections.abc import Callable, Mapping

import numpy as np

from tests.builders.tflite_writer import ModelWriter

Shape = tuple[int, ...]

_CONVOLUTIONS: tuple[tuple[Shape, Shape, int, int, float, float], ...] = (
    ((8, 166, 2), (8, 7, 7), 1, 1, 0.000881, 0.00175),
    ((4, 162, 8), (8, 3, 3), 1, 1, 0.00175, 0.00584),
    ((4, 162, 8), (16, 3, 4), 1, 2, 0.00464, 0.00863),
    ((4, 82, 16), (16, 3, 3), 1, 1, 0.00863, 0.0142),
    ((4, 82, 16), (32, 4, 4), 2, 2, 0.00596, 0.0146),
    ((3, 42, 32), (32, 3, 3), 1, 1, 0.0146, 0.00947),
    ((3, 42, 32), (32, 3, 4), 1, 2, 0.00396, 0.00269),
    ((3, 22, 32), (32, 3, 3), 1, 1, 0.00269, 0.00286),
    ((3, 22, 32), (64, 3, 4), 1, 2, 0.00208, 0.00245),
    ((3, 12, 64), (64, 3, 3), 1, 1, 0.00157, 0.00158),
    ((3, 12, 64), (64, 3, 4), 1, 2, 0.00158, 0.000807),
    ((3, 7, 64), (32, 3, 3), 1, 1, 0.000657, 0.000508),
    ((3, 7, 32), (64, 3, 3), 1, 1, 0.000456, 0.000585),
    ((3, 12, 64), (64, 3, 3), 1, 1, 0.000809, 0.00131),
    ((3, 22, 32), (32, 3, 3), 1, 1, 0.00126, 0.00196),
    ((1, 10, 64), (32, 1, 1), 1, 1, 0.00303, 0.00138),
    ((3, 42, 32), (32, 3, 3), 1, 1, 0.00508, 0.0157),
    ((4, 82, 16), (16, 3, 3), 1, 1, 0.0128, 0.0124),
    ((1, 40, 32), (16, 1, 1), 1, 1, 0.02, 0.0033),
    ((4, 162, 8), (8, 3, 3), 1, 1, 0.00749, 0.00271),
    ((2, 80, 16), (8, 1, 1), 1, 1, 0.0199, 0.00321),
    ((8, 166, 8), (2, 7, 7), 1, 1, 0.00519, 0.00117),
)
"""Input (h, w, c), kernels (out_c, h, w), stride (h, w), scales of input and output; VALID."""

_TRANSPOSED: tuple[tuple[Shape, Shape, int, int, float, float], ...] = (
    ((1, 5, 64), (64, 3, 4), 1, 2, 0.000905, 0.000958),
    ((1, 10, 64), (32, 3, 4), 1, 2, 0.00212, 0.00129),
    ((1, 20, 32), (32, 3, 4), 1, 2, 0.00358, 0.00514),
    ((1, 40, 32), (16, 4, 4), 2, 2, 0.0172, 0.0152),
    ((2, 80, 16), (8, 3, 4), 1, 2, 0.0119, 0.00813),
)
"""As `_CONVOLUTIONS`."""

_SUMS: tuple[tuple[Shape, float, float, float], ...] = (
    ((1, 5, 64), 0.000585, 0.000807, 0.00102), ((3, 12, 64), 0.000958, 0.000594, 0.000969),
    ((1, 10, 64), 0.00131, 0.00102, 0.00153), ((1, 10, 64), 0.00153, 0.00245, 0.00303),
    ((3, 22, 32), 0.00129, 0.000936, 0.00126), ((1, 20, 32), 0.00196, 0.00138, 0.00169),
    ((1, 20, 32), 0.00169, 0.00269, 0.00358), ((3, 42, 32), 0.00514, 0.00191, 0.00508),
    ((1, 40, 32), 0.0157, 0.00358, 0.0152), ((1, 40, 32), 0.0152, 0.0146, 0.02),
    ((4, 82, 16), 0.0152, 0.0106, 0.0136), ((2, 80, 16), 0.0124, 0.0033, 0.0118),
    ((2, 80, 16), 0.0118, 0.00863, 0.0199), ((4, 162, 8), 0.00813, 0.00323, 0.00974),
    ((2, 160, 8), 0.00271, 0.00321, 0.00423), ((2, 160, 8), 0.00423, 0.00175, 0.00519),
    ((2, 160, 2), 0.00117, 0.000881, 0.000698),
)  # fmt: skip
"""Shape of both, and the scales of both and of the sum."""

_DIFFERENCES: tuple[tuple[Shape, float, float, float], ...] = (
    ((2, 12, 64), 0.000969, 8.71e-06, 0.000594), ((2, 22, 32), 0.00126, 9.2e-06, 0.000936),
    ((2, 42, 32), 0.00508, 8.14e-06, 0.00191), ((2, 82, 16), 0.0136, 8.12e-06, 0.0106),
    ((2, 162, 8), 0.00974, 1.71e-07, 0.00323),
)  # fmt: skip
"""Shape of the left side, whose last dimension alone the right side has; scales."""

_LEAKY: tuple[tuple[Shape, float, float], ...] = (
    ((2, 160, 8), 0.00175, 0.00175), ((2, 160, 8), 0.00584, 0.00464),
    ((2, 80, 16), 0.00863, 0.00863), ((2, 80, 16), 0.0142, 0.00596),
    ((1, 40, 32), 0.0146, 0.0146), ((1, 40, 32), 0.00947, 0.00396),
    ((1, 20, 32), 0.00269, 0.00269), ((1, 20, 32), 0.00286, 0.00208),
    ((1, 10, 64), 0.00245, 0.00157), ((1, 10, 64), 0.00158, 0.00158),
    ((1, 5, 64), 0.000807, 0.000657), ((1, 5, 32), 0.000508, 0.000456),
    ((1, 5, 64), 0.00102, 0.000905), ((1, 10, 64), 0.000969, 0.000809),
    ((1, 10, 64), 0.00303, 0.00212), ((1, 20, 32), 0.00126, 0.00126),
    ((1, 20, 32), 0.00358, 0.00358), ((1, 40, 32), 0.00508, 0.00508),
    ((1, 40, 32), 0.02, 0.0172), ((2, 80, 16), 0.0136, 0.0128),
    ((2, 80, 16), 0.0199, 0.0119), ((2, 160, 8), 0.00974, 0.00749),
    ((2, 160, 8), 0.00519, 0.00519),
)  # fmt: skip
"""Shape, and the scales of input and output; the slope is 0.3."""

_PADDED: tuple[tuple[Shape, int], ...] = (
    ((2, 160, 2), 3), ((2, 160, 8), 1), ((2, 80, 16), 1), ((1, 40, 32), 1), ((1, 20, 32), 1),
    ((1, 10, 64), 1), ((1, 5, 64), 1), ((1, 5, 32), 1), ((2, 160, 8), 3),
)  # fmt: skip
"""Shape, and what is added on both sides of w; files that differ in their scale alone once."""

_SLICED: tuple[tuple[Shape, str, int], ...] = (
    ((8, 166, 2), "last", 6), ((4, 162, 8), "last", 2), ((4, 82, 16), "last", 2),
    ((3, 42, 32), "last", 2), ((3, 22, 32), "last", 2), ((3, 12, 64), "last", 2),
    ((3, 7, 64), "last", 2), ((3, 7, 32), "last", 2), ((8, 166, 8), "last", 6),
    ((3, 12, 64), "first", 1), ((3, 22, 32), "first", 1), ((3, 42, 32), "first", 1),
    ((4, 82, 16), "first", 2), ((4, 162, 8), "first", 2), ((1, 12, 64), "inner", 1),
    ((1, 22, 32), "inner", 1), ((1, 42, 32), "inner", 1), ((2, 82, 16), "inner", 1),
    ((2, 162, 8), "inner", 1),
)  # fmt: skip
"""Shape, and what is taken: the last or first rows, or w without its ends; scales as above."""


class _Pieces:
    """Operators beside each other, each with inputs and outputs of the model."""

    def __init__(self) -> None:
        self.writer, self.rng = ModelWriter(), np.random.default_rng(31)
        self.inputs: list[int] = []
        self.outputs: list[int] = []

    def tensor(self, shape: Shape, scale: float) -> int:
        return self.writer.tensor(shape, "int16", scale)

    def input(self, shape: Shape, scale: float) -> int:
        self.inputs.append(self.tensor(shape, scale))
        return self.inputs[-1]

    def apply(
        self, opcode: str, operands: list[int], shape: Shape, scale: float, **options: object
    ) -> None:
        self.outputs.append(self.tensor(shape, scale))
        self.writer.op(opcode, operands, [self.outputs[-1]], **options)

    def integers(self, *values: int, shape: Shape | None = None) -> int:
        return self.writer.tensor(shape or (len(values),), "int32", data=values)

    def weights(self, shape: Shape, gain: float) -> tuple[int, int]:
        """Give weights that make an output of full range, and their biases."""
        most = gain / (45 * np.sqrt(np.prod(shape[1:])))
        scales = self.rng.uniform(0.5 * most, most, shape[0]).astype(np.float32)
        data = self.rng.integers(-127, 128, shape)
        bias = self.rng.integers(-20000, 20000, shape[0])
        weight = self.writer.tensor(shape, "int8", scales, 0, 0, data)
        return weight, self.writer.tensor((shape[0],), "int64", data=bias)

    def finish(self) -> bytes:
        return self.writer.finish(self.inputs, self.outputs)


def _convolutions(first: int, last: int) -> bytes:
    made = _Pieces()
    for (h, w, in_c), kernels, stride_h, stride_w, in_scale, scale in _CONVOLUTIONS[first:last]:
        out_c, kernel_h, kernel_w = kernels
        operands = [made.input((1, h, w, in_c), in_scale)]
        operands += made.weights((*kernels, in_c), scale / in_scale)
        shape = (1, (h - kernel_h) // stride_h + 1, (w - kernel_w) // stride_w + 1, out_c)
        options = {"padding": "VALID", "stride_h": stride_h, "stride_w": stride_w}
        made.apply("CONV_2D", operands, shape, scale, **options)
    return made.finish()


def transposed_convolutions() -> bytes:
    """Give all of TRANSPOSE_CONV; the shape of the output, an input of the files, is constant."""
    made = _Pieces()
    for (h, w, in_c), kernels, stride_h, stride_w, in_scale, scale in _TRANSPOSED:
        out_c, kernel_h, kernel_w = kernels
        shape = (1, (h - 1) * stride_h + kernel_h, (w - 1) * stride_w + kernel_w, out_c)
        weight, bias = made.weights((*kernels, in_c), scale / in_scale)
        operands = [made.integers(*shape), weight, made.input((1, h, w, in_c), in_scale), bias]
        options = {"padding": "VALID", "stride_h": stride_h, "stride_w": stride_w}
        made.apply("TRANSPOSE_CONV", operands, shape, scale, **options)
    return made.finish()


def sums() -> bytes:
    """Give all of ADD and SUB."""
    made, options = _Pieces(), {"pot_scale_int16": False}
    for shape, lhs, rhs, scale in _SUMS:
        operands = [made.input((1, *shape), lhs), made.input((1, *shape), rhs)]
        made.apply("ADD", operands, (1, *shape), scale, **options)
    for shape, lhs, rhs, scale in _DIFFERENCES:
        operands = [made.input((1, *shape), lhs), made.input(shape[-1:], rhs)]
        made.apply("SUB", operands, (1, *shape), scale, **options)
    return made.finish()


def leaky_relus() -> bytes:
    """Give all of LEAKY_RELU."""
    made = _Pieces()
    for shape, in_scale, scale in _LEAKY:
        made.apply("LEAKY_RELU", [made.input((1, *shape), in_scale)], (1, *shape), scale, alpha=0.3)
    return made.finish()


def pads_and_slices() -> bytes:
    """Give all of PAD and STRIDED_SLICE."""
    made, scale = _Pieces(), 0.00175
    for (h, w, c), ends in _PADDED:
        paddings = made.integers(0, 0, 0, 0, ends, ends, 0, 0, shape=(4, 2))
        made.apply(
            "PAD", [made.input((1, h, w, c), scale), paddings], (1, h, w + 2 * ends, c), scale
        )
    for (h, w, c), part, count in _SLICED:
        begin, end, shape, begin_mask, end_mask = {
            "last": ((0, -count, 0, 0), (0, 0, 0, c), (1, count, w, c), 13, 15),
            "first": ((0, 0, 0, 0), (0, count, 0, c), (1, count, w, c), 13, 13),
            "inner": ((0, 0, count, 0), (0, 0, -count, 0), (1, h, w - 2 * count, c), 9, 11),
        }[part]
        ends = [made.integers(*begin), made.integers(*end), made.integers(1, 1, 1, 1)]
        masks = {"begin_mask": begin_mask, "end_mask": end_mask}
        made.apply("STRIDED_SLICE", [made.input((1, h, w, c), scale), *ends], shape, scale, **masks)
    return made.finish()


PIECES: Mapping[str, Callable[[], bytes]] = {
    "wide_convolutions": lambda: _convolutions(0, 8),
    "deep_convolutions": lambda: _convolutions(8, 22),
    "transposed_convolutions": transposed_convolutions,
    "sums": sums,
    "leaky_relus": leaky_relus,
    "pads_and_slices": pads_and_slices,
}
"""What builds models of many operators of one kind."""
