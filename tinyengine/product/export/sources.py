"""The C files of packages: each chosen by the preprocessor as a whole, for the core at hand."""

from collections.abc import Mapping

from tinyengine.board import Isa
from tinyengine.product.export.library import RUNTIME, ModelLibrary, RuntimeLibrary
from tinyengine.render import Release, environment
from tinyengine.resources import DUAL_FOLDER, license_text, runtime_dir
from tinyengine.version import __version__

_ROOMS = {"shared": None, "ref": None, "base": None, "dsp": Isa.DSP, "mve": Isa.MVE}
"""The folders of kernels, and the instruction set without which theirs are of no use."""


def render(template: str, **context: object) -> str:
    """Give the text of the template `export/TEMPLATE.j2`."""
    return environment().get_template(f"export/{template}.j2").render(context)


def model_sources(library: ModelLibrary) -> dict[str, str]:
    """Give NAME.h, which chooses, and the variants, each in a folder of its own below NAME/."""
    name = library.name
    folders = {variant.folder: f"{name}/{variant.folder}" for variant in library.variants}
    files = {f"{name}.h": render("model.h", library=library, folders=folders, runtime=RUNTIME)}
    for variant in library.variants:
        for path, text in variant.files.items():
            guarded = _guarded(text, library.condition(variant)) if path.endswith(".c") else text
            files[f"{folders[variant.folder]}/{path}"] = guarded
    return files


def runtime_sources(*, guarded: bool = True) -> dict[str, str]:
    """Give tinyengine_runtime.h and all kernels, flat in te/, with what names the release."""
    release = Release(version=__version__)
    files = {f"{RUNTIME}.h": render(f"{RUNTIME}.h", release=release)}
    for path in sorted((runtime_dir() / "include").glob("*.h")):
        files[f"te/{path.name}"] = path.read_text(encoding="utf-8")
    for room, isa in _ROOMS.items():
        for path in sorted((runtime_dir() / "src" / room).glob("*.[ch]")):
            text = path.read_text(encoding="utf-8")
            if guarded and isa is not None and path.suffix == ".c":
                text = _guarded(text, f"TE_ISA == TE_ISA_{isa.value.upper()}")
            files[f"te/{path.name}"] = text
    templates = environment()
    for each in ("te_runtime.h", "te_runtime.c"):
        files[f"te/{each}"] = templates.get_template(f"{each}.j2").render(release=release)
    return files


def dual_sources() -> dict[str, str]:
    """Give, flat in te/, the headers that firmware for a dual-issue core has instead of others.

    They compute the same bytes; packages, which serve several cores, have those of all cores.
    """
    headers = (runtime_dir() / DUAL_FOLDER).glob("*.h")
    return {f"te/{path.name}": path.read_text(encoding="utf-8") for path in sorted(headers)}


def _guarded(text: str, condition: str) -> str:
    """Give a C file that is empty for other cores than those of `condition`."""
    if not condition:
        return text
    return f'#include "{RUNTIME}.h"\n#if {condition}\n\n{text}\n#endif\n'


def c_files(files: Mapping[str, object]) -> list[str]:
    """Give the paths of the C files among `files`, sorted."""
    return sorted(path for path in files if path.endswith(".c"))


def below(folder: str, files: Mapping[str, str]) -> dict[str, str]:
    """Give `files` below a folder."""
    return {f"{folder}/{path}": text for path, text in files.items()}


def model_package(library: ModelLibrary, ecosystem: str) -> dict[str, str | bytes]:
    """Give what every model's package has: sources in src/, README.md and LICENSE.

    `ecosystem` names the folder of templates whose `model_usage.md` says how it is used there.
    """
    return {
        **below("src", model_sources(library)),
        "README.md": render("model.md", library=library, ecosystem=ecosystem, runtime=RUNTIME),
        "LICENSE": _license(library),
    }


def runtime_package(library: RuntimeLibrary, ecosystem: str) -> dict[str, str | bytes]:
    """Give what every package of the runtime has: sources in src/, README.md and LICENSE."""
    return {
        **below("src", runtime_sources()),
        "README.md": render("runtime.md", library=library, ecosystem=ecosystem, runtime=RUNTIME),
        "LICENSE": license_text(),
    }


def self_test(library: ModelLibrary) -> str:
    """Give the header with the example's function: it runs the model and compares the result."""
    return render("self_test.h", library=library, interface=library.variants[0].interface)


def _license(library: ModelLibrary) -> str:
    if library.license == "Apache-2.0":
        return license_text()
    return render("LICENSE", library=library)
