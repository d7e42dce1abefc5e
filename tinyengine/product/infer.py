"""One inference of a product's firmware, on arrays: to the device's integers and back."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tinyengine.errors import UsageError, counted
from tinyengine.ir import Array
from tinyengine.product.open import Place, open_product
from tinyengine.product.product import Product
from tinyengine.progress import Progress
from tinyengine.run import RunResult
from tinyengine.run.edges import Port, from_device


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


def random_inputs(ports: Sequence[Port], rng: np.random.Generator) -> list[Array]:
    """Give uniformly random integers of the device's types and shapes, one array per input."""
    arrays: list[Array] = []
    for port in ports:
        low, high = port.dtype.limits
        arrays.append(rng.integers(low, high + 1, port.shape).astype(port.dtype.numpy))
    return arrays


def draw_samples(product: Product, samples: int, seed: int) -> list[list[Array]]:
    """Give `samples` times random inputs of the device's types, the same ones for a `seed`."""
    rng = np.random.default_rng(seed)
    inputs = Ports.of(product).inputs
    return [random_inputs(inputs, rng) for _ in range(samples)]


def check_count(option: str, noun: str, there: int, given: int) -> None:
    """Raise UsageError about `option` where not as many arrays are given as there are edges."""
    if given != there:
        raise UsageError(option, f"the model has {counted(there, noun)}, not {given}")


def infer(product: Product, place: Place, inputs: Sequence[Array], progress: Progress) -> RunResult:
    """Run one inference on arrays of the device's types, one per input.

    Raises what `open_product` and `Runner.infer` do.
    """
    with (
        open_product(product, place, progress=progress) as runner,
        progress(f"running on {place.describe(product.board)}"),
    ):
        return runner.infer([array.tobytes() for array in inputs])


def outputs_of(product: Product, result: RunResult) -> tuple[Array, ...]:
    """Give the outputs in the model file's types."""
    ports = Ports.of(product).outputs
    return tuple(from_device(data, port) for data, port in zip(result.outputs, ports, strict=True))
