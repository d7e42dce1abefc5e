"""Turn the file's tensors into the IR's, and refuse those that cannot be."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from tinyengine.importers.names import label
from tinyengine.importers.refusals import (
    CONVERT_HINT,
    DAMAGED_HINT,
    LIMIT_HINT,
    QUANTIZE_HINT,
    RefusedError,
    describe,
)
from tinyengine.importers.tflite.model import SPARSE, VARIABLE, FileModel, FileTensor
from tinyengine.ir import Array, DType, Quantization, Tensor

_MOST_ELEMENTS = 1 << 31

_LEAST_SCALE, _GREATEST_SCALE = 2.0**-60, 2.0**60
"""Scales of activations lie between these, so that no product leaves the range of float32."""

NUMBERS = (DType.BOOL, DType.INT32, DType.INT64, DType.UINT32, DType.UINT64)
"""Types whose elements stand for themselves: a quantization that the file gives means nothing."""

_SPARSE_HINT = (
    "convert it without EXPERIMENTAL_SPARSITY: of weights that are stored whole, zeros are skipped "
    "where that pays"
)

_DTYPE_HINTS = {
    "float32": QUANTIZE_HINT,
    "float16": QUANTIZE_HINT,
    "int16": "convert the model with int8 activations: the 16x8 scheme has no such operator",
    "uint8": "convert the model with int8",
    "int4": "int4 is supported for weights only",
    "int2": "int2 is supported for weights of FULLY_CONNECTED only: the interpreters have no other",
}


class TensorTable:
    """The tensors of a model; every one is converted once, so that identity holds.

    `role` in all methods is what the operator calls the operand, for messages.
    """

    def __init__(self, model: FileModel) -> None:
        """Take the model whose tensors are asked for by index."""
        self._tensors = list(model.tensors)
        self._edges = frozenset((*model.inputs, *model.outputs))
        self._file = model.file
        self._converted: dict[tuple[int, str], Tensor] = {}
        self._states: dict[int, Tensor] = {}
        self._magnitudes: dict[Tensor, npt.NDArray[np.int64]] = {}

    def file_tensor(self, index: int) -> FileTensor:
        """Give tensor `index` as the file has it."""
        return self._tensors[index]

    def learn(self, index: int, values: Array) -> None:
        """Take the value of tensor `index`, which an operator computes, for a constant from now on.

        It must be what the file says of it: of int32, int64 or bool, in its shape.
        """
        tensor = self._tensors[index]
        if values.dtype.name != tensor.dtype:
            raise RefusedError(
                f"its output '{tensor.label}' is {tensor.dtype}; it must be {values.dtype.name}"
            )
        assert values.shape == tensor.shape, f"'{tensor.name}' is {values.shape}"
        data = np.frombuffer(values.astype(values.dtype.newbyteorder("<")).tobytes(), np.uint8)
        self._tensors[index] = replace(tensor, data=data)
        self._converted.pop((index, "indices"), None)

    def made(self, index: int) -> Tensor | None:
        """Give what tensor `index` has become if it is of numbers; None if nobody asked for it."""
        return self._converted.get((index, "indices"))

    def activation(
        self,
        index: int,
        role: str,
        dtypes: tuple[DType, ...] = (DType.INT8,),
        *,
        symmetric: bool = True,
    ) -> Tensor:
        """Give a tensor of one of `dtypes`, quantized per tensor; it may be a constant.

        int16 has the zero point 0 unless it need not be `symmetric`. A tensor of uint8 is given as
        int8, with all values and its zero point 128 less, where int8 is asked for; where both are,
        in the form that it has already.
        """
        is_less = self._is_taken_as_int8(index, dtypes)
        tensor = self._plain(index, role, (DType.UINT8,) if is_less else dtypes)
        if len(tensor.scales) > 1:
            raise RefusedError(f"{role} '{tensor.label}' is quantized per channel")
        quant = _quantization(tensor, role)
        if is_less:
            return self._convert(
                tensor, "less", replace(quant, zero_point=(quant.zero_point[0] - 128,))
            )
        if symmetric and tensor.dtype == DType.INT16.value and quant.zero_point != (0,):
            raise RefusedError(
                f"{role} '{tensor.label}' is int16 with a zero point other than 0",
                "the 16x8 scheme is symmetric: convert the model again",
            )
        return self._convert(tensor, "activation", quant)

    def _is_taken_as_int8(self, index: int, dtypes: tuple[DType, ...]) -> bool:
        """Tell whether tensor `index` is of uint8, but given as int8."""
        if self._tensors[index].dtype != DType.UINT8.value or DType.INT8 not in dtypes:
            return False
        is_there = index in self._edges or (index, "activation") in self._converted
        return DType.UINT8 not in dtypes or not is_there

    def in_both_forms(self) -> Mapping[Tensor, Tensor]:
        """Give the other form of each tensor that is asked for as uint8 and as int8."""
        less = {
            index: tensor for (index, kind), tensor in self._converted.items() if kind == "less"
        }
        pairs = {
            tensor: less[index]
            for (index, kind), tensor in self._converted.items()
            if kind == "activation" and index in less and not tensor.is_const
        }
        return pairs | {other: tensor for tensor, other in pairs.items()}

    def indices(self, index: int, role: str, dtypes: tuple[DType, ...]) -> Tensor:
        """Give a tensor of one of `dtypes` that counts: quantization means nothing."""
        tensor = self.numbers(index, role, dtypes)
        if tensor.is_const:
            raise RefusedError(f"{role} '{label(tensor.name)}' is a constant", LIMIT_HINT)
        return tensor

    def means_itself(self, index: int) -> bool:
        """Tell whether the elements of a tensor stand for themselves: int16 may be quantized."""
        tensor = self._tensors[index]
        is_plain = tensor.dtype == DType.INT16.value and not len(tensor.scales)
        return is_plain or tensor.dtype in {dtype.value for dtype in NUMBERS}

    def numbers(self, index: int, role: str, dtypes: tuple[DType, ...]) -> Tensor:
        """Give a tensor of one of `dtypes` whose elements stand for themselves, or a constant.

        int16 keeps the quantization that it may have: others may read it so.
        """
        tensor = self._plain(index, role, dtypes)
        if tensor.dtype != DType.INT16.value:
            return self._convert(tensor, "indices", None)
        quant = _quantization(tensor, role) if len(tensor.scales) == 1 else None
        return self._convert(tensor, "activation", quant)

    def constant(self, index: int, role: str, dtypes: tuple[DType, ...]) -> Tensor:
        """Give a constant of one of `dtypes`, as `numbers` does."""
        tensor = self.numbers(index, role, dtypes)
        _require_constant(self._tensors[index], role)
        return tensor

    def state(self, index: int, role: str, dtypes: tuple[DType, ...]) -> Tensor:
        """Give a variable of one of `dtypes`, quantized per tensor, that one operator keeps."""
        tensor = self._tensors[index]
        if tensor.oddities != (VARIABLE,) or tensor.data is not None:
            raise RefusedError(f"{role} '{tensor.label}' is no variable", DAMAGED_HINT)
        if index in self._states:
            raise RefusedError(
                f"{role} '{tensor.label}' is kept by another operator, too", LIMIT_HINT
            )
        plain = self._plain(index, role, dtypes, variable=True)
        self._states[index] = self._convert(plain, "state", _quantization(plain, role))
        return self._states[index]

    def stand_in(self, index: int, tensor: Tensor | None = None) -> Tensor | None:
        """Give what stands for float32 tensor `index` in integers, None if nothing; or say it."""
        key = (index, "integers")
        if tensor is not None:
            self._converted[key] = tensor
        return self._converted.get(key)

    def reals(self, index: int, role: str) -> npt.NDArray[np.float32]:
        """Give the values of a constant of float32, or of bytes that are quantized per tensor."""
        tensor = self._plain(index, role, (DType.FLOAT32, DType.INT8, DType.UINT8))
        _require_constant(tensor, role)
        assert tensor.data is not None
        self._file.charge(4 * math.prod(tensor.shape))
        values = _values(tensor.data, DType(tensor.dtype), tensor.shape)
        if tensor.dtype == DType.FLOAT32.value:
            return np.asarray(values, np.float32)
        if len(tensor.scales) > 1:
            raise RefusedError(f"{role} '{tensor.label}' is quantized per channel")
        quant = _quantization(tensor, role)
        centred = values.astype(np.float64) - quant.zero_point[0]
        return np.asarray(quant.scale[0] * centred, np.float32)

    def scale(self, index: int) -> Quantization | None:
        """Give the scale of a tensor that holds nothing; None where it has none of its own."""
        tensor = self._tensors[index]
        if len(tensor.scales) != 1 or tensor.dtype not in {dtype.value for dtype in DType}:
            return None
        return None if DType(tensor.dtype).is_float else _quantization(tensor, "intermediate")

    def weight(
        self, index: int, *, axis: int, rank: int, symmetric: bool, packed: Sequence[DType]
    ) -> Tensor:
        """Give a constant int8 tensor of `rank` dimensions, scaled as a whole or along `axis`.

        Weights that the file packs as one of `packed` have the same values, and become int8. Those
        of uint8 are given less their zero point. Where that does not fit int8, they are int16 if
        `symmetric`, else 128 less, as their zero point is.
        Zero points are 0 if `symmetric`, and always where there are several scales. Scales may be
        negative: some converters fold the sign of a batch normalization into them.
        """
        tensor = self._plain(index, "weight", (DType.INT8, *packed, DType.UINT8))
        _require_constant(tensor, "weight")
        if len(tensor.shape) != rank:
            raise RefusedError(
                f"weight '{tensor.label}' is {describe(tensor.shape)}; it must have rank {rank}",
                DAMAGED_HINT,
            )
        quant = _quantization(tensor, "weight", signed=True)
        if tensor.dtype == DType.UINT8.value:
            return self._centred(tensor, quant, symmetric)
        if any(quant.zero_point) and (symmetric or quant.per_channel or quant.scale[0] < 0):
            raise RefusedError(
                f"weight '{tensor.label}' has a zero point other than 0",
                "convert the model with symmetric int8 weights",
            )
        if quant.per_channel:
            _require_axis(tensor, axis)
        return self._convert(tensor, "weight", quant)

    def _centred(self, tensor: FileTensor, quant: Quantization, symmetric: bool) -> Tensor:
        """Give weights of uint8 less their zero point, or 128 less, as `weight` says."""
        if quant.per_channel or quant.scale[0] < 0:
            raise RefusedError(
                f"weight '{tensor.label}' is uint8, which has one scale, above 0",
                "convert the model with int8",
            )
        key = (tensor.index, "weight")
        if key not in self._converted:
            assert tensor.data is not None
            self._file.charge(2 * tensor.data.nbytes)
            values = tensor.data.astype(np.int16).reshape(tensor.shape)
            self._converted[key] = _with_values(tensor, quant, values, symmetric)
        return self._converted[key]

    def bias(self, index: int, channels: int, dtypes: tuple[DType, ...] = (DType.INT32,)) -> Tensor:
        """Give a constant tensor [channels] of one of `dtypes`.

        Its quantization is not kept: the scale of a bias is that of input times weight.
        """
        tensor = self._plain(index, "bias", dtypes)
        _require_constant(tensor, "bias")
        if math.prod(tensor.shape) != channels:
            raise RefusedError(
                f"bias '{tensor.label}' is {describe(tensor.shape)}; {channels} values are needed",
                DAMAGED_HINT,
            )
        if np.any(tensor.zero_points != 0):
            raise RefusedError(f"bias '{tensor.label}' has a zero point other than 0")
        return self._convert(tensor, "bias", None, (channels,))

    def magnitudes(self, weight: Tensor, axis: int) -> npt.NDArray[np.int64]:
        """Give a bound of the sum of |weight - zero point| per index along `axis`."""
        self._file.charge(4 * weight.shape[axis])
        if weight not in self._magnitudes:
            others = tuple(index for index in range(len(weight.shape)) if index != axis)
            positive = np.maximum(weight.values, 0).sum(axis=others, dtype=np.int64)
            negative = np.minimum(weight.values, 0).sum(axis=others, dtype=np.int64)
            shifted = abs(weight.zero_point) * (weight.elements // weight.shape[axis])
            self._magnitudes[weight] = positive - negative + shifted
        return self._magnitudes[weight]

    def constant_ints(self, index: int, role: str, dtypes: tuple[str, ...]) -> tuple[int, ...]:
        """Give the values of a constant int32 or int64 tensor of one of `dtypes`, flattened."""
        tensor = self._tensors[index]
        if tensor.dtype not in dtypes:
            wanted = " or ".join(dtypes)
            raise RefusedError(f"{role} '{tensor.label}' is {tensor.dtype}; it must be {wanted}")
        _require_constant(tensor, role)
        dtype = DType(tensor.dtype)
        _require_whole(tensor, role, dtype)
        assert tensor.data is not None
        self._file.charge(tensor.data.nbytes)
        values = tensor.data.view(dtype.numpy.newbyteorder("<"))
        return tuple(int(value) for value in values)

    def _plain(
        self, index: int, role: str, dtypes: tuple[DType, ...], *, variable: bool = False
    ) -> FileTensor:
        """Give tensor `index` after checking type, shape and bytes."""
        tensor = self._tensors[index]
        if tensor.oddities and not variable:
            oddity = tensor.oddities[0]
            hint = _SPARSE_HINT if oddity == SPARSE else CONVERT_HINT
            raise RefusedError(f"{role} '{tensor.label}' {oddity}", hint)
        if tensor.dtype not in {dtype.value for dtype in dtypes}:
            wanted = " or ".join(dtype.value for dtype in dtypes)
            raise RefusedError(
                f"{role} '{tensor.label}' is {tensor.dtype}; it must be {wanted}",
                _DTYPE_HINTS.get(tensor.dtype, CONVERT_HINT),
            )
        require_shape(tensor, role)
        if tensor.data is not None:
            _require_whole(tensor, role, DType(tensor.dtype))
        return tensor

    def _convert(
        self,
        tensor: FileTensor,
        kind: str,
        quant: Quantization | None,
        shape: tuple[int, ...] | None = None,
    ) -> Tensor:
        key = (tensor.index, kind)
        if key not in self._converted:
            shape = tensor.shape if shape is None else shape
            dtype, data = DType(tensor.dtype), tensor.data
            if dtype in (DType.INT4, DType.INT2) and data is not None:
                self._file.charge(8 // dtype.bits * data.nbytes)
                dtype, data = DType.INT8, _unpacked(data, dtype.bits, math.prod(shape))
            name = tensor.name
            if kind == "less":
                dtype, data = DType.INT8, None if data is None else data.astype(np.uint8) ^ 0x80
                name = f"{name}/int8" if tensor.index in self._edges else name
            if data is not None:
                data = _values(data, dtype, shape)
            self._converted[key] = Tensor(
                name=name, shape=shape, dtype=dtype, quant=quant, data=data
            )
        return self._converted[key]


def _with_values(tensor: FileTensor, quant: Quantization, values: Array, symmetric: bool) -> Tensor:
    """Give the weights [...] of uint8 as int8 or int16 whose zero point is 0 if `symmetric`."""
    (zero_point,) = quant.zero_point
    least, greatest = DType.INT8.limits
    less = values.astype(np.int16) - zero_point
    fits = least <= less.min() and less.max() <= greatest
    dtype, zero = DType.INT8 if fits or not symmetric else DType.INT16, 0
    if not (fits or symmetric):
        less, zero = less + (zero_point - 128), zero_point - 128
    data = less.astype(dtype.numpy)
    data.setflags(write=False)
    return Tensor(
        name=tensor.name,
        shape=tensor.shape,
        dtype=dtype,
        quant=replace(quant, zero_point=(zero,)),
        data=data,
    )


def require_shape(tensor: FileTensor, role: str) -> None:
    """Refuse a shape with a dimension below 1, or of 2^31 elements and more."""
    if any(size < 1 for size in tensor.shape):
        raise RefusedError(
            f"{role} '{tensor.label}' has the shape {describe(tensor.shape)}; "
            "every dimension must be at least 1",
            "convert the model with fixed shapes and batch 1",
        )
    if math.prod(tensor.shape) >= _MOST_ELEMENTS:
        shape = describe(tensor.shape)
        raise RefusedError(
            f"{role} '{tensor.label}' has the shape {shape}: 2^31 elements or more", LIMIT_HINT
        )


def _values(data: Array, dtype: DType, shape: tuple[int, ...]) -> Array:
    """Give the bytes `data` as a read-only array; without a copy where they are aligned."""
    values = data.view(dtype.numpy.newbyteorder("<")).reshape(shape)
    values = np.require(values, dtype.numpy, ["A", "C"])
    values.setflags(write=False)
    return values


def _unpacked(data: Array, bits: int, elements: int) -> Array:
    """Give values of 4 or 2 bits as bytes; the lowest bits of each byte of `data` come first."""
    shared = data.astype(np.uint8)
    parts = [shared << (8 - bits - low) for low in range(0, 8, bits)]
    highest = np.stack(parts, axis=-1).reshape(-1)[:elements]
    return (highest.view(np.int8) >> (8 - bits)).view(np.uint8)


def _require_constant(tensor: FileTensor, role: str) -> None:
    if tensor.data is None:
        raise RefusedError(
            f"{role} '{tensor.label}' is not a constant",
            "weights and shapes must be stored in the model",
        )


def _require_whole(tensor: FileTensor, role: str, dtype: DType) -> None:
    """Refuse a constant whose buffer is not exactly as long as its shape says."""
    needed = dtype.nbytes_of(math.prod(tensor.shape))
    assert tensor.data is not None
    if tensor.data.nbytes != needed:
        raise RefusedError(
            f"{role} '{tensor.label}' {describe(tensor.shape)} needs {needed} bytes, "
            f"but its buffer has {tensor.data.nbytes}",
            "the file is damaged: convert the model again",
        )


def _require_axis(tensor: FileTensor, axis: int) -> None:
    if tensor.axis != axis or len(tensor.scales) != tensor.shape[axis]:
        raise RefusedError(
            f"weight '{tensor.label}' {describe(tensor.shape)} has {len(tensor.scales)} scales "
            f"along axis {tensor.axis}; {tensor.shape[axis]} along axis {axis} are needed"
        )


def _quantization(tensor: FileTensor, role: str, signed: bool = False) -> Quantization:
    """Give a tensor's quantization after checking every value; `signed` scales may be below 0."""
    name = f"{role} '{tensor.label}'"
    if not len(tensor.scales):
        raise RefusedError(f"{name} has no scale and zero point", QUANTIZE_HINT)
    if len(tensor.zero_points) != len(tensor.scales):
        raise RefusedError(
            f"{name} has {len(tensor.scales)} scales but {len(tensor.zero_points)} zero points"
        )
    magnitudes = np.abs(tensor.scales) if signed else tensor.scales
    least_scale = 0.0 if signed else _LEAST_SCALE
    bad = ~((magnitudes > least_scale) & (magnitudes < _GREATEST_SCALE))
    if bad.any():
        raise RefusedError(
            f"{name} has the scale {tensor.scales[bad][0]}, which is no scale",
            "the file is damaged, or its quantization failed: convert the model again",
        )
    least, greatest = DType(tensor.dtype).limits
    outside = (tensor.zero_points < least) | (tensor.zero_points > greatest)
    if outside.any():
        raise RefusedError(
            f"{name} has the zero point {tensor.zero_points[outside][0]}, outside {tensor.dtype}"
        )
    return Quantization(
        scale=tuple(float(scale) for scale in tensor.scales),
        zero_point=tuple(int(zero_point) for zero_point in tensor.zero_points),
        axis=tensor.axis if len(tensor.scales) > 1 else 0,
    )
