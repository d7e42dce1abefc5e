"""Exported models compute the same bytes on the emulated board, in every ecosystem's package."""

import filecmp
import re

import numpy as np
import pytest

from tests.export.application import EXAMPLES, example_firmware, printed
from tests.export.collect import COLLECT
from tests.export.conftest import BOARDS, DIGITS, TWO_MODELS
from tests.export.harness import compile_all, model_firmware
from tinyengine.board import Isa, load_board
from tinyengine.compiler import Options, compile_model
from tinyengine.importers import load
from tinyengine.product.project import Interface
from tinyengine.reference import run as run_reference
from tinyengine.run import open_runner


def digits_interface(board):
    return Interface.of_program(compile_model(DIGITS, Options(board=board)).program)


def assert_exact(elf, board):
    """The firmware of digits gives the reference's bytes, on random inputs."""
    graph, rng = load(DIGITS), np.random.default_rng(7)
    with open_runner(elf, board, (10,)) as runner:
        for _ in range(3):
            image = rng.integers(-128, 128, graph.inputs[0].tensor.shape).astype(np.int8)
            (expected,) = run_reference(graph, [image])
            assert runner.infer([image.tobytes()]).outputs == (expected.tobytes(),)


@pytest.mark.parametrize("ecosystem", COLLECT)
def test_the_packages_firmware_is_exact_and_so_is_its_example(
    ecosystem, exports, kernels, board, tmp_path
):
    objects, includes = kernels(board)
    sources = exports.sources(ecosystem, "digits")
    if ecosystem == "esp-idf":  # portable kernels only, which are base's
        board = load_board(BOARDS[Isa.BASE])
        objects, includes = kernels(board)
    folders = [*sources.includes, includes]
    model = compile_all(board, sources, [includes], tmp_path / "model")
    elf = model_firmware(
        tmp_path / "run", board, digits_interface(board), [*model, *objects], folders
    )
    assert_exact(elf, board)
    path, begins = EXAMPLES[ecosystem]
    example = exports.package(ecosystem, "digits") / path
    elf = example_firmware(tmp_path / "app", board, example, begins, [*model, *objects], folders)
    assert printed(elf, board) == "digits: ok\n"


@pytest.mark.parametrize("ecosystem", TWO_MODELS)
def test_two_models_share_the_kernels_in_one_application(
    ecosystem, exports, kernels, board, tmp_path
):
    objects, includes = kernels(board)
    both = [exports.sources(ecosystem, name) for name in ("digits", "small")]
    folders = [folder for sources in both for folder in sources.includes] + [includes]
    models = [
        each
        for index, sources in enumerate(both)
        for each in compile_all(board, sources, [includes], tmp_path / str(index))
    ]
    path, begins = EXAMPLES[ecosystem]
    first, second = (exports.package(ecosystem, name) / path for name in ("digits", "small"))
    merged = tmp_path / "both" / first.name
    merged.parent.mkdir()
    for example in (first, second):
        for header in example.parent.glob("*.h"):
            (merged.parent / header.name).write_text(header.read_text())
    text = first.read_text().replace(
        '#include "digits_self_test.h"',
        '#include "digits_self_test.h"\n#include "small_self_test.h"',
    )
    merged.write_text(
        text.replace("digits_self_test()", "(digits_self_test() && small_self_test())")
    )
    elf = example_firmware(tmp_path / "app", board, merged, begins, [*models, *objects], folders)
    assert printed(elf, board) == "digits: ok\n"


def test_the_example_says_when_a_byte_is_wrong(exports, kernels, board, copy, tmp_path):
    objects, includes = kernels(board)
    package = copy(exports.package("cmake", "digits"))
    weights = package / "src/digits/dsp/digits_weights.c"
    biases = re.search(r"int32_t \w+\[\d+\] = \{(.*?)\}", weights.read_text(), re.S)
    assert biases
    moved = re.sub(r"-?\d+", lambda number: str(int(number[0]) + 50_000), biases[1])
    weights.write_text(weights.read_text().replace(biases[1], moved))
    sources = COLLECT["cmake"](package)
    model = compile_all(board, sources, [includes], tmp_path / "model")
    path, begins = EXAMPLES["cmake"]
    folders = [*sources.includes, includes]
    elf = example_firmware(
        tmp_path / "app", board, package / path, begins, [*model, *objects], folders
    )
    assert printed(elf, board) == "digits: WRONG\n"


def test_all_ecosystems_have_the_same_sources(exports):
    first = exports.package("cmake", "tinyengine_runtime")
    for ecosystem in COLLECT:
        other = exports.package(ecosystem, "tinyengine_runtime")
        names = sorted(path.relative_to(first / "src") for path in first.rglob("src/**/*.[ch]"))
        assert names == sorted(
            path.relative_to(other / "src") for path in other.rglob("src/**/*.[ch]")
        )
        assert filecmp.cmpfiles(first / "src", other / "src", names, shallow=False)[0] == names
        compiled = exports.sources(ecosystem, "tinyengine_runtime").files
        assert len(compiled) == len([name for name in names if name.suffix == ".c"])


@pytest.mark.slow
@pytest.mark.parametrize("isa", BOARDS)
def test_the_whole_runtime_compiles_without_a_warning_and_serves_each_kind_of_core(
    isa, exports, tmp_path
):
    board = load_board(BOARDS[isa])
    runtime = exports.sources("arduino", "tinyengine_runtime")
    sources = exports.sources("arduino", "digits")
    objects = compile_all(board, runtime, (), tmp_path / "runtime")
    objects += compile_all(board, sources, runtime.includes, tmp_path / "model")
    folders = [*sources.includes, *runtime.includes]
    elf = model_firmware(tmp_path / "run", board, digits_interface(board), objects, folders)
    assert_exact(elf, board)
