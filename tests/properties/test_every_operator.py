"""Every operator in every width: interpreter = numpy = C, on this machine and on six cores.

What an operator takes is read from the table that `tinyengine ops` prints; one that has no random
models in `drawn.table`, or none that the importer takes, fails here.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from tflite.BuiltinOperator import BuiltinOperator
from tflite.Model import Model
from tflite.TensorType import TensorType

import tinyengine
from tests.importers.cases import Case
from tests.importers.operator_types import HAVE_WEIGHTS
from tests.importers.single_operators import CASES
from tests.kernels import host
from tests.properties.drawn.dense import INT4_WIDENED
from tests.properties.drawn.draw import Sample
from tests.properties.drawn.pack import packed
from tests.properties.drawn.table import (
    NARROW,
    SAMPLERS,
    TYPES,
    WIDTHS,
    Width,
    draw_sample,
    widths,
)
from tests.properties.signals import interpret_steps
from tests.properties.test_depthwise_dsp import in_layout
from tests.properties.test_lookup import interpret
from tests.support import require_module, require_tool
from tinyengine.errors import ModelError
from tinyengine.importers.tflite import parse
from tinyengine.ir import Array, Graph, Op, Reshape, Tensor
from tinyengine.kernels.registry import KERNELS, accepts
from tinyengine.kernels.spec import Kernel
from tinyengine.reference.execute import execute, first_states, run
from tinyengine.reference.interpreter import run_interpreter_steps
from tinyengine.reference.micro import beyond_litert

STEPS = 3
CORE_SEEDS = (0, 1)
HOST_SEEDS = (0, 1, 2, 3)

CORES = {
    "microbit": "cortex-m0",
    "mps2-an385": "cortex-m3",
    "nrf52840": "cortex-m4",
    "stm32f746": "cortex-m7",
    "mps2-an505": "cortex-m33",
    "mps3-an547": "cortex-m55",
}
PACK_NBYTES = 10_500
"""Of inputs and outputs that are put into one firmware: the microbit has 16 KB of RAM."""

OBJECTIVES = ("balanced", "speed", "sram")

Outputs = Sequence[Array]


@dataclass(frozen=True, kw_only=True, eq=False)
class Example:
    """A random model, inputs for some steps, and what an interpreter gives for them."""

    width: Width
    seed: int
    sample: Sample
    graph: Graph
    steps: Sequence[Sequence[Array]]
    expected: Sequence[Outputs]

    def check(self, found: Sequence[Outputs], by: str) -> None:
        """Check that every output of every step is the interpreter's."""
        for step, (given, wanted) in enumerate(zip(found, self.expected, strict=True)):
            for index, (mine, right) in enumerate(zip(given, wanted, strict=True)):
                assert mine.dtype == right.dtype
                told = f"{by}: {self.width}, seed {self.seed}, step {step}, output {index}"
                np.testing.assert_array_equal(mine, right.reshape(mine.shape), told)


@cache
def example(width: Width, seed: int) -> Example:
    """Give the example of a seed."""
    sample = draw_sample(width, seed)
    graph = parse(sample.model, "model.tflite")
    steps = [sample.inputs(graph.input_tensors, 1000 * seed + 17 * step) for step in range(STEPS)]
    expected = _judged(width, seed, sample.model, steps)
    return Example(
        width=width, seed=seed, sample=sample, graph=graph, steps=steps, expected=expected
    )


def _judged(
    width: Width, seed: int, model: bytes, steps: Sequence[Sequence[Array]]
) -> Sequence[Outputs]:
    """Give what LiteRT gives, or who knows the operator where LiteRT does not."""
    require_module("ai_edge_litert")
    match width:
        case Width(opcode="SQUARE"):
            return [[_squares(parse(model, "m.tflite"), x)] for (x,) in steps]
        case Width(opcode="ELU"):
            return [[interpret(model, "ELU", x)] for (x,) in steps]
        case Width(opcode="SCATTER_ND", dtype="int16"):
            # LiteRT scatters no int16. The numbers, in int32, go where they would.
            wide = draw_sample(replace(width, dtype="int32"), seed).model
            given = [[x.astype(np.int32) for x in each] for each in steps]
            return [[y.astype(np.int16)] for (y,) in run_interpreter_steps(wide, given)]
        case Width(opcode="TRANSPOSE_CONV", weights="int4"):
            # LiteRT takes no such weights of it; the same numbers in int8 say the same.
            model = draw_sample(replace(width, weights=INT4_WIDENED), seed).model
    if width.opcode.startswith("Signal") or beyond_litert(model):
        return interpret_steps(model, steps)
    return run_interpreter_steps(model, steps)


def _squares(graph: Graph, x: Array) -> Array:
    """Give the squares of int8, worked out with fractions: TFLite computes them in float only."""
    source, result = graph.input_tensors[0], graph.output_tensors[0]
    unit = Fraction(source.scale) ** 2 / Fraction(result.scale)
    exact = [unit * (int(q) - source.zero_point) ** 2 for q in x.flat]
    # Half a step is rounded away from zero, which is up.
    rounded = [int(value + Fraction(1, 2)) + result.zero_point for value in exact]
    return np.clip(rounded, -128, 127).astype(np.int8).reshape(x.shape)


# -- the table ------------------------------------------------------------------------------------


def without_models(types: Mapping[str, tuple[str, ...]]) -> list[str]:
    """Name what `types` has and the table has no random models of."""
    unknown = [opcode for opcode in types if opcode not in SAMPLERS]
    known = {opcode: accepted for opcode, accepted in types.items() if opcode in SAMPLERS}
    return unknown + [str(width) for width in widths(known) if not _has_models(width)]


def _has_models(width: Width) -> bool:
    """Tell whether there are models, of that operator and with tensors of these types."""
    try:
        root = Model.GetRootAs(draw_sample(width, 0).model)
    except AssertionError:
        return False
    graph = root.Subgraphs(0)
    types = {graph.Tensors(index).Type() for index in range(graph.TensorsLength())}
    codes = [root.OperatorCodes(index) for index in range(root.OperatorCodesLength())]
    names = {code.CustomCode() or code.BuiltinCode() for code in codes}
    opcode = getattr(BuiltinOperator, width.opcode, width.opcode.encode())
    wanted = {width.dtype} | ({width.weights} & {"int4"})
    return opcode in names and {getattr(TensorType, name.upper()) for name in wanted} <= types


def test_every_operator_and_every_type_of_it_has_random_models() -> None:
    assert set(SAMPLERS) == set(TYPES)
    assert without_models(TYPES) == []


def test_an_operator_or_a_type_without_random_models_is_found() -> None:
    more = {"ADD": ("int8", "bool"), "COS": ("int8",), "MEAN": ("int8",)}
    assert without_models(more) == ["COS", "ADD bool"]


def test_every_operator_with_narrow_weights_has_random_models_of_them() -> None:
    taken = {case.opcode for case in CASES if case.opcode in HAVE_WEIGHTS and _takes_int4(case)}
    assert taken == set(NARROW)


def _takes_int4(case: Case) -> bool:
    """Tell whether the smallest model is taken with weights of int4."""
    operands = [
        replace(spec, dtype="int4")
        if spec is not None and spec.dtype == "int8" and spec.data is not None
        else spec
        for spec in case.operands
    ]
    try:
        parse(replace(case, operands=operands).model(), "model.tflite")
    except ModelError:
        return False
    return any(spec is not None and spec.dtype == "int4" for spec in operands)


# -- this machine ---------------------------------------------------------------------------------

QUICK = tuple(
    width for width in WIDTHS if width.opcode in ("EMBEDDING_LOOKUP", "GATHER_ND", "SCATTER_ND")
)
"""What no other property test runs in C."""


@pytest.mark.parametrize("width", QUICK, ids=str)
def test_places_agree_on_this_machine(width: Width) -> None:
    check_on_host(width, 0)


@pytest.mark.slow
@pytest.mark.parametrize("opcode", TYPES)
def test_an_operator_agrees_on_this_machine(opcode: str) -> None:
    for width in WIDTHS:
        if width.opcode == opcode:
            for seed in HOST_SEEDS:
                check_on_host(width, seed)


def check_on_host(width: Width, seed: int) -> None:
    """Check numpy, and every kernel under the sanitizers: whole, in pieces and overlapping."""
    made = example(width, seed)
    states = first_states(made.graph)
    made.check([run(made.graph, x, states) for x in made.steps], "numpy")
    states, runs = first_states(made.graph), list[Run]()
    for x in made.steps:
        before = dict(states)
        runs.append((before, execute(made.graph, x, states)))
    for op in made.graph.ops:
        if not isinstance(op, Reshape):
            _check_kernels(op, runs, f"{width}, seed {seed}")


Run = tuple[Mapping[Tensor, Array], Mapping[Tensor, Array]]
"""What the states hold before a step, and what all activations do after it."""


def _check_kernels(op: Op, runs: Sequence[Run], told: str) -> None:
    """Check all kernels of `op`."""
    kernels = [kernel for kernel in KERNELS if accepts(kernel, op) and kernel.rounds_as(op)]
    assert kernels, f"no kernel for {op}"
    operands = [
        [t.values if t.is_const else {**after, **before}[t] for t in op.activations]
        for before, after in runs
    ]
    for kernel in kernels:
        if len(op.outputs) == 1 and not op.states:
            given = [in_layout(x, kernel.reads) if x.ndim == 4 else x for x in operands[0]]
            _check_kernel(kernel, op, given, runs[0][1][op.output], told)
            continue
        begin = [runs[0][0][state] for state in op.states]
        made = host.take_steps(kernel, op, operands, begin)
        for outputs, (_, after) in zip(made, runs, strict=True):
            for found, tensor in zip(outputs, op.outputs, strict=True):
                np.testing.assert_array_equal(found, after[tensor], f"{kernel.function}: {told}")


def _check_kernel(
    kernel: Kernel, op: Op, given: Sequence[Array], expected: Array, told: str
) -> None:
    """Check a whole run, pieces of rows and overlap."""
    wanted = in_layout(expected, kernel.writes) if expected.ndim == 4 else expected
    found = host.run_kernel(kernel, op, given)
    np.testing.assert_array_equal(found, wanted, f"{kernel.function}: {told}")
    host.check_rows(kernel, op, given, wanted)
    host.check_overlap(kernel, op, given, wanted)


# -- six cores ------------------------------------------------------------------------------------


def packs(examples: Sequence[Example]) -> Iterator[list[Example]]:
    """Give the examples in the groups that become one firmware each."""
    group, nbytes = list[Example](), 0
    for each in examples:
        edges = (*each.graph.inputs, *each.graph.outputs)
        size = sum(edge.tensor.nbytes for edge in edges)
        if group and nbytes + size > PACK_NBYTES:
            yield group
            group, nbytes = [], 0
        group.append(each)
        nbytes += size
    yield group


@pytest.mark.slow
@pytest.mark.parametrize("board", CORES, ids=CORES.get)
def test_every_operator_agrees_on_a_core(board: str, tmp_path: Path) -> None:
    require_tool("arm-none-eabi-gcc")
    examples = [example(width, seed) for width in WIDTHS for seed in CORE_SEEDS]
    for number, group in enumerate(packs(examples)):
        path = tmp_path / f"pack{number}.tflite"
        path.write_bytes(packed([each.sample.model for each in group]))
        objective = OBJECTIVES[number % len(OBJECTIVES)]
        firmware = tinyengine.compile(path, board=board, objective=objective)
        steps = [[x for each in group for x in each.steps[step]] for step in range(STEPS)]
        found = firmware.run_all(steps, steps=True)
        _check_group(group, found, f"{board} {objective}")


def _check_group(group: Sequence[Example], found: Sequence[Outputs], by: str) -> None:
    """Check what a firmware gave, step after step, for all of a group."""
    first = 0
    for each in group:
        last = first + len(each.graph.outputs)
        each.check([outputs[first:last] for outputs in found], by)
        first = last
