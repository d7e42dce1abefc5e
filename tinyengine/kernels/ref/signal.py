"""The kernels of the audio front end: what `ir/signal_checks.py` lets pass, they compute."""

from collections.abc import Callable
from typing import Any

import numpy as np

from tinyengine.board.types import Isa
from tinyengine.ir import (
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
from tinyengine.kernels.spec import Kernel, Progress, Struct
from tinyengine.reference.fft import Plan, plan_of
from tinyengine.reference.rows import output_view
from tinyengine.reference.signal import log_table


def _window(op: SignalWindow) -> Struct:
    return Struct(
        c_type="te_signal_window_params",
        members={
            "row_elements": output_view(op).row_bytes // 2,
            "size": op.weight.elements,
            "shift": op.shift,
            "weight": op.weight.values,
        },
    )


def _auto_scale(op: SignalFftAutoScale) -> Struct:
    members = {"elements": op.output.elements}
    return Struct(c_type="te_signal_fft_auto_scale_params", members=members)


def _fft(plan: Plan, order: np.ndarray) -> Struct:
    return Struct(
        c_type="te_fft",
        members={
            "values": plan.n,
            "stages": len(plan.radices),
            "radices": np.array(plan.radices, np.uint8),
            "order": order.astype(np.uint16),
            "twiddles": plan.twiddles.astype(np.int16),
            "mixing": plan.mixing.astype(np.int16),
        },
    )


def _rfft(op: SignalRfft) -> Struct:
    plan = plan_of(op.fft_length)
    return Struct(
        c_type="te_signal_rfft_params",
        members={
            "vectors": output_view(op).row_bytes // 2 // (op.fft_length + 2),
            "samples": op.input.shape[-1],
            "fft": _fft(plan, plan.order),
        },
    )


def _irfft(op: SignalIrfft) -> Struct:
    plan = plan_of(op.fft_length, inverse=True)
    return Struct(
        c_type="te_signal_irfft_params",
        members={
            "vectors": output_view(op).row_bytes // 2 // op.fft_length,
            "fft": _fft(plan, np.argsort(plan.order)),
        },
    )


def _energy(op: SignalEnergy) -> Struct:
    return Struct(
        c_type="te_signal_energy_params",
        members={"elements": op.output.elements, "start": op.start, "end": op.end},
    )


def _filter_bank(op: SignalFilterBank) -> Struct:
    return Struct(
        c_type="te_signal_filter_bank_params",
        members={
            "channels": op.output.elements,
            "weight": op.weight.values,
            "unweight": op.unweight.values,
            "frequency_starts": op.frequency_starts.values,
            "weight_starts": op.weight_starts.values,
            "widths": op.widths.values,
        },
    )


def _square_root(op: SignalFilterBankSquareRoot) -> Struct:
    members = {"channels": op.output.elements}
    return Struct(c_type="te_signal_square_root_params", members=members)


def _subtraction(op: SignalFilterBankSpectralSubtraction) -> Struct:
    return Struct(
        c_type="te_signal_spectral_subtraction_params",
        members={
            "channels": op.output.elements,
            "smoothing": (op.smoothing, op.alternate_smoothing),
            "kept_noise": (op.one_minus_smoothing, op.alternate_one_minus_smoothing),
            "signal_remaining": op.min_signal_remaining,
            "smoothing_bits": op.smoothing_bits,
            "fraction_bits": op.spectral_subtraction_bits,
            "clamping": int(op.clamping),
        },
    )


def _pcan(op: SignalPCAN) -> Struct:
    return Struct(
        c_type="te_signal_pcan_params",
        members={
            "channels": op.output.elements,
            "snr_shift": op.snr_shift,
            "gain": op.gain.values,
        },
    )


def _log(op: SignalFilterBankLog) -> Struct:
    return Struct(
        c_type="te_signal_log_params",
        members={
            "channels": op.output.elements,
            "output_scale": op.output_scale,
            "correction_bits": op.correction_bits,
            "log_table": log_table(),
        },
    )


def _framer(op: SignalFramer) -> Struct:
    return Struct(
        c_type="te_signal_framer_params",
        members={
            "frames": op.output.elements // op.frame_size,
            "frame_size": op.frame_size,
            "frame_step": op.frame_step,
            "kept": op.kept,
            "prefill": int(op.prefill),
        },
    )


def _stacker(op: SignalStacker) -> Struct:
    return Struct(
        c_type="te_signal_stacker_params",
        members={
            "channels": op.input.elements,
            "frames": op.frames,
            "left": op.left,
            "step": op.step,
        },
    )


def _delay(op: SignalDelay) -> Struct:
    return Struct(
        c_type="te_signal_delay_params",
        members={"samples": op.input.elements, "delay": op.delay},
    )


def _overlap_add(op: SignalOverlapAdd) -> Struct:
    return Struct(
        c_type="te_signal_overlap_add_params",
        members={
            "frames": op.input.shape[-2],
            "frame_size": op.input.shape[-1],
            "frame_step": op.frame_step,
        },
    )


def _kernel(
    op: type[Op],
    function: str,
    header: str,
    params: Callable[[Any], Struct],
    *,
    progress: Progress = Progress.WHOLE,
    shares: tuple[str, ...] = (),
) -> Kernel:
    return Kernel(
        folder="ref",
        function=f"te_signal_{function}",
        header=f"te_signal_{header}.h",
        isa=Isa.BASE,
        op=op,
        params=params,
        progress=progress,
        shares=shares,
    )


_FFT = ("shared/te_fft_s16",)

KERNELS: tuple[Kernel, ...] = (
    _kernel(SignalWindow, "window_s16", "frames", _window, progress=Progress.ELEMENT),
    _kernel(SignalFramer, "framer_s16", "frames", _framer),
    _kernel(SignalStacker, "stacker_s16", "frames", _stacker),
    _kernel(SignalDelay, "delay_s16", "frames", _delay),
    _kernel(SignalOverlapAdd, "overlap_add_s16", "frames", _overlap_add),
    _kernel(SignalFftAutoScale, "fft_auto_scale_s16", "spectrum", _auto_scale),
    _kernel(SignalRfft, "rfft_s16", "spectrum", _rfft, shares=_FFT),
    _kernel(SignalIrfft, "irfft_s16", "spectrum", _irfft, shares=_FFT),
    _kernel(SignalEnergy, "energy_s16", "spectrum", _energy),
    _kernel(SignalFilterBank, "filter_bank_u32", "filter_bank", _filter_bank),
    _kernel(SignalFilterBankSquareRoot, "square_root_u64", "filter_bank", _square_root),
    _kernel(
        SignalFilterBankSpectralSubtraction, "spectral_subtraction_u32", "filter_bank", _subtraction
    ),
    _kernel(SignalPCAN, "pcan_u32", "filter_bank", _pcan, progress=Progress.ELEMENT),
    _kernel(SignalFilterBankLog, "log_u32", "filter_bank", _log),
)
"""One portable kernel for each."""
