"""What `compile` writes and prints: the files, the report and its sums, JSON, the IR dump."""

import hashlib
import json
import re
import sys
from pathlib import Path
from types import NoneType

import pytest
from elftools.elf.elffile import ELFFile

from tests.cli.command import kernel_files, refused, succeeded, tree
from tests.support import ROOT, require_tool

BOARD = ("--board", "stm32f746")

NUMBER = (int, float)

SCHEMA = {
    "schema": int,
    "model": {"name": str, "file": str, "sha256": str, "macs": int},
    "board": str,
    "isa": str,
    "objective": str,
    "budget": {"sram": NoneType, "flash": NoneType},  # none was given
    "sram": {
        **dict.fromkeys(("arena", "io", "scratch_in_arena", "static", "stack", "total"), int),
        "banks": [int],
    },
    "flash": dict.fromkeys(("code", "weights", "other_constants", "total"), int),
    "operators": [
        {
            "index": int,
            "name": str,
            "op": str,
            "source": str,
            "kernel": str,
            "block": int,
            "macs": int,
            "input_shapes": [[int]],
            "output_shape": [int],
            "weights_bytes": int,
            "offset": int,
            "bytes": int,
            "first": int,
            "last": int,
        }
    ],
    "blocks": [{"kind": str, "operators": [int], "recompute_macs": int}],
    "peak": {"step": int, "bytes": int, "live": [{"name": str, "offset": int, "bytes": int}]},
    "placement": {
        "stack": str,
        "arena": [str],
        "kernels": str,
        "kernels_bytes": int,
        "kernels_files": [str],
        "memories": [{"name": str, "kind": str, "bytes": int, "used": int}],
    },
    "search": {"order": str, "blocks": str, "placement": str},
    "inputs": [
        {
            "name": str,
            "shape": [int],
            "dtype": str,
            "model_dtype": str,
            "scale": NUMBER,
            "zero_point": int,
            "offset": int,
            "bank": int,
            "bytes": int,
        }
    ],
    "outputs": list,
    "buffers": [{"name": str, "offset": int, "bytes": int, "kind": str, "first": int, "last": int}],
    "measured": {"emulator": str, "instructions": int},
    "firmware": {"flash": int, "ram": int},
    "files": [str],
    "digests": [str],
}
"""The contract: every key, and no other, with the type of its value."""


def check_schema(value, schema, where="report"):
    if isinstance(schema, dict):
        assert isinstance(value, dict) and set(value) == set(schema), f"{where}: {value}"
        for key, inner in schema.items():
            check_schema(value[key], inner, f"{where}.{key}")
    elif isinstance(schema, list):
        assert isinstance(value, list) and value, f"{where}: {value}"
        for index, entry in enumerate(value):
            check_schema(entry, schema[0], f"{where}[{index}]")
    else:
        assert isinstance(value, schema) and not isinstance(value, bool), f"{where}: {value!r}"
        assert not isinstance(value, int) or schema is NUMBER or "zero_point" in where or value >= 0


def batched(words):
    return zip(words[::2], words[1::2], strict=True)


@pytest.fixture(scope="module")
def report(compiled):
    return json.loads((compiled / "report.json").read_text())


@pytest.fixture(scope="module")
def printed(small, tmp_path_factory):
    require_tool("arm-none-eabi-gcc")
    target = tmp_path_factory.mktemp("printed") / "out"
    arguments = ("compile", small, *BOARD, "--json", "--schedule", "layer", "-o", target)
    return succeeded(*arguments), target


# -- the files ------------------------------------------------------------------------------------


def test_every_promised_file_is_there_and_no_other(compiled):
    files = set(tree(compiled))
    model = {"small.h", "small.c", "small_weights.c", "small_weights.h"}
    build = {"Makefile", "CMakeLists.txt", "firmware.elf", "firmware.bin", "firmware.map"}
    others = {name for name in files if not name.startswith(("te/", "firmware/"))}
    assert others == model | build | {"report.json"}
    assert {"firmware/main.c", "firmware/startup.c", "firmware/link.ld"} <= files
    assert "te/te_rows.h" in files


def test_only_the_runtime_files_that_are_used_are_written(compiled):
    sources = {Path(name).name for name in tree(compiled) if re.fullmatch(r"te/.*\.c", name)}
    headers = {Path(name).name for name in tree(compiled) if re.fullmatch(r"te/.*\.h", name)}
    assert sources == kernel_files(json.loads((compiled / "report.json").read_text()))
    text = "".join(
        data.decode() for name, data in tree(compiled).items() if name.endswith((".c", ".h"))
    )
    assert headers == set(re.findall(r'#include "(?:te/)?(te_\w+\.h)"', text))


def test_the_firmware_runs_the_model_between_two_benchmark_marks(compiled):
    with (compiled / "firmware.elf").open("rb") as file:
        symbols = ELFFile(file).get_section_by_name(".symtab")
        for name in ("bench_begin", "bench_end", "small_run"):
            (symbol,) = symbols.get_symbol_by_name(name)
            assert symbol["st_info"]["bind"] == "STB_GLOBAL"
            assert symbol["st_info"]["type"] == "STT_FUNC"
    main = (compiled / "firmware" / "main.c").read_text()
    calls = re.findall(r"(bench_begin|small_run|bench_end)\(", main)
    assert calls == ["bench_begin", "small_run", "bench_end"]


def test_the_header_documents_sizes_and_ports(compiled, report):
    header = (compiled / "small.h").read_text()
    assert f"#define SMALL_ARENA_BYTES {report['sram']['arena']}\n" in header
    assert "#define SMALL_INPUT_BYTES 72\n" in header
    assert "#define SMALL_OUTPUT_BYTES 3\n" in header
    assert "int8 [1, 6, 6, 2], 72 bytes" in header
    assert "(q - (-3))" in header and "(q - (2))" in header
    assert "int small_run(void *arena, const int8_t *input, int8_t *output);" in header


def test_nothing_that_is_written_holds_a_path_of_this_machine(compiled, small):
    folders = [str(compiled.parent), str(small.parent), str(ROOT), sys.prefix]
    for name, data in tree(compiled).items():
        assert not [folder for folder in folders if folder.encode() in data], name


def test_the_banner_names_model_digest_and_command(compiled, small):
    digest = hashlib.sha256(small.read_bytes()).hexdigest()
    for name in ("small.h", "small.c", "small_weights.c"):
        banner = (compiled / name).read_text().partition("*/")[0]
        assert digest in banner
        assert "tinyengine compile small.tflite --board stm32f746\n" in banner


# -- the report -----------------------------------------------------------------------------------


def test_report_has_every_key_of_the_contract(report):
    check_schema(report, SCHEMA)
    check_schema(report["outputs"], SCHEMA["inputs"], "report.outputs")


def test_report_identifies_model_board_and_objective(report, small):
    model = report["model"]
    assert (model["name"], model["file"]) == ("small", "small.tflite")
    assert model["sha256"] == hashlib.sha256(small.read_bytes()).hexdigest()
    # 3 * 3 * 4 values of 3 * 3 * 2 products, the same of 3 * 3, 3 of 36: with the padding counted.
    assert model["macs"] == 36 * 18 + 36 * 9 + 3 * 36
    found = (report["schema"], report["board"], report["isa"], report["objective"])
    assert found == (1, "stm32f746", "dsp", "balanced")


def test_totals_of_the_report_are_the_sums_of_their_parts(report):
    sram, flash = report["sram"], report["flash"]
    assert sram["total"] == sram["arena"] + sram["io"] + sram["static"] + sram["stack"]
    assert sram["scratch_in_arena"] <= sram["arena"]
    assert flash["total"] == flash["code"] + flash["weights"] + flash["other_constants"]
    assert sum(entry["macs"] for entry in report["operators"]) == report["model"]["macs"]
    assert sum(entry["weights_bytes"] for entry in report["operators"]) <= flash["weights"]


def test_flash_of_the_report_is_in_the_binary(report, compiled):
    nbytes = (compiled / "firmware.bin").stat().st_size
    parts = report["flash"]["total"] + report["firmware"]["flash"]
    assert 0 <= nbytes - parts < 64  # alignment between sections


def test_peak_and_buffers_of_the_report_lie_in_the_arena(report):
    arena, peak = report["sram"]["arena"], report["peak"]
    for entry in (*report["operators"], *report["inputs"], *report["outputs"], *peak["live"]):
        assert entry["offset"] + entry["bytes"] <= arena, entry
    assert peak["bytes"] <= arena
    assert max(entry["offset"] + entry["bytes"] for entry in peak["live"]) == arena


def test_every_operator_is_in_one_block(report):
    members = [index for block in report["blocks"] for index in block["operators"]]
    assert members == [entry["index"] for entry in report["operators"]] == [*range(4)]
    assert {block["kind"] for block in report["blocks"]} <= {"layer", "stream", "patch"}
    for index, block in enumerate(report["blocks"]):
        assert all(report["operators"][member]["block"] == index for member in block["operators"])
    assert all(entry["first"] < entry["last"] for entry in report["operators"])


def test_report_says_the_ports_of_the_model_and_of_the_device(compiled_edges):
    report = json.loads((compiled_edges / "report.json").read_text())
    check_schema(report, SCHEMA)
    ports = [
        (p["name"], p["shape"], p["model_dtype"], p["dtype"], p["bytes"])
        for p in (*report["inputs"], *report["outputs"])
    ]
    assert ports == [
        ("real", [1, 4, 4, 1], "float32", "int8", 16),
        ("pixels", [1, 4], "uint8", "uint8", 4),
        ("answer", [1, 4], "float32", "int8", 4),
        ("levels", [1, 4], "uint8", "uint8", 4),
    ]
    (real, _), (answer, _) = report["inputs"], report["outputs"]
    assert (real["zero_point"], answer["zero_point"]) == (4, 3)
    assert (real["scale"], answer["scale"]) == pytest.approx((0.05, 0.2))


# -- the output -----------------------------------------------------------------------------------


def test_json_is_one_object_on_stdout_and_it_is_the_report(printed):
    outcome, target = printed
    assert outcome.json() == json.loads((target / "report.json").read_text())
    assert "compiling small.tflite" in outcome.stderr


def test_the_layer_schedule_makes_every_operator_a_block(printed):
    outcome, _ = printed
    blocks = outcome.json()["blocks"]
    assert [(block["kind"], block["operators"]) for block in blocks] == [
        ("layer", [index]) for index in range(4)
    ]


def test_the_table_shows_the_reports_numbers_and_the_peak(small, tmp_path):
    require_tool("arm-none-eabi-gcc")
    arguments = ("--name", "My_Net", "--sram", "2K", "--flash", "64K", "--objective", "sram")
    outcome = succeeded("compile", small, *BOARD, *arguments, "-o", tmp_path / "out")
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert (report["model"]["name"], report["objective"]) == ("My_Net", "sram")
    assert "My_Net for stm32f746, 1,080 MACs after passes\n" in outcome.stdout
    for use in ("sram", "flash"):
        for part, value in report[use].items():
            if part not in ("io", "static", "banks"):
                assert f"{value:,}" in outcome.stdout, part
    assert f"instructions {report['measured']['instructions']:,} per inference\n" in outcome.stdout
    assert f"peak at block {report['peak']['step']}, " in outcome.stdout
    assert outcome.stdout.endswith(f"written to {tmp_path}/out\n")
    assert "int My_Net_run(" in (tmp_path / "out" / "My_Net.h").read_text()
    header = (tmp_path / "out" / "My_Net.h").read_text()
    (command,) = re.findall(r"\* command  tinyengine compile (.*)\n", header)
    assert command.split()[:3] == ["small.tflite", "--board", "stm32f746"]
    options = {"--objective": "sram", "--sram": "2048", "--flash": "65536", "--name": "My_Net"}
    assert options.items() <= dict(batched(command.split()[1:])).items()


def test_dump_ir_writes_the_graph_after_every_pass(small, tmp_path):
    require_tool("arm-none-eabi-gcc")
    succeeded("compile", small, *BOARD, "-o", tmp_path / "out", "--dump-ir", tmp_path / "ir")
    names = sorted(path.name for path in (tmp_path / "ir").iterdir())
    assert names[0] == "00-imported.txt" and len(names) > 3
    assert [name[:3] for name in names] == [f"{index:02}-" for index in range(len(names))]
    for name in names:
        lines = (tmp_path / "ir" / name).read_text().splitlines()
        assert lines[0] == "graph 'small'"
        assert lines[1] == "input %0: int8[1,6,6,2] q(0.02, -3) as int8 'image'"
        assert lines[-1] == "output %4 as int8 'scores'"


def test_the_ir_is_dumped_even_if_the_model_does_not_fit(small, tmp_path):
    refused(4, "compile", small, *BOARD, "--sram", 1, "--dump-ir", tmp_path / "ir")
    assert (tmp_path / "ir" / "00-imported.txt").is_file()


@pytest.mark.parametrize("name", ["input", "ut", "Net_2"])
def test_any_free_name_is_built(name, small, tmp_path):
    """Linkers merge the string "ut" into "output"; the sizes hold nevertheless."""
    require_tool("arm-none-eabi-gcc")
    succeeded("compile", small, *BOARD, "--name", name, "-o", tmp_path / "out")
    assert (tmp_path / "out" / f"{name}.c").is_file()
