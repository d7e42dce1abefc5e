"""Models that hear keywords step by step, built with random weights: LSTM, SVDF, variables."""

from collections.abc import Callable, Mapping

import numpy as np

from tests.builders.stateful import Recurrent, StatefulWriter, add_lstm, add_svdf
from tests.builders.tflite_writer import ModelWriter

FEATURES, WORDS = 40, 12


def lstm_stream() -> bytes:
    """64 cells that get one frame of 40 features a step, and scores of 12 words."""
    writer, made = ModelWriter(), Recurrent(seed=1, width=FEATURES, zero_point=-3)
    x = writer.tensor((1, 1, FEATURES), scale=0.05, zero_point=-3, name="frame")
    y = add_lstm(writer, x, made, (1, 1, 64, 0), scales=(0.002, 0.004))
    return writer.finish([x], [_scores(writer, y, 64, 1 / 128)])


def wide_lstm_stream() -> bytes:
    """32 cells and 12 behind them, all of int16, that get one frame of 40 features a step."""
    writer, first = ModelWriter(), Recurrent(seed=5, width=FEATURES)
    second, scales = Recurrent(seed=6, width=32), (0.002, 0.008)
    x = writer.tensor((1, 1, FEATURES), "int16", 0.05 / 256, 0, name="frame")
    y = add_lstm(writer, x, first, (1, 1, 32, 0), scales=scales, dtype="int16")
    y = add_lstm(writer, y, second, (1, 1, WORDS, 0), scales=scales, dtype="int16")
    scores = writer.tensor((1, 1, WORDS), "int16", 2.0**-15, 0, name="words")
    writer.op("SOFTMAX", [y], [scores], beta=1.0)
    return writer.finish([x], [scores])


def svdf_stream() -> bytes:
    """Two SVDF, of rank 2 and 1, one frame of 40 features a step, and scores of 12 words."""
    writer = ModelWriter()
    x = writer.tensor((1, FEATURES), scale=0.05, zero_point=-3, name="frame")
    first = Recurrent(seed=2, width=FEATURES, zero_point=-3, out_zero_point=-128)
    y = add_svdf(writer, x, first, (128, 10, 2), out_scale=0.1)
    second = Recurrent(seed=3, width=64, zero_point=-128, out_zero_point=-128)
    y = add_svdf(writer, y, second, (64, 8, 1), out_scale=0.2)
    return writer.finish([x], [_scores(writer, y, 64, 0.2)])


def convolution_stream() -> bytes:
    """Convolutions over the last frames, which variables hold; one frame of 40 features a step."""
    w, rng = StatefulWriter(), np.random.default_rng(4)
    x = w.values(1, 1, 1, FEATURES, name="frame")
    y, width = x, FEATURES
    for index, (channels, frames) in enumerate([(32, 4), (32, 6), (24, 8)]):
        name, kept = f"frames{index}", frames - 1
        w.variable(name, np.full((1, kept, 1, width), -3))
        window = w.values(1, frames, 1, width)
        w.op("CONCATENATION", [w.read(name, 1, kept, 1, width), y], [window], axis=1)
        begin, size = (w.tensor((4,), "int32", data=v) for v in ((0, 1, 0, 0), (1, kept, 1, width)))
        newest = w.values(1, kept, 1, width)
        w.op("SLICE", [window, begin, size], [newest])
        w.assign(name, newest)
        shape = (channels, frames, 1, width)
        scales = rng.uniform(0.5, 1.5, channels) / (40 * np.sqrt(frames * width))
        weight = w.tensor(shape, scale=scales, data=rng.integers(-127, 128, shape))
        bias = w.tensor((channels,), "int32", data=rng.integers(-900, 900, channels))
        y, width = w.values(1, 1, 1, channels), channels
        options = {"padding": "VALID", "stride_h": 1, "stride_w": 1}
        w.op("CONV_2D", [window, weight, bias], [y], fused_activation_function="RELU", **options)
    scores = _scores(w, y, width, 0.5)
    return w.complete([x], [scores])


def _scores(writer: ModelWriter, y: int, width: int, scale: float) -> int:
    """Add scores of words made of `y`, whose `width` values have this scale."""
    rng = np.random.default_rng(9)
    weight = writer.tensor((WORDS, width), scale=0.01, data=rng.integers(-127, 128, (WORDS, width)))
    biases = rng.integers(-500, 500, WORDS)
    bias = writer.tensor((WORDS,), "int32", scale=0.01 * scale, data=biases)
    logits = writer.tensor((1, WORDS), scale=0.1, zero_point=4)
    scores = writer.tensor((1, WORDS), scale=1 / 256, zero_point=-128, name="words")
    writer.op("FULLY_CONNECTED", [y, weight, bias], [logits])
    writer.op("SOFTMAX", [logits], [scores], beta=1.0)
    return scores


STREAMS: Mapping[str, Callable[[], bytes]] = {
    "stream_lstm": lstm_stream,
    "stream_lstm_int16": wide_lstm_stream,
    "stream_svdf": svdf_stream,
    "stream_convolutions": convolution_stream,
}
"""What builds each model."""
