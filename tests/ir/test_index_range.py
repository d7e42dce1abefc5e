"""Inputs that are indices are known as such, with how many there are to choose from."""

from tests.builders.tflite_writer import ModelWriter
from tinyengine.importers.tflite import parse
from tinyengine.ir.index_range import index_count


def test_an_index_is_found_through_what_moves_it_and_the_smallest_table_counts() -> None:
    writer = ModelWriter()
    words = writer.tensor((4,), "int32", name="words")
    seen = writer.tensor((2, 2), "int32")
    writer.op("RESHAPE", [words, writer.tensor((2,), "int32", data=[2, 2])], [seen])
    outputs = []
    for count in (9, 5):
        table = writer.tensor((count, 3), scale=0.5, data=[[1, 2, 3]] * count)
        outputs.append(writer.tensor((2, 2, 3), scale=0.5))
        writer.op("GATHER", [table, seen], outputs[-1:], axis=0)
    graph = parse(writer.finish([words], outputs), "model.tflite")
    assert index_count(graph, graph.input_tensors[0]) == 5


def test_numbers_that_nothing_is_looked_up_by_are_no_indices() -> None:
    writer = ModelWriter()
    left, right, total = (writer.tensor((4,), "int32") for _ in range(3))
    writer.op("ADD", [left, right], [total])
    graph = parse(writer.finish([left, right], [total]), "model.tflite")
    assert [index_count(graph, tensor) for tensor in graph.input_tensors] == [None, None]


def test_what_is_gathered_from_is_no_index() -> None:
    writer = ModelWriter()
    table, words = writer.tensor((5,), "int32"), writer.tensor((2,), "int32")
    found = writer.tensor((2,), "int32")
    writer.op("GATHER", [table, words], [found], axis=0)
    graph = parse(writer.finish([table, words], [found]), "model.tflite")
    assert [index_count(graph, tensor) for tensor in graph.input_tensors] == [None, 5]
