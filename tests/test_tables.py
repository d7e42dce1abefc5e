"""Every table that is keyed by operator has a row for each one: what a new operator must be in."""

import typing
from dataclasses import fields
from pathlib import Path

import pytest

from tests.importers.single_operators import CASES
from tinyengine import ir
from tinyengine.importers.tflite.handlers import BECOMES, HANDLERS
from tinyengine.ir import (
    Op,
    Reshape,
    Tensor,
    detection,
    logic_ops,
    number_ops,
    ops,
    recurrent_ops,
    signal,
)
from tinyengine.ir.elements import INTEGERS
from tinyengine.ir.shapes import SHAPES
from tinyengine.ir.verify import find_op_faults
from tinyengine.kernels.accumulating import ACCUMULATING
from tinyengine.kernels.dsp.tiled import TILED
from tinyengine.kernels.registry import KERNELS, accepts
from tinyengine.kernels.spec import Kernel
from tinyengine.passes.channel_bounds import RULES
from tinyengine.reference.execute import FUNCTIONS
from tinyengine.resources import runtime_dir
from tinyengine.schedule.feed import FEED
from tinyengine.tune.samples import samples

DEFINED = {
    kind
    for room in (ops, detection, logic_ops, number_ops, recurrent_ops, signal)
    for kind in vars(room).values()
    if isinstance(kind, type) and issubclass(kind, Op)
}
OPERATORS = DEFINED - {base for kind in DEFINED for base in kind.__mro__[1:]}
"""The classes of operators that a graph can have: no other class of the modules is made of them."""

COMPILED = OPERATORS - set(ir.FLOAT_ONLY)
"""Those that an integer graph can have."""

COMPUTED = COMPILED - {Reshape}
"""Those that a kernel computes: a Reshape moves no byte."""

ALL_KERNELS = (*KERNELS, *ACCUMULATING, *TILED, FEED)


def test_operators_are_found() -> None:
    assert {ir.Conv2D, ir.Add, ir.ArgMax, ir.Softmax} <= OPERATORS
    assert not {ir.Window, ir.Binary, ir.Resize, ir.Op} & OPERATORS


def test_every_operator_is_offered_by_the_room() -> None:
    assert {kind.__name__ for kind in OPERATORS} <= set(ir.__all__)


def test_every_field_that_holds_tensors_says_in_which_role() -> None:
    for kind in OPERATORS:
        hints = typing.get_type_hints(kind)
        for each in fields(kind):
            parts = {hints[each.name], *typing.get_args(hints[each.name])}
            assert (Tensor in parts) == ("role" in each.metadata), f"{kind.__name__}.{each.name}"


def test_every_operator_is_verified() -> None:
    assert set(INTEGERS) == OPERATORS
    assert set(SHAPES) == OPERATORS


def test_every_operator_has_a_reference() -> None:
    assert set(FUNCTIONS) == COMPILED


def test_every_operator_comes_from_a_model_file() -> None:
    assert {kind for kinds in BECOMES.values() for kind in kinds} == COMPILED


def test_every_operator_of_model_files_says_what_it_becomes() -> None:
    assert set(BECOMES) == set(HANDLERS)


def test_every_operator_of_model_files_has_a_smallest_model() -> None:
    assert {case.opcode for case in CASES} == set(HANDLERS)


def test_rules_of_bounds_are_of_operators() -> None:
    # Others may give any value: the pass says nothing of them.
    assert set(RULES) <= OPERATORS


def test_every_operator_has_one_portable_kernel_for_each_way_of_rounding() -> None:
    portable = [
        (kernel.op, kernel.rounding)
        for kernel in KERNELS
        if kernel.folder == "ref"
        and not is_of_others(kernel)
        and not issubclass(kernel.op, ir.Curve)
    ]
    assert len(portable) == len(set(portable))
    of_int8 = {kind for kind in COMPUTED if not issubclass(kind, ir.Curve)}
    assert {op for op, rounding in portable if rounding is ir.Rounding.TFLITE} == of_int8
    rounded = {kind for kind in COMPUTED if "rounding" in {each.name for each in fields(kind)}}
    assert {op for op, rounding in portable if rounding is ir.Rounding.EVEN} == rounded


def is_of_others(kernel: Kernel) -> bool:
    """Tell whether a kernel takes samples of int16 or uint8 in place of int8, and no others."""
    has_int8 = any("int8" in {t.dtype.value for t in op.inputs} for op in narrow(kernel.op))
    return has_int8 and not any(accepts(kernel, op) for op in narrow(kernel.op))


def narrow(kind: type[Op]) -> list[Op]:
    """Give the samples that have no int16 but in what they keep, and no halves that go up."""
    return [
        op
        for op in samples(kind)
        if all(
            tensor.dtype is not ir.DType.INT16
            for tensor in (*op.inputs, op.output)
            if tensor not in op.states
        )
        and getattr(op, "halves", ir.Halves.AWAY) is ir.Halves.AWAY
    ]


def test_every_sample_of_int16_or_uint8_has_a_portable_kernel() -> None:
    for kind in sorted(COMPUTED, key=lambda kind: kind.__name__):
        bytes_only = narrow(kind)
        for op in samples(kind):
            if op not in bytes_only:
                found = [k for k in KERNELS if k.folder == "ref" and accepts(k, op)]
                assert len(found) == 1, op


@pytest.mark.parametrize("kind", sorted(COMPUTED, key=lambda kind: kind.__name__))
def test_every_operator_has_samples_that_are_valid(kind: type[Op]) -> None:
    found = samples(kind)
    assert len(found) >= 3
    assert {type(op) for op in found} == {kind}
    assert [fault for op in found for fault in find_op_faults(op)] == []


def test_a_kernel_is_told_by_function_operator_form_and_rounding() -> None:
    told = [(k.folder, k.function, k.op, k.form, k.rounding) for k in ALL_KERNELS]
    assert len(set(told)) == len(told)


def test_kernels_of_a_function_are_of_one_folder_header_and_instruction_set() -> None:
    places: dict[str, set[tuple[str, str, str]]] = {}
    for kernel in ALL_KERNELS:
        place = (kernel.folder, kernel.header, kernel.isa.value)
        places.setdefault(kernel.function, set()).add(place)
    assert {function: found for function, found in places.items() if len(found) > 1} == {}


def test_the_folders_of_the_runtime_hold_what_kernels_name_and_nothing_else() -> None:
    folder = runtime_dir()
    sources = {str(path.relative_to(folder)) for path in (folder / "src").rglob("*.c")}
    assert sources == {source for kernel in ALL_KERNELS for source in kernel.sources}
    assert [k.header for k in ALL_KERNELS if not (folder / "include" / k.header).is_file()] == []


def test_kernels_that_consume_rows_stand_for_kernels_of_whole_layers() -> None:
    for kernel in ACCUMULATING:
        assert kernel.consumes and kernel.stands_for in KERNELS
        assert kernel.stands_for.params is kernel.params
    assert not any(kernel.consumes for kernel in KERNELS)


def test_files_of_the_runtime_are_named_after_their_function() -> None:
    for kernel in ALL_KERNELS:
        text = (runtime_dir() / kernel.sources[0]).read_text(encoding="utf-8")
        assert kernel.function in text, Path(kernel.sources[0]).name
