"""Models whose variables outlive a run, tensor by tensor, for tests."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from tests.builders.tflite_writer import ModelWriter


@dataclass(frozen=True, kw_only=True)
class Variable:
    """A variable of a model, and what it is initialised with."""

    name: str
    initial: npt.NDArray[np.int8]


@dataclass
class StatefulWriter(ModelWriter):
    """A writer of one network and of the subgraph that initialises its variables.

    All tensors are int8 and quantized alike unless told otherwise.
    """

    variables: list[Variable] = field(default_factory=list)
    _handles: dict[str, int] = field(default_factory=dict)

    def values(self, *shape: int, name: str | None = None) -> int:
        """Add a tensor."""
        return self.tensor(shape, scale=0.5, zero_point=-3, name=name)

    def variable(self, name: str, initial: npt.ArrayLike | None = None) -> int:
        """Add a handle; with `initial` the variable is initialised once."""
        handle = self.tensor((), "resource", name=f"handle_{name}")
        if initial is not None:
            if not self.variables:
                self.op("CALL_ONCE", [], [], init_subgraph_index=1)
            self.variables.append(Variable(name=name, initial=np.asarray(initial, np.int8)))
        self.op("VAR_HANDLE", [], [handle], container="", shared_name=name)
        self._handles[name] = handle
        return handle

    def read(self, name: str, *shape: int) -> int:
        """Read a variable."""
        output = self.values(*shape)
        self.op("READ_VARIABLE", [self._handles[name]], [output])
        return output

    def assign(self, name: str, value: int) -> None:
        """Assign a variable."""
        self.op("ASSIGN_VARIABLE", [self._handles[name], value], [])

    def complete(self, inputs: Sequence[int], outputs: Sequence[int]) -> bytes:
        """Give the file, of the network and the subgraph that initialises its variables."""
        if not self.variables:
            return self.finish(inputs, outputs)
        self.end_subgraph(inputs, outputs, "main")
        for each in self.variables:
            handle = self.tensor((), "resource")
            data = self.tensor(each.initial.shape, scale=0.5, zero_point=-3, data=each.initial)
            self.op("VAR_HANDLE", [], [handle], container="", shared_name=each.name)
            self.op("ASSIGN_VARIABLE", [handle, data], [])
        return self.finish([], [])


@dataclass(frozen=True, kw_only=True)
class Recurrent:
    """The sizes and quantization of a recurrent operator for tests; `seed` is of its weights."""

    seed: int = 0
    batch: int = 1
    width: int = 5
    zero_point: int = 3
    out_zero_point: int = -5


def svdf_model(
    made: Recurrent,
    *,
    filters: int = 6,
    memory: int = 4,
    rank: int = 2,
    dtype: str = "int16",
    bias: bool = True,
    out_scale: float = 0.1,
) -> bytes:
    """Give a model of one SVDF; time weights and state are of `dtype`."""
    writer = ModelWriter()
    x = writer.tensor((made.batch, made.width), scale=0.05, zero_point=made.zero_point, name="x")
    y = add_svdf(writer, x, made, (filters, memory, rank), dtype, bias=bias, out_scale=out_scale)
    return writer.finish([x], [y])


def add_svdf(
    writer: ModelWriter,
    x: int,
    made: Recurrent,
    sizes: tuple[int, int, int],
    dtype: str = "int16",
    *,
    bias: bool = True,
    out_scale: float = 0.1,
) -> int:
    """Add an SVDF and give its output; `sizes` are its filters, its memory and its rank."""
    rng, (filters, memory, rank) = np.random.default_rng(made.seed), sizes
    is_wide = dtype == "int16"
    feature = rng.integers(-127, 128, (filters, made.width))
    times = rng.integers(-127, 128, (filters, memory)) * (200 if is_wide else 1)
    biases = rng.integers(-9000, 9000, filters // rank)
    state_scale, kept = 0.0005 if is_wide else 0.1, (made.batch, filters * memory)
    operands = [
        x,
        writer.tensor(feature.shape, scale=0.01, data=feature),
        writer.tensor(times.shape, dtype, scale=0.0001 if is_wide else 0.01, data=times),
        writer.tensor(biases.shape, "int32", scale=1e-5, data=biases) if bias else -1,
        writer.tensor(kept, dtype, state_scale, 0, name="state", is_variable=True),
    ]
    shape = (made.batch, filters // rank)
    y = writer.tensor(shape, scale=out_scale, zero_point=made.out_zero_point)
    writer.op("SVDF", operands, [y], rank=rank, fused_activation_function="RELU")
    return y


def lstm_model(
    made: Recurrent,
    *,
    cells: int = 6,
    steps: int = 3,
    time_major: bool = False,
    input_gate: bool = True,
    peepholes: bool = False,
    projection: int = 0,
    cell_bits: int = 4,
    cell_clip: float = 0.0,
    projection_clip: float = 0.0,
    dtype: str = "int8",
    biases: int = 4000,
    norms: bool = False,
) -> bytes:
    """Give a model of one LSTM; a `projection` is to so many outputs, `biases` are below that."""
    writer = ModelWriter()
    sequence = (steps, made.batch) if time_major else (made.batch, steps)
    scale, zero_point = (0.04, made.zero_point) if dtype == "int8" else (0.04 / 256, 0)
    x = writer.tensor((*sequence, made.width), dtype, scale, zero_point, name="x")
    options = {"time_major": time_major, "cell_clip": cell_clip, "proj_clip": projection_clip}
    gates = [input_gate, True, True, True]
    sizes = (*sequence, cells, projection)
    y = add_lstm(
        writer,
        x,
        made,
        sizes,
        gates,
        peepholes=peepholes,
        bits=cell_bits,
        dtype=dtype,
        biases=biases,
        norms=norms,
        **options,
    )
    return writer.finish([x], [y])


def add_lstm(
    writer: ModelWriter,
    x: int,
    made: Recurrent,
    sizes: tuple[int, int, int, int],
    gates: Sequence[bool] = (True,) * 4,
    *,
    peepholes: bool = False,
    bits: int = 4,
    scales: tuple[float, float] = (0.004, 0.02),
    dtype: str = "int8",
    biases: int = 4000,
    norms: bool = False,
    **options: float,
) -> int:
    """Add an LSTM and give its output; `sizes` are two of the sequence, cells and outputs, or 0.

    `gates` tells of input, forget, cell and output gate whether they are there; `scales` are those
    that weights lie between, `bits` the integer bits of the cells, `dtype` the activations' type.
    """
    rng, is_wide = np.random.default_rng(made.seed), dtype == "int16"
    (*sequence, cells, projection), hidden = sizes, 2.0**-15 if is_wide else 1 / 128
    outputs, zero = projection or cells, 0 if is_wide else made.out_zero_point

    def constant(shape: Sequence[int], least: int, dtype: str, scale: float) -> int:
        return writer.tensor(shape, dtype, scale, data=rng.integers(least, 1 - least, shape))

    def weights(has: bool, rows: int, columns: int, scale: float | None = None) -> int:
        scale = float(rng.uniform(*scales)) if scale is None else scale
        return constant((rows, columns), -127, "int8", scale) if has else -1

    operands = [
        x,
        *(weights(has, cells, made.width) for has in gates),
        *(weights(has, cells, outputs) for has in gates),
        *(
            constant((cells,), -32767, "int16", 3e-5) if has else -1
            for has in (peepholes and gates[0], peepholes, peepholes)
        ),
        *(
            constant((cells,), -biases, "int64" if is_wide else "int32", 1e-4) if has else -1
            for has in gates
        ),
        weights(projection > 0, projection, cells, 0.008),
        constant((projection,), -900, "int32", 1e-4) if projection else -1,
        writer.tensor((made.batch, outputs), dtype, hidden, zero, is_variable=True),
        writer.tensor((made.batch, cells), "int16", 2.0 ** (bits - 15), 0, is_variable=True),
        *(constant((cells,), -32767, "int16", 3e-5) if has and norms else -1 for has in gates),
    ]
    y = writer.tensor((*sequence, outputs), dtype, hidden, zero)
    between = [writer.tensor((0,), "int16", 1e-3 if norms else 2.0**-12, 0) for _ in range(4)]
    unprojected = (1 / 120, 7) if projection else (hidden, zero)
    between.append(writer.tensor((0,), "int8", *unprojected))
    writer.op(
        "UNIDIRECTIONAL_SEQUENCE_LSTM", operands, [y], intermediates=between,
        fused_activation_function="TANH", **options,
    )  # fmt: skip
    return y
