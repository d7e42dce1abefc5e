"""Graphs of any size as TFLite files: chains, branches side by side, trees and random graphs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from tests.builders.tflite_writer import ModelWriter

_SHAPE = [1, 8, 8, 4]


@dataclass(eq=False)
class _Drawing:
    """A graph of int8 [1, 8, 8, 4] tensors that grows operator by operator from one input."""

    writer: ModelWriter = field(default_factory=ModelWriter)
    random: np.random.Generator = field(default_factory=lambda: np.random.default_rng(0))

    def __post_init__(self) -> None:
        self.image = self.tensor()

    def tensor(self, channels: int = _SHAPE[-1]) -> int:
        return self.writer.tensor([*_SHAPE[:-1], channels], scale=0.05, zero_point=1)

    def add(self, lhs: int, rhs: int) -> int:
        output = self.tensor()
        self.writer.op("ADD", [lhs, rhs], [output])
        return output

    def conv(self, source: int) -> int:
        """Add a convolution 1x1 with weights of its own."""
        channels = _SHAPE[-1]
        weight = self.writer.tensor(
            [channels, 1, 1, channels],
            scale=[0.01] * channels,
            data=self.random.integers(-127, 128, (channels, 1, 1, channels)),
        )
        bias = self.writer.tensor(
            [channels], "int32", data=self.random.integers(-100, 100, channels)
        )
        output = self.tensor()
        self.writer.op(
            "CONV_2D", [source, weight, bias], [output], padding="SAME", stride_h=1, stride_w=1
        )
        return output

    def sum(self, tensors: Sequence[int]) -> int:
        """Add all `tensors` up, one after the other."""
        total = tensors[0]
        for tensor in tensors[1:]:
            total = self.add(total, tensor)
        return total

    def finish(self, output: int) -> bytes:
        return self.writer.finish([self.image], [output])


def chain(count: int) -> bytes:
    """Give a chain of `count` sums, each of the one before with itself."""
    drawing = _Drawing()
    last = drawing.image
    for _ in range(count):
        last = drawing.add(last, last)
    return drawing.finish(last)


def convolutions(count: int) -> bytes:
    """Give a chain of `count` convolutions."""
    drawing = _Drawing()
    last = drawing.image
    for _ in range(count):
        last = drawing.conv(last)
    return drawing.finish(last)


def branches(count: int) -> bytes:
    """Give `count` convolutions of the input side by side, concatenated."""
    drawing = _Drawing()
    ends = [drawing.conv(drawing.image) for _ in range(count)]
    output = drawing.tensor(_SHAPE[-1] * count)
    drawing.writer.op("CONCATENATION", ends, [output], axis=3)
    return drawing.finish(output)


def tree(count: int) -> bytes:
    """Give a binary tree of sums over convolutions, of `count` operators, about."""
    drawing = _Drawing()
    level = [drawing.conv(drawing.image) for _ in range((count + 1) // 2)]
    while len(level) > 1:
        pairs = zip(level[::2], level[1::2], strict=False)
        rest = level[-1:] if len(level) % 2 else []
        level = [drawing.add(lhs, rhs) for lhs, rhs in pairs] + rest
    return drawing.finish(level[0])


def random_dag(count: int) -> bytes:
    """Give `count` convolutions and sums of whatever came before, and the sum of all ends."""
    drawing, random = _Drawing(), np.random.default_rng(1)
    tensors, unread = [drawing.image], dict[int, None]()
    for _ in range(count):
        lhs, rhs = (tensors[int(index)] for index in random.integers(0, len(tensors), 2))
        is_sum = random.random() < 0.5
        tensors.append(drawing.add(lhs, rhs) if is_sum else drawing.conv(lhs))
        for read in (lhs, rhs) if is_sum else (lhs,):
            unread.pop(read, None)
        unread[tensors[-1]] = None
    return drawing.finish(drawing.sum(list(unread)))


SHAPES: Mapping[str, Callable[[int], bytes]] = {
    "chain": chain,
    "convolutions": convolutions,
    "branches": branches,
    "tree": tree,
    "random": random_dag,
}
"""How graphs of so many operators, about, are built."""
