"""Samples made from nothing, where a user has none.

Images are smooth random fields of several sizes with some noise, anything else is smooth noise
along its last two dimensions. They fill the range that inputs usually have; what the network makes
of them tells the ranges of its activations roughly.
"""

import numpy as np

from tinyengine.ir import Graph
from tinyengine.quantize.data import Samples
from tinyengine.reference.floats import Floats

COUNT = 48

_LEAST = 8
_MOST_VALUES = 1 << 24
"""Values of all samples of an input."""


def synthetic_samples(graph: Graph, low: float, high: float, seed: int = 0) -> Samples:
    """Give COUNT samples with values in [low, high] for every input of `graph`.

    There are fewer where the inputs are so large that COUNT would take much memory.
    """
    rng = np.random.default_rng(seed)
    largest = max((edge.tensor.elements for edge in graph.inputs), default=1)
    count = max(_LEAST, min(COUNT, _MOST_VALUES // largest))
    inputs = tuple(_fields(edge.tensor.shape, rng, (low, high), count) for edge in graph.inputs)
    return Samples(inputs=inputs)


def _fields(
    shape: tuple[int, ...], rng: np.random.Generator, ends: tuple[float, float], count: int
) -> Floats:
    low, high = ends
    inner = shape[1:] if shape[:1] == (1,) else shape
    height, width, channels = (1,) * (3 - len(inner)) + inner if len(inner) <= 3 else (1, 1, 0)
    if not channels:
        made = rng.uniform(low, high, (count, *inner))
        return np.asarray(made, np.float32)
    fields = [_field(rng, height, width, channels, index) for index in range(count)]
    unit = np.stack(fields).reshape(count, *inner)
    return np.asarray(low + (high - low) * unit, np.float32)


def _field(rng: np.random.Generator, height: int, width: int, channels: int, index: int) -> Floats:
    """Give a random field [height, width, channels] in [0, 1]: few large shapes to fine noise."""
    total = np.zeros((height, width, channels))
    for level in range(1, 7):
        rows, columns = min(2**level, height), min(2**level, width)
        coarse = rng.normal(size=(rows, columns, channels))
        coarse += rng.normal(size=(rows, columns, 1))  # channels of an image go together
        at_h = np.linspace(0, rows - 1, height).round().astype(int)
        at_w = np.linspace(0, columns - 1, width).round().astype(int)
        total += coarse[at_h][:, at_w] * 2.0 ** (-level * (0.3 + 0.5 * (index % 4) / 3))
    spread = total.std() or 1.0
    contrast = 0.1 + 0.25 * rng.random()
    field = 0.5 * rng.uniform(0.6, 1.4) + contrast * total / spread
    return np.asarray(np.clip(field, 0, 1), np.float32)
