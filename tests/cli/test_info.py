"""`explain`, `boards`, `ops`, `doctor` and `--version`: what there is, for people and programs."""

import importlib.util
import re
import subprocess
import sys

import numpy as np
import pytest
from typer.main import get_command

from tests.builders.float_networks import FloatNetwork
from tests.builders.onnx_models import model, node
from tests.builders.tflite_writer import Spec, one_op_model
from tests.cli.command import path_without, refused, succeeded, tinyengine
from tests.importers.single_operators import CASES
from tests.support import ROOT, require_tool
from tinyengine import __version__
from tinyengine.cli import make_app
from tinyengine.errors import TinyEngineError
from tinyengine.importers.tflite.handlers import HANDLERS, VARIABLES
from tinyengine.kernels.registry import KERNELS

TOOLS = ("arm-none-eabi-gcc", "arm-none-eabi-objcopy", "arm-none-eabi-objdump", "make")


def test_the_module_says_its_version():
    done = subprocess.run(
        [sys.executable, "-m", "tinyengine", "--version"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
    )
    assert (done.stdout, done.stderr) == (f"tinyengine {__version__}\n", "")


def test_without_a_command_the_help_lists_them_all():
    outcome = tinyengine()
    text = outcome.stdout + outcome.stderr
    commands = re.findall(r"^  ([a-z]+) {2,}", text.partition("Commands:")[2], re.MULTILINE)
    wanted = {"compile", "run", "validate", "explain", "boards", "ops", "doctor"}
    assert wanted <= set(commands)


def test_the_help_and_the_readme_tell_every_exit_code():
    codes = {0, 1, 130} | {error.exit_code for error in subclasses(TinyEngineError)}
    text = succeeded("--help").stdout.partition("Exit codes:")[2]
    assert codes == {int(code) for code in re.findall(r"^ +(\d+)  ", text, re.MULTILINE)}
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for code, meaning in re.findall(r"^ +(\d+)  +(.*)", text, re.MULTILINE):
        assert f"| {code} | {meaning} |" in readme


def subclasses(kind):
    return {kind}.union(*(subclasses(part) for part in kind.__subclasses__()))


@pytest.mark.parametrize("command", ["compile", "validate", "run", "pareto", "tune", "profile"])
def test_every_option_has_a_help_text(command):
    options = get_command(make_app()).commands[command].params
    assert [option.name for option in options if not option.help] == []
    usage = succeeded(command, "--help").stdout
    assert "<int" not in usage and "<list" not in usage and "<str" not in usage


# -- explain --------------------------------------------------------------------------------------


def test_explain_shows_operators_shapes_and_macs(small):
    lines = succeeded("explain", small).stdout.splitlines()
    rows = [line.split() for line in lines[1:5]]
    assert [row[:5] for row in rows] == [
        ["0", "CONV_2D", "[1,6,6,2]", "[1,3,3,4]", "648"],
        ["1", "DEPTHWISE_CONV_2D", "[1,3,3,4]", "[1,3,3,4]", "324"],
        ["2", "ADD", "[1,3,3,4]", "[1,3,3,4]", "yes"],
        ["3", "FULLY_CONNECTED", "[1,3,3,4]", "[1,3]", "108"],
    ]
    assert "small: 4 operators, 1,080 MACs in the file" in lines
    assert lines[-2:] == ["input: int8 [1,6,6,2] 'image'", "output: int8 [1,3] 'scores'"]


def test_explain_counts_one_operator(tmp_path):
    (tmp_path / "one.tflite").write_bytes(CASES[0].model())
    lines = succeeded("explain", tmp_path / "one.tflite").stdout.splitlines()
    assert any(line.startswith("one: 1 operator, ") for line in lines)


def test_explain_needs_no_tool(small, monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert succeeded("explain", small, "--json").json()["supported"] is True


def test_explain_gives_the_same_as_json(edges):
    told = succeeded("explain", edges, "--json").json()
    assert (told["name"], told["supported"], told["problems"]) == ("edges", True, [])
    assert told["inputs"][0] == {"name": "real", "shape": [1, 4, 4, 1], "dtype": "float32"}
    assert told["macs"] == 64 == sum(entry["macs"] for entry in told["operators"])
    assert [entry["op"] for entry in told["operators"]][2:4] == ["FULLY_CONNECTED", "ADD"]


def test_explain_counts_what_a_float_network_computes(tmp_path):
    """Its operators are not supported as they are, and cost the same once they are quantized."""
    net = FloatNetwork()
    x = net.conv(net.input(1, 8, 8, 3), 4)
    x = net.depthwise(x, stride=2)
    (tmp_path / "net.tflite").write_bytes(net.finish(x))
    weight = np.ones((4, 3, 3, 3), np.float32)
    convolution = [node("Conv", "x w", "y", pads=[1, 1, 1, 1])]
    ends = {"x": ("float32", (1, 3, 8, 8))}, {"y": ("float32", (1, 4, 8, 8))}
    (tmp_path / "net.onnx").write_bytes(model(convolution, *ends, {"w": weight}))
    first, second = 8 * 8 * 4 * (3 * 3 * 3), 4 * 4 * 4 * (3 * 3)
    for name, wanted in (("net.tflite", [first, second]), ("net.onnx", [first])):
        outcome = tinyengine("explain", tmp_path / name, "--json")
        told = outcome.json()
        assert outcome.code == 3 and not told["supported"]
        assert [operator["macs"] for operator in told["operators"]] == wanted
        assert told["macs"] == sum(wanted)


def test_explain_lists_all_reasons_and_fails(models):
    outcome = tinyengine("explain", models / "unsupported.tflite", "--json")
    assert outcome.code == 3
    told = outcome.json()
    assert told["supported"] is False
    assert [(entry["op"], entry["supported"], entry["reason"]) for entry in told["operators"]] == [
        ("FLOOR", False, "FLOOR is not supported"),
        ("CUSTOM", False, "the custom operator 'Magic' is not supported"),
        ("RELU", False, "output 'unscaled' has no scale and zero point"),
        ("RELU", True, None),
    ]
    assert [problem["problem"] for problem in told["problems"]] == [
        entry["reason"] for entry in told["operators"][:3]
    ]
    assert outcome.message.count("error: unsupported.tflite: op ") == 3


def test_explain_shows_the_reasons_beside_the_operators(models):
    outcome = tinyengine("explain", models / "unsupported.tflite")
    assert outcome.code == 3
    flat = " ".join(outcome.stdout.split())
    assert "0 FLOOR [1,4] [1,4] no: FLOOR is not supported" in flat
    assert "no: output 'unscaled' has no scale and zero point" in flat


def test_explain_refuses_what_no_kernel_computes_as_compile_does(tmp_path):
    path = tmp_path / "wide_bias.tflite"
    one = Spec(shape=(1, 2, 2, 1), scale=0.1)
    weight = Spec(shape=(1, 1, 1, 1), scale=0.1, data=[3])
    bias = Spec(shape=(1,), dtype="int32", scale=0.01, data=[2**31 - 1])
    path.write_bytes(one_op_model("CONV_2D", [one, weight, bias], one, stride_h=1, stride_w=1))
    explained = tinyengine("explain", path, "--json")
    assert (explained.code, explained.json()["supported"]) == (3, False)
    assert explained.json()["operators"][0]["reason"] == "no kernel computes this Conv2D"
    assert explained.message == refused(3, "compile", path, "--board", "stm32f746")
    assert "Weights and bias must be so small that no sum" in explained.message


# -- boards, ops, doctor --------------------------------------------------------------------------


def test_boards_lists_every_folder_of_boards():
    names = sorted(path.name for path in (ROOT / "boards").iterdir())
    told = succeeded("boards", "--json").json()["boards"]
    assert [board["name"] for board in told] == names
    rows = succeeded("boards").stdout.splitlines()[1:]
    assert [row.split()[0] for row in rows] == names


def test_boards_gives_sizes_and_emulators():
    boards = {board["name"]: board for board in succeeded("boards", "--json").json()["boards"]}
    # DS10916, 2.3 and 2.4: 1 MiB of flash; RAM of 64 (DTCM) + 240 + 16 and, apart, 16 (ITCM) KiB.
    disco = boards["stm32f746"]
    assert (disco["core"], disco["flash"], disco["ram"]) == ("cortex-m7", 1 << 20, 336 << 10)
    assert disco["emulators"] == ["unicorn", "qemu (mps2-an500)", "renode"]
    assert boards["mps3-an547"]["emulators"] == ["qemu"]
    for board in boards.values():
        kinds = {"flash": "flash", "ram": "ram", "external-ram": "external_ram"}
        for kind, key in kinds.items():
            nbytes = sum(m["bytes"] for m in board["memories"] if m["kind"] == kind)
            assert board[key] == nbytes, (board["name"], kind)


def test_ops_lists_every_operator_of_model_files_once():
    lines = succeeded("ops").stdout.splitlines()
    table = lines[1 : lines.index("")]
    names = [line.split()[0] for line in table if line[0] != " "]
    assert names == sorted({**HANDLERS, **VARIABLES})
    assert max(map(len, lines)) <= 100


def test_ops_lists_the_operators_of_onnx_files():
    last = " ".join(succeeded("ops").stdout.split("\n\n")[-1].split())
    assert last.startswith("Of ONNX files: Abs, Add, AveragePool,")
    assert "QLinearConv" in succeeded("ops", "--json").json()["onnx"]


def test_ops_says_what_operators_become():
    told = {entry["name"]: entry["ops"] for entry in succeeded("ops", "--json").json()["operators"]}
    for case in CASES:
        assert {op.__name__ for op in case.becomes} <= set(told[case.opcode])


def test_ops_gives_what_each_kernel_accepts():
    told = succeeded("ops", "--json").json()["kernels"]
    assert [(entry["name"], len(entry["accepts"])) for entry in told] == [
        (kernel.function, len(kernel.constraints)) for kernel in KERNELS
    ]
    keys = ("name", "op", "reads", "writes", "expands_weights", "halves_weights", "rounding")
    assert len({tuple(entry[key] for key in keys) for entry in told}) == len(told)


def test_ops_shows_constraints_once_and_names_kernels():
    text = succeeded("ops").stdout
    part = text.partition("\nMaxPool2D\n")[2].partition("\n\n")[0]
    assert part.count("Input must be [1, H, W, C].") == 1
    assert "kernels: te_max_pool2d_s8 .._dsp .._mve" in part


def test_doctor_is_content_where_everything_is(tmp_path, monkeypatch):
    directory = tmp_path / "bin"
    path_without(directory)
    for program in (*TOOLS, "qemu-system-arm", "cc"):
        link = directory / program
        if not link.exists():
            link.write_text("")
            link.chmod(0o755)
    monkeypatch.setenv("PATH", str(directory))
    assert str(directory / "make") in "".join(succeeded("doctor").stdout.split())


@pytest.mark.parametrize(
    ("program", "package"),
    [
        ("arm-none-eabi-gcc", "gcc-arm-none-eabi"),
        ("arm-none-eabi-objcopy", "binutils-arm-none-eabi"),
    ],
)
def test_doctor_fails_where_nothing_compiles(program, package, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", path_without(tmp_path / "bin", program, "clang"))
    outcome = tinyengine("doctor")
    assert outcome.code == 5
    assert re.search(rf"^{program} .* no: .*apt-get install {package}", outcome.stdout, re.M)
    assert "tinyengine[toolchain]" in outcome.stdout


@pytest.mark.parametrize(
    ("program", "package"),
    [
        ("qemu-system-arm", "qemu-"),
        ("cc", "gcc"),
        ("make", "make"),
        ("renode", "github.com/renode/renode/releases"),
    ],
)
def test_doctor_does_not_fail_for_what_is_optional(program, package, tmp_path, monkeypatch):
    for tool in TOOLS:
        require_tool(tool)
    monkeypatch.setenv("PATH", path_without(tmp_path / "bin", program))
    outcome = succeeded("doctor")
    assert re.search(rf"^{program} .* no: (apt-get install )?{package}", outcome.stdout, re.M)


@pytest.mark.parametrize(
    ("has_capstone", "told"),
    [(True, "not needed: capstone does it"), (False, "no: apt-get install binutils-arm-none-eabi")],
)
def test_doctor_says_what_capstone_replaces(has_capstone, told, tmp_path, monkeypatch):
    require_tool("arm-none-eabi-gcc")
    monkeypatch.setenv("PATH", path_without(tmp_path / "bin", "arm-none-eabi-objdump"))
    found = object() if has_capstone else None
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: found)
    outcome = tinyengine("doctor")
    assert re.search(rf"^arm-none-eabi-objdump .* {told}", outcome.stdout, re.M)
