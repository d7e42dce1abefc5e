"""Variables: networks with them take the interpreter's steps, and unclear ones are refused."""

from collections.abc import Callable

import numpy as np
import pytest

from tests.builders.stateful import StatefulWriter
from tests.builders.tflite_writer import ModelWriter
from tests.importers.test_refusals import refusal
from tests.support import require_module
from tinyengine.importers import NetworkChoice
from tinyengine.importers.tflite import inspect, parse
from tinyengine.importers.tflite.handlers import VARIABLES
from tinyengine.importers.tflite.variables import OPCODES
from tinyengine.ir import Slice
from tinyengine.passes import run_passes
from tinyengine.reference import run
from tinyengine.reference.execute import first_states
from tinyengine.reference.interpreter import alone, run_interpreter_steps

FIRST, SECOND = [[1, 2, 3, 4]], [[-5, 60, -70, 80]]
STEPS = 5


def both(w: StatefulWriter, opcode: str, lhs: int, rhs: int) -> int:
    output = w.values(1, 4)
    w.op(opcode, [lhs, rhs], [output])
    return output


def accumulator() -> bytes:
    w = StatefulWriter()
    x = w.values(1, 4)
    w.variable("sum", FIRST)
    total = both(w, "ADD", x, w.read("sum", 1, 4))
    w.assign("sum", total)
    return w.complete([x], [total])


def delay() -> bytes:
    """The output shows the variable as it was before it was assigned."""
    w = StatefulWriter()
    x = w.values(1, 4)
    w.variable("last", FIRST)
    last = w.read("last", 1, 4)
    w.assign("last", x)
    return w.complete([x], [last])


def trading_places() -> bytes:
    """Two variables get each other's value, and one is given out in another shape."""
    w = StatefulWriter()
    x = w.values(1, 4)
    w.variable("one", FIRST)
    w.variable("other", SECOND)
    one, other = w.read("one", 1, 4), w.read("other", 1, 4)
    w.assign("one", other)
    w.assign("other", one)
    square, shape = w.values(2, 2), w.tensor([2], "int32", data=[2, 2])
    w.op("RESHAPE", [one, shape], [square])
    return w.complete([x], [square, both(w, "ADD", x, other)])


def weights() -> bytes:
    """A variable that is never assigned in a run."""
    w = StatefulWriter()
    x = w.values(1, 4)
    w.variable("weights", SECOND)
    return w.complete([x], [both(w, "MUL", x, w.read("weights", 1, 4))])


def put_back() -> bytes:
    """A variable that is assigned what was read of it."""
    w = StatefulWriter()
    x = w.values(1, 4)
    w.variable("same", FIRST)
    same = w.read("same", 1, 4)
    w.assign("same", same)
    return w.complete([x], [both(w, "SUB", x, w.read("same", 1, 4))])


def assigned_twice() -> bytes:
    """What was assigned is read, and assigned anew; both are given out beside the old value."""
    w = StatefulWriter()
    x = w.values(1, 4)
    w.variable("v", FIRST)
    old = w.read("v", 1, 4)
    w.assign("v", both(w, "ADD", x, old))
    new = w.read("v", 1, 4)
    newer = both(w, "MUL", new, x)
    w.assign("v", newer)
    return w.complete([x], [newer, new, old])


def within_a_run() -> bytes:
    """A variable that is assigned before anything reads it needs no first value."""
    w = StatefulWriter()
    x = w.values(1, 4)
    w.variable("v")
    w.assign("v", x)
    return w.complete([x], [both(w, "ADD", x, w.read("v", 1, 4))])


def reshaped() -> bytes:
    """A variable is read in another shape, and what is computed of that is assigned."""
    w = StatefulWriter()
    x = w.values(2, 2)
    w.variable("v", FIRST)
    square, line = (w.tensor([2], "int32", data=shape) for shape in ([2, 2], [1, 4]))
    seen, total, flat = w.values(2, 2), w.values(2, 2), w.values(1, 4)
    w.op("RESHAPE", [w.read("v", 1, 4), square], [seen])
    w.op("ADD", [x, seen], [total])
    w.op("RESHAPE", [total, line], [flat])
    w.assign("v", flat)
    return w.complete([x], [total])


def computed_first() -> bytes:
    """The first value is computed from constants."""
    w = StatefulWriter()
    x = w.values(1, 4)
    handle = w.tensor((), "resource")
    w.op("CALL_ONCE", [], [], init_subgraph_index=1)
    w.op("VAR_HANDLE", [], [handle], container="", shared_name="v")
    read = w.values(1, 4)
    w.op("READ_VARIABLE", [handle], [read])
    total = both(w, "ADD", x, read)
    w.op("ASSIGN_VARIABLE", [handle, total], [])
    w.end_subgraph([x], [total], "main")
    handle = w.tensor((), "resource")
    w.op("VAR_HANDLE", [], [handle], container="", shared_name="v")
    parts = [w.tensor((1, 4), scale=0.5, zero_point=-3, data=data) for data in (FIRST, SECOND)]
    w.op("ASSIGN_VARIABLE", [handle, both(w, "ADD", *parts)], [])
    return w.finish([], [])


MODELS: tuple[Callable[[], bytes], ...] = (
    accumulator, delay, trading_places, weights, put_back, assigned_twice, within_a_run, reshaped,
    computed_first,
)  # fmt: skip


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("passes", [False, True])
def test_steps_are_those_of_the_interpreter(model: Callable[[], bytes], passes: bool) -> None:
    require_module("ai_edge_litert")
    file = model()
    graph = parse(file, "m.tflite")
    rng = np.random.default_rng(0)
    (shape,) = [tensor.shape for tensor in graph.input_tensors]
    steps = [[rng.integers(-128, 128, shape).astype(np.int8)] for _ in range(STEPS)]
    graph = run_passes(graph) if passes else graph
    states = first_states(graph)
    for inputs, right in zip(steps, run_interpreter_steps(file, steps), strict=True):
        for mine, theirs in zip(run(graph, inputs, states), right, strict=True):
            np.testing.assert_array_equal(mine, theirs)


def test_only_what_outlives_a_run_is_a_state() -> None:
    counts = {model: len(parse(model(), "m.tflite").states) for model in MODELS}
    assert counts[accumulator] == counts[delay] == counts[reshaped] == 1
    assert counts[trading_places] == 2
    assert counts[weights] == counts[put_back] == counts[within_a_run] == 0


def test_all_operators_of_variables_are_listed() -> None:
    assert set(VARIABLES) == OPCODES


def test_an_operator_writes_the_state_where_nothing_else_reads_its_output() -> None:
    w = StatefulWriter()
    x = w.values(1, 4)
    w.variable("a", FIRST)
    w.variable("b", SECOND)
    a, b = w.read("a", 1, 4), w.read("b", 1, 4)
    w.assign("a", both(w, "ADD", x, b))
    w.assign("b", x)
    graph = run_passes(parse(w.complete([x], [both(w, "SUB", a, x)]), "m.tflite"))
    assert [type(op).__name__ for op in graph.ops] == ["Sub", "Add", "Slice"]


def test_a_state_is_not_written_where_its_maker_stands_before_readers_of_another() -> None:
    w = StatefulWriter()
    x = w.values(1, 4)
    w.variable("a", FIRST)
    w.variable("b", SECOND)
    a, b = w.read("a", 1, 4), w.read("b", 1, 4)
    w.assign("a", both(w, "ADD", x, b))
    w.assign("b", both(w, "SUB", x, a))
    graph = run_passes(parse(w.complete([x], [both(w, "MUL", a, b)]), "m.tflite"))
    # The Sub needs what `a` held: it comes before the Add, or its result is copied after that.
    assert sum(isinstance(op, Slice) for op in graph.ops) == 1


def test_explain_tells_of_states_and_every_operator() -> None:
    summary = inspect(accumulator(), "m.tflite")
    assert [operator.problem for operator in summary.operators] == [None] * 5
    assert [(each.dtype, each.shape) for each in summary.states] == [("int8", (1, 4))]


def test_a_network_with_variables_is_run_alone_with_what_initialises_them() -> None:
    require_module("ai_edge_litert")
    w = StatefulWriter()
    x, y = w.values(1, 4), w.values(1, 4)
    w.op("RELU", [x], [y])
    w.end_subgraph([x], [y], "other")
    handle = w.tensor((), "resource")
    data = w.tensor((1, 4), scale=0.5, zero_point=-3, data=FIRST)
    w.op("VAR_HANDLE", [], [handle], container="", shared_name="v")
    w.op("ASSIGN_VARIABLE", [handle, data], [])
    w.end_subgraph([], [], "first")
    x, handle, old = w.values(1, 4), w.tensor((), "resource"), w.values(1, 4)
    w.op("CALL_ONCE", [], [], init_subgraph_index=1)
    w.op("VAR_HANDLE", [], [handle], container="", shared_name="v")
    w.op("READ_VARIABLE", [handle], [old])
    w.op("ASSIGN_VARIABLE", [handle, x], [])
    file = w.finish([x], [old])
    graph = parse(file, "m.tflite", NetworkChoice(subgraph="2"))
    given = [np.array([[9, 8, 7, 6]], np.int8)]
    states = first_states(graph)
    for (theirs,) in run_interpreter_steps(alone(file, 2), [given, given]):
        np.testing.assert_array_equal(run(graph, given, states)[0], theirs)


# -- refusals ---------------------------------------------------------------------------------


def test_a_variable_without_a_first_value_is_refused() -> None:
    w = StatefulWriter()
    x = w.values(1, 4)
    w.variable("v")
    total = both(w, "ADD", x, w.read("v", 1, 4))
    w.assign("v", total)
    assert refusal(w.complete([x], [total])) == (
        "error: m.tflite: op 1 READ_VARIABLE 'tensor_2': it reads a variable that has no value "
        "yet\n  hint: let the model initialise it: converters add CALL_ONCE for that"
    )


def test_a_variable_of_two_scales_is_refused() -> None:
    w = StatefulWriter()
    x = w.values(1, 4)
    w.variable("v", FIRST)
    old, new = w.read("v", 1, 4), w.tensor((1, 4), scale=0.25, zero_point=0)
    w.op("QUANTIZE", [x], [new])
    w.assign("v", new)
    assert (
        "op 4 ASSIGN_VARIABLE '': its variable is int8 [1, 4], scale 0.5, zero point -3 "
        "elsewhere, and int8 [1, 4], scale 0.25, zero point 0 here"
    ) in refusal(w.complete([x], [old]))


def test_a_variable_that_is_initialised_with_too_few_bytes_is_refused() -> None:
    w = StatefulWriter()
    x = w.values(1, 4)
    w.variable("v", [[1, 2, 3]])
    assert ("it reads [1, 4] of int8, but its variable is initialised with 3 bytes") in refusal(
        w.complete([x], [both(w, "ADD", x, w.read("v", 1, 4))])
    )


@pytest.mark.parametrize("what", ["a constant", "an input", "what was read"])
def test_a_variable_that_is_read_into_something_else_is_refused(what: str) -> None:
    w = StatefulWriter()
    x = w.values(1, 4, name="taken" if what == "an input" else "x")
    handle = w.variable("v", FIRST)
    old = w.tensor((1, 4), scale=0.5, zero_point=-3, data=FIRST, name="taken")
    into = {"a constant": old, "an input": x}.get(what, w.values(1, 4, name="taken"))
    for _ in range(2 if what == "what was read" else 1):
        w.op("READ_VARIABLE", [handle], [into])
    assert "it writes 'taken', which has a value already" in refusal(
        w.complete([x], [both(w, "ADD", x, into)])
    )


def test_a_handle_from_elsewhere_is_refused() -> None:
    w = ModelWriter()
    x, handle = w.tensor((1, 4), scale=0.5), w.tensor((), "resource")
    w.op("ASSIGN_VARIABLE", [handle, x], [])
    assert "its variable does not come from VAR_HANDLE in this network" in refusal(
        w.finish([x], [x])
    )


@pytest.mark.parametrize("number", [0, 7])
def test_a_call_of_itself_or_of_nothing_is_refused(number: int) -> None:
    w = ModelWriter()
    x = w.tensor((1, 4), scale=0.5)
    w.op("CALL_ONCE", [], [], init_subgraph_index=number)
    assert f"it calls subgraph {number}, which it cannot" in refusal(w.finish([x], [x]))


def test_what_initialises_a_variable_that_is_in_use_is_refused() -> None:
    w = StatefulWriter()
    x, handle = w.values(1, 4), w.tensor((), "resource")
    w.op("VAR_HANDLE", [], [handle], container="", shared_name="v")
    w.op("ASSIGN_VARIABLE", [handle, x], [])
    w.variable("v", FIRST)
    assert "it initialises 'v', which is in use before" in refusal(w.complete([x], [x]))


def test_a_first_value_that_depends_on_an_input_is_refused() -> None:
    w = ModelWriter()
    x, handle = w.tensor((1, 4), scale=0.5), w.tensor((), "resource")
    w.op("CALL_ONCE", [], [], init_subgraph_index=1)
    w.op("VAR_HANDLE", [], [handle], container="", shared_name="v")
    read = w.tensor((1, 4), scale=0.5)
    w.op("READ_VARIABLE", [handle], [read])
    w.end_subgraph([x], [read], "main")
    given, value = (w.tensor((1, 4), scale=0.5, name=name) for name in ("given", "value"))
    handle = w.tensor((), "resource")
    w.op("ABS", [given], [value])
    w.op("VAR_HANDLE", [], [handle], container="", shared_name="v")
    w.op("ASSIGN_VARIABLE", [handle, value], [])
    assert "its first value depends on 'given'" in refusal(w.finish([given], []))
