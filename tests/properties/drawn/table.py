"""The table: for each operator and width of its tensors, random models of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tests.operators_page import ours
from tests.properties.drawn import dense, elementwise, movement, reduction, signal
from tests.properties.drawn.draw import Draw, Sample, Sampler
from tinyengine.errors import ModelError
from tinyengine.importers.tflite import parse
from tinyengine.importers.tflite.detection import DETECTION

SAMPLERS: Mapping[str, Sampler] = {
    **dense.SAMPLERS,
    **elementwise.SAMPLERS,
    **movement.SAMPLERS,
    **reduction.SAMPLERS,
    **signal.SAMPLERS,
}
"""What draws a model of each operator."""

NARROW = dict.fromkeys(
    ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "TRANSPOSE_CONV"), ("int4",)
)
"""The operators that have weights narrower than int8, and the types of those."""

TRIES = 40
"""Draws until the importer takes one: some scales and shapes are refused with a reason."""


@dataclass(frozen=True, order=True)
class Width:
    """An operator and the types of its activations and of its weights."""

    opcode: str
    dtype: str
    weights: str = "int8"

    def __str__(self) -> str:
        narrow = f" weights {self.weights}" if self.weights not in ("int8", self.dtype) else ""
        return f"{self.opcode} {self.dtype}{narrow}"


def widths(types: Mapping[str, tuple[str, ...]]) -> Iterator[Width]:
    """Give every operator of `types` in every type of its own, and with every type of weights."""
    for opcode, accepted in types.items():
        for dtype in accepted:
            yield Width(opcode, dtype, "uint8" if dtype == "uint8" else "int8")
            for weights in NARROW.get(opcode, ()) if dtype == "int8" else ():
                yield Width(opcode, dtype, weights)


TYPES = {
    name: tuple(each.value for each in types)
    for name, types in ours().items()
    if name not in DETECTION
}
"""The types of activations of every operator that is compiled.

But for those that need not be bit-exact: test_detection.py has their rule.
"""

WIDTHS = tuple(widths(TYPES))


def draw_sample(width: Width, seed: int) -> Sample:
    """Give a model that the importer takes; the same for a seed."""
    for number in range(TRIES):
        draw = Draw(seed * TRIES + number, width.opcode, width.dtype, width.weights)
        sample = SAMPLERS[width.opcode](draw)
        try:
            parse(sample.model, "model.tflite")
        except ModelError as error:
            refusal = str(error)
        else:
            return sample
    raise AssertionError(f"{width}: none of {TRIES} models is taken, the last for\n{refusal}")
