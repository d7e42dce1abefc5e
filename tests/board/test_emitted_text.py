"""What is emitted for people: the header's macros, helpers and example, the places in NAME.c."""

import re
import struct
import subprocess
from pathlib import Path

import numpy as np
import pytest

from tests.builders.networks import varied_network
from tests.cli.command import succeeded
from tests.kernels.host_build import WARNINGS
from tests.support import require_tool

LANGUAGES = {
    "c": ["gcc", "-std=c11", *WARNINGS],
    "c++": [
        "g++",
        "-std=c++11",
        "-x",
        "c++",
        "-pedantic",
        *["-Wall", "-Wextra", "-Werror", "-Wconversion"],
    ],
}


@pytest.fixture(scope="module")
def varied(tmp_path_factory) -> Path:
    """Give the project of a model of many operators, some of which overlap."""
    folder = tmp_path_factory.mktemp("varied")
    (folder / "varied.tflite").write_bytes(varied_network())
    arguments = ("--board", "microbit", "-o", folder / "out", "--objective", "sram")
    succeeded("compile", folder / "varied.tflite", *arguments)
    return folder / "out"


@pytest.fixture(scope="module")
def projects(varied, tmp_path_factory, small, edges):
    """Give projects of all kinds: one input, several with other types, one that is streamed."""
    folder = tmp_path_factory.mktemp("projects")
    succeeded("compile", edges, "--board", "microbit", "-o", folder / "edges")
    succeeded("compile", small, "--board", "microbit", "--stream-input", "-o", folder / "small")
    return {"varied": varied, "edges": folder / "edges", "small": folder / "small"}


def compile_all(project: Path, compiler: list[str], main: Path) -> Path:
    """Compile the model as C and `main` with `compiler`, and link them."""
    require_tool("gcc")
    require_tool(compiler[0])
    made = project.parent / f"{main.stem}-{compiler[0]}"
    made.mkdir(exist_ok=True)
    sources = [str(path) for path in (*project.glob("*.c"), *project.glob("te/*.c"))]
    options = [f"-I{project}", "-c"]
    subprocess.run(["gcc", "-std=c11", "-O1", *options, *sources], cwd=made, check=True)
    done = subprocess.run(
        [*compiler, *options, str(main), "-o", str(made / "main.o")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    objects = [str(path) for path in made.glob("*.o")]
    subprocess.run(["gcc", "-o", str(made / "program"), *objects], check=True)
    return made / "program"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["varied", "edges", "small"])
def test_the_example_of_the_header_compiles_and_runs(name, language, projects):
    project = projects[name]
    header = (project / f"{name}.h").read_text()
    example = re.search(r"/\* An example:\n \*\n(.*?)\n \*/", header, re.S)
    assert example
    text = "\n".join(line[7:] for line in example[1].splitlines())
    main = project.parent / f"example_{name}.c"
    call = "static float half(void)\n{\n    return 0.5f;\n}\n\n"
    main.write_text(
        f"float use_model(float (*sensor)(void));\n{text}\n\n{call}"
        "int main(void)\n{\n    return use_model(half) == -1.0f;\n}\n"
    )
    program = compile_all(project, LANGUAGES[language], main)
    assert subprocess.run([program], check=False).returncode == 0


CONVERT = """\
#include <stdio.h>
#define VARIED_WITH_FLOAT
#include "varied.h"
int main(void)
{
    float value;
    while (fread(&value, sizeof value, 1, stdin) == 1) {
        printf("%d %.9g\\n", varied_quantize_input(value), (double)varied_dequantize_output(
            varied_quantize_input(value)));
    }
    return 0;
}
"""


def test_the_helpers_round_and_clamp_as_the_interpreter_does(varied):
    main = varied.parent / "convert.c"
    main.write_text(CONVERT)
    program = compile_all(varied, LANGUAGES["c"], main)
    scale, zero_point = np.float32(0.02), -5  # of the model's input, from its builder
    halves = (np.arange(-140, 140) + 0.5).astype(np.float32) * scale
    values = [*np.linspace(-4, 4, 999, dtype=np.float32), *halves, np.float32(1e30), -1e30]
    data = struct.pack(f"{len(values)}f", *values)
    lines = subprocess.run([program], input=data, capture_output=True, check=True).stdout
    found = [line.split() for line in lines.decode().splitlines()]
    quotients = np.array(values, np.float32) / scale
    # std::round of the float32 quotient: halves away from zero (TFLite's QUANTIZE).
    rounded = np.copysign(np.floor(np.abs(quotients.astype(np.float64)) + 0.5), quotients)
    expected = np.clip(rounded + zero_point, -128, 127).astype(int)
    assert [int(quantized) for quantized, _ in found] == expected.tolist()
    # The output has scale 1/256 and zero point -128, as a softmax's must.
    assert [float(real) for _, real in found] == [(int(q) + 128) / 256 for q, _ in found]


def test_floating_point_stands_in_macros_and_behind_one_only(projects):
    for name, project in projects.items():
        header = (project / f"{name}.h").read_text()
        code = re.sub(r"/\*.*?\*/", "", header, flags=re.S)
        code = re.sub(r"#ifdef \w+_WITH_FLOAT.*?#endif", "", code, flags=re.S)
        code = re.sub(r"#define \w+_SCALE [\d.e-]+f\n", "", code)
        assert not re.search(r"float|double|\d\.\d|\d[ef]\b", code), name
        sources = [*project.glob("*.c"), *project.glob("te/*.c")]
        for source in sources:
            text = re.sub(r"/\*.*?\*/", "", source.read_text(), flags=re.S)
            assert not re.search(r"\b(?:float|double)\b", text), source.name


def test_macros_of_every_input_and_output_tell_scale_and_zero_point(varied):
    header = (varied / "varied.h").read_text()
    for port in ("INPUT", "INPUT0"):
        assert f"#define VARIED_{port}_SCALE 0.02f\n" in header
        assert f"#define VARIED_{port}_ZERO_POINT (-5)\n" in header
    assert "#define VARIED_OUTPUT_SCALE 0.00390625f\n" in header


def places(source: str) -> dict[str, int]:
    return {name: int(at) for name, at in re.findall(r"(VARIED_OFFSET_\w+) = (\d+),", source)}


def test_code_names_its_places_in_the_arena(projects):
    for name, project in projects.items():
        source = (project / f"{name}.c").read_text()
        assert f"{name.upper()}_OFFSET_" in source
        assert not re.search(r"base\d* \+ \d", source), name
        assert max(map(len, source.splitlines())) <= 100


def test_a_comment_says_why_an_overlap_is_safe(varied):
    source = (varied / "varied.c").read_text()
    found = re.findall(
        r"The output starts (\d+) bytes below \((\d+) are enough\).*?"
        r"te_in\(base \+ (\w+),.*?te_out\(base \+ (\w+),",
        source,
        re.S,
    )
    assert found
    offsets = places(source)
    for below, least, lower, upper in ((a, b, out, src) for a, b, src, out in found):
        assert offsets[upper] - offsets[lower] == int(below) >= int(least) > 0
