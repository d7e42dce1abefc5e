"""One inference of a product's firmware, on arrays: to the device's integers and back."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from tinyengine.arguments import Values
from tinyengine.errors import UsageError, counted
from tinyengine.ir import Array, DType
from tinyengine.product.product import Product
from tinyengine.run import Runner, RunResult
from tinyengine.run.edges import Port, from_device, to_device

Steps = Sequence[Sequence[Array]]
"""The inputs of every step of a model, which begins anew with the first; one without state has
one step."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """The inputs and outputs of a product."""

    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]

    @classmethod
    def of(cls, product: Product) -> "Ports":
        """Give those of a product."""
        report = product.report
        return cls(
            inputs=tuple(Port.from_entry(entry) for entry in report.inputs),
            outputs=tuple(Port.from_entry(entry) for entry in report.outputs),
        )

    def stacked(self, steps: int) -> "Ports":
        """Give them with so many of each in one array: a first dimension more."""
        inputs, outputs = (
            tuple(replace(port, shape=(steps, *port.shape)) for port in ports)
            for ports in (self.inputs, self.outputs)
        )
        return Ports(inputs=inputs, outputs=outputs)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Inference:
    """One inference: what the model was given and what it made of it.

    `inputs` are of the device's types, `outputs` of those asked for. `instructions` were counted,
    None where nothing could count them; `stack` was measured, in bytes. `bit_exact` tells whether
    every output byte is that of the reference; None where it was not compared. `measured_ms` are
    the milliseconds that a real board took, at its core's `clock_hz`; None in an emulator.
    """

    inputs: tuple[Values, ...]
    outputs: tuple[Values, ...]
    instructions: int | None
    stack: int
    emulator: str
    bit_exact: bool | None
    measured_ms: float | None = None
    clock_hz: int | None = None

    def __repr__(self) -> str:
        return (
            f"Inference(emulator={self.emulator!r}, instructions={self.instructions}, "
            f"stack={self.stack}, bit_exact={self.bit_exact})"
        )


def random_inputs(ports: Sequence[Port], rng: np.random.Generator) -> list[Array]:
    """Give uniformly random integers of the device's types and shapes, one array per input.

    Indices stay within what is gathered from: beyond it the interpreter stops with an error.
    """
    arrays: list[Array] = []
    for port in ports:
        low, high = port.dtype.limits if port.counts is None else (0, port.counts - 1)
        kind = np.uint64 if port.dtype is DType.UINT64 else np.int64
        values = rng.integers(low, high, port.shape, dtype=kind, endpoint=True)
        arrays.append(np.asarray(values, port.dtype.numpy))
    return arrays


def draw_samples(product: Product, samples: int, seed: int, steps: int = 1) -> list[Steps]:
    """Give `samples` times `steps` random inputs of the device's types, the same for a `seed`."""
    rng = np.random.default_rng(seed)
    inputs = Ports.of(product).inputs
    return [[random_inputs(inputs, rng) for _ in range(steps)] for _ in range(samples)]


def check_count(option: str, noun: str, there: int, given: int) -> None:
    """Raise UsageError about `option` where not as many arrays are given as there are edges."""
    if given != there:
        raise UsageError(option, f"the model has {counted(there, noun)}, not {given}")


def check_steps(product: Product, steps: int | None) -> None:
    """Raise UsageError where a model without state is to take steps."""
    if steps not in (None, 1) and not product.has_state:
        raise UsageError(
            "--steps", "the model has no state: each of its runs is the first", "leave it out"
        )


def infer_steps(runner: Runner, steps: Steps) -> list[RunResult]:
    """Let a firmware that has been opened take all steps, from its first state on."""
    first, *rest = ([array.tobytes() for array in inputs] for inputs in steps)
    return [runner.infer(first), *map(runner.step, rest)]


def outputs_of(product: Product, result: RunResult) -> tuple[Array, ...]:
    """Give the outputs in the model file's types."""
    ports = Ports.of(product).outputs
    return tuple(from_device(data, port) for data, port in zip(result.outputs, ports, strict=True))


def quantized(array: Array, port: Port, quantize: bool) -> Array:
    """Give an input in the device's type; floats for integers only where that is wished."""
    where = f"input '{port.name}'"
    if array.shape != port.shape:
        raise UsageError(where, f"has the shape {array.shape}, the model takes {port.shape}")
    is_float = array.dtype.kind == "f"
    if quantize and is_float:
        return to_device(array.astype(np.float32), as_float(port))
    wanted = port.model_dtype.numpy
    if array.dtype.newbyteorder("=") != wanted:
        hint = "quantize=True takes floats" if is_float and not port.is_converted else ""
        raise UsageError(where, f"holds {array.dtype}, the model takes {wanted}", hint)
    return to_device(array.astype(wanted), port)


def as_float(port: Port) -> Port:
    """Give a port whose values are real numbers; raise UsageError where it has no scale."""
    if port.scale is None:
        raise UsageError(f"'{port.name}'", "has no scale: its values are integers")
    return replace(port, model_dtype=DType.FLOAT32)
