"""Packages are what their ecosystems ask for, by their rules and by their own tools."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.export.checkers import CHECKERS
from tests.export.collect import COLLECT
from tests.support import missing

# A file of a package, a text in it, and what stands there instead: each breaks one rule.
BROKEN = [
    ("arduino", "library.properties", "category=Data Processing", "category=Neural Networks"),
    ("arduino", "library.properties", "version=0.1.0", "version=0.1.x"),
    ("arduino", "library.properties", "name=digits", "name=Arduino_digits"),
    ("arduino", "library.properties", "url=https://example.com/", "url="),
    ("arduino", "library.properties", "includes=digits.h", "includes=digit.h"),
    ("arduino", "library.properties", "(=0.1.0)", "(=latest)"),
    ("platformio", "library.json", '"version": "0.1.0"', '"version": "one"'),
    ("platformio", "library.json", '"src/main.cpp"', '"main.cpp"'),
    ("platformio", "library.json", '"headers": "digits.h"', '"headers": "none.h"'),
    ("zephyr", "zephyr/module.yml", "cmake: zephyr", "cmake: src"),
    ("zephyr", "zephyr/module.yml", "build:", "builds:"),
    ("zephyr", "zephyr/module.yml", "kconfig: zephyr/Kconfig", "kconfig: Kconfig"),
    ("zephyr", "zephyr/CMakeLists.txt", "../src/digits/base/digits.c", "../src/digits/digits.c"),
    ("zephyr", "zephyr/Kconfig", "config TINYENGINE_DIGITS", "config DIGITS"),
    ("esp-idf", "idf_component.yml", 'version: "0.1.0"', 'version: "new"'),
    ("esp-idf", "idf_component.yml", "description:", "descriptions:"),
    ("esp-idf", "CMakeLists.txt", '"src/digits/base/digits.c"', ""),
    ("cmake", "CMakeLists.txt", "src/digits/dsp/digits.c", ""),
    ("makefile-lib", "Makefile", "src/digits/dsp/digits.c", "src/digits.c"),
    ("cmsis-pack", "tinyengine.digits.pdsc", "<vendor>tinyengine</vendor>", ""),
    ("cmsis-pack", "tinyengine.digits.pdsc", 'condition="Kernels"', 'condition="Kernel"'),
    ("cmsis-pack", "tinyengine.digits.pdsc", 'category="source"', 'category="sources"'),
    ("cmsis-pack", "tinyengine.digits.pdsc", 'version="0.1.0">Exp', 'version="v1">Exp'),
    ("cmsis-pack", "README.md", "digits", "digit"),
]


@pytest.mark.parametrize("package", ["digits", "tinyengine_runtime"])
@pytest.mark.parametrize("ecosystem", COLLECT)
def test_a_package_keeps_its_ecosystems_rules(ecosystem, package, exports):
    assert CHECKERS[ecosystem](exports.package(ecosystem, package)) == []


@pytest.mark.parametrize(("ecosystem", "file", "text", "instead"), BROKEN)
def test_a_broken_package_is_noticed(ecosystem, file, text, instead, exports, copy):
    package = copy(exports.package(ecosystem, "digits"))
    whole = (package / file).read_text()
    assert text in whole
    (package / file).write_text(whole.replace(text, instead))
    assert CHECKERS[ecosystem](package) != []


@pytest.fixture(scope="session")
def tool_environment(tmp_path_factory) -> Path:
    """Give the folder of the programs of an environment with `pio` and `compote`."""
    folder = tmp_path_factory.mktemp("tools") / "venv"
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    install = [folder / "bin/pip", "install", "-q", "platformio>=6.1", "idf-component-manager>=2"]
    if subprocess.run(install, check=False, capture_output=True).returncode != 0:
        missing("pip cannot install platformio and idf-component-manager")
    return folder / "bin"


# PlatformIO asks the network for SPDX's list of licences: this is what it would find of ours.
PIO = """\
import sys
from platformio.package.manifest.schema import ManifestSchema
known = {"licenses": [{"licenseId": "Apache-2.0"}, {"licenseId": "MIT"}]}
ManifestSchema.load_spdx_licenses = staticmethod(lambda: known)
from platformio.__main__ import main
sys.exit(main(["pio", *sys.argv[1:]]))
"""


def pack_with_pio(tools: Path, package: Path, into: Path) -> "subprocess.CompletedProcess[str]":
    command = [tools / "python", "-c", PIO, "pkg", "pack", "-o", into / "package.tar.gz", package]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=120)


def pack_with_compote(tools: Path, package: Path, into: Path) -> "subprocess.CompletedProcess[str]":
    command = [tools / "compote", "component", "pack", "--name", package.name, "--dest-dir", into]
    return subprocess.run(
        command, check=False, capture_output=True, text=True, timeout=120, cwd=package
    )


@pytest.mark.slow
@pytest.mark.parametrize("package", ["digits", "tinyengine_runtime"])
def test_platformio_packs_the_library(package, exports, tool_environment, tmp_path):
    done = pack_with_pio(tool_environment, exports.package("platformio", package), tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "package.tar.gz").is_file()


@pytest.mark.slow
@pytest.mark.parametrize(
    "change", [('"version": "0.1.0"', '"version": "one"'), ("Apache-2.0", "Free")]
)
def test_platformio_refuses_a_broken_library(change, exports, tool_environment, copy, tmp_path):
    package = copy(exports.package("platformio", "digits"))
    manifest = package / "library.json"
    manifest.write_text(manifest.read_text().replace(*change))
    done = pack_with_pio(tool_environment, package, tmp_path)
    assert done.returncode != 0
    assert "ManifestValidationError" in done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("package", ["digits", "tinyengine_runtime"])
def test_the_component_manager_packs_the_component(package, exports, tool_environment, tmp_path):
    done = pack_with_compote(tool_environment, exports.package("esp-idf", package), tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / f"{package}_0.1.0.tgz").is_file()


@pytest.mark.slow
@pytest.mark.parametrize("change", [('version: "0.1.0"', 'version: "new"'), ("url:", "targets:")])
def test_the_component_manager_refuses_a_broken_component(
    change, exports, tool_environment, copy, tmp_path
):
    package = copy(exports.package("esp-idf", "digits"))
    manifest = package / "idf_component.yml"
    manifest.write_text(manifest.read_text().replace(*change))
    assert pack_with_compote(tool_environment, package, tmp_path).returncode != 0
