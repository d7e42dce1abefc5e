"""One operator of the file, as the handler of its opcode sees it."""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from tinyengine.importers.names import label
from tinyengine.importers.refusals import DAMAGED_HINT, RefusedError, describe
from tinyengine.importers.tflite.model import FileOperator
from tinyengine.importers.tflite.reader import Accessor, File, empty_table, open_table
from tinyengine.importers.tflite.tensors import NUMBERS, TensorTable
from tinyengine.ir import Array, DType, Op, Quantization, Source, Tensor

_INT8 = (DType.INT8,)

MOVED = (DType.INT8, DType.INT16, *NUMBERS)
"""Types of what is moved without being looked at."""

SIXTEEN_BITS = frozenset((
    "ADD", "AVERAGE_POOL_2D", "BATCH_MATMUL", "CONV_2D", "DEPTHWISE_CONV_2D",
    "FULLY_CONNECTED", "LEAKY_RELU", "LOGISTIC", "MAXIMUM", "MAX_POOL_2D", "MEAN", "MINIMUM",
    "MUL", "RELU", "RELU6", "RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR", "SOFTMAX",
    "SUB", "TANH", "TRANSPOSE_CONV", "UNIDIRECTIONAL_SEQUENCE_LSTM",
))  # fmt: skip
"""The operators that compute with int16 activations, too, in place of int8 throughout."""


class Call:
    """An operator with its operands; what is asked for and is not there raises `RefusedError`."""

    def __init__(self, operator: FileOperator, tensors: TensorTable, file: File) -> None:
        """Take the operator, the table of its model's tensors and the file for its options."""
        self.operator = operator
        self.opcode = operator.opcode
        self._dtypes = (DType.INT8, DType.INT16) if self.opcode in SIXTEEN_BITS else _INT8
        self._tensors = tensors
        self._file = file
        name = tensors.file_tensor(operator.outputs[0]).label if operator.outputs else ""
        self.source = Source(index=operator.index, opcode=operator.opcode, name=name)

    def expect(self, inputs: tuple[int, ...] | range, outputs: int | None = 1) -> None:
        """Refuse any other number of inputs (one of `inputs`) or outputs (None: any)."""
        given = len(self.operator.inputs)
        if given not in inputs:
            raise RefusedError(
                f"it has {given} inputs; {_alternatives(inputs)} expected", DAMAGED_HINT
            )
        given = len(self.operator.outputs)
        if outputs is not None and given != outputs:
            raise RefusedError(f"it has {given} outputs; {outputs} expected", DAMAGED_HINT)

    @property
    def is_wide(self) -> bool:
        """True where the first input is int16, and the operator takes that."""
        return self.dtype(0) == DType.INT16.value and self.opcode in SIXTEEN_BITS

    @property
    def is_unsigned(self) -> bool:
        """True where the first input is uint8, which is taken as int8."""
        return self.dtype(0) == DType.UINT8.value

    def has(self, position: int) -> bool:
        """Tell whether there is an input at `position`."""
        return position < len(self.operator.inputs) and self.operator.inputs[position] >= 0

    def input(
        self, position: int = 0, role: str = "input", dtypes: tuple[DType, ...] | None = None
    ) -> Tensor:
        """Give the activation at `position`; without `dtypes`, its type settles the others'."""
        tensor = self._tensors.activation(self._index(position, role), role, dtypes or self._dtypes)
        if dtypes is None:
            self._dtypes = (tensor.dtype,)
        return tensor

    def value(
        self, position: int = 0, role: str = "input", dtypes: tuple[DType, ...] = MOVED
    ) -> Tensor:
        """Give the operand at `position`, quantized where its type is not among NUMBERS."""
        return self._valued(self._index(position, role), role, dtypes)

    def output_like(self, source: Tensor, shape: tuple[int, ...], position: int = 0) -> Tensor:
        """Give the output at `position`, of the type of `source`, as `output` does."""
        return self.output_value(shape, (source.dtype,), position)

    def output_value(
        self, shape: tuple[int, ...], dtypes: tuple[DType, ...], position: int = 0
    ) -> Tensor:
        """Give the output at `position`, quantized where its type is not among NUMBERS."""
        tensor = self._valued(self.operator.outputs[position], "output", dtypes)
        return self._written(tensor, position, shape)

    def unscaled(self, position: int, dtypes: tuple[DType, ...]) -> Tensor | None:
        """Give the operand at `position` if it has no scale; None else."""
        return self._without_scale(self._index(position, "input"), "input", dtypes)

    def unscaled_output(self, shape: tuple[int, ...], dtypes: tuple[DType, ...]) -> Tensor | None:
        """Give the only output if it has no scale, as `output` does; None else."""
        tensor = self._without_scale(self.operator.outputs[0], "output", dtypes)
        return None if tensor is None else self._written(tensor, 0, shape)

    def _without_scale(self, index: int, role: str, dtypes: tuple[DType, ...]) -> Tensor | None:
        if len(self._tensors.file_tensor(index).scales):
            return None
        return self._tensors.numbers(index, role, dtypes)

    def reals(self, position: int, role: str) -> npt.NDArray[np.float32]:
        """Give the constant at `position` as real numbers, as `TensorTable.reals` does."""
        return self._tensors.reals(self._index(position, role), role)

    def integer_output(
        self, position: int, shape: tuple[int, ...], dtype: DType, quant: Quantization
    ) -> Tensor:
        """Give what is to stand for the float32 output at `position` in integers.

        The file's shape is not asked: interpreters set it.
        """
        index = self.operator.outputs[position]
        given = self._tensors.file_tensor(index)
        if given.dtype != DType.FLOAT32.value:
            raise RefusedError(f"its output '{given.label}' is {given.dtype}; it must be float32")
        tensor = Tensor(name=given.name, shape=shape, dtype=dtype, quant=quant)
        self._tensors.stand_in(index, tensor)
        return tensor

    def known(self, values: Array) -> tuple[Op, ...]:
        """Let the only output be a constant of these values; give the operators: none."""
        self._require_shape(0, values.shape)
        self._tensors.learn(self.operator.outputs[0], values)
        return ()

    def output(self, shape: tuple[int, ...], dtypes: tuple[DType, ...] | None = None) -> Tensor:
        """Give the only output, after comparing the file's shape with the computed `shape`."""
        return self.output_at(0, shape, dtypes)

    def unsigned_output(self, shape: tuple[int, ...]) -> Tensor:
        """Give the only output, of int16 whose zero point need not be 0, as `output` does."""
        index, dtypes = self.operator.outputs[0], (DType.INT16,)
        return self._written(
            self._tensors.activation(index, "output", dtypes, symmetric=False), 0, shape
        )

    def indices(self, shape: tuple[int, ...], dtype: DType, position: int = 0) -> Tensor:
        """Give an output of `dtype` that counts and is not quantized, as `output` does."""
        self._require_shape(position, shape)
        return self._tensors.indices(self.operator.outputs[position], "output", (dtype,))

    def output_at(
        self, position: int, shape: tuple[int, ...], dtypes: tuple[DType, ...] | None = None
    ) -> Tensor:
        """Give the output at `position`, as `output` does."""
        index = self.operator.outputs[position]
        tensor = self._tensors.activation(index, "output", dtypes or self._dtypes)
        return self._written(tensor, position, shape)

    def _written(self, tensor: Tensor, position: int, shape: tuple[int, ...]) -> Tensor:
        if tensor.is_const:
            raise RefusedError(f"its output '{label(tensor.name)}' is a constant", DAMAGED_HINT)
        self._require_shape(position, shape)
        return tensor

    def _valued(self, index: int, role: str, dtypes: tuple[DType, ...]) -> Tensor:
        known = self._tensors.means_itself(index)
        give = self._tensors.numbers if known else self._tensors.activation
        return give(index, role, dtypes)

    def numbers(self, position: int, role: str, dtype: DType) -> Tensor:
        """Give the activation at `position`, whose numbers of `dtype` mean themselves."""
        return self._tensors.numbers(self._index(position, role), role, (dtype,))

    def constant(self, position: int, role: str, dtype: DType) -> Tensor:
        """Give the constant at `position`, as `numbers` does."""
        return self._tensors.constant(self._index(position, role), role, (dtype,))

    def result(self, position: int, dtype: DType) -> Tensor:
        """Give the output at `position`, whose numbers of `dtype` mean themselves."""
        tensor = self._tensors.numbers(self.operator.outputs[position], "output", (dtype,))
        if tensor.is_const:
            raise RefusedError(f"its output '{label(tensor.name)}' is a constant", DAMAGED_HINT)
        return tensor

    def _require_shape(self, position: int, shape: tuple[int, ...]) -> None:
        """Refuse another shape than the computed `shape` in the file."""
        declared = self.declared_shape(position)
        if declared != shape:
            raise RefusedError(
                f"the file gives its output the shape {describe(declared)}, "
                f"but the operator computes {describe(shape)}",
                "convert the model again, with fixed shapes and batch 1",
            )

    def intermediate(self, output: Tensor, suffix: str, shape: tuple[int, ...]) -> Tensor:
        """Give a new tensor between the operators that this one becomes, like `output`."""
        return Tensor(
            name=f"{output.name}/{suffix}", shape=shape, dtype=output.dtype, quant=output.quant
        )

    def declared_shape(self, position: int = 0) -> tuple[int, ...]:
        """Give the shape that the file declares for the output at `position`."""
        return self._tensors.file_tensor(self.operator.outputs[position]).shape

    def declared_dtype(self, position: int = 0) -> str:
        """Give the file's name of the type of the output at `position`."""
        return self._tensors.file_tensor(self.operator.outputs[position]).dtype

    def bias_scale(self, position: int) -> float:
        """Give the one scale that the file gives the bias at `position`; 0 where there is none."""
        scales = self._tensors.file_tensor(self._index(position, "bias")).scales
        return float(scales[0]) if len(scales) == 1 else 0.0

    def shape(self, position: int) -> tuple[int, ...]:
        """Give the shape of the input at `position`, of whatever type it is."""
        return self._tensors.file_tensor(self._index(position, "input")).shape

    def result_dtype(self) -> str:
        """Give the file's name of the type of the first output."""
        return self._tensors.file_tensor(self.operator.outputs[0]).dtype

    def dtype(self, position: int) -> str:
        """Give the file's name of the type of the input at `position`."""
        return self._tensors.file_tensor(self._index(position, "input")).dtype

    def is_constant(self, position: int) -> bool:
        """Tell whether there is an input at `position` that the file holds the value of."""
        if not self.has(position):
            return False
        return self._tensors.file_tensor(self.operator.inputs[position]).data is not None

    def weight(
        self,
        *,
        axis: int,
        rank: int,
        symmetric: bool = True,
        packed: Sequence[DType] = (DType.INT4,),
    ) -> Tensor:
        """Give the weights, at position 1, as `TensorTable.weight` does."""
        index = self._index(1, "weight")
        return self._tensors.weight(index, axis=axis, rank=rank, symmetric=symmetric, packed=packed)

    def magnitudes(self, weight: Tensor, axis: int) -> npt.NDArray[np.int64]:
        """Give a bound of the sum of |weight - zero point| per index along `axis`."""
        return self._tensors.magnitudes(weight, axis)

    def quantized_constant(self, position: int, role: str, dtypes: tuple[DType, ...]) -> Tensor:
        """Give the constant at `position`, of one of `dtypes` and quantized per tensor."""
        tensor = self.input(position, role, dtypes)
        if not tensor.is_const:
            raise RefusedError(
                f"{role} '{label(tensor.name)}' is not a constant",
                "weights must be stored in the model",
            )
        return tensor

    def state(self, position: int, role: str, dtypes: tuple[DType, ...]) -> Tensor:
        """Give the variable at `position`, which the operator keeps."""
        return self._tensors.state(self._index(position, role), role, dtypes)

    def intermediate_scale(self, position: int) -> Quantization | None:
        """Give how the operator quantizes something on the way; None where that is not said."""
        indices = self.operator.intermediates
        return self._tensors.scale(indices[position]) if position < len(indices) else None

    def bias(
        self, position: int, channels: int, dtypes: tuple[DType, ...] = (DType.INT32,)
    ) -> Tensor | None:
        """Give the bias at `position`, or None where it is left out."""
        if not self.has(position):
            return None
        return self._tensors.bias(self._index(position, "bias"), channels, dtypes)

    def integers(self, position: int, role: str, *, wide: bool = False) -> tuple[int, ...]:
        """Give the values of the constant int32 tensor at `position`; int64 too where `wide`.

        Where an operator does not know int64, the interpreter reads nonsense.
        """
        dtypes = ("int32", "int64") if wide else ("int32",)
        return self._tensors.constant_ints(self._index(position, role), role, dtypes)

    def integer(self, position: int, role: str, *, wide: bool = False) -> int:
        """Give the single value of a constant tensor, as `integers` does."""
        values = self.integers(position, role, wide=wide)
        if len(values) != 1:
            raise RefusedError(f"{role} has {len(values)} values; 1 expected", DAMAGED_HINT)
        return values[0]

    def options(self, table: Accessor) -> Accessor:
        """Give the accessor of class `table` for the options; all defaults where absent."""
        operator = self.operator
        if operator.options is None:
            return empty_table(table)
        if operator.options_type != table.__name__:
            raise RefusedError(
                f"it carries {operator.options_type} instead of {table.__name__}", DAMAGED_HINT
            )
        return open_table(table, self._file, operator.options.Pos)

    def _index(self, position: int, role: str) -> int:
        if not self.has(position):
            raise RefusedError(f"its {role} is left out", DAMAGED_HINT)
        return self.operator.inputs[position]


Handler = Callable[[Call], tuple[Op, ...]]


def require_equal_quantization(output: Tensor, *operands: Tensor) -> None:
    """Refuse operands whose scale and zero point are not the output's; both may have none."""
    for operand in operands:
        if operand.quant is output.quant is None:
            continue
        if operand.quant is None or output.quant is None:
            names = f"'{label(operand.name)}' and '{label(output.name)}'"
            raise RefusedError(f"of {names} only one has a scale and zero point")
        if (operand.scale, operand.zero_point) != (output.scale, output.zero_point):
            mine, theirs = label(operand.name), label(output.name)
            raise RefusedError(
                f"'{mine}' and '{theirs}' are quantized differently: scale {operand.scale:.9g}, "
                f"zero point {operand.zero_point} against scale {output.scale:.9g}, "
                f"zero point {output.zero_point}"
            )


def _alternatives(numbers: tuple[int, ...] | range) -> str:
    if isinstance(numbers, range):
        return f"{numbers.start} or more"
    return " or ".join(map(str, numbers))
