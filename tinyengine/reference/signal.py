"""Integer semantics of the audio front end, equal to TFLite Micro's signal library.

What the library leaves as it was (energies out of range, frames that are not full) is zeros here.
Unsigned arithmetic wraps as it does in C. Source: TFLite Micro, signal/src and
signal/micro/kernels.
"""

import math
from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt

from tinyengine.ir import (
    Array,
    Op,
    SignalDelay,
    SignalEnergy,
    SignalFftAutoScale,
    SignalFilterBank,
    SignalFilterBankLog,
    SignalFilterBankSpectralSubtraction,
    SignalFilterBankSquareRoot,
    SignalFramer,
    SignalIrfft,
    SignalOverlapAdd,
    SignalPCAN,
    SignalRfft,
    SignalStacker,
    SignalWindow,
)
from tinyengine.reference import fft

SNR_BITS = 12
OUTPUT_BITS = 6
"""Fractional bits of what SignalPCAN compresses, and of what it gives."""

LOG_SEGMENTS = 128
LN_2 = 45426
"""The natural logarithm of 2 as a 16-bit fraction, rounded."""

_WORD = (1 << 32) - 1


def log_table() -> Array:
    """Give log2(1 + i / 128) - i / 128 for i in [0, 128], as rounded 16-bit fractions (uint16)."""
    ratios = [i / LOG_SEGMENTS for i in range(LOG_SEGMENTS + 1)]
    return np.array([round(65536 * (math.log2(1 + x) - x)) for x in ratios], np.uint16)


def window(op: SignalWindow, x: Array, weight: Array) -> Array:
    """Compute SignalWindow."""
    products = x.astype(np.int32) * weight.astype(np.int32) >> op.shift
    return _clamped(products)


def _clamped(values: npt.NDArray[np.int32]) -> npt.NDArray[np.int16]:
    return np.clip(values, -(1 << 15), (1 << 15) - 1).astype(np.int16)


def fft_auto_scale(op: SignalFftAutoScale, x: Array) -> tuple[Array, ...]:
    """Compute SignalFftAutoScale."""
    del op
    greatest = _greatest_magnitude(x)
    bits = max(15 - greatest.bit_length(), 0) if greatest > 0 else 0
    return (x.astype(np.int32) << bits).astype(np.int16), np.array(bits, np.int32)


def _greatest_magnitude(x: Array) -> int:
    """Give the greatest magnitude as the library finds it, in 16 bits.

    There -32768 is its own magnitude, and less than any that follows.
    """
    if not np.any(x == -(1 << 15)):
        return int(np.abs(x.astype(np.int32)).max())
    greatest = 0
    for value in x.tolist():
        if value > greatest:
            greatest = value
        elif -value > greatest:
            greatest = -value if value > -(1 << 15) else value
    return greatest


def rfft(op: SignalRfft, x: Array) -> Array:
    """Compute SignalRfft."""
    rows = x.reshape(-1, x.shape[-1])
    spectra = [fft.rfft(row.astype(np.int16), op.fft_length) for row in rows]
    return np.stack(spectra).reshape(op.output.shape)


def irfft(op: SignalIrfft, x: Array) -> Array:
    """Compute SignalIrfft."""
    rows = x.reshape(-1, x.shape[-1])
    vectors = [fft.irfft(row.astype(np.int16), op.fft_length) for row in rows]
    return np.stack(vectors).reshape(op.output.shape)


def energy(op: SignalEnergy, x: Array) -> Array:
    """Compute SignalEnergy."""
    squares = (x.astype(np.int64) ** 2).reshape(-1, 2).sum(axis=1)
    within = np.zeros(op.output.shape, np.uint32)
    within[op.start : op.end] = squares[op.start : op.end]
    return within


def filter_bank(op: SignalFilterBank, x: Array, *constants: Array) -> Array:
    """Compute SignalFilterBank."""
    weight, unweight, *places = constants
    energies, sums = x.astype(np.uint64), np.zeros(op.output.elements + 2, np.uint64)
    bands = zip(*(each.tolist() for each in places), strict=True)
    for band, (frequency, first, width) in enumerate(bands):
        here = energies[frequency : frequency + width]
        for at, factors in ((band, weight), (band + 1, unweight)):
            products = here * factors[first : first + width].astype(np.uint64)
            sums[at] += products.sum(dtype=np.uint64)
    inner: Array = sums[1:-1]
    return inner


def filter_bank_square_root(op: SignalFilterBankSquareRoot, x: Array, scale_bits: Array) -> Array:
    """Compute SignalFilterBankSquareRoot."""
    roots = np.array([_rounded_root(value) for value in x.tolist()], np.int64)
    shifted: Array = (roots >> (int(scale_bits) & 31)).astype(np.uint32)
    return shifted.reshape(op.output.shape)


def _rounded_root(value: int) -> int:
    """Give the nearest integer, but no more than half the operand's bits."""
    root = math.isqrt(value)
    most = (1 << 16) - 1 if value <= _WORD else _WORD
    return root + 1 if value - root * root > root and root != most else root


def filter_bank_spectral_subtraction(
    op: SignalFilterBankSpectralSubtraction, x: Array, noise: Array
) -> tuple[Array, ...]:
    """Compute SignalFilterBankSpectralSubtraction: what remains, the estimate, and the state."""
    odd = np.arange(len(x)) % 2 == 1
    smoothing = np.where(odd, op.alternate_smoothing, op.smoothing).astype(np.uint64)
    rest = np.where(odd, op.alternate_one_minus_smoothing, op.one_minus_smoothing)
    bits = np.uint64(op.spectral_subtraction_bits)
    signal = x.astype(np.uint64) << np.uint64(op.smoothing_bits) & np.uint64(_WORD)
    moved = signal * smoothing + noise.astype(np.uint64) * rest.astype(np.uint64)
    estimate = (moved >> bits) & np.uint64(_WORD)
    subtracted = (signal - np.minimum(estimate, signal)) >> np.uint64(op.smoothing_bits)
    floor = (x.astype(np.uint64) * np.uint64(op.min_signal_remaining) >> bits) & np.uint64(_WORD)
    if op.clamping:
        estimate = np.minimum(estimate, signal)
    kept = estimate.astype(np.uint32)
    return np.maximum(subtracted, floor).astype(np.uint32), kept, kept


def pcan(op: SignalPCAN, x: Array, noise_estimate: Array, gain: Array) -> Array:
    """Compute SignalPCAN."""
    table = gain.tolist()
    results = [
        _compressed((value * (_gain(noise, table) & _WORD)) % (1 << 64) >> op.snr_shift & _WORD)
        for value, noise in zip(x.tolist(), noise_estimate.tolist(), strict=True)
    ]
    return np.array(results, np.uint32)


def _gain(noise: int, table: list[int]) -> int:
    """Give the gain for a noise: a parabola over each octave, in 16 bits."""
    if noise <= 2:
        return table[noise]
    octave = noise.bit_length()
    place = noise << (11 - octave) if octave < 11 else noise >> (octave - 11)
    base, slope, curve = table[4 * octave - 6 : 4 * octave - 3]
    fraction = place & 0x3FF
    rise = (curve * fraction >> 5) + (slope << 5)
    half = 1 << 15
    return ((rise * fraction + (1 << 14) >> 15) + base + half) % (2 * half) - half


def _compressed(snr: int) -> int:
    """Give x² / 4 below 2, x - 1 from there on: 12 fractional bits become 6."""
    if snr < 2 << SNR_BITS:
        return snr * snr >> (2 + 2 * SNR_BITS - OUTPUT_BITS)
    return (snr >> (SNR_BITS - OUTPUT_BITS)) - (1 << OUTPUT_BITS)


def filter_bank_log(op: SignalFilterBankLog, x: Array) -> Array:
    """Compute SignalFilterBankLog."""
    table = log_table().tolist()
    scaled = [(value << op.correction_bits) & _WORD for value in x.tolist()]
    logs = [_scaled_log(value, op.output_scale, table) if value > 1 else 0 for value in scaled]
    return np.array([min(value, (1 << 15) - 1) for value in logs], np.int16)


def _scaled_log(value: int, scale: int, table: list[int]) -> int:
    """Give ln(value) * scale: a table over the octave, straight lines between its entries."""
    octave = value.bit_length() - 1
    rest = value - (1 << octave)
    fraction = rest << (16 - octave) if octave < 16 else rest >> (octave - 16)
    segment, within = divmod(fraction, 65536 // LOG_SEGMENTS)
    low = table[segment]
    between = (table[segment + 1] - low) * within >> 16
    log2 = (octave << 16) + fraction + low + between
    natural = (LN_2 * log2 + (1 << 15)) >> 16
    return ((scale * natural + (1 << 15)) & _WORD) >> 16


def framer(op: SignalFramer, x: Array, queue: Array, count: Array) -> tuple[Array, ...]:
    """Compute SignalFramer: the frames, whether all are full, and its states."""
    waiting = op.kept if op.prefill else int(count[0])
    line, kept = queue[:waiting], []
    frames = np.zeros(op.output.shape, np.int16)
    rows = frames.reshape(-1, op.frame_size)
    for index, new in enumerate(x.reshape(-1, op.frame_step)):
        line = np.concatenate([line, new])
        if len(line) >= op.frame_size:
            rows[index] = line[: op.frame_size]
            line = line[op.frame_step :]
            kept.append(index)
    left = np.zeros_like(queue)
    left[: len(line)] = line
    arrived = count if op.prefill else np.array([len(line)], np.int32)
    return frames, np.array(len(kept) == len(rows)), left, arrived


def stacker(op: SignalStacker, x: Array, queue: Array, count: Array) -> tuple[Array, ...]:
    """Compute SignalStacker: the frames, whether they are all there, and its states."""
    channels, waiting = len(x), int(count[0])
    line = np.concatenate([queue[: channels * max(waiting - 1, 0)], x])
    if waiting == 0:
        line = np.tile(x, op.left + 1)
    stacked, valid = np.zeros(op.output.shape, np.int16), len(line) == op.output.elements
    if valid:
        stacked, line = line, line[op.step * channels :]
    left = np.zeros_like(queue)
    left[: len(line)] = line
    return stacked, np.array(valid), left, np.array([len(line) // channels + 1], np.int32)


def delay(op: SignalDelay, x: Array, queue: Array) -> tuple[Array, ...]:
    """Compute SignalDelay and its state."""
    line = np.concatenate([queue[: op.delay], x.reshape(-1)])
    left = line[x.size :] if op.delay else queue
    return line[: x.size].reshape(op.output.shape), left


def overlap_add(op: SignalOverlapAdd, x: Array, sums: Array) -> tuple[Array, ...]:
    """Compute SignalOverlapAdd and its state."""
    frames = x.reshape(-1, x.shape[-1])
    silence, done = np.zeros(op.frame_step, np.int16), []
    total = np.concatenate([sums[: op.kept].astype(np.int16), silence])
    for frame in frames:
        total = _clamped(total.astype(np.int32) + frame.astype(np.int32))
        done.append(total[: op.frame_step])
        total = np.concatenate([total[op.frame_step :], silence])
    left = total[: op.kept] if op.kept else sums
    return np.concatenate(done).reshape(op.output.shape), left


SIGNAL_FUNCTIONS: Mapping[type[Op], Callable[..., Array | tuple[Array, ...]]] = {
    SignalDelay: delay,
    SignalEnergy: energy,
    SignalFftAutoScale: fft_auto_scale,
    SignalFilterBank: filter_bank,
    SignalFilterBankLog: filter_bank_log,
    SignalFilterBankSpectralSubtraction: filter_bank_spectral_subtraction,
    SignalFilterBankSquareRoot: filter_bank_square_root,
    SignalFramer: framer,
    SignalIrfft: irfft,
    SignalOverlapAdd: overlap_add,
    SignalPCAN: pcan,
    SignalRfft: rfft,
    SignalStacker: stacker,
    SignalWindow: window,
}
"""What each operator computes, as in `execute.FUNCTIONS`."""
