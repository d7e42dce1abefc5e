"""Small whole networks as TFLite files, for tests of the path from a file to firmware."""

from typing import Any

import numpy as np

from tests.builders.tflite_writer import ModelWriter, Spec, one_op_model


def _numbers(*shape: int, seed: int, low: int = -127, high: int = 128) -> Any:
    return np.random.default_rng(seed).integers(low, high, shape)


def small_network() -> bytes:
    """Give int8 [1, 6, 6, 2] → conv → depthwise → add of the two → fully connected → [1, 3]."""
    writer = ModelWriter()
    image = writer.tensor([1, 6, 6, 2], scale=0.02, zero_point=-3, name="image")
    kernel = writer.tensor(
        [4, 3, 3, 2], scale=[0.01, 0.02, 0.015, 0.005], data=_numbers(4, 3, 3, 2, seed=1)
    )
    bias = writer.tensor([4], "int32", data=_numbers(4, seed=2))
    first = writer.tensor([1, 3, 3, 4], scale=0.03, zero_point=5, name="first")
    depthwise = writer.tensor(
        [1, 3, 3, 4], scale=[0.01] * 4, axis=3, data=_numbers(1, 3, 3, 4, seed=3)
    )
    zeros = writer.tensor([4], "int32", data=[0] * 4)
    second = writer.tensor([1, 3, 3, 4], scale=0.04, zero_point=-7, name="second")
    total = writer.tensor([1, 3, 3, 4], scale=0.05, zero_point=1, name="total")
    weight = writer.tensor([3, 36], scale=0.01, data=_numbers(3, 36, seed=4))
    scores = writer.tensor([1, 3], scale=0.1, zero_point=2, name="scores")
    window = {"padding": "SAME", "stride_h": 2, "stride_w": 2}
    writer.op(
        "CONV_2D",
        [image, kernel, bias],
        [first],
        **window,
        fused_activation_function="RELU",
    )
    same = {"padding": "SAME", "stride_h": 1, "stride_w": 1, "depth_multiplier": 1}
    writer.op("DEPTHWISE_CONV_2D", [first, depthwise, zeros], [second], **same)
    writer.op("ADD", [first, second], [total])
    writer.op("FULLY_CONNECTED", [total, weight, -1], [scores])
    return writer.finish([image], [scores])


def float_network() -> bytes:
    """Give float32 [1, 4, 4, 1] and uint8 [1, 4] → float32 [1, 4] and uint8 [1, 4]."""
    writer = ModelWriter()
    real = writer.tensor([1, 4, 4, 1], "float32", name="real")
    image = writer.tensor([1, 4, 4, 1], scale=0.05, zero_point=4)
    pixels = writer.tensor([1, 4], "uint8", scale=0.25, zero_point=100, name="pixels")
    signed = writer.tensor([1, 4], scale=0.25, zero_point=-28)
    weight = writer.tensor([4, 16], scale=0.02, data=_numbers(4, 16, seed=5))
    product = writer.tensor([1, 4], scale=0.1, zero_point=-1)
    total = writer.tensor([1, 4], scale=0.2, zero_point=3)
    answer = writer.tensor([1, 4], "float32", name="answer")
    levels = writer.tensor([1, 4], "uint8", scale=0.2, zero_point=131, name="levels")
    writer.op("QUANTIZE", [real], [image])
    writer.op("QUANTIZE", [pixels], [signed])
    writer.op("FULLY_CONNECTED", [image, weight, -1], [product])
    writer.op("ADD", [product, signed], [total])
    writer.op("DEQUANTIZE", [total], [answer])
    writer.op("QUANTIZE", [total], [levels])
    return writer.finish([real, pixels], [answer, levels])


def index_network() -> bytes:
    """Give a model that ends in indices: of ARG_MAX as int32, of ARG_MIN as int64."""
    writer, rng = ModelWriter(), np.random.default_rng(8)
    image = writer.tensor((1, 5, 4, 3), "int8", 0.05, -3, name="image")
    filters = rng.integers(-127, 128, (6, 3, 3, 3))
    weight = writer.tensor(filters.shape, "int8", [0.01] * 6, data=filters)
    bias = writer.tensor((6,), "int32", data=rng.integers(-500, 500, 6))
    scores = writer.tensor((1, 5, 4, 6), "int8", 0.03, 4)
    writer.op("CONV_2D", [image, weight, bias], [scores], padding="SAME", stride_h=1, stride_w=1)
    classes = writer.tensor((1, 5, 4), "int32", name="classes")
    last, second = (writer.tensor((1,), "int32", data=[axis]) for axis in (-1, 1))
    writer.op("ARG_MAX", [scores, last], [classes], output_type="INT32")
    lowest = writer.tensor((1, 4, 6), "int64", name="lowest")
    writer.op("ARG_MIN", [scores, second], [lowest], output_type="INT64")
    return writer.finish([image], [classes, lowest])


def numbers_network() -> bytes:
    """Give a model of bools, int32 and int64: inputs, what is moved, and constants given out."""
    writer = ModelWriter()
    mask = writer.tensor((2, 3), "bool", name="mask")
    counts = writer.tensor((3, 2), "int32", name="counts")
    keys = writer.tensor((1, 5), "int64", name="keys")
    masks = writer.tensor((4, 3), "bool", name="masks")
    turned = writer.tensor((2, 3), "int32", name="turned")
    some = writer.tensor((1, 2), "int64", name="some")
    fixed = writer.tensor((2, 3), "bool", data=[[1, 0, 1], [0, 0, 1]], name="fixed")
    writer.op("CONCATENATION", [mask, fixed], [masks], axis=0)
    writer.op("TRANSPOSE", [counts, writer.tensor((2,), "int32", data=[1, 0])], [turned])
    spans = [writer.tensor((2,), "int32", data=each) for each in ([0, 4], [1, 0], [1, -3])]
    writer.op("STRIDED_SLICE", [keys, *spans], [some])
    limits = writer.tensor((2,), "int32", data=[-7, 1 << 30], name="limits")
    below = writer.tensor((2, 3), "bool", name="below")
    writer.op("LESS", [turned, writer.tensor((3,), "int32", data=[-1, 0, 5])], [below])
    both = writer.tensor((2, 3), "bool", name="both")
    writer.op("LOGICAL_AND", [mask, below], [both])
    whole = writer.tensor((2, 3), "int32", name="whole")
    writer.op("CAST", [both], [whole], in_data_type="BOOL", out_data_type="INT32")
    chosen = writer.tensor((2, 3), "int32", name="chosen")
    writer.op("SELECT_V2", [both, turned, whole], [chosen])
    picked = writer.tensor((2, 3, 2), "int32", name="picked")
    writer.op("GATHER", [counts, whole], [picked], axis=0)
    words = writer.tensor((4,), "int64", name="words")
    table = writer.tensor((7, 3), "int32", data=_numbers(7, 3, seed=6))
    vectors = writer.tensor((4, 3), "int32", name="vectors")
    writer.op("GATHER", [table, words], [vectors], axis=0)
    results = [masks, turned, some, limits, chosen, picked, vectors]
    return writer.finish([mask, counts, keys, words], results)


def dynamic_batch() -> bytes:
    """Give what exporters write for `reshape(x, (batch, -1))` and for zeros of that shape."""
    writer = ModelWriter()
    x = writer.tensor((1, 2, 3), scale=0.5, name="x")
    shape, batch, wanted = (
        writer.tensor(size, "int32", name=name)
        for name, size in (("shape", (3,)), ("batch", ()), ("wanted", (2,)))
    )
    spans = [writer.tensor((1,), "int32", data=[value]) for value in (0, 1, 1)]
    writer.op("SHAPE", [x], [shape], out_type="INT32")
    writer.op("STRIDED_SLICE", [shape, *spans], [batch], shrink_axis_mask=1)
    writer.op("PACK", [batch, writer.tensor((), "int32", data=6)], [wanted], axis=0, values_count=2)
    flat = writer.tensor((1, 6), scale=0.5, name="flat")
    writer.op("RESHAPE", [x, wanted], [flat])
    filled = writer.tensor((1, 6), scale=0.5, name="filled")
    writer.op("FILL", [wanted, writer.tensor((), scale=0.5, data=7)], [filled])
    joined = writer.tensor((2, 6), scale=0.5, name="joined")
    writer.op("CONCATENATION", [flat, filled], [joined], axis=0)
    twice = writer.tensor((2,), "int32", name="twice")
    writer.op("MUL", [wanted, writer.tensor((), "int32", data=2)], [twice])
    wide = writer.tensor((2, 12), scale=0.5, name="wide")
    writer.op("BROADCAST_TO", [writer.tensor((1,), scale=0.5, data=[3]), twice], [wide])
    return writer.finish([x], [joined, wide])


def unsupported_network() -> bytes:
    """Give three operators that are refused for three reasons, and one that is fine."""
    writer = ModelWriter()
    x = writer.tensor([1, 4], scale=0.5, name="x")
    rounded = writer.tensor([1, 4], scale=0.5, name="rounded")
    custom = writer.tensor([1, 4], scale=0.5, name="boxes")
    unscaled = writer.tensor([1, 4], name="unscaled")
    y = writer.tensor([1, 4], scale=0.5, name="y")
    writer.op("FLOOR", [x], [rounded])
    writer.op("CUSTOM", [rounded], [custom], custom_code="Magic")
    writer.op("RELU", [custom], [unscaled])
    writer.op("RELU", [x], [y])
    return writer.finish([x], [unscaled, y])


def network_with_large_activations(nbytes: int) -> bytes:
    """Give a network that needs `nbytes` for its input, and as many for its output."""
    return one_op_model(
        "TRANSPOSE",
        [
            Spec(shape=(1, nbytes // 16, 16), scale=0.5),
            Spec(shape=(3,), dtype="int32", data=[0, 2, 1]),
        ],
        Spec(shape=(1, 16, nbytes // 16), scale=0.5),
    )


def network_with_large_weights(nbytes: int) -> bytes:
    """Give a fully connected network of `nbytes` of weights."""
    count = nbytes // 64
    weight = Spec(shape=(64, count), scale=0.01, data=_numbers(64, count, seed=6))
    return one_op_model(
        "FULLY_CONNECTED",
        [Spec(shape=(1, count), scale=0.5), weight, None],
        Spec(shape=(1, 64), scale=0.5),
    )


def varied_network() -> bytes:
    """Give a network on which every pass has something to do: padding, clamp, identities."""
    writer = ModelWriter()
    image = writer.tensor([1, 8, 8, 3], scale=0.02, zero_point=-5, name="image")
    sides = writer.tensor([4, 2], "int32", data=[[0, 0], [1, 1], [1, 1], [0, 0]])
    padded = writer.tensor([1, 10, 10, 3], scale=0.02, zero_point=-5, name="padded")
    kernel = writer.tensor(
        [8, 3, 3, 3], scale=np.linspace(0.004, 0.02, 8), data=_numbers(8, 3, 3, 3, seed=7)
    )
    bias = writer.tensor([8], "int32", data=_numbers(8, seed=8))
    convolved = writer.tensor([1, 4, 4, 8], scale=0.03, zero_point=3, name="convolved")
    clamped = writer.tensor([1, 4, 4, 8], scale=0.03, zero_point=3, name="clamped")
    there, back = (
        writer.tensor([4], "int32", data=order) for order in ([0, 3, 1, 2], [0, 2, 3, 1])
    )
    channels = writer.tensor([1, 8, 4, 4], scale=0.03, zero_point=3, name="channels")
    pixels = writer.tensor([1, 4, 4, 8], scale=0.03, zero_point=3, name="pixels")
    squashed = writer.tensor([1, 4, 4, 8], scale=1 / 256, zero_point=-128, name="squashed")
    axes = writer.tensor([2], "int32", data=[1, 2])
    mean = writer.tensor([1, 1, 1, 8], scale=1 / 256, zero_point=-128, name="mean")
    shape = writer.tensor([2], "int32", data=[1, 8])
    flat = writer.tensor([1, 8], scale=1 / 256, zero_point=-128, name="flat")
    weight = writer.tensor([5, 8], scale=0.01, data=_numbers(5, 8, seed=9))
    scores = writer.tensor([1, 5], scale=0.05, zero_point=-1, name="scores")
    answer = writer.tensor([1, 5], scale=1 / 256, zero_point=-128, name="answer")
    writer.op("PAD", [image, sides], [padded])
    window = {"padding": "VALID", "stride_h": 2, "stride_w": 2}
    writer.op("CONV_2D", [padded, kernel, bias], [convolved], **window)
    writer.op("RELU6", [convolved], [clamped])
    writer.op("TRANSPOSE", [clamped, there], [channels])
    writer.op("TRANSPOSE", [channels, back], [pixels])
    writer.op("LOGISTIC", [pixels], [squashed])
    writer.op("MEAN", [squashed, axes], [mean], keep_dims=True)
    writer.op("RESHAPE", [mean, shape], [flat])
    writer.op("FULLY_CONNECTED", [flat, weight, -1], [scores])
    writer.op("SOFTMAX", [scores], [answer], beta=1.0)
    return writer.finish([image], [answer])


def u_network(size: int = 24) -> bytes:
    """Give a U: convolutions down to a quarter, transposed ones up again, joined with what was."""
    writer, rng = ModelWriter(), np.random.default_rng(11)

    def tensor(side: int, channels: int) -> int:
        """Add an activation of side x side pixels."""
        return writer.tensor((1, side, side, channels), "int8", 0.05, -4)

    def convolve(source: int, out: int, shape: tuple[int, ...], stride: int) -> None:
        """Add a convolution with random weights of `shape`."""
        scales = rng.uniform(0.002, 0.004, shape[0]).astype(np.float32)
        weight = writer.tensor(shape, "int8", scales, data=rng.integers(-127, 128, shape))
        bias = writer.tensor(shape[:1], "int32", data=rng.integers(-900, 900, shape[0]))
        window = {"padding": "SAME", "stride_h": stride, "stride_w": stride}
        writer.op(
            "CONV_2D", [source, weight, bias], [out], **window, fused_activation_function="RELU"
        )

    def enlarge(source: int, out: int, side: int, shape: tuple[int, ...]) -> None:
        """Add a transposed convolution that doubles the sides."""
        scales = rng.uniform(0.002, 0.004, shape[0]).astype(np.float32)
        weight = writer.tensor(shape, "int8", scales, data=rng.integers(-127, 128, shape))
        wanted = writer.tensor((4,), "int32", data=[1, side, side, shape[0]])
        window = {"padding": "SAME", "stride_h": 2, "stride_w": 2}
        writer.op("TRANSPOSE_CONV", [wanted, weight, source], [out], **window)

    image, half, quarter = tensor(size, 3), tensor(size // 2, 8), tensor(size // 4, 16)
    convolve(image, half, (8, 3, 3, 3), 2)
    convolve(half, quarter, (16, 3, 3, 8), 2)
    up, joined, merged = tensor(size // 2, 8), tensor(size // 2, 16), tensor(size // 2, 8)
    enlarge(quarter, up, size // 2, (8, 3, 3, 16))
    writer.op("CONCATENATION", [half, up], [joined], axis=3)
    convolve(joined, merged, (8, 3, 3, 16), 1)
    mask = tensor(size, 2)
    enlarge(merged, mask, size, (2, 2, 2, 8))
    return writer.finish([image], [mask])


def attention_network(tokens: int = 12, width: int = 16, heads: int = 2) -> bytes:
    """Give a transformer's block: attention of several heads, layer normalization, scores."""
    writer, rng = ModelWriter(), np.random.default_rng(12)
    depth = width // heads
    text = (1, tokens, width)

    def tensor(*shape: int, scale: float = 0.05, zero: int = -4) -> int:
        """Add an activation."""
        return writer.tensor(shape, "int8", scale, zero)

    def integers(*values: int) -> int:
        """Add a constant that an operator reads as numbers."""
        return writer.tensor((len(values),), "int32", data=values)

    def apply(opcode: str, operands: list[int], out: int, **options: Any) -> int:
        """Add an operator and give its output."""
        writer.op(opcode, operands, [out], **options)
        return out

    def dense(source: int, shape: tuple[int, ...], out: int) -> int:
        """Add a matrix of random weights, applied to every token."""
        data = rng.integers(-127, 128, shape)
        weight = writer.tensor(shape, "int8", 0.004, data=data)
        return apply("FULLY_CONNECTED", [source, weight, -1], out, keep_num_dims=True)

    def in_heads(source: int) -> int:
        """Give [1, tokens, width] as [1, heads, tokens, depth]."""
        split = apply("RESHAPE", [source, integers(1, tokens, heads, depth)],
                      tensor(1, tokens, heads, depth))  # fmt: skip
        return apply("TRANSPOSE", [split, integers(0, 2, 1, 3)], tensor(1, heads, tokens, depth))

    given = tensor(*text)
    query, key, value = (in_heads(dense(given, (width, width), tensor(*text))) for _ in range(3))
    scores = apply("BATCH_MATMUL", [query, key], tensor(1, heads, tokens, tokens), adj_y=True)
    weights = apply(
        "SOFTMAX", [scores], tensor(1, heads, tokens, tokens, scale=1 / 256, zero=-128), beta=1.0
    )
    mixed = apply("BATCH_MATMUL", [weights, value], tensor(1, heads, tokens, depth))
    ordered = apply("TRANSPOSE", [mixed, integers(0, 2, 1, 3)], tensor(1, tokens, heads, depth))
    joined = apply("RESHAPE", [ordered, integers(*text)], tensor(*text))
    added = apply("ADD", [given, dense(joined, (width, width), tensor(*text))], tensor(*text))
    mean = apply("MEAN", [added, integers(2)], tensor(1, tokens, 1), keep_dims=True)
    square = apply("SQUARED_DIFFERENCE", [added, mean], tensor(*text, scale=0.1, zero=-128))
    variance = apply("MEAN", [square, integers(2)], tensor(1, tokens, 1, scale=0.1, zero=-128),
                     keep_dims=True)  # fmt: skip
    inverse = apply("RSQRT", [variance], tensor(1, tokens, 1, scale=0.01, zero=-128))
    centred = apply("SUB", [added, mean], tensor(*text))
    normal = apply("MUL", [centred, inverse], tensor(*text, scale=0.02))
    pooled = apply("MEAN", [normal, integers(1)], tensor(1, width, scale=0.01), keep_dims=False)
    weight = writer.tensor((4, width), "int8", 0.01, data=rng.integers(-127, 128, (4, width)))
    return writer.finish(
        [given], [apply("FULLY_CONNECTED", [pooled, weight, -1], tensor(1, 4, scale=0.02))]
    )
