"""`explain`, `boards`, `ops`, `doctor` and `--version`: what there is, for people and programs."""

import re
import subprocess
import sys

from tests.builders.tflite_writer import Spec, one_op_model
from tests.cli.command import path_without, refused, succeeded, tinyengine
from tests.support import ROOT
from tinyengine import __version__
from tinyengine.kernels.registry import KERNELS


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
    assert "small: 4 operators, 1,080 MACs" in lines
    assert lines[-2:] == ["input: int8 [1,6,6,2] 'image'", "output: int8 [1,3] 'scores'"]


def test_explain_needs_no_tool(small, monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert succeeded("explain", small, "--json").json()["supported"] is True


def test_explain_gives_the_same_as_json(edges):
    told = succeeded("explain", edges, "--json").json()
    assert (told["name"], told["supported"], told["problems"]) == ("edges", True, [])
    assert told["inputs"][0] == {"name": "real", "shape": [1, 4, 4, 1], "dtype": "float32"}
    assert told["macs"] == 64 == sum(entry["macs"] for entry in told["operators"])
    assert [entry["op"] for entry in told["operators"]][2:4] == ["FULLY_CONNECTED", "ADD"]


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
    assert disco["emulators"] == ["unicorn", "qemu (mps2-an500)"]
    assert boards["mps3-an547"]["emulators"] == ["qemu"]
    for board in boards.values():
        kinds = {"flash": "flash", "ram": "ram", "external-ram": "external_ram"}
        for kind, key in kinds.items():
            nbytes = sum(m["bytes"] for m in board["memories"] if m["kind"] == kind)
            assert board[key] == nbytes, (board["name"], kind)


def test_ops_names_every_kernel():
    flat = "".join(succeeded("ops").stdout.split())
    for kernel in KERNELS:
        assert kernel.name in flat and kernel.op.__name__ in flat


def test_doctor_is_content_where_everything_is(tmp_path, monkeypatch):
    directory = tmp_path / "bin"
    path_without(directory)
    for program in ("arm-none-eabi-gcc", "make", "qemu-system-arm", "cc"):
        link = directory / program
        if not link.exists():
            link.write_text("")
            link.chmod(0o755)
    monkeypatch.setenv("PATH", str(directory))
    assert str(directory / "make") in "".join(succeeded("doctor").stdout.split())


def test_doctor_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", path_without(tmp_path / "bin", "qemu-system-arm", "make"))
    outcome = tinyengine("doctor")
    flat = " ".join(outcome.stdout.split())
    assert outcome.code == 5
    assert "no: apt-get install make" in flat
    assert re.search(r"no: apt-get install( |.*\s)qemu-system-arm", flat)
