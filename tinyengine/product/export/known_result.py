"""An inference whose result is known: made-up inputs, and a digest of what the model makes of them.

The example applications of packages compute the same in C (`export/self_test.h.j2`).
"""

from collections.abc import Iterable, Sequence

import numpy as np

from tinyengine.ir import Array

_FACTOR, _STEP = 1664525, 1013904223
"""Of a linear congruential generator modulo 2^32. Source: Numerical Recipes, "quick" generators."""

_FNV_OFFSET, _FNV_PRIME = 2166136261, 16777619
"""Source: RFC 9923, The FNV Non-Cryptographic Hash Algorithm, 32 bits."""

_WORD = (1 << 32) - 1


def made_up_inputs(
    templates: Sequence[tuple[tuple[int, ...], np.dtype[np.generic]]],
) -> list[Array]:
    """Give an array for each (shape, type): bytes of the generator, which goes on from one to next.

    It starts at 1; each byte is the highest of the next state.
    """
    state, arrays = 1, []
    for shape, dtype in templates:
        nbytes = int(np.prod(shape)) * dtype.itemsize
        data = bytearray(nbytes)
        for index in range(nbytes):
            state = (state * _FACTOR + _STEP) & _WORD
            data[index] = state >> 24
        arrays.append(np.frombuffer(bytes(data), dtype).reshape(shape))
    return arrays


def digest(outputs: Iterable[bytes]) -> int:
    """Give FNV-1a of all bytes of the outputs, one after the other."""
    value = _FNV_OFFSET
    for data in outputs:
        for byte in data:
            value = ((value ^ byte) * _FNV_PRIME) & _WORD
    return value
