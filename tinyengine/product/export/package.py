"""Write packages: that of the model, and beside it the one of the kernels, whole or not at all."""

import hashlib
import json
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tinyengine.compiler import Options
from tinyengine.errors import UsageError
from tinyengine.files import read_bytes
from tinyengine.product.compile import choices_of
from tinyengine.product.export.ecosystems import ECOSYSTEMS
from tinyengine.product.export.library import RUNTIME, Files, ModelLibrary, RuntimeLibrary
from tinyengine.product.export.variants import Exported
from tinyengine.product.output_directory import Record, output_directory, refuse_files, write_tree
from tinyengine.render import Release
from tinyengine.version import __version__

MANIFEST = "tinyengine.json"

_SEMVER = re.compile(
    r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?", re.ASCII
)
_SPDX = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+() -]{0,99}", re.ASCII)
_URL = re.compile(r"https?://[A-Za-z0-9][\w.:/~%+-]*", re.ASCII)
_MOST_NBYTES = 16 << 20

_WRITTEN = re.compile(
    r"([\w+-][\w.+-]*/)*([\w+-][\w.+-]*\.(c|h|ino|cpp|txt|json|ya?ml|md|properties|ini|pdsc|pack"
    r"|conf|repl|resc|robot|elf)|LICENSE|Makefile|Kconfig)",
    re.ASCII,
)
"""Names of files in packages: nothing else is ours, whatever a manifest lists."""

PACKAGED = Record(
    name=MANIFEST,
    is_ours=lambda name, _: _WRITTEN.fullmatch(name) is not None,
    made=re.compile(r"build/"),
    built=frozenset({MANIFEST}),
)
"""That of packages; all that builds leave in their folder build/ is nobody's work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """A package that was written: its name, its folder, its version, and its files."""

    name: str
    directory: Path
    version: str
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """What a package says of itself: its version, its licence (SPDX), where it is published."""

    version: str = __version__
    license: str = "Apache-2.0"
    url: str = "https://example.com/"


DEFAULT_LABEL = Label()


def check_package(ecosystem: str, output: Path, label: Label) -> None:
    """Raise UsageError where there is no such ecosystem, or one of the others cannot be."""
    if ecosystem not in ECOSYSTEMS:
        raise UsageError("--to", f"'{ecosystem}' is none of {', '.join(ECOSYSTEMS)}")
    if not _SEMVER.fullmatch(label.version):
        raise UsageError("--version", f"'{label.version}' is no version like 1.2.0")
    if not _SPDX.fullmatch(label.license):
        raise UsageError("--license", f"'{label.license}' is no SPDX expression like MIT")
    if not _URL.fullmatch(label.url):
        raise UsageError("--url", f"'{label.url}' is no URL like https://example.com/")
    refuse_files(output)


def write_packages(
    exported: Exported, ecosystem: str, output: Path, label: Label, *, force: bool = False
) -> tuple[Package, Package]:
    """Write the packages of a model and of its kernels for an ecosystem; see `check_package`.

    Raises:
        UsageError: a folder holds something else, or the kernels of another release.
    """
    release = Release(version=__version__)
    library = ModelLibrary(
        name=exported.name,
        sha256=exported.sha256,
        version=label.version,
        license=label.license,
        url=label.url,
        release=release,
        variants=exported.variants,
        test=exported.test,
    )
    kind = ECOSYSTEMS[ecosystem]
    runtime = RuntimeLibrary(release=release, url=label.url)
    model_files, runtime_files = kind.model_files(library), kind.runtime_files(runtime)
    places = output / library.name, output / RUNTIME
    if library.name == RUNTIME:
        raise UsageError("--name", f"{RUNTIME} is the package of the kernels")
    _refuse_another_release(places[1], force)
    with (
        output_directory(places[0], force=force, record=PACKAGED) as model_place,
        output_directory(places[1], force=force, record=PACKAGED) as runtime_place,
    ):
        made = _write(library.name, label.version, places[0], model_place, model_files)
        shared = _write(RUNTIME, release.version, places[1], runtime_place, runtime_files)
    return made, shared


def export_command(model: Path, ecosystem: str, options: Options) -> str:
    """Give the command that makes the packages again, without paths."""
    return shlex.join(["tinyengine", "export", model.name, "--to", ecosystem, *choices_of(options)])


def _write(name: str, version: str, place: Path, staging: Path, files: Files) -> Package:
    """Write a package's files and their list into `staging`; give it as it is in `place`."""
    names = sorted([*files, MANIFEST])
    manifest = {
        "schema": 1,
        "model": {"name": name},
        "version": version,
        "tinyengine": __version__,
        "files": names,
        "digests": [_digest(files, each) for each in names],
    }
    write_tree(staging, {**files, MANIFEST: json.dumps(manifest, indent=1) + "\n"})
    return Package(name=name, directory=place, version=version, files=tuple(names))


def _digest(files: Mapping[str, str | bytes], name: str) -> str:
    if name == MANIFEST:
        return ""
    content = files[name]
    data = content.encode("utf-8") if isinstance(content, str) else content
    return hashlib.sha256(data).hexdigest()


def _refuse_another_release(place: Path, force: bool) -> None:
    """Raise UsageError where the kernels of another release are, which others may need."""
    try:
        told = json.loads(read_bytes(place / MANIFEST, _MOST_NBYTES))["tinyengine"]
    except (OSError, ValueError, KeyError, TypeError):
        return
    if told != __version__ and not force:
        raise UsageError(
            str(place),
            f"is of tinyengine {told}, this is {__version__}: models beside it would not link",
            "--force replaces it; then export the other models again",
        )


def write_package(name: str, output: Path, files: Files, *, force: bool = False) -> Package:
    """Write one package into a folder of its name in `output`.

    Raises:
        UsageError: the folder holds something else.
    """
    place = output / name
    with output_directory(place, force=force, record=PACKAGED) as staging:
        return _write(name, __version__, place, staging, files)
