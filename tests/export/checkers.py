"""What each ecosystem asks of a package, restated from its own documents; problems in words.

PlatformIO's and Espressif's own tools run in the slow tests of test_checkers.py.
"""

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping
from pathlib import Path
from zipfile import ZipFile

import yaml

from tests.export.collect import listed_in_cmake

_SEMVER = r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?"
_KNOWN_TO_PLATFORMIO = {
    *("name", "version", "description", "keywords", "homepage", "authors", "license"),
    *("frameworks", "platforms", "headers", "dependencies", "build", "examples", "repository"),
}


def check_arduino(package: Path) -> list[str]:
    """Hold a library against the strict schema of arduino-lint, and its layout rules.

    Source: arduino-lint, etc/schemas/arduino-library-properties-*.json; library specification 1.5.
    """
    lines = (package / "library.properties").read_text().splitlines()
    values = dict(line.split("=", 1) for line in lines)
    required = "name version author maintainer sentence paragraph category url architectures"
    problems = [f"{key} is missing" for key in required.split() if not values.get(key)]
    if problems:
        return problems
    name = values["name"]
    categories = (
        "Display|Communication|Signal Input/Output|Sensors|Device Control|Timing|Data Storage"
        "|Data Processing|Other"
    )
    depends = rf"[A-Za-z][\w .-]*( \((<|<=|=|>=|>){_SEMVER}\))?"
    rules = {
        "name": r"(?!.*[aA]rduino)(?!.*[lL]ibrary)[A-Za-z][A-Za-z0-9_.-]{0,62}",
        "version": _SEMVER,
        "maintainer": r"(?![aA]rduino).+",
        "category": categories,
        "url": r"https?://\S+",
        "architectures": r"\S+",
        "depends": rf"{depends}(, *{depends})*",
    }
    problems = [
        f"{key}={values[key]}"
        for key, rule in rules.items()
        if key in values and not re.fullmatch(rule, values[key])
    ]
    known = {*required.split(), "includes", "depends", "dot_a_linkage", "precompiled", "license"}
    problems += [f"{key} is unknown" for key in values if key not in known]
    headers = values.get("includes", "").split(",")
    problems += [f"no src/{each}" for each in headers if not (package / "src" / each).is_file()]
    for sketch in package.glob("examples/*"):
        if not (sketch / f"{sketch.name}.ino").is_file():
            problems.append(f"{sketch.name} has no sketch of its name")
    return problems + ([] if name == package.name else ["the folder has another name"])


def check_platformio(package: Path) -> list[str]:
    """Hold a library.json against PlatformIO's manifest schema.

    Source: PlatformIO documentation, library.json; platformio/package/manifest/schema.py.
    """
    manifest = json.loads((package / "library.json").read_text())
    problems = []
    if not re.fullmatch(r"[^:;@/,]{1,100}", manifest.get("name", "")):
        problems.append("name")
    if not re.fullmatch(_SEMVER, manifest.get("version", "")):
        problems.append("version")
    if not 1 <= len(manifest.get("description", "")) <= 1000:
        problems.append("description")
    for key in manifest.get("keywords", []):
        if not re.fullmatch(r"[a-z\d\-_\+\. ]{1,50}", key):
            problems.append(f"keyword {key}")
    for example in manifest.get("examples", []):
        for file in example["files"]:
            if not (package / example["base"] / file).is_file():
                problems.append(f"no file {file} of the example {example['name']}")
    if not (package / manifest["build"]["srcDir"] / manifest["headers"]).is_file():
        problems.append("headers")
    known = _KNOWN_TO_PLATFORMIO
    return problems + [f"{key} is unknown" for key in manifest if key not in known]


def check_zephyr(package: Path) -> list[str]:
    """Hold module.yml against its schema, and what it names against what is there.

    Source: Zephyr, scripts/zephyr_module.py: METADATA_SCHEMA and validate_setting().
    """
    told = yaml.safe_load((package / "zephyr/module.yml").read_text())
    build = told.get("build", {})
    problems = [f"{key} is unknown" for key in set(told) - {"name", "build", "samples", "tests"}]
    problems += [f"build.{key} is unknown" for key in set(build) - {"cmake", "kconfig", "depends"}]
    if not isinstance(told.get("name"), str):
        problems.append("name is no text")
    if not (package / build.get("cmake", "") / "CMakeLists.txt").is_file():
        problems.append("build.cmake has no CMakeLists.txt")
    if not (package / build.get("kconfig", "?")).is_file():
        problems.append("build.kconfig is no file")
    for key, value in (("depends", build.get("depends", [])), ("samples", told.get("samples", []))):
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            problems.append(f"{key} is no list of texts")
    for sample in told.get("samples", []):
        if not (package / sample / "sample.yaml").is_file():
            problems.append(f"{sample} has no sample.yaml")
    (symbol,) = re.findall(r"^config (\w+)$", (package / "zephyr/Kconfig").read_text(), re.M)
    text = (package / "zephyr/CMakeLists.txt").read_text()
    if f"if(CONFIG_{symbol})" not in text:
        problems.append("CMakeLists.txt asks for another option than Kconfig has")
    return problems + _missing(package / "zephyr", listed_in_cmake(text, "zephyr_library_sources"))


def check_esp_idf(package: Path) -> list[str]:
    """Hold idf_component.yml against what the component registry accepts.

    Source: IDF Component Manager, "idf_component.yml Manifest File".
    """
    told = yaml.safe_load((package / "idf_component.yml").read_text())
    known = {"version", "description", "license", "url", "dependencies", "targets", "files"}
    problems = [f"{key} is unknown" for key in set(told) - known]
    if not re.fullmatch(_SEMVER, str(told.get("version"))):
        problems.append("version")
    if not re.match(r"https?://", str(told.get("url", "https://"))):
        problems.append("url")
    text = (package / "CMakeLists.txt").read_text()
    return problems + _missing(package, listed_in_cmake(text, "idf_component_register"))


def check_cmake(package: Path) -> list[str]:
    """Tell whether all sources are there, and none is left out; test_cmake.py builds it."""
    text = (package / "CMakeLists.txt").read_text()
    return _missing(package, listed_in_cmake(text, "add_library"))


def check_makefile(package: Path) -> list[str]:
    """Tell whether all sources are there; test_builds.py builds it."""
    text = (package / "Makefile").read_text()
    return _missing(package, re.findall(r"^\t(\S+\.c)", text, re.M))


def check_cmsis_pack(package: Path) -> list[str]:
    """Hold a pack against what PACK.xsd asks of the elements that we write, and the zip file.

    Source: Open-CMSIS-Pack-Spec, schema/PACK.xsd 1.7.7.
    """
    (description,) = package.glob("*.pdsc")
    root = ET.parse(description).getroot()
    problems = [
        f"<{tag}> is missing"
        for tag in ("name", "vendor", "description", "url", "releases/release")
        if not (root.findtext(tag) or "").strip()
    ]
    for tag in ("name", "vendor"):
        if not re.fullmatch(r"[-_A-Za-z0-9]+", root.findtext(tag) or ""):
            problems.append(f"<{tag}> has letters that it may not have")
    name = f"{root.findtext('vendor')}.{root.findtext('name')}"
    if description.name != f"{name}.pdsc":
        problems.append("the file has another name than the pack")
    releases = [each.get("version", "") for each in root.findall("releases/release")]
    problems += [f"version {each}" for each in releases if not re.fullmatch(_SEMVER, each)]
    problems += _component_problems(root)
    for file in root.iter("file"):
        if not (package / str(file.get("name"))).exists():
            problems.append(f"no file {file.get('name')}")
        if file.get("category") not in ("doc", "header", "include", "source"):
            problems.append(f"category {file.get('category')}")
    return problems + _zip_problems(package, f"{name}.{releases[0] if releases else ''}.pack")


def _component_problems(root: ET.Element) -> list[str]:
    problems = []
    conditions = {each.get("id") for each in root.findall("conditions/condition")}
    for component in root.findall("components/component"):
        if component.get("condition", None) not in {*conditions, None}:
            problems.append("a component has a condition that is not there")
        for key, rule in (("Cclass", r"[A-Za-z0-9][\w+()'/\-\s.]{1,31}"), ("Cgroup", r"\w{2,32}")):
            if not re.fullmatch(rule, component.get(key, "")):
                problems.append(key)
    return problems


def _zip_problems(package: Path, name: str) -> list[str]:
    if not (package / name).is_file():
        return [f"no file {name}"]
    with ZipFile(package / name) as archive:
        return [
            f"{each} is not what stands beside the pack"
            for each in archive.namelist()
            if archive.read(each) != (package / each).read_bytes()
        ]


def _missing(folder: Path, listed: list[str]) -> list[str]:
    """Name listed sources that are not there, and sources that are not listed."""
    there = {path.resolve() for path in (folder / "src").rglob("*.c")}
    there |= {
        path.resolve() for path in (folder / "../src").rglob("*.c") if folder.name == "zephyr"
    }
    named = {(folder / each).resolve() for each in listed}
    if not named and "wildcard" in "".join(p.read_text() for p in folder.glob("Makefile")):
        return []
    return [f"no file {path.name}" for path in named - there] + [
        f"{path.name} is not compiled" for path in there - named
    ]


CHECKERS: Mapping[str, Callable[[Path], list[str]]] = {
    "cmake": check_cmake,
    "zephyr": check_zephyr,
    "arduino": check_arduino,
    "platformio": check_platformio,
    "cmsis-pack": check_cmsis_pack,
    "esp-idf": check_esp_idf,
    "makefile-lib": check_makefile,
}
