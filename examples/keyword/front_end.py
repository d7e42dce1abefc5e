"""The audio front end of the keyword model: its tables, and its operators before a network.

Sound at 16 kHz comes in steps of 20 ms. Each makes a frame of 30 ms, whose energies in 40 bands of
the mel scale, without noise and with their gain controlled, give a row of logarithms; the last 49
rows are the network's input. All are integers: operators of TFLite Micro's signal library.

Source of the formulas: TFLite Micro, python/tflite_micro/signal/utils and signal/src.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from flatbuffers import flexbuffers
from numpy.typing import NDArray

RATE = 16_000
STEP, FRAME, FFT = 320, 480, 512
ROWS, CHANNELS = 49, 40
LOWEST_HZ, HIGHEST_HZ = 125.0, 7500.0

WINDOW_BITS = 12
SMOOTHING_BITS, FACTOR_BITS = 10, 14
SMOOTHING, ALTERNATE_SMOOTHING, LEAST_SIGNAL = 0.025, 0.06, 0.05
GAIN_BITS, STRENGTH, OFFSET = 21, 0.95, 80.0
CORRECTION_BITS = FFT.bit_length() - 1 - WINDOW_BITS // 2
SNR_BITS = 12
LOG_SCALE = 64
INT16_TYPE = 7

Table = NDArray[np.int16]
Add = Callable[..., list[int]]
"""Adds an operator: add(name, inputs, [(shape, type), ...], **options) gives its outputs."""


def window() -> Table:
    """Give a Hann window of 12-bit fractions, read between its samples."""
    angles = 2 * np.pi * (np.arange(FRAME) + 0.5) / FRAME
    return np.floor((0.5 - 0.5 * np.cos(angles)) * (1 << WINDOW_BITS) + 0.5).astype(np.int16)


def _mel(hz: float) -> float:
    return 1127.0 * math.log1p(hz / 700.0)


def filter_bank() -> tuple[Table, Table, Table, Table, Table]:
    """Give weights, unweights, and each band's first bin, first weight and number of them.

    Centres are evenly spaced on the mel scale. Going up to one of them, what a bin adds to the
    band before grows less, and what it adds to this one more.
    """
    low, high = _mel(LOWEST_HZ), _mel(HIGHEST_HZ)
    spacing = (high - low) / (CHANNELS + 1)
    mels = np.array([_mel(bin_ * RATE / FFT) for bin_ in range(FFT // 2 + 1)])
    weights: list[int] = []
    unweights: list[int] = []
    places: list[tuple[int, int, int]] = []
    for band in range(CHANNELS + 1):
        bottom, top = low + band * spacing, low + (band + 1) * spacing
        bins = np.flatnonzero((mels > bottom) & (mels <= top))
        places.append((int(bins[0]) if len(bins) else 0, len(weights), len(bins)))
        for mel in mels[bins]:
            weight = round((top - mel) / spacing * (1 << WINDOW_BITS))
            weights.append(weight)
            unweights.append((1 << WINDOW_BITS) - weight)
    tables = (weights, unweights, *zip(*places, strict=True))
    first, second, third, fourth, fifth = (np.array(table, np.int16) for table in tables)
    return first, second, third, fourth, fifth


def gain_table() -> Table:
    """Give the gain (noise + 80)^-0.95: through three points of every octave goes a parabola."""
    noise_bits = SMOOTHING_BITS - CORRECTION_BITS

    def gain(noise: int) -> int:
        value = (1 << GAIN_BITS) * (noise / (1 << noise_bits) + OFFSET) ** -STRENGTH
        return min(math.floor(value + 0.5), (1 << 15) - 1)

    table = np.zeros(125, np.int16)
    table[:2] = gain(0), gain(1)
    for octave in range(2, 33):
        start = 1 << (octave - 1)
        end = min(2 * start, (1 << 32) - 1)
        low, middle, high = gain(start), gain(start + start // 2), gain(end)
        slope = 4 * (middle - low) - (high - low)
        table[4 * octave - 6 : 4 * octave - 3] = low, slope, (high - low) - slope
    return table


def _factors() -> dict[str, int]:
    one = 1 << FACTOR_BITS
    smoothing, alternate = int(SMOOTHING * one), int(ALTERNATE_SMOOTHING * one)
    return {
        "smoothing": smoothing,
        "one_minus_smoothing": one - smoothing,
        "alternate_smoothing": alternate,
        "alternate_one_minus_smoothing": one - alternate,
        "min_signal_remaining": int(LEAST_SIGNAL * one),
        "smoothing_bits": SMOOTHING_BITS,
        "spectral_subtraction_bits": FACTOR_BITS,
    }


def add_front_end(
    sound: int, add: Add, constant: Callable[[Table], int], reshape: Callable[[int, int], int]
) -> tuple[int, int]:
    """Add the operators from a step of sound [1, 320] to a row of logarithms [40], int16.

    `constant` adds a table, `reshape` an operator that gives a tensor as a vector. Gives the row,
    and the noise estimate of its channels.
    """
    u32 = ([CHANNELS], "uint32")
    frame, _ = add(
        "SignalFramer",
        [sound],
        [([1, 1, FRAME], "int16"), ([], "bool")],
        frame_size=FRAME,
        frame_step=STEP,
        prefill=True,
    )
    tapered = add(
        "SignalWindow",
        [frame, constant(window())],
        [([1, 1, FRAME], "int16")],
        shift=WINDOW_BITS,
    )[0]
    flat = reshape(tapered, FRAME)
    loud, bits = add("SignalFftAutoScale", [flat], [([FRAME], "int16"), ([], "int32")])
    spectrum = add("SignalRfft", [loud], [([FFT + 2], "int16")], fft_length=FFT, T=INT16_TYPE)[0]
    bins = FFT // 2 + 1
    energy = add("SignalEnergy", [spectrum], [([bins], "uint32")], start_index=0, end_index=bins)[0]
    tables = [constant(table) for table in filter_bank()]
    bands = add(
        "SignalFilterBank", [energy, *tables], [([CHANNELS], "uint64")], num_channels=CHANNELS
    )[0]
    roots = add("SignalFilterBankSquareRoot", [bands, bits], [u32])[0]
    clean, noise = add(
        "SignalFilterBankSpectralSubtraction",
        [roots],
        [u32, u32],
        num_channels=CHANNELS,
        clamping=False,
        **_factors(),
    )
    gained = add(
        "SignalPCAN",
        [clean, noise, constant(gain_table())],
        [u32],
        snr_shift=GAIN_BITS + CORRECTION_BITS - SNR_BITS - WINDOW_BITS // 2,
    )[0]
    row = add(
        "SignalFilterBankLog",
        [gained],
        [([CHANNELS], "int16")],
        input_correction_bits=CORRECTION_BITS,
        output_scale=LOG_SCALE,
    )[0]
    return row, noise


def add_stack(row: int, add: Add) -> int:
    """Add the ring of the last 49 rows: [40] becomes [49 * 40]."""
    stacked, _ = add(
        "SignalStacker",
        [row],
        [([ROWS * CHANNELS], "int16"), ([], "bool")],
        num_channels=CHANNELS,
        stacker_left_context=ROWS - 1,
        stacker_right_context=0,
        stacker_step=1,
    )
    return stacked


def packed(options: dict[str, Any]) -> bytes:
    """Give the options of a custom operator as its kernel reads them."""
    return bytes(flexbuffers.Dumps(options)) if options else b""


def shape_of(shape: Sequence[int]) -> NDArray[np.int32]:
    """Give a shape as the constant that RESHAPE takes."""
    return np.array(shape, np.int32)
