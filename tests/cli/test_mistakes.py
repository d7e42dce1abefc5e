"""Every mistake of a user ends with its documented exit code and a text that says what to do."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.builders.networks import network_with_large_activations, network_with_large_weights
from tests.cli.command import path_without, refused, tinyengine
from tests.support import ROOT, require_tool
from tinyengine.importers.names import identifier

BOARD = ("--board", "stm32f746")
PORTABLE = ("--board", "mps2-an385")
"""A core without DSP extension: the first convolution takes 2 · 4 bytes of scratch for each of
18 taps and 4 of padding, beside its activations of 76 bytes."""


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def files() -> list[str]:
    return sorted(str(path) for path in Path().rglob("*"))


# -- model files: 3 -------------------------------------------------------------------------------


def write(name: str, data: bytes) -> Path:
    path = Path(name)
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("command", ["compile", "validate", "run", "explain"])
def test_a_missing_model_is_named(command):
    board = () if command == "explain" else BOARD
    assert refused(3, command, "none.tflite", *board) == (
        "error: none.tflite: there is no such file\n  hint: check the path"
    )
    assert files() == []


def test_a_truncated_model_is_damaged(small):
    write("half.tflite", small.read_bytes()[:1500])
    assert refused(3, "compile", "half.tflite", *BOARD) == (
        "error: half.tflite: the file is damaged: it refers to something beyond its end\n"
        "  hint: download or convert the model again"
    )
    assert files() == ["half.tflite"]


def test_an_empty_model_is_empty():
    write("empty.tflite", b"")
    assert refused(3, "compile", "empty.tflite", *BOARD).startswith(
        "error: empty.tflite: the file is empty\n"
    )


def test_a_picture_is_no_tflite_file():
    write("cat.tflite", b"\x89PNG\r\n\x1a\n" * 20)
    assert refused(3, "compile", "cat.tflite", *BOARD) == (
        "error: cat.tflite: this is not a TFLite file: the identifier 'TFL3' is missing\n"
        "  hint: give a .tflite file as the TensorFlow Lite converter writes it"
    )


def test_a_directory_is_no_model():
    Path("folder").mkdir()
    assert refused(3, "compile", "folder", *BOARD) == (
        "error: folder: this is a directory\n  hint: give the path of a .tflite file"
    )
    assert files() == ["folder"]


def test_an_onnx_file_without_a_graph_is_damaged():
    write("net.onnx", b"\x08\x07\x12\x07pytorch")
    assert refused(3, "compile", "net.onnx", *BOARD) == (
        "error: net.onnx: the file is damaged: it holds no graph\n"
        "  hint: download or export the model again"
    )


UNSUPPORTED = """\
error: unsupported.tflite: op 0 FLOOR 'rounded': FLOOR is not supported
  hint: `tinyengine ops` lists the supported operators
error: unsupported.tflite: op 1 CUSTOM 'boxes': the custom operator 'Magic' is not supported
  hint: end the model before it, and compute the rest in your application
error: unsupported.tflite: op 2 RELU 'unscaled': output 'unscaled' has no scale and zero point
  also output 0 'unscaled'
  hint: `tinyengine quantize` makes an int8 model of a float one"""


@pytest.mark.parametrize("command", ["compile", "validate", "run", "explain"])
def test_everything_that_is_unsupported_is_listed_at_once(command, models):
    board = () if command == "explain" else BOARD
    assert refused(3, command, models / "unsupported.tflite", *board) == UNSUPPORTED
    assert files() == []


# -- the command line: 2 --------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["compile", "validate", "run"])
def test_an_unknown_board_gets_the_nearest_suggested(command, small):
    message = refused(2, command, small, "--board", "stm32f764")
    first, boards, hint = message.splitlines()
    assert first == "error: there is no board 'stm32f764'"
    assert boards.startswith("  boards: ")
    assert {"microbit", "mps2-an385"} <= set(boards.removeprefix("  boards: ").split(", "))
    assert hint == "  hint: did you mean 'stm32f746'?"


@pytest.mark.parametrize("size", ["", "0", "0K", "-5", "8x", "1.5M", "K", "1G", "9" * 100, "١"])
@pytest.mark.parametrize("option", ["--sram", "--flash"])
def test_a_bad_size_is_explained(option, size, small):
    outcome = tinyengine("compile", small, *BOARD, f"{option}={size}")
    assert outcome.code == 2
    assert f"'{size}' is not a size; write 98304, 96K or 1M" in outcome.stderr


@pytest.mark.parametrize("size", ["99999999999M", "9" * 13])
def test_a_size_that_no_board_has_is_quoted_as_it_was_typed(size, small):
    outcome = tinyengine("compile", small, *BOARD, "--sram", size)
    assert outcome.code == 2 and f"'{size}' is more than any board has" in outcome.stderr


@pytest.mark.parametrize("name", ["1st", "a-b", "a b", "_x", "x_", "a__b", "", "ä", "a;b", "../x"])
def test_a_name_that_cannot_be_the_models_is_refused_with_the_rule(name, small):
    assert refused(2, "compile", small, *BOARD, "--name", name) == (
        f"error: --name: '{name}' cannot be a model's name\n"
        "  hint: letters and digits, with single underscores between, not starting with a digit"
    )
    assert files() == []


@pytest.mark.parametrize(
    ("name", "whose"),
    [
        ("int", "C or C++"),
        ("class", "C or C++"),
        ("main", "C or C++"),
        ("board", "the emitted sources"),
        ("Makefile", "the emitted sources"),
        ("te_rows", "the emitted sources"),
        ("string", "C's library"),
        ("memcpy", "C's library"),
        ("NULL", "C's library"),
        ("INT8_MAX", "C's library"),
    ],
)
def test_a_name_that_something_else_has_is_refused(name, whose, small):
    assert refused(2, "compile", small, *BOARD, "--name", name) == (
        f"error: --name: '{name}' is a name of {whose}\n"
        f"  hint: for example --name model_{name.lower()}"
    )
    assert files() == []


def test_a_name_that_is_too_long_is_refused(small):
    assert refused(2, "compile", small, *BOARD, "--name", "a" * 300) == (
        "error: --name: has 300 characters, 48 are the most"
    )


def test_no_file_of_the_emitted_tree_can_be_a_models_name(compiled):
    stems = {path.name.partition(".")[0] for path in compiled.rglob("*")}
    stems |= {path.stem for path in (ROOT / "runtime_c").rglob("*.[ch]") if "src" in path.parts}
    for stem in stems - {"small", "small_weights"}:
        assert identifier(stem) == f"model_{stem.lower()}"[:48]  # the longest name of a model


@pytest.mark.parametrize("option", ["-o", "--dump-ir"])
@pytest.mark.parametrize("target", ["taken", "taken/x", "taken/x/y"])
def test_a_directory_cannot_stand_where_a_file_is(option, target, small):
    write("taken", b"")
    assert refused(2, "compile", small, *BOARD, option, target) == (
        "error: taken: is a file, not a directory"
    )
    assert files() == ["taken"]


def test_the_ir_is_not_written_among_other_files(small):
    Path("mine").mkdir()
    write("mine/diary.txt", b"")
    assert refused(2, "compile", small, *BOARD, "--dump-ir", "mine") == (
        "error: mine: exists and holds files that are not ours (diary.txt)\n"
        "  hint: choose another directory with --dump-ir"
    )
    assert files() == ["mine", "mine/diary.txt"]


def test_an_output_file_that_cannot_be_written_is_named(compiled):
    if not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full")
    assert refused(1, "run", compiled, "-o", "/dev/full") == (
        "error: /dev/full: No space left on device"
    )


def test_a_model_without_a_board_cannot_run(small):
    assert refused(2, "run", small) == (
        "error: --board: a model file needs a board\n  hint: --board stm32f746"
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ["frobnicate"],
        ["compile"],
        ["compile", "m.tflite"],
        ["compile", "m.tflite", *BOARD, "--objective", "fun"],
        ["compile", "m.tflite", *BOARD, "--schedule", "none"],
        ["validate", "m.tflite", *BOARD, "--samples", "0"],
        ["validate", "m.tflite", *BOARD, "--seed", "-1"],
        ["run", "m.tflite", *BOARD, "--seed", "-1"],
        ["validate", "m.tflite", *BOARD, "--emulator", "bochs"],
        ["run", "m.tflite", *BOARD, "--frob"],
    ],
    ids=" ".join,
)
def test_what_the_command_line_does_not_know_is_a_usage_error(arguments):
    outcome = tinyengine(*arguments)
    assert (outcome.code, outcome.stdout) == (2, "")
    assert "Usage: tinyengine" in outcome.stderr
    assert "Value error" not in outcome.stderr
    assert files() == []


# -- what does not fit: 4 -------------------------------------------------------------------------


def test_an_arena_over_the_budget_is_refused_with_numbers_and_peak(small):
    message = refused(4, "compile", small, *PORTABLE, "--sram", 40, "-o", "out")
    first, *lines = message.splitlines()
    assert first == "error: small: needs an arena of 224 bytes at least, 40 are there"
    assert lines[0] == "  peak at block 0, op 0 CONV_2D 'first': 224 bytes"
    assert [line.split()[-1] for line in lines[1:]] == ["scratch", "first", "image"]
    assert files() == []


def test_stack_over_the_budget_is_refused_with_numbers_and_peak(small):
    require_tool("arm-none-eabi-gcc")
    message = refused(4, "compile", small, *PORTABLE, "--sram", 240, "-o", "out")
    first, *lines = message.splitlines()
    assert first.startswith("error: small.tflite on mps2-an385: needs ")
    assert first.endswith(" bytes of SRAM at least, the budget is 240")
    assert lines[0].startswith("  arena 224, static 0, stack ")
    assert "peak at block 0, op 0 CONV_2D 'first': 224 bytes" in message
    assert files() == []


def test_weights_over_the_flash_budget_are_refused_with_numbers(small):
    message = refused(4, "compile", small, *BOARD, "--flash", 100)
    first, hint = message.splitlines()
    assert first.startswith("error: small on stm32f746: weights need ")
    assert first.endswith(" bytes of flash, the budget is 100")
    assert hint == "  hint: a larger --flash, or a smaller model"


def test_code_over_the_flash_budget_is_refused_with_numbers(small, compiled):
    del compiled
    message = refused(4, "compile", small, *BOARD, "--flash", 1000, "-o", "out")
    assert message.startswith("error: small.tflite on stm32f746: needs ")
    first, parts = message.splitlines()
    assert first.endswith(" bytes of flash at least, the budget is 1,000")
    assert re.fullmatch(r"  weights [0-9,]+, code [0-9,]+, other constants [0-9,]+", parts)
    assert files() == []


def test_an_arena_over_the_boards_ram_is_refused_with_numbers():
    write("large.tflite", network_with_large_activations(32768))
    assert refused(4, "compile", "large.tflite", "--board", "microbit").splitlines()[:2] == [
        "error: large: needs an arena of 65,536 bytes at least, 13,696 are there",
        "  peak at block 0, op 0 TRANSPOSE 'result_0': 65,536 bytes",
    ]
    assert files() == ["large.tflite"]


def test_an_arena_that_leaves_no_room_for_the_stack_is_refused_with_numbers():
    write("large.tflite", network_with_large_activations(8000))
    message = refused(4, "compile", "large.tflite", "--board", "microbit")
    assert message.startswith(
        "error: large: needs an arena of 16,000 bytes at least, 13,696 are there\n"
    )
    assert message.endswith(
        "\n  hint: microbit has 16,384 bytes of RAM in all; "
        "2,688 are kept for the stack and the test firmware"
    )
    assert files() == ["large.tflite"]


def test_weights_over_the_boards_flash_are_refused_with_numbers():
    write("large.tflite", network_with_large_weights(300_032))
    message = refused(4, "compile", "large.tflite", "--board", "microbit")
    assert message.startswith("error: large on microbit: weights need 300,")
    assert message.splitlines()[0].endswith(" bytes of flash, the board has 262,144")


# -- tools: 5 -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("program", "package"),
    [
        ("arm-none-eabi-gcc", "gcc-arm-none-eabi"),
        ("arm-none-eabi-objcopy", "binutils-arm-none-eabi"),
    ],
)
def test_a_missing_build_tool_names_its_package(program, package, small, tmp_path, monkeypatch):
    require_tool("arm-none-eabi-gcc")
    monkeypatch.setenv("PATH", path_without(tmp_path / "bin", program, "clang"))
    message = refused(5, "compile", small, *BOARD, "-o", "out/deep")
    first, hint = message.splitlines()
    assert first == f"error: {program}: not found; needed to build firmware"
    assert hint.startswith("  hint: on Debian or Ubuntu: apt-get install ")
    assert package in hint.replace(";", "").split()
    assert not list(Path().glob("out/*"))


def test_a_missing_qemu_names_its_package(compiled, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", path_without(tmp_path / "bin", "qemu-system-arm"))
    message = refused(5, "run", compiled, "--emulator", "qemu")
    assert "qemu-system-arm" in message.splitlines()[0]
    assert message.splitlines()[-1] == "  hint: apt-get install qemu-system-arm"


def test_an_emulator_that_lacks_the_core_is_refused(edges):
    require_tool("arm-none-eabi-gcc")
    require_tool("qemu-system-arm")
    arguments = ("--board", "mps3-an547", "--emulator", "unicorn", "--samples", 1)
    assert "cortex-m55" in refused(5, "validate", edges, *arguments)


# -- the process ----------------------------------------------------------------------------------


def process(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tinyengine", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
    )


def test_debug_shows_the_traceback_and_the_message():
    quiet = process("compile", "none.tflite", *BOARD)
    loud = process("--debug", "compile", "none.tflite", *BOARD)
    assert quiet.returncode == loud.returncode == 3
    assert "Traceback" not in quiet.stderr
    assert "Traceback (most recent call last):" in loud.stderr
    assert loud.stderr.endswith(
        "error: none.tflite: there is no such file\n  hint: check the path\n"
    )


@pytest.mark.parametrize(
    ("command", "code"), [("pareto", 3), ("quantize", 3), ("compile", 3)], ids=str
)
def test_a_place_that_cannot_be_written_is_told_before_the_long_work(command, code, tmp_path):
    """The model is broken, which would be told first by whoever reads it first."""
    model = tmp_path / "x.tflite"
    model.write_bytes(b"no model")
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.tex").write_text("mine")
    missing = tmp_path / "none" / "x"
    good, bad = {
        "pareto": ((*BOARD, "--svg", tmp_path / "x.svg"), (*BOARD, "--svg", missing)),
        "quantize": (("--no-data", "-o", tmp_path / "q"), ("--no-data", "-o", missing)),
        "compile": ((*BOARD, "-o", tmp_path / "new"), (*BOARD, "-o", mine)),
    }[command]
    refused(code, command, model, *good)
    message = tinyengine(command, model, *bad).message
    told = f"{mine}: exists and holds" if command == "compile" else f"{missing}: No such file"
    assert message.startswith(f"error: {told}")


def test_what_is_read_is_never_overwritten(small, tmp_path):
    x = tmp_path / "x.npy"
    np.save(x, np.zeros((1, 6, 6, 2), np.int8))
    (tmp_path / "link.npy").symlink_to(x)
    before = small.read_bytes(), x.read_bytes()
    board = ("--board", "stm32f746")
    for arguments, named in (
        (("pareto", small, *board, "--svg", small), f"--svg: {small}"),
        (("run", small, *board, "-i", x, "-o", x), f"--output: {x}"),
        (("run", small, *board, "-i", x, "-o", tmp_path / "link.npy"), f"--output: {x}"),
    ):
        message = refused(2, *arguments)
        assert message.startswith(f"error: {named} would be overwritten")
    assert (small.read_bytes(), x.read_bytes()) == before


@pytest.mark.parametrize("command", ["compile", "validate", "run", "profile"])
def test_a_toolchain_without_a_name_is_refused(command, small):
    outcome = tinyengine(command, small, *BOARD, "--toolchain", "")
    assert outcome.code == 2
    assert "the name is empty; leave the option out for the default" in " ".join(
        outcome.stderr.replace("│", " ").split()
    )
