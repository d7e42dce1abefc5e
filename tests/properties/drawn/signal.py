"""Random models of the audio front end's operators, and of what keeps a state."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from tests.builders.stateful import Recurrent, StatefulWriter, lstm_model, svdf_model
from tests.builders.tflite_writer import Spec
from tests.properties.drawn.draw import Draw, Sample, Sampler
from tinyengine.ir import Array

INT16 = 7
"""What the operators' option T is for int16."""


def _plain(*shape: int, dtype: str = "int16") -> Spec:
    return Spec(shape=shape, dtype=dtype)


def _given(data: Array) -> Spec:
    return Spec(shape=np.shape(data), dtype="int16", data=data)


def window(draw: Draw) -> Sample:
    """Give samples that are weighted."""
    rows, size = draw.integer(1, 3), draw.integer(1, 30)
    weights = _given(draw.random.integers(-32768, 32768, size))
    return draw.sample([_plain(rows, size), weights], _plain(rows, size), shift=draw.integer(0, 15))


def auto_scale(draw: Draw) -> Sample:
    """Give samples that use all bits, and by how many they are shifted."""
    size = draw.integer(1, 30)
    return draw.sample([_plain(size)], _plain(size), _plain(dtype="int32"))


def fourier(draw: Draw) -> Sample:
    """Give a spectrum, or samples from one."""
    length = draw.pick([4, 6, 8, 10, 12, 16, 30, 32, 50, 64])
    options: dict[str, Any] = {"fft_length": length, "T": INT16}
    if draw.opcode == "SignalIrfft":
        return draw.sample([_plain(1, length + 2)], _plain(1, length), **options)
    samples = draw.integer(length // 2 + 1, length)
    return draw.sample([_plain(1, samples)], _plain(1, length + 2), **options)


def energy(draw: Draw) -> Sample:
    """Give the energies of a spectrum, of all of it."""
    size = draw.integer(1, 30)
    result = _plain(size, dtype="uint32")
    return draw.sample([_plain(2 * size)], result, start_index=0, end_index=size)


def filter_bank(draw: Draw) -> Sample:
    """Give sums of energies."""
    size, channels = draw.integer(1, 30), draw.integer(1, 6)
    widths = draw.random.integers(0, size + 1, channels + 1)
    starts = [[draw.integer(0, size - width) for width in widths] for _ in range(2)]
    weights = [draw.random.integers(0, 32768, size) for _ in range(2)]
    constants = [_given(np.asarray(each)) for each in (*weights, *starts, widths)]
    operands = [_plain(size, dtype="uint32"), *constants]
    return draw.sample(operands, _plain(channels, dtype="uint64"), num_channels=channels)


def square_root(draw: Draw) -> Sample:
    """Give square roots."""
    size = draw.integer(1, 20)
    operands = [_plain(size, dtype="uint64"), _plain(dtype="int32")]
    return draw.sample(operands, _plain(size, dtype="uint32"), limits={1: (0, 20)})


def subtraction(draw: Draw) -> Sample:
    """Give signals without what is always there."""
    channels = draw.integer(1, 9)
    names = [f"{which}smoothing" for which in ("", "one_minus_", "alternate_")]
    names += ["alternate_one_minus_smoothing", "min_signal_remaining"]
    options: dict[str, Any] = {name: draw.integer(0, 1 << 15) for name in names}
    options |= {"clamping": draw.chance(), "smoothing_bits": draw.integer(0, 19)}
    options["spectral_subtraction_bits"] = draw.integer(14, 30)
    tensor = _plain(channels, dtype="uint32")
    return draw.sample([tensor], tensor, tensor, num_channels=channels, **options)


def gain(draw: Draw) -> Sample:
    """Give signals with their gain."""
    tensor = _plain(draw.integer(1, 20), dtype="uint32")
    table = _given(draw.random.integers(-32768, 32768, 125))
    return draw.sample([tensor, tensor, table], tensor, snr_shift=draw.integer(0, 12))


def logarithm(draw: Draw) -> Sample:
    """Give logarithms."""
    size = draw.integer(1, 30)
    options: dict[str, Any] = {
        "output_scale": draw.integer(1, 1 << draw.integer(1, 16)),
        "input_correction_bits": draw.integer(0, 8),
    }
    return draw.sample([_plain(size, dtype="uint32")], _plain(size), **options)


def framer(draw: Draw) -> Sample:
    """Give frames of a stream, which overlap."""
    step, more, frames = draw.integer(1, 8), draw.integer(0, 12), draw.integer(1, 3)
    results = _plain(1, frames, step + more), _plain(dtype="bool")
    # Without prefill the interpreter leaves frames unwritten until they are full.
    options: dict[str, Any] = {"frame_size": step + more, "frame_step": step, "prefill": True}
    return draw.sample([_plain(1, frames * step)], *results, **options)


def stacker(draw: Draw) -> Sample:
    """Give frames beside those before them."""
    channels, left = draw.integer(1, 5), draw.integer(0, 4)
    results = _plain(channels * (left + 1)), _plain(dtype="bool")
    # With a right context the interpreter leaves its output unwritten until it is full.
    options: dict[str, Any] = {
        "stacker_left_context": left,
        "stacker_right_context": 0,
        "stacker_step": 1,
    }
    options |= {"num_channels": channels, "stacker_step": 1}
    return draw.sample([_plain(channels)], *results, **options)


def delay(draw: Draw) -> Sample:
    """Give a stream later."""
    tensor = _plain(1, draw.integer(1, 20))
    return draw.sample([tensor], tensor, delay_length=draw.integer(0, 40))


def overlap_add(draw: Draw) -> Sample:
    """Give a stream from frames that overlap."""
    step, more, frames = draw.integer(1, 8), draw.integer(0, 12), draw.integer(1, 3)
    operand, result = _plain(1, frames, step + more), _plain(1, frames * step)
    return draw.sample([operand], result, frame_step=step, T=INT16)


def _recurrent(draw: Draw) -> Recurrent:
    return Recurrent(
        seed=draw.seed(),
        batch=draw.integer(1, 2),
        width=draw.integer(1, 20),
        zero_point=draw.zero_point("int8"),
        out_zero_point=draw.zero_point("int8"),
    )


def svdf(draw: Draw) -> Sample:
    """Give a filter over time."""
    rank = draw.integer(1, 3)
    made = svdf_model(
        _recurrent(draw),
        filters=rank * draw.integer(1, 6),
        memory=draw.integer(1, 9),
        rank=rank,
        bias=draw.chance(),
        out_scale=draw.pick([0.03, 0.3, 1.0]),
    )
    return Sample(model=made)


def lstm(draw: Draw) -> Sample:
    """Give a recurrent layer over a sequence."""
    cells, projection = draw.integer(1, 12), draw.pick([0, draw.integer(1, 12)])
    made = lstm_model(
        _recurrent(draw),
        cells=cells,
        steps=draw.integer(1, 3),
        time_major=draw.chance(),
        input_gate=draw.chance(),
        peepholes=draw.chance() and projection in (0, cells),
        projection=projection,
        cell_bits=draw.integer(0, 6),
        cell_clip=draw.pick([0.0, 0.7]),
        projection_clip=draw.pick([0.0, 0.4]),
    )
    return Sample(model=made)


def variables(draw: Draw) -> Sample:
    """Give a running sum in a variable, which is read, assigned, and has a first value."""
    writer, size = StatefulWriter(), draw.integer(1, 12)
    x, total = writer.values(1, size), writer.values(1, size)
    writer.variable("sum", draw.random.integers(-128, 128, (1, size)))
    writer.op("ADD", [x, writer.read("sum", 1, size)], [total])
    writer.assign("sum", total)
    return Sample(model=writer.complete([x], [total]))


SAMPLERS: Mapping[str, Sampler] = {
    "SVDF": svdf,
    "SignalDelay": delay,
    "SignalEnergy": energy,
    "SignalFftAutoScale": auto_scale,
    "SignalFilterBank": filter_bank,
    "SignalFilterBankLog": logarithm,
    "SignalFilterBankSpectralSubtraction": subtraction,
    "SignalFilterBankSquareRoot": square_root,
    "SignalFramer": framer,
    "SignalIrfft": fourier,
    "SignalOverlapAdd": overlap_add,
    "SignalPCAN": gain,
    "SignalRfft": fourier,
    "SignalStacker": stacker,
    "SignalWindow": window,
    "UNIDIRECTIONAL_SEQUENCE_LSTM": lstm,
    **dict.fromkeys(("ASSIGN_VARIABLE", "CALL_ONCE", "READ_VARIABLE", "VAR_HANDLE"), variables),
}
