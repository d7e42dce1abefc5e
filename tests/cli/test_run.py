"""`run` takes and gives .npy files in the model's own types, and compares with the reference."""

import json

import numpy as np
import pytest

from tests.cli.command import refused, succeeded, tinyengine
from tests.run.serial_port import served
from tests.support import require_module, require_tool
from tinyengine.board import load_board
from tinyengine.cli.times import time_rows
from tinyengine.importers import load
from tinyengine.reference import run as run_reference
from tinyengine.reference.interpreter import has_interpreter, run_interpreter
from tinyengine.report.profile import Timing

BOARD = ("--board", "stm32f746")


def image(seed=3):
    return np.random.default_rng(seed).integers(-128, 128, (1, 6, 6, 2)).astype(np.int8)


def save(path, array):
    np.save(path, array)
    return path


@pytest.fixture
def arrays(tmp_path):
    """Give the paths of right inputs for the model with float32 and uint8 edges."""
    rng = np.random.default_rng(4)
    real = save(tmp_path / "real.npy", rng.normal(0, 3, (1, 4, 4, 1)).astype(np.float32))
    pixels = save(tmp_path / "pixels.npy", rng.integers(0, 256, (1, 4)).astype(np.uint8))
    return real, pixels


# -- a real board ---------------------------------------------------------------------------------


def test_a_board_at_a_serial_port_runs_what_it_has(compiled, small, tmp_path):
    require_module("serial")
    given = save(tmp_path / "in.npy", image())
    with served(compiled / "firmware.elf", load_board("stm32f746")) as port:
        outcome = succeeded("run", compiled, "--input", given, "--port", port, "--json")
    (expected,) = run_reference(load(small), [image()])
    told = outcome.json()
    assert told["outputs"][0]["values"] == expected[0].tolist()
    assert (told["emulator"], told["instructions"]) == ("serial", None)
    assert f"running on stm32f746 at {port}" in outcome.stderr


def test_a_real_board_is_not_emulated(small):
    for command in ("run", "validate"):
        arguments = (command, small, *BOARD, "--port", "/dev/ttyACM0", "--emulator", "qemu")
        assert refused(2, *arguments) == "error: --port: is of a real board: leave out --emulator"


@pytest.mark.parametrize("name", ["serial", "bochs"])
def test_only_emulators_that_work_are_offered(compiled, name):
    outcome = tinyengine("run", compiled, "--emulator", name)
    assert outcome.code == 2
    assert f"'{name}' is not one of unicorn, qemu, renode" in outcome.stderr


# -- a compiled directory -------------------------------------------------------------------------


def test_a_given_input_gives_the_references_output(compiled, small, tmp_path):
    given, result = save(tmp_path / "in.npy", image()), tmp_path / "out.npy"
    outcome = succeeded("run", compiled, "--input", given, "--output", result, "--json")
    (expected,) = run_reference(load(small), [image()])
    assert np.load(result).dtype == np.int8
    np.testing.assert_array_equal(np.load(result), expected)
    told = outcome.json()
    (output,) = told["outputs"]
    # Scale and zero point of the scores: see small_network.
    reals = (expected[0].astype(np.float32) - 2) * np.float32(0.1)
    assert output.pop("real") == pytest.approx(reals.tolist())
    assert output == {
        "name": "scores", "shape": [1, 3], "dtype": "int8", "values": expected[0].tolist()
    }  # fmt: skip
    assert (told["model"], told["board"], told["emulator"]) == ("small", "stm32f746", "unicorn")
    assert told["bit_exact"] is None
    assert 0 < told["stack"] < 2048


def test_float_edges_are_converted_on_the_host(compiled_edges, edges, arrays, tmp_path):
    results = tmp_path / "answer.npy", tmp_path / "levels.npy"
    succeeded(
        "run", compiled_edges, "-i", arrays[0], "-i", arrays[1], "-o", results[0], "-o", results[1]
    )
    answer, levels = (np.load(path) for path in results)
    assert (answer.dtype, levels.dtype) == (np.float32, np.uint8)
    if has_interpreter():
        expected = run_interpreter(edges.read_bytes(), [np.load(path) for path in arrays])
        np.testing.assert_array_equal(answer, expected[0])
        np.testing.assert_array_equal(levels, expected[1])


def test_random_inputs_depend_on_the_seed_alone(compiled):
    first, again, other = (
        succeeded("run", compiled, "--json", "--seed", seed).json()["outputs"] for seed in (1, 1, 2)
    )
    assert first == again != other


def test_the_table_shows_outputs_and_instructions(compiled):
    outcome = succeeded("run", compiled)
    instructions = json.loads((compiled / "report.json").read_text())["measured"]["instructions"]
    assert "scores" in outcome.stdout and "[1, 3]" in outcome.stdout
    assert abs(instructions - int(outcome.stdout.split("instructions ")[1].split(",")[0])) < 1e9
    assert "bit-exact" not in outcome.stdout  # There is no model to compare with.
    doing = [f"{verb} on the emulated stm32f746 ..." for verb in ("running", "profiling")]
    assert outcome.stderr.splitlines() == doing


def test_cycles_are_modelled_and_milliseconds_those_of_the_rated_clock(compiled):
    told, shown = succeeded("run", compiled, "--json").json(), succeeded("run", compiled).stdout
    timing = told["timing"]
    assert timing["cycles"] == succeeded("profile", compiled, "--json").json()["total"]["cycles"]
    assert timing["clock_hz"] == 216_000_000
    spent = timing["cycles"] + timing["waits"]
    assert timing["ms"] == pytest.approx(spent / 216_000, abs=1e-4)
    assert told["measured_ms"] is None  # nothing was measured on a real board
    waiting = f"{timing['cycles']:,} and {timing['waits']:,} waiting for flash"
    assert f"cycles {waiting}: {timing['ms']:.3f} ms at 216 MHz, modelled\n" in shown


def test_measured_milliseconds_stand_beside_the_modelled_ones():
    timing = Timing(cycles=160_000, clock_hz=16_000_000, ms=10.0)
    assert time_rows(timing, (12.5, 13.0), 16_000_000) == [
        ("cycles", "160,000: 10.000 ms at 16 MHz, modelled without wait states"),
        ("measured", "12.500 to 13.000 ms at 16 MHz"),
    ]
    assert time_rows(None, (), None) == []


def test_qemu_runs_the_twin_and_agrees(compiled, tmp_path):
    require_tool("qemu-system-arm")
    given = save(tmp_path / "in.npy", image())
    outcomes = [
        succeeded("run", compiled, "-i", given, "--emulator", emulator, "--json").json()
        for emulator in ("unicorn", "qemu")
    ]
    assert [told["emulator"] for told in outcomes] == ["unicorn", "qemu"]
    assert outcomes[0]["outputs"] == outcomes[1]["outputs"]
    assert [told["board"] for told in outcomes] == ["stm32f746", "stm32f746"]


@pytest.mark.parametrize(
    ("array", "text"),
    [
        (np.zeros((6, 12), np.int8), "has the shape (6, 12), input 'image' takes (1, 6, 6, 2)"),
        (np.zeros((1, 6, 6, 2), np.uint8), "holds uint8, input 'image' takes int8"),
        (np.zeros((1, 6, 6, 2), np.int64), "holds int64, input 'image' takes int8"),
    ],
    ids=["shape", "uint8", "int64"],
)
def test_a_wrong_input_is_refused_with_what_is_wanted(array, text, compiled, tmp_path):
    path = save(tmp_path / "in.npy", array)
    assert refused(2, "run", compiled, "-i", path).splitlines()[0] == f"error: {path}: {text}"


def test_integers_for_a_float_edge_are_refused_with_a_hint(compiled_edges, arrays, tmp_path):
    path = save(tmp_path / "int.npy", np.zeros((1, 4, 4, 1), np.int8))
    assert refused(2, "run", compiled_edges, "-i", path, "-i", arrays[1]) == (
        f"error: {path}: holds int8, input 'real' takes float32\n"
        "  hint: give float32: the host quantizes it"
    )


def test_nan_for_a_float_edge_is_refused(compiled_edges, arrays, tmp_path):
    path = save(tmp_path / "nan.npy", np.full((1, 4, 4, 1), np.nan, np.float32))
    assert refused(2, "run", compiled_edges, "-i", path, "-i", arrays[1]) == (
        "error: input 'real': has values that are NaN or infinite"
    )


def test_broken_and_missing_input_files_are_refused(compiled, tmp_path):
    text = tmp_path / "text.npy"
    text.write_text("1 2 3")
    assert refused(2, "run", compiled, "-i", text) == f"error: {text}: is no .npy file"
    half = tmp_path / "half.npy"
    half.write_bytes(save(tmp_path / "in.npy", image()).read_bytes()[:150])
    assert f"error: {half}: is no complete .npy file" in refused(2, "run", compiled, "-i", half)
    none = tmp_path / "none.npy"
    assert refused(2, "run", compiled, "-i", none) == (
        f"error: {none}: cannot be read: No such file or directory"
    )


def test_wrong_numbers_of_inputs_and_outputs_are_refused(compiled, compiled_edges, tmp_path):
    path = save(tmp_path / "in.npy", image())
    assert "--input: the model has 1 input, not 2" in refused(
        2, "run", compiled, "-i", path, "-i", path
    )
    assert "--input: the model has 2 inputs, not 1" in refused(2, "run", compiled_edges, "-i", path)
    assert "--output: the model has 1 output, not 2" in refused(
        2, "run", compiled, "-o", tmp_path / "a.npy", "-o", tmp_path / "b.npy"
    )


def test_an_output_is_not_written_under_a_name_of_another_format(compiled, tmp_path):
    path = tmp_path / "scores.npz"
    message = refused(2, "run", compiled, "-o", path)
    assert message.startswith(f"error: --output: '{path}' would be a .npy file")
    assert not path.exists()


def test_an_output_that_cannot_be_written_is_named(compiled, tmp_path):
    path = tmp_path / "none" / "out.npy"
    assert refused(1, "run", compiled, "-o", path) == f"error: {path}: No such file or directory"


def test_a_directory_of_something_else_is_refused(tmp_path):
    assert refused(2, "run", tmp_path) == (
        f"error: {tmp_path}: is not an output directory of `tinyengine compile`\n"
        "  hint: compile the model first, or give the model file itself"
    )


@pytest.mark.parametrize("text", ["{}", '{"schema": 2}', '{"schema": 1, "board": 5, "inputs": []}'])
def test_a_report_of_something_else_is_refused(text, tmp_path):
    (tmp_path / "report.json").write_text(text)
    (tmp_path / "firmware.elf").write_bytes(b"")
    assert "is not an output directory" in refused(2, "run", tmp_path)


def test_another_board_than_the_directorys_is_refused(compiled):
    assert refused(2, "run", compiled, "--board", "nrf52840") == (
        f"error: --board: {compiled} was compiled for stm32f746"
    )


# -- a model file ---------------------------------------------------------------------------------


def test_a_model_file_is_compared_with_the_reference(edges, arrays):
    require_tool("arm-none-eabi-gcc")
    outcome = succeeded("run", edges, *BOARD, "-i", arrays[0], "-i", arrays[1], "--json")
    told = outcome.json()
    assert told["bit_exact"] is True
    assert [(o["name"], o["dtype"]) for o in told["outputs"]] == [
        ("answer", "float32"),
        ("levels", "uint8"),
    ]


def test_a_model_file_says_so_in_the_table(small):
    require_tool("arm-none-eabi-gcc")
    outcome = succeeded("run", small, "--board", "microbit")
    assert "bit-exact with the reference: yes\n" in outcome.stdout


def test_inputs_that_were_made_up_are_told(compiled, tmp_path):
    assert "input: random integers of seed 0\n" in succeeded("run", compiled).stdout
    assert "input: random integers of seed 7\n" in succeeded("run", compiled, "--seed", 7).stdout
    np.save(tmp_path / "in.npy", np.zeros((1, 6, 6, 2), np.int8))
    assert "random" not in succeeded("run", compiled, "-i", tmp_path / "in.npy").stdout
