"""The custom operators of TFLite Micro's signal library.

They read their options by the names that the library's own Python functions write, and its kernels
by their alphabetical order. Source: TFLite Micro, signal/micro/kernels.
"""

from collections.abc import Mapping

from tinyengine.importers.refusals import DAMAGED_HINT, RefusedError
from tinyengine.importers.tflite.call import Call, Handler
from tinyengine.importers.tflite.flexbuffer import read_options
from tinyengine.ir import (
    DType,
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
    Tensor,
    find_op_faults,
)
from tinyengine.ir.signal import queue_elements

_TYPE_INT16 = 7
"""TensorType INT16 of schema.fbs."""


def window(call: Call) -> tuple[Op, ...]:
    """Import SignalWindow."""
    options = _options(call, "shift")
    call.expect((2,))
    op = SignalWindow(
        source=call.source,
        input=call.numbers(0, "input", DType.INT16),
        weight=call.constant(1, "window", DType.INT16),
        shift=options["shift"],
        output=call.result(0, DType.INT16),
    )
    return _checked(op)


def fft_auto_scale(call: Call) -> tuple[Op, ...]:
    """Import SignalFftAutoScale."""
    _options(call)
    call.expect((1,), 2)
    op = SignalFftAutoScale(
        source=call.source,
        input=call.numbers(0, "input", DType.INT16),
        output=call.result(0, DType.INT16),
        scale_bits=call.result(1, DType.INT32),
    )
    return _checked(op)


def rfft(call: Call) -> tuple[Op, ...]:
    """Import SignalRfft of int16."""
    call.expect((1,))
    op = SignalRfft(
        source=call.source,
        input=call.numbers(0, "input", DType.INT16),
        fft_length=_typed_options(call, "fft_length")["fft_length"],
        output=call.result(0, DType.INT16),
    )
    return _checked(op)


def irfft(call: Call) -> tuple[Op, ...]:
    """Import SignalIrfft of int16."""
    call.expect((1,))
    op = SignalIrfft(
        source=call.source,
        input=call.numbers(0, "input", DType.INT16),
        fft_length=_typed_options(call, "fft_length")["fft_length"],
        output=call.result(0, DType.INT16),
    )
    return _checked(op)


def energy(call: Call) -> tuple[Op, ...]:
    """Import SignalEnergy."""
    options = _options(call, "end_index", "start_index")
    call.expect((1,))
    op = SignalEnergy(
        source=call.source,
        input=call.numbers(0, "input", DType.INT16),
        start=options["start_index"],
        end=options["end_index"],
        output=call.result(0, DType.UINT32),
    )
    return _checked(op)


def filter_bank(call: Call) -> tuple[Op, ...]:
    """Import SignalFilterBank."""
    options = _options(call, "num_channels")
    call.expect((6,))
    op = SignalFilterBank(
        source=call.source,
        input=call.numbers(0, "input", DType.UINT32),
        weight=call.constant(1, "weights", DType.INT16),
        unweight=call.constant(2, "unweights", DType.INT16),
        frequency_starts=call.constant(3, "frequency starts", DType.INT16),
        weight_starts=call.constant(4, "weight starts", DType.INT16),
        widths=call.constant(5, "channel widths", DType.INT16),
        output=call.result(0, DType.UINT64),
    )
    _require_channels(options["num_channels"], op.output)
    return _checked(op)


def filter_bank_square_root(call: Call) -> tuple[Op, ...]:
    """Import SignalFilterBankSquareRoot."""
    _options(call)
    call.expect((2,))
    op = SignalFilterBankSquareRoot(
        source=call.source,
        input=call.numbers(0, "input", DType.UINT64),
        scale_bits=call.numbers(1, "scale bits", DType.INT32),
        output=call.result(0, DType.UINT32),
    )
    return _checked(op)


def filter_bank_spectral_subtraction(call: Call) -> tuple[Op, ...]:
    """Import SignalFilterBankSpectralSubtraction."""
    copied = (
        "alternate_one_minus_smoothing",
        "alternate_smoothing",
        "min_signal_remaining",
        "one_minus_smoothing",
        "smoothing",
        "smoothing_bits",
        "spectral_subtraction_bits",
    )
    options = _options(call, *copied, "clamping", "num_channels")
    call.expect((1,), 2)
    output = call.result(0, DType.UINT32)
    op = SignalFilterBankSpectralSubtraction(
        source=call.source,
        input=call.numbers(0, "input", DType.UINT32),
        output=output,
        noise_estimate=call.result(1, DType.UINT32),
        noise=_state(output, "noise", output.shape, DType.UINT32),
        clamping=bool(options["clamping"]),
        **{name: options[name] for name in copied},
    )
    _require_channels(options["num_channels"], op.output)
    return _checked(op)


def pcan(call: Call) -> tuple[Op, ...]:
    """Import SignalPCAN."""
    options = _options(call, "snr_shift")
    call.expect((3,))
    op = SignalPCAN(
        source=call.source,
        input=call.numbers(0, "input", DType.UINT32),
        noise_estimate=call.numbers(1, "noise estimate", DType.UINT32),
        gain=call.constant(2, "gain table", DType.INT16),
        snr_shift=options["snr_shift"],
        output=call.result(0, DType.UINT32),
    )
    return _checked(op)


def filter_bank_log(call: Call) -> tuple[Op, ...]:
    """Import SignalFilterBankLog."""
    options = _options(call, "input_correction_bits", "output_scale")
    call.expect((1,))
    op = SignalFilterBankLog(
        source=call.source,
        input=call.numbers(0, "input", DType.UINT32),
        output_scale=options["output_scale"],
        correction_bits=options["input_correction_bits"],
        output=call.result(0, DType.INT16),
    )
    return _checked(op)


def framer(call: Call) -> tuple[Op, ...]:
    """Import SignalFramer of one stream."""
    options = _options(call, "frame_size", "frame_step", "prefill")
    call.expect((1,), 2)
    output, step = call.result(0, DType.INT16), options["frame_step"]
    if not output.shape or output.shape[-1] != options["frame_size"]:
        raise RefusedError(
            f"its output {output.shape} has no frames of {options['frame_size']}", DAMAGED_HINT
        )
    if not 1 <= step <= options["frame_size"]:
        raise RefusedError(
            f"frame_step {step} is outside [1, {options['frame_size']}]", DAMAGED_HINT
        )
    overlap = options["frame_size"] - step
    kept = overlap if options["prefill"] else -(-overlap // step) * step
    op = SignalFramer(
        source=call.source,
        input=call.numbers(0, "input", DType.INT16),
        output=output,
        valid=call.result(1, DType.BOOL),
        queue=_state(output, "queue", queue_elements(kept), DType.INT16),
        count=_state(output, "count", (1,), DType.INT32),
        frame_step=step,
        prefill=bool(options["prefill"]),
    )
    return _checked(op)


def stacker(call: Call) -> tuple[Op, ...]:
    """Import SignalStacker."""
    left, right = "stacker_left_context", "stacker_right_context"
    options = _options(call, "num_channels", left, right, "stacker_step")
    call.expect((1,), 2)
    source, output = call.numbers(0, "input", DType.INT16), call.result(0, DType.INT16)
    _require_channels(options["num_channels"], source)
    kept = output.elements - source.elements
    op = SignalStacker(
        source=call.source,
        input=source,
        output=output,
        valid=call.result(1, DType.BOOL),
        queue=_state(output, "queue", queue_elements(kept), DType.INT16),
        count=_state(output, "count", (1,), DType.INT32),
        left=options[left],
        right=options[right],
        step=options["stacker_step"],
    )
    return _checked(op)


def delay(call: Call) -> tuple[Op, ...]:
    """Import SignalDelay of one stream."""
    length = _options(call, "delay_length")["delay_length"]
    call.expect((1,))
    output = call.result(0, DType.INT16)
    op = SignalDelay(
        source=call.source,
        input=call.numbers(0, "input", DType.INT16),
        output=output,
        queue=_state(output, "queue", queue_elements(length), DType.INT16),
        delay=length,
    )
    return _checked(op)


def overlap_add(call: Call) -> tuple[Op, ...]:
    """Import SignalOverlapAdd of int16 and one stream."""
    step = _typed_options(call, "frame_step")["frame_step"]
    call.expect((1,))
    source, output = call.numbers(0, "input", DType.INT16), call.result(0, DType.INT16)
    size = source.shape[-1] if source.shape else 0
    op = SignalOverlapAdd(
        source=call.source,
        input=source,
        output=output,
        sums=_state(output, "sums", queue_elements(size - step), DType.INT16),
        frame_step=step,
    )
    return _checked(op)


SIGNAL: Mapping[str, Handler] = {
    "SignalWindow": window,
    "SignalFftAutoScale": fft_auto_scale,
    "SignalRfft": rfft,
    "SignalIrfft": irfft,
    "SignalEnergy": energy,
    "SignalFilterBank": filter_bank,
    "SignalFilterBankSquareRoot": filter_bank_square_root,
    "SignalFilterBankSpectralSubtraction": filter_bank_spectral_subtraction,
    "SignalPCAN": pcan,
    "SignalFilterBankLog": filter_bank_log,
    "SignalFramer": framer,
    "SignalStacker": stacker,
    "SignalDelay": delay,
    "SignalOverlapAdd": overlap_add,
}
"""How each of them is imported."""

SIGNAL_BECOMES: Mapping[str, tuple[type[Op], ...]] = {
    "SignalWindow": (SignalWindow,),
    "SignalFftAutoScale": (SignalFftAutoScale,),
    "SignalRfft": (SignalRfft,),
    "SignalIrfft": (SignalIrfft,),
    "SignalEnergy": (SignalEnergy,),
    "SignalFilterBank": (SignalFilterBank,),
    "SignalFilterBankSquareRoot": (SignalFilterBankSquareRoot,),
    "SignalFilterBankSpectralSubtraction": (SignalFilterBankSpectralSubtraction,),
    "SignalPCAN": (SignalPCAN,),
    "SignalFilterBankLog": (SignalFilterBankLog,),
    "SignalFramer": (SignalFramer,),
    "SignalStacker": (SignalStacker,),
    "SignalDelay": (SignalDelay,),
    "SignalOverlapAdd": (SignalOverlapAdd,),
}
"""What each of them becomes in the graph."""


def _options(call: Call, *names: str) -> Mapping[str, int]:
    """Give the operator's options; any but `names` would move those that kernels read by place."""
    options = read_options(call.operator.custom_options)
    if set(options) != set(names):
        given, wanted = (", ".join(sorted(each)) or "none" for each in (options, names))
        raise RefusedError(f"its options are {given}; {wanted} expected", DAMAGED_HINT)
    for name, value in options.items():
        if not -(1 << 31) <= value < 1 << 31:
            raise RefusedError(f"its option {name} is {value}, which is no int32", DAMAGED_HINT)
    return options


def _typed_options(call: Call, name: str) -> Mapping[str, int]:
    """Give the options of an operator that there is for several types; int16 is ours."""
    options = _options(call, "T", name)
    if options["T"] != _TYPE_INT16:
        raise RefusedError("it is not of int16", "int16 is the type of the audio front end")
    return options


def _require_channels(channels: int, tensor: Tensor) -> None:
    if tensor.shape != (channels,):
        raise RefusedError(
            f"num_channels is {channels}, but '{tensor.name}' is {tensor.shape}", DAMAGED_HINT
        )


def _state(output: Tensor, suffix: str, shape: tuple[int, ...], dtype: DType) -> Tensor:
    """Give a tensor that survives from run to run."""
    return Tensor(name=f"{output.name}/{suffix}", shape=shape, dtype=dtype)


def _checked(op: Op) -> tuple[Op, ...]:
    """Give `op` alone; what it asks of its operands and options is what the importer refuses."""
    faults = find_op_faults(op)
    if faults:
        raise RefusedError(faults[0], DAMAGED_HINT)
    return (op,)
