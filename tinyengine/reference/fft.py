"""The fixed-point FFT of the signal library: real vectors of int16, radices 4, 2, 3 and 5.

Complex values are int64 pairs [..., 2] that hold int16; every stage divides its operands by the
radix first, so that nothing overflows, and what is stored is cut to 16 bits as the library does.

Source: KISS FFT 1.3.0 with FIXED_POINT=16, kiss_fft.c and tools/kiss_fftr.c.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

Complex = npt.NDArray[np.int64]

_ONE = (1 << 15) - 1
_HALF = 1 << 14


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Plan:
    """The tables of a real FFT of 2 n samples by a complex one of n values.

    `radices` are those of the stages in the order in which they are computed; `order[i]` is the
    value that stands at place i before the first; `twiddles[i]` is exp(∓2πi/n), and `mixing[k]`
    exp(∓π((k + 1) / n + 1/2)), which takes the even and the odd samples apart.
    """

    n: int
    inverse: bool
    radices: tuple[int, ...]
    order: npt.NDArray[np.int64]
    twiddles: Complex
    mixing: Complex


@lru_cache(maxsize=16)
def plan_of(fft_length: int, *, inverse: bool = False) -> Plan:
    """Give the tables for `fft_length` real samples."""
    n = fft_length // 2
    radices = _factors(n)
    sign = 1 if inverse else -1
    angles = [sign * 2 * math.pi * i / n for i in range(n)]
    mixing = [sign * math.pi * ((k + 1) / n + 0.5) for k in range(n // 2)]
    return Plan(
        n=n,
        inverse=inverse,
        radices=radices[::-1],
        order=_order(radices),
        twiddles=_unit(angles),
        mixing=_unit(mixing),
    )


def rfft(samples: npt.NDArray[np.int16], fft_length: int) -> npt.NDArray[np.int16]:
    """Give the spectrum [fft_length + 2] of a vector of at most `fft_length` samples."""
    plan = plan_of(fft_length)
    n = plan.n
    padded = np.zeros(2 * n, np.int64)
    padded[: len(samples)] = samples
    values = _transform(padded.reshape(n, 2), plan)
    spectrum = np.zeros((n + 1, 2), np.int64)
    real, imaginary = _divided(values[0], 2)
    spectrum[0, 0], spectrum[n, 0] = real + imaginary, real - imaginary
    k = np.arange(1, n // 2 + 1)
    here, there = _divided(values[k], 2), _divided(values[n - k] * (1, -1), 2)
    even, odd = _cut(here + there), _product(_cut(here - there), plan.mixing[k - 1])
    # Where k is n - k, what the second line writes is what stays.
    spectrum[k] = (even + odd) >> 1
    spectrum[n - k] = ((even - odd) * (1, -1)) >> 1
    return spectrum.reshape(-1).astype(np.int16)


def irfft(spectrum: npt.NDArray[np.int16], fft_length: int) -> npt.NDArray[np.int16]:
    """Give the vector [fft_length] of a spectrum [fft_length + 2]."""
    plan = plan_of(fft_length, inverse=True)
    n = plan.n
    given = spectrum.astype(np.int64).reshape(n + 1, 2)
    values = np.zeros((n, 2), np.int64)
    ends = np.array([given[0, 0] + given[n, 0], given[0, 0] - given[n, 0]])
    values[0] = _divided(_cut(ends), 2)
    k = np.arange(1, n // 2 + 1)
    here, there = _divided(given[k], 2), _divided(_cut(given[n - k] * (1, -1)), 2)
    even, odd = _cut(here + there), _product(_cut(here - there), plan.mixing[k - 1])
    values[k] = _cut(even + odd)
    values[n - k] = _cut(_cut(even - odd) * (1, -1))
    return _transform(values, plan).reshape(-1).astype(np.int16)


def _factors(n: int) -> tuple[int, ...]:
    """Give the radices of `n`, the outermost stage first: fours, then a two, threes, fives."""
    radices: list[int] = []
    for radix in (4, 2, 3, 5):
        while n % radix == 0:
            radices.append(radix)
            n //= radix
    assert n == 1, "importers refuse other lengths"
    return tuple(radices)


def _order(radices: tuple[int, ...]) -> npt.NDArray[np.int64]:
    """Give which value stands at each place: each radix deals the values out to its parts."""
    if not radices:
        return np.zeros(1, np.int64)
    inner = _order(radices[1:])
    return np.concatenate([part + radices[0] * inner for part in range(radices[0])])


def _unit(angles: list[float]) -> Complex:
    """Give cosine and sine as 15-bit fractions, rounded halves up."""
    pairs = [(math.cos(angle), math.sin(angle)) for angle in angles]
    return np.array(
        [[math.floor(0.5 + _ONE * part) for part in pair] for pair in pairs], np.int64
    ).reshape(-1, 2)


def _transform(values: Complex, plan: Plan) -> Complex:
    """Give the complex FFT of `values` [n, 2], divided by n."""
    data, length = values[plan.order], 1
    for radix in plan.radices:
        stride = plan.n // (length * radix)
        parts = _divided(data.reshape(stride, radix, length, 2), radix)
        steps = np.arange(length) * stride
        turned = [parts[:, 0]]
        turned += [
            _product(parts[:, q], plan.twiddles[steps * q % plan.n]) for q in range(1, radix)
        ]
        data = _cut(np.stack(_BUTTERFLIES[radix](turned, plan, length * stride), axis=1))
        data, length = data.reshape(plan.n, 2), length * radix
    return data


def _two(x: list[Complex], plan: Plan, turn: int) -> list[Complex]:
    del plan, turn
    return [x[0] + x[1], x[0] - x[1]]


def _four(x: list[Complex], plan: Plan, turn: int) -> list[Complex]:
    del turn
    outer, inner = _cut(x[0] - x[2]), _cut(x[1] - x[3])
    total, middle = _cut(x[0] + x[2]), _cut(x[1] + x[3])
    quarter = inner[..., ::-1] * ((-1, 1) if plan.inverse else (1, -1))
    return [total + middle, outer + quarter, total - middle, outer - quarter]


def _three(x: list[Complex], plan: Plan, turn: int) -> list[Complex]:
    total, difference = _cut(x[1] + x[2]), _cut(x[1] - x[2])
    middle = _cut(x[0] - (total >> 1))
    side = _rounded(difference * plan.twiddles[turn, 1])[..., ::-1]
    return [x[0] + total, middle + side * (-1, 1), middle + side * (1, -1)]


def _five(x: list[Complex], plan: Plan, turn: int) -> list[Complex]:
    (ya, yai), (yb, ybi) = plan.twiddles[turn], plan.twiddles[2 * turn]
    near, far = _cut(x[1] + x[4]), _cut(x[2] + x[3])
    near_gap, far_gap = _cut(x[1] - x[4]), _cut(x[2] - x[3])
    first = _cut(x[0] + _rounded(near * ya) + _rounded(far * yb))
    second = _cut(x[0] + _rounded(near * yb) + _rounded(far * ya))
    one = _cut((_rounded(near_gap * yai) + _rounded(far_gap * ybi))[..., ::-1] * (1, -1))
    swapped, other = near_gap[..., ::-1], far_gap[..., ::-1]
    two = _cut(_rounded(swapped * ybi) * (-1, 1) + _rounded(other * yai) * (1, -1))
    return [x[0] + near + far, first - one, second + two, second - two, first + one]


_BUTTERFLIES = {2: _two, 3: _three, 4: _four, 5: _five}


def _cut(values: Complex) -> Complex:
    """Give what int16 keeps of the values."""
    return values.astype(np.int16).astype(np.int64)


def _rounded(products: Complex) -> Complex:
    """Give products of two 15-bit fractions as one, halves up."""
    return _cut((products + _HALF) >> 15)


def _divided(values: Complex, divisor: int) -> Complex:
    return _rounded(values * (_ONE // divisor))


def _product(a: Complex, b: Complex) -> Complex:
    """Give the product of complex values."""
    real = a[..., 0] * b[..., 0] - a[..., 1] * b[..., 1]
    imaginary = a[..., 0] * b[..., 1] + a[..., 1] * b[..., 0]
    return _rounded(np.stack([real, imaginary], axis=-1))
