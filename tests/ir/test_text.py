"""The text of a graph is readable, complete and stable."""

from dataclasses import replace

from tests.builders.graphs import GraphBuilder, quantization, random_graph
from tinyengine.ir import DType, Padding, format_graph

EXPECTED = """\
graph 'net'
input %0: int8[1,4,4,1] q(0.5, -3) as float32 'image'
%1: int8[1,5,5,1] q(0.5, -3) = Pad(input=%0, pads=((0, 0), (1, 0), (1, 0), (0, 0)), value=-3)\
  # op 0 PAD 'pad_0'
%2: int8[1,2,2,1] q(0.5, -3) = MaxPool2D(input=%1, stride_h=2, stride_w=2,\
 padding=(0, 0, 0, 0), act_min=-3, act_max=127, kernel_h=2, kernel_w=2)\
  # op 1 MAX_POOL_2D 'max_pool_2d_1'
%3: int8[1,2,2,1] q(1.0, 0) = Add(lhs=%2, rhs=int8[1] q(0.25, 0) @a505df1b, act_min=-128,\
 act_max=127)  # op 2 ADD 'add_2'
output %3 as int8 'output0'
output %1 as int8 'output1'
"""


def test_a_graph_is_one_line_per_operator() -> None:
    b = GraphBuilder()
    x = b.input((1, 4, 4, 1), quant=quantization(0.5, -3), edge_dtype=DType.FLOAT32, name="image")
    padded = b.pad(x, Padding(top=1, left=1))
    pooled = b.max_pool(padded, activation="relu")
    # CRC-32 of the one byte 0x01 is a505df1b.
    one = b.constant([1], quant=quantization(0.25))
    y = b.add(pooled, one, quant=quantization(1.0))
    assert format_graph(b.build(y, padded)) == EXPECTED


def test_equal_graphs_have_equal_texts() -> None:
    assert format_graph(random_graph(5)) == format_graph(random_graph(5))


def test_a_changed_weight_changes_the_text() -> None:
    b = GraphBuilder()
    graph = b.build(b.conv2d(b.input((1, 4, 4, 2)), 3))
    (op,) = graph.ops
    flipped = op.weight.values.copy()
    flipped[0, 0, 0, 0] ^= 1
    changed = graph.with_ops((replace(op, weight=replace(op.weight, data=flipped)),))
    assert format_graph(changed) != format_graph(graph)


def test_scales_per_channel_are_counted_and_digested() -> None:
    b = GraphBuilder()
    text = format_graph(b.build(b.conv2d(b.input((1, 4, 4, 2)), 3)))
    assert "weight=int8[3,3,3,2] q(3 along 0 @" in text
