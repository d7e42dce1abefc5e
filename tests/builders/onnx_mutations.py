"""Damage ONNX files: their bytes, and what their protobuf message says."""

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np

Random = np.random.Generator
Mutation = Callable[[Random, bytes], bytes]

HUGE = (0, -1, -7, 1 << 16, (1 << 31) - 1, 1 << 40, (1 << 63) - 1, -(1 << 63))
ODD_NUMBERS = (np.nan, np.inf, -np.inf, 0.0, -1.0, 1e-38, 3e38)
DOMAINS = ("", "ai.onnx", "com.microsoft", "ai.onnx.ml", "x" * 300, "\x1b[2J")
OPERATORS = (
    "Conv", "Relu", "If", "Loop", "Scan", "SequenceConstruct", "Reshape", "Resize", "Tile",
    "Expand", "Range", "ConstantOfShape", "Pad", "Split", "QuantizeLinear", "MatMul", "Softmax",
    "QLinearConv", "NoSuchOperator", "StringNormalizer", "Gather", "Concat", "Slice", "Shape",
)  # fmt: skip


def pick(random: Random, values: Any) -> Any:
    """Give one of a sequence; None where it is empty."""
    return values[int(random.integers(len(values)))] if len(values) else None


# -- bytes ----------------------------------------------------------------------------------------


def flip_bits(random: Random, data: bytes) -> bytes:
    made = bytearray(data)
    for place in random.integers(0, len(made), random.integers(1, 9)):
        made[place] ^= 1 << int(random.integers(8))
    return bytes(made)


def set_bytes(random: Random, data: bytes) -> bytes:
    made = bytearray(data)
    for place in random.integers(0, len(made), random.integers(1, 6)):
        made[place] = int(pick(random, (0, 1, 0x7F, 0x80, 0xFF)))
    return bytes(made)


def truncate(random: Random, data: bytes) -> bytes:
    return data[: int(random.integers(0, len(data)))]


def cut_out(random: Random, data: bytes) -> bytes:
    start = int(random.integers(0, len(data)))
    return data[:start] + data[start + int(random.integers(1, 65)) :]


def splice(random: Random, data: bytes) -> bytes:
    count = int(random.integers(1, 65))
    source, target = (int(random.integers(0, len(data))) for _ in range(2))
    return data[:target] + data[source : source + count] + data[target:]


# -- the message ----------------------------------------------------------------------------------


def _structural(change: Callable[[Random, Any], object]) -> Mutation:
    def mutate(random: Random, data: bytes) -> bytes:
        proto = importlib.import_module("onnx").ModelProto.FromString(data)
        for _ in range(int(random.integers(1, 4))):
            change(random, proto)
        return bytes(proto.SerializeToString())

    mutate.__name__ = change.__name__.removeprefix("_")
    return mutate


def _delete_field(random: Random, proto: Any) -> None:
    """Clear any field of any message at some depth."""
    message = proto
    for _ in range(int(random.integers(1, 7))):
        fields = [(kind, value) for kind, value in message.ListFields()]
        if not fields:
            return
        kind, value = pick(random, fields)
        is_message = kind.message_type is not None
        inner = pick(random, value) if is_message and hasattr(value, "append") else value
        if hasattr(value, "append") and len(value) and random.random() < 0.3:
            del value[int(random.integers(len(value)))]
            return
        if not is_message or random.random() < 0.15:
            message.ClearField(kind.name)
            return
        message = inner


def _change_dims(random: Random, proto: Any) -> None:
    graph = proto.graph
    if random.random() < 0.5 and graph.initializer:
        dims = pick(random, graph.initializer).dims
        if dims and random.random() < 0.8:
            dims[int(random.integers(len(dims)))] = pick(random, HUGE)
        else:
            dims.extend([1] * int(random.integers(1, 12)))
        return
    edge = pick(random, [*graph.input, *graph.output])
    if edge is None:
        return
    dims = edge.type.tensor_type.shape.dim
    if dims and random.random() < 0.8:
        dims[int(random.integers(len(dims)))].dim_value = pick(random, HUGE)
    else:
        dims.add().dim_param = "N"


def _swap_types(random: Random, proto: Any) -> None:
    graph = proto.graph
    if random.random() < 0.5 and graph.initializer:
        pick(random, graph.initializer).data_type = int(random.integers(0, 30))
        return
    edge = pick(random, graph.input)
    if edge is None:
        return
    kind = int(random.integers(0, 25))
    if random.random() < 0.3:
        edge.type.sequence_type.elem_type.tensor_type.elem_type = kind
    else:
        edge.type.tensor_type.elem_type = kind


def _change_attributes(random: Random, proto: Any) -> None:
    node = pick(random, proto.graph.node)
    if node is None:
        return
    if not node.attribute or random.random() < 0.2:
        name = ("axis", "pads", "group", "strides", "mode", "perm", "kernel_shape", "to", "alpha")
        node.attribute.add(name=pick(random, name), type=2, i=pick(random, HUGE))
        return
    held = pick(random, node.attribute)
    match int(random.integers(4)):
        case 0:
            held.type = int(random.integers(0, 15))
        case 1:
            held.i = pick(random, HUGE)
            held.f = pick(random, ODD_NUMBERS)
            if held.ints:
                held.ints[int(random.integers(len(held.ints)))] = pick(random, HUGE)
        case 2:
            held.ints.extend([int(pick(random, HUGE))] * int(random.integers(1, 9)))
        case _:
            held.s = bytes(random.integers(0, 256, 9, dtype=np.uint8))


def _rewire(random: Random, proto: Any) -> None:
    """Let nodes read and give any names: cycles, duplicates, what is not there."""
    nodes = proto.graph.node
    names = [name for node in nodes for name in (*node.input, *node.output)]
    names += ["", "nowhere", "\x00\x1b", *(each.name for each in proto.graph.initializer)]
    node = pick(random, nodes)
    if node is None:
        return
    side = node.input if random.random() < 0.6 else node.output
    if side and random.random() < 0.7:
        side[int(random.integers(len(side)))] = pick(random, names)
    else:
        side.append(pick(random, names))


def _reorder(random: Random, proto: Any) -> None:
    nodes = list(proto.graph.node)
    random.shuffle(nodes)  # type: ignore[arg-type]
    del proto.graph.node[:]
    proto.graph.node.extend(nodes)


def _duplicate(random: Random, proto: Any) -> None:
    graph = proto.graph
    side = pick(random, (graph.node, graph.initializer, graph.input, graph.output))
    if side:
        side.add().CopyFrom(pick(random, side))


def _drop_constant(random: Random, proto: Any) -> None:
    held = proto.graph.initializer
    if held:
        del held[int(random.integers(len(held)))]


def _odd_values(random: Random, proto: Any) -> None:
    """Put numbers that are none, or extremes, into constants."""
    held = pick(random, proto.graph.initializer)
    if held is None or not held.raw_data:
        return
    data = bytearray(held.raw_data)
    if held.data_type == 1:
        at = 4 * int(random.integers(max(len(data) // 4, 1)))
        data[at : at + 4] = np.float32(pick(random, ODD_NUMBERS)).tobytes()
    elif held.data_type == 7:
        at = 8 * int(random.integers(max(len(data) // 8, 1)))
        data[at : at + 8] = np.int64(pick(random, HUGE)).tobytes()
    else:
        data[int(random.integers(len(data)))] = int(pick(random, (0, 127, 128, 255)))
    held.raw_data = bytes(data)


def _rename_operator(random: Random, proto: Any) -> None:
    node = pick(random, proto.graph.node)
    if node is not None:
        node.op_type = pick(random, OPERATORS)
        if random.random() < 0.3:
            node.domain = pick(random, DOMAINS)


def _nest(random: Random, proto: Any) -> None:
    """Hang a graph below a node, or graphs below graphs."""
    node = pick(random, proto.graph.node)
    if node is None:
        return
    graph = node.attribute.add(name="body", type=5).g
    for _ in range(int(random.integers(1, 40))):
        graph = graph.node.add(op_type="If").attribute.add(name="then_branch", type=5).g


def _change_opset(random: Random, proto: Any) -> None:
    held = pick(random, proto.opset_import)
    if held is not None:
        held.version = int(pick(random, (0, 1, 7, 10, 11, 13, 18, 99, 1 << 40)))
        if random.random() < 0.3:
            held.domain = pick(random, DOMAINS)


def _move_outside(random: Random, proto: Any) -> None:
    """Say that a constant is in another file."""
    held = pick(random, proto.graph.initializer)
    if held is None:
        return
    held.data_location = 1
    places = ("../x.bin", "/etc/passwd", "/dev/zero", "data.bin", "", ".", "no.bin", "a\x00b")
    del held.external_data[:]
    held.external_data.add(key="location", value=pick(random, places))
    for key in ("offset", "length"):
        if random.random() < 0.5:
            held.external_data.add(key=key, value=str(pick(random, ("x", *HUGE))))


BYTES: tuple[Mutation, ...] = (flip_bits, set_bytes, truncate, cut_out, splice)
STRUCTURE: tuple[Mutation, ...] = tuple(
    map(
        _structural,
        (
            _delete_field, _change_dims, _swap_types, _change_attributes, _rewire, _reorder,
            _duplicate, _drop_constant, _odd_values, _rename_operator, _nest, _change_opset,
            _move_outside,
        ),
    )
)  # fmt: skip
MUTATIONS: tuple[Mutation, ...] = (*BYTES, *STRUCTURE)
"""Every way to damage a file."""
