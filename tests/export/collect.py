"""What an ecosystem's build compiles of a package, as its own rules say, and where it looks."""

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """C files to compile, and folders for `-I`."""

    files: tuple[Path, ...]
    includes: tuple[Path, ...]


def listed_in_cmake(text: str, call: str) -> list[str]:
    """Give the C files in the arguments of a CMake command."""
    arguments = re.search(rf"{call}\((.*?)\n\s*\)", text, re.S)
    assert arguments, f"no {call}() in it"
    return re.findall(r'[^\s"]+\.c\b', arguments[1])


def _cmake(package: Path) -> Sources:
    text = (package / "CMakeLists.txt").read_text()
    files = listed_in_cmake(text, r"add_library")
    return Sources(files=tuple(package / each for each in files), includes=(package / "src",))


def _esp_idf(package: Path) -> Sources:
    text = (package / "CMakeLists.txt").read_text()
    files = listed_in_cmake(text, "idf_component_register")
    (include,) = re.findall(r'INCLUDE_DIRS "(\w+)"', text)
    return Sources(files=tuple(package / each for each in files), includes=(package / include,))


def _zephyr(package: Path) -> Sources:
    folder = package / "zephyr"
    text = (folder / "CMakeLists.txt").read_text()
    files = listed_in_cmake(text, "zephyr_library_sources")
    (include,) = re.findall(r"zephyr_include_directories\((\S+)\)", text)
    return Sources(
        files=tuple((folder / each).resolve() for each in files),
        includes=((folder / include).resolve(),),
    )


def _arduino(package: Path) -> Sources:
    """Everything in src/, which alone is searched for headers: the specification's "1.5 format"."""
    return Sources(files=tuple(sorted(package.rglob("src/**/*.c"))), includes=(package / "src",))


def _platformio(package: Path) -> Sources:
    build = json.loads((package / "library.json").read_text())["build"]
    return Sources(
        files=tuple(sorted((package / build["srcDir"]).rglob("*.c"))),
        includes=(package / build["includeDir"],),
    )


def _cmsis_pack(package: Path) -> Sources:
    """The files of the component that no one has to copy into a project."""
    (description,) = package.glob("*.pdsc")
    listed = ET.parse(description).getroot().findall("components/component/files/file")
    names = {
        kind: [
            each.get("name")
            for each in listed
            if (each.get("category"), each.get("attr")) == (kind, None)
        ]
        for kind in ("source", "include")
    }
    return Sources(
        files=tuple(package / str(name) for name in names["source"]),
        includes=tuple(package / str(name) for name in names["include"]),
    )


def _makefile(package: Path) -> Sources:
    text = (package / "Makefile").read_text()
    wild = re.search(r"\$\(wildcard (.*?)\)", text)
    lines = re.search(r"SOURCES := \\\n(.*?)\n(?!\t)", text, re.S)
    files = sorted(package.glob(wild[1])) if wild else []
    files += [package / each for each in re.findall(r"\S+\.c", lines[1])] if lines else []
    return Sources(files=tuple(files), includes=(package / "src",))


COLLECT: Mapping[str, Callable[[Path], Sources]] = {
    "cmake": _cmake,
    "zephyr": _zephyr,
    "arduino": _arduino,
    "platformio": _platformio,
    "cmsis-pack": _cmsis_pack,
    "esp-idf": _esp_idf,
    "makefile-lib": _makefile,
}
