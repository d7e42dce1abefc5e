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
    rng, writer = np.random.default_rng(made.seed), ModelWriter()
    x = writer.tensor((made.batch, made.width), scale=0.05, zero_point=made.zero_point, name="x")
    feature = rng.integers(-127, 128, (filters, made.width))
    times = rng.integers(-127, 128, (filters, memory)) * (200 if dtype == "int16" else 1)
    state_scale = 0.0005 if dtype == "int16" else 0.1
    biases = rng.integers(-9000, 9000, filters // rank)
    operands = [
        x,
        writer.tensor(feature.shape, scale=0.01, data=feature),
        writer.tensor(times.shape, dtype, scale=0.0001 if dtype == "int16" else 0.01, data=times),
        writer.tensor(biases.shape, "int32", scale=1e-5, data=biases) if bias else -1,
        writer.tensor(
            (made.batch, filters * memory), dtype, state_scale, 0, name="state", is_variable=True
        ),
    ]
    y = writer.tensor(
        (made.batch, filters // rank), scale=out_scale, zero_point=made.out_zero_point, name="y"
    )
    writer.op("SVDF", operands, [y], rank=rank, fused_activation_function="RELU")
    return writer.finish([x], [y])


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
) -> bytes:
    """Give a model of one LSTM; a `projection` is to so many outputs."""
    rng, writer = np.random.default_rng(made.seed), ModelWriter()
    outputs = projection or cells
    sequence = (steps, made.batch) if time_major else (made.batch, steps)
    hidden_scale = 1 / 128

    def weights(rows: int, columns: int, scale: float) -> int:
        data = rng.integers(-127, 128, (rows, columns))
        return writer.tensor(data.shape, scale=scale, data=data)

    x = writer.tensor((*sequence, made.width), scale=0.04, zero_point=made.zero_point, name="x")
    gates = [input_gate, True, True, True]
    scales = rng.uniform(0.004, 0.02, 8)
    biases = rng.integers(-4000, 4000, (4, cells))
    seen = rng.integers(-32767, 32768, (3, cells))
    peeps = [peepholes and input_gate, peepholes, peepholes]
    operands = [
        x,
        *(weights(cells, made.width, scales[i]) if has else -1 for i, has in enumerate(gates)),
        *(weights(cells, outputs, scales[4 + i]) if has else -1 for i, has in enumerate(gates)),
        *(
            writer.tensor((cells,), "int16", scale=3e-5, data=seen[i]) if has else -1
            for i, has in enumerate(peeps)
        ),
        *(
            writer.tensor((cells,), "int32", scale=1e-4, data=biases[i]) if has else -1
            for i, has in enumerate(gates)
        ),
        weights(projection, cells, 0.008) if projection else -1,
        writer.tensor((projection,), "int32", scale=1e-4, data=rng.integers(-900, 900, projection))
        if projection
        else -1,
        writer.tensor(
            (made.batch, outputs), "int8", hidden_scale, made.out_zero_point, name="hidden",
            is_variable=True,
        ),
        writer.tensor(
            (made.batch, cells), "int16", 2.0 ** (cell_bits - 15), 0, name="cell", is_variable=True
        ),
        *[-1] * 4,
    ]  # fmt: skip
    y = writer.tensor(
        (*sequence, outputs), scale=hidden_scale, zero_point=made.out_zero_point, name="y"
    )
    between = [writer.tensor((0,), "int16", 2.0**-12, 0) for _ in range(4)]
    between.append(
        writer.tensor(
            (0,),
            "int8",
            1 / 120 if projection else hidden_scale,
            7 if projection else made.out_zero_point,
        )
    )
    writer.op(
        "UNIDIRECTIONAL_SEQUENCE_LSTM", operands, [y], intermediates=between,
        fused_activation_function="TANH", time_major=time_major, cell_clip=cell_clip,
        proj_clip=projection_clip,
    )  # fmt: skip
    return writer.finish([x], [y])
