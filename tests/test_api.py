"""`import tinyengine`: compile, run, validate, profile, load, explain, as Python values."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pytest

import tinyengine
from tests.support import ROOT, require_module, require_tool
from tinyengine.board import MemoryKind
from tinyengine.reference.interpreter import run_interpreter
from tinyengine.schedule import PlanError


@pytest.fixture(scope="module")
def firmware(small, tmp_path_factory):
    require_tool("arm-none-eabi-gcc")
    output = tmp_path_factory.mktemp("api") / "out"
    return tinyengine.compile(small, board="stm32f746", output=output)


@pytest.fixture(scope="module")
def real(edges):
    require_tool("arm-none-eabi-gcc")
    return tinyengine.compile(str(edges), board="nrf52840", objective="sram", sram="8K")


def image(seed=0):
    return np.random.default_rng(seed).integers(-128, 128, (1, 6, 6, 2)).astype(np.int8)


# -- importing ------------------------------------------------------------------------------------


def test_importing_the_package_loads_nothing_else():
    code = (
        "import sys, tinyengine; tinyengine.__version__;"
        "print(*(m for m in ('numpy', 'unicorn', 'jinja2', 'tinyengine.api') if m in sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout == "\n"


def test_everything_that_is_offered_is_there():
    for name in tinyengine.__all__:
        assert getattr(tinyengine, name) is not None
    assert set(dir(tinyengine)) == set(tinyengine.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'compose'"):
        tinyengine.compose  # noqa: B018


def test_the_package_is_typed():
    assert (Path(tinyengine.__file__).parent / "py.typed").is_file()


TYPED = """\
import numpy as np
import numpy.typing as npt
import tinyengine

image: npt.NDArray[np.int8] = np.zeros((1, 8, 8, 1), np.int8)
firmware = tinyengine.compile("my.tflite", board="stm32f746", sram="96K")
(scores,) = firmware.run(image, dequantize=True)
likely: bool = bool((scores > 0.5).any())
total: int = firmware.report.sram.total
cycles: int | None = firmware.profile().total.cycles
exact: bool = firmware.validate(samples=2).bit_exact
firmware.run("image")
tinyengine.compile("my.tflite")
"""


def test_a_type_checker_knows_what_is_offered(tmp_path):
    (tmp_path / "mine.py").write_text(TYPED)
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--cache-dir", tmp_path / "cache", "mine.py"],
        cwd=tmp_path,
        env={**os.environ, "MYPYPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    mistakes = [line for line in done.stdout.splitlines() if line.startswith("mine.py")]
    found = [line.partition(" error: ")[2] for line in mistakes if " error: " in line]
    assert len(found) == 2, done.stdout
    assert found[0].startswith('Argument 1 to "run" of "Firmware" has incompatible type "str"')
    assert found[1].startswith('Missing named argument "board" for "compile"')


# -- compiling ------------------------------------------------------------------------------------


def test_nothing_is_made_of_a_plan_that_is_not_proven(small, tmp_path, monkeypatch):
    require_tool("arm-none-eabi-gcc")
    proof = Mock(side_effect=PlanError("a fault"))
    monkeypatch.setattr("tinyengine.compiler.check_plan", proof)
    with pytest.raises(PlanError, match="a fault"):
        tinyengine.compile(small, board="stm32f746", output=tmp_path / "out")
    assert proof.call_count == 1
    assert list(tmp_path.iterdir()) == []


def test_compile_writes_what_the_command_writes(firmware):
    assert (firmware.directory / "firmware.elf").is_file()
    stored = json.loads((firmware.directory / "report.json").read_text())
    assert stored["sram"]["total"] == firmware.report.sram.total
    assert firmware.board.name == firmware.report.board == "stm32f746"
    banner = (firmware.directory / "small.h").read_text().partition("*/")[0]
    assert "tinyengine compile small.tflite --board stm32f746\n" in banner


def test_without_an_output_the_files_go_with_the_firmware(small):
    require_tool("arm-none-eabi-gcc")
    made = tinyengine.compile(small, board="microbit")
    directory = made.directory
    assert (directory / "small.c").is_file()
    assert made.run(image())[0].shape == (1, 3)
    del made
    assert not directory.exists() and not directory.parent.exists()


def test_a_refused_model_leaves_nothing_behind(models, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with pytest.raises(tinyengine.ModelError):
        tinyengine.compile(models / "unsupported.tflite", board="stm32f746")
    assert list(tmp_path.iterdir()) == []


def test_budgets_and_objectives_are_kept(real):
    assert real.report.objective.value == "sram"
    assert real.report.sram.total <= 8192


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"objective": "fun"}, "error: objective: 'fun' is none of speed, balanced, sram"),
        ({"schedule": "no"}, "error: schedule: 'no' is none of auto, layer"),
        ({"sram": "lots"}, "error: sram: 'lots' is not a size; write 98304, 96K or 1M"),
        ({"flash": 0}, "error: flash: 0 is not a size; write 98304, 96K or 1M"),
        ({"sram": -5}, "error: sram: -5 is not a size; write 98304, 96K or 1M"),
        ({"sram": "99999999999M"}, "error: sram: '99999999999M' is more than any board has"),
        ({"board": "none"}, "error: there is no board 'none'"),
        ({"name": "int"}, "error: --name: 'int' is a name of C or C++"),
    ],
)
def test_what_cannot_be_chosen_is_refused(small, options, problem):
    with pytest.raises(tinyengine.UsageError) as caught:
        tinyengine.compile(small, **{"board": "stm32f746", **options})
    assert str(caught.value).startswith(problem)
    assert isinstance(caught.value, tinyengine.TinyEngineError)


@pytest.mark.parametrize("model", [7, None, b"x"])
def test_what_is_no_path_is_refused(model):
    with pytest.raises(tinyengine.UsageError) as caught:
        tinyengine.compile(model, board="stm32f746")
    assert str(caught.value) == f"error: model: {model!r} is no path"


def test_values_have_short_texts(firmware):
    named = f"model='small', board='stm32f746', directory='{firmware.directory}'"
    assert repr(firmware) == f"Firmware({named})"
    assert repr(firmware.product) == f"Product({named})"
    assert repr(firmware.report) == "Report(model='small', board='stm32f746')"
    made = repr(firmware.infer(image()))
    assert made.startswith("Inference(emulator='unicorn', instructions=") and len(made) < 120


def test_a_budget_that_is_too_small_is_a_fit_error(small):
    with pytest.raises(tinyengine.FitError, match="needs an arena of 224 bytes at least"):
        tinyengine.compile(small, board="mps2-an385", sram=40)


# -- running --------------------------------------------------------------------------------------


def test_run_gives_what_the_interpreter_gives(firmware, small):
    require_module("ai_edge_litert")
    (scores,) = firmware.run(image())
    (expected,) = run_interpreter(small.read_bytes(), [image()])
    assert scores.dtype == np.int8 and scores.tolist() == expected.tolist()


def test_several_edges_have_the_models_own_types(real, edges):
    require_module("ai_edge_litert")
    given = [
        np.linspace(-3, 3, 16, dtype=np.float32).reshape(1, 4, 4, 1),
        np.array([[0, 90, 180, 255]], np.uint8),
    ]
    answer, levels = real.run(given)
    theirs = run_interpreter(edges.read_bytes(), given)
    assert (answer.dtype, levels.dtype) == (np.float32, np.uint8)
    assert answer.tolist() == theirs[0].tolist() and levels.tolist() == theirs[1].tolist()


def test_outputs_are_dequantized_on_wish(firmware):
    (raw,) = firmware.run(image())
    (scores,) = firmware.run(image(), dequantize=True)
    assert scores.dtype == np.float32
    # The scores have scale 0.1 and zero point 2: real = 0.1 * (q - 2).
    assert scores == pytest.approx(0.1 * (raw.astype(float) - 2), abs=1e-6)


def test_floats_are_quantized_on_wish(firmware):
    # The image has scale 0.02 and zero point -3: real 0.02 * (q + 3) is q.
    floats = 0.02 * (image().astype(np.float64) + 3)
    assert firmware.run(floats, quantize=True)[0].tolist() == firmware.run(image())[0].tolist()


def test_the_emulator_can_be_chosen(firmware):
    require_tool("qemu-system-arm")
    there = firmware.infer(image(), emulator="qemu")
    assert there.emulator == "qemu"
    assert there.outputs[0].tolist() == firmware.run(image(), emulator="unicorn")[0].tolist()
    with pytest.raises(tinyengine.UsageError, match="emulator: 'bochs' is none of unicorn, qemu"):
        firmware.run(image(), emulator="bochs")


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        (np.zeros((1, 6, 6, 2)), "holds float64, the model takes int8"),
        (np.zeros((1, 6, 6, 2), np.uint8), "holds uint8, the model takes int8"),
        (np.zeros((6, 6, 2), np.int8), "has the shape (6, 6, 2), the model takes (1, 6, 6, 2)"),
    ],
)
def test_other_arrays_are_refused(firmware, given, problem):
    with pytest.raises(tinyengine.UsageError) as caught:
        firmware.run(given)
    assert str(caught.value).splitlines()[0] == f"error: input 'image': {problem}"


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ("hello", "are arrays; 'hello' is a path\n  hint: numpy.load(path) reads one"),
        (None, "are arrays, not None"),
        (7, "are arrays, not 7"),
    ],
)
def test_what_is_no_array_is_refused(firmware, given, problem):
    with pytest.raises(tinyengine.UsageError) as caught:
        firmware.run(given)
    assert str(caught.value) == f"error: inputs: {problem}"


def test_another_number_of_inputs_is_refused(firmware):
    with pytest.raises(tinyengine.UsageError, match="inputs: the model has 1 input, not 2"):
        firmware.run([image(), image()])


def test_run_all_gives_what_run_gives(firmware):
    samples = [image(seed) for seed in range(3)]
    together = firmware.run_all(samples)
    assert [each[0].tolist() for each in together] == [
        firmware.run(sample)[0].tolist() for sample in samples
    ]


def test_infer_tells_what_it_cost_and_whether_it_was_right(firmware):
    told = firmware.infer(image(), compare=True)
    assert told.bit_exact is True and told.emulator == "unicorn"
    assert told.instructions == firmware.report.measured.instructions or told.instructions > 0
    assert told.stack > 0 and firmware.infer(image()).bit_exact is None


# -- validating, profiling, loading ---------------------------------------------------------------


def test_validate_gives_a_verdict(firmware):
    verdict = firmware.validate(samples=2, seed=3)
    assert verdict.bit_exact and verdict.mismatches == () and verdict.samples == 2
    assert len(verdict.instructions) == 2 and verdict.references[0] == "numpy"
    with pytest.raises(tinyengine.UsageError, match="samples: 0 is less than 1"):
        firmware.validate(samples=0)


def test_profile_sums_to_what_ran(firmware):
    profile = firmware.profile()
    parts = [row.figures.instructions for row in profile.operators]
    assert sum(parts) + profile.rest.instructions == profile.total.instructions
    assert [row.op for row in profile.operators] == [op.op for op in firmware.report.operators]


def test_loaded_firmware_runs_and_is_validated_with_its_model(firmware, small):
    loaded = tinyengine.load(firmware.directory, model=small)
    assert loaded.report == firmware.report
    assert loaded.run(image())[0].tolist() == firmware.run(image())[0].tolist()
    assert loaded.validate(samples=1).bit_exact


def test_loaded_firmware_without_its_model_cannot_be_validated(firmware):
    with pytest.raises(tinyengine.UsageError) as caught:
        tinyengine.load(firmware.directory).validate()
    assert str(caught.value) == (
        f"error: {firmware.directory}: which model file was it compiled from?\n"
        "  hint: tinyengine.load(directory, model=...)"
    )


def test_another_model_than_was_compiled_is_refused(firmware, edges):
    with pytest.raises(tinyengine.UsageError) as caught:
        tinyengine.load(firmware.directory, model=edges)
    assert str(caught.value) == (
        f"error: {edges}: is not the model that {firmware.directory} was compiled from"
    )


def test_a_model_that_was_changed_meanwhile_is_refused(small, tmp_path):
    require_tool("arm-none-eabi-gcc")
    model = Path(shutil.copy(small, tmp_path / "small.tflite"))
    made = tinyengine.compile(model, board="microbit")
    model.write_bytes(model.read_bytes() + b"\0")
    with pytest.raises(tinyengine.UsageError, match="is not the model that"):
        made.validate(samples=1)


def test_something_else_is_no_firmware(tmp_path):
    with pytest.raises(tinyengine.UsageError, match="is not an output directory"):
        tinyengine.load(tmp_path)


def test_explain_tells_every_problem(models):
    told = tinyengine.explain(models / "unsupported.tflite")
    assert [operator.problem is None for operator in told.operators] == [False, False, False, True]
    assert len(told.problems) == 3


def test_boards_are_values():
    boards = {board.name: board for board in tinyengine.boards()}
    disco = boards["stm32f746"]
    assert disco.target.name == "cortex-m7"
    assert sum(m.nbytes for m in disco.memories if m.kind is MemoryKind.FLASH) == 1 << 20


def test_pareto_is_a_value(small):
    found = tinyengine.pareto(small, board="stm32f746")
    arenas = [schedule.arena for schedule in found.schedules]
    assert arenas == sorted(arenas) and found.macs == 36 * 18 + 36 * 9 + 3 * 36
    assert found.draw().startswith("<svg")


# -- README ---------------------------------------------------------------------------------------


def readme_blocks():
    """Give the Python in README."""
    return re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.S)


@pytest.fixture
def _my_model(small, tmp_path, monkeypatch):
    require_tool("arm-none-eabi-gcc")
    shutil.copy(small, tmp_path / "my.tflite")
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("_my_model")
def test_the_readmes_code_runs(capsys):
    (code,) = (block for block in readme_blocks() if "import tinyengine" in block)
    exec(code, {"image": image()})
    total, cycles = capsys.readouterr().out.split()
    assert 0 < int(total) <= 96 << 10 and int(cycles) > 0


@pytest.mark.usefixtures("_my_model")
def test_the_readmes_test_passes():
    (code,) = (block for block in readme_blocks() if "tinyengine_firmware" in block)
    names = {}
    exec(code, names)
    (test,) = (value for name, value in names.items() if name.startswith("test_"))
    test(tinyengine.compile)
