"""Damaged model files give a ModelError or a valid graph: no other exception, no hang, no flood."""

import signal
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from types import FrameType
from typing import Any

import numpy as np
import pytest
from flatbuffers import flexbuffers

from tests.builders.detectors import Detector, random_anchors
from tests.builders.int16_networks import classifier as int16_classifier
from tests.builders.networks import dynamic_batch, numbers_network
from tests.builders.tflite_writer import ModelWriter, Spec, one_op_model
from tests.importers.single_operators import CASES, Case
from tests.importers.test_variables import MODELS as STATEFUL
from tests.support import FindModel
from tinyengine.errors import ModelError
from tinyengine.importers import NetworkChoice
from tinyengine.importers.tflite import inspect, parse
from tinyengine.ir.verify import find_faults

SECONDS = 10
MOST_NBYTES = 64 << 20

Mutation = Callable[[np.random.Generator, bytearray], bytearray]


def flip_bits(random: np.random.Generator, data: bytearray) -> bytearray:
    for position in random.integers(0, len(data), random.integers(1, 9)):
        data[position] ^= 1 << int(random.integers(8))
    return data


def write_extremes(random: np.random.Generator, data: bytearray) -> bytearray:
    extremes = [
        0,
        1,
        2,
        4,
        127,
        128,
        255,
        0x7FFF,
        0x8000,
        0xFFFF,
        0x7FFFFFFF,
        0x80000000,
        2**32 - 1,
    ]
    for position in random.integers(0, len(data) // 4, random.integers(1, 5)):
        value = int(random.choice(extremes))
        data[4 * position : 4 * position + 4] = value.to_bytes(4, "little")
    return data


def nudge_numbers(random: np.random.Generator, data: bytearray) -> bytearray:
    for position in random.integers(0, len(data) // 2, random.integers(1, 7)):
        old = int.from_bytes(data[2 * position : 2 * position + 2], "little")
        new = (old + int(random.integers(-8, 9))) % 65536
        data[2 * position : 2 * position + 2] = new.to_bytes(2, "little")
    return data


def truncate(random: np.random.Generator, data: bytearray) -> bytearray:
    return data[: int(random.integers(0, len(data)))]


def splice(random: np.random.Generator, data: bytearray) -> bytearray:
    nbytes = 4 * int(random.integers(1, 33))
    source, target = (4 * int(random.integers(0, len(data) // 4)) for _ in range(2))
    data[target : target + nbytes] = data[source : source + nbytes]
    return data


def remove(random: np.random.Generator, data: bytearray) -> bytearray:
    start = int(random.integers(8, len(data)))
    del data[start : start + int(random.integers(1, 65))]
    return data


def redirect(random: np.random.Generator, data: bytearray) -> bytearray:
    """Let offsets point at other tables: to where another offset points, or anywhere."""
    for _ in range(int(random.integers(1, 4))):
        at, other = (4 * int(random.integers(0, len(data) // 4)) for _ in range(2))
        target = other + int.from_bytes(data[other : other + 4], "little")
        if not at < target < len(data):
            target = int(random.integers(at, len(data)))
        data[at : at + 4] = (target - at).to_bytes(4, "little")
    return data


MUTATIONS: tuple[Mutation, ...] = (
    flip_bits,
    write_extremes,
    nudge_numbers,
    truncate,
    splice,
    remove,
    redirect,
)


def network() -> bytes:
    """Give a small network with float32 edges, several operators and a constant operand."""
    writer = ModelWriter()
    real = writer.tensor([1, 6, 6, 2], "float32")
    x = writer.tensor([1, 6, 6, 2], scale=0.5, zero_point=3)
    weight = writer.tensor([4, 3, 3, 2], scale=[0.1, 0.2, 0.3, 0.4], data=np.ones((4, 3, 3, 2)))
    bias = writer.tensor([4], "int32", data=[1, 2, 3, 4])
    y = writer.tensor([1, 3, 3, 4], scale=0.5, zero_point=-3)
    constant = writer.tensor([4], scale=0.25, data=[1, 2, 3, 4])
    z = writer.tensor([1, 3, 3, 4], scale=0.5)
    left, right = (writer.tensor([1, 3, 3, 2], scale=0.5) for _ in range(2))
    axis = writer.tensor([1], "int32", data=[3])
    result = writer.tensor([1, 3, 3, 2], "float32")
    writer.op("QUANTIZE", [real], [x])
    options = {"padding": "SAME", "stride_h": 2, "stride_w": 2}
    writer.op("CONV_2D", [x, weight, bias], [y], **options, fused_activation_function="RELU6")
    writer.op("ADD", [y, constant], [z])
    writer.op("SPLIT", [axis, z], [left, right], num_splits=2)
    writer.op("DEQUANTIZE", [right], [result])
    return writer.finish([real], [result, left])


HOSTILE: dict[str, list[Any]] = {
    "shape": [(), (0,), (-1, 4), (1,), (4,), (1, 4), (1, 2, 2, 2), (2, 3, 3, 2), (2**31 - 1,) * 4],
    "dtype": ["int8", "uint8", "int16", "int32", "int64", "float32", "float16", "string", "bool"],
    "scale": [None, 0.0, -0.5, 1e-38, 1e-20, 1e20, 3e38, np.nan, np.inf, [0.5, 0.25], [1.0] * 9],
    "zero_point": [None, -(2**40), -129, -128, 127, 128, [0, 0], [1] * 9],
    "axis": [-1, 0, 1, 3, 4, 2**31 - 1],
    "data": [None, b"", b"\0", bytes(4), bytes(8), b"\xff" * 8, b"\x7f" * 16, b"\x80" * 36],
}
HOSTILE_OPTIONS = [-(2**31), -3, -2, -1, 0, 1, 2, 3, 4, 8, 16, 31, 2**16, 2**31 - 1]


def hostile_model(random: np.random.Generator, case: Case) -> bytes:
    """Give the model of `case` after changing fields that keep it a well-formed FlatBuffer."""

    def pick(values: Sequence[Any]) -> Any:
        return values[int(random.integers(len(values)))]

    def changed(specs: Sequence[Spec | None]) -> list[Spec | None]:
        result = list(specs)
        for index, spec in enumerate(result):
            if random.random() < 0.1:
                result[index] = pick(specs)
            elif random.random() < 0.3:
                key = pick(list(HOSTILE))
                result[index] = replace(spec or Spec(shape=()), **{key: pick(HOSTILE[key])})
        if random.random() < 0.05:
            result.append(pick(specs))
        return result[1:] if random.random() < 0.03 else result

    options = {
        key: pick(HOSTILE_OPTIONS) if isinstance(value, int) and random.random() < 0.2 else value
        for key, value in case.options.items()
    }
    results = [spec for spec in changed(case.results) if spec is not None]
    try:
        operands, between = changed(case.operands), case.between
        return one_op_model(case.opcode, operands, results, intermediates=between, **options)
    except (TypeError, ValueError, OverflowError):  # The writer cannot say such a thing.
        return case.model()


@contextmanager
def time_limit(what: str) -> Iterator[None]:
    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise TimeoutError(f"{what} took more than {SECONDS} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


ALL = NetworkChoice(detection=True)
"""What lets every operator be read."""

HOSTILE_BYTES = (0, 1, 2, 3, 4, 0x0F, 0x1B, 0x23, 0x7F, 0x80, 0xC0, 0xFE, 0xFF)


def check_mutant(data: bytes, what: str) -> bool:
    """Import `data` and tell whether it was accepted."""
    with time_limit(what):
        try:
            graph = parse(data, "mutant.tflite", ALL)
        except ModelError as error:
            assert all(each.where and each.problem for each in error.problems), what
            check_summary(data, what)
            return False
        faults = find_faults(graph)
        assert not faults, f"{what}: {faults}"
        check_summary(data, what)
        return True


def check_summary(data: bytes, what: str) -> None:
    try:
        summary = inspect(data, "mutant.tflite", ALL)
    except ModelError:
        return
    assert len(str(summary)) < 1_000_000, what
    for number, operator in enumerate(summary.operators):
        if operator.problem is not None:
            told = f"{what}: {operator.problem}"
            assert operator.problem.where.startswith(f"mutant.tflite: op {number} "), told
            assert operator.problem.problem and operator.problem.hint, told


def fuzz(models: list[bytes], mutants: int, seed: int) -> int:
    """Give how many of `mutants` were accepted, having checked them all."""
    random = np.random.default_rng(seed)
    accepted = 0
    for number in range(mutants):
        model = models[int(random.integers(len(models)))]
        mutation = MUTATIONS[number % len(MUTATIONS)]
        mutant = mutation(random, bytearray(model))
        accepted += check_mutant(bytes(mutant), f"mutant {number} of seed {seed}")
    return accepted


@pytest.fixture(scope="module")
def small_models() -> list[bytes]:
    stateful = [make() for make in STATEFUL]
    numbers = [numbers_network(), dynamic_batch(), int16_classifier()]
    return [network()] * 20 + numbers * 10 + stateful * 2 + [case.model() for case in CASES]


def test_mutants_of_small_models_are_refused_or_valid(small_models: list[bytes]) -> None:
    accepted = fuzz(small_models, 300, seed=1)
    assert 0 < accepted < 300  # Both sides are exercised: names and weights may change freely.


def test_mutants_need_little_memory(small_models: list[bytes]) -> None:
    tracemalloc.start()
    try:
        fuzz(small_models, 70, seed=2)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < MOST_NBYTES


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.opcode)
def test_hostile_fields_are_refused_or_valid(case: Case) -> None:
    random = np.random.default_rng(5)
    for number in range(30):
        check_mutant(hostile_model(random, case), f"{case.opcode} {number}")


def test_hostile_options_of_detectors_are_refused_or_valid() -> None:
    """Bytes of the options alone: offsets, types and widths, thresholds and counts."""
    random, accepted = np.random.default_rng(6), 0
    detector = Detector(anchors=random_anchors(4, 0))
    whole, options = detector.model(), bytes(flexbuffers.Dumps(detector.all_options))
    begin = whole.index(options)
    for number in range(200):
        model = bytearray(whole)
        for _ in range(int(random.integers(1, 5))):
            # What says where and what things are stands at the end.
            back = int(random.integers(1, len(options))) >> int(random.integers(0, 4))
            model[begin + len(options) - 1 - back] = int(random.choice(HOSTILE_BYTES))
        accepted += check_mutant(bytes(model), f"options {number}")
    assert 0 < accepted < 200


@pytest.mark.slow
def test_many_mutants_are_refused_or_valid(small_models: list[bytes]) -> None:
    fuzz(small_models, 2000, seed=3)


@pytest.mark.slow
@pytest.mark.models
@pytest.mark.parametrize("name", ["mlperf_ad_toycar", "mlperf_kws_dscnn", "mcunet_vww1"])
def test_mutants_of_real_models_are_refused_or_valid(name: str, shared_model: FindModel) -> None:
    fuzz([shared_model(name).read_bytes()], 200, seed=4)


def test_every_truncation_is_refused() -> None:
    data = network()
    for nbytes in range(0, len(data) - 4, 4):
        assert not check_mutant(data[:nbytes], f"the first {nbytes} bytes")
